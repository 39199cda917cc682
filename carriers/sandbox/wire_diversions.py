"""The sandbox's words for another time or place <-> ours. Source: README.md beside this file."""

from __future__ import annotations

from carriers.base import BadCarrierResponse, InvalidValue, OutcomeUnknown, Reading, ServicePoint, Slot, TimeWindow


def slots(answer: Reading) -> tuple[Slot, ...]:
    """The times that it offers."""
    return tuple(_slot(each) for each in answer.get("times").items())


def rescheduling(slot: Slot, reference: str) -> dict[str, str]:
    """The body of POST /bookings/{id}/reschedule."""
    return {"time": slot.id, "reference": reference}


def redirection(point: ServicePoint, reference: str) -> dict[str, str]:
    """The body of POST /bookings/{id}/redirect."""
    return {"service_point": point.id, "reference": reference}


def check_agreed(answer: Reading) -> None:
    """Raises OutcomeUnknown: it has not decided yet. BadCarrierResponse: it says something else."""
    status = answer.text("status")
    if status == "pending":
        raise OutcomeUnknown("the sandbox has not decided yet")
    if status != "agreed":
        raise BadCarrierResponse(f"the sandbox says {status!r}, which is neither agreed nor pending")


def _slot(each: Reading) -> Slot:
    try:
        return Slot(id=each.text("id"), window=TimeWindow(start=each.time("start"), end=each.time("end")))
    except InvalidValue as error:
        raise BadCarrierResponse(f"a time that is none: {error}") from error
