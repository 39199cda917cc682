"""Uber Direct's answers -> our words: rates, bookings, cancellations, refusals. Pure functions.

Money is counted in hundredths of the currency unit, times are RFC 3339, durations minutes.
Source: Uber Direct API 1.0.1 (https://github.com/uber/uber-direct-sdk, src/deliveries/openapi.yaml).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from carriers.base import (
    Account,
    AuthenticationFailed,
    BadCarrierResponse,
    Booking,
    BookingRef,
    Cancellation,
    CancellationState,
    CarrierError,
    CarrierUnavailable,
    InvalidValue,
    Money,
    OutcomeUnknown,
    Rate,
    RateLimited,
    Reading,
    Reply,
    ServiceLevel,
    ShipmentRejected,
)

SERVER_ERROR = "server_error"
DUPLICATE = "duplicate_delivery"
NOT_CANCELABLE = "noncancelable_delivery"
EXPIRED_QUOTE = "expired_quote"
NOT_SERVED = "address_undeliverable"

# The account cannot order anything until a person acts. Source: the API's 400, 402, 403 and 404 examples.
ACCOUNT_TROUBLE = {"customer_suspended", "customer_blocked", "customer_not_found", "missing_payment"}
# Listed with a 503, but a definite no: nobody is free to take this delivery.
NOBODY_FREE = {"couriers_busy", "robo_couriers_busy"}
# A used quote means that a delivery was made with it, perhaps by our own lost call. A time-out listed under
# 400 is as open as one under 408.
MAY_HAVE_BEEN_MADE = {"used_quote", "request_timeout"}
# Pickups are taken 30 days ahead; a longer wait for a courier is no wait but nonsense.
LONGEST_WAIT_MIN = 30 * 24 * 60


def rate(quote: Reading, service: ServiceLevel, code: str) -> Rate:
    """A quote as a rate. Promised is the dropoff deadline; the estimate stands in where there is none."""
    return Rate(
        service=service,
        carrier_service=code,
        price=price(quote),
        pickup_by=_pickup_by(quote),
        deliver_by=quote.maybe_time("dropoff_deadline") or quote.maybe_time("dropoff_eta"),
        expires_at=quote.time("expires"),
        carrier_quote_id=quote.text("id"),
    )


def price(answer: Reading) -> Money:
    """`fee` includes the tip; it counts hundredths of the currency unit whatever the currency."""
    currency = (answer.maybe_text("currency_type") or answer.text("currency")).upper()
    fee = answer.integer("fee")
    if fee < 0:
        raise BadCarrierResponse(f"a fee of {fee} is less than nothing")
    try:
        return Money(Decimal(fee).scaleb(-2), currency)
    except InvalidValue as error:
        raise BadCarrierResponse(f"a fee of {fee} {currency} is no amount of money: {error}") from error


def booking(delivery: Reading, tender_reference: str) -> Booking:
    """A delivery as a booking. Only its id must be there: a delivery made is a delivery made."""
    id_ = delivery.text("id")
    try:
        fee = price(delivery)
    except BadCarrierResponse:
        fee = None
    return Booking(
        ref=BookingRef(carrier_reference=id_, tracking_number=id_, tender_reference=tender_reference),
        price=fee,
        deliver_by=delivery.maybe_time("dropoff_deadline") or delivery.maybe_time("dropoff_eta"),
        tracking_url=delivery.maybe_link("tracking_url"),
    )


def in_mode(delivery: Reading, account: Account) -> bool:
    """Whether a delivery or webhook is of the account's mode: both modes share hosts, this flag tells."""
    live = delivery.maybe("live_mode")
    return live is None or not isinstance(live.raw, bool) or live.raw == (account.mode == "live")


def own_world(delivery: Reading, account: Account) -> Reading:
    """The same delivery; raises BadCarrierResponse for one of the other mode: nobody may act on it."""
    if not in_mode(delivery, account):
        raise BadCarrierResponse(f"a delivery that is not in {account.mode} mode answered a {account.mode} account")
    return delivery


def belongs_to(delivery: Reading, tender_reference: str) -> bool | None:
    """Whether a delivery was made for a tender; None when it does not say."""
    external = delivery.maybe_text("external_id")
    return external == tender_reference if external else None


def cancellation(delivery: Reading, otherwise: CancellationState) -> Cancellation:
    """Accepted when the delivery says so; else what the call's answer alone means."""
    status = delivery.maybe_text("status")
    if status == "canceled":
        return Cancellation(state=CancellationState.ACCEPTED)
    return Cancellation(state=otherwise, why=f"the delivery is {status or 'in an unknown state'}")


def refusal(reply: Reply) -> CarrierError | None:
    """What an error body means; None leaves it to the HTTP status (401, 404, 408, 429, 500, unreadable).

    Source: the error examples of every operation in the API, and its 2023 edition for the 422.
    """
    try:
        body = reply.reading()
        code, message = body.maybe_text("code") or body.text("error"), body.maybe_text("message")
    except BadCarrierResponse:
        return None
    if code == SERVER_ERROR:
        return CarrierUnavailable(f"Uber's token endpoint: {code}", carrier_code=code)
    said = f"Uber Direct: {message or code}"
    if code in ACCOUNT_TROUBLE:
        return AuthenticationFailed(said, carrier_code=code, carrier_message=message)
    if reply.status == 400 and code == "customer_limited":
        return RateLimited(said, carrier_code=code, carrier_message=message)
    if reply.status == 400 and code in MAY_HAVE_BEEN_MADE:
        return OutcomeUnknown(said, carrier_code=code, carrier_message=message)
    if reply.status in (400, 409, 422) or code in NOBODY_FREE:
        return ShipmentRejected(said, reasons=_reasons(body, message), carrier_code=code, carrier_message=message)
    return None


def doubted(refused: ShipmentRejected, rate: Rate, sent_at: datetime) -> CarrierError:
    """The same refusal, unless it refuses a quote that had expired before it was sent.

    A first tender is never sent with one, so this one is sent again; the first time may have made it.
    """
    expired = rate.expires_at is not None and rate.expires_at <= sent_at
    if refused.carrier_code != EXPIRED_QUOTE or not expired:
        return refused
    return OutcomeUnknown(str(refused), carrier_code=EXPIRED_QUOTE, carrier_message=refused.carrier_message)


def twin(refused: Reading) -> str:
    """The delivery that a duplicate_delivery answer names; "" when it names none."""
    metadata = refused.maybe("metadata")
    return metadata.maybe_text("delivery_id") if metadata else ""


def image(answer: Reading) -> bytes:
    """The picture in a proof-of-delivery answer: base64, data: prefix and padding optional."""
    text = str(answer.get("document").raw).rpartition(",")[2]
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError as error:
        raise BadCarrierResponse(f"a proof of delivery that is no base64: {error}") from error


def _pickup_by(quote: Reading) -> datetime | None:
    """When a courier could be at the pickup: `pickup_duration` counts minutes from the quote's creation."""
    created, minutes = quote.maybe_time("created"), quote.maybe_integer("pickup_duration")
    if created is None or minutes is None or not 0 <= minutes <= LONGEST_WAIT_MIN:
        return None
    return created + timedelta(minutes=minutes)


def _reasons(body: Reading, message: str) -> Sequence[str]:
    """Sentences for the merchant: metadata maps the field at fault, or `param_details`, to one."""
    metadata = body.maybe("metadata")
    details = metadata.raw if metadata and isinstance(metadata.raw, dict) else {}
    return [text for text in details.values() if isinstance(text, str)] or ([message] if message else [])
