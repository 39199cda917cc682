"""Is the documented request what we send, and the documented answer what we read?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from carriers.base.conformance.check import each
from carriers.base.conformance.compare import differences, shown
from carriers.base.conformance.operations import OPERATIONS
from carriers.base.conformance.samples import Sample
from carriers.base.conformance.soundness import unsound
from carriers.base.conformance.stage import Played, Subject, filled
from carriers.base.conformance.wire import over_http, transports


def with_exchanges(subject: Subject) -> list[Sample]:
    """Samples of what goes over HTTP."""
    return [sample for sample in possible(subject) if sample.exchanges]


def possible(subject: Subject) -> list[Sample]:
    """Samples of what the carrier can do."""
    return [sample for sample in subject.samples if OPERATIONS[sample.operation].capability in subject.has]


def _asked_of_the_adapter(subject: Subject) -> list[Sample]:
    return [sample for sample in possible(subject) if sample.call is None]


def _pushed(subject: Subject) -> list[Sample]:
    return subject.shown("webhook", failing=None)


@each(with_exchanges)
def the_documented_request_is_what_we_send(subject: Subject, sample: Sample) -> Iterator[str]:
    """Method, address, parameters, headers and body, over real HTTP and each transport."""
    for name, transport in transports().items():
        played = over_http(subject, sample, transport)
        yield from (f"over {name}: {surprise}" for surprise in played.surprises)


@each(_asked_of_the_adapter)
def the_documented_answer_is_what_we_read(subject: Subject, sample: Sample) -> Iterator[str]:
    """The answer, or the error, that the sample says must come of it, over real HTTP and each transport."""
    if not sample.exchanges:
        yield from not_as_said(subject, sample, subject.play(sample))
        return
    for name, transport in transports().items():
        played = over_http(subject, sample, transport)
        yield from (f"over {name}: {what}" for what in not_as_said(subject, sample, played))


@each(_pushed)
def the_documented_webhook_is_what_we_read(subject: Subject, sample: Sample) -> Iterator[str]:
    """The updates that the sample says must come of it, signed as the carrier signs."""
    yield from not_as_said(subject, sample, subject.pushed(sample))


def not_as_said(subject: Subject, sample: Sample, played: Played) -> Iterator[str]:
    """How an outcome differs from what the sample says."""
    expected = filled(sample.then, played.urls)
    if played.bug is not None:
        yield f"{played.says} escapes: only CarrierError may leave an adapter"
    elif isinstance(expected, Mapping) and "error" in expected:
        yield from _other_error(expected, played)
    elif played.error is not None:
        yield f"expected {shown(expected)}, not {played.says}"
    else:
        yield from unsound(played.value, OPERATIONS[sample.operation].result)
        yield from differences(expected, played.value)


def _other_error(expected: Mapping[str, Any], played: Played) -> Iterator[str]:
    if type(played.error).__name__ != expected["error"]:
        yield f"expected {expected['error']}, not {played.says}"
        return
    rest = {key: value for key, value in expected.items() if key != "error"}
    for key, value in rest.items():
        yield from differences(value, getattr(played.error, key, None), f"$.{key}")
