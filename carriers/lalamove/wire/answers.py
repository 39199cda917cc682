"""Lalamove's answers -> our words: rates, bookings, cancellations, refusals. Pure functions.

Money is a decimal text in major units, times are RFC 3339, ids are numeric texts that grew from 12 to 19 digits.
Source: response types of github.com/lalamove/delivery-nodejs-sdk@64f2765 and traffic recorded in
github.com/petlove/lalamove-ruby@9cdf1a1 (spec/cassettes).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import chain

from carriers.base import (
    Account,
    AuthenticationFailed,
    BadCarrierResponse,
    Booking,
    BookingRef,
    Cancellation,
    CancellationState,
    CarrierError,
    InvalidValue,
    Money,
    Rate,
    RateLimited,
    Reading,
    Reply,
    ServiceLevel,
    ShipmentRejected,
    Surcharge,
    UnknownReference,
    total,
)
from carriers.lalamove.wire.asking import RECIPIENT_STOP, SENDER_STOP

NOT_SERVED = "ERR_OUT_OF_SERVICE_AREA"
TOO_LATE = "ERR_CANCELLATION_FORBIDDEN"
# Nothing can be ordered until a person acts: the prepaid wallet is empty, or the account's market is no market.
ACCOUNT_TROUBLE = {"ERR_INSUFFICIENT_CREDIT", "ERR_INVALID_MARKET"}
# Statuses in which an order is over and nobody delivers it.
CALLED_OFF = {"CANCELED", "REJECTED", "EXPIRED"}
# A quotation lives five minutes (quote time and expiresAt in recorded traffic). One that ends while the order is on
# its way would be refused, so that a new one is taken shortly before.
QUOTATION_LIVES = timedelta(minutes=5)
IN_TIME = timedelta(seconds=15)
# Members of priceBreakdown that are sums or the base; what else is positive is a line above the base.
NO_LINES = {"base", "total", "totalBeforeOptimization", "totalExcludePriorityFee", "currency"}
# Epoch seconds, spelled "Ratelimit-Reset" and "Ratelimits-Reset-Postorder" in recorded traffic.
RESET = re.compile(r"ratelimits?-reset(-\w+)?")
LONGEST_WAIT_S = 3600.0
# How files of these kinds begin. Source: W3C PNG 5.2, ITU-T T.81 B.1.1.3, RFC 9649 2.3.
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")


def rate(answer: Reading, service: ServiceLevel, account: Account, now: datetime) -> Rate:
    """A quotation as a rate. Its id and those of its two stops are needed to order it.

    Raises:
        BadCarrierResponse: an id or the price is missing or wrong.
    """
    data = answer.get("data")
    stops = data.get("stops")
    price = _price(data)
    return Rate(
        service=service,
        carrier_service=account.option("service_type"),
        price=price,
        surcharges=_lines(data, price),
        expires_at=data.maybe_time("expiresAt") or now + QUOTATION_LIVES,
        carrier_quote_id=data.text("quotationId"),
        carrier_data={SENDER_STOP: stops[0].text("stopId"), RECIPIENT_STOP: stops[1].text("stopId")},
    )


def holds(offered: Rate, now: datetime) -> bool:
    """Whether a rate can still be ordered as it was quoted."""
    known = offered.carrier_quote_id and {SENDER_STOP, RECIPIENT_STOP} <= offered.carrier_data.keys()
    return bool(known) and offered.expires_at is not None and offered.expires_at > now + IN_TIME


def booking(answer: Reading, tender_reference: str) -> Booking:
    """An order as a booking. Only its id must be there: an order made is an order made."""
    data = answer.get("data")
    id_ = data.text("orderId")
    try:
        price = _price(data)
    except BadCarrierResponse:
        price = None
    return Booking(
        ref=BookingRef(carrier_reference=id_, tracking_number=id_, tender_reference=tender_reference),
        price=price,
        tracking_url=data.maybe_link("shareLink"),
    )


def cancellation(order: Reading) -> Cancellation:
    """What a refused cancellation means, by the order as it is."""
    status = order.maybe_text("status")
    if status in CALLED_OFF:
        return Cancellation(state=CancellationState.ACCEPTED)
    return Cancellation(state=CancellationState.TOO_LATE, why=f"the order is {status or 'in an unknown state'}")


def image(reply: Reply) -> bytes:
    """A picture; raises BadCarrierResponse for a page that says something else."""
    if not reply.body.startswith(PICTURES):
        raise BadCarrierResponse("the image of a proof is neither PNG nor JPEG nor WebP")
    return reply.body


def refusal(reply: Reply, now: datetime) -> CarrierError | None:
    """What an error answer means; None leaves it to the HTTP status (400, 401, 403, 404 and 5xx without an id).

    `errors` is an array, sometimes one object, and messages are optional.
    """
    errors = _errors(reply)
    codes = [error.maybe_text("id") for error in errors]
    said = [" ".join(filter(None, (code, _said(error)))) for code, error in zip(codes, errors, strict=True)]
    code, message = next(iter(codes), ""), "; ".join(said) or f"HTTP {reply.status}"
    if reply.status == 429:
        if "retry-after" in reply.headers:
            return None
        return RateLimited(message, retry_after_s=_reset_s(reply, now), carrier_code=code or None)
    if reply.status == 402 or code in ACCOUNT_TROUBLE:
        return AuthenticationFailed(message, carrier_code=code or None, carrier_message=message)
    if not code or not 400 <= reply.status < 500 or reply.status == 401:
        return None
    if reply.status == 404:
        return UnknownReference(message, carrier_code=code, carrier_message=message)
    return ShipmentRejected(message, reasons=said, carrier_code=code, carrier_message=message)


def _price(data: Reading) -> Money:
    """`total` includes every other line; how many decimals it has differs by market."""
    breakdown = data.get("priceBreakdown")
    amount, currency = breakdown.decimal("total"), breakdown.text("currency")
    if amount < 0:
        raise BadCarrierResponse(f"a total of {amount} is less than nothing")
    try:
        return Money(amount, currency)
    except InvalidValue as error:
        raise BadCarrierResponse(f"a total of {amount} {currency} is no amount of money: {error}") from error


def _lines(data: Reading, price: Money) -> tuple[Surcharge, ...]:
    """The positive lines above the base; none where they are more than the total, which discounts can make them."""
    breakdown = data.get("priceBreakdown")
    members = breakdown.raw if isinstance(breakdown.raw, dict) else {}
    lines = []
    for name in members.keys() - NO_LINES:
        amount = breakdown.maybe_decimal(name)
        if amount is None or amount <= 0:
            continue
        try:
            lines.append(Surcharge(code=name, label=name, amount=Money(amount, price.currency)))
        except InvalidValue:
            return ()
    fits = total((line.amount for line in lines), price.currency) <= price
    return tuple(sorted(lines, key=lambda line: line.code)) if fits else ()


def _errors(reply: Reply) -> list[Reading]:
    try:
        body = reply.reading()
    except BadCarrierResponse:
        return []
    one = body.maybe("errors")
    single = [one] if one is not None and isinstance(one.raw, dict) else []
    return [*chain(body.maybe_objects("errors"), single)]


def _said(error: Reading) -> str:
    """Message and detail, which is a JSON pointer to the field at fault."""
    return " ".join(filter(None, (error.maybe_text("message"), error.maybe_text("detail"))))


def _reset_s(reply: Reply, now: datetime) -> float | None:
    """Seconds until the bucket is full again, where a header tells."""
    resets = [value for name, value in reply.headers.items() if RESET.fullmatch(name)]
    moments = [float(value) for value in resets if re.fullmatch("[0-9]{1,12}", value)]
    return min(max(max(moments) - now.timestamp(), 0.0), LONGEST_WAIT_S) if moments else None
