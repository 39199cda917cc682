"""Lalamove's server, simulated: signatures are checked over the raw bytes, quotations expire, drivers move on request.

    POST /_sim/advance {"carrier_reference": "...", "to": ...}

`to` is a status (`delivered` is COMPLETED; every status up to it is passed and pushed), another end (`CANCELED`,
`REJECTED`, `EXPIRED`), `ASSIGNING_DRIVER` (the driver drops out), `failed` (COMPLETED with a failed proof) or
`replaced` (customer service makes the order again, under a new id). Two hours without a driver expire an order
(`/_sim/clock`).

Addresses with a postal code of `REFUSED` are refused. That a quotation makes one order only is our assumption.
Source: github.com/lalamove/delivery-nodejs-sdk@64f2765; developers.lalamove.com; recorded answers of
github.com/petlove/lalamove-ruby@9cdf1a1.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, NoReturn
from uuid import uuid4

from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Request, Response

from carriers.base import Clock, Money, utc_now
from carriers.base.simulator import Ledger, Push, Simulator, abort, answer, route
from carriers.lalamove.adapter import Lalamove

QUOTATION_LIVES = timedelta(minutes=5)
CANCELLABLE = timedelta(minutes=5)
NO_DRIVER = timedelta(hours=2)
LIFE = ("ASSIGNING_DRIVER", "ON_GOING", "PICKED_UP", "COMPLETED")
OTHER_ENDS = ("CANCELED", "REJECTED", "EXPIRED")
TOTAL, CURRENCY = "104.50", "HKD"
DRIVER = "80036"
# One grey pixel.
IMAGE = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg==")
# Postal codes -> the error that a quotation ("422") or an order ("402", "429") with such an address meets.
REFUSED = {
    "00000": (422, "ERR_OUT_OF_SERVICE_AREA"),
    "00001": (422, "ERR_INCORRECT_ADDRESS"),
    "00002": (402, "ERR_INSUFFICIENT_CREDIT"),
}

Wire = dict[str, Any]


class SimulatorLalamove(Simulator):
    """One market's orders."""

    carrier = Lalamove
    secrets: ClassVar[Mapping[str, str]] = {"api_key": "pk_test_simulated", "api_secret": "sk_test_simulated"}
    options: ClassVar[Mapping[str, object]] = {
        "market": "HK",
        "language": "en_HK",
        "service_type": "MOTORCYCLE",
        "webhook_path": "/hook",
    }

    def __init__(self, *, ledger: Ledger | None = None, clock: Clock = utc_now) -> None:
        super().__init__(ledger=ledger, clock=clock)
        self._quotations: dict[str, Wire] = {}
        self._orders: dict[str, Wire] = {}
        self._since: dict[str, datetime] = {}
        self._next = 1900201053290000000

    @route("POST", "/v3/quotations", operation="quote")
    def quote(self, request: Request) -> object:
        """A price that holds for five minutes."""
        data = self._admit(request)
        _need(data, "serviceType", "language", "stops")
        if data["serviceType"] != self.options["service_type"]:
            _refuse(422, "ERR_INVALID_SERVICE_TYPE")
        if len(data["stops"]) < 2:
            _refuse(422, "ERR_INSUFFICIENT_STOPS")
        for stop in data["stops"]:
            self._refuse_address(stop["address"], 422)
        at = data.get("scheduleAt", _written(self.now()))
        if datetime.fromisoformat(at) < self.now() - timedelta(minutes=1):
            _refuse(422, "ERR_INVALID_SCHEDULE_TIME")
        stops = [{"stopId": self._id(), **stop} for stop in data["stops"]]
        quotation = {
            **data,
            "quotationId": self._id(),
            "scheduleAt": at,
            "expiresAt": _written(self.now() + QUOTATION_LIVES),
            "language": data["language"].upper(),
            "stops": stops,
            "isRouteOptimized": False,
            "priceBreakdown": {"base": "94.50", "surcharge": "10.00", "total": TOTAL, "currency": CURRENCY},
        }
        self._quotations[quotation["quotationId"]] = quotation
        return answer({"data": quotation}, 201)

    @route("POST", "/v3/orders", operation="book")
    def book(self, request: Request) -> object:
        """An order on a quotation, as long as that holds."""
        data = self._admit(request)
        _need(data, "quotationId", "sender", "recipients")
        quotation = self._quotations.get(data["quotationId"], {})
        if not quotation or self.now() > datetime.fromisoformat(quotation["expiresAt"]):
            _refuse(422, "ERR_INVALID_QUOTATION_ID")
        people = [data["sender"], *data["recipients"]]
        if [each["stopId"] for each in people] != [stop["stopId"] for stop in quotation["stops"]]:
            _refuse(422, "ERR_INVALID_FIELD", "/data/recipients/0/stopId")
        if not all(each["phone"].startswith("+") for each in people):
            _refuse(422, "ERR_INVALID_PHONE_NUMBER")
        for stop in quotation["stops"]:
            self._refuse_address(stop["address"], 402)
        order = self._order(data, self._quotations.pop(data["quotationId"]), people)
        return answer({"data": order}, 201)

    @route("GET", "/v3/orders/<id_>", operation="track")
    def get(self, request: Request, id_: str) -> object:
        """The order as it is."""
        self._admit(request)
        order = self._known(id_)
        image = f"{request.host_url}images/{id_}.png"
        taken = [stop.get("POD", {}).get("status") == "DELIVERED" for stop in order["stops"]]
        stops = [
            {**stop, "POD": {**stop["POD"], "image": image}} if photo else stop
            for stop, photo in zip(order["stops"], taken, strict=True)
        ]
        return {"data": {**order, "stops": stops}}

    @route("DELETE", "/v3/orders/<id_>", operation="cancel")
    def cancel(self, request: Request, id_: str) -> object:
        """Cancelled without a driver, or within five minutes after one took it."""
        self._admit(request)
        order = self._known(id_)
        early = order["status"] == "ON_GOING" and self.now() - self._since[id_] < CANCELLABLE
        if order["status"] != "ASSIGNING_DRIVER" and not early:
            _refuse(422, "ERR_CANCELLATION_FORBIDDEN")
        self._become(order, "CANCELED")
        return Response(status=204)

    @route("GET", "/images/<id_>.png", operation="image")
    def image(self, request: Request, id_: str) -> Response:
        """The photo that a driver took."""
        self._known(id_)
        return Response(IMAGE, content_type="image/png")

    def advance(self, carrier_reference: str, to: str) -> None:
        """Pass every status up to one, or come to another end."""
        order = self._orders.get(carrier_reference)
        if order is None:
            raise NotFound(f"no order {carrier_reference}")
        if to == "replaced":
            return self._replace(order)
        if order["status"] not in LIFE[:-1]:
            raise BadRequest(f"{carrier_reference} is over: {order['status']}")
        if to in OTHER_ENDS or to == LIFE[0]:
            return self._become(order, to)
        end = {"delivered": "COMPLETED", "failed": "COMPLETED"}.get(to, to)
        if end not in LIFE:
            raise BadRequest(f"an order does not become {to!r}")
        for status in LIFE[LIFE.index(order["status"]) + 1 : LIFE.index(end) + 1]:
            if status == "COMPLETED":
                self._prove(order, "FAILED" if to == "failed" else "DELIVERED")
            self._become(order, status)
        return None

    def tick(self) -> None:
        """Nobody took it for two hours."""
        for id_, order in list(self._orders.items()):
            if order["status"] == "ASSIGNING_DRIVER" and self.now() - self._since[id_] >= NO_DRIVER:
                self._become(order, "EXPIRED")

    def _admit(self, request: Request) -> Wire:
        """The data of a call whose signature holds."""
        found = re.fullmatch(r"hmac (.+):(\d{13}):([0-9a-f]{64})", request.headers.get("Authorization", ""))
        key, stamp, signature = found.groups() if found else ("", "", "")
        text = f"{stamp}\r\n{request.method}\r\n{request.full_path.rstrip('?')}\r\n\r\n".encode() + request.get_data()
        secret = self.secrets["api_secret"].encode()
        if key != self.secrets["api_key"] or signature != hmac.digest(secret, text, "sha256").hex():
            abort(answer({"message": "Invalid signature"}, 401))
        if request.headers.get("Market") != self.options["market"]:
            _refuse(*((404, "ERR_ORDER_NOT_FOUND") if request.method != "POST" else (422, "ERR_INVALID_MARKET")))
        if request.method != "POST":
            return {}
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not isinstance(body.get("data"), dict):
            abort(answer({"message": "Invalid JSON"}, 400))
        data: Wire = body["data"]
        return data

    def _refuse_address(self, address: str, status: int) -> None:
        for code, (when, error) in REFUSED.items():
            if f", {code}, " in address and when == status:
                _refuse(when, error)

    def _order(self, data: Wire, quotation: Wire, people: list[Wire]) -> Wire:
        id_ = self._id()
        stops = [
            {"address": stop["address"], "name": who["name"], "phone": who["phone"].replace("+", " ")}
            for stop, who in zip(quotation["stops"], people, strict=True)
        ]
        if data.get("isPODEnabled"):
            stops[-1]["POD"] = {"status": "PENDING"}
        order = {
            "orderId": id_,
            "quotationId": quotation["quotationId"],
            "priceBreakdown": quotation["priceBreakdown"],
            "driverId": "",
            "shareLink": f"https://share.sandbox.lalamove.com?{id_}",
            "distance": {"value": "9823", "unit": "m"},
            "stops": stops,
            "metadata": data.get("metadata", {}),
        }
        self._enter(order)
        return order

    def _enter(self, order: Wire) -> None:
        """Into the books, and told."""
        order["status"], order["driverId"] = "ASSIGNING_DRIVER", ""
        self._orders[order["orderId"]], self._since[order["orderId"]] = order, self.now()
        reference, market = order["metadata"].get("internalId", ""), str(self.options["market"])
        self.booked(order["orderId"], reference, Money.parse(TOTAL, CURRENCY), account=market)
        self._tell("ORDER_CREATED", {"order": self._brief(order)})

    def _become(self, order: Wire, status: str) -> None:
        previous, order["status"] = order["status"], status
        self._since[order["orderId"]] = self.now()
        order["driverId"] = DRIVER if status == "ON_GOING" else "" if status == LIFE[0] else order["driverId"]
        if status in OTHER_ENDS:
            self.cancelled(order["orderId"])
        self._tell("ORDER_STATUS_CHANGED", {"order": {**self._brief(order), "previousStatus": previous}})
        if status == "ON_GOING":
            self._tell("DRIVER_ASSIGNED", {"order": {"orderId": order["orderId"]}, "driver": {"driverId": DRIVER}})

    def _prove(self, order: Wire, status: str) -> None:
        for stop in order["stops"][1:]:
            if "POD" in stop:
                stop["POD"] = {"status": status, "deliveredAt": _written(self.now())}
        self._tell("POD_STATUS_CHANGED", {"order": {"orderId": order["orderId"], "stops": order["stops"]}})

    def _replace(self, order: Wire) -> None:
        self._become(order, "CANCELED")
        old = order["orderId"]
        again = {**order, "orderId": self._id()}
        self._tell("ORDER_REPLACED", {"order": {"orderId": again["orderId"]}, "prevOrderId": old})
        self._enter(again)

    def _tell(self, kind: str, data: Wire) -> None:
        event: Wire = {
            "apiKey": self.secrets["api_key"],
            "timestamp": int(self.now().timestamp()),
            "eventId": str(uuid4()),
            "eventType": kind,
            "eventVersion": "v3",
            "data": {**data, "updatedAt": _written(self.now())},
        }
        self.push(Push(event_id=event["eventId"], json=event))

    def _brief(self, order: Wire) -> Wire:
        names = ("orderId", "driverId", "shareLink", "status", "metadata")
        return {"market": self.options["market"], **{name: order[name] for name in names}}

    def _known(self, id_: str) -> Wire:
        return self._orders.get(id_) or _refuse(404, "ERR_ORDER_NOT_FOUND")

    def _id(self) -> str:
        self._next += 1
        return str(self._next)


def _refuse(status: int, code: str, detail: str = "") -> NoReturn:
    error = {"id": code, **({"detail": detail} if detail else {})}
    abort(answer({"errors": [error]}, status))


def _need(data: Wire, *names: str) -> None:
    for name in names:
        if not data.get(name):
            _refuse(422, "ERR_MISSING_FIELD", f"/data/{name}")


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.00Z"


SIMULATOR = SimulatorLalamove
