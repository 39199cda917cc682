"""Where a carrier's samples are played: its real adapter, on one side, and the script of a sample on the other."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from carriers.base.calls import Call, Failure, Reply
from carriers.base.conformance.operations import OPERATIONS
from carriers.base.conformance.samples import Sample, Samples, load_samples
from carriers.base.conformance.script import Script, Sent, Spoil, as_is, fill
from carriers.base.conformance.windows import MemoryWindows
from carriers.base.contract import Capability, Carrier, capabilities
from carriers.base.drive import run
from carriers.base.errors import CarrierError
from carriers.base.flight import Answered
from carriers.base.messages import Account, WebhookCall
from carriers.base.webhooks import WebhookProof
from gateway.domain.codec import from_json
from gateway.domain.tracking import TrackingUpdate

MEMORY = "http://127.0.0.1:9/memory"
# Enough for any call in memory or on this machine; what must end earlier says so.
PATIENT_S = 20.0
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of a sample: a value, or an error. `bug` is an error that no adapter may let out.

    `surprises` are calls that are not as documented, where somebody asked; `urls` those of the account it was played
    on.
    """

    value: Any = None
    error: CarrierError | None = None
    bug: Exception | None = None
    sent: Sequence[Sent] = ()
    surprises: Sequence[str] = ()
    urls: Mapping[str, str] = field(default_factory=dict)

    @property
    def says(self) -> str:
        """The outcome in a few words."""
        problem = self.bug or self.error
        return f"{type(problem).__name__}: {problem}" if problem else f"the answer {self.value!r}"[:200]


@dataclass(frozen=True, slots=True)
class Subject:
    """A carrier under examination, with its samples."""

    carrier: type[Carrier]
    samples: Samples
    has: frozenset[Capability]
    _arguments: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, carrier: type[Carrier]) -> Subject:
        """A carrier's class as it was loaded."""
        return cls(carrier, load_samples(package_of(carrier)), capabilities(carrier))

    @property
    def package(self) -> str:
        """The carrier's folder, as a dotted name."""
        return package_of(self.carrier)

    def shown(self, operation: str, *, failing: bool | None = False) -> list[Sample]:
        """Its samples of an operation: of success, of failure, or (None) both."""
        if OPERATIONS[operation].capability not in self.has:
            return []
        return [sample for sample in self.samples if sample.operation == operation and failing in (None, sample.fails)]

    def account(self, sample: Sample, base: str = MEMORY) -> Account:
        """The sample's account, its URLs below `base`. Each has an id of its own, so that no token is shared."""
        number = next(_numbers)
        facts = sample.account
        names = self.carrier.profile.urls.get(facts.mode, {})
        return Account(
            id=f"acc_kit_{number}",
            name=f"kit-{number}",
            mode="live" if facts.mode == "live" else "test",
            urls={name: f"{base}/{name}" for name in names},
            secrets=facts.secrets,
            options=facts.options,
            windows=MemoryWindows(facts.windows, facts.reserved),
        )

    def adapter(self, account: Account, now: datetime) -> Carrier:
        """The carrier, bound to an account, at a moment that does not pass."""
        return self.carrier(account, lambda: now)

    def play(self, sample: Sample, spoil: Spoil = as_is, account: Account | None = None) -> Played:
        """Play a sample in memory, its answers spoilt."""
        account = account or self.account(sample)
        script = Script(sample.exchanges, account.urls, spoil)
        outcome = caught(lambda: run(self.asked(sample, account), Memory(script), deadline_s=PATIENT_S))
        return replace(outcome, sent=tuple(script.sent), urls=account.urls)

    def asked(self, sample: Sample, account: Account) -> Coroutine[Call, Any, Any]:
        """The adapter's method, called with what the sample gives."""
        method = getattr(self.adapter(account, sample.now), sample.operation)
        key = (sample.name, str(account.urls))
        if key not in self._arguments:  # read once: a sample is played thousands of times
            self._arguments[key] = arguments_of(sample, account.urls)
        coroutine: Coroutine[Call, Any, Any] = method(**self._arguments[key])
        return coroutine

    def pushed(self, sample: Sample, body: bytes | None = None, account: Account | None = None) -> Played:
        """What the adapter makes of a sample's webhook, signed as the carrier signs."""
        account = account or self.account(sample)
        played = caught(lambda: self._receive(sample, account, self.signed(unsigned(sample, body), account)))
        return replace(played, urls=account.urls)

    def received(self, sample: Sample, call: WebhookCall, account: Account) -> Played:
        """What the adapter makes of a webhook."""
        return caught(lambda: self._receive(sample, account, call))

    def signed(self, call: WebhookCall, account: Account) -> WebhookCall:
        """A call as the carrier would send it."""
        proof: WebhookProof = getattr(self.carrier, "webhook_proof")  # noqa: B009 only carriers with the role have one
        return proof.sign(call, account)

    def _receive(self, sample: Sample, account: Account, call: WebhookCall) -> Sequence[TrackingUpdate]:
        return self.adapter(account, sample.now).receive(call)


def package_of(carrier: type[Carrier]) -> str:
    """The folder that holds a carrier, as a dotted name."""
    return carrier.__module__.rpartition(".")[0]


def unsigned(sample: Sample, body: bytes | None = None) -> WebhookCall:
    """A sample's webhook before it is signed."""
    assert sample.call is not None, "a webhook sample has a call"
    return WebhookCall(
        method=sample.call.method,
        headers=sample.call.headers,
        body=sample.call.body.content if body is None else body,
        query=sample.call.query,
        received_at=sample.now,
    )


def arguments_of(sample: Sample, urls: Mapping[str, str]) -> dict[str, Any]:
    """What a sample gives, as the nouns that the method takes."""
    operation = OPERATIONS[sample.operation]
    given = filled(sample.given, urls)
    if operation.message is not None:
        return {"request": from_json(operation.message, given, "$.given")}
    arguments = operation.arguments or {}
    return {name: from_json(kind, given.get(name), f"$.given.{name}") for name, kind in arguments.items()}


def filled(value: Any, urls: Mapping[str, str]) -> Any:
    """JSON with the account's URLs in their places."""
    return json.loads(fill(json.dumps(value), urls))


def caught(act: Callable[[], Any]) -> Played:
    """What an adapter returns or raises; anything but a CarrierError is a bug of the adapter's."""
    try:
        return Played(value=act())
    except CarrierError as error:
        return Played(error=error)
    except Exception as error:  # noqa: BLE001 that nothing else escapes is what the kit is here to see
        return Played(bug=error)


class Memory:
    """A transport without a wire: every call is answered at once from the script."""

    def __init__(self, script: Script) -> None:
        self._script = script

    def start(self, call: Call, deadline: float, answered: Answered, on_sent: Callable[[], None] | None) -> Memory:
        """See `Transport`."""
        answer = self._script.answer(call.method, call.url, call.headers, call.body or b"")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        answered(Reply(status=answer.status, headers=headers, body=answer.body, url=call.url))
        return self

    def go(self) -> None:
        """See `Transport`: it was answered at once."""

    def cancel(self) -> Failure:
        """Nothing is ever under way."""
        return Failure(sent=True, why="the script has no answer")
