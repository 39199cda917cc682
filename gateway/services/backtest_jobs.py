"""Backtests that were asked for over HTTP: kept as rows, run by workers, never by the web process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from carriers.base import RateCard
from gateway.domain.backtests import BacktestRecord, BacktestState
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, GatewayError, NotFound
from gateway.services.backtests import BacktestAsk, Backtester
from gateway.services.ids import new_id
from gateway.services.ports import Mode, Store
from gateway.services.ports.backtests import CardTrial, Plot
from gateway.settings import Worker

BEAT = timedelta(seconds=2)
"""How often a running one tells how far it is, and holds on to its lease."""


class BacktestJobs:
    """Takes them in, tells how far they are, and works on them."""

    def __init__(self, store: Store, backtester: Backtester, clock: Clock, worker: Worker) -> None:
        self._store = store
        self._backtester = backtester
        self._clock = clock
        self._worker = worker

    def begin(self, merchant_id: str, mode: Mode, ask: BacktestAsk, author: str) -> BacktestRecord:
        """Keep it for a worker.

        Raises:
            NotFound: no such policy or version.
            Unprocessable: the data is no policy, or the period is none.
            BadRateCard: the card cannot be read.
        """
        if ask.card is not None:
            RateCard.load(ask.card.text, "the rate card")
        self._backtester.replay(merchant_id, mode, ask)
        now = self._clock()
        if ask.since < now < ask.until:  # nothing is added meanwhile: a run that is interrupted goes on with the same
            ask = replace(ask, until=now)
        made = BacktestRecord(
            id=new_id("bkt", now),
            merchant_id=merchant_id,
            mode=mode,
            policy=ask.policy,
            ask=_written(ask),
            state=BacktestState.QUEUED,
            author=author,
            created_at=now,
            updated_at=now,
            due_at=now,
        )
        with self._store.work() as uow:
            uow.backtests.add(made)
            uow.commit()
        return made

    def get(self, merchant_id: str, mode: Mode, backtest_id: str) -> BacktestRecord:
        """How far it is, and what came of it. Raises NotFound."""
        with self._store.look() as uow:
            found = uow.backtests.get(merchant_id, backtest_id)
        if found is None or found.mode != mode:
            raise NotFound(f"no backtest {backtest_id}")
        return found

    def report(self, merchant_id: str, mode: Mode, backtest_id: str) -> str:
        """What came of it, for people: one HTML file. Raises NotFound; Conflict: it is not done."""
        found = self.get(merchant_id, mode, backtest_id)
        if found.result is None:
            raise Conflict(f"the backtest is {found.state.value}: {found.why or 'ask again when it is done'}")
        return self._backtester.page(found.result)

    def plots(self, found: BacktestRecord) -> Sequence[Plot]:
        """What came of it, drawn; nothing of one that is not done."""
        return () if found.result is None else self._backtester.plots(found.result)

    def claim(self) -> Sequence[BacktestRecord]:
        """One that is due: a new one, or one whose worker died."""
        with self._store.work() as uow:
            return uow.backtests.claim_due(self._clock(), timedelta(seconds=self._worker.lease_s), 1)

    def work(self, job: BacktestRecord) -> None:
        """Run it; what an earlier worker had done is not done again."""
        shown = replace(job, state=BacktestState.RUNNING)
        told = self._clock() - BEAT

        def progress(done: int, total: int) -> None:
            nonlocal shown, told
            now = self._clock()
            if now - told >= BEAT:
                told = now
                lease = now + timedelta(seconds=self._worker.lease_s)
                shown = replace(shown, done=done, total=total, updated_at=now, due_at=lease)
                self._put(shown)

        try:
            result = self._backtester.run(job.merchant_id, job.mode, _read(job), progress)
        except GatewayError as error:  # what it says is for people; anything else is tried again
            self._close(shown, BacktestState.FAILED, str(error))
            return
        self._close(replace(shown, done=shown.total, result=result), BacktestState.DONE, "")

    def park(self, job: BacktestRecord, why: str) -> None:
        """One that crashes its workers."""
        self._close(job, BacktestState.FAILED, why)

    def _close(self, job: BacktestRecord, state: BacktestState, why: str) -> None:
        self._put(replace(job, state=state, why=why, updated_at=self._clock(), due_at=None, tries=0))

    def _put(self, job: BacktestRecord) -> None:
        with self._store.work() as uow:
            uow.backtests.update(job)
            uow.commit()


def _written(ask: BacktestAsk) -> Mapping[str, object]:
    card = None if ask.card is None else {"account": ask.card.account, "text": ask.card.text}
    return {
        "since": ask.since.isoformat(),
        "until": ask.until.isoformat(),
        "version": ask.version,
        "data": ask.data,
        "against": ask.against,
        "card": card,
    }


def _read(job: BacktestRecord) -> BacktestAsk:
    given: Mapping[str, Any] = job.ask
    return BacktestAsk(
        policy=job.policy,
        since=datetime.fromisoformat(given["since"]),
        until=datetime.fromisoformat(given["until"]),
        version=given["version"],
        data=given["data"],
        against=given["against"],
        card=None if given["card"] is None else card_trial(**given["card"]),
    )


def card_trial(account: str, text: str) -> CardTrial:
    """A card to try on an account, by its CSV text."""
    return CardTrial(account=account, text=text, digest=sha256(text.encode()).hexdigest())
