"""POST /v1/quotes and what may be said in it."""

import json
from typing import Any

import pytest

from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from gateway.api import examples
from gateway.domain.quotes import ServiceLevel
from tests.api.world import Json, Merchant, pointers, problem

CUBE = {"length": 1, "width": 1, "height": 1, "unit": "cm"}


def quote(merchant: Merchant, **more: Any) -> Json:
    """A quote for the example's shipment with some members changed."""
    response = merchant.post("/v1/quotes", {**examples.QUOTE, **more})
    assert response.status_code == 201, response.text
    found: Json = response.get_json()
    return found


def test_offers_are_ranked_and_every_verdict_has_a_sentence(merchant: Merchant) -> None:
    quoted = quote(merchant, requirements={})
    ranks = [offer["rank"] for offer in quoted["offers"] if offer["eligible"]]
    assert ranks == list(range(1, len(ranks) + 1))
    assert quoted["recommended_offer_id"] == quoted["offers"][0]["id"]
    assert all(verdict["why"] for offer in quoted["offers"] for verdict in offer["verdicts"])
    assert quoted["carrier_results"][0]["state"] == "ok"
    assert quoted["reference"] == "cart-1042"


def test_dropped_offers_are_listed_with_the_sentence_that_dropped_them(merchant: Merchant) -> None:
    quoted = quote(merchant, requirements={"two_person": True})
    assert quoted["recommended_offer_id"] is None
    assert quoted["offers"]
    for offer in quoted["offers"]:
        assert (offer["eligible"], offer["rank"]) == (False, None)
        assert [verdict["why"] for verdict in offer["verdicts"] if verdict["effect"] == "drop"]


def test_a_quote_reads_as_it_was_given(merchant: Merchant) -> None:
    quoted = quote(merchant)
    assert merchant.get(f"/v1/quotes/{quoted['id']}").get_json() == quoted


def test_one_carriers_failure_never_fails_all(
    merchant: Merchant, sandbox: RunningSimulator, bring: RunningSimulator
) -> None:
    merchant.with_account(bring)
    sandbox.simulator.faults.add(Fault(kind=FaultKind.STATUS_500, operation="quote"))
    quoted = quote(merchant, requirements={})
    states = {result["carrier"]: result["state"] for result in quoted["carrier_results"]}
    assert states == {"bring": "ok", "sandbox": "error"}
    assert {offer["carrier"] for offer in quoted["offers"]} == {"bring"}


def test_the_deadline_cuts_a_slow_carrier_off(merchant: Merchant, sandbox: RunningSimulator) -> None:
    sandbox.simulator.faults.add(Fault(kind=FaultKind.SLOW, operation="quote", delay_s=5))
    result = quote(merchant, deadline_ms=200)["carrier_results"][0]
    assert (result["state"], result["code"]) == ("timeout", "timeout")
    sandbox.simulator.faults.clear()


def test_only_a_postcode_and_a_country_are_needed_on_either_side(merchant: Merchant) -> None:
    place = {"postal_code": "0354", "country": "NO"}
    body = {"origin": place, "destination": place, "parcels": [{"weight_g": 500}]}
    assert merchant.post("/v1/quotes", body).get_json()["offers"]


@pytest.mark.parametrize("level", [level.value for level in ServiceLevel])
def test_services_narrow_the_offers(level: str, merchant: Merchant) -> None:
    assert {offer["service"] for offer in quote(merchant, services=[level])["offers"]} <= {level}


@pytest.mark.parametrize(
    ("given", "grams"),
    [
        ({"weight_g": 1}, 1),
        ({"weight": {"value": 1, "unit": "g"}}, 1),
        ({"weight": {"value": 0.001, "unit": "g"}}, 1),
        ({"weight": {"value": 1.2, "unit": "kg"}}, 1200),
        ({"weight": {"value": 1.2001, "unit": "kg"}}, 1201),
        ({"weight": {"value": 1, "unit": "oz"}}, 29),
        ({"weight": {"value": 1, "unit": "lb"}}, 454),
        ({"weight": {"value": 2.5, "unit": "lb"}}, 1134),
        ({"weight": {"value": 0.1, "unit": "kg"}}, 100),
    ],
)
def test_weights_are_rounded_up_to_grams(given: Json, grams: int, merchant: Merchant) -> None:
    body = {**examples.BOOK, "parcels": [given], "reference": f"w-{grams}-{json.dumps(given)[:60]}"}
    assert merchant.book(body)["parcels"][0]["weight_g"] == grams


