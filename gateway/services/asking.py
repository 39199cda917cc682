"""What one account is asked for rates, and whether it can be: the way out and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from carriers.base import BadCarrierResponse, Booking, BookRequest, Capability, QuoteRequest
from gateway.domain.quotes import Rate
from gateway.domain.shipments import ReturnWay, Shipment
from gateway.services.carrier_pool import LiveCarrier

HIGHEST_PRICE_MINOR = 10**12


def unserved(live: LiveCarrier, shipment: Shipment) -> str | None:
    """Why this account cannot be asked at all: a role it lacks or a country it does not serve."""
    if not live.can(Capability.BOOKS) or not (live.can(Capability.QUOTES) or shipment.return_ways):
        return "does not quote and book"
    if shipment.return_ways and not live.can(Capability.TAKES_RETURNS):
        return "does not bring parcels back"
    for place, address in (("from", shipment.origin), ("to", shipment.destination)):
        if address.country not in live.carrier.profile.countries:
            return f"does not deliver {place} {address.country}"
    if shipment.service_point and live.record.carrier != shipment.service_point_carrier:
        return f"the chosen service point is one of {shipment.service_point_carrier}"
    return None


async def priced(live: LiveCarrier, request: QuoteRequest) -> Sequence[Rate]:
    """What the carrier offers, each a rate with a price somebody could mean, on the way that was asked for."""
    back = request.shipment.return_ways
    call = live.carrier.quote_return if back else live.carrier.quote  # type: ignore[attr-defined]  # unserved() saw it
    rates: Sequence[Rate] = await call(request)
    for rate in rates:
        if not isinstance(rate, Rate) or rate.price.minor > HIGHEST_PRICE_MINOR:
            raise BadCarrierResponse("a rate that is none")
        if (rate.return_way is not None or back) and rate.return_way not in back:
            raise BadCarrierResponse(f"a rate of the way back by {rate.return_way or 'no way at all'}")
    return rates


async def booked(live: LiveCarrier, request: BookRequest) -> Booking:
    """The carrier's acceptance of a tender, on either way."""
    back = request.shipment.return_ways
    call = live.carrier.book_return if back else live.carrier.book  # type: ignore[attr-defined]  # unserved() saw it
    booking: Booking = await call(request)
    return booking


def promise_of(rate: Rate) -> tuple[str, datetime | None, ReturnWay | None]:
    """What makes two rates of an account the same promise."""
    return rate.carrier_service, rate.deliver_from, rate.return_way
