"""Every documented error of every operation means what it must: a definite no is never a perhaps."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from carriers.base import (
    Account,
    Address,
    AuthenticationFailed,
    BookingRef,
    CarrierError,
    CarrierUnavailable,
    LabelFormat,
    OutcomeUnknown,
    Pickup,
    PickupRequest,
    QuoteRequest,
    RateLimited,
    ShipmentRejected,
    UnknownReference,
)
from carriers.ups.adapter import DETAILS, LOCATIONS, PICKUPS, RATING, RECOVERY, SHIPMENTS, Ups
from tests.carriers.simulated import Ask
from tests.carriers.ups.conftest import NOON, shipment, tendered

NUMBER = "1ZA1B2C30300000014"
REF = BookingRef(carrier_reference=NUMBER, tracking_number=NUMBER)
# Source: error tables of the UPS OpenAPI documents, recorded answers, and issues of UPS-API/api-documentation.
DOCUMENTED = list(csv.DictReader(Path(__file__).with_name("documented_errors.csv").read_text("utf-8").splitlines()))
KINDS = (
    AuthenticationFailed,
    CarrierUnavailable,
    OutcomeUnknown,
    RateLimited,
    ShipmentRejected,
    UnknownReference,
)
ERRORS: dict[str, type[CarrierError]] = {each.__name__: each for each in KINDS}


@pytest.fixture
def ups(httpserver: HTTPServer) -> Ups:
    token = {"token_type": "Bearer", "access_token": "t", "expires_in": "14399", "status": "approved"}
    httpserver.expect_request("/token", method="POST").respond_with_json(token)
    account = Account(
        id="acc_1",
        name="ups",
        mode="test",
        urls={"api": httpserver.url_for("/api"), "token": httpserver.url_for("/token")},
        secrets={"client_id": "c", "client_secret": "s3cret"},
        options={"account_number": "A1B2C3"},
    )
    return Ups(account, lambda: NOON)


def asked(ups: Ups, operation: str) -> tuple[str, str, Any]:
    """Method, path and coroutine of an operation."""
    place = shipment().origin
    pickup = PickupRequest(
        address=place, day=date(2026, 3, 3), ready_at=NOON, closes_at=None, parcels=shipment().parcels, reference="p"
    )
    near = Address(country="US", postal_code="30005")
    return {
        "quote": ("POST", RATING, lambda: ups.quote(QuoteRequest(shipment=shipment(), ready_at=NOON))),
        "book": ("POST", f"{SHIPMENTS}/ship", lambda: ups.book(tendered())),
        "find": ("POST", RECOVERY, lambda: ups.find("tnd_1")),
        "label": ("POST", RECOVERY, lambda: ups.label(REF, LabelFormat())),
        "track": ("GET", f"{DETAILS}/{NUMBER}", lambda: ups.track([NUMBER])),
        "subscribe": (
            "POST",
            "/track/v2/subscription/standard/package",
            lambda: ups.subscribe([NUMBER], "https://gateway.example/hook"),
        ),
        "schedule_pickup": ("POST", PICKUPS, lambda: ups.schedule_pickup(pickup)),
        "cancel_pickup": (
            "DELETE",
            f"{SHIPMENTS}/pickup/02",
            lambda: ups.cancel_pickup(Pickup(carrier_reference="2929AONCALL02")),
        ),
        "service_points": ("POST", LOCATIONS, lambda: ups.service_points(near, 5000, 5)),
    }[operation]


@pytest.mark.parametrize("row", DOCUMENTED, ids=lambda row: f"{row['operation']}-{row['status']}-{row['code']}")
def test_a_documented_error_means_what_it_must(row: dict[str, str], ups: Ups, ask: Ask, httpserver: HTTPServer) -> None:
    method, path, coroutine = asked(ups, row["operation"])
    body = {"response": {"errors": [{"code": row["code"], "message": row["message"]}]}}
    httpserver.expect_request(f"/api{path}", method=method).respond_with_json(body, status=int(row["status"]))
    if row["means"] == "nothing":
        assert not ask(coroutine())
        return
    with pytest.raises(ERRORS[row["means"]]) as failed:
        ask(coroutine())
    assert type(failed.value) is ERRORS[row["means"]]
    assert row["message"] in (failed.value.carrier_message or "")


def test_every_sentence_reaches_the_merchant(ups: Ups, ask: Ask, httpserver: HTTPServer) -> None:
    errors = [{"code": "120206", "message": "Missing postal code"}, {"code": "120213", "message": "Missing phone"}]
    httpserver.expect_request(f"/api{SHIPMENTS}/ship").respond_with_json({"response": {"errors": errors}}, status=400)
    with pytest.raises(ShipmentRejected) as refused:
        ask(ups.book(tendered()))
    assert refused.value.reasons == ("Missing postal code", "Missing phone")
    assert refused.value.carrier_code == "120206"


@pytest.mark.parametrize(
    "body", ["<html>", "[]", "{}", '{"response": {"errors": []}}', '{"response": {"errors": [{}]}}']
)
def test_a_refusal_without_words_is_still_a_refusal(body: str, ups: Ups, ask: Ask, httpserver: HTTPServer) -> None:
    httpserver.expect_request(f"/api{SHIPMENTS}/ship").respond_with_data(body, status=400)
    with pytest.raises(ShipmentRejected):
        ask(ups.book(tendered()))


def test_credentials_travel_in_basic_and_not_in_the_form(ups: Ups, ask: Ask, httpserver: HTTPServer) -> None:
    httpserver.expect_request(f"/api{RATING}").respond_with_json({"RateResponse": {}})
    ups.forget_credentials()
    ask(ups.quote(QuoteRequest(shipment=shipment(), ready_at=NOON)))
    (asked_token, _), (asked_rates, _) = httpserver.log
    assert asked_token.form.to_dict() == {"grant_type": "client_credentials"}
    assert (asked_token.authorization.username, asked_token.authorization.password) == ("c", "s3cret")
    assert asked_rates.headers["authorization"] == "Bearer t"


def test_an_account_without_its_number_is_told_so(ups: Ups, ask: Ask) -> None:
    bare = Account(id="acc_2", name="bare", mode="test", urls=ups.account.urls, secrets=ups.account.secrets)
    with pytest.raises(AuthenticationFailed, match="bare has no option account_number"):
        ask(Ups(bare, lambda: NOON).book(tendered()))
