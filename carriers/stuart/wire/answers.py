"""Stuart's answers -> our words: prices, bookings, cancellations, refusals. Pure functions.

Money is a number in major units, of which the currency stands with a price but not with a job.
Source: StuartApp/stuart-client-php@f12738f, src/Stuart/Converters/JsonToJob.php and tests/Stuart/tests/Mock.php; error
codes from api-docs.stuart.com.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
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
    Priced,
    Rate,
    Reading,
    Reply,
    ServiceLevel,
    ShipmentRejected,
    taxed,
)

# No courier ever goes there.
NOT_SERVED = {"OUT_OF_RANGE", "ADDRESS_INVALID", "JOB_DISTANCE_NOT_ALLOWED"}
# What is wrong with the shipment. Mostly under 422, some under 400 and 404; which under which is not documented.
SHIPMENT_TROUBLE = NOT_SERVED | {
    "CANT_GEOCODE_ADDRESS",
    "RECORD_INVALID",
    "PHONE_INVALID",
    "EMAIL_INVALID",
    "ADDRESS_CONTACT_PHONE_REQUIRED",
    "JOB_DELIVERIES_INVALID",
    "JOB_PICKUP_AT_INVALID",
    "ORIGIN_PLACE_NOT_FOUND",
    "DESTINATION_PLACE_NOT_FOUND",
}
CANCELLED = "cancelled"
STACKED = "manually_stacked"
# The courier has the parcels, or had them.
UNDER_WAY = {"delivering", "almost_delivering", "waiting_at_dropoff", "delivered"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery, in the job that it is part of now."""

    job: Reading
    body: Reading

    @property
    def id(self) -> str:
        """Its id, until operations move it into another job."""
        return id_of(self.body)

    @property
    def status(self) -> str:
        """Its status, in Stuart's word."""
        return self.body.text("status")


def rate(price: Reading, service: ServiceLevel, code: str, account: Account) -> Rate:
    """A price as a rate: it has neither id nor end, and binds nobody.

    Whether it includes tax is not documented; the account's `prices_include_tax` and `tax_percent` say so.
    """
    amount = _money(price.decimal("amount"), price.text("currency"))
    priced = Priced(level=service, zone="", weights_g=(), steps=(), base=amount, lines=())
    gross, lines = taxed(priced, account)
    return Rate(service=service, carrier_service=code, price=gross, surcharges=lines)


def booking(job: Reading, tender_reference: str, currency: str = "") -> Booking:
    """A job that was made as a booking. Followed is our own reference: ids end when operations stack jobs.

    The only delivery of a job we made is ours, whatever else is missing.

    Raises:
        BadCarrierResponse: no delivery, or none with an id.
    """
    deliveries = job.get("deliveries").items()
    ours = [each for each in deliveries if each.maybe_text("client_reference") == tender_reference]
    if not ours and len(deliveries) != 1:
        raise BadCarrierResponse(f"of {len(deliveries)} deliveries none is {tender_reference}")
    return booked(Delivery(job, (ours or deliveries)[0]), tender_reference, currency)


def booked(delivery: Delivery, tender_reference: str, currency: str = "") -> Booking:
    """A delivery as a booking; without a currency its price stays open."""
    return Booking(
        ref=BookingRef(
            carrier_reference=delivery.id, tracking_number=tender_reference, tender_reference=tender_reference
        ),
        price=_price(delivery.job, currency),
        tracking_url=delivery.body.maybe_link("tracking_url"),
    )


def current(jobs: Reading, client_reference: str) -> Delivery | None:
    """The delivery of a reference among jobs: after stacking there are several, and the newest that lives is meant."""
    found = [
        Delivery(job, delivery)
        for job in jobs.items()
        for delivery in job.maybe_objects("deliveries")
        if delivery.maybe_text("client_reference") == client_reference
    ]
    return max(found, key=lambda each: (each.status != CANCELLED, len(each.id), each.id), default=None)


def id_of(body: Reading) -> str:
    """An id, which is a number in webhooks and a text in Stuart's own tests.

    Raises:
        BadCarrierResponse: neither.
    """
    number = body.maybe_integer("id")
    return body.text("id") if number is None or number < 1 else str(number)


def reason_of(body: Reading) -> str:
    """Why a delivery was cancelled, given back or sent back; "" where it was not, or does not say."""
    why = body.maybe("cancellation")
    return (why.maybe_text("reason_key") or why.maybe_text("reasonKey")) if why else ""


def cancellation(delivery: Delivery, refused: CarrierError | None = None) -> Cancellation | None:
    """What a delivery says of its cancellation; None where it lives and nothing was refused.

    Raises:
        CarrierUnavailable: it moved into another job, which does not show yet.
    """
    if delivery.status == CANCELLED and reason_of(delivery.body) == STACKED:
        raise CarrierUnavailable(f"delivery {delivery.id} was stacked, and its new job does not show yet")
    if delivery.status == CANCELLED:
        return Cancellation(state=CancellationState.ACCEPTED)
    if refused is None:
        return None
    why = f"the delivery is {delivery.status}: {refused}"
    late = delivery.status in UNDER_WAY
    return Cancellation(state=CancellationState.TOO_LATE if late else CancellationState.PENDING, why=why)


def refusal(reply: Reply, *, settling: bool) -> CarrierError | None:
    """What an error body means; None leaves it to the HTTP status. `settling`: the token may not be known everywhere.

    Raised is OutcomeUnknown for a client_reference in use: only an earlier sending of the same tender bears it.
    """
    try:
        body = reply.reading()
        code, message = body.text("error"), body.maybe_text("message") or body.maybe_text("error_description")
    except BadCarrierResponse:
        return None
    said, told = f"Stuart: {message or code}", {"carrier_code": code, "carrier_message": message}
    if reply.status == 401 and settling:
        # Source: StuartApp/stuart-client-php, src/Stuart/Infrastructure/HttpClient.php, comment on replicas.
        return CarrierUnavailable(f"{said}: a new token, not known everywhere yet", **told)
    if reply.status in (401, 403):
        return AuthenticationFailed(said, **told)
    data = body.maybe("data")
    if reply.status in (400, 409, 422) and "client_reference" in f"{message} {_raw(data)}":
        return OutcomeUnknown(f"{said}: a delivery of this reference is under way", **told)
    if reply.status in (400, 409, 422) or (reply.status == 404 and code in SHIPMENT_TROUBLE):
        return ShipmentRejected(said, reasons=_reasons(data) or [said], **told)
    return None


def _price(job: Reading, currency: str) -> Money | None:
    pricing = job.maybe("pricing")
    amount = pricing.maybe_decimal("price_tax_included") if pricing else None
    try:
        return _money(amount, currency) if amount is not None else None
    except BadCarrierResponse:
        return None


def _money(amount: Decimal, currency: str) -> Money:
    """Rounded half up to the currency's digits: the number was a float once."""
    try:
        if amount < 0:
            raise InvalidValue("less than nothing")
        return Money(Decimal(1), currency.upper()).share(amount)
    except (InvalidValue, ArithmeticError) as error:
        raise BadCarrierResponse(f"{amount} {currency} is no amount of money: {error}") from error


def _raw(data: Reading | None) -> str:
    return json.dumps(data.raw, default=str) if data else ""


def _reasons(data: Reading | None) -> Sequence[str]:
    """Sentences for the merchant: each field with what is wrong with it."""
    fields = data.raw if data and isinstance(data.raw, dict) else {}
    return [
        f"{field}: {error}"
        for field, errors in fields.items()
        for error in (errors if isinstance(errors, list) else [errors])
        if isinstance(error, str)
    ]
