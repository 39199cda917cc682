"""Whatever is wrong with a body, the answer is a problem document that points at the fault; never a 500."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from gateway.api import examples
from gateway.api import notification_examples as notices
from gateway.api.examples_claims import CLAIM, ENQUIRY, EVIDENCE, STEP
from gateway.api.examples_of_recipients import BRAND
from gateway.api.examples_tracking import CORRECTION, TRACKER, WITHDRAWAL
from tests.api.contract import Contract
from tests.api.world import OWN_FLEET, Json, Merchant, fresh, pointers, problem

Path = tuple[str | int, ...]
LONG = "x" * 20_000
FULL_ADDRESS: Json = {
    **examples.BOOK["destination"],
    "company": "Fjord AS",
    "street2": "2nd floor",
    "subdivision": "03",
    "latitude": 59.92,
    "longitude": 10.71,
}
BARE_ADDRESS: Json = {"name": "Kari", "street1": "Torggata 1", "city": "Oslo", "postal_code": "0181", "country": "NO"}
FULL_QUOTE: Json = {
    **examples.QUOTE,
    "destination": FULL_ADDRESS,
    "parcels": [
        *examples.QUOTE["parcels"],
        {
            "weight": {"value": 2.5, "unit": "lb"},
            "dimensions": {"length": 10, "width": 5.5, "height": 4, "unit": "in"},
        },
    ],
    "ready_at": "2026-03-02T09:00:00+01:00",
    "window": {"start": "2199-03-02T17:00:00+01:00", "end": "2199-03-02T21:00:00+01:00"},
    "services": ["same_day"],
    "requirements": {
        "signature": True,
        "min_age": 18,
        "photo": False,
        "pin": False,
        "id_check": False,
        "temperature": "ambient",
        "two_person": False,
        "cash_on_delivery": {"amount": 100, "currency": "NOK"},
        "undeliverable_action": "return",
    },
    "service_point": None,
    "policy": "cheapest",
    "deadline_ms": 2000,
    "metadata": {"channel": "web"},
}
FULL_SCANS: Json = copy.deepcopy(examples.SCANS)
FULL_SCANS["scans"][0] |= {"detail": "neighbour", "piece": "1"}
FULL_SCANS["scans"][0]["place"] |= {"postal_code": "0354", "facility": "Depot"}
FULL_SCANS["scans"][0]["proof"] |= {
    "signature_url": "https://x.example/s.png",
    "photo_url": "https://x.example/p.png",
    "pin_matched": True,
    "min_age_verified": 18,
    "id_checked": True,
    "barcodes": ["7"],
    "latitude": 59.9,
    "longitude": 10.7,
}
FULL_CONNECTION: Json = copy.deepcopy(
    {
        **examples.CONNECTION,
        "origin": BARE_ADDRESS,
        "enabled": True,
        "policy": "cheapest",
        "when_nothing": "fallback",
        "show": "all",
        "labels": {"same_day": "Today"},
        "carrier_code": "DPS",
        "verification": "required",
        "weight_unit": "lb",
        "deadline_ms": 2000,
        "promise_h": 24,
        "cache_s": 60,
    }
)
FULL_CONNECTION["fallback"][0] |= {"postcodes": ["01"]}
FULL_CONNECTION["sizes"][0] |= {"keep_upright": True, "nothing_on_top": False}
FULL_EMISSIONS: Json = {
    **examples.EMISSIONS,
    "haul": "haul_rail",
    "haul_km": 400,
    "dedicated": False,
    "vehicle_kg_per_km": 0.1,
    "haul_kg_per_tkm": 0.05,
}
FULL_STEP: Json = {
    **STEP,
    **dict.fromkeys(("amount", "awarded", "paid"), CLAIM["amount"]),
    "decision": "granted",
    "note": "as they wrote",
}
BODIES: dict[str, tuple[str, str, Json]] = {
    "quote": ("POST", "/v1/quotes", FULL_QUOTE),
    "book": ("POST", "/v1/shipments", {**examples.BOOK, "origin": BARE_ADDRESS, "destination": BARE_ADDRESS}),
    "book a quote": ("POST", "/v1/shipments", examples.BOOK_A_QUOTE),
    "correction": (
        "POST",
        "/v1/shipments/shp_x/corrections",
        {**CORRECTION, "parcel": "70726201101234567"},
    ),
    "enquiry": ("POST", "/v1/shipments/shp_x/enquiries", {**ENQUIRY, "at": "2026-01-01T12:00:00Z"}),
    "claim": ("POST", "/v1/shipments/shp_x/claims", {**CLAIM, "submit_by": "2026-12-01T12:00:00Z"}),
    "evidence": ("POST", "/v1/claims/clm_x/evidence", EVIDENCE),
    "step": ("POST", "/v1/claims/clm_x/steps", FULL_STEP),
    "export": ("POST", "/v1/privacy/export", {"email": "kari@example.com"}),
    "erase": ("POST", "/v1/privacy/erase", {"phone": "+4799999999", "dry_run": True}),
    "withdrawal": ("POST", "/v1/shipments/shp_x/corrections/cor_x/withdraw", WITHDRAWAL),
    "resolve": ("POST", "/v1/shipments/shp_x/resolve", examples.RESOLVE),
    "return": (
        "POST",
        "/v1/shipments/shp_x/return",
        {
            "ways": ["pickup", "code"],
            "parcels": FULL_QUOTE["parcels"],
            "destination": FULL_ADDRESS,
            "policy": "cheapest",
            "ready_at": "2026-03-02T09:00:00+01:00",
            "window": FULL_QUOTE["window"],
            "reference": "back-1",
            "label_format": "pdf",
            "metadata": {"reason": "too small"},
        },
    ),
    "another time": ("POST", "/v1/shipments/shp_x/diversions", {"time": "2026-03-04T08"}),
    "another place": ("POST", "/v1/shipments/shp_x/diversions", {"service_point": "NO-0159-1"}),
    "tracker": ("POST", "/v1/trackers", {**TRACKER, "account": "sandbox"}),
    "scans": ("POST", "/v1/fleet/scans", FULL_SCANS),
    "windows": ("PUT", "/v1/fleet/windows", examples.WINDOWS),
    "account": (
        "POST",
        "/v1/accounts",
        {**examples.ACCOUNT, "urls": {"api": "http://127.0.0.1:9/v1"}, "options": {"settle_s": 5}, "enabled": True},
    ),
    "account change": ("PATCH", "/v1/accounts/{account}", {"name": "sandbox", "options": OWN_FLEET, "enabled": True}),
    "replay all": ("POST", "/v1/quarantine/replay", {"account": "sandbox"}),
    "reread": ("POST", "/v1/accounts/{account}/status-table/replay", {"apply": "0" * 64}),
    "policy": ("PUT", "/v1/policies/mine", examples.POLICY),
    "emissions": ("PUT", "/v1/emissions", FULL_EMISSIONS),
    "account emissions": ("PUT", "/v1/accounts/{account}/emissions", FULL_EMISSIONS),
    "pickup": (
        "POST",
        "/v1/pickups",
        {**examples.PICKUP, "accounts": ["own-fleet"], "origin": FULL_ADDRESS},
    ),
    "pickup resolve": ("POST", "/v1/pickups/pck_x/resolve", examples.RESOLVE_PICKUP),
    "manifest": ("POST", "/v1/manifests", {**examples.CLOSE_DAY, "accounts": ["own-fleet"]}),
    "manifest resolve": (
        "POST",
        "/v1/manifests/man_x/resolve",
        {"outcome": "closed", "carrier_reference": "M-1", "note": "in the portal"},
    ),
    "publication": ("POST", "/v1/policies/mine/publish", examples.PUBLICATION),
    "backtest": ("POST", "/v1/policies/default/backtest", {**examples.BACKTEST, "against": 0}),
    "evaluation": ("POST", "/v1/policies/default/evaluate", {"shipment": examples.QUOTE, "version": 0}),
    "assignment": (
        "POST",
        "/v1/assignments",
        {
            "shipments": [
                {
                    "quote_id": None,
                    "reference": "order-1",
                    "offers": [
                        {
                            "id": "o1",
                            "account": "vans",
                            "price": {"amount": 100, "currency": "NOK"},
                            "deliver_from": "2026-03-02T12:00:00Z",
                            "deliver_by": "2026-03-02T14:00:00Z",
                        }
                    ],
                },
                {
                    "reference": "order-2",
                    "offers": [{"id": "o2", "account": "vans", "price": {"amount": 9, "currency": "NOK"}}],
                },
            ],
            "capacities": [
                {
                    "account": "vans",
                    "most": 2,
                    "window": {"start": "2026-03-02T12:00:00Z", "end": "2026-03-02T16:00:00Z"},
                }
            ],
            "commitments": [{"account": "vans", "least": 1}],
            "shares": [{"account": "vans", "most_percent": 50}],
            "time_limit_s": 1,
        },
    ),
    "facility": (
        "POST",
        "/v1/facilities",
        {**examples.FACILITY, "observes_holidays": True, "accounts": {"own-fleet": examples.FACILITY["handover"]}},
    ),
    "brand": ("PUT", "/v1/brand", BRAND),
    "key": ("POST", "/v1/keys", {**examples.KEY, "expires_at": "2199-01-01T00:00:00Z"}),
    "endpoint": ("POST", "/v1/webhook-endpoints", examples.ENDPOINT),
    "told": ("PUT", "/v1/notification-settings", notices.NOTIFICATION_SETTINGS),
    "mail": ("PUT", "/v1/notification-senders/email", {"smtp": {**notices.SMTP_SENDER["smtp"], "port": 587}}),
    "texts": (
        "PUT",
        "/v1/notification-senders/sms",
        {"twilio": {**notices.TWILIO_SENDER["twilio"], "api_url": "http://127.0.0.1:9999"}},
    ),
    "template": ("PUT", "/v1/notification-templates/on_its_way/email/en", notices.TEMPLATE),
    "preview": ("POST", "/v1/notification-templates/preview", {**notices.PREVIEW, "shipment_id": None}),
    "block": ("POST", "/v1/notification-blocks", notices.BLOCK),
    "connection": ("POST", "/v1/checkout-connections", FULL_CONNECTION),
    "connection change": ("PATCH", "/v1/checkout-connections/con_x", examples.CONNECTION_CHANGE),
    "cartonization": ("POST", "/v1/cartonizations", examples.CARTONIZE),
}
WRONG: dict[str, Callable[[Json], list[object]]] = {
    "string": lambda schema: [7, True, ["x"], {}, "", LONG, "a\x00b", "\ud83d\ude00\u202e", "a\n"],
    "integer": lambda schema: [
        *("7", 1.5, 1.0, True, [], -1, 0, 2**63 - 1, -(2**63)),
        *(schema.get("minimum", 0) - 1, schema.get("maximum", 0) + 1),
    ],
    "number": lambda schema: ["7", True, [], {}, 1e300, -1e300, 1e-300, -0.0, 2**63 - 1],
    "boolean": lambda schema: [0, 1, "true", [], {}],
    "array": lambda schema: ["x", 7, {}, [], [[]], [None], [{}] * 600],
    "object": lambda schema: ["x", 7, [], {}, {"\x00": 1}, {"no such": None}, {"a": {"b": {"c": []}}}],
}


def spots(contract: Contract, schema: Json, value: Any, path: Path = ()) -> Iterator[tuple[Path, Json, Any]]:
    """Every place in a body, with the schema that is for it and what stands there."""
    schema = contract._resolved(schema)
    schema = next((contract._resolved(arm) for arm in schema.get("anyOf", ()) if "$ref" in arm), schema)
    if path:
        yield path, schema, value
    if isinstance(value, dict):
        for name, inner in value.items():
            found = schema.get("properties", {}).get(name) or schema.get("additionalProperties") or {}
            yield from spots(contract, found, inner, (*path, name))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from spots(contract, schema.get("items", {}), inner, (*path, index))


def pointer(path: Path) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def changed(body: Json, path: Path, change: Callable[[Any, Any], None]) -> Json:
    found: Any = json.loads(json.dumps(body))
    owner = found
    for step in path[:-1]:
        owner = owner[step]
    change(owner, path[-1])
    return dict(found)


def mutations(contract: Contract, schema: Json, body: Json) -> Iterator[tuple[Path, Json]]:
    for path, spot, there in spots(contract, schema, body):
        yield path, changed(body, path, lambda owner, step: owner.pop(step))
        kinds = spot.get("type", [])
        kind = kinds if isinstance(kinds, str) else next(iter(kinds), "object")
        for value in [None, *WRONG[kind](spot)]:
            yield path, changed(body, path, lambda owner, step, value=value: owner.__setitem__(step, value))
        if isinstance(there, dict):
            inside = (*path, "surprise")
            yield inside, changed(body, inside, lambda owner, step: owner.update({step: 1}))
    yield ("surprise",), {**body, "surprise": 1}


def fault_of(contract: Contract, response: TestResponse, schema: Json, body: Json, path: Path) -> str:
    """What is wrong with an answer to a changed body; "" when nothing is."""
    if response.status_code >= 500:
        return f"{response.status_code} {response.text}"
    documented = list(contract.faults(schema, body))
    if documented and response.status_code != 422:
        return f"{response.status_code} although {documented}"
    if response.status_code == 422 and response.get_json()["code"] == "invalid":
        owner = pointer(path[:-1])
        if [error["code"] for error in response.get_json()["errors"]] == ["always_empty"]:
            return ""  # every field is good; what they come to together is told at the rule that drops everything
        if not any(found == "" or found.startswith(owner) for found in pointers(response)):
            return f"points at {pointers(response)}"
        place = path[:-1] if isinstance(path[-1], int) else path
        if documented and not any(found.startswith(pointer(place)) for found in pointers(response)):
            return f"points at {pointers(response)}, not at {pointer(path)}, although {documented}"
    return ""


@pytest.fixture
def busy(newcomer: Merchant) -> Merchant:
    """A merchant whose only carrier is the own fleet, which answers without being called."""
    newcomer.with_fleet()
    return newcomer


def sent(merchant: Merchant, method: str, path: str, body: Json) -> TestResponse:
    """Send it; a booking under a reference that is new unless the test changed it."""
    if body.get("reference") == examples.QUOTE["reference"]:
        body = {**body, "reference": fresh("order")}
    text = json.dumps(body)
    headers = {"Idempotency-Key": fresh("key")}
    return merchant(method, path, data=text, content_type="application/json", headers=headers)


@pytest.mark.parametrize("name", BODIES)
def test_every_field_is_checked_and_pointed_at(name: str, busy: Merchant, contract: Contract) -> None:
    method, path, body = BODIES[name]
    account = busy.get("/v1/accounts").get_json()["data"][0]["id"]
    path = path.format(account=account)
    content = contract.operation(method, path)["requestBody"]["content"]
    schema = content["application/json"]["schema"]
    untouched = sent(busy, method, path, body)
    assert not untouched.data or untouched.get_json().get("code") not in ("invalid", "internal_error"), untouched.text
    wrong = []
    tried = 0
    for where, mutated in mutations(contract, schema, body):
        tried += 1
        fault = fault_of(contract, sent(busy, method, path, mutated), schema, mutated, where)
        if fault:
            wrong.append(
                f"{pointer(where)} in {json.dumps(mutated)[:2000] if len(wrong) < 3 else '...'}: {fault[:300]}"
            )
    assert wrong == []
    assert tried > 10


HOSTILE = (
    "NaN",
    "-Infinity",
    "1e400",
    "1" + "0" * 400,
    '"\\ud800"',
    '"a\x01b"',
    '{"a": 1, "a": 1}',
    "[" * 40 + "]" * 40,
    "[" * 100_000 + "]" * 100_000,
    '"',
    "{'a': None}",
)
"""Floats beyond floats, numbers of 400 digits, lone surrogates, raw controls, members given twice, deep nesting."""


@pytest.mark.parametrize("name", BODIES)
def test_json_that_is_not_json_is_refused_wherever_it_stands(name: str, newcomer: Merchant, contract: Contract) -> None:
    method, path, body = BODIES[name]
    schema = contract.operation(method, path)["requestBody"]["content"]["application/json"]["schema"]
    places = [where for where, _, _ in spots(contract, schema, body)]
    for turn in range(max(len(places), len(HOSTILE))):
        where, hostile = places[turn % len(places)], HOSTILE[turn % len(HOSTILE)]
        marked = changed(body, where, lambda owner, step: owner.__setitem__(step, "@@@"))
        text = json.dumps(marked).replace('"@@@"', hostile)
        headers = {"Idempotency-Key": fresh("key")}
        refused = newcomer(method, path, data=text, content_type="application/json", headers=headers)
        problem(refused, 400, "bad_request")


NO_JSON = (b"", b"\xff\xfe", b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b"{", b"{}{}", b"\x00", b"[" * 500_000)


@pytest.mark.parametrize("name", BODIES)
def test_bytes_that_are_not_json_are_refused(name: str, newcomer: Merchant) -> None:
    method, path, _ = BODIES[name]
    for body in NO_JSON:
        headers = {"Idempotency-Key": fresh("key")}
        refused = newcomer(method, path, data=body, content_type="application/json", headers=headers)
        problem(refused, 400, "bad_request")


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_an_object(name: str, newcomer: Merchant) -> None:
    method, path, _ = BODIES[name]
    for body in (None, 1, "x", [], [{}], True):
        headers = {"Idempotency-Key": fresh("key")}
        refused = newcomer(method, path, data=json.dumps(body), content_type="application/json", headers=headers)
        assert pointers(refused) == [""]


@pytest.mark.parametrize("path", ["/v1/shipments/shp_x/cancel", "/v1/accounts/acc_x/check"])
def test_a_body_that_nobody_reads_is_refused(path: str, merchant: Merchant) -> None:
    assert pointers(merchant.post(path, {"parcel": 2})) == ["/parcel"]
    problem(merchant.post(path, {}), 404, "not_found")
    problem(merchant.post(path), 404, "not_found")


def test_all_faults_are_told_at_once(merchant: Merchant) -> None:
    body = {"origin": {"postal_code": "0152"}, "parcels": [{"weight_g": 1}, {"weight_g": -1}], "x": 1}
    assert sorted(pointers(merchant.post("/v1/quotes", body))) == [
        "/destination",
        "/origin/country",
        "/parcels/1/weight_g",
        "/x",
    ]


def test_pointers_are_escaped(merchant: Merchant) -> None:
    assert pointers(merchant.post("/v1/quotes", {**examples.QUOTE, "a/b~c": 1})) == ["/a~1b~0c"]
    long = {"a/b~c": "x" * 501}
    assert pointers(merchant.post("/v1/quotes", {**examples.QUOTE, "metadata": long})) == ["/metadata/a~1b~0c"]


def odd_but_valid() -> Iterator[Json]:
    """Bodies at the edge of what the document allows."""
    odd = json.loads(json.dumps({**examples.BOOK, "requirements": {}}))
    del odd["label_format"]
    odd["destination"] |= {"name": "Łukasz 山田 \U0001f600", "instructions": "\u202eعربى\u200f"}
    yield odd
    full = json.loads(json.dumps(odd))
    full["destination"] |= {"name": "x" * 100, "street1": "y" * 100, "street2": "z" * 100, "instructions": "&<'\"" * 70}
    yield full
    heavy = {"weight_g": 10_000_000, "length_mm": 100_000, "width_mm": 100_000, "height_mm": 100_000}
    yield {**odd, "parcels": [heavy]}
    yield {**odd, "parcels": [{"weight_g": 1}] * 50}
    yield {**odd, "parcels": [{"weight_g": 1, "value": {"amount": 10**12, "currency": "KWD"}}]}
    yield {**odd, "ready_at": "1970-01-01T00:00:00+00:00"}
    yield {**odd, "ready_at": "2199-12-31T23:59:59+12:00"}
    yield {**odd, "services": ["economy", "economy"]}
    pole = {**odd["destination"], "latitude": -90.0, "longitude": 180.0, "subdivision": "ZZZ", "country": "ZZ"}
    yield {**odd, "destination": pole}


@pytest.mark.parametrize("kind", ["sandbox", "bring", "own_fleet"])
def test_what_is_odd_but_valid_is_no_error_of_ours(
    kind: str, newcomer: Merchant, request: pytest.FixtureRequest
) -> None:
    if kind == "own_fleet":
        newcomer.with_fleet()
    else:
        newcomer.with_account(request.getfixturevalue(kind))
    to_a_point = {**next(odd_but_valid()), "service_point": f"{kind}:{'x' * 64}"}
    for body in (*odd_but_valid(), *([to_a_point] if kind != "own_fleet" else [])):
        quoted = newcomer.post("/v1/quotes", body)
        assert quoted.status_code == 201, quoted.text
        states = [result["state"] for result in quoted.get_json()["carrier_results"]]
        assert set(states) <= {"ok", "ineligible", "error"}
        booked = newcomer.post("/v1/shipments", {**body, "reference": fresh("ø")}, key=fresh("key"))
        assert booked.status_code in (201, 422), booked.text
        if booked.status_code == 201:
            assert booked.get_json()["destination"]["name"] == body["destination"]["name"]
