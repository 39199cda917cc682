"""Is what tracking says true: endings told apart, new codes unknown, one id for one scan?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from carriers.base.conformance.check import each, whole
from carriers.base.conformance.mutations import entries, leaves, replaced
from carriers.base.conformance.operations import TRACKING
from carriers.base.conformance.payloads import Payload
from carriers.base.conformance.samples import Sample
from carriers.base.conformance.script import Answer
from carriers.base.conformance.stage import Played, Subject
from carriers.base.contract import Capability
from gateway.domain.tracking import TrackingEvent, TrackingUpdate

NOBODYS_CODE = "zz_nobody_lists_this"
NOBODYS_NUMBER = 987654


def _tracked(subject: Subject) -> list[Sample]:
    return [sample for name in TRACKING for sample in subject.shown(name)]


def _ended(case: str) -> Any:
    return lambda subject: [sample for sample in _tracked(subject) if sample.case == case]


@each(_ended("delivered"))
def a_delivery_is_told(subject: Subject, sample: Sample) -> Iterator[str]:
    """The sample of a delivery ends delivered."""
    statuses = _statuses(_play(subject, sample))
    if "delivered" not in statuses:
        yield f"no event is `delivered`: {statuses}"


@each(_ended("attempt_failed"))
def a_failed_attempt_is_no_delivery(subject: Subject, sample: Sample) -> Iterator[str]:
    """The sample of a failed attempt has one, and nothing in it is delivered."""
    statuses = _statuses(_play(subject, sample))
    if "attempt_failed" not in statuses:
        yield f"no event is `attempt_failed`: {statuses}"
    if "delivered" in statuses:
        yield f"a failed attempt counts as delivered: {statuses}"


@whole(Capability.TRACKS)
def an_unlisted_code_of_the_table_is_unknown(subject: Subject) -> Iterator[str]:
    """The status table guesses nothing."""
    found = subject.carrier.statuses.lookup(NOBODYS_CODE)
    if found.status != "unknown" or found.listed:
        yield f"{NOBODYS_CODE!r} is taken for {found}"


@each(_tracked)
def an_unlisted_code_stays_unknown(subject: Subject, sample: Sample) -> Iterator[str]:
    """Each code of an event, replaced by one that nobody lists, makes an event that is unknown."""
    honest = _play(subject, sample)
    for code in sorted({event.carrier_code for event in _events(honest)}):
        words = _words_of(sample, code)
        if not words:
            yield f"no event's code is what the carrier sent: {code!r} is nowhere in its answer"
        for word in words:
            played = _play(subject, sample, word)
            new = [event for event in _events(played) if str(_nobodys(word)) in event.carrier_code]
            if not new:
                yield f"{word!r} replaced: no event bears the new code: {played.says}"
            yield from (
                f"{word!r} replaced: a code that nobody lists is taken for {event.status}"
                for event in new
                if event.status != "unknown"
            )


@whole()
def event_ids_do_not_collide(subject: Subject) -> Iterator[str]:
    """Two scans never have one event id, in all samples together.

    Push and poll may have a word each for one scan, but it has one meaning, and within each one word.
    """
    scans: dict[tuple[str, str], tuple[object, str]] = {}
    for sample in _tracked(subject):
        for update in _updates(_play(subject, sample)):
            ids = [event.event_id for event in update.events]
            yield from (f"{sample.name}: {id_!r} stands twice" for id_ in sorted({i for i in ids if ids.count(i) > 1}))
            for event in update.events:
                for channel, said in (("", event.status), (sample.operation, event.carrier_code)):
                    scan = (update.tracking_number, event.piece, said, event.occurred_at)
                    known, where = scans.setdefault((event.event_id, channel), (scan, sample.name))
                    if known != scan:
                        yield f"{event.event_id!r} names {known} in {where} and {scan} in {sample.name}"


@each(_tracked)
def an_event_keeps_its_id(subject: Subject, sample: Sample) -> Iterator[str]:
    """The same answer, read again, has the same event ids."""
    first, second = (_ids(_play(subject, sample)) for _ in range(2))
    if first != second:
        yield f"read twice: {first} and {second}"
    if "" in first:
        yield "an event has no id"


@each(_tracked)
def a_scan_that_cannot_be_read_costs_no_other(subject: Subject, sample: Sample) -> Iterator[str]:
    """One of several scans that says nothing any more leaves the others as they are, and `unread` names it."""
    codes = {event.event_id: event.carrier_code for event in _events(_play(subject, sample))}
    for place, body in _bodies(sample):
        for entry, without, silent in entries(body.data):
            rest = set(_ids(_spoilt(subject, sample, place, body.write(without.value))))
            gone = [code for id_, code in codes.items() if id_ not in rest]
            if not rest or not rest <= codes.keys() or len(gone) != 1 or gone[0] not in dict(leaves(entry)).values():
                continue  # it is no scan, or the only one
            played = _spoilt(subject, sample, place, body.write(silent.value))
            if set(_ids(played)) != rest:
                yield f"{silent}: the others are lost: {played.says}"
            elif not any(update.unread for update in _updates(played)):
                yield f"{silent}: it is left out, and `unread` does not say so"


@whole(Capability.TRACKS, Capability.RECEIVES_WEBHOOKS)
def push_and_poll_name_a_scan_alike(subject: Subject) -> Iterator[str]:
    """Webhook samples with `same_scan_as` have event ids that the polled sample has too."""
    pairs = [sample for sample in subject.shown("webhook") if sample.same_scan_as]
    if not pairs:
        yield "no webhook sample says `same_scan_as`, so that nothing shows that push and poll agree"
    for sample in pairs:
        polled = subject.samples.named(sample.same_scan_as)
        if polled is None:
            yield f"{sample.name}: there is no sample {sample.same_scan_as}"
            continue
        pushed, known = _ids(_play(subject, sample)), _ids(_play(subject, polled))
        if not pushed or not set(pushed) <= set(known):
            yield f"{sample.name} names {pushed}, {polled.name} {known}"


def _play(subject: Subject, sample: Sample, word: Any = None) -> Played:
    """A sample; with `word`, that word is one that nobody lists, wherever it stands."""
    if sample.call is not None:
        body = sample.call.body
        return subject.pushed(sample, _without(body, word) if body.has_data else None)

    def spoil(place: int, answer: Answer) -> Answer:
        body = sample.exchanges[place].response.body
        return replace(answer, body=_without(body, word)) if body.has_data else answer

    return subject.play(sample, spoil)


def _bodies(sample: Sample) -> list[tuple[int, Payload]]:
    """What a sample tells, with the place of the answer."""
    told = [sample.call.body] if sample.call else [exchange.response.body for exchange in sample.exchanges]
    return [(place, body) for place, body in enumerate(told) if body.has_data]


def _spoilt(subject: Subject, sample: Sample, place: int, body: bytes) -> Played:
    if sample.call is not None:
        return subject.pushed(sample, body)
    return subject.play(sample, lambda at, answer: replace(answer, body=body) if at == place else answer)


def _without(body: Payload, word: Any) -> bytes:
    if word is None:
        return body.content
    return body.write(replaced(body.data, word, _nobodys(word)))


def _nobodys(word: Any) -> Any:
    return NOBODYS_CODE if isinstance(word, str) else NOBODYS_NUMBER


def _words_of(sample: Sample, code: str) -> list[Any]:
    """The words of a sample that an event's code is, or is put together from."""
    bodies = [exchange.response.body for exchange in sample.exchanges]
    bodies += [sample.call.body] if sample.call else []
    parts = {code, *re.split(r"[^\w]+|_", code)}
    found = {
        word
        for body in bodies
        if body.has_data
        for _, word in leaves(body.data)
        if isinstance(word, str | int) and not isinstance(word, bool) and str(word) in parts
    }
    whole = [word for word in found if str(word) == code]
    return whole or sorted(found, key=str)


def _updates(played: Played) -> Sequence[TrackingUpdate]:
    return played.value if isinstance(played.value, list | tuple) else ()


def _events(played: Played) -> list[TrackingEvent]:
    return [event for update in _updates(played) for event in update.events]


def _ids(played: Played) -> list[str]:
    return [event.event_id for event in _events(played)]


def _statuses(played: Played) -> list[str]:
    return [event.status for event in _events(played)]
