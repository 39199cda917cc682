"""Lalamove's orders and webhooks -> our tracking. Pure functions.

An order as polled says what it is, not since when, so that a polled scan is dated when it was asked for, or when the
proof was taken; the same scan from a webhook has its own time, and of two copies the earlier counts. A scan is named
by order and status, `ON_GOING` also by its driver, for drivers drop out and are replaced. `ASSIGNING_DRIVER` is
entered again by such a change: only a webhook, which names the previous status, can tell that from the first time.

Orders that are booked here have one dropoff; one with several is delivered when it is COMPLETED, not before.
`COMPLETED` means delivered unless a proof says that a dropoff failed; which words a proof can have is not documented
(SIGNED and FAILED are from memory), so that an order with any other word of proof is unknown.
Source: developers.lalamove.com (webhooks); hooks.ts of github.com/appjusto/types; recorded orders of
github.com/petlove/lalamove-ruby@9cdf1a1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from operator import itemgetter

from carriers.base import ProofOfDelivery, Reading, StatusTable, TrackingEvent, TrackingUpdate

COMPLETED, ON_GOING, ASSIGNING = "COMPLETED", "ON_GOING", "ASSIGNING_DRIVER"
PENDING, DELIVERED, SIGNED, FAILED = "PENDING", "DELIVERED", "SIGNED", "FAILED"
STATUS_KINDS = {"ORDER_CREATED", "ORDER_STATUS_CHANGED"}
POD_KIND = "POD_STATUS_CHANGED"
REPLACED_KIND = "ORDER_REPLACED"
# A timestamp of more digits counts milliseconds.
SECOND_DIGITS = 11
RAW_KEYS = ("status", "previousStatus", "driverId", "market", "prevOrderId", "price")


def update(order: Reading, table: StatusTable, asked_at: datetime) -> TrackingUpdate:
    """Where a polled order is. Raises BadCarrierResponse without id or status."""
    proven = proof(order) if order.text("status") == COMPLETED else None
    moment = (proven.delivered_at if proven else None) or asked_at
    pods = [pod for pod in _pods(order, table, asked_at) if not pod.carrier_code.endswith(f":{PENDING}")]
    now = _status(order, table, moment)
    return _told(order, (*pods, now), proven if now.status == "delivered" else None)


def webhook(call: Reading, table: StatusTable, received_at: datetime) -> Sequence[TrackingUpdate]:
    """The update in a webhook; () where it is about no order. A kind that is new is told as unknown."""
    kind, data = call.maybe_text("eventType"), _part(call, "data")
    order = _part(data, "order")
    moment = data.maybe_time("updatedAt") or order.maybe_time("updatedAt") or _stamp(call) or received_at
    if not order.has("orderId") and not order.has("status"):
        return ()
    if kind == POD_KIND:
        return (_told(order, tuple(_pods(order, table, moment)), None),)
    if kind in STATUS_KINDS and order.maybe_text("status"):
        return (_told(order, (_status(order, table, moment),), None),)
    return (_named(kind, data, table, moment),)


def proof(order: Reading) -> ProofOfDelivery:
    """What was collected at the last dropoff that was made: a photo, by link."""
    made = [(pod.maybe_time("deliveredAt"), pod) for _, pod in _proofs(order) if pod.maybe_text("status") != PENDING]
    dated = [(moment, pod) for moment, pod in made if moment]
    moment, pod = max(dated, key=itemgetter(0)) if dated else (None, made[-1][1] if made else Reading({}))
    return ProofOfDelivery(delivered_at=moment, photo_url=pod.maybe_link("image"))


def _status(order: Reading, table: StatusTable, moment: datetime) -> TrackingEvent:
    status = order.text("status")
    name = status
    if status == ON_GOING:
        name = f"{status}:{order.maybe_text('driverId')}"
    elif status == ASSIGNING and order.maybe_text("previousStatus"):
        name = f"{status}:{moment.astimezone(UTC).isoformat()}"
    return _event(order, table, name, moment, status, _proven(order) if status == COMPLETED else "")


def _pods(order: Reading, table: StatusTable, told_at: datetime) -> list[TrackingEvent]:
    """One event for each dropoff's proof; of several dropoffs, none is the whole delivery."""
    several = "one_of_several" if len(order.maybe_objects("stops")) > 2 else ""
    found = []
    for place, pod in _proofs(order):
        status = pod.text("status")
        moment = pod.maybe_time("deliveredAt") or told_at
        found.append(_event(order, table, f"POD:{place}:{status}", moment, f"POD:{status}", several))
    return found


def _named(kind: str, data: Reading, table: StatusTable, moment: datetime) -> TrackingUpdate:
    """An event that has only a name. A replaced order is told under its old number, which is the one we follow."""
    order = _part(data, "order")
    old = data.maybe_text("prevOrderId") or order.maybe_text("prevOrderId") or order.text("orderId")
    known = order.raw if isinstance(order.raw, dict) else {}
    followed = Reading({**known, "orderId": old}) if kind == REPLACED_KIND else order
    event = _event(followed, table, f"{kind}:{moment.astimezone(UTC).isoformat()}", moment, kind)
    if kind == REPLACED_KIND:
        event = replace(event, description=f"goes on as order {order.maybe_text('orderId')}")
    return _told(followed, (event,), None)


def _proven(order: Reading) -> str:
    """What proofs make of a completed order: "" where each was taken or none tells."""
    words = {pod.maybe_text("status") for _, pod in _proofs(order)} - {PENDING, DELIVERED, ""}
    if FAILED in words:
        return "failed"
    return "signed" if words == {SIGNED} else next(iter(sorted(words - {SIGNED})), "").lower()


def _proofs(order: Reading) -> list[tuple[int, Reading]]:
    """The dropoffs that have a proof of delivery, with their place among the stops."""
    stops = [(place, _part(stop, "POD")) for place, stop in enumerate(order.maybe_objects("stops"))]
    return [(place, pod) for place, pod in stops if pod.maybe_text("status")]


def _event(
    order: Reading, table: StatusTable, name: str, moment: datetime, code: str, qualifier: str = ""
) -> TrackingEvent:
    mapped = table.lookup(code, qualifier)
    return TrackingEvent(
        event_id=f"{order.text('orderId')}:{name}",
        occurred_at=moment,
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=code,
        carrier_qualifier=qualifier,
        raw={key: value.raw for key in RAW_KEYS if (value := order.maybe(key))},
    )


def _told(order: Reading, events: tuple[TrackingEvent, ...], proven: ProofOfDelivery | None) -> TrackingUpdate:
    return TrackingUpdate(
        tracking_number=order.text("orderId"),
        reference=_part(order, "metadata").maybe_text("internalId"),
        events=events,
        proof=proven,
    )


def _stamp(call: Reading) -> datetime | None:
    """When a webhook was signed: seconds or milliseconds since 1970, as number or text."""
    stamp = call.maybe_decimal("timestamp")
    if stamp is None or not 0 < stamp < 10 ** (SECOND_DIGITS + 3):
        return None
    return datetime.fromtimestamp(float(stamp) / (1000 if stamp >= 10**SECOND_DIGITS else 1), UTC)


def _part(whole: Reading, key: str) -> Reading:
    """A member that is an object, or an empty one."""
    value = whole.maybe(key)
    return value if value is not None and isinstance(value.raw, dict) else Reading({})
