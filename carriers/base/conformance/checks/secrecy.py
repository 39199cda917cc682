"""Do secrets stay out of logs, errors and whatever else people read?"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from carriers.base.conformance.check import each, whole
from carriers.base.conformance.checks.exchanges import with_exchanges
from carriers.base.conformance.samples import Sample
from carriers.base.conformance.script import ACCESS_TOKEN, Answer, only_at
from carriers.base.conformance.stage import Played, Subject, unsigned
from carriers.base.conformance.wire import over_http, transports
from carriers.base.contract import Capability

REFUSALS = (400, 401, 403, 404, 409, 422, 429, 500, 503)


@each(with_exchanges)
def no_secret_shows(subject: Subject, sample: Sample) -> Iterator[str]:
    """Neither in logs nor in results and errors, also where the carrier's answer repeats what it was sent."""
    secrets = {**sample.account.secrets, "access_token": ACCESS_TOKEN}
    with _logs() as lines:
        for transport in transports().values():
            yield from _shown(secrets, "the documented answer", over_http(subject, sample, transport))
        echo = _echo(secrets, subject.play(sample))
        for place in range(len(sample.exchanges)):
            for status in REFUSALS:
                played = subject.play(sample, only_at(place, Answer(status=status, body=echo)))
                yield from _shown(secrets, f"{status} that repeats the request", played)
    yield from _found(secrets, "the log", "\n".join(lines))


@whole(Capability.RECEIVES_WEBHOOKS)
def no_secret_shows_in_a_refusal(subject: Subject) -> Iterator[str]:
    """A webhook that is refused is not refused with the secret it should have had."""
    with _logs() as lines:
        for sample in subject.shown("webhook")[:1]:
            played = subject.received(sample, unsigned(sample), subject.account(sample))
            yield from _shown(sample.account.secrets, "an unsigned webhook", played)
            yield from _found(sample.account.secrets, "the log", "\n".join(lines))


@whole()
def no_secret_shows_in_repr(subject: Subject) -> Iterator[str]:
    """Adapter and account can be printed."""
    for sample in subject.samples.found[:1]:
        account = subject.account(sample)
        adapter = subject.adapter(account, sample.now)
        yield from _found(sample.account.secrets, "repr(adapter)", f"{adapter!r} {adapter.http!r}")
        yield from _found(sample.account.secrets, "repr(account)", repr(account))


def _echo(secrets: Mapping[str, str], played: Played) -> bytes:
    """What a carrier may say that tells us which credentials it got."""
    sent = " ".join(call.text for call in played.sent)
    return f"you sent {', '.join(secret for secret in secrets.values() if secret in sent)}".encode()


def _shown(secrets: Mapping[str, str], where: str, played: Played) -> Iterator[str]:
    yield from _found(secrets, f"{where}: the result", repr(played.value))
    error: BaseException | None = played.error or played.bug
    while error is not None:
        yield from _found(secrets, f"{where}: {type(error).__name__}", f"{error} {vars(error)}")
        error = error.__cause__ or error.__context__


def _found(secrets: Mapping[str, str], where: str, text: str) -> Iterator[str]:
    for name, secret in secrets.items():
        if secret and secret in text:
            yield f"{where} shows the secret {name}"


class _Lines(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._lines = lines
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))


@contextmanager
def _logs() -> Iterator[list[str]]:
    """Everything that is logged, however chatty."""
    lines: list[str] = []
    root, handler = logging.getLogger(), _Lines(lines)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
