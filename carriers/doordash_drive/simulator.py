"""DoorDash's server, simulated: quotes expire, an id is taken for good, Dashers come, leave and move on request.

    POST /_sim/advance {"carrier_reference": "tnd_...", "to": ...}

`to` is a delivery_status, or `unassigned` (the Dasher leaves), `failed_to_deliver`, `failed_to_return` and the other
reasons of a cancellation. Every status up to it is passed and pushed.

Recipients in a postal code of `REFUSED` are refused.
Source: Drive API 2.1.59 (api-evangelist/doordash, doordash-drive-openapi.yml); developer.doordash.com/en-US/docs/drive.
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NoReturn

import jwt
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Request, Response

from carriers.base import Clock, Money, utc_now
from carriers.base.simulator import Ledger, Push, Simulator, abort, answer, route
from carriers.doordash_drive.adapter import DoorDashDrive

QUOTE_LIVES = timedelta(minutes=5)
LONGEST_TOKEN_S = 1800
FEE_CENTS = 975
STEP = timedelta(seconds=1)
QUOTES, DELIVERIES = "/drive/v2/quotes", "/drive/v2/deliveries"

OUTBOUND = (
    "created",
    "confirmed",
    "enroute_to_pickup",
    "arrived_at_pickup",
    "picked_up",
    "enroute_to_dropoff",
    "arrived_at_dropoff",
    "delivered",
)
WAY_BACK = (*OUTBOUND[:-1], "enroute_to_return", "arrived_at_return", "returned")
EVENTS = {
    "confirmed": "DASHER_CONFIRMED",
    "enroute_to_pickup": "dasher_enroute_to_pickup",
    "arrived_at_pickup": "DASHER_CONFIRMED_PICKUP_ARRIVAL",
    "picked_up": "DASHER_PICKED_UP",
    "enroute_to_dropoff": "dasher_enroute_to_dropoff",
    "arrived_at_dropoff": "DASHER_CONFIRMED_DROPOFF_ARRIVAL",
    "delivered": "DASHER_DROPPED_OFF",
    "enroute_to_return": "DELIVERY_RETURN_INITIALIZED",
    "arrived_at_return": "DASHER_CONFIRMED_RETURN_ARRIVAL",
    "returned": "DELIVERY_RETURNED",
    "cancelled": "DELIVERY_CANCELLED",
}
MOMENTS = {
    "picked_up": "pickup_time_actual",
    "delivered": "dropoff_time_actual",
    "returned": "return_time_actual",
}
# Where a delivery has come to when it is cancelled for this reason.
CANCELLED = {
    "failed_to_process_payment": "created",
    "failed_to_assign_and_refunded": "created",
    "failed_to_pickup": "arrived_at_pickup",
    "failed_to_deliver": "arrived_at_dropoff",
    "failed_to_return": "arrived_at_return",
}
# Postal codes of the recipient that are always refused, so that a demonstration can show a refusal.
REFUSED = {
    "00000": "delivery_address_not_in_coverage",
    "00001": "distance_too_long",
    "00002": "outside_of_delivery_time",
}
ERRORS = {
    "validation_error": (400, "One or more request values couldn't be validated."),
    "authentication_error": (401, "The JWT is not valid"),
    "unknown_delivery_id": (404, "External delivery ID was not found"),
    "duplicate_delivery_id": (409, "Duplicate External Delivery ID"),
    "cancel_not_allowed": (409, "Cancellation is no longer possible"),
    "invalid_delivery_parameters": (422, "Requested delivery is not valid"),
}
DASHER = {"dasher_name": "John D.", "dasher_dropoff_phone_number": "+15555555555"}
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg==")
LABEL = base64.b64encode(b"^XA^FO50,50^FDDoorDash^FS^XZ").decode()

Wire = dict[str, Any]


class SimulatorDoorDashDrive(Simulator):
    """One developer's deliveries, by the developer's own ids."""

    carrier = DoorDashDrive
    secrets: ClassVar[Mapping[str, str]] = {
        "developer_id": "simulated-developer",
        "key_id": "simulated-key",
        "signing_secret": "c2ltdWxhdGVkLXNpZ25pbmctc2VjcmV0LW9mLTM2LWJ5dGVz",
        "webhook_secret": "Bearer simulated-webhook-token",
    }

    def __init__(self, *, ledger: Ledger | None = None, clock: Clock = utc_now) -> None:
        super().__init__(ledger=ledger, clock=clock)
        self._deliveries: dict[str, Wire] = {}
        self._expires: dict[str, datetime] = {}
        self._dashers = 0

    @route("POST", QUOTES, operation="quote")
    def quote(self, request: Request) -> object:
        """A price that holds for five minutes, and takes its id for good."""
        self._admit(request)
        order = request.get_json()
        _check(order)
        id_ = order["external_delivery_id"]
        if id_ in self._deliveries:
            _refuse("duplicate_delivery_id", external_delivery_id=id_)
        self._expires[id_] = self.now() + QUOTE_LIVES
        self._deliveries[id_] = _quoted(order, self.now())
        return self._deliveries[id_]

    @route("POST", f"{QUOTES}/<id_>/accept", operation="book")
    def accept(self, request: Request, id_: str) -> object:
        """A quote becomes a delivery, once."""
        self._admit(request)
        delivery = self._known(id_)
        if delivery["delivery_status"] != "quote":
            _refuse("duplicate_delivery_id", external_delivery_id=id_)
        if self.now() > self._expires[id_]:
            _refuse("unknown_delivery_id", external_delivery_id=id_)
        self._reach(delivery, "created")
        self.booked(id_, id_, Money.from_minor(FEE_CENTS, "USD"))
        return delivery

    @route("GET", f"{DELIVERIES}/<id_>", operation="track")
    def delivery(self, request: Request, id_: str) -> object:
        """One delivery, or quote, as it is now."""
        self._admit(request)
        delivery = copy.deepcopy(self._known(id_))
        if delivery["delivery_status"] == "delivered":
            images = f"{request.host_url}images"
            delivery |= {f"dropoff_{kind}_image_url": f"{images}/{kind}.png" for kind in ("verification", "signature")}
        return delivery

    @route("PUT", f"{DELIVERIES}/<id_>/cancel", operation="cancel")
    def cancel(self, request: Request, id_: str) -> object:
        """Cancelled, as long as no Dasher is assigned."""
        self._admit(request)
        delivery = self._known(id_)
        status = delivery["delivery_status"]
        if status != "created":
            ended = {"cancelled": "delivery_cancelled", "delivered": "delivery_completed"}
            _refuse("cancel_not_allowed", reason=ended.get(status, "cancellation_window_closed"))
        self._cancel(delivery, "cancelled_by_creator")
        return delivery

    @route("GET", "/images/<name>", operation="image")
    def image(self, request: Request, name: str) -> object:
        """A photo or a signature, for whoever has the link."""
        return Response(PIXEL, content_type="image/png")

    def advance(self, carrier_reference: str, to: str) -> None:
        """Pass every status up to one, or come to another end."""
        delivery = self._deliveries.get(carrier_reference)
        if delivery is None:
            raise NotFound(f"no delivery {carrier_reference}")
        if to == "unassigned":
            for member in ("dasher_id", *DASHER):
                delivery.pop(member, None)
            return self._reach(delivery, "created")
        last = CANCELLED.get(to, to)
        life = OUTBOUND if last in OUTBOUND else WAY_BACK
        if last not in life or delivery["delivery_status"] not in life:
            raise BadRequest(f"a delivery that is {delivery['delivery_status']} does not become {to!r}")
        for status in life[life.index(delivery["delivery_status"]) + 1 : life.index(last) + 1]:
            self._reach(delivery, status)
        return self._cancel(delivery, to) if to in CANCELLED else None

    def _admit(self, request: Request) -> None:
        """Check the token as any reader of JWTs would, with DoorDash's own rules on top."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        key = base64.urlsafe_b64decode(self.secrets["signing_secret"])
        try:
            # Its times are compared with the simulated present, below.
            claims = jwt.decode(
                token,
                key,
                algorithms=["HS256"],
                audience="doordash",
                options={"verify_exp": False, "verify_iat": False, "require": ["exp", "iat"]},
            )
            version = jwt.get_unverified_header(token).get("dd-ver")
        except jwt.InvalidTokenError as error:
            _refuse("authentication_error", message=str(error))
        now = self.now().timestamp()
        named = (claims.get("iss"), claims.get("kid"), version)
        if named != (self.secrets["developer_id"], self.secrets["key_id"], "DD-JWT-V1"):
            _refuse("authentication_error")
        if claims["exp"] <= now or claims["exp"] - claims["iat"] > LONGEST_TOKEN_S:
            _refuse("authentication_error", message="The [exp] is in the past; the JWT is expired")

    def _known(self, id_: str) -> Wire:
        return self._deliveries.get(id_) or _refuse("unknown_delivery_id", external_delivery_id=id_)

    def _cancel(self, delivery: Wire, reason: str) -> None:
        delivery["cancellation_reason"] = reason
        self._reach(delivery, "cancelled")
        self.cancelled(delivery["external_delivery_id"])

    def _reach(self, delivery: Wire, status: str) -> None:
        """Change a delivery to a status and push it. Two scans never share a moment."""
        at = max(self.now(), datetime.fromisoformat(delivery["updated_at"]) + STEP)
        delivery.update(delivery_status=status, updated_at=_written(at))
        if status == "confirmed":
            self._dashers += 1
            delivery.update(DASHER, dasher_id=self._dashers)
        if status in MOMENTS:
            delivery[MOMENTS[status]] = _written(at)
        if status in EVENTS:
            told = {"created_at": _written(at), "event_name": EVENTS[status], **_told(delivery)}
            self.push(Push(event_id=f"{delivery['external_delivery_id']}/{status}/{at.isoformat()}", json=told))


