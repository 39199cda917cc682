"""Every documented error means what it must: a definite no is never a perhaps."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

import carriers.base
from carriers.base import Account, BookingRef, CancellationState, RateLimited, ShipmentRejected
from carriers.lalamove.adapter import Lalamove
from carriers.lalamove.wire.answers import holds
from tests.carriers.lalamove.conftest import quoted, shipment, tendered
from tests.carriers.simulated import NOON, Ask

REF = BookingRef(carrier_reference="1", tracking_number="1")
# Source: developers.lalamove.com, errors; src/error.ts of github.com/lalamove/delivery-nodejs-sdk@64f2765; 404 and
# ERR_INCORRECT_ADDRESS as recorded in github.com/petlove/lalamove-ruby@9cdf1a1.
DOCUMENTED = list(csv.DictReader(Path(__file__).with_name("documented_errors.csv").read_text("utf-8").splitlines()))
QUOTATION = {
    "quotationId": "7",
    "expiresAt": "2026-03-02T12:05:00.00Z",
    "stops": [{"stopId": "71"}, {"stopId": "72"}],
    "priceBreakdown": {"total": "104.50", "currency": "HKD"},
}


@pytest.fixture
def lalamove(httpserver: HTTPServer) -> Lalamove:
    account = Account(
        id="acc_1",
        name="lalamove",
        mode="test",
        urls={"api": httpserver.url_for("/v3")},
        secrets={"api_key": "pk_test_1", "api_secret": "sk_test_1"},
        options={"market": "HK", "language": "en_HK", "service_type": "MOTORCYCLE"},
    )
    return Lalamove(account, lambda: NOON)


def asked(lalamove: Lalamove, operation: str) -> tuple[str, str, Any]:
    """Method, path and coroutine of an operation."""
    return {
        "quote": ("POST", "/v3/quotations", lambda: lalamove.quote(quoted(shipment()))),
        "book": ("POST", "/v3/orders", lambda: lalamove.book(tendered(shipment()))),
        "track": ("GET", "/v3/orders/1", lambda: lalamove.track(["1"])),
        "cancel": ("DELETE", "/v3/orders/1", lambda: lalamove.cancel(REF)),
        "proof_of_delivery": ("GET", "/v3/orders/1", lambda: lalamove.proof_of_delivery(REF)),
    }[operation]


@pytest.mark.parametrize("row", DOCUMENTED, ids=lambda row: "-".join(filter(None, list(row.values())[:3])))
def test_a_documented_error_means_what_it_must(
    row: dict[str, str], lalamove: Lalamove, ask: Ask, httpserver: HTTPServer
) -> None:
    method, path, coroutine = asked(lalamove, row["operation"])
    body = {"errors": [{"id": row["id"]}]} if row["id"] else {"message": "no"}
    httpserver.expect_request(path, method=method).respond_with_json(body, status=int(row["status"]))
    if row["operation"] == "book":
        httpserver.expect_request("/v3/quotations").respond_with_json({"data": QUOTATION}, status=201)
    if row["operation"] == "cancel":
        order = {"data": {"orderId": "1", "status": "PICKED_UP"}}
        httpserver.expect_request(path, method="GET").respond_with_json(order)
    error = getattr(carriers.base, row["means"], None)
    if error is None:
        answer = ask(coroutine())
        assert answer.state is CancellationState.TOO_LATE if row["means"] == "too_late" else list(answer) == []
        return
    with pytest.raises(error) as failed:
        ask(coroutine())
    assert type(failed.value) is error
    assert failed.value.carrier_code == (row["id"] or None) or int(row["status"]) >= 500


@pytest.mark.parametrize("header", ["Ratelimit-Reset", "Ratelimits-Reset-Postquotation", "RateLimit-Reset-Quotations"])
def test_too_many_requests_end_when_the_bucket_is_full_again(
    header: str, lalamove: Lalamove, ask: Ask, httpserver: HTTPServer
) -> None:
    reset = str(int(NOON.timestamp()) + 42)
    httpserver.expect_request("/v3/quotations").respond_with_json({"errors": []}, status=429, headers={header: reset})
    with pytest.raises(RateLimited) as limited:
        ask(lalamove.quote(quoted(shipment())))
    assert limited.value.retry_after_s == 42


@pytest.mark.parametrize(
    "errors",
    [
        [{"id": "ERR_MISSING_FIELD", "message": "Missing.", "detail": "/data/stops"}, {"id": "ERR_OTHER"}],
        {"id": "ERR_MISSING_FIELD", "message": "Missing.", "detail": "/data/stops"},
    ],
)
def test_errors_are_an_array_or_one_object_and_all_are_told(
    errors: Any, lalamove: Lalamove, ask: Ask, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/v3/quotations").respond_with_json({"errors": errors}, status=422)
    with pytest.raises(ShipmentRejected) as refused:
        ask(lalamove.quote(quoted(shipment())))
    assert refused.value.reasons[0] == "ERR_MISSING_FIELD Missing. /data/stops"
    assert len(refused.value.reasons) == (2 if isinstance(errors, list) else 1)


@pytest.mark.parametrize(
    "data",
    [
        {"orderId": "1900201053291234567"},
        {"orderId": "1900201053291234567", "priceBreakdown": {"total": "1.005", "currency": "HKD"}, "shareLink": 7},
        {"orderId": "1900201053291234567", "priceBreakdown": {"total": "-1", "currency": "HKD"}, "stops": None},
        {"orderId": "1900201053291234567", "priceBreakdown": {"total": "10", "currency": "credits"}},
    ],
)
def test_an_order_that_was_made_is_never_lost_over_a_field_we_can_do_without(
    data: dict[str, Any], lalamove: Lalamove, ask: Ask, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/v3/quotations").respond_with_json({"data": QUOTATION}, status=201)
    httpserver.expect_request("/v3/orders").respond_with_json({"data": data}, status=201)
    booking = ask(lalamove.book(tendered(shipment())))
    assert (booking.ref.carrier_reference, booking.price) == ("1900201053291234567", None)


@pytest.mark.parametrize(
    ("total", "currency", "shown"),
    [("104.5", "HKD", "104.50 HKD"), ("25000", "VND", "25000 VND"), ("19.54", "BRL", "19.54 BRL")],
)
def test_prices_are_texts_in_major_units(
    total: str, currency: str, shown: str, lalamove: Lalamove, ask: Ask, httpserver: HTTPServer
) -> None:
    breakdown = {"base": "1", "vat": "0", "coupon": "-5", "total": total, "currency": currency}
    answer = {"data": {**QUOTATION, "priceBreakdown": breakdown}}
    httpserver.expect_request("/v3/quotations").respond_with_json(answer, status=201)
    (rate,) = ask(lalamove.quote(quoted(shipment())))
    assert (str(rate.price), rate.surcharges) == (shown, ())
    assert holds(rate, NOON)
