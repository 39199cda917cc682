"""Every documented error of every operation we use means what it must: a definite no is never a perhaps."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from carriers.base import (
    Account,
    AuthenticationFailed,
    BookingRef,
    Cancellation,
    CancellationState,
    CarrierError,
    CarrierUnavailable,
    OutcomeUnknown,
    RateLimited,
    ShipmentRejected,
    UnknownReference,
)
from carriers.uber_direct.adapter import UberDirect
from tests.carriers.simulated import NOON, Ask
from tests.carriers.uber_direct.conftest import quoted, shipment, tendered

REF = BookingRef(carrier_reference="del_1", tracking_number="del_1", tender_reference="tnd_1")
DELIVERIES = "/v1/customers/cus_1/deliveries"

# Source: error examples of every operation, Uber Direct API 1.0.1 (github.com/uber/uber-direct-sdk).
DOCUMENTED = list(csv.DictReader(Path(__file__).with_name("documented_errors.csv").read_text("utf-8").splitlines()))

ERRORS: dict[str, type[CarrierError]] = {
    each.__name__: each
    for each in (
        AuthenticationFailed,
        CarrierUnavailable,
        OutcomeUnknown,
        RateLimited,
        ShipmentRejected,
        UnknownReference,
    )
}


@pytest.fixture
def uber(httpserver: HTTPServer) -> UberDirect:
    token = {"access_token": "t", "token_type": "Bearer", "expires_in": 2592000, "scope": "eats.deliveries"}
    httpserver.expect_request("/oauth/v2/token", method="POST").respond_with_json(token)
    account = Account(
        id="acc_1",
        name="uber",
        mode="test",
        urls={"api": httpserver.url_for("/v1"), "token": httpserver.url_for("/oauth/v2/token")},
        secrets={"client_id": "c", "client_secret": "s"},
        options={"customer_id": "cus_1"},
    )
    return UberDirect(account, lambda: NOON)


def asked(uber: UberDirect, operation: str) -> tuple[str, str, Any]:
    """Method, path and coroutine of an operation."""
    return {
        "quote": ("POST", "/v1/customers/cus_1/delivery_quotes", lambda: uber.quote(quoted(shipment()))),
        "book": ("POST", DELIVERIES, lambda: uber.book(tendered(shipment()))),
        "find": ("GET", DELIVERIES, lambda: uber.find("tnd_1")),
        "track": ("GET", f"{DELIVERIES}/del_1", lambda: uber.track(["del_1"])),
        "cancel": ("POST", f"{DELIVERIES}/del_1/cancel", lambda: uber.cancel(REF)),
        "proof_of_delivery": (
            "POST",
            f"{DELIVERIES}/del_1/proof-of-delivery",
            lambda: uber.proof_of_delivery(REF),
        ),
    }[operation]


@pytest.mark.parametrize(
    "row",
    DOCUMENTED,
    ids=lambda row: "-".join(filter(None, (row["operation"], row["status"], row["code"], row["detail"]))),
)
def test_a_documented_error_means_what_it_must(
    row: dict[str, str], uber: UberDirect, ask: Ask, httpserver: HTTPServer
) -> None:
    method, path, coroutine = asked(uber, row["operation"])
    body: dict[str, object] = {"code": row["code"], "message": row["message"], "kind": "error"}
    if row["field"]:
        body["metadata"] = {row["field"]: row["detail"]}
    httpserver.expect_request(path, method=method).respond_with_json(body, status=int(row["status"]))
    delivery = {"id": "del_1", "status": "dropoff", "live_mode": False, "external_id": "tnd_1"}
    if row["code"] == "duplicate_delivery":
        delivery["external_id"] = ""
    if row["operation"] in ("cancel", "proof_of_delivery") or row["code"] == "duplicate_delivery":
        httpserver.expect_request(f"{DELIVERIES}/del_1", method="GET").respond_with_json(delivery)
    if row["means"] in ERRORS:
        with pytest.raises(ERRORS[row["means"]]) as failed:
            ask(coroutine())
        assert type(failed.value) is ERRORS[row["means"]]
        return
    answer = ask(coroutine())
    if row["means"] == "too_late":
        assert answer == Cancellation(state=CancellationState.TOO_LATE, why="the delivery is dropoff")
    elif row["operation"] == "proof_of_delivery":
        assert (answer.photo, answer.signature) == (b"", b"")
    else:
        assert list(answer) == []


def test_the_merchant_reads_what_is_wrong_with_which_field(uber: UberDirect, ask: Ask, httpserver: HTTPServer) -> None:
    body = {
        "code": "invalid_params",
        "message": "The parameters of your request were invalid.",
        "kind": "error",
        "metadata": {"dropoff_phone_number": "dropoff phone number is not valid."},
    }
    httpserver.expect_request(DELIVERIES).respond_with_json(body, status=400)
    with pytest.raises(ShipmentRejected) as refused:
        ask(uber.book(tendered(shipment())))
    assert refused.value.reasons == ("dropoff phone number is not valid.",)
    assert refused.value.carrier_code == "invalid_params"


@pytest.mark.parametrize("metadata", [None, {}, "del_1", {"delivery_id": 7}, {"delivery_id": ""}, ["del_1"]])
def test_a_duplicate_that_is_not_named_is_unknown(
    metadata: object, uber: UberDirect, ask: Ask, httpserver: HTTPServer
) -> None:
    body = {"code": "duplicate_delivery", "message": "An active delivery like this already exists."}
    httpserver.expect_request(DELIVERIES).respond_with_json({**body, "metadata": metadata}, status=409)
    with pytest.raises(OutcomeUnknown):
        ask(uber.book(tendered(shipment())))


@pytest.mark.parametrize(
    "answer",
    [
        {"id": "del_1"},
        {"id": "del_1", "fee": None, "currency": None, "manifest_items": {}, "related_deliveries": {}},
        {"id": "del_1", "fee": "6.00", "currency": "usd", "dropoff_eta": "soon", "tracking_url": 7},
        {"id": "del_1", "fee": 600, "currency": "credits", "live_mode": "no"},
        {"id": "del_1", "fee": -1, "currency": "usd"},
        {"id": "del_1", "fee": 5050, "currency": "jpy"},
    ],
)
def test_a_delivery_that_was_made_is_never_lost_over_a_field_we_can_do_without(
    answer: dict[str, Any], uber: UberDirect, ask: Ask, httpserver: HTTPServer
) -> None:
    httpserver.expect_request(DELIVERIES).respond_with_json(answer)
    booking = ask(uber.book(tendered(shipment())))
    assert (booking.ref.carrier_reference, booking.price) == ("del_1", None)


def test_a_fee_is_in_hundredths_of_whatever_currency_and_includes_the_tip(
    uber: UberDirect, ask: Ask, httpserver: HTTPServer
) -> None:
    answer = {"id": "del_1", "fee": 60000, "tip": 500, "currency": "jpy"}
    httpserver.expect_request(DELIVERIES).respond_with_json(answer)
    assert str(ask(uber.book(tendered(shipment()))).price) == "600 JPY"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"error": "invalid_client"}, AuthenticationFailed),
        (401, {"error": "unauthorized"}, AuthenticationFailed),
        (400, {"error": "invalid_scope"}, AuthenticationFailed),
        (400, {"error": "server_error"}, CarrierUnavailable),
        (500, {"error": "server_error"}, CarrierUnavailable),
        (200, {"token_type": "Bearer"}, CarrierUnavailable),
    ],
)
def test_without_a_token_nothing_was_booked(
    status: int, body: dict[str, str], error: type[CarrierError], ask: Ask, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/oauth/v2/token").respond_with_json(body, status=status)
    account = Account(
        id="acc_2",
        name="uber",
        mode="test",
        urls={"api": httpserver.url_for("/v1"), "token": httpserver.url_for("/oauth/v2/token")},
        secrets={"client_id": "c", "client_secret": "s3cret"},
        options={"customer_id": "cus_1"},
    )
    with pytest.raises(error) as failed:
        ask(UberDirect(account, lambda: NOON).book(tendered(shipment())))
    assert type(failed.value) is error
    assert "s3cret" not in str(failed.value)
    (sent, _) = httpserver.log[0]
    assert sent.form.to_dict() == {
        "grant_type": "client_credentials",
        "client_id": "c",
        "client_secret": "s3cret",
        "scope": "eats.deliveries",
    }


@pytest.mark.parametrize("document", ["iVBORw0KGgo", "iVBORw0KGgo=", "data:image/png;base64,iVBORw0KGgo="])
def test_a_picture_is_read_with_and_without_prefix_and_padding(
    document: str, uber: UberDirect, ask: Ask, httpserver: HTTPServer
) -> None:
    httpserver.expect_request(f"{DELIVERIES}/del_1").respond_with_json({"id": "del_1", "status": "delivered"})
    httpserver.expect_request(f"{DELIVERIES}/del_1/proof-of-delivery").respond_with_json({"document": document})
    assert ask(uber.proof_of_delivery(REF)).photo == b"\x89PNG\r\n\x1a\n"


def test_the_list_is_searched_up_to_a_bound(uber: UberDirect, ask: Ask, httpserver: HTTPServer) -> None:
    page = {"data": [{"id": "del_2", "external_id": "tnd_2"}], "next_href": "more", "total_count": -1}
    httpserver.expect_request(DELIVERIES).respond_with_json(page)
    assert ask(uber.find("tnd_1")) is None
    offsets = [request.args["Offset"] for request, _ in httpserver.log if request.path == DELIVERIES]
    assert offsets == [str(number) for number in range(10)]


def test_a_return_leg_is_never_found_as_the_booking(uber: UberDirect, ask: Ask, httpserver: HTTPServer) -> None:
    back = {"id": "ret_1", "external_id": "tnd_1"}
    page = {"data": [back, {"id": "del_1", "external_id": "tnd_1"}], "next_href": "", "total_count": -1}
    httpserver.expect_request(DELIVERIES).respond_with_json(page)
    assert ask(uber.find("tnd_1")).ref.carrier_reference == "del_1"
