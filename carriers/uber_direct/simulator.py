"""Uber Direct's server, simulated: quotes expire, deliveries are remembered, couriers move on request.

    POST /_sim/advance {"carrier_reference": "del_...", "to": ...}

`to` is a scan (`pickup`, `pickup:imminent`, `pickup_complete`, `dropoff`, `dropoff:imminent`, `delivered`)
or another end: `left_at_door`, `canceled` (by Uber), `returned` (a `ret_` delivery is made, which advances
like any other). Every scan up to it is passed and pushed, followed by a courier update. A robo courier
moves with `/_sim/clock`.

Recipients in a postal code of `simulator_rules.REFUSED` are refused.
Source: Uber Direct API 1.0.1 (https://github.com/uber/uber-direct-sdk); https://developer.uber.com/docs/deliveries.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any, ClassVar

from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Request

from carriers.base import Clock, Money, utc_now
from carriers.base.simulator import Ledger, Push, Simulator, answer, route
from carriers.uber_direct.adapter import UberDirect
from carriers.uber_direct.simulator_objects import (
    courier_update,
    delivery_status,
    new_delivery,
    reach,
    return_delivery,
    written,
)
from carriers.uber_direct.simulator_rules import ADDRESSES, REQUIRED, check, refuse

TOKEN_LIVES_S = 30 * 24 * 3600
QUOTE_LIVES = timedelta(minutes=15)
KEY_LIVES = timedelta(minutes=60)
ROBO_STEP = timedelta(seconds=30)
FEE_CENTS = 600
PAGE = 30

DELIVERIES = "/v1/customers/<customer>/deliveries"
LIFE = ("pending", "pickup", "pickup:imminent", "pickup_complete", "dropoff", "dropoff:imminent", "delivered")
# How far a delivery goes before it comes to another end.
UNTIL = {"left_at_door": "dropoff:imminent", "returned": "dropoff:imminent"}

# One grey pixel.
IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg=="

Wire = dict[str, Any]


class SimulatorUberDirect(Simulator):
    """One customer's deliveries."""

    carrier = UberDirect
    secrets: ClassVar[Mapping[str, str]] = {
        "client_id": "simulated-client",
        "client_secret": "simulated-client-secret",
        "webhook_secret": "c5c26d5a-70d6-46c7-a652-d7c09825ad29",
    }
    options: ClassVar[Mapping[str, object]] = {"customer_id": "cus_simulated"}

    def __init__(self, *, ledger: Ledger | None = None, clock: Clock = utc_now) -> None:
        super().__init__(ledger=ledger, clock=clock)
        self._tokens: dict[str, datetime] = {}
        self._quotes: dict[str, Wire] = {}
        self._deliveries: dict[str, Wire] = {}
        self._orders: dict[str, Wire] = {}

    @route("POST", "/oauth/v2/token", operation="token")
    def token(self, request: Request) -> object:
        """A bearer token for the one client on file."""
        form = request.form
        if (form.get("client_id"), form.get("client_secret")) != (
            self.secrets["client_id"],
            self.secrets["client_secret"],
        ):
            return answer({"error": "invalid_client"}, 401)
        if form.get("grant_type") != "client_credentials" or form.get("scope") != "eats.deliveries":
            return answer({"error": "invalid_scope"}, 400)
        token = token_urlsafe(24)
        self._tokens[token] = self.now() + timedelta(seconds=TOKEN_LIVES_S)
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": TOKEN_LIVES_S,
            "scope": "eats.deliveries",
        }

    @route("POST", "/v1/customers/<customer>/delivery_quotes", operation="quote")
    def quote(self, request: Request, customer: str) -> object:
        """A price that holds for 15 minutes."""
        self._admit(request, customer)
        order, now = request.get_json(), self.now()
        check(order, now, ADDRESSES)
        quote = {
            "kind": "delivery_quote",
            "id": f"dqt_{token_urlsafe(16)}",
            "created": written(now),
            "expires": written(now + QUOTE_LIVES),
            "fee": FEE_CENTS,
            "currency": "usd",
            "currency_type": "USD",
            "dropoff_eta": written(now + timedelta(minutes=33)),
            "duration": 33,
            "pickup_duration": 24,
            "dropoff_deadline": order.get("dropoff_deadline_dt", written(now + timedelta(minutes=68))),
        }
        self._quotes[str(quote["id"])] = {"order": order, "expires": now + QUOTE_LIVES, "used": False}
        return quote

    @route("POST", DELIVERIES, operation="book")
    def book(self, request: Request, customer: str) -> object:
        """A delivery; 409 with its id for one that was asked for before."""
        self._admit(request, customer)
        order, now = request.get_json(), self.now()
        check(order, now, REQUIRED)
        if twin := self._twin(order, now):
            refuse("duplicate_delivery", {"delivery_id": twin})
        self._redeem(order, now)
        fee = FEE_CENTS + order.get("tip", 0)
        delivery = new_delivery(f"del_{token_urlsafe(16)}", order, fee, now)
        self._deliveries[delivery["id"]], self._orders[delivery["id"]] = delivery, order
        self.booked(delivery["id"], order.get("external_id", ""), Money.from_minor(fee, "USD"), account=customer)
        self.push(self._told(delivery_status(delivery)))
        return delivery

    @route("GET", DELIVERIES, operation="find")
    def list_deliveries(self, request: Request, customer: str) -> object:
        """A page of deliveries, newest first."""
        self._admit(request, customer)
        wanted = request.args.get("filter", "")
        found = [
            delivery
            for delivery in reversed(self._deliveries.values())
            if wanted in ("", delivery["status"]) or (wanted == "ongoing" and not delivery["complete"])
        ]
        start = request.args.get("Offset", 0, int)
        end = start + min(request.args.get("limit", PAGE, int), PAGE)
        following = f"{request.host}{request.path}?offset={end}" if end < len(found) else ""
        return {"data": found[start:end], "next_href": following, "total_count": -1}

    @route("GET", f"{DELIVERIES}/<id_>", operation="track")
    def delivery(self, request: Request, customer: str, id_: str) -> object:
        """One delivery as it is now."""
        self._admit(request, customer)
        return self._known(id_)

    @route("POST", f"{DELIVERIES}/<id_>", operation="instruct")
    def update(self, request: Request, customer: str, id_: str) -> object:
        """Other notes for the courier, until the delivery is over."""
        self._admit(request, customer)
        delivery, asked = self._known(id_), request.get_json()
        if delivery["complete"]:
            reason = "The provided fields cannot be updated in the current job state."
            refuse("invalid_params", dict.fromkeys(asked, reason))
        delivery["dropoff"]["notes"] = asked["dropoff_notes"]
        return delivery

    @route("POST", f"{DELIVERIES}/<id_>/cancel", operation="cancel")
    def cancel(self, request: Request, customer: str, id_: str) -> object:
        """Cancelled, as long as the courier has not got it."""
        self._admit(request, customer)
        delivery = self._known(id_)
        if delivery["status"] not in ("pending", "pickup"):
            refuse("noncancelable_delivery")
        self._cancel(delivery, "MERCHANT_CANCEL", "cancelled_by_merchant_api")
        return delivery

    @route("POST", f"{DELIVERIES}/<id_>/proof-of-delivery", operation="proof_of_delivery")
    def proof(self, request: Request, customer: str, id_: str) -> object:
        """The image taken at a waypoint."""
        self._admit(request, customer)
        asked = request.get_json()
        if asked.get("type") not in ("picture", "signature", "pincode"):
            refuse("invalid_params")
        if asked["type"] not in self._known(id_).get(asked.get("waypoint"), {}).get("verification", {}):
            refuse("delivery_not_found", message="Cannot find requested proof of delivery.")
        return {"document": IMAGE}

    def advance(self, carrier_reference: str, to: str) -> None:
        """Pass every scan up to one, or come to another end."""
        delivery = self._deliveries.get(carrier_reference)
        if delivery is None:
            raise NotFound(f"no delivery {carrier_reference}")
        if delivery["complete"]:
            raise BadRequest(f"{carrier_reference} is over: {delivery['status']}")
        if to == "canceled":
            return self._cancel(delivery, "UBER_CANCEL", "cannot_dispatch_courier")
        last = UNTIL.get(to, to)
        if last not in LIFE:
            raise BadRequest(f"a delivery does not become {to!r}")
        for scan in LIFE[LIFE.index(_scan(delivery)) + 1 : LIFE.index(last) + 1]:
            self._reach(delivery, scan)
        if to == "left_at_door":
            self._reach(delivery, "delivered", to, "customer_unavailable")
        if to == "returned":
            self._return(delivery)
        return None

    def tick(self) -> None:
        """Robo couriers are assigned at once and take a step every 30 seconds."""
        for delivery in list(self._deliveries.values()):
            order = self._orders.get(delivery["id"], {})
            age = self.now() - datetime.fromisoformat(delivery["created"])
            if "test_specifications" in order and not delivery["complete"]:
                due = LIFE[min(1 + age // ROBO_STEP, len(LIFE) - 1)]
                self.advance(delivery["id"], due)

    def _admit(self, request: Request, customer: str) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._tokens.get(token, self.now()) <= self.now():
            refuse("unauthorized")
        if customer != self.options["customer_id"]:
            refuse("customer_not_found")

    def _known(self, id_: str) -> Wire:
        return self._deliveries.get(id_) or refuse("delivery_not_found")

    def _twin(self, order: Wire, now: datetime) -> str:
        """The delivery with the same key within the hour, or with the same two references at any time."""
        for id_, other in self._orders.items():
            same_key = order.get("idempotency_key") and order["idempotency_key"] == other.get("idempotency_key")
            fresh = now - datetime.fromisoformat(self._deliveries[id_]["created"]) <= KEY_LIVES
            names = [(each.get("manifest_reference"), each.get("external_id")) for each in (order, other)]
            if (same_key and fresh) or (all(names[0]) and names[0] == names[1]):
                return id_
        return ""

    def _redeem(self, order: Wire, now: datetime) -> None:
        if "quote_id" not in order:
            return
        quote = self._quotes.get(order["quote_id"])
        if quote is None:
            refuse("invalid_params", {"quote_id": "quote not found."})
        if quote["used"]:
            refuse("used_quote")
        if now > quote["expires"]:
            refuse("expired_quote")
        if any(order[name] != quote["order"][name] for name in ADDRESSES):
            refuse("mismatched_price_quote")
        quote["used"] = True

    def _reach(self, delivery: Wire, scan: str, action: str = "", reason: str = "") -> None:
        delivery["undeliverable_action"], delivery["undeliverable_reason"] = action, reason
        reach(delivery, scan, self.now())
        self.push(self._told(delivery_status(delivery)))
        if delivery.get("courier"):
            self.push(self._told(courier_update(delivery)))

    def _cancel(self, delivery: Wire, primary: str, secondary: str) -> None:
        delivery["cancelation_reason"] = {"primary_reason": primary, "secondary_reason": secondary}
        self._reach(delivery, "canceled")
        self.cancelled(delivery["id"])

    def _return(self, delivery: Wire) -> None:
        id_ = f"ret_{token_urlsafe(16)}"
        delivery["related_deliveries"] = [{"id": id_, "relationship": "return"}]
        self._reach(delivery, "returned", "returned", "customer_unavailable")
        back = self._deliveries[id_] = return_delivery(delivery, id_)
        self.push(self._told(delivery_status(back)))

    def _told(self, event: Wire) -> Push:
        event = {"id": f"evt_{token_urlsafe(12)}", "customer_id": self.options["customer_id"], **event}
        return Push(event_id=event["id"], json=event)


def _scan(delivery: Wire) -> str:
    return f"{delivery['status']}:imminent" if delivery["courier_imminent"] else str(delivery["status"])


SIMULATOR = SimulatorUberDirect
