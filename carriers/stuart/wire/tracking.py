"""Stuart's jobs and webhooks -> our tracking. Pure functions.

Neither says when something happened, so that an event is dated by when we were told (`tz_source` assumed). A scan is
named by delivery, status and the reason that stands beside it: a courier who gives a delivery back, and one who brings
it back to the sender, are told by a reason and an earlier status again. Without the reason a way back looks like a way
to the pickup, and its end like a delivery; only what was told before can tell then.

REST writes snake_case, webhooks camelCase.
Source: community.stuart.engineering, threads 427 (returns) and 2408 (webhooks); StuartApp/stuart-client-php@f12738f,
src/Stuart/Converters/JsonToJob.php.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from carriers.base import (
    BadCarrierResponse,
    Leg,
    Mapped,
    ProofOfDelivery,
    Reading,
    StatusTable,
    TrackingEvent,
    TrackingUpdate,
    updates_of,
)
from carriers.stuart.wire.answers import Delivery, id_of, reason_of

# A courier gave it back before having it: the next one comes. Source: thread 427 and api-docs.stuart.com.
GIVEN_BACK = {
    "no_supply",
    "wrong_transport_type",
    "wrong_weight",
    "technical_issue",
    "courier_issue",
    "pu_closed",
    "package_not_ready",
}
# With one of these, what reads like a way to the pickup is the way back to the sender.
SENT_BACK = {
    "address_error",
    "package_damaged",
    "customer_cancellation_requested",
    "end-customer_unreachable",
    "end-customer_refused_package",
    "incorrect_package",
    "duplicate_package",
}
# What a delivery that is sent back is called again, and what it is called at the sender's door.
READ_TWICE = {"picking", "almost_picking", "waiting_at_pickup", "delivered"}
CALLED_OFF = {"cancelled", "canceled", "package_canceled"}
BACK, REASSIGNED, UNCONFIRMED = "return", "reassigned", "unconfirmed"


@dataclass(frozen=True, slots=True)
class _Told:
    """One message about one delivery."""

    body: Reading
    number: str
    id: str
    status: str
    at: datetime
    pushed: bool

    @property
    def reason(self) -> str:
        return reason_of(self.body)


def update(delivery: Delivery, client_reference: str, table: StatusTable, now: datetime) -> TrackingUpdate:
    """What a delivery says now. That it was called off is believed: its reference was looked up, and no other lives."""
    told = _Told(delivery.body, client_reference, delivery.id, delivery.status, now, pushed=False)
    done = delivery.status == "delivered" and _qualifier(told) == ""
    return _update(told, table, delivery.job.maybe_time("eta_to_destination"), proof(delivery) if done else None)


def webhook(call: Reading, table: StatusTable, received_at: datetime) -> Sequence[TrackingUpdate]:
    """The updates in a v2 webhook; () for a courier's position.

    Raises:
        BadCarrierResponse: a shape that is not documented, such as that of v3: kept until somebody knows it.
    """
    event, data = call.text("event"), call.get("data")
    if event == "driver":
        return ()
    if event == "delivery":
        return (_pushed(data, data.maybe_text("clientReference"), data.text("status"), table, received_at),)
    if event != "job":
        raise BadCarrierResponse(f"a webhook of the unknown kind {event!r}")
    deliveries = data.maybe_objects("deliveries")
    now = data.maybe("currentDelivery")
    if now is not None and now.has("status"):
        named = {id_of(each): each.maybe_text("clientReference") for each in deliveries}
        number = now.maybe_text("clientReference") or named.get(id_of(now), "")
        return (_pushed(now, number, now.text("status"), table, received_at),)
    status = data.text("status")
    return updates_of(
        deliveries, lambda each: _pushed(each, each.maybe_text("clientReference"), status, table, received_at)
    )


def proof(delivery: Delivery) -> ProofOfDelivery:
    """The picture, as a link that lives 48 hours. Who took it in is not told."""
    links = [part.maybe_link("proof_of_delivery_url") for part in (delivery.body, delivery.job)]
    return ProofOfDelivery(delivered_at=delivery.job.maybe_time("ended_at"), photo_url=next(filter(None, links), ""))


def _pushed(body: Reading, number: str, status: str, table: StatusTable, at: datetime) -> TrackingUpdate:
    id_ = id_of(body)
    told = _Told(body, number or id_, id_, status, at, pushed=True)
    return _update(told, table, body.maybe_time("etaToDestination"), None)


def _update(
    told: _Told, table: StatusTable, estimated: datetime | None, seen: ProofOfDelivery | None
) -> TrackingUpdate:
    qualifier = _qualifier(told)
    # A qualifier without a reason is that of doubt, which the next look settles under a name of its own.
    name = ":".join(filter(None, (told.id, told.status, told.reason or qualifier)))
    now = _event(told, name, qualifier, table.lookup(told.status, qualifier))
    # A way back that began at the recipient's door: the failed attempt is a scan of its own, so that it is counted.
    attempt = f"attempt:{told.reason}"
    failed = table.lookup(told.status, attempt)
    events = (_event(told, f"{told.id}:attempt", attempt, failed), now) if failed.listed else (now,)
    return TrackingUpdate(
        tracking_number=told.number, reference=told.number, events=events, proof=seen, deliver_by=estimated
    )


def _event(told: _Told, name: str, qualifier: str, mapped: Mapped) -> TrackingEvent:
    return TrackingEvent(
        event_id=name,
        occurred_at=told.at,
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=told.status,
        carrier_qualifier=qualifier,
        description=told.reason,
        leg=Leg.RETURN if qualifier == BACK else Leg.OUTBOUND,
        tz_source="assumed",
        raw={"status": told.status, "cancellation": {"reason": told.reason}},
    )


def _qualifier(told: _Told) -> str:
    """What tells apart the meanings of one status; a reason nobody listed stays one, so that the table knows it not."""
    reason = told.reason
    if told.status in CALLED_OFF:
        # A job that was called off without a word may live on in another one.
        return reason or (UNCONFIRMED if told.pushed else "")
    if told.status == "pending":
        return REASSIGNED if reason else ""
    if told.status not in READ_TWICE or reason in GIVEN_BACK:
        return ""
    return BACK if reason in SENT_BACK else reason
