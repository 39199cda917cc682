"""The carrier's side of webhooks: signed as it signs, and on request doubled, shuffled, forged or late."""

from __future__ import annotations

import json as json_text
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from threading import Event
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from werkzeug.exceptions import BadRequest

from carriers.base.messages import Account, WebhookCall
from carriers.base.simulator.ledger import Ledger
from carriers.base.webhooks import WebhookProof
from gateway.domain.clock import Clock

ANSWER_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One webhook to send: the carrier's event id, and the call before it is signed.

    `body` where it is not JSON; `url` where the carrier was told per number whom to call.
    """

    event_id: str
    json: object = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""

    def __post_init__(self) -> None:
        _refuse_elsewhere(self.url)

    def call(self, url: str, at: datetime) -> WebhookCall:
        """The unsigned call to a URL."""
        return WebhookCall(
            method="POST",
            headers={"content-type": "application/json", **self.headers},
            body=self.body or json_text.dumps(self.json, separators=(",", ":")).encode(),
            query=dict(parse_qsl(urlsplit(url).query)),
            received_at=at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTarget:
    """Where pushes go and how they are spoilt on the way.

    `secrets` are laid over the simulator's own; `duplicate` is how many extra copies are sent; `shuffle`
    changes the order of what one step produced; `forge` sends the same content under a false proof first.
    """

    url: str = ""
    duplicate: int = 0
    shuffle: bool = False
    forge: bool = False
    delay_s: float = 0.0
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        _refuse_elsewhere(self.url)

    @classmethod
    def from_json(cls, order: Mapping[str, Any]) -> WebhookTarget:
        """From the body of `POST /_sim/webhooks`. Raises BadRequest on a key that does not exist."""
        unknown = set(order) - {each.name for each in fields(cls)}
        if unknown:
            raise BadRequest(f"not known: {', '.join(sorted(unknown))}")
        return cls(**order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What came of one call; `status` is 0 when nobody answered."""

    event_id: str
    forged: bool
    status: int


class Emitter:
    """Signs and sends pushes for one carrier, and notes in the ledger which of them were acknowledged."""

    def __init__(self, carrier: str, proof: WebhookProof | None, ledger: Ledger) -> None:
        self._carrier = carrier
        self._proof = proof
        self._ledger = ledger
        self._random = random.Random(1)  # noqa: S311 - reproducible disorder, not a secret
        self.target = WebhookTarget()
        self.deliveries: list[Delivery] = []

    def emit(self, pushes: Sequence[Push], account: Account, clock: Clock, stopping: Event) -> list[Delivery]:
        """Send them as the target asks, one after the other; what each call was answered."""
        target = self.target
        planned = [push for push in pushes if push.url or target.url for _ in range(1 + target.duplicate)]
        if target.shuffle:
            self._random.shuffle(planned)
        if target.delay_s and stopping.wait(target.delay_s):
            return []
        account = replace(account, secrets={**account.secrets, **target.secrets})
        done = [each for push in planned for each in self._deliver(push, target, account, clock())]
        self.deliveries += done
        return done

    def _deliver(self, push: Push, target: WebhookTarget, account: Account, at: datetime) -> list[Delivery]:
        url = push.url or target.url
        call = push.call(url, at)
        done = []
        if target.forge:
            forged = self._post(url, self._forged(call, account))
            done.append(Delivery(event_id=push.event_id, forged=True, status=forged))
        signed = self._signed(call, account)
        status = self._post(url, signed)
        done.append(Delivery(event_id=push.event_id, forged=False, status=status))
        if 200 <= status < 300:
            self._ledger.acknowledged(carrier=self._carrier, event_id=push.event_id, body=signed.body)
        return done

    def _signed(self, call: WebhookCall, account: Account) -> WebhookCall:
        return self._proof.sign(call, account) if self._proof else call

    def _forged(self, call: WebhookCall, account: Account) -> WebhookCall:
        """The same content signed by a stranger, and changed after that: false for every kind of proof."""
        secrets = {name: _false(value) for name, value in account.secrets.items()}
        signed = self._signed(call, replace(account, secrets=secrets))
        return replace(signed, body=signed.body + b" ")

    def _post(self, url: str, call: WebhookCall) -> int:
        parts = urlsplit(url)
        connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=ANSWER_WITHIN_S)
        try:
            query = urlencode(call.query)  # a proof may stand in it
            where = parts._replace(scheme="", netloc="", fragment="", query=query).geturl() or "/"
            connection.request(call.method, where, call.body, dict(call.headers))
            return connection.getresponse().status
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()


def _refuse_elsewhere(url: str) -> None:
    if url and not _on_loopback(url):
        raise BadRequest("a simulator calls nobody but this machine, over plain http")


def _on_loopback(url: str) -> bool:
    parts = urlsplit(url)
    try:
        here = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
    return here and parts.scheme == "http"


def _false(secret: str) -> str:
    """Another secret of the same alphabet and length; a key in PEM stays, or it could not sign at all."""
    if secret.startswith("-----BEGIN"):
        return secret
    core = secret.rstrip("=")
    return core[::-1] + secret[len(core) :]
