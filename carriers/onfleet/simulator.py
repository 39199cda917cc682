"""Onfleet's server, simulated: tasks with dependencies and metadata, drivers on request.

    POST /_sim/advance {"carrier_reference": "<id of a dropoff>", "to": ...}

`to` is a step (`assigned`, `to_pickup`, `picked_up`, `out_for_delivery`, `delivered`; every step up to it is passed
and pushed), `failed` (the dropoff completed without success), `pickup_failed`, `unassigned` (the driver drops out
before the pickup), `nearby`, `proof` (uploads that come after the end), `copy` (a dispatcher's copy of a failed
dropoff, under way, which advances like any other) or `deleted` (by a dispatcher).

Addresses with a postal code of `REFUSED_AT_PICKUP` or `REFUSED_AT_DROPOFF` are refused there. That a begun task is
refused with 400 when it is deleted is our assumption.
Source: docs.onfleet.com; test/response.js of github.com/onfleet/node-onfleet@6f2ca32; tests/Response.php of
github.com/onfleet/php-onfleet@b592cdf; testwebhooks.py of github.com/onfleet/developer@f70551a.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NoReturn

from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Request, Response

from carriers.base import Clock, utc_now
from carriers.base.simulator import Ledger, Push, Simulator, abort, answer, route
from carriers.onfleet.adapter import Onfleet

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STARTED, ARRIVAL, COMPLETED, FAILED, CREATED, UPDATED, DELETED, ASSIGNED, UNASSIGNED = 0, 2, 3, 4, 6, 7, 8, 9, 10
NAMES = {
    STARTED: "taskStarted",
    ARRIVAL: "taskArrival",
    COMPLETED: "taskCompleted",
    FAILED: "taskFailed",
    CREATED: "taskCreated",
    UPDATED: "taskUpdated",
    DELETED: "taskDeleted",
    ASSIGNED: "taskAssigned",
    UNASSIGNED: "taskUnassigned",
}
STEPS = ("created", "assigned", "to_pickup", "picked_up", "out_for_delivery", "delivered")
WORKER = "ZxcnkJi~79nonYaMTQ960Mg2"
REFUSED_AT_PICKUP = {"00001": (400, "InvalidContent", 1011, "The address could not be found.")}
REFUSED_AT_DROPOFF = {
    "00011": (400, "InvalidContent", 1011, "The address could not be found."),
    "00012": (401, "InvalidCredentials", 1102, "The API key provided is invalid."),
    "00013": (429, "TooManyRequests", 2300, "Rate limit exceeded."),
}
CARD = """[zones]
zone,country,postcodes
everywhere,US,*

