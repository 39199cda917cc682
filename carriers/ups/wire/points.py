"""UPS Access Points near an address. Source: Locator API v3, request option 64 (access points)."""

from __future__ import annotations

from collections.abc import Mapping

from carriers.base import (
    Address,
    CarrierUnavailable,
    OpeningHours,
    Reading,
    ServicePoint,
    ShipmentRejected,
    closest,
    filled,
)
from carriers.ups.wire import parts

ACCESS_POINTS = "64"
MOST, LEAST_KM, MOST_KM = 50, 5, 150
METRES = {"KM": 1000.0, "MI": 1609.344}
REGULAR = "10"
DAY_MIN = 24 * 60
# Active, but perhaps full. Source: Locator API, AccessPointStatus.
ACTIVE = ("01", "")


def near(place: Address, radius_m: int, limit: int) -> dict[str, object]:
    """Access points around coordinates where they are known, else around the address, nearest first."""
    criteria = {
        "MaximumListSize": str(min(max(limit, 1), MOST)),
        "SearchRadius": str(min(max(-(-radius_m // 1000), LEAST_KM), MOST_KM)),
    }
    return _request(place, criteria)


def by_id(point: str, country: str) -> dict[str, object]:
    """One access point by its public id."""
    return _request(Address(country=country), {"AccessPointSearch": {"PublicAccessPointID": point}})


def _request(place: Address, criteria: Mapping[str, object]) -> dict[str, object]:
    key = {
        "AddressLine": place.street1,
        "PoliticalDivision2": place.city,
        "PoliticalDivision1": place.subdivision,
        "PostcodePrimaryLow": place.postal_code,
        "CountryCode": place.country,
    }
    origin: dict[str, object] = {"AddressKeyFormat": filled(key)}
    if place.latitude is not None and place.longitude is not None:
        origin["Geocode"] = {"Latitude": f"{place.latitude:.6f}", "Longitude": f"{place.longitude:.6f}"}
    return {
        "LocatorRequest": {
            "Request": {"RequestAction": "Locator"},
            "OriginAddress": origin,
            "Translate": {"LanguageCode": "ENG", "Locale": "en_US"},
            "UnitOfMeasurement": {"Code": "KM"},
            "LocationSearchCriteria": dict(criteria),
            "SortCriteria": {"SortType": "01"},
        }
    }


def locations(body: Reading) -> list[Reading]:
    """The locations of an answer. A failure hides under HTTP 200.

    Raises:
        CarrierUnavailable: a transient failure.
        ShipmentRejected: any other.
    """
    answer = body.get("LocatorResponse")
    response = answer.maybe("Response")
    error = response.maybe("Error") if response else None
    if response and error and response.maybe_text("ResponseStatusCode") == "0":
        kind = CarrierUnavailable if error.maybe_text("ErrorSeverity") == "Transient" else ShipmentRejected
        said, code = error.maybe_text("ErrorDescription"), error.maybe_text("ErrorCode")
        raise kind(f"UPS found no location: {said or code}", carrier_code=code or None, carrier_message=said or None)
    return parts.several(answer.get("SearchResults"), "DropLocation")


def service_points(body: Reading, radius_m: int, limit: int) -> tuple[ServicePoint, ...]:
    """Access points that are open to parcels, within the radius, nearest first."""
    return closest(filter(None, map(_point, locations(body))), radius_m, limit)


def _point(location: Reading) -> ServicePoint | None:
    access, key = location.maybe("AccessPointInformation"), location.maybe("AddressKeyFormat")
    id_ = access.maybe_text("PublicAccessPointID") if access else ""
    status = access.maybe("AccessPointStatus") if access else None
    if not id_ or key is None or (status and status.maybe_text("Code") not in ACTIVE):
        return None
    geocode = location.maybe("Geocode") or Reading({})
    lines = street(key)
    return ServicePoint(
        id=id_,
        name=key.maybe_text("ConsigneeName") or id_,
        address=Address(
            country=key.maybe_text("CountryCode"),
            postal_code=key.maybe_text("PostcodePrimaryLow"),
            street1=lines[0] if lines else "",
            street2=lines[1] if len(lines) > 1 else "",
            city=key.maybe_text("PoliticalDivision2"),
            subdivision=key.maybe_text("PoliticalDivision1"),
            latitude=geocode.maybe_number("Latitude"),
            longitude=geocode.maybe_number("Longitude"),
        ),
        distance_m=_distance_m(location.maybe("Distance")),
        opening_hours=_hours(location.maybe("OperatingHours")),
    )


def street(key: Reading) -> list[str]:
    """The street lines, which may be one text instead of several."""
    lines = key.maybe("AddressLine")
    listed = lines.raw if lines and isinstance(lines.raw, list) else [key.maybe_text("AddressLine")]
    return [line.strip() for line in listed if isinstance(line, str) and line.strip()]


def _distance_m(distance: Reading | None) -> int | None:
    unit = distance.maybe("UnitOfMeasurement") if distance else None
    metres = METRES.get(unit.maybe_text("Code")) if unit else None
    value = distance.maybe_number("Value") if distance else None
    return None if metres is None or value is None or value < 0 else round(value * metres)


def _hours(hours: Reading | None) -> tuple[OpeningHours, ...]:
    """Regular hours. UPS's week begins with 1 = Sunday; midnight is 0."""
    listed = (
        [each for each in parts.several(hours, "StandardHours") if each.maybe_text("HoursType") == REGULAR]
        if hours
        else []
    )
    days = [opened for each in listed for day in parts.several(each, "DayOfWeek") if (opened := _opened(day))]
    return tuple(sorted(days, key=lambda opened: opened.weekday))


def _opened(day: Reading) -> OpeningHours | None:
    number = day.maybe_text("Day")
    if number not in tuple("1234567") or day.has("ClosedIndicator"):
        return None
    weekday = (int(number) + 5) % 7
    if day.has("Open24HoursIndicator"):
        return OpeningHours(weekday=weekday, opens_min=0, closes_min=DAY_MIN)
    opens, closes = _minutes(day.maybe_text("OpenHours")), _minutes(day.maybe_text("CloseHours"))
    if opens is None or closes is None:
        return None
    return OpeningHours(weekday=weekday, opens_min=opens, closes_min=closes or DAY_MIN)


def _minutes(text: str) -> int | None:
    """Minutes after midnight of "930", "1700" or "0"."""
    if not (text.isascii() and text.isdigit()) or len(text) > 4:
        return None
    hours, minutes = divmod(int(text), 100)
    return hours * 60 + minutes if hours <= 24 and minutes < 60 else None
