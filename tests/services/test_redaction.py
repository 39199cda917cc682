"""What the request log tells of bodies: their shape, words of machines, and nothing that names anybody."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.services.redaction import LARGEST_KEPT, LARGEST_READ, Redactor, headers

ORDER: dict[str, Any] = {
    "destination": {"name": "Kari Nordmann", "postal_code": "0159", "country": "NO", "phone": "+4792284417"},
    "parcels": [{"weight_g": 2500, "description": "gift to Ola"}],
    "service": "same_day",
    "pin": 4711,
    "customs_number": 4792284417,
    "promised": "2026-11-27T10:00:00Z",
    "quote_id": "qte_01JD5F3N8Q4V6W7X8Y9Z0A1B2C",
    "insured": False,
}


def test_the_shape_and_words_of_machines_are_told() -> None:
    told = json.loads(Redactor().request(json.dumps(ORDER).encode()))
    assert told == {
        "destination": {
            "name": "(13 characters)",
            "postal_code": "(4 characters)",
            "country": "NO",
            "phone": "(11 characters)",
        },
        "parcels": [{"weight_g": 2500, "description": "(11 characters)"}],
        "service": "same_day",
        "pin": "(number)",
        "customs_number": "(number)",
        "promised": "2026-11-27T10:00:00Z",
        "quote_id": "qte_01JD5F3N8Q4V6W7X8Y9Z0A1B2C",
        "insured": False,
    }


def test_what_an_answer_says_is_wrong_is_told_without_the_people_of_the_request() -> None:
    redactor = Redactor()
    redactor.request(json.dumps(ORDER).encode())
    refused = json.dumps({"code": "no_such_place", "message": "No 0159 for Kari (nordmann) in NO"}).encode()
    assert json.loads(redactor.answer(refused, 422)) == {
        "code": "no_such_place",
        "message": "No … for … (…) in NO",
    }
    assert json.loads(redactor.answer(refused, 200))["message"] == "(33 characters)"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            b"<s:Order xmlns:s='x'><s:Name>Kari</s:Name><s:Service>EXPRESS</s:Service></s:Order>",
            '"Name": "(4 characters)"',
        ),
        (urlencode({"name": "Kari N", "service": "EXPRESS"}).encode(), '"name": "(6 characters)"'),
        (b"%PDF-1.4 Kari", "(13 bytes that are no JSON, XML or form)"),
        (b'{"name": "Kari', "(14 bytes that are no JSON, XML or form)"),
        (b"", ""),
        (b"[" * 5000, "(5000 bytes that are no JSON, XML or form)"),
        (b'{"Kari Nordmann": 1}', '"(name)": 1'),
    ],
)
def test_other_bodies_are_told_likewise(body: bytes, told: str) -> None:
    shown = Redactor().request(body)
    assert told in shown
    assert "Kari" not in shown


def test_long_bodies_are_cut_and_very_long_ones_not_read() -> None:
    long = json.dumps(
        {"parcels": [{"weight_g": n} for n in range(30)], "rest": [{"country": "NO" * 100}] * 30}
    ).encode()
    assert len(Redactor().request(long)) < LARGEST_KEPT + 40
    assert Redactor().request(b'"' + b"x" * LARGEST_READ + b'"').endswith("too long to be read here)")


JSON = st.recursive(
    st.text(min_size=4), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["name", "x", "to"]), inner)
)


@given(JSON)
def test_no_text_under_an_unlisted_name_is_told(value: Any) -> None:
    told = Redactor().request(json.dumps([value]).encode())
    ours = "(characters) (and more)\n"
    assert all(word not in told or word in ours or word.isdigit() or word.isspace() for word in _texts(value))


def _texts(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    return {text for inner in (value.values() if isinstance(value, dict) else value) for text in _texts(inner)}


@pytest.mark.parametrize("member", ["secrets", "metadata"])
def test_what_merchants_name_themselves_is_hidden_whatever_its_name(member: str) -> None:
    body = {member: {"code": "4711A", "type": ["Kari"], "account": {"reason": "Kari", "price": 4711}}}
    told = json.loads(Redactor().request(json.dumps(body).encode()))
    below = {"reason": "(4 characters)", "price": "(number)"}
    assert told == {member: {"code": "(5 characters)", "type": ["(4 characters)"], "account": below}}


def test_where_a_call_went_is_told_without_people() -> None:
    redactor = Redactor()
    redactor.request(json.dumps({"name": "Kari Nordmann"}).encode())
    assert redactor.path("https://api.carrier.example:443/v1/nordmann/kari%20n/track/370730254") == (
        "https://api.carrier.example:443/v1/…/…/track/370730254"
    )


def test_of_headers_only_harmless_values_are_told() -> None:
    assert headers({"Content-Type": "text/xml", "X-Customer": "Kari"}) == {
        "Content-Type": "text/xml",
        "X-Customer": "(hidden)",
    }
