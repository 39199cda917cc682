"""Canada Post's server, simulated: prices, charges at once, voids what waits, prints, and tells scans when asked.

    POST /_sim/advance {"carrier_reference": "<shipment id>", "to": "1496"}

`to` is a code of `statuses.csv`, or `delivered` and `attempt_failed`; the scans on the way to it come first. Recipients
in a postal code of `REFUSED` are refused with that error. What is sent twice is a second shipment, as it is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from secrets import token_urlsafe
from typing import Any, ClassVar, NoReturn

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from carriers.base import Clock, LabelKind, utc_now
from carriers.base.simulator import Ledger, Simulator, abort, answer, route
from carriers.base.simulator.labels import label
from carriers.canadapost.adapter import CanadaPost
from carriers.canadapost.simulator import tariff
from carriers.canadapost.simulator.parcels import Parcel
from carriers.canadapost.wire.shipping import MEDIA

BASE = "/prod/devportal-portaildesdeveloppeurs"
SHIPMENTS = f"{BASE}/shipping/v1/<mailed_by>/<mobo>/shipments"
MANIFESTS = f"{BASE}/shipping/v1/<mailed_by>/<mobo>/manifests"
PICKUPS = f"{BASE}/pickup/v1/<mailed_by>/pickup-request"
TOKEN_LIVES = timedelta(hours=1)
# Postal codes that are always refused, so that a demonstration can show it.
REFUSED = {"X0X0X1": "9112", "X0X0X2": "9174"}


class SimulatorCanadaPost(Simulator):
    """Canada Post's server for one customer."""

    carrier = CanadaPost
    secrets: ClassVar[Mapping[str, str]] = {
        "client_id": "simulated-canadapost-client",
        "client_secret": "simulated-canadapost-secret",
    }
    options: ClassVar[Mapping[str, object]] = {
        "customer_number": "0002004381",
        "contact_email": "shipping@shop.example",
    }

    def __init__(self, *, ledger: Ledger | None = None, clock: Clock = utc_now) -> None:
        super().__init__(ledger=ledger, clock=clock)
        self.parcels: dict[str, Parcel] = {}
        self.manifests: dict[str, list[Parcel]] = {}
        self.pickups: dict[str, Mapping[str, Any]] = {}
        self._tokens: dict[str, datetime] = {}
        # A ledger that is continued has numbers that must not be given twice.
        self._booked_before = len(self.ledger.view().bookings)

    @route("POST", f"{BASE}/cpc-api-native-oauth-provider/oauth2/token", operation="token")
    def token(self, request: Request) -> object:
        """A bearer token for the App whose credentials stand in the headers."""
        given = (request.headers.get("X-IBM-Client-Id"), request.headers.get("X-IBM-Client-Secret"))
        if given != (self.secrets["client_id"], self.secrets["client_secret"]):
            abort(answer({"error": "invalid_client"}, 401))
        if (request.form.get("grant_type"), request.form.get("scope")) != ("client_credentials", "merchant"):
            abort(answer({"error": "invalid_scope"}, 400))
        token = token_urlsafe(24)
        self._tokens[token] = self.now() + TOKEN_LIVES
        return {"token_type": "Bearer", "access_token": token, "expires_in": 3600, "scope": "merchant"}

    @route("POST", f"{BASE}/rating/v1/prices", operation="quote")
    def prices(self, request: Request) -> object:
        """A price for each service asked for."""
        order = self._order(request)
        if order["customerNumber"] != self.options["customer_number"]:
            refuse("2561")
        self._check(order["parcelCharacteristics"], order["destination"]["domestic"]["postalCode"])
        kilograms = Decimal(str(order["parcelCharacteristics"]["weight"]))
        return [tariff.priced(code, kilograms, self.now()) for code in order["services"] if code in tariff.PRICES]

    @route("POST", SHIPMENTS, operation="book")
    def book(self, request: Request, mailed_by: str, mobo: str) -> object:
        """A shipment, charged at once, whatever was made under its request id before."""
        order = self._order(request)
        spec = order["deliverySpec"]
        self._check(spec["parcelCharacteristics"], spec["destination"]["addressDetails"]["postalZipCode"])
        if spec["serviceCode"] not in tariff.PRICES:
            refuse("7289")
        if ("groupId" in order) == bool(order.get("transmitShipment")):
            refuse("8534")
        serial = self._booked_before + len(self.parcels) + 1
        parcel = Parcel(id=f"5450215848{serial:08d}", pin=f"70351144{serial:08d}", order=order)
        self.parcels[parcel.id] = parcel
        price = tariff.due(spec["serviceCode"], Decimal(str(spec["parcelCharacteristics"]["weight"])))
        self.booked(parcel.id, order["customerRequestId"], price, account=mailed_by)
        parcel.scan("3000", self.now())
        return parcel.told(self._root(request), f"{mailed_by}/{mobo}")

    @route("GET", SHIPMENTS, operation="find")
    def shipments(self, request: Request, mailed_by: str, mobo: str) -> object:
        """Links to the shipments of a request id."""
        self._admit(request)
        wanted, root = request.args.get("request-id"), self._root(request)
        found = [parcel for parcel in self.parcels.values() if parcel.order["customerRequestId"] == wanted]
        return [parcel.told(root, f"{mailed_by}/{mobo}")["links"][0] for parcel in found if not parcel.voided]

    @route("GET", f"{SHIPMENTS}/<id_>", operation="find")
    def shipment(self, request: Request, mailed_by: str, mobo: str, id_: str) -> object:
        """One shipment as it is now."""
        self._admit(request)
        return self._known(id_).told(self._root(request), f"{mailed_by}/{mobo}")

    @route("DELETE", f"{SHIPMENTS}/<id_>", operation="cancel")
    def void(self, request: Request, mailed_by: str, mobo: str, id_: str) -> Response:
        """Annul a shipment that was not transmitted."""
        self._admit(request)
        parcel = self._known(id_)
        if parcel.transmitted:
            refuse("8064", "The shipment has been transmitted.")
        parcel.voided = True
        self.cancelled(id_)
        return Response(status=204)

    @route("POST", f"{SHIPMENTS}/<id_>/refund", operation="cancel")
    def refund(self, request: Request, mailed_by: str, mobo: str, id_: str) -> object:
        """Ask for a refund of a transmitted shipment; once, and not after the first scan."""
        order = self._order(request)
        parcel = self._known(id_)
        if not order.get("email"):
            refuse("8534")
        if parcel.refunded or len(parcel.scans) > 1:
            refuse("7292", "A refund is not possible.")
        parcel.refunded = True
        return {"serviceTicketDate": self.now().date().isoformat(), "serviceTicketId": f"GT{id_[-8:]}RT"}

    @route("GET", f"{BASE}/shipping/v1/artifacts/<consumer>/shipping/<id_>/<index>", operation="label")
    def artifact(self, request: Request, consumer: str, id_: str, index: str) -> Response:
        """A label, or a manifest's list."""
        self._admit(request)
        if id_ in self.manifests:
            pins = [parcel.pin for parcel in self.manifests[id_]]
            listed = label(LabelKind.PDF, "Canada Post manifest (simulated)", id_, *pins)
            return Response(listed, content_type="application/pdf")
        kind, lines = self._known(id_).printed
        return Response(label(kind, *lines), content_type=MEDIA[kind])

    @route("POST", MANIFESTS, operation="close_manifest")
    def transmit(self, request: Request, mailed_by: str, mobo: str) -> object:
        """Transmit groups: one manifest for all of them."""
        order = self._order(request)
        waiting = [parcel for parcel in self.parcels.values() if parcel.group in order["groupIds"]]
        waiting = [parcel for parcel in waiting if not parcel.transmitted]
        if not waiting:
            refuse("7251", "There are no shipments in these groups.")
        for parcel in waiting:
            parcel.transmitted = True
        number = f"7320717112{len(self.manifests) + 1:08d}"
        self.manifests[number] = waiting
        return {"links": [{"rel": "manifest", "href": f"{self._manifests(request, mailed_by, mobo)}/{number}"}]}

    @route("GET", f"{MANIFESTS}/<number>", operation="close_manifest")
    def manifest(self, request: Request, mailed_by: str, mobo: str, number: str) -> object:
        """A manifest's links."""
        self._admit(request)
        if number not in self.manifests:
            refuse("404", status=404)
        document = f"{self._root(request)}/shipping/v1/artifacts/6e93d53968881714/shipping/{number}/0"
        return {"poNumber": f"P{number[-9:]}", "links": [{"rel": "artifact", "href": document}]}

    @route("GET", f"{BASE}/tracking/v1/pins/<pin>/details", operation="track")
    def details(self, request: Request, pin: str) -> object:
        """Every scan of a PIN, the newest first."""
        self._admit(request)
        found = self._of_pin(pin)
        return {"pin": pin, "activeExists": True, "significantEvents": list(reversed(found.scans))}

    @route("GET", f"{BASE}/tracking/v1/pins/<pin>/summaries", operation="track")
    def summaries(self, request: Request, pin: str) -> object:
        """The newest scan of a PIN, with the expected day."""
        self._admit(request)
        found = self._of_pin(pin)
        last, day = found.scans[-1], tariff.arrival(found.order["deliverySpec"]["serviceCode"], found.made_at)
        said = last["eventDescription"]
        return [{"pin": pin, "expectedDeliveryDate": day.isoformat(), "eventDescription": said, "error": None}]

    @route("POST", PICKUPS, operation="schedule_pickup")
    def pickup(self, request: Request, mailed_by: str) -> object:
        """A collection on demand."""
        order = self._order(request)
        number = f"{len(self.pickups) + 74698052:010d}"
        self.pickups[number] = order
        header = {"requestId": number, "requestStatus": "Active", "pickupType": order["pickupType"]}
        return {"pickupRequestHeader": header, "links": []}

    @route("DELETE", f"{PICKUPS}/<number>", operation="cancel_pickup")
    def cancel_pickup(self, request: Request, mailed_by: str, number: str) -> Response:
        """Call a collection off."""
        self._admit(request)
        if self.pickups.pop(number, None) is None:
            refuse("404", status=404)
        return Response(status=204)

    @route("GET", f"{BASE}/postoffice/v1/post-offices", operation="service_points")
    def post_offices(self, request: Request) -> object:
        """Three offices, wherever one asks."""
        self._admit(request)
        return tariff.offices(request.args.get("postalCode", "K1V7Z0"))[: int(request.args["maximum"])]

    def advance(self, carrier_reference: str, to: str) -> None:
        """Scan a parcel, up to a code of Canada Post's."""
        parcel = self.parcels.get(carrier_reference)
        if parcel is None:
            raise NotFound(f"no shipment {carrier_reference}")
        parcel.advance(to, self.now())

    def _check(self, parcel: Mapping[str, Any], postal_code: str) -> None:
        if postal_code in REFUSED:
            refuse(REFUSED[postal_code])
        if "dimensions" not in parcel:
            refuse("9162")

    def _known(self, id_: str) -> Parcel:
        parcel = self.parcels.get(id_)
        if parcel is None or parcel.voided:
            refuse("404", status=404)
        return parcel

    def _of_pin(self, pin: str) -> Parcel:
        found = next((parcel for parcel in self.parcels.values() if parcel.pin == pin), None)
        if found is None:
            abort(answer([{"pin": pin, "error": {"code": "004", "descEn": "No Pin History"}}]))
        return found

    def _order(self, request: Request) -> Mapping[str, Any]:
        self._admit(request)
        order: Mapping[str, Any] = request.get_json()
        return order

    def _admit(self, request: Request) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._tokens.get(token, self.now()) <= self.now():
            abort(answer({"title": "Unauthorized", "detail": "Invalid access token"}, 401))

    def _root(self, request: Request) -> str:
        return request.host_url.rstrip("/") + BASE

    def _manifests(self, request: Request, mailed_by: str, mobo: str) -> str:
        return f"{self._root(request)}/shipping/v1/{mailed_by}/{mobo}/manifests"


def refuse(code: str, message: str = "refused by the simulator", status: int = 400) -> NoReturn:
    """Answer with an error in the portal's most common shape."""
    abort(answer({"errors": [{"errorCode": code, "message": message}]}, status))


SIMULATOR = SimulatorCanadaPost
