"""Stuart's server, simulated: new tokens are not known at once, references are unique, couriers move on request.

    POST /_sim/advance {"carrier_reference": "<delivery id>", "to": ...}

`to` is a delivery's status, or `given_back` (the courier gives it back), `refused` (the recipient does not take it: the
way back begins), `returned`, `stacked` (operations move it into a new job, with new ids) or `expired`. Every status up
to it is passed and pushed.

Recipients in a postal code of `REFUSED` are refused. `lagging_calls` says how many calls with a new token are refused.
Source: StuartApp/stuart-client-php@f12738f; community.stuart.engineering, threads 427 and 2408.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any, ClassVar, NoReturn

from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Request, Response

from carriers.base import Clock, Money, utc_now
from carriers.base.simulator import Ledger, Push, Simulator, abort, answer, route
from carriers.stuart.adapter import Stuart

TOKEN_LIVES_S = 30 * 24 * 3600
PRICE = {"price_tax_included": 11.7, "price_tax_excluded": 9.75}
PAGE = 25

OUTBOUND = (
    "pending",
    "picking",
    "almost_picking",
    "waiting_at_pickup",
    "delivering",
    "almost_delivering",
    "waiting_at_dropoff",
    "delivered",
)
WAY_BACK = ("picking", "almost_picking", "waiting_at_pickup", "delivered")
CANCELLABLE = OUTBOUND[:4]
NOT_TAKEN = "end-customer_refused_package"
ENDED = ("delivered", "cancelled")
# What a job is called whose delivery has this status.
JOB_STATUSES = {"pending": "searching", "delivered": "finished", "cancelled": "canceled"}
REFUSED = {
    "00000": ("ADDRESS_INVALID", "A destination address is not in a valid delivery area"),
    "00001": ("JOB_DISTANCE_NOT_ALLOWED", "Job distance exceeded the maximum range of the selected transport type"),
    "00002": ("CANT_GEOCODE_ADDRESS", "The address can't be geocoded"),
}

Wire = dict[str, Any]


class SimulatorStuart(Simulator):
    """One client's jobs."""

    carrier = Stuart
    secrets: ClassVar[Mapping[str, str]] = {
        "client_id": "simulated-client",
        "client_secret": "simulated-client-secret",
        "webhook_secret": "simulated-webhook-token",
    }

    def __init__(self, *, ledger: Ledger | None = None, clock: Clock = utc_now) -> None:
        super().__init__(ledger=ledger, clock=clock)
        self.lagging_calls = 0
        self._tokens: dict[str, int] = {}
        self._jobs: list[Wire] = []
        self._orders: dict[int, Wire] = {}
        self._ids = itertools.count(100_011_001)

    @route("POST", "/oauth/token", operation="token")
    def token(self, request: Request) -> object:
        """A bearer token for the one client on file, which other servers learn of later."""
        form = request.form
        given = (form.get("client_id"), form.get("client_secret"), form.get("grant_type"))
        if given != (self.secrets["client_id"], self.secrets["client_secret"], "client_credentials"):
            return answer({"error": "invalid_client", "error_description": "Client authentication failed"}, 401)
        token = token_urlsafe(24)
        self._tokens[token] = self.lagging_calls
        return {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIVES_S}

    @route("POST", "/v2/jobs/pricing", operation="quote")
    def price(self, request: Request) -> object:
        """A price that binds nobody."""
        self._admit(request)
        _check(request.get_json()["job"])
        return {"amount": PRICE["price_tax_included"], "currency": "EUR"}

    @route("POST", "/v2/jobs", operation="book")
    def create(self, request: Request) -> object:
        """A job with one delivery; its reference must not be under way already."""
        self._admit(request)
        order = request.get_json()["job"]
        _check(order)
        (dropoff,) = order["dropoffs"]
        reference = dropoff.get("client_reference", "")
        if any(each["client_reference"] == reference and each["status"] not in ENDED for each in self._deliveries()):
            _refuse("JOB_DELIVERIES_INVALID", "Deliveries are invalid", {"deliveries": ["client_reference is taken"]})
        job = self._job(dropoff)
        (delivery,) = job["deliveries"]
        self.booked(str(delivery["id"]), reference, Money.parse(str(PRICE["price_tax_included"]), "EUR"))
        self._tell(job, delivery)
        return answer(job, 201)

    @route("GET", "/v2/jobs", operation="track")
    def list_jobs(self, request: Request) -> object:
        """Jobs, newest first, a page at a time."""
        self._admit(request)
        wanted = request.args.get("client_reference")
        found = [
            job
            for job in reversed(self._jobs)
            if wanted in (None, *(each["client_reference"] for each in job["deliveries"]))
        ]
        start = (request.args.get("page", 1, int) - 1) * PAGE
        return found[start : start + PAGE]

    @route("POST", "/v2/deliveries/<int:id_>/cancel", operation="cancel")
    def cancel(self, request: Request, id_: int) -> object:
        """Cancelled, as long as the courier has not got it."""
        self._admit(request)
        job, delivery = self._found(id_) or _refuse("NOT_FOUND", "No such delivery", status=404)
        if delivery["status"] != "cancelled":
            if delivery["status"] not in CANCELLABLE:
                _refuse("RECORD_INVALID", "The delivery can't be cancelled any more")
            self._cancel(job, delivery, "customer_cancellation_requested", by="client")
        return Response(status=204)

    def advance(self, carrier_reference: str, to: str) -> None:
        """Pass every status up to one, or come to another end."""
        found = self._found(int(carrier_reference)) if carrier_reference.isdigit() else None
        if found is None:
            raise NotFound(f"no delivery {carrier_reference}")
        job, delivery = found
        if delivery["status"] in ENDED:
            raise BadRequest(f"{carrier_reference} is over: {delivery['status']}")
        life = WAY_BACK if delivery["cancellation"]["reason_key"] == NOT_TAKEN else OUTBOUND
        if to in life:
            return self._pass(job, delivery, life, to)
        ends = {
            "expired": lambda: self._cancel(job, delivery, "job_expired", by="system"),
            "given_back": lambda: self._reach(job, delivery, "pending", "courier_issue"),
            "stacked": lambda: self._stack(job, delivery),
            "refused": lambda: self._send_back(job, delivery, "picking"),
            "returned": lambda: self._send_back(job, delivery, "delivered"),
        }
        if to not in ends:
            raise BadRequest(f"a delivery does not become {to!r}")
        return ends[to]()

    def _admit(self, request: Request) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        lagging = self._tokens.get(token)
        if lagging:
            self._tokens[token] = lagging - 1
        if lagging != 0:
            _refuse("INVALID_GRANT", "The access token is invalid", status=401)

    def _deliveries(self) -> list[Wire]:
        return [delivery for job in self._jobs for delivery in job["deliveries"]]

    def _found(self, id_: int) -> tuple[Wire, Wire] | None:
        pairs = ((job, delivery) for job in self._jobs for delivery in job["deliveries"])
        return next(((job, delivery) for job, delivery in pairs if delivery["id"] == id_), None)

    def _job(self, dropoff: Wire) -> Wire:
        number = next(self._ids)
        delivery = {
            "id": next(self._ids),
            "status": "pending",
            "client_reference": dropoff.get("client_reference", ""),
            "package_type": dropoff["package_type"],
            "tracking_url": f"https://stuart.followmy.delivery/{number}",
            "cancellation": _why(None, None),
        }
        job = {"id": number, "status": "new", "deliveries": [delivery], "pricing": PRICE}
        self._orders[number] = dropoff
        self._jobs.append(job)
        return job

    def _pass(self, job: Wire, delivery: Wire, life: tuple[str, ...], last: str) -> None:
        for status in life[life.index(delivery["status"]) + 1 : life.index(last) + 1]:
            self._reach(job, delivery, status, delivery["cancellation"]["reason_key"])

    def _send_back(self, job: Wire, delivery: Wire, last: str) -> None:
        """The recipient does not take it: the courier picks it up again, so to say, and delivers it to the sender."""
        self._pass(job, delivery, OUTBOUND, "waiting_at_dropoff")
        self._reach(job, delivery, "picking", NOT_TAKEN)
        self._pass(job, delivery, WAY_BACK, last)

    def _reach(self, job: Wire, delivery: Wire, status: str, reason: str | None) -> None:
        delivery.update(status=status, cancellation=_why(reason, "operations" if reason else None))
        job["status"] = JOB_STATUSES.get(status, "in_progress")
        if status == "delivered" and reason is None:
            job["proof_of_delivery_url"] = f"https://files.stuart.com/{delivery['id']}.jpg"
        self._tell(job, delivery)

    def _cancel(self, job: Wire, delivery: Wire, reason: str, by: str) -> None:
        delivery.update(status="cancelled", cancellation=_why(reason, by))
        job["status"] = "expired" if reason == "job_expired" else "canceled"
        self._tell(job, delivery)
        self.cancelled(str(delivery["id"]))

    def _stack(self, job: Wire, delivery: Wire) -> None:
        """The paid booking goes on under other ids: in the books, the old one is not cancelled but renamed."""
        status = delivery["status"]
        delivery.update(status="cancelled", cancellation=_why("manually_stacked", "operations"))
        job["status"] = "canceled"
        self._tell(job, delivery)
        new = self._job(self._orders[job["id"]])
        (moved,) = new["deliveries"]
        self.cancelled(str(delivery["id"]))
        self.booked(str(moved["id"]), moved["client_reference"], Money.parse("11.70", "EUR"))
        self._reach(new, moved, status, None)

    def _tell(self, job: Wire, delivery: Wire) -> None:
        """Push what changed, once as a delivery and once as a job: two shapes of one scan."""
        told = {
            "id": delivery["id"],
            "status": delivery["status"],
            "clientReference": delivery["client_reference"],
            "etaToDestination": None,
            "cancellation": {
                "canceledBy": delivery["cancellation"]["canceled_by"],
                "reasonKey": delivery["cancellation"]["reason_key"],
                "comment": None,
            },
        }
        named = [{"id": each["id"], "clientReference": each["client_reference"]} for each in job["deliveries"]]
        data = {"id": job["id"], "status": job["status"], "currentDelivery": told, "deliveries": named}
        for event, body in (("delivery", told), ("job", data)):
            name = f"{event}/{delivery['id']}/{delivery['status']}/{next(self._ids)}"
            self.push(Push(event_id=name, json={"event": event, "type": "update", "data": body}))


def _why(reason: str | None, by: str | None) -> Wire:
    return {"canceled_by": by, "reason_key": reason, "comment": None}


def _check(order: Wire) -> None:
    (dropoff,) = order["dropoffs"]
    for postal_code, (code, message) in REFUSED.items():
        if f" {postal_code} " in dropoff["address"]:
            _refuse(code, message, {"job.dropoffs.address": ["is not in a valid area"]})


def _refuse(code: str, message: str, data: Mapping[str, object] | None = None, status: int = 422) -> NoReturn:
    """Answer with an error."""
    abort(answer({"error": code, "message": message, **({"data": dict(data)} if data else {})}, status))


SIMULATOR = SimulatorStuart
