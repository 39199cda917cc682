"""Does a failing carrier become the right error, and is a lost booking never called safe?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from carriers.base.conformance.check import each, whole
from carriers.base.conformance.operations import BOOKING, DIVERTING, OPERATIONS
from carriers.base.conformance.samples import Sample
from carriers.base.conformance.script import TOKEN, Answer, Spoil, documented, from_here, only_at
from carriers.base.conformance.stage import Played, Subject
from carriers.base.conformance.wire import Run, together, transports
from carriers.base.drive import Transport
from carriers.base.errors import (
    AuthenticationFailed,
    BadCarrierResponse,
    CarrierError,
    CarrierUnavailable,
    OutcomeUnknown,
    RateLimited,
)
from carriers.base.simulator.faults import FaultKind
from gateway.domain.shipments import Booking

RETRY_AFTER_S = 7
# How long a peer that hangs is waited for, and where a machine was too slow to get that far.
HANG_S, LONG_S = 0.5, 8.0
LOST = (FaultKind.TIMEOUT_AFTER, FaultKind.RESET_AFTER, FaultKind.TRUNCATED, FaultKind.STATUS_500_AFTER)
ORDERS = ("schedule_pickup", "close_manifest", *DIVERTING)
REFUSED = Answer(status=401, headers={"Content-Type": "text/plain"}, body=b"unauthorized")
TOO_MANY = Answer(status=429, headers={"Retry-After": str(RETRY_AFTER_S)}, body=b"too many requests")
DOWN = Answer(status=503, body=b"try again later")
BROKEN = Answer(status=500, body=b"internal server error")
LOGIN_PAGE = b"<html><body>Please log in</body></html>"
UNDONE = (CarrierUnavailable, OutcomeUnknown)
UNREADABLE = (BadCarrierResponse, OutcomeUnknown)


def _plain(subject: Subject) -> list[Sample]:
    """One successful sample of each operation that goes over HTTP: its `ok`, or the first."""
    found: dict[str, Sample] = {}
    for name in OPERATIONS:
        for sample in sorted(subject.shown(name), key=lambda sample: sample.case != "ok"):
            if sample.exchanges:
                found.setdefault(name, sample)
    return list(found.values())


@each(_plain)
def refused_credentials_are_told(subject: Subject, sample: Sample) -> Iterator[str]:
    """401 is AuthenticationFailed, whichever call it answers."""
    yield from _answered(subject, sample, REFUSED, (AuthenticationFailed,))


@each(_plain)
def too_many_requests_are_told(subject: Subject, sample: Sample) -> Iterator[str]:
    """429 is RateLimited, with the seconds of Retry-After."""
    yield from _answered(subject, sample, TOO_MANY, (RateLimited,), _waits)


@each(_plain)
def an_unavailable_carrier_is_told(subject: Subject, sample: Sample) -> Iterator[str]:
    """503 is CarrierUnavailable, or OutcomeUnknown where the request may have been applied."""
    yield from _answered(subject, sample, DOWN, UNDONE)


@each(lambda subject: [sample for sample in _plain(subject) if _read_places(sample)])
def a_login_page_is_told(subject: Subject, sample: Sample) -> Iterator[str]:
    """200 with a page for people is BadCarrierResponse (or OutcomeUnknown), never an answer."""
    for place in _read_places(sample):
        honest = documented(sample.exchanges[place])
        page = Answer(status=honest.status, headers={"Content-Type": "text/html"}, body=LOGIN_PAGE)
        played = subject.play(sample, only_at(place, page))
        yield from _not_among(f"call {place + 1}: a login page", played, UNREADABLE)


@whole(when=_plain)
def a_dripping_carrier_is_given_up(subject: Subject) -> Iterator[str]:
    """An answer that comes byte by byte ends at the deadline, over each transport."""
    yield from _on_the_wire(subject, FaultKind.DRIP, UNDONE)


@whole(when=_plain)
def a_huge_answer_is_given_up(subject: Subject) -> Iterator[str]:
    """An answer without end is not read to its end, over each transport."""
    yield from _on_the_wire(subject, FaultKind.HUGE, (*UNDONE, BadCarrierResponse))


def _booked(subject: Subject) -> list[Sample]:
    return [sample for name in BOOKING for sample in subject.shown(name) if sample.exchanges]


@whole(when=_booked)
def a_lost_booking_is_never_called_safe(subject: Subject) -> Iterator[str]:
    """A booking that was sent and got no answer, half of one or a 5xx is OutcomeUnknown, and is not sent again."""
    for about, sample, played in _lost(subject, _booked(subject)):
        yield from _not_unknown(about, sample, played)
    for sample in _booked(subject):
        for answer in (BROKEN, DOWN):
            played = subject.play(sample, only_at(_booking_place(sample), answer))
            yield from _not_unknown(f"{sample.name}.{answer.status}", sample, played)


def _ordered(subject: Subject) -> list[Sample]:
    """Samples that order something; one that finds it ordered already only reads."""
    shown = [sample for name in ORDERS for sample in subject.shown(name)]
    return [each for each in shown if any(exchange.request.method != "GET" for exchange in each.exchanges)]


@whole(when=_ordered)
def a_lost_order_is_never_called_safe(subject: Subject) -> Iterator[str]:
    """A pickup, manifest or diversion that was sent and got no answer is OutcomeUnknown: called safe, it would be
    ordered twice, or denied although it was done.

    That goes also for carriers who know a repeated reference: the gateway orders anew under another one.
    """
    for about, sample, played in _lost(subject, _ordered(subject)):
        yield from _not_unknown(about, sample, played)


def _lost(subject: Subject, samples: Sequence[Sample]) -> Iterator[tuple[str, Sample, Played]]:
    """What becomes of each sample when the answer to what it orders is lost, in each way, over each transport."""
    runs = [
        Run(f"{sample.name}.{kind}", sample, _fault(sample, _booking_place(sample), kind))
        for sample in samples
        for kind in LOST
    ]
    for name, transport in transports().items():
        for run, played in zip(runs, _sent(subject, runs, transport), strict=True):
            yield f"{run.name} over {name}", run.sample, played


def _sent(subject: Subject, runs: Sequence[Run], transport: Transport) -> Sequence[Played]:
    """Played with more time where that was over before the order was sent: a busy machine is long about a token."""
    found = together(subject, runs, transport, HANG_S)
    if all(
        any(call.place == _booking_place(run.sample) for call in played.sent)
        for run, played in zip(runs, found, strict=True)
    ):
        return found
    return together(subject, runs, transport, LONG_S)


@each(_booked)
def the_idempotency_key_travels(subject: Subject, sample: Sample) -> Iterator[str]:
    """The tender's reference is somewhere in the request that books."""
    reference = sample.given["tender_reference"]
    sent = subject.play(sample).sent
    if not any(call.place == _booking_place(sample) and reference in call.text for call in sent):
        yield f"the tender reference {reference} is nowhere in the request that books"


