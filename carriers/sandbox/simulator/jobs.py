"""The sandbox's books: bookings, their scans so far, and what is still to happen to them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from carriers.base import Money
from carriers.sandbox.simulator.scenarios import Step, life_of

TAKEN = {"PICKED_UP", "AT_HUB", "ON_VEHICLE", "READY", "DELIVERED", "RETURNING", "RETURNED"}
LAST_LEG = TAKEN - {"PICKED_UP", "AT_HUB"}
# Any small picture does for a signature: one grey pixel.
SIGNATURE_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg=="


@dataclass(slots=True, kw_only=True)
class Job:
    """One booking. It exists for others from its first scan on; before that it is being worked on."""

    id: str
    order: Mapping[str, Any]
    price: Money
    deliver_by: datetime
    appears_at: datetime
    account: str
    events: list[dict[str, Any]] = field(default_factory=list)
    wishes: dict[str, datetime] = field(default_factory=dict)
    plan: list[tuple[datetime, Step]] = field(init=False)

    def __post_init__(self) -> None:
        self.plan = [(self.appears_at + timedelta(seconds=step.after_s), step) for step in life_of(self.order)]

    @property
    def tracking_number(self) -> str:
        """What stands on the label of the first parcel, and names the whole booking."""
        return f"{self.id}-1"

    @property
    def cancelled(self) -> bool:
        """Whether it was taken back."""
        return any(event["code"] == "CANCELLED" for event in self.events)

    @property
    def taken(self) -> bool:
        """Whether a courier has it, or had it."""
        return any(event["code"] in TAKEN for event in self.events)

    @property
    def on_vehicle(self) -> bool:
        """Whether it is on the last leg, or over; a failed attempt brings it back to the depot."""
        return self.events[-1]["code"] in LAST_LEG

    def happen(self, step: Step, at: datetime) -> dict[str, Any]:
        """Enter a scan; the event as it is shown from now on."""
        event = {
            "id": f"{self.id}-{len(self.events) + 1}",
            "code": step.code,
            "detail": step.detail,
            "at": at.isoformat(),
            "place": self._place(step.where),
            "parcel": "",
        }
        self.events.append(event)
        return event

    def shown(self) -> dict[str, Any]:
        """As answers to book and find show it."""
        parcels: list[dict[str, str]] = [
            {"tracking_number": f"{self.id}-{number}"} for number in range(1, len(self.order["parcels"]) + 1)
        ]
        if self.order.get("return") == "code":
            parcels = [{**each, "drop_off_code": f"CODE-{each['tracking_number']}"} for each in parcels]
        return {
            "id": self.id,
            "reference": self.order["reference"],
            "tracking_number": self.tracking_number,
            "parcels": parcels,
            "price": {"amount": str(self.price.amount), "currency": self.price.currency},
            "deliver_by": self.deliver_by.isoformat(),
            "status": self.events[-1]["code"],
        }

    def tracked(self, events: list[dict[str, Any]]) -> dict[str, Any]:
        """As tracking and webhooks show it, with some or all of its events."""
        delivered = any(event["code"] == "DELIVERED" for event in events)
        return {
            "tracking_number": self.tracking_number,
            "reference": self.order["reference"],
            "deliver_by": self.deliver_by.isoformat(),
            "events": events,
            "proof": self.proof() if delivered else None,
        }

    def proof(self) -> dict[str, Any] | None:
        """Who took it, once it is delivered."""
        delivered = next((event for event in self.events if event["code"] == "DELIVERED"), None)
        return delivered and {
            "delivered_at": delivered["at"],
            "received_by": self.order["to"].get("name", "Recipient"),
            "relationship": delivered["detail"].lower(),
            "signature_png": SIGNATURE_PNG,
        }

    def _place(self, where: str) -> dict[str, str]:
        address = self.order["from" if where == "origin" else "to"]
        hub = where == "hub"
        return {
            "city": address.get("city", ""),
            "postal_code": "" if hub else address.get("postal_code", ""),
            "country": address.get("country", ""),
            "facility": "Sandbox hub" if hub else "",
        }


class Jobs:
    """Every booking, and the order in which things will happen to them."""

    def __init__(self, numbers_used: int) -> None:
        self._numbers_used = numbers_used
        self._by_id: dict[str, Job] = {}
        self._by_reference: dict[str, list[Job]] = {}
        self._agenda: list[tuple[datetime, str]] = []

    def next_id(self) -> str:
        """A number that no booking has, in this run or before it."""
        return f"SBX{self._numbers_used + len(self._by_id) + 1:06d}"

    def add(self, job: Job) -> None:
        """Take a booking into the books."""
        self._by_id[job.id] = job
        self._by_reference.setdefault(job.order["reference"], []).append(job)
        self.remind(job)

    def remind(self, job: Job) -> None:
        """Put the next thing of a booking's plan on the agenda."""
        if job.plan:
            heapq.heappush(self._agenda, (job.plan[0][0], job.id))

    def due(self, now: datetime) -> Iterator[tuple[Job, Step, datetime]]:
        """What has become due, in the order of time; each is off the plan when it is handed out."""
        while self._agenda and self._agenda[0][0] <= now:
            job = self._by_id[heapq.heappop(self._agenda)[1]]
            if job.plan and job.plan[0][0] <= now:
                at, step = job.plan.pop(0)
                yield job, step, at
                self.remind(job)

    def known(self, number: str) -> Job | None:
        """The booking of an id, or of a tracking number of one of its parcels."""
        return self._by_id.get(number.split("-")[0])

    def standing(self, reference: str) -> list[Job]:
        """Bookings under a reference that exist and were not cancelled."""
        return [job for job in self._by_reference.get(reference, ()) if job.events and not job.cancelled]
