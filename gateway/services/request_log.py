"""The request log: what came over the API and what we asked carriers for it, for a merchant's developers.

Whoever answers a request only hands over what it has in hand; a thread of its own tells it without people and secrets
and writes it, many at a time. What comes faster than the log may keep is counted instead, so that a flood costs no more
than a quiet day and is seen as one. A process that dies loses what it has not written: the log is no ledger.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from carriers.base.calls import Exchange, redacted
from gateway.domain.calls import ApiCall, CarrierCall, Gap
from gateway.domain.clock import Clock
from gateway.domain.records import AccountRecord
from gateway.services.ids import new_id
from gateway.services.ports import Mode, Store
from gateway.services.redaction import Redactor, headers
from gateway.settings import RequestLog as LogSettings

log = logging.getLogger("gateway.request_log")


@dataclass(slots=True, kw_only=True)
class Answered:
    """A request that was answered, as the web process has it in hand."""

    merchant_id: str
    mode: Mode
    key_id: str
    method: str
    route: str
    status: int
    seconds: float
    request_id: str
    subject_id: str
    body: bytes
    reply: bytes


@dataclass(slots=True)
class Made:
    """Calls to a carrier for one purpose."""

    purpose: str
    account: AccountRecord
    exchanges: Sequence[Exchange]
    at: datetime


@dataclass(slots=True)
class Watched:
    """A request or a piece of work, while it lasts: what it is called, what it is about, what was asked of carriers."""

    request_id: str = ""
    subject_id: str = ""
    made: list[Made] = field(default_factory=list)
    answered: Answered | None = None
    at: datetime | None = None


_NOW: ContextVar[Watched | None] = ContextVar("watched", default=None)


class Allowance:
    """So many rows a second, saved up for ten seconds."""

    SAVED_S = 10

    def __init__(self, per_s: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._clock = clock
        self._left = float(per_s * self.SAVED_S)
        self._seen = clock()

    def take(self, rows: int) -> bool:
        """Whether there is room for so many."""
        now = self._clock()
        self._left = min(self._left + (now - self._seen) * self._per_s, self._per_s * self.SAVED_S)
        self._seen = now
        if rows > self._left:
            return False
        self._left -= rows
        return True


class RequestLog:
    """Told by whoever answers and whoever asks; what is in it is read by `CallBook`."""

    def __init__(self, store: Store, clock: Clock, settings: LogSettings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._room = {failed: Allowance(settings.rows_per_s) for failed in (False, True)}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: list[Watched] = []
        self._left_out: Counter[str] = Counter()
        self._writer: threading.Thread | None = None

    @contextmanager
    def watch(self, subject_id: str = "") -> Iterator[None]:
        """A piece of work of ours: what it asks of carriers is about this."""
        watched = Watched(subject_id=subject_id)
        before = _NOW.set(watched)
        try:
            yield
        finally:
            _NOW.reset(before)
            if watched.made:
                self._hand_over(watched)

    def begin(self, request_id: str) -> None:
        """A request came in on this thread."""
        _NOW.set(Watched(request_id=request_id, at=self._clock()))

    def end(self, answered: Answered | None) -> None:
        """It is answered; None: it is not to be told of, but for what it asked of carriers."""
        watched = _NOW.get()
        _NOW.set(None)
        if watched is None or not (answered or watched.made):
            return
        watched.answered = answered
        watched.subject_id = answered.subject_id if answered else watched.subject_id
        self._hand_over(watched)

    def asked(self, purpose: str, account: AccountRecord, exchanges: Sequence[Exchange]) -> None:
        """Calls were made to a carrier on this thread."""
        if not self._settings.enabled or not exchanges:
            return
        made = Made(purpose, account, tuple(exchanges), self._clock())
        watched = _NOW.get()
        if watched is not None:
            watched.made.append(made)
        else:
            self._hand_over(Watched(made=[made]))

    def flush(self) -> None:
        """Write what waits, now and on this thread. Raises what writing raises."""
        with self._writing:
            with self._lock:
                waiting, self._waiting = self._waiting, []
                left_out, self._left_out = self._left_out, Counter()
            self._write(waiting, left_out)

    def _hand_over(self, watched: Watched) -> None:
        """To the thread that writes, if there is room. Failures, which people look for, have room of their own."""
        if not self._settings.enabled:
            return
        rows = 1 + sum(len(each.exchanges) for each in watched.made)
        with self._lock:
            if not self._room[_failed(watched)].take(rows) or len(self._waiting) >= self._settings.most_waiting:
                self._left_out[_merchant(watched)] += 1
                return
            self._waiting.append(watched)
            if self._writer is None or not self._writer.is_alive():
                self._writer = threading.Thread(target=self._write_on, name="request-log", daemon=True)
                self._writer.start()

    def _write_on(self) -> None:
        """Until nothing is left; the next call starts another thread."""
        while True:
            time.sleep(self._settings.gather_s)
            try:
                self.flush()
            except Exception:  # the log's outermost loop: it must never be anybody's trouble
                log.exception("calls could not be written to the request log; they are lost")
            with self._lock:
                if not self._waiting:
                    self._writer = None
                    return

    def _write(self, waiting: Sequence[Watched], left_out: Mapping[str, int]) -> None:
        calls, made = list[ApiCall](), list[CarrierCall]()
        for watched in waiting:
            call = self._told(watched)
            calls.extend([call] if call else ())
            made.extend(_made(watched, call.id if call else ""))
        now = self._clock()
        gaps = [Gap(id=new_id("gap", now), merchant_id=name, at=now, calls=count) for name, count in left_out.items()]
        if calls or made or gaps:
            with self._store.work() as uow:
                uow.calls.add(calls, made, gaps)
                uow.commit()

    def _told(self, watched: Watched) -> ApiCall | None:
        answered = watched.answered
        if answered is None:
            return None
        redactor, at = Redactor(), watched.at or self._clock()
        return ApiCall(
            id=new_id("cal", at),
            merchant_id=answered.merchant_id,
            mode=answered.mode,
            at=at,
            method=answered.method,
            route=answered.route,
            status=answered.status,
            ms=round(answered.seconds * 1000),
            key_id=answered.key_id,
            request_id=answered.request_id,
            problem=_problem(answered),
            subject_id=answered.subject_id,
            body=redactor.request(answered.body),
            reply=redactor.answer(answered.reply, answered.status),
        )


def _problem(answered: Answered) -> str:
    """The code of a problem document (RFC 9457), which is ours; "" for other answers."""
    if answered.status < 400 or not answered.reply:
        return ""
    told = json.loads(answered.reply)
    return str(told.get("code", "")) if isinstance(told, dict) else ""


def _made(watched: Watched, call_id: str) -> Iterator[CarrierCall]:
    for made in watched.made:
        for exchange in made.exchanges:
            yield _exchange(watched, call_id, made, exchange)


def _exchange(watched: Watched, call_id: str, made: Made, exchange: Exchange) -> CarrierCall:
    """First without secrets (`redacted`), then without people."""
    bare, redactor, reply = redacted(exchange), Redactor(), exchange.reply
    status = reply.status if reply else 0
    return CarrierCall(
        id=new_id("out", made.at),
        merchant_id=made.account.merchant_id,
        mode=made.account.mode,
        at=made.at,
        made_by=call_id,
        request_id=watched.request_id,
        subject_id=watched.subject_id,
        purpose=made.purpose,
        account_id=made.account.id,
        account=made.account.name,
        method=exchange.call.method,
        body=redactor.request(str(bare["body"]).encode()),
        url=redactor.path(str(bare["url"])),
        status=status,
        ms=round(exchange.seconds * 1000),
        failure=exchange.failure[:200],
        headers=headers(bare["headers"]),  # type: ignore[arg-type]  # as `redacted` says
        reply_headers=headers(bare.get("reply_headers", {})),  # type: ignore[arg-type]  # likewise
        reply=redactor.answer(str(bare.get("reply_body", "")).encode(), status),
    )


def _merchant(watched: Watched) -> str:
    return watched.answered.merchant_id if watched.answered else watched.made[0].account.merchant_id


def _failed(watched: Watched) -> bool:
    return watched.answered is not None and watched.answered.status >= 400
