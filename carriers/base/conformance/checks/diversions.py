"""Another time, another place: is only claimed what the carrier confirmed, and can a lost answer be asked for again?"""

from __future__ import annotations

from collections.abc import Iterator

from carriers.base.conformance.check import each, whole
from carriers.base.conformance.operations import DIVERTING
from carriers.base.conformance.samples import Sample
from carriers.base.conformance.script import Answer, only_at
from carriers.base.conformance.stage import Subject
from carriers.base.errors import OutcomeUnknown, ShipmentRejected

TAKEN_IN = Answer(status=202, headers={"Content-Type": "application/json"}, body=b"{}")


def _diverted(subject: Subject) -> list[Sample]:
    """Samples in which the carrier agrees."""
    return [sample for name in DIVERTING for sample in subject.shown(name)]


def _over_http(subject: Subject) -> list[Sample]:
    return [sample for sample in _diverted(subject) if sample.exchanges]


def _too_late(subject: Subject) -> list[Sample]:
    return [sample for sample in subject.samples if sample.operation in DIVERTING and sample.case == "too_late"]


@each(_over_http)
def a_wish_goes_under_its_reference(subject: Subject, sample: Sample) -> Iterator[str]:
    """The wish's reference is in a request that writes: asked again after a lost answer, it must be the same wish."""
    reference = sample.given["reference"]
    writes = {place for place, exchange in enumerate(sample.exchanges) if exchange.request.method != "GET"}
    if not any(call.place in writes and reference in call.text for call in subject.play(sample).sent):
        yield f"the reference {reference} is nowhere in a request that writes"


@each(_over_http)
def a_wish_that_is_taken_in_is_not_agreed(subject: Subject, sample: Sample) -> Iterator[str]:
    """202 with nothing in it confirms nothing: it is OutcomeUnknown (or BadCarrierResponse), never an agreement."""
    place = max(place for place, exchange in enumerate(sample.exchanges) if exchange.request.method != "GET")
    played = subject.play(sample, only_at(place, TAKEN_IN))
    if played.error is None:
        yield f"202 without a word: expected {OutcomeUnknown.__name__}, not {played.says}"


@each(lambda subject: [sample for sample in _diverted(subject) if not sample.exchanges])
def the_same_wish_twice_is_one(subject: Subject, sample: Sample) -> Iterator[str]:
    """A carrier without HTTP agrees to the same wish again."""
    account = subject.account(sample)
    subject.play(sample, account=account)
    again = subject.play(sample, account=account)
    if again.error is not None or again.bug is not None:
        yield f"asked again: {again.says}"


@each(_too_late)
def too_late_is_said_in_words(subject: Subject, sample: Sample) -> Iterator[str]:
    """What comes too late is ShipmentRejected, with words for the one who asked."""
    played = subject.play(sample)
    if not isinstance(played.error, ShipmentRejected):
        yield f"expected {ShipmentRejected.__name__}, not {played.says}"
    elif not (played.error.carrier_message or str(played.error)).strip():
        yield "it says nothing"


@whole(when=lambda subject: subject.shown("other_times"))
def offered_times_are_told_apart(subject: Subject) -> Iterator[str]:
    """Each time has an id of its own, and they come in order."""
    for sample in subject.shown("other_times"):
        slots = subject.play(sample).value
        if len({slot.id for slot in slots}) < len(slots) or not all(slot.id for slot in slots):
            yield f"{sample.name}: two times have one id, or one has none"
        if [slot.window.start for slot in slots] != sorted(slot.window.start for slot in slots):
            yield f"{sample.name}: the times do not come soonest first"
