"""Modify Delivery: stopping a parcel that is on its way.

Source: Bring Modify Delivery API. "Stop a shipment and return to sender"; Norwegian parcels only.
"""

from __future__ import annotations

from carriers.base import BadCarrierResponse, Cancellation, CancellationState, Reading

STOP = "STOP_DELIVERY"


def impossible(body: Reading) -> Cancellation | None:
    """Why a shipment cannot be stopped, as a refusal; None when nothing speaks against it."""
    causes = body.maybe("failureCauses")
    if causes is None or not causes.has(STOP):
        return None
    said = causes.maybe(STOP)
    named = said.raw if said and isinstance(said.raw, list) else []
    words = ", ".join(cause for cause in named if isinstance(cause, str))
    return Cancellation(
        state=CancellationState.TOO_LATE,
        why=f"Bring cannot stop it{': ' + words if words else ''}",
    )


def stopped(body: Reading) -> Cancellation:
    """The answer to a stop; the HTTP status is 200 either way, the body's `code` counts.

    A stop is never more than agreed: Bring sends the parcel back, it does not annul the booking, and nothing
    documented says that freight is not charged. The scans RETURN and DELIVERED_SENDER tell the outcome.
    """
    code, message = body.text("code"), body.maybe_text("message")
    if code.startswith("2"):
        return Cancellation(
            state=CancellationState.AGREED,
            why="Bring stops it and returns it to the sender; freight may still be charged",
        )
    if code.startswith("4"):
        return Cancellation(state=CancellationState.TOO_LATE, why=message or f"Bring answered {code}")
    raise BadCarrierResponse(f"Modify Delivery answered {code}", carrier_code=code, carrier_message=message or None)
