"""What simulated ShipX knows and refuses: points, prices, offers, labels, errors in its own words.

Source: "API ShipX" (dokumentacja-inpost.atlassian.net), validation and errors; prices are made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import cos, hypot, radians
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Response

from carriers.base import LabelKind
from carriers.base.simulator import abort, answer
from carriers.base.simulator.labels import label

WARSAW = ZoneInfo("Europe/Warsaw")
SERVICES = {
    "inpost_locker_standard": Decimal("14.99"),
    "inpost_courier_standard": Decimal("19.50"),
    "inpost_courier_express_1700": Decimal("29.90"),
}
KINDS = {"Pdf": LabelKind.PDF, "Zpl": LabelKind.ZPL}
METRES_PER_DEGREE = 111_320

# Code, types, latitude, longitude, street, number, city, post code.
POINTS: Mapping[str, tuple[tuple[str, ...], float, float, str, str, str, str]] = {
    "KRA010": (("parcel_locker",), 50.0621, 19.9383, "Krupnicza", "9", "Kraków", "31-123"),
    "KRA012": (("parcel_locker",), 50.0589, 19.9342, "Zwierzyniecka", "30", "Kraków", "31-105"),
    "POP-KRA50": (("parcel_locker", "pop"), 50.0647, 19.9450, "Rynek Główny", "3", "Kraków", "31-042"),
    "WAW099": (("parcel_locker",), 52.2297, 21.0122, "Marszałkowska", "100", "Warszawa", "00-026"),
}


def refuse(error: str, status: int, details: Mapping[str, Any] | None = None) -> NoReturn:
    """An error in ShipX's envelope."""
    body = {"status": status, "error": error, "message": error.replace("_", " ").capitalize() + ".", "details": details}
    abort(answer(body, status))


def check(order: Mapping[str, Any]) -> None:
    """Refuse an order that cannot be booked; nested details, as ShipX sends them."""
    service = order.get("service")
    if service not in SERVICES:
        refuse("validation_failed", 400, {"service": ["invalid"]})
    receiver, locker = order.get("receiver") or {}, "locker" in service
    needed = ("phone", "email") if locker else ("phone", "address")
    missing = [name for name in needed if not receiver.get(name)]
    if missing:
        refuse("validation_failed", 400, {"receiver": [{name: ["required"] for name in missing}]})
    if locker and order.get("custom_attributes", {}).get("target_point") not in POINTS:
        refuse("validation_failed", 400, {"custom_attributes": [{"target_point": ["does_not_exist"]}]})
    if not locker and not order.get("insurance"):
        refuse("validation_failed", 400, {"insurance": ["required"]})
    if not 3 <= len(order.get("reference", "none")) <= 100:
        refuse("validation_failed", 400, {"reference": ["too_long"]})


def offers(service: str, fits: bool, expires_at: str) -> list[dict[str, Any]]:
    """The offer of the service, beside one that never fits."""
    none = {"status": "unavailable", "expires_at": None, "rate": None, "currency": None}
    rate = {"status": "available", "expires_at": expires_at, "rate": str(SERVICES[service]), "currency": "PLN"}
    wanted, other = {"id": 1, "service": {"id": service}}, {"id": 2, "service": {"id": "inpost_locker_pass_thru"}}
    return [{**wanted, **(rate if fits else none)}, {**other, **none}]


def nearest(asked: Mapping[str, str]) -> list[dict[str, Any]]:
    """Points by distance from coordinates, or those that share the first two digits of a post code, or a city."""
    code, city = asked.get("relative_post_code", ""), asked.get("city")
    at = tuple(map(float, asked["relative_point"].split(","))) if "relative_point" in asked else None
    found = [_point(name, at) for name in POINTS]
    if at is None:
        here = [
            p
            for p in found
            if p["address_details"]["post_code"][:2] == code[:2] or p["address_details"]["city"] == city
        ]
        return here[: int(asked.get("per_page", 25))]
    close = [point for point in found if point["distance"] <= float(asked.get("max_distance", 10_000))]
    return sorted(close, key=lambda point: float(point["distance"]))[: int(asked.get("per_page", 25))]


def _point(name: str, at: tuple[float, ...] | None) -> dict[str, Any]:
    types, latitude, longitude, street, number, city, post_code = POINTS[name]
    north, east = (latitude - at[0], (longitude - at[1]) * cos(radians(latitude))) if at else (0, 0)
    return {
        "name": name,
        "type": list(types),
        "status": "Operating",
        "location": {"latitude": latitude, "longitude": longitude},
        "opening_hours": "24/7",
        "location_247": "pop" not in types,
        "address": {"line1": f"{street} {number}", "line2": f"{post_code} {city}"},
        "address_details": {"city": city, "post_code": post_code, "street": street, "building_number": number},
        "distance": round(hypot(north, east) * METRES_PER_DEGREE) if at else None,
    }


def printed(form: str, *lines: str) -> Response:
    """A document with these lines."""
    kind = KINDS.get(form) or refuse("invalid_parameter", 400, {"format": ["invalid"]})
    return Response(label(kind, "INPOST (simulated)", *lines), content_type="application/octet-stream")
