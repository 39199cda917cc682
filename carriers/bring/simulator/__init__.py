"""A stateful Bring on this machine: rates, books, prints, tracks, pushes and stops; refuses what Bring does.

Where Bring's documents leave something open, it does the likely thing: validation errors come with 400, a
stopped parcel turns around at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from importlib.resources import files
from typing import Any, ClassVar
from uuid import NAMESPACE_URL, uuid5

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from carriers.base import Clock, utc_now
from carriers.base.simulator import Ledger, Push, Simulator, abort, answer, route
from carriers.bring.adapter import Bring
from carriers.bring.simulator import desk, labels, tariff
from carriers.bring.simulator.books import Consignment, Scan
from carriers.bring.simulator.subscriptions import Subscriptions
from carriers.bring.wire.eventcast import PROOF_HEADER
from carriers.bring.wire.local import OSLO

CALLER = {
    "X-Bring-Application": "BMEC",
    "X-bring-Correlation": "sim001",
    "X-bring-Version": "simulated",
    "User-Agent": "Bringcast-Webhook/simulated",
}


class SimulatorBring(Simulator):
    """Bring's server for one Mybring user."""

    carrier = Bring
    secrets: ClassVar[Mapping[str, str]] = {
        "api_uid": "shop@example.com",
        "api_key": "simulated-mybring-key",
        "webhook_secret": "simulated-event-cast-token",
    }
    options: ClassVar[Mapping[str, object]] = {
        "customer_number": "5",
        "client_url": "https://shop.example.com",
    }

    def __init__(self, *, ledger: Ledger | None = None, clock: Clock = utc_now) -> None:
        super().__init__(ledger=ledger, clock=clock)
        self.consignments: dict[str, Consignment] = {}
        self.labels: dict[str, str] = {}
        self._named: dict[str, list[Consignment]] = {}
        # A ledger that is continued has numbers that must not be given twice.
        self._booked_before = len(self.ledger.view().bookings)
        self.subscriptions = Subscriptions()
        self.points: list[dict[str, Any]] = json.loads(
            files("carriers.bring.simulator").joinpath("points.json").read_text("utf-8")
        )

    @route("POST", "/shippingguide/api/v2/products", operation="quote")
    def rate(self, request: Request) -> object:
        """Prices. What does not take the packages is left out; an unknown customer number is an error."""
        order = self._order(request)
        consignments = [self._rated(consignment) for consignment in order.get("consignments", ())]
        return {
            "traceMessages": [],
            "consignments": consignments,
            "uniqueId": _uuid(request.get_data(as_text=True)),
        }

    def _rated(self, consignment: Mapping[str, Any]) -> dict[str, Any]:
        packages = [(int(package["grossWeight"]), _sides(package)) for package in consignment["packages"]]
        priced = []
        for asked in consignment["products"]:
            product = desk.route_of(asked["id"], consignment["fromCountryCode"], consignment["toCountryCode"])
            number = asked.get("customerNumber")
            if number and number not in desk.CUSTOMERS:
                error = {"code": "FG_INPUT_013", "description": "Invalid customer number"}
                priced.append({"id": asked["id"], "errors": [error]})
            elif product and len(packages) <= product.max_parcels and not desk.too_big(product, packages):
                weights = [grams for grams, _ in packages]
                priced.append(
                    {
                        "id": product.id,
                        "productionCode": product.id,
                        "price": tariff.price(product.id, weights, agreed=bool(number)),
                        "expectedDelivery": tariff.expected(product.id, consignment["shippingDate"]),
                    }
                )
        return {"products": priced}

    @route("POST", "/booking/api/booking", operation="book")
    def book(self, request: Request) -> object:
        """Make one consignment; nothing recognises a booking sent twice."""
        order = self._order(request)
        faults = [desk.error(code) for code in desk.booking_faults(order)]
        correlation = (order.get("consignments") or [{}])[0].get("correlationId")
        if faults:
            abort(answer({"consignments": [{"errors": faults, "correlationId": correlation}]}, 400))
        consignment = self._booked(order["consignments"][0])
        confirmation = consignment.confirmed(request.host_url, self.now().astimezone(OSLO).date())
        entry = {"confirmation": confirmation, "errors": None, "correlationId": correlation}
        return {"consignments": [entry]}

    def _booked(self, asked: Mapping[str, Any]) -> Consignment:
        serial = self._booked_before + len(self.consignments) + 1
        number = f"7043810126{serial:07d}"
        packages = tuple(f"37043810{serial:07d}{place:03d}" for place in range(1, len(asked["packages"]) + 1))
        consignment = Consignment(number=number, packages=packages, asked=asked, label_id=_uuid(number))
        self.consignments[number] = consignment
        self.labels[consignment.label_id] = number
        for name in consignment.names:
            self._named.setdefault(name, []).append(consignment)
        weights = [desk.grams(package) for package in asked["packages"]]
        price = tariff.gross(consignment.product, weights)
        self.booked(number, consignment.reference, price, account=asked["product"]["customerNumber"])
        self._happens(consignment, ("PRE_NOTIFIED",))
        return consignment

    @route("GET", "/labels/id/<label>.pdf", operation="label")
    def label(self, request: Request, label: str) -> Response:
        """The label is in the storage, one redirect away."""
        self._prove_sender(request)
        return Response(status=302, headers={"Location": f"/storage/{label}.pdf"})

    @route("GET", "/storage/<label>.pdf", operation="label")
    def storage(self, request: Request, label: str) -> Response:
        """The storage asks for no credentials; whoever sends some has leaked them."""
        if "X-Mybring-API-Key" in request.headers:
            abort(answer({"error": "credentials do not belong here"}, 400))
        number = self.labels.get(label)
        if number is None:
            raise NotFound
        return Response(labels.pdf(self.consignments[number]), content_type="application/pdf")

    @route("GET", "/tracking/api/v2/tracking.json", operation="track")
    def track(self, request: Request) -> object:
        """By number or reference; "not found" is a body, not a status."""
        self._prove_sender(request)
        query = request.args.get("q", "")
        found = [consignment.told() for consignment in self._named.get(query, ())]
        missing = {"error": {"code": 404, "message": "No shipments found"}}
        return {"apiVersion": "2", "consignmentSet": found or [missing]}

    @route("GET", "/modify-delivery/allowed-modification", operation="cancel")
    def allowed(self, request: Request) -> object:
        """Whether a shipment can be stopped."""
        self._prove_sender(request)
        consignment = self._consignment(request.args.get("q", ""))
        cause = consignment.unstoppable
        return {
            "allowedModifications": [] if cause else ["STOP_DELIVERY"],
            "failureCauses": {"STOP_DELIVERY": [cause]} if cause else {},
            "userLang": "en",
        }

    @route("POST", "/modify-delivery/stop-shipment", operation="cancel")
    def stop(self, request: Request) -> object:
        """Turn a parcel around. The booking stays in the ledger: it is not annulled."""
        consignment = self._consignment(self._order(request).get("shipmentNumber", ""))
        if consignment.unstoppable:
            return {"code": "400", "title": "BAD_REQUEST", "message": "Shipment cannot be stopped"}
        self._happens(consignment, ("RETURN",))
        return {"code": "201", "title": "CREATED", "message": "Successfully submitted stop delivery order"}

    @route("POST", "/event-cast/api/v1/webhooks", operation="subscribe")
    def subscribe(self, request: Request) -> Response:
        """Push one number's events from now on."""
        order = self._order(request)
        return answer(self._subscribed([order.get("trackingId")], order)[0], 201)

    @route("POST", "/event-cast/batch/api/v1/webhooks", operation="subscribe")
    def subscribe_batch(self, request: Request) -> Response:
        """The same for up to a hundred numbers."""
        order = self._order(request)
        return answer(self._subscribed(order.get("trackingIds") or [None], order), 201)

    def _subscribed(self, numbers: list[str | None], order: Mapping[str, Any]) -> list[dict[str, Any]]:
        """From now on calls carry the subscriber's own header."""
        created = self.subscriptions.add(numbers, order, self.now())
        for header in order["configuration"].get("headers", ()):
            if header["key"].lower() == PROOF_HEADER:
                secrets = {**self.emitter.target.secrets, "webhook_secret": header["value"]}
                self.emitter.target = replace(self.emitter.target, secrets=secrets)
        return created

    @route("GET", "/pickuppoint/api/pickuppoint/<country>/postalCode/<code>.json", operation="service_points")
    def by_postal_code(self, request: Request, country: str, code: str) -> object:
        """Points near a postal code."""
        return self._near(request, country, code)

    @route("GET", "/pickuppoint/api/pickuppoint/<country>/location/<place>.json", operation="service_points")
    def by_location(self, request: Request, country: str, place: str) -> object:
        """Points near coordinates."""
        return self._near(request, country, "0155")

    def _near(self, request: Request, country: str, code: str) -> object:
        self._prove_sender(request)
        place = {"postalCode": code, "city": "OSLO", "countryCode": country}
        visiting = {"visitingPostalCode": code, "visitingCity": "OSLO"}
        limit = int(request.args.get("numberOfResponses", "10"))
        return {"pickupPoint": [{**point, **place, **visiting} for point in self.points[:limit]]}

    @route("POST", "/booking/api/pickupOrder", operation="schedule_pickup")
    def pickup(self, request: Request) -> object:
        """Order a collection for a day."""
        order = self._order(request)
        today = self.now().astimezone(OSLO).date()
        faults = [desk.error(code) for code in desk.pickup_faults(order, today.isoformat())]
        if faults:
            abort(answer({"pickupConfirmation": None, "errors": faults}, 400))
        day = datetime.combine(datetime.fromisoformat(order["pickupDate"]).date(), time(), OSLO)
        confirmation = {
            "status": "OK",
            "earliestPickupDate": int(day.timestamp() * 1000),
            "latestPickupDate": int((day + timedelta(days=1)).timestamp() * 1000),
            "url": "https://www.mybring.com/order/pickup/receipt/simulated",
            "packageNumber": f"370438101{int(day.timestamp()) % 10**9:09d}",
        }
        return {"pickupConfirmation": confirmation, "errors": None}

    def advance(self, carrier_reference: str, to: str) -> None:
        """Move a consignment on to a status of Bring's (DELIVERED, ATTEMPTED_DELIVERY ...), in any case."""
        consignment = self._consignment(carrier_reference)
        status = to.upper()
        if not Bring.statuses.lookup(status).listed:
            raise NotFound(f"Bring has no status {to!r}")
        self._happens(consignment, consignment.steps_to(status))

    def _happens(self, consignment: Consignment, statuses: Iterable[str]) -> None:
        for status in statuses:
            scan = Scan(status=status, at=self.now())
            consignment.scans.append(scan)
            for url, webhook_id in self._listeners(consignment, status):
                for body in consignment.pushed(scan, webhook_id, self.now()):
                    name = f"{body['package']}/{status}/{body['created']}"
                    self.push(Push(event_id=name, json=body, headers=CALLER, url=url))

    def _listeners(self, consignment: Consignment, status: str) -> list[tuple[str, str]]:
        """URL and id of who is told; the control panel's target where nobody has subscribed."""
        subscribed = self.subscriptions.of((consignment.number, *consignment.packages))
        if not subscribed:
            return [("", _uuid(consignment.number))]
        return [(webhook.url, webhook.id) for webhook in subscribed if webhook.wants(status, self.now())]

    def _consignment(self, number: str) -> Consignment:
        found = self.consignments.get(number)
        if found is None:
            raise NotFound(f"no consignment {number!r}")
        return found

    def _order(self, request: Request) -> Mapping[str, Any]:
        self._prove_sender(request)
        order: Mapping[str, Any] = request.get_json()
        return order

    def _prove_sender(self, request: Request) -> None:
        given = (request.headers.get("X-Mybring-API-Uid"), request.headers.get("X-Mybring-API-Key"))
        if given != (self.secrets["api_uid"], self.secrets["api_key"]):
            abort(answer({"error": "invalid Mybring credentials"}, 401))
        if not request.headers.get("X-Bring-Client-URL"):
            abort(answer({"error": "X-Bring-Client-URL is missing"}, 400))


def _sides(package: Mapping[str, Any]) -> list[float]:
    return [float(package[side]) for side in ("length", "width", "height") if package.get(side)]


def _uuid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


SIMULATOR = SimulatorBring
