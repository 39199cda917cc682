"""Samples over real HTTP, through each of the transports that the gateway may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from carriers.base.conformance.loopback import loopback
from carriers.base.conformance.samples import Sample
from carriers.base.conformance.script import Script, Spoil
from carriers.base.conformance.stage import PATIENT_S, Played, Subject, caught
from carriers.base.curl_transport import CurlTransport
from carriers.base.drive import Transport, drive, run
from carriers.base.transports import RequestsTransport


@cache
def transports() -> Mapping[str, Transport]:
    """One of each for the life of the process, as in the gateway."""
    return {"requests": RequestsTransport(), "curl": CurlTransport()}


def over_http(subject: Subject, sample: Sample, transport: Transport) -> Played:
    """Play a sample over HTTP."""
    with loopback() as server:
        account = subject.account(sample, f"{server.url}/{sample.name}")
        script = server.scripts[sample.name] = Script(sample.exchanges, account.urls)
        outcome = caught(lambda: run(subject.asked(sample, account), transport, deadline_s=PATIENT_S))
    return replace(outcome, sent=tuple(script.sent), surprises=tuple(script.surprises()), urls=account.urls)


@dataclass(frozen=True, slots=True)
class Run:
    """A sample that is played with spoilt answers; `name` tells runs of one sample apart."""

    name: str
    sample: Sample
    spoil: Spoil


def together(subject: Subject, runs: Sequence[Run], transport: Transport, deadline_s: float) -> list[Played]:
    """Play at the same time, so that carriers that hang cost one deadline and not one each."""
    with loopback() as server:
        scripts, asked = [], []
        for run_ in runs:
            account = subject.account(run_.sample, f"{server.url}/{run_.name}")
            script = server.scripts[run_.name] = Script(run_.sample.exchanges, account.urls, run_.spoil)
            scripts.append(script)
            asked.append(subject.asked(run_.sample, account))
        driven = caught(lambda: drive(asked, transport, deadline_s=deadline_s))
    if driven.bug is not None:
        return [driven] * len(runs)
    return [
        Played(value=outcome.value, error=outcome.error, sent=tuple(script.sent))
        for outcome, script in zip(driven.value, scripts, strict=True)
    ]
