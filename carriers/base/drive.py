"""Drive adapters' coroutines: many at once over one transport, each resumed as its own answer arrives.

No asyncio: a coroutine of an adapter awaits only `self.http`, which yields a `Call`; the driver gives it to the
transport and sends the answer back in. The deadline is kept here: when it comes, whatever is open is given up.

A small answer is read in the thread in which it came, so that the thread that drives sleeps until the last one:
waking it ten times for a quote of ten carriers cost more than reading the answers. An answer that takes long to read
goes to the thread that drives, because all other quotes' answers come through the transport's.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from carriers.base.calls import Call, Exchange, Failure, Reply
from carriers.base.errors import (
    AuthenticationFailed,
    CarrierError,
    CarrierUnavailable,
    OutcomeUnknown,
    UnknownReference,
)
from carriers.base.flight import Answered
from carriers.base.verdicts import failed

T = TypeVar("T")
READ_WHERE_IT_CAME_BYTES = 32 * 1024


class Pending(Protocol):
    """A call under way."""

    def cancel(self) -> Failure:
        """Give it up, at once; says whether bytes of it may have been sent."""


class Transport(Protocol):
    """Sends calls. One for the whole process, used by all its threads."""

    def start(self, call: Call, deadline: float, answered: Answered, on_sent: Callable[[], None] | None) -> Pending:
        """Take a call on; `answered` is called once, from any thread, unless the call is cancelled before.

        `deadline` is one of time.monotonic. `on_sent` is called right after the request's last byte went out; it must
        not raise.
        """

    def go(self) -> None:
        """Send what was taken on since; a transport may have done so before."""


@dataclass(slots=True)
class Outcome(Generic[T]):
    """What driving one coroutine came to: its value, or its CarrierError. `timed_out`: for want of time."""

    value: T | None = None
    error: CarrierError | None = None
    timed_out: bool = False
    latency_s: float = 0.0
    exchanges: list[Exchange] = field(default_factory=list)


def drive(
    coroutines: Sequence[Coroutine[Any, Any, T]],
    transport: Transport,
    *,
    deadline_s: float,
    on_sent: Callable[[], None] | None = None,
) -> list[Outcome[T]]:
    """Run adapters' coroutines together until each has ended or the deadline comes; outcomes in the same order.

    May be called from any number of threads at a time. `on_sent` is called right after the bytes of a call that is not
    repeatable went out.

    Raises:
        TypeError: a coroutine awaited something else than `self.http`.
        Whatever is not a CarrierError: a bug in an adapter is not hidden.
    """
    driving: _Drive[T] = _Drive(transport, time.monotonic() + deadline_s, on_sent)
    return driving.through(coroutines)


def run(
    coroutine: Coroutine[Any, Any, T],
    transport: Transport,
    *,
    deadline_s: float,
    on_sent: Callable[[], None] | None = None,
) -> T:
    """Run one coroutine; its CarrierError is raised."""
    outcome = drive([coroutine], transport, deadline_s=deadline_s, on_sent=on_sent)[0]
    if outcome.error is not None:
        raise outcome.error
    return outcome.value  # type: ignore[return-value]  # no error: there is a value, which may be None itself


class _Drive(Generic[T]):
    """One driving: its coroutines, and the queue through which it is woken."""

    def __init__(self, transport: Transport, deadline: float, on_sent: Callable[[], None] | None) -> None:
        self._transport = transport
        self._deadline = deadline
        self._on_sent = on_sent
        self._thread = threading.get_ident()
        self._waking: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._lock = threading.Lock()
        self._under_way = 0
        self._bug: BaseException | None = None

    def through(self, coroutines: Sequence[Coroutine[Any, Any, T]]) -> list[Outcome[T]]:
        """Until each has ended, or the deadline; see `drive`."""
        driven = [_Driven(coroutine) for coroutine in coroutines]
        self._under_way = len(driven)
        try:
            for one in driven:
                self._go_on(one, None)
            self._transport.go()
            while self._under_way and self._bug is None:
                try:
                    self._waking.get(timeout=max(self._deadline - time.monotonic(), 0.0))()
                except Empty:
                    break
            for one in driven:
                one.give_up()
        finally:
            for one in driven:
                one.abandon()
        if self._bug is not None:
            raise self._bug
        return [one.outcome for one in driven]

    def _go_on(self, one: _Driven[T], answer: Reply | Failure | None) -> None:
        """Run a coroutine until its next call, and send that. Its lock is held, so no answer overtakes its call."""
        with one.lock:
            call = one.resume(answer)
            if call is not None:
                hook = None if call.repeatable else self._on_sent
                one.pending = self._transport.start(call, self._deadline, partial(self._answered, one, call), hook)
                return
        with self._lock:
            self._under_way -= 1
            done = not self._under_way
        if done:
            self._waking.put(_nothing)

    def _answered(self, one: _Driven[T], call: Call, answer: Reply | Failure) -> None:
        """From any thread, also from within `start`."""
        long = isinstance(answer, Reply) and len(answer.body) > READ_WHERE_IT_CAME_BYTES
        if long or threading.get_ident() == self._thread:
            self._waking.put(lambda: self._read(one, call, answer))
        else:
            self._read(one, call, answer)

    def _read(self, one: _Driven[T], call: Call, answer: Reply | Failure) -> None:
        with one.lock:
            if one.waits_for(call):
                try:
                    self._go_on(one, answer)
                    self._transport.go()
                except BaseException as bug:  # noqa: BLE001 it is the driving thread's, and raised there
                    self._bug = bug
                    self._waking.put(_nothing)


def _nothing() -> None:
    """Wakes, and no more."""


class _Driven(Generic[T]):
    """A coroutine on its way, from call to call. Whoever goes on with it holds its lock."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self.outcome: Outcome[T] = Outcome()
        self.pending: Pending | None = None
        self.lock = threading.RLock()
        self._coroutine = coroutine
        self._started = self._asked_at = time.monotonic()
        self._call: Call | None = None
        self._applied = False

    def waits_for(self, call: Call) -> bool:
        """Whether an answer to this call still counts: it was not given up."""
        return self.pending is not None and self._call is call

    def resume(self, answer: Reply | Failure | None) -> Call | None:
        """Run it until its next call; None when it has ended."""
        self.pending = None
        applied_before = self._applied
        self._note(answer)
        try:
            self._call = _checked(self._coroutine, self._coroutine.send(answer))
            self._asked_at = time.monotonic()
        except StopIteration as ended:
            self.outcome.value = ended.value
        except CarrierError as error:
            self.outcome.error = _doubted(error) if applied_before else error
            self.outcome.timed_out = isinstance(answer, Failure) and answer.late
        else:
            return self._call
        self.outcome.latency_s = time.monotonic() - self._started
        return None

    def give_up(self) -> None:
        """The deadline. The coroutine may say what that means; there is no time for another call."""
        with self.lock:
            if self.pending is None or self._call is None:
                return
            call, failure = self._call, self.pending.cancel()
            if self.resume(failure) is not None:
                error = failed(failure, call.repeatable)
                self.outcome.error = _doubted(error) if self._applied else error
                self.outcome.timed_out = True
                self.outcome.latency_s = time.monotonic() - self._started

    def abandon(self) -> None:
        """Leave nothing open, however the driving ended."""
        with self.lock:
            if self.pending is not None:
                self.pending.cancel()
                self.pending = None
            self._coroutine.close()

    def _note(self, answer: Reply | Failure | None) -> None:
        if self._call is None or answer is None:
            return
        reply, why = (answer, "") if isinstance(answer, Reply) else (None, answer.why)
        self.outcome.exchanges.append(Exchange(self._call, reply, time.monotonic() - self._asked_at, why))
        if not self._call.repeatable:
            self._applied |= answer.sent if isinstance(answer, Failure) else not _refused(answer.status)


def _refused(status: int) -> bool:
    """Whether the carrier surely did nothing. A time-out of its own (408) is no refusal."""
    return 400 <= status < 500 and status != 408


def _doubted(error: CarrierError) -> CarrierError:
    """An error after a call of the same operation that may not be repeated was applied, or may have been.

    That a later call failed must not read as "surely not applied": the next carrier would be asked, and paid, too.
    """
    if isinstance(error, CarrierUnavailable | AuthenticationFailed | UnknownReference):
        return OutcomeUnknown(
            f"after a call that may have been applied: {error}",
            carrier_code=error.carrier_code,
            carrier_message=error.carrier_message,
        )
    return error


def _checked(coroutine: Coroutine[Any, Any, Any], awaited: object) -> Call:
    if isinstance(awaited, Call):
        return awaited
    chain: list[str] = []
    link: object = coroutine
    while link is not None:
        chain.append(getattr(link, "__qualname__", type(link).__name__))
        link = getattr(link, "cr_await", None)
    raise TypeError(f"an adapter may await only self.http, not {' > '.join(chain)} ({type(awaited).__name__})")
