"""Event Cast: subscriptions per number, and the calls they bring.

Source: Bring Event Cast API.
"""

from __future__ import annotations

from collections.abc import Sequence

from carriers.base import Reading, StatusTable, Subscription, TrackingUpdate
from carriers.bring.wire.tracking import scanned

BATCH = 100
# A header of our own choosing; Bring repeats it on every call, which is the only proof of its sender.
PROOF_HEADER = "x-event-cast-token"
ABOUT_THE_SUBSCRIPTION = ("NOT_REGISTERED", "EXPIRED")
# Every group that moves a status. There is no wildcard, and a subscription cannot be edited.
EVENT_GROUPS = (
    "PRE_NOTIFIED",
    "HANDED_IN",
    "COLLECTED",
    "IN_TRANSIT",
    "TERMINAL",
    "INTERNATIONAL",
    "CUSTOMS",
    "TRANSPORT_TO_RECIPIENT",
    "ATTEMPTED_DELIVERY",
    "READY_FOR_PICKUP",
    "DELIVERY_CANCELLED",
    "DEVIATION",
    "DELIVERED",
    "RETURN",
    "DELIVERED_SENDER",
)


def subscription_request(callback_url: str, token: str) -> dict[str, object]:
    """What one and many subscriptions have in common."""
    return {
        "event_groups": list(EVENT_GROUPS),
        "configuration": {
            "url": callback_url,
            "content_type": "application/json",
            "headers": [{"key": PROOF_HEADER, "value": token}],
        },
    }


def subscription(created: Sequence[Reading], numbers: Sequence[str]) -> Subscription:
    """All of them as one; it ends when the first of the new ones does. One that existed already (409) is not
    described again, so its end is not known.
    """
    ends = [end for webhook in created if (end := webhook.maybe_time("expiry"))]
    return Subscription(
        carrier_reference=",".join(filter(None, (webhook.maybe_text("id") for webhook in created))),
        tracking_numbers=tuple(numbers),
        expires_at=min(ends, default=None),
    )


def pushed(body: Reading, statuses: StatusTable) -> tuple[TrackingUpdate, ...]:
    """The event of a call; () for calls that speak of the subscription, not of a parcel."""
    code = body.text("status")
    if code in ABOUT_THE_SUBSCRIPTION:
        return ()
    shipment = body.maybe_text("shipment")
    piece = body.maybe_text("package") or body.text("shipment")
    event = scanned(body, piece=piece, code=code, occurred_at=body.happened("created"), qualifier="", statuses=statuses)
    return (TrackingUpdate(tracking_number=shipment or piece, events=(event,)),)
