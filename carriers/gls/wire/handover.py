"""ParcelShops, collections and the end of the day.

Source: ShipIT REST 5.0.11, parcel shops, sporadic collection, shipment processing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from carriers.base import (
    Address,
    BookingRef,
    Manifest,
    OpeningHours,
    Pickup,
    PickupRequest,
    Reading,
    ServicePoint,
    closest,
    filled,
    metres_between,
    street_and_number,
)
from carriers.gls.wire.booking import kilograms, text

WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
FURTHEST_KM = 50
MINUTE_MS, DAY_MIN = 60_000, 24 * 60
# Opening hours are an hour behind: 28800000 ms is 09:00, and "no break" is -3600000, which is midnight.
HOUR_BEHIND_MIN = 60


def search(near: Address, radius_m: int, limit: int) -> tuple[str, dict[str, object]]:
    """Path and body of a search: around coordinates where they are known, else around the address."""
    kilometres = min(-(-radius_m // 1000), FURTHEST_KM)
    if near.latitude is not None and near.longitude is not None:
        body: Mapping[str, object] = {"Latitude": near.latitude, "Longitude": near.longitude}
        return "/rs/parcelshop/distance", {**body, "Distance": kilometres}
    street, number = street_and_number(near.street1)
    body = {
        "Street": text(street),
        "StreetNumber": text(number),
        "CountryCode": near.country,
        "ZIPCode": text(near.postal_code),
        "City": text(near.city),
        "Distance": kilometres,
        "MaxNumberOfShops": limit,
    }
    return "/rs/parcelshop/address", filled(body)


def service_points(body: Reading, near: Address, radius_m: int, limit: int) -> tuple[ServicePoint, ...]:
    """Points within the radius, nearest first; without coordinates GLS' own order stands, which we measure not."""
    return closest([_point(shop, near) for shop in body.objects("ParcelShop")], radius_m, limit)


def _point(shop: Reading, near: Address) -> ServicePoint:
    where, place = shop.maybe("Location") or Reading({}), shop.maybe("Address") or Reading({})
    names = [place.maybe_text(name) for name in ("Name1", "Name2", "Name3")]
    address = Address(
        country=place.maybe_text("CountryCode"),
        company=names[0],
        street1=f"{place.maybe_text('Street')} {place.maybe_text('StreetNumber')}".strip(),
        postal_code=place.maybe_text("ZIPCode"),
        city=place.maybe_text("City"),
        latitude=where.maybe_number("Latitude"),
        longitude=where.maybe_number("Longitude"),
    )
    return ServicePoint(
        id=shop.text("ParcelShopID"),
        name=" ".join(filter(None, names)),
        address=address,
        kind="locker" if shop.maybe_text("ParcelShopType") == "LOCKER" else "shop",
        distance_m=metres_between(near, address),
        opening_hours=tuple(hours for day in shop.maybe_objects("WorkingDay") for hours in _hours(day)),
    )


def _hours(day: Reading) -> Sequence[OpeningHours]:
    """One weekday, cut at its breaks."""
    name = day.maybe_text("DayOfWeek")
    if name not in WEEKDAYS:
        return ()
    spans = _spans(day, "OpeningHours")
    for starts, ends in _spans(day, "Breaks"):
        spans = [
            part
            for opens, closes in spans
            for part in (((opens, starts), (ends, closes)) if opens < starts < ends < closes else ((opens, closes),))
        ]
    weekday = WEEKDAYS.index(name)
    return [OpeningHours(weekday=weekday, opens_min=opens, closes_min=closes) for opens, closes in spans]


def _spans(day: Reading, name: str) -> list[tuple[int, int]]:
    """Minutes after midnight, from and to."""
    outer = day.maybe(name)
    listed = outer.maybe_objects("OpeningHours") if outer else []
    spans = [(_minutes(span, "From"), _minutes(span, "To")) for span in listed]
    return [(start, end) for start, end in spans if start is not None and end is not None and start < end]


def _minutes(span: Reading, key: str) -> int | None:
    milliseconds = span.maybe_decimal(key)
    minutes = None if milliseconds is None else int(milliseconds / MINUTE_MS) + HOUR_BEHIND_MIN
    return minutes if minutes is not None and 0 <= minutes <= DAY_MIN else None


def collection_request(request: PickupRequest, contact_id: str) -> dict[str, object]:
    """A collection at the account's own address: GLS takes no other here, and neither times nor our reference."""
    return filled(
        {
            "ContactID": contact_id,
            "PreferredPickUpDate": request.day.isoformat(),
            "NumberOfParcels": len(request.parcels),
            "ExpectedTotalWeight": sum(map(kilograms, request.parcels), Decimal(0)),
            "Product": "PARCEL",
            "AdditionalInformation": text(request.instructions),
        }
    )


def collection(body: Reading, reference: str, zone: ZoneInfo) -> Pickup:
    """The day GLS comes, which may be a later one than asked for. It gives no number, so ours stands in."""
    try:
        day = date.fromisoformat(body.maybe_text("EstimatedPickUpDate"))
        starts = datetime.combine(day, time(), zone)
        ends = datetime.combine(day + timedelta(days=1), time(), zone)
    except (ValueError, OverflowError):
        return Pickup(carrier_reference=reference)  # it is ordered; when they come is not told
    return Pickup(carrier_reference=reference, earliest=starts, latest=ends)


def manifest(body: Reading, bookings: Sequence[BookingRef], day: date) -> Manifest:
    """Which of these bookings GLS closed with the day; it closes all of the account's, and gives the list no number.

    Units are known by their TrackID: the ParcelNumber here may lack its check digit.
    """
    units = [unit for shipment in body.objects("Shipments") for unit in shipment.maybe_objects("ShipmentUnit")]
    closed = {unit.maybe_text("TrackID") for unit in units}
    ours = [booking for booking in bookings if closed.issuperset(booking.carrier_reference.split(","))]
    return Manifest(
        carrier_reference=day.isoformat(),
        day=day,
        tracking_numbers=tuple(booking.tracking_number for booking in ours),
        carrier_data={"parcels": str(len(units))},
    )
