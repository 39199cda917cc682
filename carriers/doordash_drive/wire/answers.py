"""DoorDash's answers -> our words: rates, bookings, cancellations, labels, refusals. Pure functions.

Every call answers with the same object. Money is in the currency's smallest unit, times are ISO 8601.
Source: Drive API 2.1.59, DeliveryResponse and the errors of each operation (api-evangelist/doordash,
doordash-drive-openapi.yml).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from carriers.base import (
    AuthenticationFailed,
    BadCarrierResponse,
    Booking,
    BookingRef,
    Cancellation,
    CancellationState,
    CarrierError,
    CarrierUnavailable,
    InvalidValue,
    Label,
    LabelFormat,
    LabelKind,
    Money,
    Rate,
    Reading,
    Reply,
    ServiceLevel,
    ShipmentRejected,
    Surcharge,
    UnknownReference,
)

QUOTE = "quote"
UNKNOWN_ID = "unknown_delivery_id"
SERVICE_FAULT = "service_fault"
CREDENTIALS = {"authentication_error", "authorization_error"}
# No Dasher ever goes there. Out of hours is another matter: that is told.
NOT_SERVED = {"distance_too_long", "pickup_address_not_in_coverage", "delivery_address_not_in_coverage"}
# Why a cancellation is refused, where that settles it; for the others the delivery itself is asked.
TOO_LATE = {"delivery_picked_up", "delivery_completed", "cancellation_window_closed"}
CANCELLED_ALREADY = "delivery_cancelled"
NOT_YET = "delivery_creation_in_progress"

# A quote is good for five minutes. Source: developer.doordash.com/en-US/docs/drive/how_to/quote_deliveries.
QUOTE_LIVES = timedelta(minutes=5)


def rate(quote: Reading, service: ServiceLevel, code: str, now: datetime) -> Rate:
    """A quote as a rate: the fee, and the tax on it as a line of its own."""
    currency = quote.text("currency").upper()
    tax = _money(quote.maybe_integer("tax") or 0, currency)
    return Rate(
        service=service,
        carrier_service=code,
        price=_money(quote.integer("fee"), currency) + tax,
        surcharges=(Surcharge(code="tax", label="Tax", amount=tax),) if tax.amount else (),
        pickup_by=quote.maybe_time("pickup_time_estimated"),
        deliver_by=promised(quote),
        expires_at=now + QUOTE_LIVES,
        carrier_quote_id=quote.text("external_delivery_id"),
    )


def promised(delivery: Reading) -> datetime | None:
    """The later end of the estimate, where there is one."""
    return delivery.maybe_time("dropoff_time_estimated_upper_bound") or delivery.maybe_time("dropoff_time_estimated")


def booking(delivery: Reading, tender_reference: str) -> Booking:
    """A delivery as a booking. Its id is ours, so that nothing in the answer is needed to know it.

    Raises:
        BadCarrierResponse: no object, or a delivery of another id.
    """
    if not isinstance(delivery.raw, Mapping):
        raise BadCarrierResponse("the answer is not a delivery")
    told = delivery.maybe_text("external_delivery_id")
    if told and told != tender_reference:
        raise BadCarrierResponse(f"asked for delivery {tender_reference}, DoorDash answered with {told}")
    return Booking(
        ref=BookingRef(
            carrier_reference=tender_reference, tracking_number=tender_reference, tender_reference=tender_reference
        ),
        price=_price(delivery),
        deliver_by=promised(delivery),
        tracking_url=delivery.maybe_link("tracking_url"),
    )


def is_quote(delivery: Reading) -> bool:
    """Whether it is only a price: nobody has accepted it."""
    return delivery.text("delivery_status") == QUOTE


def cancellation(delivery: Reading, otherwise: CancellationState) -> Cancellation:
    """Accepted when the delivery says so; else what the call's answer alone means."""
    status = delivery.maybe_text("delivery_status")
    if status == "cancelled":
        return Cancellation(state=CancellationState.ACCEPTED)
    return Cancellation(state=otherwise, why=f"the delivery is {status or 'in an unknown state'}")


def label(delivery: Reading, form: LabelFormat) -> Label:
    """The label DoorDash made.

    Raises:
        ShipmentRejected: it made none (only parcel deliveries have one), or in another format.
    """
    made = delivery.maybe("shipping_label")
    if made is None:
        raise ShipmentRejected("DoorDash made no label for this delivery; only parcel deliveries have one")
    kind = made.text("label_format").lower()
    if kind not in tuple(LabelKind):
        raise BadCarrierResponse(f"a label in the format {kind!r}")
    if kind != form.kind:
        raise ShipmentRejected(f"DoorDash made this label as {kind} only")
    return Label(kind=LabelKind(kind), content=made.base64("label_string"))


def refusal(reply: Reply) -> CarrierError | None:
    """What an error body means, by its code, then its reason; None leaves it to the HTTP status (429, 500, unreadable).

    Source: error schemas of the Drive API 2.1.59. DoorDash's own SDK reads the reasons as if they were codes.
    """
    try:
        body = reply.reading()
        code, reason, message = body.text("code"), body.maybe_text("reason"), body.maybe_text("message")
    except BadCarrierResponse:
        return None
    said = f"DoorDash Drive: {message or code}" + (f" ({reason})" if reason else "")
    told = {"carrier_code": reason or code, "carrier_message": message}
    if reply.status in (401, 403) and code in CREDENTIALS:
        return AuthenticationFailed(said, **told)
    if reply.status == 404 and code == UNKNOWN_ID:
        return UnknownReference(said, **told)
    if reply.status == 409 and reason == NOT_YET:
        return CarrierUnavailable(said, **told)
    if reply.status in (400, 409, 422):
        return ShipmentRejected(said, reasons=_reasons(body, said), **told)
    return None


def _price(delivery: Reading) -> Money | None:
    """Fee and tax; None where the answer names no fee that can be read."""
    fee, currency = delivery.maybe_integer("fee"), delivery.maybe_text("currency").upper()
    try:
        return None if fee is None else _money(fee, currency) + _money(delivery.maybe_integer("tax") or 0, currency)
    except BadCarrierResponse:
        return None


def _money(minor: int, currency: str) -> Money:
    if minor < 0:
        raise BadCarrierResponse(f"an amount of {minor} is less than nothing")
    try:
        return Money.from_minor(minor, currency)
    except InvalidValue as error:
        raise BadCarrierResponse(f"{minor} {currency} is no amount of money: {error}") from error


def _reasons(body: Reading, said: str) -> Sequence[str]:
    """Sentences for the merchant: each field with what is wrong with it."""
    found = [(each.maybe_text("field"), each.maybe_text("error")) for each in body.maybe_objects("field_errors")]
    return [f"{field}: {error}" for field, error in found if error] or [said]
