"""What if one field of an answer is gone, null, of another type, or without its time zone?"""

from __future__ import annotations

from collections.abc import Iterator

from carriers.base.conformance.check import each
from carriers.base.conformance.checks.exchanges import with_exchanges
from carriers.base.conformance.mutations import Mutation, leaves, mutations, touches
from carriers.base.conformance.operations import BOOKING, OPERATIONS
from carriers.base.conformance.samples import Exchange, Sample
from carriers.base.conformance.script import TOKEN, Answer, Spoil, documented, only_at
from carriers.base.conformance.soundness import unsound
from carriers.base.conformance.stage import Played, Subject
from carriers.base.errors import BadCarrierResponse, OutcomeUnknown
from carriers.base.messages import Account
from gateway.domain.shipments import Booking

SAFE = (OutcomeUnknown, BadCarrierResponse)
# What a whole body may be instead of the documented one.
OTHER_BODIES = {
    "empty": b"",
    "null": b"null",
    "an array": b"[]",
    "an object": b"{}",
    "a text": b'"x"',
    "not UTF-8": b'{"id": "\xff"}',
    "a number out of range": b"1e999",
    "nested without end": b"[" * 5000,
    "cut off": b'{"id": ',
    "another document": b"<html/>",
    "a document with entities": b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r>&b;</r>',
}


@each(lambda subject: [sample for sample in with_exchanges(subject) if _spoilable(sample)])
def a_spoilt_answer_breaks_nothing(subject: Subject, sample: Sample) -> Iterator[str]:
    """Whatever is wrong with an answer, the adapter answers or raises CarrierError, and what it answers is sound."""
    result = OPERATIONS[sample.operation].result
    account = _account(subject, sample)
    for what, spoil in _spoils(sample):
        yield from _unfit(what, subject.play(sample, spoil, account), result)


@each(lambda subject: subject.shown("webhook", failing=None))
def a_spoilt_webhook_breaks_nothing(subject: Subject, sample: Sample) -> Iterator[str]:
    """The same for what is pushed, truly signed."""
    assert sample.call is not None, "a webhook sample has a call"
    result = OPERATIONS[sample.operation].result
    bodies = dict(OTHER_BODIES)
    honest = sample.call.body
    if honest.has_data:
        bodies |= {str(mutation): honest.write(mutation.value) for mutation in mutations(honest.data, honest.notation)}
    account = subject.account(sample)
    for what, body in bodies.items():
        yield from _unfit(what, subject.pushed(sample, body, account), result)


@each(lambda subject: [sample for name in BOOKING for sample in subject.shown(name) if _spoilable(sample)])
def a_spoilt_field_never_loses_a_booking(subject: Subject, sample: Sample) -> Iterator[str]:
    """An accepted booking stays one unless an essential field is spoilt, and then it is never called refused."""
    honest = subject.play(sample).value
    if not isinstance(honest, Booking):
        return  # the_documented_answer_is_what_we_read says so
    reference, account = honest.ref.carrier_reference, _account(subject, sample)
    for place, exchange in _data_answers(sample):
        if exchange.response.status >= 300 or exchange.request.where == TOKEN:
            continue
        essential = sample.essential or _places(exchange, reference)
        for mutation in _mutations(exchange):
            played = subject.play(sample, only_at(place, _answer(exchange, mutation)), account)
            if any(touches(mutation.path, path) for path in essential):
                yield from _unsafe(mutation, played)
            elif not isinstance(played.value, Booking):
                yield f"{mutation}: the booking is lost: {played.says}"
            elif played.value.ref.carrier_reference != reference:
                yield f"{mutation}: the booking is {played.value.ref.carrier_reference!r}, not {reference!r}"


@each(lambda subject: [sample for sample in _findable(subject) if _spoilable(sample)])
def an_unreadable_answer_is_no_proof_of_absence(subject: Subject, sample: Sample) -> Iterator[str]:
    """Where finding nothing proves that nothing was booked, an answer gone wrong is not "nothing"."""
    reference = sample.given["tender_reference"]
    account = _account(subject, sample)
    for place, exchange in _data_answers(sample):
        ours = _places(exchange, reference)
        for mutation in _mutations(exchange):
            # A booking that is left out, or bears another reference, is honestly not ours.
            left_out = mutation.what == "removed" and mutation.path.endswith("]")
            if left_out or mutation.path in ours:
                continue
            played = subject.play(sample, only_at(place, _answer(exchange, mutation)), account)
            if played.value is None and played.error is None and played.bug is None:
                yield f"{mutation}: taken for proof that nothing was booked"


def _findable(subject: Subject) -> list[Sample]:
    """Samples of bookings that are found, where not finding one is a proof."""
    proof = subject.carrier.profile.booking.absence_is_proof
    return [sample for sample in subject.shown("find") if proof and sample.then is not None]


def _unsafe(mutation: Mutation, played: Played) -> Iterator[str]:
    if isinstance(played.value, Booking):
        if not played.value.ref.carrier_reference:
            yield f"{mutation}: a booking without reference"
    elif not isinstance(played.error, SAFE):
        yield f"{mutation}: the carrier accepted, and we say it did not: {played.says}"


def _unfit(what: str, played: Played, result: object) -> Iterator[str]:
    if played.bug is not None:
        yield f"{what}: {played.says} escapes"
    elif played.error is None:
        yield from (f"{what}: returns {flaw}" for flaw in unsound(played.value, result))


def _account(subject: Subject, sample: Sample) -> Account | None:
    """One account for all plays, so that its token is fetched once; unless the sample shows how it is fetched."""
    shows_token = any(exchange.request.where == TOKEN for exchange in sample.exchanges)
    return None if shows_token else subject.account(sample)


def _spoilable(sample: Sample) -> bool:
    return any(True for _ in _data_answers(sample))


def _data_answers(sample: Sample) -> Iterator[tuple[int, Exchange]]:
    for place, exchange in enumerate(sample.exchanges):
        if exchange.response.body.has_data:
            yield place, exchange


def _spoils(sample: Sample) -> Iterator[tuple[str, Spoil]]:
    for place, exchange in _data_answers(sample):
        at = f"answer {place + 1}: " if len(sample.exchanges) > 1 else ""
        for mutation in _mutations(exchange):
            yield f"{at}{mutation}", only_at(place, _answer(exchange, mutation))
        for what, body in OTHER_BODIES.items():
            yield f"{at}the body {what}", only_at(place, _with_body(exchange, body))


def _answer(exchange: Exchange, mutation: Mutation) -> Answer:
    return _with_body(exchange, exchange.response.body.write(mutation.value))


def _with_body(exchange: Exchange, body: bytes) -> Answer:
    honest = documented(exchange)
    return Answer(status=honest.status, headers=honest.headers, body=body)


def _mutations(exchange: Exchange) -> Iterator[Mutation]:
    return mutations(exchange.response.body.data, exchange.response.body.notation)


def _places(exchange: Exchange, reference: str) -> tuple[str, ...]:
    """Where the booking's own id stands in an answer."""
    return tuple(path for path, value in leaves(exchange.response.body.data) if str(value) == reference)
