"""Our words -> Stuart's: the body of a job, which is that of a price too. Pure functions.

Source: StuartApp/stuart-client-php@f12738f, src/Stuart/Converters/JobToJson.php; README of
StuartApp/stuart-client-elixir@6f5f991.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files

from carriers.base import Account, Address, Shipment, ShipmentRejected, TimeWindow, phone_number

LARGEST = "xlarge"
# Our clock and theirs differ, and the request takes its time: earlier than this counts as now.
CLOCK_MARGIN = timedelta(minutes=5)


def job(
    shipment: Shipment,
    account: Account,
    ready_at: datetime,
    window: TimeWindow | None,
    now: datetime,
    client_reference: str = "",
) -> dict[str, object]:
    """The body of a job with one delivery; a price is asked for with the same one.

    Raises:
        ShipmentRejected: the window ends before the parcels are ready.
    """
    dropoff = _place(shipment.destination) | {
        "package_type": str(account.options.get("package_type", "")) or package_type(shipment),
        "package_description": ", ".join(parcel.description for parcel in shipment.parcels if parcel.description),
        "client_reference": client_reference,
    }
    if window is not None:  # for Stuart's own figures only; nothing is scheduled by it
        dropoff |= {
            "end_customer_time_window_start": written(window.start),
            "end_customer_time_window_end": written(window.end),
        }
    body: dict[str, object] = {
        "transport_type": account.options.get("transport_type", ""),
        "assignment_code": shipment.reference,
        "pickups": [_place(shipment.origin)],
        "dropoffs": [_said(dropoff)],
    }
    return {"job": _said(body | schedule(ready_at, window, now))}


def schedule(ready_at: datetime, window: TimeWindow | None, now: datetime) -> dict[str, object]:
    """The time of the pickup, or that of the dropoff, of which a job has one; {} for as soon as possible.

    Stuart takes a moment, not a window. The middle of what is left of it leaves most room either way; that is our
    choice, for nothing is documented.

    Raises:
        ShipmentRejected: the window ends before the parcels are ready.
    """
    ready = ready_at if ready_at > now + CLOCK_MARGIN else None
    if window is None:
        return {"pickup_at": written(ready)} if ready else {}
    earliest = max(window.start, ready or now)
    if window.end <= earliest:
        raise ShipmentRejected("the delivery window ends before the parcels can be picked up")
    return {"dropoff_at": written(earliest + (window.end - earliest) / 2)}


def package_type(shipment: Shipment) -> str:
    """Stuart's word for the whole delivery, by its weight and its longest side.

    Where the sizes end differs by city and is not part of the API. Those in `package_types.csv` are our assumption, of
    which only one point is told by Stuart: 6 kg is small in Britain (community.stuart.engineering, thread 1814). An
    account's option `package_type` overrides them.
    """
    longest_mm = max(max(parcel.dimensions_mm) for parcel in shipment.parcels)
    for word, max_weight_g, max_side_mm in _package_types():
        if shipment.weight_g <= max_weight_g and longest_mm <= max_side_mm:
            return word
    return LARGEST


def written(moment: datetime) -> str:
    """A moment as Stuart's own client writes it: microseconds and `+0000`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f%z}"


@cache
def _package_types() -> tuple[tuple[str, int, int], ...]:
    """Sizes, smallest first."""
    text = files("carriers.stuart").joinpath("package_types.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple((row["package_type"], int(row["max_weight_g"]), int(row["max_side_mm"])) for row in rows)


def _place(place: Address) -> dict[str, object]:
    first, _, last = place.name.partition(" ")
    contact = {
        "firstname": first,
        "lastname": last,
        "phone": phone_number(place),
        "email": place.email,
        "company": place.company,
    }
    town = " ".join(part for part in (place.postal_code, place.city) if part)
    entry: dict[str, object] = {
        "address": ", ".join(part for part in (place.street1, place.street2, town) if part),
        "comment": place.instructions,
        "contact": _said(contact),
    }
    if place.latitude is not None and place.longitude is not None:
        entry["coordinates"] = {"lat": place.latitude, "long": place.longitude}
    return _said(entry)


def _said(members: dict[str, object] | dict[str, str]) -> dict[str, object]:
    """The members that say something."""
    return {name: member for name, member in members.items() if member not in ("", {})}
