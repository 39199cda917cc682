"""Our words -> Onfleet's: the two tasks of a delivery. Pure functions.

Times are milliseconds since 1970, coordinates [longitude, latitude], service times minutes.
Source: docs.onfleet.com (create task, metadata); CreateTaskProps of @types/onfleet__node-onfleet 1.3.12.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from carriers.base import Account, Address, BookRequest, Shipment, ShipmentRejected

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The name of the metadata in which a task carries our reference, and by which it is found.
REFERENCE = "externalId"


def pickup(request: BookRequest, account: Account) -> dict[str, object]:
    """The task at the sender's door. Nobody there is texted: a courier comes, and that was agreed."""
    origin = request.shipment.origin
    return {
        **_task(request, origin, account, texts=False),
        "pickupTask": True,
        "completeAfter": milliseconds(request.ready_at),
    }


def dropoff(request: BookRequest, account: Account, pickup_id: str) -> dict[str, object]:
    """The task at the recipient's door, which can be begun when the pickup is done."""
    needs = request.shipment.requirements
    after = request.window.start if request.window else request.rate.deliver_from
    before = request.window.end if request.window else request.rate.deliver_by
    times = {"completeAfter": after, "completeBefore": before}
    asked = {"signature": needs.signature, "photo": needs.photo, "minimumAge": needs.min_age}
    return {
        **_task(request, request.shipment.destination, account, texts=account.options.get("recipient_sms") is True),
        "pickupTask": False,
        "dependencies": [pickup_id],
        "requirements": {name: value for name, value in asked.items() if value},
        **{name: milliseconds(moment) for name, moment in times.items() if moment},
    }


def search(tender_reference: str) -> list[dict[str, str]]:
    """The body of POST /tasks/metadata: the tasks that carry our reference."""
    return [{"name": REFERENCE, "type": "string", "value": tender_reference}]


def check(shipment: Shipment) -> None:
    """Raises ShipmentRejected with everything that a task would lack."""
    missing = [
        f"the {whose}'s street, city and name are needed"
        for whose, place in (("sender", shipment.origin), ("recipient", shipment.destination))
        if not place.addressable
    ]
    if missing:
        raise ShipmentRejected("; ".join(missing), reasons=missing)


def milliseconds(moment: datetime) -> int:
    """A moment as Onfleet counts it."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def _task(request: BookRequest, place: Address, account: Account, *, texts: bool) -> dict[str, object]:
    shipment = request.shipment
    names = {REFERENCE: request.tender_reference, "reference": shipment.reference}
    task: dict[str, object] = {
        "destination": _destination(place),
        "recipients": _recipients(place, texts=texts),
        "quantity": len(shipment.parcels),
        "notes": "; ".join(parcel.description for parcel in shipment.parcels if parcel.description),
        "metadata": [
            {"name": name, "type": "string", "value": value, "visibility": ["api", "dashboard"]}
            for name, value in names.items()
            if value
        ],
        **_who(account),
    }
    minutes = account.options.get("service_time_min")
    return task if minutes is None else {**task, "serviceTime": minutes}


def _destination(place: Address) -> dict[str, object]:
    """An address as one line, for house numbers are not kept apart here; with coordinates it is not looked up."""
    lines = (place.street1, place.street2, place.city, place.subdivision, place.postal_code, place.country)
    found: dict[str, object] = {
        "address": {"unparsed": ", ".join(line for line in lines if line)},
        "notes": place.instructions,
    }
    if place.latitude is not None and place.longitude is not None:
        found["location"] = [place.longitude, place.latitude]
    return found


def _recipients(place: Address, *, texts: bool) -> list[dict[str, object]]:
    """Whom to ask for; a recipient needs a phone number, so that without one there is none."""
    if not place.phone:
        return []
    return [{"name": place.name or place.company, "phone": place.phone, "skipSMSNotifications": not texts}]


def _who(account: Account) -> dict[str, object]:
    """Who drives: assigned by Onfleet, or whom the team's dispatcher chooses."""
    team, mode = account.options.get("team"), account.options.get("auto_assign")
    if mode:
        return {"autoAssign": {"mode": mode, "considerDependencies": True, **({"team": team} if team else {})}}
    return {"container": {"type": "TEAM", "team": team}} if team else {}
