"""A stateful GLS on this machine: books, prints, cancels at once or later, closes days, tracks; refuses what GLS does.

Where GLS' documents leave something open, it does the likely thing: a parcel whose day was closed is cancelled on the
next step of the clock, and until its day is closed ShipIT's tracking does not know it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import date, timedelta
from importlib.resources import files
from typing import Any, ClassVar

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from carriers.base import Clock, LabelKind, utc_now
from carriers.base.simulator import Ledger, Simulator, abort, answer, route
from carriers.base.simulator.labels import label
from carriers.gls.adapter import Gls
from carriers.gls.simulator import desk
from carriers.gls.simulator.books import BERLIN, Parcel

TOKEN = "simulated-gls-token"  # noqa: S105 made up
BACKEND = "/shipit-farm/v1/backend/rs"
KINDS = {"PDF": LabelKind.PDF, "PNG": LabelKind.PNG, "ZEBRA": LabelKind.ZPL}
AT_ONCE = 10
SATURDAY = 5


class SimulatorGls(Simulator):
    """GLS' servers for one app and one shipper."""

    carrier = Gls
    secrets: ClassVar[Mapping[str, str]] = {"client_id": "simulated-gls-app", "client_secret": "simulated-gls-secret"}
    options: ClassVar[Mapping[str, object]] = {
        "contact_id": "2760000000",
        "incoterms": {"CH": "10"},
        "rate_card": files("carriers.gls.simulator").joinpath("rate_card.csv").read_text("utf-8"),
    }

    def __init__(self, *, ledger: Ledger | None = None, clock: Clock = utc_now) -> None:
        super().__init__(ledger=ledger, clock=clock)
        self.parcels: dict[str, Parcel] = {}
        # A ledger that is continued has numbers that must not be given twice.
        self._booked_before = len(self.ledger.view().bookings) * 1000
        self.shops: list[dict[str, Any]] = json.loads(
            files("carriers.gls.simulator").joinpath("shops.json").read_text("utf-8")
        )

    @route("POST", "/oauth2/v2/token", operation="token")
    def token(self, request: Request) -> object:
        """A token for four hours."""
        given = (request.form.get("client_id"), request.form.get("client_secret"))
        if given != (self.secrets["client_id"], self.secrets["client_secret"]):
            abort(answer({"errors": [{"message": "Invalid client identifier", "type": "400"}]}, 400))
        return {"token_type": "Bearer", "access_token": TOKEN, "expires_in": 14400}

    @route("POST", f"{BACKEND}/shipments", operation="book")
    def book(self, request: Request) -> object:
        """Make parcels and print them; nothing recognises a shipment sent twice."""
        order = self._order(request)
        shops = {shop["ParcelShopID"] for shop in self.shops}
        desk.check_shipment(order, str(self.options["contact_id"]), shops)
        shipment = order["Shipment"]
        made = self._made(shipment)
        self.booked(",".join(parcel.track_id for parcel in made), (made[0].references or [""])[0], None)
        form = order["PrintingOptions"]["ReturnLabels"]["LabelFormat"]
        lines = ["GLS (simulated)", shipment["Consignee"]["Address"]["Name1"], *(parcel.number for parcel in made)]
        return {
            "CreatedShipment": {
                "ShipmentReference": made[0].references,
                "ParcelData": [parcel.created() for parcel in made],
                "PrintData": [{"Data": _base64(KINDS[form], *lines), "LabelFormat": form}],
                "CustomerID": self.options["contact_id"],
                "PickupLocation": "DE 777",
            }
        }

    def _made(self, shipment: Mapping[str, Any]) -> list[Parcel]:
        first = self._booked_before + len(self.parcels)
        serials = range(first + 1, first + len(shipment["ShipmentUnit"]) + 1)
        ids = tuple(f"SIM{serial:05d}" for serial in serials)
        made = []
        for serial, id_ in zip(serials, ids, strict=True):
            day = shipment.get("ShippingDate", self._today().isoformat())
            parcel = Parcel(track_id=id_, number=f"2760{serial:08d}", shipment=shipment, siblings=ids, day=day)
            self.parcels[id_] = parcel
            self._happens(parcel, "PREADVICE")
            made.append(parcel)
        return made

    @route("POST", f"{BACKEND}/shipments/cancel/<track_id>", operation="cancel")
    def cancel(self, request: Request, track_id: str) -> object:
        """At once before the day is closed, later after it, never after a scan; asked twice, an error of its own."""
        self._prove_sender(request)
        parcel = self.parcels.get(track_id)
        if parcel is None:
            desk.invalid("TrackID", track_id, "A parcel with the given ID does not exist")
        if parcel.cancelling:
            abort(Response(b"", status=500))
        if parcel.scanned:
            return {"TrackID": track_id, "result": "SCANNED"}
        parcel.cancelling = True
        if parcel.transmitted:
            return {"TrackID": track_id, "result": "CANCELLATION_PENDING"}
        self._cancelled(parcel)
        return {"TrackID": track_id, "result": "CANCELLED"}

    def _cancelled(self, parcel: Parcel) -> None:
        self._happens(parcel, "CANCELED")
        if all(self.parcels[id_].status == "CANCELED" for id_ in parcel.siblings):
            self.cancelled(",".join(parcel.siblings))

    def tick(self) -> None:
        """Scheduled cancellations are carried out, and days of four days ago close by themselves."""
        for parcel in self.parcels.values():
            if parcel.day <= (self._today() - timedelta(days=4)).isoformat():
                parcel.transmitted = True
            if parcel.cancelling and parcel.status != "CANCELED":
                self._cancelled(parcel)

    @route("POST", f"{BACKEND}/shipments/endofday", operation="close_manifest")
    def end_of_day(self, request: Request) -> object:
        """Close a day: what was not transmitted yet is, and is listed."""
        self._prove_sender(request)
        day = request.args.get("date", "")
        closing = [p for p in self.parcels.values() if p.day == day and not p.transmitted and not p.cancelling]
        for parcel in closing:
            parcel.transmitted = True
        return {"Shipments": [{"ShippingDate": day, "ShipmentUnit": [parcel.unit()]} for parcel in closing]}

    @route("POST", f"{BACKEND}/sporadiccollection", operation="schedule_pickup")
    def collection(self, request: Request) -> object:
        """Collect on the day, or on Monday where it is a weekend."""
        order = self._order(request)
        if order.get("ContactID") != self.options["contact_id"]:
            given = str(order.get("ContactID"))
            desk.fault(
                "REFERENCED_OBJECT_NOT_FOUND", f"Referenced object ContactID with id {given} not found", "ContactID"
            )
        day = date.fromisoformat(order["PreferredPickUpDate"])
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
        return {"EstimatedPickUpDate": day.isoformat()}

    @route("POST", f"{BACKEND}/parcelshop/address", operation="service_points")
    def shops_by_address(self, request: Request) -> object:
        """Shops near an address."""
        order = self._order(request)
        if not order.get("ZIPCode"):
            desk.missing("parcelshopSearchLocation.ZIPCode")
        return {"ParcelShop": self.shops[: order.get("MaxNumberOfShops", 25)]}

    @route("POST", f"{BACKEND}/parcelshop/distance", operation="service_points")
    def shops_by_place(self, request: Request) -> object:
        """Shops near coordinates, in no order."""
        self._order(request)
        return {"ParcelShop": self.shops[::-1]}

    @route("POST", f"{BACKEND}/tracking/parcels", operation="find")
    def parcels_by_reference(self, request: Request) -> object:
        """Transmitted parcels under a reference."""
        order = self._order(request)
        if not order.get("DateTo"):
            desk.missing("TULReferenceData.DateTo")
        wanted = order.get("ShipmentReference")
        known = [p for p in self.parcels.values() if p.transmitted and (wanted is None or wanted in p.references)]
        return {"UnitItems": [parcel.item() for parcel in known]} if known else {}

    @route("POST", f"{BACKEND}/tracking/parceldetails", operation="track")
    def details(self, request: Request) -> object:
        """A transmitted parcel's history."""
        return self._transmitted(request).details()

    @route("POST", f"{BACKEND}/tracking/parcelpod", operation="proof_of_delivery")
    def proof(self, request: Request) -> object:
        """The PDF, once it is delivered."""
        parcel = self._transmitted(request)
        if parcel.status != "DELIVERED":
            why = "POD cannot be generated, the parcel is in the wrong state."
            desk.fault("INVALID_SHIPMENT_ID", f"Invalid shipment unit number ShipmentUnit.TrackTraceStatus: {why}", why)
        return {"PODItem": {"TrackID": parcel.track_id, "ImageData": _base64(LabelKind.PDF, "POD", parcel.number)}}

    def _transmitted(self, request: Request) -> Parcel:
        id_ = self._order(request).get("TrackID", "")
        parcel = self.parcels.get(id_)
        if parcel is None or not parcel.transmitted:
            desk.fault("INVALID_SHIPMENT_ID", f"No shipment unit found for parcel identifier(s) {id_}.")
        return parcel

    @route("GET", "/track-and-trace-v1/tracking/simple/trackids/<numbers>", operation="track")
    def track(self, request: Request, numbers: str) -> object:
        """Up to ten parcels by number or TrackID; one that is not known is an error beside the others."""
        self._prove_sender(request)
        asked = numbers.split(",")
        if len(asked) > AT_ONCE:
            detail = f"Provided references of size '{len(asked)}' is more than allowed limit of {AT_ONCE}"
            abort(answer({"type": "about:blank", "title": "Bad Request", "status": 400, "detail": detail}, 400))
        return {"parcels": [self._tracked(number) for number in asked]}

    def _tracked(self, number: str) -> dict[str, Any]:
        for parcel in self.parcels.values():
            if number in (parcel.number, parcel.track_id):
                return parcel.tracked(number)
        return {"requested": number, "errorCode": "E_404_01", "errorMessage": "Resource Not Found"}

    def advance(self, carrier_reference: str, to: str) -> None:
        """Move a booking on to a status of Track & Trace (DELIVERED, NOTDELIVERED ...), in any case."""
        status = to.upper()
        parcels = [self.parcels[id_] for id_ in carrier_reference.split(",") if id_ in self.parcels]
        if not parcels or not Gls.statuses.lookup(status).listed:
            raise NotFound(f"no parcel {carrier_reference!r}, or GLS has no status {to!r}")
        for parcel in parcels:
            parcel.transmitted = True
            for step in parcel.steps_to(status):
                self._happens(parcel, step)

    def _happens(self, parcel: Parcel, status: str) -> None:
        parcel.scans.append((status, self.now()))

    def _today(self) -> date:
        return self.now().astimezone(BERLIN).date()

    def _order(self, request: Request) -> Mapping[str, Any]:
        self._prove_sender(request)
        order: Mapping[str, Any] = json.loads(request.get_data())
        return order

    def _prove_sender(self, request: Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            fault = {"faultstring": "Invalid access token", "detail": {"errorcode": "oauth.v2.InvalidAccessToken"}}
            abort(answer({"fault": fault}, 401))


def _base64(kind: LabelKind, *lines: str) -> str:
    return b64encode(label(kind, *lines)).decode()


SIMULATOR = SimulatorGls
