"""Every documented error, and what no document speaks of: a definite no is never a perhaps, nor the other way round."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from carriers import base
from carriers.base import Account, CarrierError
from carriers.canadapost.adapter import CanadaPost
from tests.carriers.canadapost.conftest import MONDAY, quoted, shipment, tendered
from tests.carriers.simulated import Ask

ROWS = list(csv.DictReader(Path(__file__).with_name("documented_errors.csv").read_text("utf-8").splitlines()))


@pytest.mark.parametrize(
    "row", ROWS, ids=[f"{row['operation']}-{row['status']}-{row['error']}-{n}" for n, row in enumerate(ROWS)]
)
def test_an_error_means_what_it_must(httpserver: HTTPServer, ask: Ask, row: dict[str, str]) -> None:
    httpserver.expect_request("/token").respond_with_json({"access_token": "t", "expires_in": 3600})
    httpserver.expect_request("").respond_with_data(row["body"], int(row["status"]), content_type="application/json")
    account = Account(
        id=f"acc_{row['operation']}",
        name="post",
        mode="test",
        urls={"api": httpserver.url_for("/api"), "token": httpserver.url_for("/token")},
        secrets={"client_id": "c", "client_secret": "s"},
        options={"customer_number": "1", "contact_email": "a@b.example"},
    )
    post = CanadaPost(account, lambda: MONDAY)
    asked = {
        "quote": lambda: post.quote(quoted(shipment())),
        "book": lambda: post.book(tendered(shipment())),
        "track": lambda: post.track(["1"]),
        "find": lambda: post.find("tnd_1"),
    }[row["operation"]]
    with pytest.raises(CarrierError) as raised:
        ask(asked())
    assert type(raised.value) is getattr(base, row["error"])
    assert (raised.value.carrier_code or "") == row["code"]
