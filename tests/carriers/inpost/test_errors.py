"""Every documented error of every operation means what it must: a definite no is never a perhaps."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

import carriers.base as base
from carriers.base import (
    Account,
    BookingRef,
    CancellationState,
    CarrierError,
    LabelFormat,
    QuoteRequest,
    RateLimited,
    ShipmentRejected,
)
from carriers.inpost.adapter import InPost
from tests.carriers.inpost.conftest import shipment, tendered
from tests.carriers.simulated import NOON, Ask

# Source: "API ShipX", errors; openlinker-project/openlinker#1807 (nested details); an empty error body: sandbox.
DOCUMENTED = list(csv.DictReader(Path(__file__).with_name("documented_errors.csv").read_text("utf-8").splitlines()))
REF = BookingRef(carrier_reference="77", tracking_number="")
ORG = "/v1/organizations/1"


@pytest.fixture
def inpost(httpserver: HTTPServer) -> InPost:
    account = Account(
        id="acc_1",
        name="inpost",
        mode="test",
        urls={"api": httpserver.url_for("").rstrip("/")},
        secrets={"token": "t0ken-of-ours"},
        options={"organization_id": 1, "prepaid": True, "insured_value": 50},
    )
    return InPost(account, lambda: NOON)


def asked(inpost: InPost, operation: str) -> tuple[str, str, Any]:
    """Method, path and coroutine of an operation."""
    return {
        "quote": (
            "POST",
            f"{ORG}/shipments/calculate",
            lambda: inpost.quote(QuoteRequest(shipment=shipment(), ready_at=NOON)),
        ),
        "book": ("POST", f"{ORG}/shipments", lambda: inpost.book(tendered(shipment()))),
        "find": ("GET", f"{ORG}/shipments", lambda: inpost.find("tnd_1")),
        "track": ("GET", "/v1/shipments/77", lambda: inpost.track(["77"])),
        "label": ("GET", "/v1/shipments/77/label", lambda: inpost.label(REF, LabelFormat())),
        "cancel": ("DELETE", "/v1/shipments/77", lambda: inpost.cancel(REF)),
    }[operation]


@pytest.mark.parametrize("row", DOCUMENTED, ids=lambda row: f"{row['operation']}-{row['status']}-{row['error']}")
def test_a_documented_error_means_what_it_must(
    row: dict[str, str], inpost: InPost, ask: Ask, httpserver: HTTPServer
) -> None:
    method, path, coroutine = asked(inpost, row["operation"])
    body = {"status": int(row["status"]), "error": row["error"], "message": "what it says"}
    text = json.dumps({**body, "details": json.loads(row["details"])}) if row["error"] else ""
    httpserver.expect_request(path, method=method).respond_with_data(text, status=int(row["status"]))
    httpserver.expect_request("/v1/shipments/77", method="GET").respond_with_json({"id": 77, "status": "confirmed"})
    kind = getattr(base, row["means"], None)
    if kind is None:
        answer = ask(coroutine())
        assert answer.state is CancellationState.TOO_LATE if row["means"] == "too_late" else answer == ()
        return
    with pytest.raises(CarrierError) as failed:
        ask(coroutine())
    assert type(failed.value) is kind
    assert (
        failed.value.carrier_code
        == (None if row["means"] in ("RateLimited", "OutcomeUnknown") else row["error"] or None)
        or int(row["status"]) >= 500
    )
    if row["reason"]:
        assert isinstance(failed.value, ShipmentRejected)
        assert failed.value.reasons[0] == row["reason"]


def test_every_field_is_named_however_deep_it_is(inpost: InPost, ask: Ask, httpserver: HTTPServer) -> None:
    details = {"parcels": [[{"weight": [{"amount": ["too_big", "invalid"]}]}]], "cod": None, "n": [7]}
    body = {"status": 400, "error": "validation_failed", "message": "m", "details": details}
    httpserver.expect_request(f"{ORG}/shipments").respond_with_json(body, status=400)
    with pytest.raises(ShipmentRejected) as refused:
        ask(inpost.book(tendered(shipment())))
    assert refused.value.reasons == ("parcels.weight.amount: too_big", "parcels.weight.amount: invalid", "n: 7")


@pytest.mark.parametrize(("header", "seconds"), [({}, None), ({"Retry-After": "30"}, 30.0)])
def test_too_many_requests_say_how_long_to_wait(
    header: dict[str, str], seconds: float | None, inpost: InPost, ask: Ask, httpserver: HTTPServer
) -> None:
    httpserver.expect_request(f"{ORG}/shipments").respond_with_data("", status=429, headers=header)
    with pytest.raises(RateLimited) as limited:
        ask(inpost.find("tnd_1"))
    assert limited.value.retry_after_s == seconds


@pytest.mark.parametrize(
    "answer",
    [
        {"id": 77},
        {"id": 77, "tracking_number": 5, "status": None, "offers": "none", "parcels": {}},
        {"id": 77.0, "tracking_number": None, "transactions": [{"status": "failure", "details": {}}]},
    ],
)
def test_an_accepted_shipment_is_never_lost_over_a_field_we_can_do_without(
    answer: dict[str, Any], inpost: InPost, ask: Ask, httpserver: HTTPServer
) -> None:
    httpserver.expect_request(f"{ORG}/shipments").respond_with_json(answer, status=201)
    assert ask(inpost.book(tendered(shipment()))).ref == BookingRef(
        carrier_reference="77", tracking_number="", tender_reference="tnd_1"
    )


@pytest.mark.parametrize("amount", ["-1", "1.234", "many", True])
def test_an_amount_that_is_no_price_is_no_rate(
    amount: object, inpost: InPost, ask: Ask, httpserver: HTTPServer
) -> None:
    priced = [{"id": "#0", "calculated_charge_amount": amount}, {"id": "#1", "calculated_charge_amount": None}]
    httpserver.expect_request(f"{ORG}/shipments/calculate").respond_with_json(priced)
    with pytest.raises(base.BadCarrierResponse):
        ask(inpost.quote(QuoteRequest(shipment=shipment(), ready_at=NOON)))


def test_the_search_ends_where_the_filter_is_ignored(inpost: InPost, ask: Ask, httpserver: HTTPServer) -> None:
    page = {"items": [{"id": 5, "reference": "another"}], "total_pages": 992}
    httpserver.expect_request(f"{ORG}/shipments").respond_with_json(page)
    assert ask(inpost.find("tnd_1")) is None
    assert [request.args["page"] for request, _ in httpserver.log] == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("name", ["token", "organization_id"])
def test_an_account_that_lacks_something_says_what(name: str, inpost: InPost, ask: Ask) -> None:
    bare = Account(
        id="a",
        name="bare",
        mode="test",
        urls=inpost.account.urls,
        secrets={"token": "t0ken"} if name != "token" else {},
        options={"organization_id": 1} if name == "token" else {},
    )
    with pytest.raises(base.AuthenticationFailed, match=name):
        ask(InPost(bare).find("tnd_1"))