[prices]
zone,service,max_weight_g,price_minor,currency
everywhere,same_day,20000,1200,USD
"""

Wire = dict[str, Any]


class SimulatorOnfleet(Simulator):
    """One organisation's tasks."""

    carrier = Onfleet
    secrets: ClassVar[Mapping[str, str]] = {
        "api_key": "a98b7123a973e8c903612e63c8c31a64",
        "webhook_secret": "0123456789abcdef" * 4,
    }
    options: ClassVar[Mapping[str, object]] = {"rate_card": CARD}

    def __init__(self, *, ledger: Ledger | None = None, clock: Clock = utc_now) -> None:
        super().__init__(ledger=ledger, clock=clock)
        self.tasks: dict[str, Wire] = {}
        self._made = 0

    @route("POST", "/api/v2/tasks", operation="book")
    def create(self, request: Request) -> object:
        """A task; of a pair, the dropoff is what is paid."""
        self._admit(request)
        body = request.get_json()
        address = str(body.get("destination", {}).get("address", {}).get("unparsed", ""))
        refused = REFUSED_AT_PICKUP if body.get("pickupTask") else REFUSED_AT_DROPOFF
        for code, error in refused.items():
            if f", {code}, " in address:
                _refuse(*error)
        if not address:
            _refuse(400, "InvalidContent", 1000, "The values for one or more parameters are invalid.")
        for who in body.get("recipients", []):
            if not str(who.get("phone", "")).startswith("+"):
                _refuse(400, "InvalidContent", 1010, "The phone number is invalid.")
        if any(id_ not in self.tasks for id_ in body.get("dependencies", [])):
            _refuse(400, "InvalidContent", 1003, "A dependency does not exist.")
        return self._new(body)

    @route("GET", "/api/v2/tasks/<id_>", operation="track")
    def get(self, request: Request, id_: str) -> object:
        """The task as it is."""
        self._admit(request)
        return self._known(id_)

    @route("DELETE", "/api/v2/tasks/<id_>", operation="cancel")
    def delete(self, request: Request, id_: str) -> object:
        """Deleted, as long as no driver has begun it."""
        self._admit(request)
        if self._known(id_)["state"] >= 2:
            _refuse(400, "InvalidContent", 1000, "A task that is active or completed cannot be deleted.")
        self._delete(id_)
        return Response(status=200)

    @route("POST", "/api/v2/tasks/metadata", operation="find")
    def search(self, request: Request) -> object:
        """The tasks that carry all of this metadata."""
        self._admit(request)
        wanted = [(each["name"], each["value"]) for each in request.get_json()]
        return [
            task
            for task in self.tasks.values()
            if set(wanted) <= {(each["name"], each["value"]) for each in task["metadata"]}
        ]

    def advance(self, carrier_reference: str, to: str) -> None:
        """Pass every step up to one, or do what a driver or a dispatcher does."""
        dropoff = self.tasks.get(carrier_reference)
        if dropoff is None:
            raise NotFound(f"no task {carrier_reference}")
        pickup = self.tasks.get(next(iter(dropoff["dependencies"]), ""), dropoff)
        if to in STEPS:
            self._reach(pickup, dropoff, to)
        elif to == "failed":
            self._reach(pickup, dropoff, "out_for_delivery")
            self._end(dropoff, False)
        elif to == "pickup_failed":
            self._reach(pickup, dropoff, "to_pickup")
            self._end(pickup, False)
        else:
            self._intervene(pickup, dropoff, to)

    def _intervene(self, pickup: Wire, dropoff: Wire, to: str) -> None:
        """What is no step of its own."""
        match to:
            case "unassigned":
                self._unassign(pickup, dropoff)
            case "nearby":
                self._tell(ARRIVAL, dropoff, distance=100)
            case "proof":
                self._prove(dropoff)
            case "copy":
                self._copy(dropoff)
            case "deleted":
                self._delete(dropoff["id"])
            case _:
                raise BadRequest(f"a delivery does not become {to!r}")

    def _reach(self, pickup: Wire, dropoff: Wire, to: str) -> None:
        done = STEPS.index(_step(pickup, dropoff))
        for step in STEPS[done + 1 : STEPS.index(to) + 1]:
            if step == "assigned":
                self._assign(pickup)
                self._assign(dropoff)
            elif step in ("to_pickup", "out_for_delivery"):
                self._start(pickup if step == "to_pickup" else dropoff)
            else:
                self._end(pickup if step == "picked_up" else dropoff, True)

    def _assign(self, task: Wire) -> None:
        task |= {"state": 1, "worker": WORKER}
        self._tell(ASSIGNED, task)

    def _unassign(self, *pair: Wire) -> None:
        for task in pair:
            task |= {"state": 0, "worker": None}
            self._tell(UNASSIGNED, task)

    def _start(self, task: Wire) -> None:
        task |= {"state": 2, "worker": WORKER, "estimatedCompletionTime": self._ms(timedelta(minutes=20))}
        task["completionDetails"]["events"] = [{"name": "start", "time": self._ms()}]
        self._tell(STARTED, task)

    def _end(self, task: Wire, success: bool) -> None:
        lon, lat = task["destination"].get("location") or (-122.4, 37.77)
        reason = "NONE" if success else "CUSTOMER_UNAVAILABLE"
        ended = {"success": success, "time": self._ms(), "failureReason": reason, "lastLocation": [lon, lat]}
        task["state"] = 3
        task["completionDetails"] |= ended
        self._tell(COMPLETED if success else FAILED, task)

    def _prove(self, task: Wire) -> None:
        uploads = {"photoUploadId": "1cf9c8d5d00a763865729825", "signatureText": "Joan P."}
        task["completionDetails"] |= uploads
        self._tell(UPDATED, task)

    def _copy(self, task: Wire) -> None:
        kept = ("destination", "recipients", "metadata", "pickupTask", "notes", "quantity")
        copy = self._new({name: task[name] for name in kept} | {"sourceTaskId": task["id"]})
        self._assign(copy)
        self._start(copy)

    def _delete(self, id_: str) -> None:
        task = self.tasks.pop(id_)
        if any(booking.carrier_reference == id_ for booking in self.ledger.view().bookings):
            self.cancelled(id_)
        self._tell(DELETED, task)

    def _new(self, body: Wire) -> Wire:
        self._made += 1
        id_ = f"{self._made:022d}*~"
        task = {
            "dependencies": [],
            "metadata": [],
            "recipients": [],
            "pickupTask": False,
            **body,
            "id": id_,
            "timeCreated": self._ms(),
            "timeLastModified": self._ms(),
            "organization": "nYrkNP6jZMSKgBwG9qG7ci3J",
            "shortId": f"{self._made:08x}",
            "trackingURL": f"https://onf.lt/{self._made:08x}",
            "worker": None,
            "state": 0,
            "completionDetails": {"failureNotes": "", "failureReason": "NONE", "events": [], "time": None},
        }
        self.tasks[id_] = task
        reference = next((each["value"] for each in task["metadata"] if each["name"] == "externalId"), "")
        if task["dependencies"]:
            self.booked(id_, reference, None)
        self._tell(CREATED, task)
        return task

    def _tell(self, trigger: int, task: Wire, **extra: object) -> None:
        task["timeLastModified"] = self._ms()
        event = {
            "taskId": task["id"],
            "workerId": task["worker"],
            "adminId": None,
            "actionContext": None,
            "triggerId": trigger,
            "triggerName": NAMES[trigger],
            "time": self._ms(),
            "data": {"task": {**task, "completionDetails": {**task["completionDetails"]}}},
            **extra,
        }
        self.push(Push(event_id=f"{task['id']}:{trigger}:{event['time']}", json=event))

    def _admit(self, request: Request) -> None:
        """Basic with the key as user; the SDK for Node leaves the colon out."""
        key = self.secrets["api_key"]
        accepted = {f"Basic {b64encode(text.encode()).decode()}" for text in (key, f"{key}:")}
        if request.headers.get("Authorization") not in accepted:
            _refuse(401, "InvalidCredentials", 1102, "The API key provided is invalid.")

    def _known(self, id_: str) -> Wire:
        found = self.tasks.get(id_)
        return found or _refuse(404, "ResourceNotFound", 1003, "The requested resource does not exist.")

    def _ms(self, ahead: timedelta = timedelta()) -> int:
        return (self.now() + ahead - EPOCH) // timedelta(milliseconds=1)


def _step(pickup: Wire, dropoff: Wire) -> str:
    """How far a pair has come."""
    if dropoff["state"] >= 2:
        return "out_for_delivery" if dropoff["state"] == 2 else "delivered"
    return ("created", "assigned", "to_pickup", "picked_up")[pickup["state"]]


def _refuse(status: int, code: str, number: int, message: str) -> NoReturn:
    detail = {"error": number, "message": message, "request": "ec76efd0-b8c0-484a-ad5f-725c5bbee869", "cause": ""}
    abort(answer({"code": code, "message": detail}, status))


SIMULATOR = SimulatorOnfleet
