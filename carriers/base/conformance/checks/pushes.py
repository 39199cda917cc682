"""Does a webhook count only with a valid proof of its sender?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

from carriers.base.conformance.check import each
from carriers.base.conformance.samples import Sample
from carriers.base.conformance.stage import Played, Subject, caught, unsigned
from carriers.base.errors import WebhookRejected
from carriers.base.messages import Account, WebhookCall

# Beyond every tolerance a carrier documents; Stripe's and standard webhooks' is five minutes.
LATER = timedelta(hours=2)
GARBAGE = (b"", b"\xff\xfe\x00", b"null", b"[[[[", b'{"a":', b"<html>", b"{}")


def _pushed(subject: Subject) -> list[Sample]:
    return subject.shown("webhook")


def _first(subject: Subject) -> list[Sample]:
    return _pushed(subject)[:1]


@each(_pushed)
def an_unsigned_webhook_is_refused(subject: Subject, sample: Sample) -> Iterator[str]:
    """A call without proof is WebhookRejected."""
    yield from _accepted("unsigned", subject.received(sample, unsigned(sample), subject.account(sample)))


@each(_first)
def a_webhook_of_another_secret_is_refused(subject: Subject, sample: Sample) -> Iterator[str]:
    """A call signed with any other secret, or at an account without secrets, is WebhookRejected."""
    account = subject.account(sample)
    call = subject.signed(unsigned(sample), account)
    all_others = {name: _other(secret) for name, secret in account.secrets.items()}
    wrong = {"all other secrets": all_others, "blank secrets": dict.fromkeys(account.secrets, " ")}
    wrong |= {f"another {name}": {name: _other(account.secrets[name])} for name in _shared(subject, sample)}
    for what, secrets in wrong.items():
        other = _with_secrets(account, secrets)
        yield from _accepted(f"at an account with {what}", subject.received(sample, call, other))
    naked = replace(account, secrets={})
    yield from _accepted("at an account without secrets", subject.received(sample, call, naked))


@each(lambda subject: [sample for sample in _pushed(subject) if _body_is_signed(subject, sample)])
def a_tampered_webhook_is_refused(subject: Subject, sample: Sample) -> Iterator[str]:
    """Where the proof covers the body, a call with one byte changed is WebhookRejected."""
    account = subject.account(sample)
    call = subject.signed(unsigned(sample), account)
    size = len(call.body)
    # A proof inside the body need not cover all of it, but it covers the bulk.
    places = {size // 2} if call.headers == unsigned(sample).headers else {0, size // 3, size // 2, size - 1}
    for place in sorted(places):
        body = bytearray(call.body)
        body[place] ^= 1
        tampered = replace(call, body=bytes(body))
        yield from _accepted(f"byte {place} changed", subject.received(sample, tampered, account))


@each(lambda subject: [sample for sample in _first(subject) if _time_is_signed(subject, sample)])
def a_replayed_webhook_is_refused(subject: Subject, sample: Sample) -> Iterator[str]:
    """Where the proof has a time, an old call and one from the future are WebhookRejected."""
    account = subject.account(sample)
    call = subject.signed(unsigned(sample), account)
    for later in (LATER, -LATER):
        replayed = replace(call, received_at=call.received_at + later)
        yield from _accepted(f"received {later} later", subject.received(sample, replayed, account))


@each(_first)
def a_garbled_webhook_is_refused(subject: Subject, sample: Sample) -> Iterator[str]:
    """Bytes without meaning and without proof are WebhookRejected."""
    account = subject.account(sample)
    for body in GARBAGE:
        call = unsigned(sample, body)
        yield from _accepted(f"{body!r}", subject.received(sample, call, account))
    for name in unsigned(sample).headers.keys() | subject.signed(unsigned(sample), account).headers.keys():
        for value in ("", "x", "\xff", "=" * 9, "0" * 64, "9" * 400):
            call = unsigned(sample)
            garbled = replace(call, headers={**call.headers, name: value})
            yield from _accepted(f"header {name}: {value[:9]!r}", subject.received(sample, garbled, account))


@each(lambda subject: [sample for sample in _first(subject) if _shared(subject, sample)])
def both_secrets_count_while_one_is_changed(subject: Subject, sample: Sample) -> Iterator[str]:
    """With `<secret>_previous` set, calls signed with the old secret and with the new one are accepted."""
    account = subject.account(sample)
    for name in _shared(subject, sample):
        old = account.secrets[name]
        new = _other(old)
        changing = _with_secrets(account, {name: new, f"{name}_previous": old})
        for which, secret in (("old", old), ("new", new)):
            call = subject.signed(unsigned(sample), _with_secrets(account, {name: secret}))
            played = subject.received(sample, call, changing)
            if played.error or played.bug:
                yield f"signed with the {which} {name}: {played.says}"


def _accepted(what: str, played: Played) -> Iterator[str]:
    if not isinstance(played.error, WebhookRejected):
        yield f"{what}: expected WebhookRejected, not {played.says}"


def _with_secrets(account: Account, secrets: Mapping[str, str]) -> Account:
    return replace(account, secrets={**account.secrets, **secrets})


def _other(secret: str) -> str:
    """Another secret of the same characters, so that it is a key where the first one is."""
    return secret[1:] + secret[:1] if len(set(secret)) > 1 else f"{secret}x"


def _shared(subject: Subject, sample: Sample) -> list[str]:
    """The secrets that a call is signed with and proven with alike."""
    account, call = subject.account(sample), unsigned(sample)
    honest = caught(lambda: subject.signed(call, account)).value

    def signed_otherwise(name: str) -> WebhookCall:
        return subject.signed(call, _with_secrets(account, {name: _other(account.secrets[name])}))

    others = {name: caught(partial(signed_otherwise, name)).value for name in account.secrets}
    return [name for name, other in others.items() if other is not None and other != honest]


def _body_is_signed(subject: Subject, sample: Sample) -> bool:
    """Whether the proof of a call depends on its body."""
    call = unsigned(sample)
    # Another body that is still JSON where the first one was.
    other = replace(call, body=call.body.replace(b"{", b'{"kit": 1, ', 1))
    return _proof(subject, sample, call) != _proof(subject, sample, other)


def _time_is_signed(subject: Subject, sample: Sample) -> bool:
    """Whether the proof of a call depends on when it was sent."""
    call = unsigned(sample)
    later = replace(call, received_at=call.received_at + LATER)
    return _proof(subject, sample, call) != _proof(subject, sample, later)


def _proof(subject: Subject, sample: Sample, call: WebhookCall) -> object:
    """What signing adds: headers, a part of the URL, or members of the body."""
    signed = caught(lambda: subject.signed(call, subject.account(sample))).value or call
    headers = {name: value for name, value in signed.headers.items() if call.headers.get(name) != value}
    query = {name: value for name, value in signed.query.items() if call.query.get(name) != value}
    return headers or query or signed.body
