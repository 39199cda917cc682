"""What the sandbox refuses, and how it says so."""

from __future__ import annotations

from typing import NoReturn

from carriers.base.simulator import abort, answer

REFUSALS = {
    "unauthorized": (401, "This key is not known."),
    "not_found": (404, "There is no such thing, or not yet."),
    "price_changed": (409, "The price has changed, ask for a new quote."),
    "quote_expired": (409, "This quote is over, ask for a new one."),
    "too_late": (409, "It has been picked up."),
    "address_not_deliverable": (422, "We cannot deliver to this address."),
    "no_such_format": (422, "We print pdf, zpl and png."),
    "parcel_not_accepted": (422, "We do not carry this."),
    "service_point_closed": (422, "This point takes no parcels."),
    "time_not_offered": (409, "That time is no longer to be had."),
    "on_vehicle": (409, "It is on the vehicle already."),
    "unavailable": (503, "Nothing was done, try again later."),
}


def refuse(code: str) -> NoReturn:
    """Leave the handler with this refusal."""
    status, message = REFUSALS[code]
    abort(answer({"error": {"code": code, "message": message}}, status))
