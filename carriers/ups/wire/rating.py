"""Rating: prices and times in transit of every service at once.

Source: Rating API v2409, request option Shoptimeintransit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from carriers.base import (
    QuoteRequest,
    Rate,
    Reading,
    ServiceLevel,
    Shipment,
    Surcharge,
    clock_at,
    table,
    total,
    wall_clock,
)
from carriers.ups.wire import parts
from carriers.ups.wire.local import END_OF_DAY, clock, day

NON_DOCUMENT = "03"
# Without it, itemised charges are not told.
SUB_VERSION = "2409"
# "The requested service is unavailable between the selected locations."
NOT_SERVED = "111210"
BY_DAYS = {1: ServiceLevel.NEXT_DAY, 2: ServiceLevel.TWO_DAY}


@cache
def services() -> dict[str, ServiceLevel | None]:
    """UPS's service codes that we sell and our levels, from `services.csv`; None: the days in transit tell.

    Source: Rating API, Service/Code. Freight services are left out.
    """
    rows = table("carriers.ups", "services.csv")
    return {row["code"]: ServiceLevel(row["level"]) if row["level"] else None for row in rows}


def rating_request(request: QuoteRequest, account_number: str, assumed_zone: ZoneInfo) -> dict[str, object]:
    """Rates of all services for one shipment that is handed over when it is ready."""
    shipment = request.shipment
    country = shipment.origin.country
    options = parts.confirmation(shipment)
    on_packages = {"PackageServiceOptions": options} if options and parts.domestic(shipment) else {}
    of_shipment = {**({} if on_packages else options), **parts.return_service(shipment)}
    on_shipment = {"ShipmentServiceOptions": of_shipment} if of_shipment else {}
    ready = request.ready_at.astimezone(clock_at(shipment.origin.country, shipment.origin.subdivision, assumed_zone)[0])
    packages = [{**parts.package(parcel, country, "PackagingType"), **on_packages} for parcel in shipment.parcels]
    body = {
        "Shipper": {"ShipperNumber": account_number, "Address": parts.address(parts.sender(shipment))},
        "ShipTo": {"Address": parts.address(shipment.destination)},
        "ShipFrom": {"Address": parts.address(shipment.origin)},
        "PaymentDetails": {"ShipmentCharge": parts.charge_to(account_number)},
        "ShipmentTotalWeight": parts.weight(shipment.weight_g, country),
        "NumOfPieces": str(len(packages)),
        "Package": packages,
        "ShipmentRatingOptions": {"NegotiatedRatesIndicator": "Y"},
        "TaxInformationIndicator": "Y",
        "DeliveryTimeInformation": {
            "PackageBillType": NON_DOCUMENT,
            "Pickup": {"Date": f"{ready:%Y%m%d}", "Time": f"{ready:%H%M}"},
        },
        **on_shipment,
        **parts.invoice_total(shipment),
        **_access_point(shipment),
    }
    asked = {"SubVersion": SUB_VERSION, "TransactionReference": {"CustomerContext": "quote"}}
    return {"RateRequest": {"Request": asked, "Shipment": body}}


def _access_point(shipment: Shipment) -> dict[str, object]:
    """Delivery to an access point in the recipient's country, where there is one asked for."""
    if not shipment.service_point:
        return {}
    return {
        "ShipmentIndicationType": [{"Code": "01"}],
        "AlternateDeliveryAddress": {"Address": {"CountryCode": shipment.destination.country}},
    }


def rates(body: Reading, request: QuoteRequest, assumed_zone: ZoneInfo) -> tuple[Rate, ...]:
    """Rates of the services we sell and were asked for. A row without a readable price is no rate."""
    found = [_rate(row, request, assumed_zone) for row in parts.several(body.get("RateResponse"), "RatedShipment")]
    return tuple(rate for rate in found if rate and (not request.services or rate.service in request.services))


def _rate(row: Reading, request: QuoteRequest, assumed_zone: ZoneInfo) -> Rate | None:
    service = row.maybe("Service")
    code = service.maybe_text("Code") if service else ""
    agreed = row.maybe("NegotiatedRateCharges")
    price = parts.price(
        [
            (agreed, "TotalChargesWithTaxes"),
            (agreed, "TotalCharge"),
            (row, "TotalChargesWithTaxes"),
            (row, "TotalCharges"),
        ]
    )
    if code not in services() or price is None:
        return None
    level = services()[code] or BY_DAYS.get(_days(row), ServiceLevel.STANDARD)
    lines = tuple(_surcharges(agreed or row))
    fits = all(line.amount.currency == price.currency for line in lines) and (
        not lines or total((line.amount for line in lines), price.currency) <= price
    )
    return Rate(
        service=ServiceLevel.SERVICE_POINT if request.shipment.service_point else level,
        carrier_service=code,
        price=price,
        surcharges=lines if fits else (),
        deliver_by=_arrival(row, request, assumed_zone),
    )


def _surcharges(charges: Reading) -> list[Surcharge]:
    """Itemised charges above nothing, of the same list as the price. Codes: Rating API, appendix."""
    items = [(item, parts.money(item)) for item in parts.several(charges, "ItemizedCharges")]
    return [
        Surcharge(
            code=code,
            label=item.maybe_text("Description") or item.maybe_text("SubType").replace("_", " ") or code,
            amount=amount,
        )
        for item, amount in items
        if amount and amount.amount and (code := item.maybe_text("Code"))
    ]


def _estimate(row: Reading) -> Reading | None:
    found: Reading | None = row
    for name in ("TimeInTransit", "ServiceSummary", "EstimatedArrival"):
        found = found.maybe(name) if found else None
    return found


def _days(row: Reading) -> int:
    """Business days in transit; 0 where they are not said."""
    said: Sequence[Reading | None] = (_estimate(row), row.maybe("GuaranteedDelivery"))
    days = [holder.maybe_decimal("BusinessDaysInTransit") for holder in said if holder]
    return next((int(count) for count in days if count is not None), 0)


def _arrival(row: Reading, request: QuoteRequest, assumed_zone: ZoneInfo) -> datetime | None:
    """When the last package is expected, on the recipient's clock; the end of the day where no time is said."""
    estimate = _estimate(row)
    arrival = estimate.maybe("Arrival") if estimate else None
    when = day(arrival.maybe_text("Date")) if arrival else None
    if arrival is None or when is None:
        return None
    zone = clock_at(request.shipment.destination.country, request.shipment.destination.subdivision, assumed_zone)[0]
    return wall_clock(when, clock(arrival.maybe_text("Time")) or END_OF_DAY, zone)
