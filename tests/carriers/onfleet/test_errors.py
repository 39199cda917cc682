"""Every documented error means what it must: a definite no is never a perhaps."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

import carriers.base
from carriers.base import Account, BookingRef, CancellationState, RateLimited, ShipmentRejected
from carriers.onfleet.adapter import Onfleet
from tests.carriers.onfleet.conftest import shipment, tendered
from tests.carriers.simulated import NOON, Ask

REF = BookingRef(carrier_reference="d*~1", tracking_number="d*~1")
# Source: docs.onfleet.com, errors and throttling; ranges of numbers in request.py of
# github.com/onfleet/pyonfleet@ae49be8. A row without a number has a body that is no error of Onfleet's.
DOCUMENTED = list(csv.DictReader(Path(__file__).with_name("documented_errors.csv").read_text("utf-8").splitlines()))


@pytest.fixture
def onfleet(httpserver: HTTPServer) -> Onfleet:
    account = Account(
        id="acc_1",
        name="onfleet",
        mode="test",
        urls={"api": httpserver.url_for("/api/v2")},
        secrets={"api_key": "a98b7123a973e8c903612e63c8c31a64"},
    )
    return Onfleet(account, lambda: NOON)


def asked(onfleet: Onfleet, operation: str) -> tuple[str, str, Any]:
    """Method, path and coroutine of an operation."""
    return {
        "book": ("POST", "/api/v2/tasks", lambda: onfleet.book(tendered(shipment()))),
        "find": ("POST", "/api/v2/tasks/metadata", lambda: onfleet.find("tnd_1")),
        "track": ("GET", "/api/v2/tasks/d*~1", lambda: onfleet.track(["d*~1"])),
        "cancel": ("GET", "/api/v2/tasks/d*~1", lambda: onfleet.cancel(REF)),
        "proof_of_delivery": ("GET", "/api/v2/tasks/d*~1", lambda: onfleet.proof_of_delivery(REF)),
    }[operation]


@pytest.mark.parametrize("row", DOCUMENTED, ids=lambda row: "-".join(filter(None, list(row.values())[:3])))
def test_a_documented_error_means_what_it_must(
    row: dict[str, str], onfleet: Onfleet, ask: Ask, httpserver: HTTPServer
) -> None:
    method, path, coroutine = asked(onfleet, row["operation"])
    message = {"error": int(row["number"] or 0), "message": "No.", "request": "r", "cause": {"why": "x"}}
    body: Any = {"code": "InvalidContent", "message": message} if row["number"] else "no"
    httpserver.expect_request(path, method=method).respond_with_json(body, status=int(row["status"]))
    error = getattr(carriers.base, row["means"], None)
    if error is None:
        answer = ask(coroutine())
        assert answer.state is CancellationState.ACCEPTED if row["means"] == "accepted" else list(answer) == []
        return
    with pytest.raises(error) as failed:
        ask(coroutine())
    assert type(failed.value) is error


def test_the_merchant_reads_what_is_wrong_and_a_sentence_alone_is_one_too(
    onfleet: Onfleet, ask: Ask, httpserver: HTTPServer
) -> None:
    detail = {"error": 1010, "message": "The phone number is invalid.", "cause": "Too short."}
    httpserver.expect_ordered_request("/api/v2/tasks").respond_with_json(
        {"code": "InvalidContent", "message": detail}, 400
    )
    with pytest.raises(ShipmentRejected) as refused:
        ask(onfleet.book(tendered(shipment())))
    assert (refused.value.reasons, refused.value.carrier_code) == (("The phone number is invalid. Too short.",), "1010")
    httpserver.expect_ordered_request("/api/v2/tasks").respond_with_json({"code": "X", "message": "Not so."}, 400)
    with pytest.raises(ShipmentRejected, match="Not so"):
        ask(onfleet.book(tendered(shipment())))


@pytest.mark.parametrize(("header", "wait"), [({"Retry-After": "3"}, 3.0), ({}, None)])
def test_too_many_requests_are_told_with_their_wait(
    header: dict[str, str], wait: float | None, onfleet: Onfleet, ask: Ask, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/api/v2/tasks").respond_with_json({"message": {"error": 2300}}, 429, headers=header)
    with pytest.raises(RateLimited) as limited:
        ask(onfleet.book(tendered(shipment())))
    assert limited.value.retry_after_s == wait
