"""One outbox message as the delivery to one endpoint: its bytes, which every try repeats, and their signatures."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from standardwebhooks import Webhook

from gateway.domain.messages import OutboxMessage, WebhookDelivery, WebhookEndpoint
from gateway.services.ids import new_id

USER_AGENT = "Doorstep-Webhooks/1"
_HIDDEN = "***"
_SECRETS = re.compile(
    r"(?i)(whsec_|bearer\s+|basic\s+)[\w+/=.-]+"
    r"|((?:pass(?:word)?|secret|token|api[_-]?key|authorization)[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic)\s+)?)[^\s\"',;&<>}]+"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")


def delivery_of(message: OutboxMessage, endpoint: WebhookEndpoint, now: datetime) -> WebhookDelivery:
    """A new delivery, due at once."""
    return WebhookDelivery(
        id=new_id("dlv", now),
        merchant_id=message.merchant_id,
        endpoint_id=endpoint.id,
        outbox_id=message.id,
        body=body_of(message),
        begun_at=now,
        created_at=now,
        due_at=now,
    )


def body_of(message: OutboxMessage) -> bytes:
    """What is sent, the same bytes to every endpoint. Text that no encoding can hold gets a question mark."""
    body = {
        "type": message.type,
        "timestamp": message.created_at.isoformat(),
        "data": {**message.payload, "sequence": message.sequence},
    }
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def headers_of(delivery: WebhookDelivery, secrets: Sequence[str], now: datetime) -> Mapping[str, str]:
    """The headers of a try: one signature for each secret. Source: Standard Webhooks 1.0, "Webhook Headers"."""
    text = delivery.body.decode()
    return {
        "content-type": "application/json",
        "webhook-id": delivery.outbox_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(delivery.outbox_id, now, text) for secret in secrets),
        "user-agent": USER_AGENT,
    }


def without_secrets(text: str) -> str:
    """What an endpoint answered, for the log: without what looks like a credential or an e-mail address."""
    return _MAIL.sub(_HIDDEN, _SECRETS.sub(lambda found: f"{found[1] or found[2]}{_HIDDEN}", text))


def shown_url(url: str) -> str:
    """A URL for the log: its query may hold a token."""
    before, mark, _ = url.partition("?")
    return f"{before}{mark}{_HIDDEN}" if mark else before