def _quoted(order: Wire, now: datetime) -> Wire:
    quoted = {
        **order,
        "currency": "USD",
        "delivery_status": "quote",
        "updated_at": _written(now),
        "pickup_time_estimated": _written(now + timedelta(minutes=20)),
        "dropoff_time_estimated": _written(now + timedelta(minutes=45)),
        "fee": FEE_CENTS,
        "fee_components": [{"type": "flat_fee", "amount": FEE_CENTS}],
        "support_reference": "86313",
        "tracking_url": f"https://doordash.com/drive/portal/track/{order['external_delivery_id']}",
    }
    if order.get("order_fulfillment_method") == "parcel":
        quoted["shipping_label"] = {"label_format": "zpl", "label_size": "4x6", "label_string": LABEL}
    return quoted


def _told(delivery: Wire) -> Wire:
    """What a webhook repeats of a delivery."""
    members = ("external_delivery_id", "dasher_id", *DASHER, "pickup_address", "dropoff_address", "order_value")
    members += ("currency", "fee", "tip", "tracking_url", "cancellation_reason")
    return {member: delivery[member] for member in members if member in delivery}


def _check(order: Wire) -> None:
    needed = ("external_delivery_id", "pickup_address", "dropoff_address", "dropoff_phone_number")
    if missing := [name for name in needed if not order.get(name)]:
        _refuse("validation_error", field_errors=[{"field": missing[0], "error": "is required"}])
    if reason := REFUSED.get(order["dropoff_address"].rpartition(" ")[2]):
        _refuse("invalid_delivery_parameters", reason=reason)


def _refuse(code: str, **members: object) -> NoReturn:
    """Answer with a documented error."""
    status, message = ERRORS[code]
    abort(answer({"code": code, "message": message, **members}, status))


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


SIMULATOR = SimulatorDoorDashDrive