@pytest.mark.parametrize(
    ("unit", "sides", "millimetres"),
    [
        ("mm", (300, 200.5, 1), (300, 201, 1)),
        ("cm", (30, 20.01, 0.05), (300, 201, 1)),
        ("in", (1, 12, 0.5), (26, 305, 13)),
    ],
)
def test_dimensions_are_rounded_up_to_millimetres(
    unit: str, sides: tuple[float, ...], millimetres: tuple[int, ...], merchant: Merchant
) -> None:
    names = ("length", "width", "height")
    parcel = {"weight_g": 100, "dimensions": {**dict(zip(names, sides, strict=True)), "unit": unit}}
    booked = merchant.book({**examples.BOOK, "parcels": [parcel], "reference": f"d-{unit}"})["parcels"][0]
    assert tuple(booked[f"{name}_mm"] for name in names) == millimetres


@pytest.mark.parametrize(
    ("parcel", "where"),
    [
        ({}, "/weight_g"),
        ({"weight_g": 1, "weight": {"value": 1, "unit": "g"}}, "/weight_g"),
        ({"weight_g": 0}, "/weight_g"),
        ({"weight_g": 10_000_001}, "/weight_g"),
        ({"weight": {"value": 0, "unit": "g"}}, "/weight/value"),
        ({"weight": {"value": -1, "unit": "g"}}, "/weight/value"),
        ({"weight": {"value": "1", "unit": "g"}}, "/weight/value"),
        ({"weight": {"value": 1, "unit": "st"}}, "/weight/unit"),
        ({"weight": {"value": 10_000_000, "unit": "kg"}}, "/weight"),
        ({"weight_g": 1, "length_mm": 1, "dimensions": CUBE}, "/dimensions"),
        ({"weight_g": 1, "dimensions": {"length": 1, "width": 1, "unit": "cm"}}, "/dimensions/height"),
        ({"weight_g": 1, "dimensions": {"length": 100_000, "width": 1, "height": 1, "unit": "in"}}, "/dimensions"),
        ({"weight_g": 1, "value": {"amount": 1, "currency": "XXX"}}, "/value/currency"),
        ({"weight_g": 1, "value": {"amount": 1, "currency": "nok"}}, "/value/currency"),
        ({"weight_g": 1, "value": {"amount": 1.0, "currency": "NOK"}}, "/value/amount"),
        ({"weight_g": 1, "value": {"amount": -1, "currency": "NOK"}}, "/value/amount"),
    ],
)  # fmt: skip
def test_parcels_that_make_no_sense_are_pointed_at(parcel: Json, where: str, merchant: Merchant) -> None:
    response = merchant.post("/v1/quotes", {**examples.QUOTE, "parcels": [{"weight_g": 1}, parcel]})
    assert pointers(response) == [f"/parcels/1{where}"]


def test_a_postcode_is_needed_where_there_are_any(merchant: Merchant) -> None:
    place = {"country": "HK", "city": "Hong Kong"}
    parcels = examples.QUOTE["parcels"]
    there = merchant.post("/v1/quotes", {"origin": place, "destination": place, "parcels": parcels})
    assert there.status_code == 201
    here = merchant.post("/v1/quotes", {"origin": place, "destination": {"country": "NO"}, "parcels": parcels})
    assert pointers(here) == ["/destination/postal_code"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("country", "no"),
        ("country", "NOR"),
        ("country", "NO\n"),
        ("postal_code", ""),
        ("postal_code", "1" * 17),
        ("postal_code", "01\n52"),
        ("phone", "22334455"),
        ("phone", "+0123456"),
        ("phone", "+47 22 33 44 55"),
        ("phone", "+4722334455\n"),
        ("email", "kari"),
        ("email", "kari@"),
        ("email", "x" * 250 + "@x.no"),
        ("latitude", 90.1),
        ("latitude", "59.9"),
        ("longitude", -180.5),
        ("subdivision", "US-NY"),
        ("residential", "yes"),
        ("residential", 1),
        ("name", "x" * 101),
        ("instructions", "x" * 281),
    ],
)
def test_addresses_that_make_no_sense_are_pointed_at(name: str, value: object, merchant: Merchant) -> None:
    for side in ("origin", "destination"):
        body = {**examples.QUOTE, side: {**examples.QUOTE[side], name: value}}
        assert pointers(merchant.post("/v1/quotes", body)) == [f"/{side}/{name}"]