@each(lambda subject: [sample for name in BOOKING for sample in subject.shown(name) if not sample.exchanges])
def the_same_tender_books_once(subject: Subject, sample: Sample) -> Iterator[str]:
    """A carrier without HTTP, asked twice with one reference, has one booking."""
    account = subject.account(sample)
    first, second = subject.play(sample, account=account), subject.play(sample, account=account)
    if not isinstance(second.value, Booking):
        yield f"asked again: {second.says}"
    elif first.value.ref != second.value.ref:
        yield f"asked again, it booked {second.value.ref} beside {first.value.ref}"


def _answered(
    subject: Subject,
    sample: Sample,
    answer: Answer,
    wanted: tuple[type[CarrierError], ...],
    more: Callable[[Played], Iterator[str]] | None = None,
) -> Iterator[str]:
    """From one call after the other on, everything is answered so."""
    for place, exchange in enumerate(sample.exchanges):
        if exchange.request.where != TOKEN:
            played = subject.play(sample, from_here(place, answer))
            about = f"call {place + 1}: {answer.status}"
            yield from _not_among(about, played, (*wanted, OutcomeUnknown) if _begun(sample, place) else wanted)
            if more is not None and isinstance(played.error, wanted):
                yield from (f"{about}: {what}" for what in more(played))


def _begun(sample: Sample, place: int) -> bool:
    """Whether an earlier call of a booking wrote something: then a later refusal is no proof that nothing was done."""
    earlier = sample.exchanges[:place] if sample.operation in BOOKING else ()
    return any(
        exchange.request.method != "GET" and exchange.request.where != TOKEN and exchange.response.status < 400
        for exchange in earlier
    )


def _waits(played: Played) -> Iterator[str]:
    waits = getattr(played.error, "retry_after_s", None)
    if waits != RETRY_AFTER_S:
        yield f"retry_after_s is {waits}, not {RETRY_AFTER_S}"


def _not_among(about: str, played: Played, wanted: Sequence[type[CarrierError]]) -> Iterator[str]:
    if not isinstance(played.error, tuple(wanted)):
        yield f"{about}: expected {' or '.join(kind.__name__ for kind in wanted)}, not {played.says}"


def _not_unknown(about: str, sample: Sample, played: Played) -> Iterator[str]:
    # Half an answer is an answer that cannot be read, which services take as unknown when booking.
    yield from _not_among(about, played, UNREADABLE)
    place = _booking_place(sample)
    times = sum(1 for call in played.sent if call.place == place)
    if times != 1:
        yield f"{about}: it was sent {times} times"


def _booking_place(sample: Sample) -> int:
    """The exchange that books: the last one that is not a read."""
    return max(place for place, exchange in enumerate(sample.exchanges) if exchange.request.method != "GET")


def _read_places(sample: Sample) -> list[int]:
    """Exchanges whose documented answer has something in it to be read."""
    return [
        place
        for place, exchange in enumerate(sample.exchanges)
        if exchange.request.where != TOKEN and exchange.response.status < 300 and exchange.response.body.content
    ]


def _on_the_wire(subject: Subject, kind: FaultKind, wanted: tuple[type[CarrierError], ...]) -> Iterator[str]:
    runs = [Run(sample.name, sample, _fault(sample, _first_place(sample), kind)) for sample in _plain(subject)]
    for name, transport in transports().items():
        for run, played in zip(runs, together(subject, runs, transport, HANG_S), strict=True):
            yield from _not_among(f"{run.name} over {name}: {kind}", played, wanted)


def _first_place(sample: Sample) -> int:
    """The first exchange that is not about a token."""
    return next(place for place, exchange in enumerate(sample.exchanges) if exchange.request.where != TOKEN)


def _fault(sample: Sample, place: int, kind: FaultKind) -> Spoil:
    return only_at(place, Answer(body=documented(sample.exchanges[place]).body, fault=kind))
