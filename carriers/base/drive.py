"""Drive adapters' coroutines: many at once over one transport, each resumed as its own answer arrives.

No asyncio: a coroutine of an adapter awaits only `self.http`, which yields a `Call`; the driver gives it to the
transport and sends the answer back in. When the deadline comes, what is still open is cancelled and told so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from carriers.base.calls import Call, Exchange, Failure, Reply
from carriers.base.errors import CarrierError, CarrierUnavailable

T = TypeVar("T")
Answered = Callable[[Reply | Failure], None]
DEADLINE = "no answer before the deadline"


class Pending(Protocol):
    """A call under way."""

    def cancel(self) -> Failure:
        """Give it up; says whether bytes of it were sent."""


class Transport(Protocol):
    """Sends calls. One for the whole process, used by all its threads."""

    def start(self, call: Call, deadline: float, answered: Answered, on_sent: Callable[[], None] | None) -> Pending:
        """Send a call; `answered` is called once, from any thread, before `deadline` (of time.monotonic).

        `on_sent` is called right after the request's bytes went out.
        """


@dataclass(slots=True)
class Outcome(Generic[T]):
    """What driving one coroutine came to: its value, or its CarrierError."""

    value: T | None = None
    error: CarrierError | None = None
    timed_out: bool = False
    latency_s: float = 0.0
    exchanges: list[Exchange] = field(default_factory=list)


@dataclass(slots=True)
class _Driven:
    """A coroutine on its way."""

    coroutine: Coroutine[Any, Any, Any]
    outcome: Outcome[Any]
    call: Call | None = None
    pending: Pending | None = None


def drive(
    coroutines: Sequence[Coroutine[Any, Any, T]],
    transport: Transport,
    *,
    deadline_s: float,
    on_sent: Callable[[], None] | None = None,
) -> list[Outcome[T]]:
    """Run adapters' coroutines together until each has ended or the deadline comes; outcomes in the same order.

    `on_sent` is called right after the bytes of a call that is not repeatable went out.

    Raises:
        TypeError: a coroutine awaited something else than `self.http`.
        Whatever is not a CarrierError: a bug in an adapter is not hidden.
    """
    started = time.monotonic()
    deadline = started + deadline_s
    answers: SimpleQueue[tuple[int, Reply | Failure]] = SimpleQueue()
    driven = [_Driven(coroutine, Outcome()) for coroutine in coroutines]

    def step(index: int, answer: Reply | Failure | None) -> bool:
        """Resume one coroutine until its next call; True while it goes on."""
        one = driven[index]
        one.pending = None
        try:
            call = one.coroutine.send(answer)
        except StopIteration as ended:
            one.outcome.value = ended.value
        except CarrierError as error:
            one.outcome.error = error
        else:
            one.call = _checked(one.coroutine, call)
            hook = None if call.repeatable else on_sent
            one.pending = transport.start(call, deadline, lambda reply: answers.put((index, reply)), hook)
            return True
        one.outcome.latency_s = time.monotonic() - started
        return False

    try:
        open_ones = {index for index in range(len(driven)) if step(index, None)}
        while open_ones:
            try:
                index, answer = answers.get(timeout=max(deadline - time.monotonic(), 0.0))
            except Empty:
                break
            _record(driven[index], answer)
            if not step(index, answer):
                open_ones.discard(index)
        for index in open_ones:
            _give_up(driven[index], time.monotonic() - started)
    finally:
        for one in driven:
            if one.pending is not None:
                one.pending.cancel()
            one.coroutine.close()
    return [one.outcome for one in driven]


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


def _checked(coroutine: Coroutine[Any, Any, Any], call: object) -> Call:
    if not isinstance(call, Call):
        coroutine.close()
        raise TypeError(f"an adapter may await only self.http, not {call!r}")
    return call


def _record(one: _Driven, answer: Reply | Failure) -> None:
    if one.call is not None:
        one.outcome.exchanges.append(Exchange(one.call, answer if isinstance(answer, Reply) else None))


def _give_up(one: _Driven, elapsed_s: float) -> None:
    """The deadline: cancel, and let the coroutine's own http call say what that means. It gets no second call."""
    failure = one.pending.cancel() if one.pending else Failure(sent=False, why=DEADLINE)
    one.pending = None
    _record(one, failure)
    outcome = one.outcome
    outcome.timed_out, outcome.latency_s = True, elapsed_s
    for _ in range(3):  # a read may want to try again; it is told the same
        try:
            one.coroutine.send(Failure(sent=failure.sent, why=DEADLINE))
        except StopIteration as ended:
            outcome.value, outcome.timed_out = ended.value, False
            return
        except CarrierError as error:
            outcome.error = error
            return
    outcome.error = CarrierUnavailable(DEADLINE)
