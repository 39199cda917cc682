"""Samples over real HTTP, through each of the transports that the gateway may use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from carriers.base.conformance.loopback import Loopback, loopback
from carriers.base.conformance.samples import Sample
from carriers.base.conformance.script import Script, Spoil, as_is
from carriers.base.conformance.stage import PATIENT_S, Played, Subject, caught
from carriers.base.curl_transport import CurlTransport
from carriers.base.drive import Outcome, Transport, drive, run
from carriers.base.transports import RequestsTransport


@cache
def transports() -> Mapping[str, Transport]:
    """One of each for the life of the process, as in the gateway."""
    return {"requests": RequestsTransport(), "curl": CurlTransport()}


def over_http(subject: Subject, sample: Sample, transport: Transport) -> Played:
    """Play a sample over HTTP."""
    with loopback() as server:
        account = subject.account(sample, server.url)
        script = Script(sample.exchanges, account.urls)
        server.scripts[sample.name] = script
        outcome = caught(lambda: run(subject.asked(sample, account), transport, deadline_s=PATIENT_S))
    return replace(outcome, sent=tuple(script.sent), surprises=tuple(script.surprises()))


def all_over_http(
    subject: Subject,
    samples: Sequence[Sample],
    transport: Transport,
    *,
    deadline_s: float,
    spoil: Callable[[Sample], Spoil] = lambda _: as_is,
) -> list[tuple[Sample, Played]]:
    """Play samples at the same time, so that a hanging carrier costs one deadline and not one for each."""
    with loopback() as server:
        scripts = [_script(subject, sample, server, spoil(sample)) for sample in samples]
        asked = [
            subject.asked(sample, subject.account(sample, server.url)) for sample in samples
        ]
        outcomes = drive(asked, transport, deadline_s=deadline_s)
    return [
        (sample, _played(outcome, script))
        for sample, outcome, script in zip(samples, outcomes, scripts, strict=True)
    ]


def _script(subject: Subject, sample: Sample, server: Loopback, spoil: Spoil) -> Script:
    script = Script(sample.exchanges, subject.account(sample, server.url).urls, spoil)
    server.scripts[sample.name] = script
    return script


def _played(outcome: Outcome[object], script: Script) -> Played:
    return Played(value=outcome.value, error=outcome.error, sent=tuple(script.sent))
