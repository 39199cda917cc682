"""Every documented error of every operation we use means what it must: a definite no is never a perhaps."""

from __future__ import annotations

import csv
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Response

import carriers.base
from carriers.base import Account, BookingRef, CarrierError
from carriers.stuart.adapter import Stuart
from carriers.stuart.simulator import SimulatorStuart
from tests.carriers.simulated import NOON, Ask
from tests.carriers.stuart.conftest import quoted, shipment, tendered

REF = BookingRef(carrier_reference="7", tracking_number="tnd_1", tender_reference="tnd_1")
JOB = {"id": 1, "deliveries": [{"id": 7, "status": "delivering", "client_reference": "tnd_1"}]}

# Source: api-docs.stuart.com; most come with 422, some with 400 or 404, which ones is not documented.
DOCUMENTED = list(csv.DictReader(Path(__file__).with_name("documented_errors.csv").read_text("utf-8").splitlines()))
_numbers = count(1)


@pytest.fixture
def stuart(httpserver: HTTPServer) -> Stuart:
    base = httpserver.url_for("").rstrip("/")
    account = Account(
        id=f"acc_errors_{next(_numbers)}",
        name="stuart",
        mode="test",
        urls={"api": base, "token": f"{base}/oauth/token"},
        secrets=SimulatorStuart.secrets,
    )
    return Stuart(account, lambda: NOON)


def asked(stuart: Stuart, operation: str) -> tuple[str, str, Any]:
    """Method, path and coroutine of an operation."""
    return {
        "token": ("POST", "/oauth/token", lambda: stuart.book(tendered(shipment()))),
        "quote": ("POST", "/v2/jobs/pricing", lambda: stuart.quote(quoted(shipment()))),
        "book": ("POST", "/v2/jobs", lambda: stuart.book(tendered(shipment()))),
        "find": ("GET", "/v2/jobs", lambda: stuart.find("tnd_1")),
        "track": ("GET", "/v2/jobs", lambda: stuart.track(["tnd_1"])),
        "cancel": ("POST", "/v2/deliveries/7/cancel", lambda: stuart.cancel(REF)),
    }[operation]


@pytest.mark.parametrize("row", DOCUMENTED, ids=lambda row: "-".join(filter(None, row.values())))
def test_a_documented_error_means_what_it_must(
    row: dict[str, str], stuart: Stuart, ask: Ask, httpserver: HTTPServer
) -> None:
    method, path, coroutine = asked(stuart, row["operation"])
    body: dict[str, object] = {"error": row["code"], "message": "It says no."}
    if row["field"]:
        body["data"] = {row["field"]: ["has already been taken"]}
    if row["code"]:
        httpserver.expect_request(path, method=method).respond_with_json(body, int(row["status"]))
    else:
        httpserver.expect_request(path, method=method).respond_with_response(Response("no", int(row["status"])))
    if row["operation"] != "token":
        token = {"access_token": "t", "token_type": "Bearer", "expires_in": 2592000}
        httpserver.expect_request("/oauth/token").respond_with_json(token)
    if row["operation"] == "cancel":
        httpserver.expect_request("/v2/jobs", method="GET").respond_with_json([JOB])
    error = getattr(carriers.base, row["means"], None)
    if error is None:
        answer = ask(coroutine())
        assert answer == () if row["means"] == "nothing" else answer.state.value == row["means"]
        return
    with pytest.raises(CarrierError) as failed:
        ask(coroutine())
    assert type(failed.value) is error
    if row["code"] and error is not carriers.base.UnknownReference:
        assert failed.value.carrier_code == row["code"]
    if row["field"] and error is carriers.base.ShipmentRejected:
        assert failed.value.reasons == (f"{row['field']}: has already been taken",)  # type: ignore[attr-defined]  # its own
