"""The sandbox's routes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from werkzeug.wrappers import Request, Response

from carriers.base import Clock, Money, utc_now
from carriers.base.simulator import Fault, Ledger, Push, answer, route
from carriers.sandbox.adapter import IDEMPOTENCY, Sandbox
from carriers.sandbox.simulator.diverting import DIVERTING, Diverting
from carriers.sandbox.simulator.jobs import Job, Jobs
from carriers.sandbox.simulator.labels import KINDS, label
from carriers.sandbox.simulator.points import points
from carriers.sandbox.simulator.refusals import REFUSALS, refuse
from carriers.sandbox.simulator.scenarios import BACK, TO_DOOR, Step, outcome_of, prices

QUOTE_LIVES = timedelta(minutes=15)
LATE = timedelta(seconds=300)
LABEL_READY = timedelta(seconds=60)
DEARER = Decimal("1.25")
PROMISE_H = {"INSTANT": 2, "SAME_DAY": 8, "NEXT_DAY": 24, "POINT": 48}
CO2E_G = {"INSTANT": 900, "SAME_DAY": 450, "NEXT_DAY": 300, "POINT": 180}

Json = Mapping[str, Any]


class SimulatorSandbox(Diverting):
    """Quotes, books, cancels, labels, tracks and pushes; reference or postcode choose what becomes of it."""

    carrier = Sandbox
    secrets: ClassVar[Mapping[str, str]] = {"api_key": "sandbox-key", "webhook_secret": "sandbox-secret"}

    def __init__(self, *, ledger: Ledger | None = None, clock: Clock = utc_now) -> None:
        super().__init__(ledger=ledger, clock=clock)
        # A ledger that is continued has numbers in it already.
        self._jobs = Jobs(numbers_used=len(self.ledger.view().bookings))
        self._quotes: dict[str, tuple[Money, datetime]] = {}
        self._spoilt: set[tuple[str, str]] = set()
        self._once: dict[tuple[str, str], Job] = {}
        self._pickups: dict[str, Json] = {}
        self._listed: set[str] = set()

    def fault(self, operation: str, request: Request, variables: Mapping[str, Any]) -> Fault | None:
        """What was ordered, else what the outcome says; of a booking's calls only the first is spoilt."""
        job = self._jobs.known(variables.get("id", ""))
        order = job.order if job else request.get_json(silent=True) or {}
        chosen = outcome_of(order, DIVERTING.get(operation, operation)).fault
        spoilt = (operation, order.get("reference", ""))
        if spoilt in self._spoilt:
            chosen = None
        elif chosen and spoilt[1]:
            self._spoilt.add(spoilt)
        return super().fault(operation, request, variables) or chosen

    @route("POST", "/v1/quotes", operation="quote")
    def quote(self, request: Request) -> object:
        """Rates for every service that was asked for, or for all."""
        order = self._order(request)
        outcome = outcome_of(order, "quote").word
        if outcome in REFUSALS:
            refuse(outcome)
        price_list = prices().get(order["from"]["country"])
        if outcome == "not_served" or price_list is None or order["to"]["country"] not in prices():
            return {"quotes": []}
        asked = order.get("services") or (["POINT"] if order.get("service_point") else TO_DOOR)
        weight_g, ways = _weight_g(order), order.get("return") or [""]
        prices_of = {(service, way): price_list.of(service, weight_g, BACK[way]) for service in asked for way in ways}
        return {"quotes": [self._quoted(service, price, order, way) for (service, way), price in prices_of.items()]}

    def _quoted(self, service: str, price: Money, order: Json, way: str) -> Json:
        number = f"Q{len(self._quotes) + 1}-{service}"
        expires_at = self.now() + QUOTE_LIVES
        self._quotes[number] = (price, expires_at)
        window = order.get("window") or {}
        return {
            "id": number,
            "service": service,
            "price": _shown(price),
            "fees": [],
            "pickup_by": (_ready_at(order) + timedelta(minutes=30)).isoformat(),
            "deliver_from": window.get("start"),
            "deliver_by": _promise(service, order).isoformat(),
            "expires_at": expires_at.isoformat(),
            "co2e_g": CO2E_G[service],
            **({"way": way} if way else {}),
        }

    @route("POST", "/v1/bookings", operation="book")
    def book(self, request: Request) -> object:
        """Book a quoted rate; the same Idempotency-Key again is the same booking, unless that is lacking."""
        order = self._order(request)
        account = request.headers.get("Sandbox-Account", "")
        key = (account, request.headers.get("Idempotency-Key") or order["reference"])
        job = None if IDEMPOTENCY in _without(request) else self._once.get(key)
        if job is None:
            job = self._once[key] = self._booked(order, account)
        self.tick()
        return answer({"booking": job.shown()}, 201) if job.events else answer({"status": "processing"}, 202)

    def _booked(self, order: Json, account: str) -> Job:
        outcome = outcome_of(order, "book").word
        if outcome in REFUSALS:
            refuse(outcome)
        price, expires_at = self._quotes.get(order["quote_id"], (None, self.now()))
        if price is None or expires_at <= self.now():
            refuse("quote_expired")
        if outcome == "dearer":
            price = price.share(DEARER)
        if outcome == "other_currency":
            price = Money(price.amount.to_integral_value(), "EUR" if price.currency != "EUR" else "USD")
        job = Job(
            id=self._jobs.next_id(),
            order=order,
            account=account,
            price=price,
            deliver_by=_promise(order["service"], order),
            appears_at=self.now() + (LATE if outcome == "late" else timedelta()),
        )
        self._jobs.add(job)
        return job

    @route("GET", "/v1/bookings", operation="find")
    def find(self, request: Request) -> object:
        """Bookings that stand under a reference."""
        self._authorize(request, "find")
        self.tick()
        return {"bookings": [job.shown() for job in self._jobs.standing(request.args["reference"])]}

    @route("POST", "/v1/bookings/<id>/cancel", operation="cancel")
    def cancel(self, request: Request, id: str) -> object:
        """Until it is picked up; cancelling twice is the same as once."""
        job = self._job(request, id, "cancel")
        outcome = outcome_of(job.order, "cancel").word
        if job.cancelled:
            return {"status": "cancelled"}
        if outcome == "too_late" or job.taken:
            refuse("too_late")
        step = Step(after_s=0, code="CANCELLED", detail="BY_SHIPPER", where="origin")
        if outcome == "pending":
            job.plan = [(self.now() + LATE, step)]
            self._jobs.remind(job)
            return answer({"status": "pending"}, 202)
        job.plan.clear()
        self._happen(job, step, self.now())
        return {"status": "cancelled"}

    @route("GET", "/v1/bookings/<id>/label", operation="label")
    def label(self, request: Request, id: str) -> Response:
        """The label, in the format asked for."""
        job = self._job(request, id, "label")
        outcome = outcome_of(job.order, "label").word
        if outcome == "not_ready" and self.now() < job.appears_at + LABEL_READY:
            refuse("not_found")
        kind = request.args.get("format", "pdf")
        if kind not in KINDS:
            refuse("no_such_format")
        to = job.order["to"]
        shown = ("name", "street1", "postal_code", "city", "country")
        content, content_type = label(kind, job.tracking_number, [to.get(name, "") for name in shown])
        if outcome == "corrupt":
            content = content[: len(content) // 2]
        return Response(content, content_type=content_type)

    @route("GET", "/v1/bookings/<id>/proof", operation="proof_of_delivery")
    def proof(self, request: Request, id: str) -> object:
        """Who took it."""
        return self._job(request, id, "proof_of_delivery").proof() or refuse("not_found")

    @route("GET", "/v1/tracking", operation="track")
    def track(self, request: Request) -> object:
        """Every scan of the numbers that are known."""
        self._authorize(request, "track")
        self.tick()
        known = map(self._jobs.known, request.args["numbers"].split(","))
        return {"shipments": [job.tracked(job.events) for job in known if job and job.events]}

    @route("POST", "/v1/pickups", operation="schedule_pickup")
    def schedule_pickup(self, request: Request) -> object:
        """A collection; the same reference again is the same pickup."""
        order = self._order(request)
        number = f"P-{order['reference']}"
        pickup = {"id": number, "earliest": order["ready_at"], "latest": order["closes_at"]}
        return answer(self._pickups.setdefault(number, pickup), 201)

    @route("DELETE", "/v1/pickups/<id>", operation="cancel_pickup")
    def cancel_pickup(self, request: Request, id: str) -> object:
        """Call a collection off."""
        self._authorize(request, "cancel_pickup")
        if id not in self._pickups:
            refuse("not_found")
        return {"status": "cancelled"}

    @route("POST", "/v1/manifests", operation="close_manifest")
    def close_manifest(self, request: Request) -> object:
        """The bookings it has that are on no other list."""
        order = self._order(request)
        wanted = [each["tracking_number"] for each in order["bookings"]]
        fresh = [number for number in wanted if self._jobs.known(number) and number not in self._listed]
        self._listed.update(fresh)
        listed = [{"tracking_number": number} for number in fresh]
        return answer({"id": f"M-{len(self._listed)}", "bookings": listed}, 201)

    @route("GET", "/v1/service-points", operation="service_points")
    def service_points(self, request: Request) -> object:
        """Shops and lockers that do not exist."""
        self._authorize(request, "service_points")
        near = request.args
        found = points(near["country"], near["postal_code"], int(near["radius_m"]), int(near["limit"]))
        return {"service_points": found}

    def advance(self, carrier_reference: str, to: str) -> None:
        """The planned scans up to a code happen now; a code that is not planned happens by itself."""
        job = self._jobs.known(carrier_reference)
        if job is None:
            refuse("not_found")
        code = to.upper()
        planned = [step.code for _, step in job.plan]
        count = planned.index(code) + 1 if code in planned else int(not job.events)
        for _ in range(count):
            _, step = job.plan.pop(0)
            self._happen(job, step, self.now())
        if code not in planned:
            self._happen(job, Step(after_s=0, code=code, detail="", where="hub"), self.now())

    def tick(self) -> None:
        """Bookings and scans whose time has come happen."""
        for job, step, at in self._jobs.due(self.now()):
            self._happen(job, step, at)

    def _happen(self, job: Job, step: Step, at: datetime) -> None:
        if not job.events:
            self.booked(job.id, job.order["reference"], job.price, job.account)
        event = job.happen(step, at)
        if step.code == "CANCELLED":
            self.cancelled(job.id)
        message = {"id": event["id"], "type": "tracking", "shipment": job.tracked([event])}
        self.push(Push(event_id=event["id"], json=message, url=job.order.get("webhook_url", "")))

    def _order(self, request: Request) -> Json:
        self._authorize(request)
        order: Json = request.get_json()
        return order

    def _job(self, request: Request, id: str, operation: str) -> Job:
        self._authorize(request, operation)
        self.tick()
        job = self._jobs.known(id)
        if job is None or not job.events:
            refuse("not_found")
        return job

    def _authorize(self, request: Request, operation: str = "") -> None:
        if request.headers.get("Authorization") != f"Bearer {self.secrets['api_key']}":
            refuse("unauthorized")
        if operation in _without(request):
            refuse("not_found")


def _without(request: Request) -> set[str]:
    return set(filter(None, request.headers.get("Sandbox-Without", "").split(",")))


def _weight_g(order: Json) -> int:
    return sum(parcel["weight_g"] for parcel in order["parcels"])


def _ready_at(order: Json) -> datetime:
    return datetime.fromisoformat(order["ready_at"])


def _promise(service: str, order: Json) -> datetime:
    window = order.get("window")
    if window:
        return datetime.fromisoformat(window["end"])
    return _ready_at(order) + timedelta(hours=PROMISE_H[service])


def _shown(price: Money) -> Json:
    return {"amount": str(price.amount), "currency": price.currency}
