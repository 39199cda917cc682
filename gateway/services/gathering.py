"""Carriers that answer too late for a checkout are waited for all the same: the next buyer gets what they say."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from carriers.base import CarrierError, CarrierUnavailable, Rate
from carriers.base.drive import Outcome
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.faultpoints import Purpose

log = logging.getLogger("gateway.checkouts")
Rates = Sequence[Rate]
Call = Coroutine[Any, Any, Rates]
Outcomes = Mapping[str, Outcome[Rates]]
"""By the account's id."""

LATEST_S = 10.0
"""How long carriers have in all."""

MOST_AT_ONCE = 64
"""Askings under way in this process; beyond, nobody waits for late answers."""

_places = threading.BoundedSemaphore(MOST_AT_ONCE)


class Gathering:
    """One asking: called as a quote's `gather`, it gives what has come by the deadline, and goes on in a thread.

    `late` is called from that thread, once `answered` was, if carriers that were not heard in time gave rates.
    """

    def __init__(self, pool: CarrierPool, late: Callable[[Outcomes], None]) -> None:
        self._pool = pool
        self._late = late
        self._heard = threading.Condition()
        self._outcomes: dict[int, Outcome[Rates]] = {}
        self._in_time: frozenset[int] = frozenset()
        self._told = threading.Event()
        self._began = time.monotonic()

    def __call__(self, lives: Sequence[LiveCarrier], calls: Sequence[Call], deadline_s: float) -> list[Outcome[Rates]]:
        """The outcomes by the deadline; a carrier not heard by then has timed out."""
        if not lives or not _places.acquire(blocking=False):
            return self._pool.ask_all(Purpose.QUOTE, lives, calls, deadline_s)
        noting = [self._noting(place, call) for place, call in enumerate(calls)]
        asking = threading.Thread(target=self._ask, args=(lives, noting, calls), name="late-answers", daemon=True)
        self._began = time.monotonic()
        asking.start()
        with self._heard:
            self._heard.wait_for(lambda: len(self._outcomes) == len(lives), timeout=deadline_s)
            heard = dict(self._outcomes)
        self._in_time = frozenset(heard)
        return [heard.get(place) or _timed_out(deadline_s) for place in range(len(lives))]

    def answered(self) -> None:
        """The checkout has its answer, and it is kept: late ones may take its place."""
        self._told.set()

    def _ask(self, lives: Sequence[LiveCarrier], noting: Sequence[Call], calls: Sequence[Call]) -> None:
        try:
            outcomes = self._pool.ask_all(Purpose.QUOTE, lives, noting, LATEST_S)
            with self._heard:
                for place, outcome in enumerate(outcomes):
                    self._outcomes.setdefault(place, outcome)
                self._heard.notify_all()
            self._told.wait(LATEST_S)
            late = [place for place in range(len(lives)) if place not in self._in_time and outcomes[place].value]
            if late:
                self._late({live.record.id: outcome for live, outcome in zip(lives, outcomes, strict=True)})
        except Exception:  # nobody waits for this thread: what fails in it has no other place to show
            log.exception("late answers were lost")
        finally:
            for call in calls:
                call.close()
            _places.release()

    async def _noting(self, place: int, call: Call) -> Rates:
        try:
            rates = await call
        except CarrierError as error:
            self._note(place, Outcome(error=error))
            raise
        self._note(place, Outcome(value=rates))
        return rates

    def _note(self, place: int, outcome: Outcome[Rates]) -> None:
        outcome.latency_s = time.monotonic() - self._began
        with self._heard:
            self._outcomes[place] = outcome
            self._heard.notify_all()


def already(outcomes: Outcomes) -> Callable[[Sequence[LiveCarrier], Sequence[Call], float], list[Outcome[Rates]]]:
    """A quote's `gather` that asks nobody: these are the answers."""

    def gather(lives: Sequence[LiveCarrier], calls: Sequence[Call], _: float) -> list[Outcome[Rates]]:
        for call in calls:
            call.close()
        missing: Outcome[Rates] = Outcome(error=CarrierUnavailable("was not asked"))
        return [outcomes.get(live.record.id, missing) for live in lives]

    return gather


def _timed_out(deadline_s: float) -> Outcome[Rates]:
    return Outcome(error=CarrierUnavailable("no answer before the deadline"), timed_out=True, latency_s=deadline_s)
