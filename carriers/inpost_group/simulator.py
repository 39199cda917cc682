"""InPost's Group API, simulated: one client's shipments under deduplication ids, pickups, points, signed webhooks.

    POST /_sim/advance {"carrier_reference": "520107...", "to": ...}

`to` is a code of `LIFE`, all of which up to it are passed, or any other code of `statuses.csv`, which follows the last
one passed. Every event is pushed, with HMAC over the body. Points whose id begins with XX do not exist.
Source: developers.inpost-group.com; the answer to a repeated deduplication id is not documented: here, the first one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any, ClassVar
from uuid import NAMESPACE_URL, uuid5

from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Request, Response

from carriers.base import Clock, LabelKind, utc_now
from carriers.base.simulator import Ledger, Push, Simulator, abort, answer, route
from carriers.base.simulator.labels import label
from carriers.inpost_group.adapter import InPostGroup

TOKEN_LIVES_S = 599
LIFE = ("CRE.1001", "FMD.1002", "MMD.1001", "MMD.1003", "LMD.1002", "LMD.1005", "EOL.1002")
SHIPMENTS = "/shipping/v2/organizations/<organization>/shipments"
PICKUPS = "/pickups/v1/organizations/<organization>/one-time-pickups"
SHORTEST_WINDOW = timedelta(minutes=120)
REMEMBERED = timedelta(hours=1)
LABELS = {
    "application/pdf;format=A6": LabelKind.PDF,
    "application/pdf;format=A4": LabelKind.PDF,
    "text/zpl;dpi=203": LabelKind.ZPL,
}
PERSON = ("firstName", "lastName", "phone", "email")
POINTS = (
    {"id": "PL_KRA010", "type": "APM", "street": "Krupnicza", "buildingNumber": "9", "distance": 420},
    {"id": "PL_POP-KRA50", "type": "PUDO", "street": "Rynek Główny", "buildingNumber": "3", "distance": 150},
    {"id": "PL_HUB", "type": "HUB", "street": "Pana Tadeusza", "buildingNumber": "4", "distance": 10},
)

Wire = dict[str, Any]


class SimulatorInPostGroup(Simulator):
    """One organisation's shipments."""

    carrier = InPostGroup
    secrets: ClassVar[Mapping[str, str]] = {
        "client_id": "simulated-client",
        "client_secret": "simulated-client-secret",
        "webhook_secret": "simulated-hmac-key",
    }
    options: ClassVar[Mapping[str, object]] = {"organization_id": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"}

    def __init__(self, *, ledger: Ledger | None = None, clock: Clock = utc_now) -> None:
        super().__init__(ledger=ledger, clock=clock)
        # A ledger that is continued has numbers that must not be given twice.
        self._booked_before = len(self.ledger.view().bookings)
        self._tokens: dict[str, datetime] = {}
        self._seen: dict[str, tuple[datetime, str]] = {}
        self._events: dict[str, list[Wire]] = {}
        self._orders: dict[str, Wire] = {}
        self._pickups: dict[str, Wire] = {}

    @route("POST", "/oauth2/token", operation="token")
    def token(self, request: Request) -> object:
        """A bearer token for the one client on file."""
        form = request.form
        given = (form.get("client_id"), form.get("client_secret"), form.get("grant_type"))
        if given != (self.secrets["client_id"], self.secrets["client_secret"], "client_credentials"):
            return answer({"error": "invalid_client"}, 401)
        token = token_urlsafe(24)
        self._tokens[token] = self.now() + timedelta(seconds=TOKEN_LIVES_S)
        return {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIVES_S}

    @route("POST", SHIPMENTS, operation="book")
    def create(self, request: Request, organization: str) -> object:
        """A tracking number at once; the same one for a deduplication id that was seen before."""
        self._admit(request, organization)
        order, now = request.get_json(), self.now()
        key = request.headers.get("X-Inpost-Deduplication-Id", "")
        seen_at, number = self._seen.get(key, (now, ""))
        if key and number and now - seen_at <= REMEMBERED:
            return answer({"trackingNumber": number}, 201)
        _check(order)
        number = f"520107{self._booked_before + len(self._orders) + 1:018d}"
        self._seen[key], self._orders[number], self._events[number] = (now, number), order, []
        self.booked(number, str(order.get("references", {}).get("orderNumber", "")), None, account=organization)
        self._tell(number, LIFE[0])
        return answer({"trackingNumber": number}, 201)

    @route("GET", f"{SHIPMENTS}/<number>/label", operation="label")
    def label(self, request: Request, organization: str, number: str) -> object:
        """A label in the format that Accept asks for."""
        self._admit(request, organization)
        if number not in self._orders:
            _refuse(404, "no such shipment")
        kind = LABELS.get(request.headers.get("Accept", "")) or _refuse(406, "not acceptable")
        return Response(label(kind, "INPOST (simulated)", number), content_type="application/octet-stream")

    @route("GET", "/tracking/v1/parcels", operation="track")
    def tracking(self, request: Request) -> object:
        """Events of the numbers that are known, newest first; no token is asked for."""
        numbers = [n for n in request.args.get("trackingNumbers", "").split(",") if n in self._events]
        parcels = [(number, list(reversed(self._events[number]))) for number in numbers]
        return {"parcels": [{"trackingNumber": n, "status": e[0]["eventCode"], "events": e} for n, e in parcels]}

    @route("GET", "/location/v1/points/search-by-location", operation="service_points")
    def points(self, request: Request) -> object:
        """Points in the middle of Kraków, whatever the place."""
        self._admit(request, str(self.options["organization_id"]))
        limit = request.args.get("limit", 25, int)
        return {"items": [_point(point, request.args.get("address.country", "PL")) for point in POINTS][:limit]}

    @route("POST", PICKUPS, operation="schedule_pickup")
    def order_pickup(self, request: Request, organization: str) -> object:
        """A courier for a window of two hours or more; not twice for one place and time."""
        self._admit(request, organization)
        order = request.get_json()
        start, end = (datetime.fromisoformat(order["pickupTime"][name]) for name in ("from", "to"))
        if end - start < SHORTEST_WINDOW:
            _refuse(422, "pickupTime.to must be at least 120 minutes later than pickupTime.from")
        known = [(each["address"], each["pickupTime"]) for each in self._pickups.values()]
        if (order["address"], order["pickupTime"]) in known:
            _refuse(422, "a pickup at this address and time exists")
        id_ = str(uuid5(NAMESPACE_URL, f"pickup-{len(self._pickups)}"))
        self._pickups[id_] = order
        return answer({"id": id_, "status": "CREATED"}, 201)

    @route("PUT", f"{PICKUPS}/<id_>/cancel", operation="cancel_pickup")
    def cancel_pickup(self, request: Request, organization: str, id_: str) -> object:
        """The courier is called off."""
        self._admit(request, organization)
        if self._pickups.pop(id_, None) is None:
            _refuse(404, "no such pickup")
        return Response(status=204)

    def advance(self, carrier_reference: str, to: str) -> None:
        """Pass every event up to one, or have another one happen."""
        if carrier_reference not in self._events:
            raise NotFound(f"no shipment {carrier_reference}")
        passed = [event["eventCode"] for event in self._events[carrier_reference]]
        to = LIFE[-1] if to == "delivered" else to
        if not self.carrier.statuses.lookup(to).listed or passed[-1].startswith("EOL"):
            raise BadRequest(f"a shipment that is {passed[-1]} does not become {to!r}")
        for code in LIFE[: LIFE.index(to) + 1] if to in LIFE else (to,):
            if code not in passed:
                self._tell(carrier_reference, code)

    def _tell(self, number: str, code: str) -> None:
        event = self._event(number, code)
        self._events[number].append(event)
        told_at = f"{self.now():%Y-%m-%dT%H:%M:%S}.000Z"
        headers = {"x-inpost-topic": "Shipment.Tracking", "x-inpost-event-id": event["eventId"]}
        self.push(Push(event_id=event["eventId"], json=event, headers={**headers, "x-inpost-timestamp": told_at}))

    def _event(self, number: str, code: str) -> Wire:
        place: Wire = dict.fromkeys(("id", "address", "city", "name", "postalCode", "description"))
        place |= {"type": "LOGISTIC_CENTER", "country": "PL"}
        if code.startswith(("LMD.1005", "EOL")):
            place |= {"type": "LOCKER_POINT", "id": "PL_KRA010", "city": "Kraków"}
        taken_by = self._orders[number]["recipient"].get("lastName") if code.startswith("EOL.1") else None
        return {
            "customerReference": self._orders[number].get("references", {}).get("orderNumber"),
            "trackingNumber": number,
            "eventId": f"{uuid5(NAMESPACE_URL, f'{number}-{len(self._events[number])}')}#{code}",
            "eventCode": code,
            "timestamp": f"{self.now():%Y-%m-%dT%H:%M:%S.%f}200Z",
            "location": place,
            "delivery": {"recipientName": taken_by, "deliveryNotes": None},
            "shipment": {"type": "OUTBOUND"},
        }

    def _admit(self, request: Request, organization: str) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._tokens.get(token, self.now()) <= self.now():
            _refuse(401, "the token is missing, wrong or over")
        if organization != self.options["organization_id"]:
            _refuse(403, "another organisation")


def _check(order: Wire) -> None:
    for party in ("sender", "recipient"):
        missing = [name for name in PERSON if not order.get(party, {}).get(name)]
        if missing:
            _refuse(422, f"{party}.{missing[0]} is required")
    for place in ("origin", "destination"):
        given = order.get(place, {})
        if not given.get("pointId") and not (given.get("street") and given.get("houseNumber")):
            _refuse(422, f"{place} is neither an address nor a point")
    if order["destination"].get("pointId", "").startswith("XX"):
        _refuse(422, "destination.pointId does not exist")
    if not all("dimensions" in parcel for parcel in order["parcels"]):
        _refuse(422, "parcels.dimensions is required")


def _refuse(status: int, detail: str) -> Any:
    """The error body is not documented: a sentence."""
    abort(answer({"status": status, "detail": detail}, status))


def _point(point: Mapping[str, Any], country: str) -> Wire:
    street = {"street": point["street"], "buildingNumber": point["buildingNumber"]}
    return {
        "id": point["id"],
        "type": point["type"],
        "address": {**street, "city": "Kraków", "postalCode": "31-123", "country": country},
        "coordinates": {"latitude": 50.0621, "longitude": 19.9383},
        "operatingHours": {"monday": "08:00-20:00"} if point["type"] == "PUDO" else {"monday": "00:00-24:00"},
        "distance": point["distance"],
    }


SIMULATOR = SimulatorInPostGroup
