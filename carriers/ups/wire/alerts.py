"""Track Alert subscriptions: UPS pushes events of at most a hundred numbers per call, for 14 days.

Source: Track Alert API v2; v1 (commit daaa8d5) for subscriptions that name their own URL and credential.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from carriers.base import Reading, ShipmentRejected, Subscription

BATCH = 100
LIFETIME = timedelta(days=14)
# Of v1: the header in which our own credential comes back.
PROOF_HEADER = "credential"


def subscription_request(numbers: Sequence[str], country: str) -> dict[str, object]:
    """v2: URL and token are kept in UPS's portal (Manage Webhook Credentials)."""
    return {"locale": "en_US", "countryCode": country, "trackingNumberList": list(numbers)}


def with_destination(request: dict[str, object], callback_url: str, credential: str) -> dict[str, object]:
    """v1: the subscription names both."""
    return {**request, "destination": {"url": callback_url, "credentialType": "Bearer", "credential": credential}}


def subscription(answers: Sequence[Reading], reference: str, now: datetime) -> Subscription:
    """The numbers that UPS accepted; some may be refused in an answer that succeeds.

    Raises:
        ShipmentRejected: none was accepted.
    """
    accepted = [number for answer in answers for number in _numbers(answer, "validTrackingNumbers")]
    refused = [number for answer in answers for number in _numbers(answer, "invalidTrackingNumbers")]
    if not accepted:
        raise ShipmentRejected(f"UPS subscribes to none of these numbers: {', '.join(refused[:10])}")
    return Subscription(carrier_reference=reference, tracking_numbers=tuple(accepted), expires_at=now + LIFETIME)


def _numbers(answer: Reading, key: str) -> list[str]:
    found = answer.maybe(key)
    listed = found.raw if found and isinstance(found.raw, list) else []
    return [number.strip() for number in listed if isinstance(number, str) and number.strip()]