@pytest.mark.parametrize("name", ["company", "street2", "subdivision", "phone", "email", "latitude", "residential"])
def test_null_is_the_same_as_left_out(name: str, merchant: Merchant) -> None:
    assert quote(merchant, destination={**examples.QUOTE["destination"], name: None})["offers"]


@pytest.mark.parametrize(
    ("window", "where"),
    [
        ({"start": "2199-01-01T10:00:00Z", "end": "2199-01-01T10:00:00Z"}, "/window/end"),
        ({"start": "2199-01-01T10:00:00Z", "end": "2199-01-01T09:00:00Z"}, "/window/end"),
        ({"start": "2199-01-01T10:00:00", "end": "2199-01-01T11:00:00Z"}, "/window/start"),
        ({"start": "2020-01-01T10:00:00Z", "end": "2020-01-01T11:00:00Z"}, "/window/end"),
        ({"start": "2199-01-01", "end": "2199-01-02T00:00:00Z"}, "/window/start"),
        ({"start": 1767225600, "end": "2199-01-02T00:00:00Z"}, "/window/start"),
        ({"start": "0001-01-01T00:00:00+23:59", "end": "2199-01-02T00:00:00Z"}, "/window/start"),
        ({"start": "2199-01-02T00:00:00Z", "end": "9999-12-31T23:59:59-23:59"}, "/window/end"),
        ({"end": "2199-01-02T00:00:00Z"}, "/window/start"),
    ],
)
def test_windows_that_make_no_sense_are_pointed_at(window: Json, where: str, merchant: Merchant) -> None:
    assert pointers(merchant.post("/v1/quotes", {**examples.QUOTE, "window": window})) == [where]


@pytest.mark.parametrize(
    ("metadata", "where"),
    [
        ({f"k{index}": "v" for index in range(51)}, "/metadata"),
        ({"k": "v" * 501}, "/metadata/k"),
        ({"k": 1}, "/metadata/k"),
        ({"k": None}, "/metadata/k"),
        ({"k": {"key": "x", "value": "y"}}, "/metadata/k"),
        ({"x" * 41: "v"}, "/metadata/" + "x" * 41),
        ({"": "v"}, "/metadata/"),
    ],
)
def test_metadata_has_limits(metadata: Json, where: str, merchant: Merchant) -> None:
    assert pointers(merchant.post("/v1/quotes", {**examples.QUOTE, "metadata": metadata})) == [where]


def test_metadata_comes_back_to_the_letter(merchant: Merchant) -> None:
    given = {f"key {index} ø": "v" * 500 for index in range(49)} | {"line\u2028": "a\nb \U0001f600"}
    assert quote(merchant, metadata=given)["metadata"] == given


def test_declared_values_are_in_one_currency(merchant: Merchant) -> None:
    parcels = [{"weight_g": 1, "value": {"amount": 1, "currency": code}} for code in ("NOK", "EUR")]
    assert pointers(merchant.post("/v1/quotes", {**examples.QUOTE, "parcels": parcels})) == ["/parcels"]


def test_an_unknown_policy_is_pointed_at(merchant: Merchant) -> None:
    response = merchant.post("/v1/quotes", {**examples.QUOTE, "policy": "none-such"})
    assert problem(response, 422, "invalid")["errors"][0] == {
        "pointer": "/policy",
        "code": "unknown_policy",
        "message": "there is no policy 'none-such'",
    }


def test_a_query_is_refused_where_nobody_reads_it(merchant: Merchant) -> None:
    response = merchant("POST", "/v1/quotes?dry_run=true", json=examples.QUOTE)
    assert pointers(response) == ["/dry_run"]
    assert "query" in response.get_json()["detail"]
