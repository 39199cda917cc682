"""A stateful UPS on this machine: rates, books, prints, voids, tracks, pushes, collects.

Where UPS's documents leave something open, it does the likely thing: a reference that Label Recovery does not know
is 404, a void after the first scan is refused with the code that UPS's users report.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request

from carriers.base import Clock, Money, utc_now
from carriers.base.simulator import Ledger, Push, Simulator, abort, answer, route
from carriers.ups.adapter import Ups
from carriers.ups.simulator import desk
from carriers.ups.simulator.books import ENDS, SCANS, Booked, Scan

LIVES_S = 14_399
SUCCESS = {"ResponseStatus": {"Code": "1", "Description": "Success"}}
CALLER = {"User-Agent": "UPSPubSubTrackingService"}
POINT = "U67889432"


class SimulatorUps(Simulator):
    """UPS's server for one shipper number."""

    carrier = Ups
    secrets: ClassVar[Mapping[str, str]] = {
        "client_id": "simulated-ups-client",
        "client_secret": "simulated-ups-secret",
        "webhook_secret": "simulated-track-alert-credential",
    }
    options: ClassVar[Mapping[str, object]] = {"account_number": "A1B2C3"}

    def __init__(self, *, ledger: Ledger | None = None, clock: Clock = utc_now) -> None:
        super().__init__(ledger=ledger, clock=clock)
        self.shipments: dict[str, Booked] = {}
        self.pickups: set[str] = set()
        self.alerts: dict[str, tuple[str, datetime]] = {}
        self._tokens: dict[str, datetime] = {}
        # A ledger that is continued has numbers that must not be given twice.
        self._booked_before = len(self.ledger.view().bookings)

    @route("POST", "/security/v1/oauth/token", operation="token")
    def token(self, request: Request) -> object:
        """A token for Basic credentials; every value of the answer is a text."""
        known = f"{self.secrets['client_id']}:{self.secrets['client_secret']}"
        given = request.headers.get("Authorization", "").removeprefix("Basic ")
        if given != base64.b64encode(known.encode()).decode():
            abort(_refusal(401, "250003", "Invalid Access License number"))
        token = f"simulated-token-{len(self._tokens) + 1}"
        self._tokens[token] = self.now() + timedelta(seconds=LIVES_S)
        return {"token_type": "Bearer", "access_token": token, "expires_in": str(LIVES_S), "status": "approved"}

    @route("POST", "/api/rating/v2409/Shoptimeintransit", operation="quote")
    def rate(self, request: Request) -> object:
        """Every service between two places, at published and agreed prices."""
        shipment = self._order(request, "RateRequest")["Shipment"]
        self._check(shipment)
        pickup = datetime.strptime(shipment["DeliveryTimeInformation"]["Pickup"]["Date"] + "+0000", "%Y%m%d%z")
        return {
            "RateResponse": {
                "Response": SUCCESS,
                "RatedShipment": [self._rated(shipment, code, pickup) for code in desk.sold(shipment)],
            }
        }

    def _rated(self, shipment: Mapping[str, Any], code: str, pickup: datetime) -> dict[str, Any]:
        published, agreed, currency = desk.charges(shipment, code)
        days = desk.SERVICES[code][2]
        arrival = {"Date": f"{pickup + timedelta(days=days):%Y%m%d}", "Time": "230000"}
        estimate = {"Arrival": arrival, "BusinessDaysInTransit": str(days)}
        return {
            "Service": {"Code": code, "Description": ""},
            "TotalCharges": desk.amount(published, currency),
            "NegotiatedRateCharges": {"TotalCharge": desk.amount(agreed, currency)},
            "TimeInTransit": {"ServiceSummary": {"EstimatedArrival": estimate}},
        }

    @route("POST", "/api/shipments/v2409/ship", operation="book")
    def ship(self, request: Request) -> object:
        """Book a shipment; nothing recognises one sent twice."""
        order = self._order(request, "ShipmentRequest")
        shipment = order["Shipment"]
        self._check(shipment)
        service = shipment["Service"]["Code"]
        if service not in desk.sold(shipment):
            abort(_refusal(400, "111210", "The requested service is unavailable between the selected locations."))
        booked = self._booked(shipment)
        published, agreed, currency = desk.charges(shipment, service)
        tender = order["Request"]["TransactionReference"]["CustomerContext"]
        self.booked(booked.number, tender, Money(agreed, currency), account=self._account)
        form = order["LabelSpecification"]["LabelImageFormat"]["Code"]
        printed = [
            {
                "TrackingNumber": number,
                "ShippingLabel": {"ImageFormat": {"Code": form}, "GraphicImage": desk.printed(form, number, shipment)},
            }
            for number in booked.packages
        ]
        results = {
            "ShipmentCharges": {"TotalCharges": desk.amount(published, currency)},
            "NegotiatedRateCharges": {"TotalCharge": desk.amount(agreed, currency)},
            "ShipmentIdentificationNumber": booked.number,
            "PackageResults": printed,
        }
        return {"ShipmentResponse": {"Response": SUCCESS, "ShipmentResults": results}}

    def _booked(self, shipment: Mapping[str, Any]) -> Booked:
        serial = (self._booked_before + len(self.shipments) + 1) * 100
        numbers = tuple(f"1Z{self._account}03{serial + place:08d}" for place in range(len(shipment["Package"])))
        booked = Booked(number=numbers[0], packages=numbers, asked=shipment)
        self.shipments[booked.number] = booked
        self._happens(booked, "created")
        return booked

    @route("POST", "/api/labels/v1/recovery", operation="label")
    def recover(self, request: Request) -> object:
        """Labels again, by package or by reference."""
        order = self._order(request, "LabelRecoveryRequest")
        form = order["LabelSpecification"]["LabelImageFormat"]["Code"]
        number = order.get("TrackingNumber", "")
        reference = order.get("ReferenceValues", {}).get("ReferenceNumber", {}).get("Value", "")
        found = [
            booked
            for booked in self.shipments.values()
            if number in booked.packages or (reference and reference in booked.references)
        ]
        if not found:
            abort(_refusal(404, "404", "The requested resource was not found."))
        if len(found) > 1:
            candidates = [{"TrackingNumber": booked.number} for booked in found]
            return {"LabelRecoveryResponse": {"Response": SUCCESS, "TrackingCandidate": candidates}}
        results = [
            {
                "TrackingNumber": package,
                "LabelImage": {
                    "LabelImageFormat": {"Code": form},
                    "GraphicImage": desk.printed(form, package, found[0].asked),
                },
            }
            for package in found[0].packages
            if not number or package == number
        ]
        answered = {"ShipmentIdentificationNumber": found[0].number, "LabelResults": results}
        return {"LabelRecoveryResponse": {"Response": SUCCESS, **answered}}

    @route("DELETE", "/api/shipments/v2409/void/cancel/<number>", operation="cancel")
    def void(self, request: Request, number: str) -> object:
        """Annul a shipment that was not scanned; one that is annulled stays so."""
        self._prove_sender(request)
        booked = self.shipments.get(number)
        if booked is None or booked.scanned:
            abort(_refusal(400, "190102", "No shipment found within the allowed void period"))
        if not booked.voided:
            self.cancelled(number)
            self._happens(booked, "voided")
        status = {"Status": {"Code": "1", "Description": "Voided"}}
        packages = [{"TrackingNumber": package, **status} for package in booked.packages]
        return {"VoidShipmentResponse": {"Response": SUCCESS, "SummaryResult": status, "PackageLevelResults": packages}}

    @route("GET", "/api/track/v1/details/<number>", operation="track")
    def track(self, request: Request, number: str) -> object:
        """One package; one that is not known is a warning under HTTP 200."""
        self._prove_sender(request)
        self._prove_trace(request)
        found = [booked for booked in self.shipments.values() if number in booked.packages]
        warning = {"warnings": [{"code": "TW0001", "message": "Tracking Information Not Found"}]}
        told: list[dict[str, Any]] = [{"inquiryNumber": number, "package": [booked.told(number)]} for booked in found]
        return {"trackResponse": {"shipment": told or [warning]}}

    @route("GET", "/api/track/v1/shipment/details/<number>", operation="track")
    def track_shipment(self, request: Request, number: str) -> object:
        """Every package of a shipment, a page at a time."""
        self._prove_sender(request)
        booked = self.shipments.get(number) or abort(404)
        first, count = int(request.args["offset"]), int(request.args["count"])
        told = [booked.told(package) for package in booked.packages[first : first + count]]
        return {"trackResponse": {"shipment": [{"inquiryNumber": number, "package": told}]}}

    @route("POST", "/api/track/<version>/subscription/<kind>/package", operation="subscribe")
    def subscribe(self, request: Request, version: str, kind: str) -> object:
        """Push events for 14 days; v1 says where to and with which credential."""
        self._prove_sender(request)
        self._prove_trace(request)
        order = request.get_json()
        target = order.get("destination") or {}
        numbers = order["trackingNumberList"]
        valid = [number for number in numbers if number.startswith("1Z") and number.isalnum()]
        if len(numbers) > 100 or not valid:
            abort(_refusal(400, "VSS000", "Invalid request and The Subscription request has been rejected."))
        for number in valid:
            self.alerts[number] = (target.get("url", ""), self.now() + timedelta(days=14))
        if target:
            secrets = {**self.emitter.target.secrets, "webhook_secret": target["credential"]}
            self.emitter.target = replace(self.emitter.target, secrets=secrets)
        invalid = [number for number in numbers if number not in valid]
        return {"validTrackingNumbers": valid, **({"invalidTrackingNumbers": invalid} if invalid else {})}

    @route("POST", "/api/pickupcreation/v2409/pickup", operation="schedule_pickup")
    def pickup(self, request: Request) -> object:
        """A collection on a day that is not over."""
        order = self._order(request, "PickupCreationRequest")
        if order["PickupDateInfo"]["PickupDate"] < f"{self.now():%Y%m%d}":
            abort(_refusal(400, "9560131", "Invalid pickup date"))
        number = f"2929AONCALL{len(self.pickups) + 1:02d}"
        self.pickups.add(number)
        return {"PickupCreationResponse": {"Response": SUCCESS, "PRN": number, "RateStatus": {"Code": "01"}}}

    @route("DELETE", "/api/shipments/v2409/pickup/02", operation="cancel_pickup")
    def cancel_pickup(self, request: Request) -> object:
        """Call a collection off, once."""
        self._prove_sender(request)
        number = request.headers.get("Prn", "")
        if number not in self.pickups:
            abort(_refusal(400, "9510117", "The pickup was not found"))
        self.pickups.remove(number)
        return {"PickupCancelResponse": {"Response": SUCCESS, "PickupType": "01"}}

    @route("POST", "/api/locations/v3/search/availabilities/64", operation="service_points")
    def locate(self, request: Request) -> object:
        """One access point, near whatever is asked for."""
        self._prove_trace(request)
        order = self._order(request, "LocatorRequest")
        asked = order["LocationSearchCriteria"].get("AccessPointSearch", {}).get("PublicAccessPointID", POINT)
        found = [desk.point(POINT, order["OriginAddress"]["AddressKeyFormat"])] if asked == POINT else []
        return {"LocatorResponse": {"Response": {"ResponseStatusCode": "1"}, "SearchResults": {"DropLocation": found}}}

    def advance(self, carrier_reference: str, to: str) -> None:
        """Move a shipment on to a scan: `delivered`, `attempt_failed` ... or a three-digit status code."""
        booked = self.shipments.get(carrier_reference)
        name = next((name for name, scan in SCANS.items() if to.lower() in (name, scan[2])), "")
        if booked is None or not name:
            raise NotFound(f"UPS has no shipment {carrier_reference!r} or no scan {to!r}")
        if any(scan.name in ENDS for scan in booked.scans):
            return
        for step in booked.steps_to(name):
            self._happens(booked, step)

    def _happens(self, booked: Booked, name: str) -> None:
        """A scan, at a moment of its own: UPS tells scans apart by the second."""
        last = booked.scans[-1].at + timedelta(seconds=1) if booked.scans else self.now()
        scan = Scan(name, max(self.now(), last).replace(microsecond=0))
        booked.scans.append(scan)
        for package in booked.packages:
            url, until = self.alerts.get(package, ("", self.now()))
            if until >= self.now():
                event = f"{package}/{name}/{scan.at:%Y%m%d%H%M%S}"
                self.push(Push(event_id=event, json=booked.pushed(package, scan), headers=CALLER, url=url))

    @property
    def _account(self) -> str:
        return str(self.options["account_number"])

    def _check(self, shipment: Mapping[str, Any]) -> None:
        found = list(desk.faults(shipment, self._account))
        if found:
            errors = [{"code": code, "message": message} for code, message in found]
            abort(answer({"response": {"errors": errors}}, 400))

    def _order(self, request: Request, root: str) -> Mapping[str, Any]:
        self._prove_sender(request)
        order: Mapping[str, Any] = request.get_json()[root]
        return order

    def _prove_sender(self, request: Request) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self._tokens:
            abort(_refusal(401, "250002", "Invalid Authentication Information"))
        if self._tokens[token] <= self.now():
            abort(_refusal(401, "251004", "Bearer Token expired (oauth)"))

    def _prove_trace(self, request: Request) -> None:
        if not 0 < len(request.headers.get("transId", "")) <= 32 or not request.headers.get("transactionSrc"):
            abort(_refusal(400, "VSS002", "Missing transId"))


def _refusal(status: int, code: str, message: str) -> Any:
    return answer({"response": {"errors": [{"code": code, "message": message}]}}, status)


SIMULATOR = SimulatorUps
