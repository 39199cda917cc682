"""Every documented error of every operation we use means what it must: a definite no is never a perhaps."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

import carriers.base
from carriers.base import Account, BookingRef, CarrierError
from carriers.doordash_drive.adapter import DoorDashDrive
from carriers.doordash_drive.simulator import SimulatorDoorDashDrive
from tests.carriers.doordash_drive.conftest import quoted, shipment, tendered
from tests.carriers.simulated import NOON, Ask

REF = BookingRef(carrier_reference="tnd_1", tracking_number="tnd_1", tender_reference="tnd_1")
DELIVERY = "/drive/v2/deliveries/tnd_1"

# Source: errors of each operation, Drive API 2.1.59 (api-evangelist/doordash, doordash-drive-openapi.yml).
DOCUMENTED = list(csv.DictReader(Path(__file__).with_name("documented_errors.csv").read_text("utf-8").splitlines()))


@pytest.fixture
def doordash(httpserver: HTTPServer) -> DoorDashDrive:
    urls = {"api": httpserver.url_for("").rstrip("/")}
    account = Account(id="acc_1", name="dd", mode="test", urls=urls, secrets=SimulatorDoorDashDrive.secrets)
    return DoorDashDrive(account, lambda: NOON)


def asked(doordash: DoorDashDrive, operation: str) -> tuple[str, str, Any]:
    """Method, path and coroutine of an operation."""
    book = doordash.book
    return {
        "quote": ("POST", "/drive/v2/quotes", lambda: doordash.quote(quoted(shipment()))),
        "book": ("POST", "/drive/v2/quotes", lambda: book(tendered(shipment()))),
        "accept": ("POST", "/drive/v2/quotes/tnd_1/accept", lambda: book(tendered(shipment()))),
        "find": ("GET", DELIVERY, lambda: doordash.find("tnd_1")),
        "track": ("GET", DELIVERY, lambda: doordash.track(["tnd_1"])),
        "cancel": ("PUT", f"{DELIVERY}/cancel", lambda: doordash.cancel(REF)),
    }[operation]


@pytest.mark.parametrize("row", DOCUMENTED, ids=lambda row: "-".join(filter(None, row.values())))
def test_a_documented_error_means_what_it_must(
    row: dict[str, str], doordash: DoorDashDrive, ask: Ask, httpserver: HTTPServer
) -> None:
    method, path, coroutine = asked(doordash, row["operation"])
    body = {"code": row["code"], "message": "It says no."} | ({"reason": row["reason"]} if row["reason"] else {})
    httpserver.expect_request(path, method=method).respond_with_json(body if row["code"] else None, int(row["status"]))
    delivery = {"external_delivery_id": "tnd_1", "delivery_status": "confirmed"}
    if row["operation"] in ("accept", "cancel"):
        quote = {**delivery, "delivery_status": "quote"}
        httpserver.expect_request("/drive/v2/quotes", method="POST").respond_with_json(quote)
        httpserver.expect_request(DELIVERY, method="GET").respond_with_json(delivery)
    error = getattr(carriers.base, row["means"], None)
    if error is not None:
        with pytest.raises(CarrierError) as failed:
            ask(coroutine())
        assert type(failed.value) is error
        if row["code"] and row["code"] != "service_fault":
            assert failed.value.carrier_code == (row["reason"] or row["code"])
        return
    answer = ask(coroutine())
    if row["operation"] == "cancel":
        assert answer.state.value == row["means"]
    else:
        assert not answer
