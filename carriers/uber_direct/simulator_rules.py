"""What Uber Direct refuses, in its own words: checks of quotes and deliveries for the simulator.

Source: error examples and field rules of the Uber Direct API 1.0.1 (https://github.com/uber/uber-direct-sdk).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn

from carriers.base.simulator import abort, answer

REQUIRED = (
    "pickup_name",
    "pickup_address",
    "pickup_phone_number",
    "dropoff_name",
    "dropoff_address",
    "dropoff_phone_number",
    "manifest_items",
)
ADDRESSES = ("pickup_address", "dropoff_address")
PHONES = ("pickup_phone_number", "dropoff_phone_number")

ERRORS = {
    "address_undeliverable": (400, "The specified location is not in a deliverable area."),
    "address_undeliverable_limited_couriers": (
        400,
        "The specified location is not in a deliverable area at this time because all couriers are currently busy.",
    ),
    "couriers_busy": (503, "All of our couriers are currently busy."),
    "customer_not_found": (404, "Customer does not exist."),
    "customer_suspended": (402, "Your account is passed due. Payment is required."),
    "delivery_not_found": (404, "The requested delivery does not exist."),
    "dropoff_deadline_before_pickup_deadline": (
        400,
        "The dropoff deadline needs to be after the pickup deadline.",
    ),
    "dropoff_deadline_too_early": (
        400,
        "The dropoff deadline needs to be at least 20 minutes after the dropoff ready time.",
    ),
    "dropoff_ready_after_pickup_deadline": (
        400,
        "The dropoff ready time needs to be at or before the pickup deadline.",
    ),
    "duplicate_delivery": (409, "An active delivery like this already exists."),
    "expired_quote": (400, "The price quote specified has expired."),
    "invalid_params": (400, "The parameters of your request were invalid."),
    "mismatched_price_quote": (400, "Quote mismatch, please recreate the quote."),
    "noncancelable_delivery": (400, "Delivery cannot be cancelled"),
    "pickup_deadline_too_early": (400, "The pickup deadline time needs to be at least 20 minutes from now."),
    "pickup_ready_too_early": (400, "The pickup ready time cannot be in the past."),
    "pickup_ready_too_late": (400, "The pickup ready time needs to be within the next 30 days."),
    "pickup_window_too_small": (400, "The pickup window needs to be at least 10 minutes long."),
    "unauthorized": (401, "Invalid OAuth 2.0 credentials provided."),
    "unknown_location": (400, "The specified location was not understood."),
    "used_quote": (400, "The price quote specified has been used."),
}

# Postal codes of the recipient that are always refused, so that a demonstration can show a refusal.
REFUSED = {
    "00000": "address_undeliverable",
    "00001": "address_undeliverable_limited_couriers",
    "00002": "couriers_busy",
    "00003": "customer_suspended",
}

TEN_MINUTES, TWENTY_MINUTES = timedelta(minutes=10), timedelta(minutes=20)


def refuse(code: str, metadata: Mapping[str, str] | None = None, message: str = "") -> NoReturn:
    """Answer with a documented error."""
    status, usual = ERRORS[code]
    body: dict[str, object] = {"code": code, "message": message or usual, "kind": "error"}
    if metadata:
        body["metadata"] = dict(metadata)
    abort(answer(body, status))


def check(order: Mapping[str, Any], now: datetime, required: tuple[str, ...]) -> None:
    """Refuse an order that lacks a field or breaks a rule of addresses, phone numbers or windows."""
    if missing := [name for name in required if not order.get(name)]:
        refuse("invalid_params", {missing[0]: "This field is required."})
    for name in PHONES:
        if name in order and not re.fullmatch(r"\+[0-9]+", str(order[name])):
            refuse("invalid_params", {name: f"{name[:-7].replace('_', ' ')} is not valid."})
    for name in ADDRESSES:
        _check_address(str(order[name]))
    if code := REFUSED.get(json.loads(order["dropoff_address"]).get("zip_code", "")):
        refuse(code)
    _check_windows(order, now)


def _check_address(text: str) -> None:
    try:
        address = json.loads(text)
    except ValueError:
        address = None
    if not isinstance(address, dict) or not address.get("street_address") or not address.get("city"):
        refuse("unknown_location")


def _check_windows(order: Mapping[str, Any], now: datetime) -> None:
    pickup_ready = _time(order, "pickup_ready_dt", now)
    pickup_deadline = _time(order, "pickup_deadline_dt", pickup_ready + TWENTY_MINUTES)
    dropoff_ready = _time(order, "dropoff_ready_dt", pickup_ready)
    dropoff_deadline = _time(order, "dropoff_deadline_dt", pickup_deadline + timedelta(hours=1))
    rules = {
        "pickup_ready_too_early": pickup_ready >= now,
        "pickup_ready_too_late": pickup_ready < now + timedelta(days=30),
        "pickup_window_too_small": pickup_deadline >= pickup_ready + TEN_MINUTES,
        "pickup_deadline_too_early": pickup_deadline >= now + TWENTY_MINUTES,
        "dropoff_ready_after_pickup_deadline": dropoff_ready <= pickup_deadline,
        "dropoff_deadline_too_early": dropoff_deadline >= dropoff_ready + TWENTY_MINUTES,
        "dropoff_deadline_before_pickup_deadline": dropoff_deadline >= pickup_deadline,
    }
    if broken := [code for code, kept in rules.items() if not kept]:
        refuse(broken[0])


def _time(order: Mapping[str, Any], name: str, default: datetime) -> datetime:
    return datetime.fromisoformat(order[name]) if name in order else default
