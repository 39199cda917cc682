"""InPost's ShipX, simulated: labels are bought seconds after the booking, or not at all; parcels move on request.

    POST /_sim/advance {"carrier_reference": "1000000001", "to": ...}

`to` is a scan of `LIFE`, all of which up to it are passed, or any other status of `statuses.csv`, which follows the
scan `out_for_delivery`. Every scan is pushed. Buying takes `BUYING` of the simulated present and happens when anybody
looks, or with `/_sim/clock`. A receiver in post code 00-001 is one whose sender has no funds, in 00-002 one whom no
offer fits. Source: "API ShipX" (dokumentacja-inpost.atlassian.net), recordings of github.com/xGrz/inpost-plugin.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Request, Response

from carriers.base import Clock, Money, utc_now
from carriers.base.simulator import Ledger, Push, Simulator, answer, route
from carriers.inpost.adapter import InPost
from carriers.inpost.simulator_desk import SERVICES, WARSAW, check, nearest, offers, printed, refuse

ORG = "/v1/organizations/<organization>"
BUYING = timedelta(seconds=5)
OFFERS_LIVE = timedelta(minutes=5)
LIFE = (
    "confirmed",
    "collected_from_sender",
    "adopted_at_source_branch",
    "sent_from_source_branch",
    "adopted_at_target_branch",
    "out_for_delivery",
    "ready_to_pickup",
    "delivered",
)
BEFORE_OTHERS = "out_for_delivery"
NO_FUNDS, NO_OFFER = "00-001", "00-002"
CANCELLABLE = ("created", "offers_prepared")

Wire = dict[str, Any]


class SimulatorInPost(Simulator):
    """One organisation's shipments."""

    carrier = InPost
    secrets: ClassVar[Mapping[str, str]] = {"token": "simulated-shipx-token", "webhook_secret": "simulated-url-token"}
    options: ClassVar[Mapping[str, object]] = {"organization_id": 1, "prepaid": True, "insured_value": "50"}

    def __init__(self, *, ledger: Ledger | None = None, clock: Clock = utc_now) -> None:
        super().__init__(ledger=ledger, clock=clock)
        # A ledger that is continued has ids that must not be given twice.
        self._booked_before = len(self.ledger.view().bookings)
        self._shipments: dict[str, Wire] = {}
        self._scans: dict[str, list[Wire]] = {}
        self._dispatch_orders: dict[str, Wire] = {}

    @route("POST", f"{ORG}/shipments/calculate", operation="quote")
    def calculate(self, request: Request, organization: str) -> object:
        """A price for each order; an order that could not be booked has none."""
        self._admit(request, organization)
        orders = request.get_json()["shipments"]
        for order in orders:
            check(order)
        return [{"id": order["id"], **_prices(order)} for order in orders]

    @route("POST", f"{ORG}/shipments", operation="book")
    def create(self, request: Request, organization: str) -> object:
        """A shipment whose label is bought in the background."""
        self._admit(request, organization)
        order, now = request.get_json(), _written(self.now())
        check(order)
        id_ = 1_000_000_001 + self._booked_before + len(self._shipments)
        parcels = order["parcels"] if isinstance(order["parcels"], list) else [order["parcels"]]
        shipment = self._shipments[str(id_)] = {
            **dict.fromkeys(("tracking_number", "selected_offer", "cod", "insurance", "external_customer_id", "mpk")),
            "href": f"{request.host_url}v1/shipments/{id_}",
            "is_return": False,
            **order,
            "id": id_,
            "status": "created",
            "parcels": [{"id": n, "tracking_number": None, **parcel} for n, parcel in enumerate(parcels, start=1)],
            "offers": [],
            "transactions": [],
            "created_at": now,
            "updated_at": now,
        }
        self.booked(str(id_), order.get("reference", ""), Money(_price(order), "PLN"), account=organization)
        return answer(shipment, 201)

    @route("GET", f"{ORG}/shipments", operation="find")
    def listed(self, request: Request, organization: str) -> object:
        """A page of shipments with a reference, newest first."""
        self._admit(request, organization)
        wanted, page = request.args.get("reference"), request.args.get("page", 1, int)
        size = request.args.get("per_page", 25, int)
        found = [each for each in reversed(self._shipments.values()) if wanted in (None, each.get("reference"))]
        items = found[(page - 1) * size : page * size]
        pages = -(-len(found) // size)
        return {"count": len(found), "page": page, "per_page": size, "total_pages": pages, "items": items}

    @route("GET", "/v1/shipments/<id_>", operation="track")
    def shipment(self, request: Request, id_: str) -> object:
        """One shipment as it is now."""
        return self._known(request, id_)

    @route("DELETE", "/v1/shipments/<id_>", operation="cancel")
    def delete(self, request: Request, id_: str) -> object:
        """Cancelled, as long as the label is not bought."""
        shipment = self._known(request, id_)
        if shipment["status"] not in CANCELLABLE:
            refuse("invalid_action", 400)
        shipment.update(status="canceled", updated_at=_written(self.now()))
        self.cancelled(id_)
        return Response(status=204)

    @route("GET", "/v1/shipments/<id_>/label", operation="label")
    def label(self, request: Request, id_: str) -> object:
        """A label, once it is bought."""
        shipment = self._known(request, id_)
        if not shipment["tracking_number"]:
            refuse("label_not_found", 400)
        return printed(request.args.get("format", "Pdf"), shipment["service"], shipment["tracking_number"])

    @route("GET", "/v1/tracking/<number>", operation="track")
    def tracking(self, request: Request, number: str) -> object:
        """The history of a number, newest first; no token is asked for."""
        self.tick()
        found = next((each for each in self._shipments.values() if each["tracking_number"] == number), None)
        if found is None:
            return answer(
                {"status": 404, "error": "resource_not_found", "description": "Not found.", "details": None}, 404
            )
        scans = list(reversed(self._scans[str(found["id"])]))
        return {
            "tracking_number": number,
            "service": found["service"],
            "status": found["status"],
            "tracking_details": scans,
        }

    @route("GET", "/v1/points", operation="service_points")
    def points(self, request: Request) -> object:
        """Points around a place; no token is asked for."""
        return {"page": 1, "total_pages": 1, "items": nearest(request.args)}

    @route("POST", f"{ORG}/dispatch_orders", operation="schedule_pickup")
    def dispatch(self, request: Request, organization: str) -> object:
        """A courier for shipments that have their labels."""
        self._admit(request, organization)
        order = request.get_json()
        for id_ in order.get("shipments") or refuse("validation_failed", 400, {"shipments": ["required"]}):
            if not self._known(request, str(id_))["tracking_number"]:
                refuse("validation_failed", 400, {"shipments": ["invalid"]})
        id_ = str(501 + len(self._dispatch_orders))
        self._dispatch_orders[id_] = {**order, "id": int(id_), "status": "new"}
        return answer(self._dispatch_orders[id_], 201)

    @route("DELETE", "/v1/dispatch_orders/<id_>", operation="cancel_pickup")
    def cancel_dispatch(self, request: Request, id_: str) -> object:
        """The courier is called off."""
        self._admit(request)
        if self._dispatch_orders.pop(id_, None) is None:
            refuse("resource_not_found", 404)
        return Response(status=204)

    @route("GET", f"{ORG}/dispatch_orders/printouts", operation="close_manifest")
    def printout(self, request: Request, organization: str) -> object:
        """The list for the courier."""
        self._admit(request, organization)
        ids = request.args.getlist("shipment_ids[]")
        return printed("Pdf", *(str(self._known(request, id_)["tracking_number"]) for id_ in ids))

    def advance(self, carrier_reference: str, to: str) -> None:
        """Pass every scan up to one, or come to another status."""
        self.tick()
        shipment = self._shipments.get(carrier_reference)
        if shipment is None:
            raise NotFound(f"no shipment {carrier_reference}")
        passed = [scan["status"] for scan in self._scans.get(carrier_reference, ())]
        if not passed or shipment["status"] == "delivered":
            raise BadRequest(f"{carrier_reference} is {shipment['status']}")
        if to not in LIFE and not self.carrier.statuses.lookup(to).listed:
            raise BadRequest(f"a shipment does not become {to!r}")
        last = to if to in LIFE else BEFORE_OTHERS
        for status in (*LIFE[: LIFE.index(last) + 1], to):
            if status not in passed:
                passed.append(status)
                self._scan(shipment, status)

    def tick(self) -> None:
        """Offers are prepared at once; a label that can be paid is bought."""
        for shipment in self._shipments.values():
            if shipment["status"] == "created":
                self._offer(shipment)
            age = self.now() - datetime.fromisoformat(shipment["created_at"])
            fits = any(offer["status"] == "available" for offer in shipment["offers"])
            if shipment["status"] == "offers_prepared" and age >= BUYING and fits:
                self._buy(shipment)

    def _offer(self, shipment: Wire) -> None:
        fits = _post_code(shipment) != NO_OFFER
        ends = _written(datetime.fromisoformat(shipment["created_at"]) + OFFERS_LIVE)
        shipment.update(status="offers_prepared", offers=offers(shipment["service"], fits, ends))
        payload = {"shipment_id": shipment["id"], "offers": shipment["offers"]}
        self._tell("offers_prepared", payload)

    def _buy(self, shipment: Wire) -> None:
        now = _written(self.now())
        paid = _post_code(shipment) != NO_FUNDS
        if shipment["transactions"] and not paid:
            return
        offer = next(each for each in shipment["offers"] if each["status"] == "available")
        details = None if paid else {"error": "insufficient_funds"}
        status = "success" if paid else "failure"
        transaction = {"id": shipment["id"], "status": status, "offer_id": offer["id"], "details": details}
        shipment["transactions"].append({**transaction, "created_at": now, "updated_at": now})
        shipment["updated_at"] = now
        if paid:
            shipment["selected_offer"] = {**offer, "status": "selected"}
            shipment["tracking_number"] = f"6{shipment['id']:023d}"
            self._scans[str(shipment["id"])] = []
            self._scan(shipment, "confirmed")

    def _scan(self, shipment: Wire, status: str) -> None:
        shipment.update(status=status, updated_at=_written(self.now()))
        scan = {"status": status, "origin_status": "SIM", "agency": None, "location": None}
        self._scans[str(shipment["id"])].append({**scan, "datetime": shipment["updated_at"]})
        payload = {"shipment_id": shipment["id"], "tracking_number": shipment["tracking_number"]}
        if status == "confirmed":
            return self._tell("shipment_confirmed", payload)
        if status == "returned_to_sender":
            payload["return_tracking_number"] = f"7{shipment['id']:023d}"
        return self._tell("shipment_status_changed", {**payload, "status": status})

    def _tell(self, event: str, payload: Wire) -> None:
        at = f"{self.now().astimezone(WARSAW):%Y-%m-%d %H:%M:%S %z}"
        name = f"{payload['shipment_id']}:{event}:{payload.get('status', '')}:{at}"
        self.push(Push(event_id=name, json={"event_ts": at, "event": event, "organization_id": 1, "payload": payload}))

    def _admit(self, request: Request, organization: str = "1") -> None:
        if request.headers.get("Authorization") != f"Bearer {self.secrets['token']}":
            refuse("unauthorized", 401)
        if organization != str(self.options["organization_id"]):
            refuse("resource_not_found", 404)
        self.tick()

    def _known(self, request: Request, id_: str) -> Wire:
        self._admit(request)
        return self._shipments.get(id_) or refuse("resource_not_found", 404)


def _written(moment: datetime) -> str:
    return moment.astimezone(WARSAW).isoformat(timespec="milliseconds")


def _post_code(shipment: Wire) -> str:
    return str(shipment["receiver"].get("address", {}).get("post_code", ""))


def _price(order: Wire) -> Decimal:
    return SERVICES[order["service"]] + (Decimal("3.50") if order.get("cod") else 0)


def _prices(order: Wire) -> Wire:
    total, zero = str(_price(order)), "0.00"
    lines = {"fuel_charge_amount": "1.10", "notification_charge_amount": zero, "insurance_charge_amount": zero}
    cod = "3.50" if order.get("cod") else zero
    return {"calculated_charge_amount": total, "cod_charge_amount": cod, **lines}


SIMULATOR = SimulatorInPost
