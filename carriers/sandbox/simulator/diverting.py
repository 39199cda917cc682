"""Another time or a service point for a booking under way."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from carriers.base.simulator import Simulator, answer, route
from carriers.sandbox.simulator.jobs import Job, Jobs
from carriers.sandbox.simulator.refusals import REFUSALS, refuse
from carriers.sandbox.simulator.scenarios import lives, outcome_of

DIVERTING: Mapping[str, str] = {"reschedule": "divert", "redirect": "divert"}
"""The operations that an outcome of `divert` is about."""

DAYS, HOURS, LASTS = 3, (8, 16), timedelta(hours=4)
DECIDES_AFTER = timedelta(seconds=300)
COLLECTED, INTO_THE_WINDOW = "collected", timedelta(hours=1)


class Diverting(Simulator):
    """The routes, beside those of `SimulatorSandbox`. A wish is known by its reference, so asking twice is once."""

    _jobs: Jobs

    @abstractmethod
    def _job(self, request: Request, id: str, operation: str) -> Job: ...

    @route("GET", "/v1/bookings/<id>/times", operation="other_times")
    def other_times(self, request: Request, id: str) -> object:
        """Mornings and evenings of the next days."""
        self._changeable(self._job(request, id, "other_times"))
        return {"times": [_shown(start) for start in self._starts()]}

    @route("POST", "/v1/bookings/<id>/reschedule", operation="reschedule")
    def reschedule(self, request: Request, id: str) -> object:
        """Deliver at one of the other times."""
        job, wish = self._job(request, id, "reschedule"), request.get_json()
        start = next((each for each in self._starts() if _id(each) == wish["time"]), None)
        if start is None:
            refuse("time_not_offered")

        def move() -> None:
            job.deliver_by = start + LASTS
            later = start + INTO_THE_WINDOW - job.plan[-1][0] if job.plan else timedelta()
            job.plan = [(at + later, step) for at, step in job.plan]

        return self._agreed(job, wish["reference"], move)

    @route("POST", "/v1/bookings/<id>/redirect", operation="redirect")
    def redirect(self, request: Request, id: str) -> object:
        """Take it to a service point."""
        job, wish = self._job(request, id, "redirect"), request.get_json()

        def turn() -> None:
            job.order = {**job.order, "service_point": wish["service_point"]}
            begun = {event["code"] for event in job.events}
            ahead = [step for step in lives()[COLLECTED] if step.code not in begun]
            job.plan = [(self.now() + timedelta(seconds=step.after_s), step) for step in ahead]

        return self._agreed(job, wish["reference"], turn)

    def _agreed(self, job: Job, reference: str, change: Any) -> Response:
        decides_at = job.wishes.get(reference)
        if decides_at is None:
            self._changeable(job)
            outcome = outcome_of(job.order, "divert").word
            if outcome in REFUSALS:
                refuse(outcome)
            decides_at = self.now() + (DECIDES_AFTER if outcome == "pending" else timedelta())
            job.wishes[reference] = decides_at
            change()
            self._jobs.remind(job)
        if self.now() < decides_at:
            return answer({"status": "pending"}, 202)
        return answer({"status": "agreed", "deliver_by": job.deliver_by.isoformat()})

    def _changeable(self, job: Job) -> None:
        if job.cancelled or job.on_vehicle:
            refuse("on_vehicle")

    def _starts(self) -> list[datetime]:
        now = self.now()
        days = [now.date() + timedelta(days=ahead) for ahead in range(1, DAYS + 1)]
        return [datetime.combine(day, time(hour), now.tzinfo) for day in days for hour in HOURS]


def _id(start: datetime) -> str:
    return f"{start:%Y-%m-%dT%H}"


def _shown(start: datetime) -> dict[str, str]:
    return {"id": _id(start), "start": start.isoformat(), "end": (start + LASTS).isoformat()}
