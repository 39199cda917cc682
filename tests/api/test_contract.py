"""The published document says what the application does."""

import re

import pytest
from flask import Flask

from gateway.api.problems import CATALOGUE
from tests.api.contract import Contract
from tests.api.world import Merchant

PAGES = {
    f"/docs{page}"
    for page in (
        *(
            "",
            "/checkouts",
            "/figures",
            "/policies",
            "/privacy",
            "/problems",
            "/recipients",
            "/proofs",
            "/scale",
            "/statuses",
            "/webhooks",
            "/notifications",
        ),
        "/docs.css",
    )
} | {
    f"/t/{page}"
    for page in (
        *("<token>", "<token>/logo", "<token>/photo", "<token>/missing", "<token>/rating", "<token>/wish"),
        *("<token>/times", "<token>/points", "<token>/push", "<token>/point"),
        *("<token>/wish/code", "<token>/times/code", "<token>/points/code"),
        *("assets/<name>", "colours/<colour>.css"),
    )
}


def operations(contract: Contract) -> list[tuple[str, str, dict]]:
    return [
        (method, path, operation)
        for path, item in contract.spec["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]


def test_every_route_is_in_the_document_and_nothing_else(app: Flask, contract: Contract) -> None:
    routes = {
        (method.lower(), re.sub(r"<(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule not in PAGES
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert routes == {(method, path) for method, path, _ in operations(contract)}


def test_every_route_needs_a_scope_or_says_why_not(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        assert hasattr(view, "required_scope") != hasattr(view, "open_because"), rule.rule


def test_every_operation_has_its_own_id_a_summary_a_tag_and_a_way_to_fail(contract: Contract) -> None:
    spec, found = contract.spec, operations(contract)
    ids = [operation["operationId"] for _, _, operation in found]
    assert len(set(ids)) == len(ids)
    tags = {tag["name"] for tag in spec["tags"]}
    for _, path, operation in found:
        assert operation["summary"].endswith("."), path
        assert set(operation["tags"]) <= tags
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
    assert list(spec["components"]["responses"]["Problem"]["content"]) == ["application/problem+json"]


def test_every_path_parameter_is_documented_and_required(contract: Contract) -> None:
    for _, path, _ in operations(contract):
        named = {each["name"] for each in contract.spec["paths"][path].get("parameters", []) if each["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))


def test_every_reference_leads_somewhere_and_every_schema_is_described(contract: Contract) -> None:
    spec = contract.spec
    schemas = spec["components"]["schemas"]
    text = str(spec)
    for name in re.findall(r"#/components/schemas/(\w+)", text):
        assert name in schemas
    for name, schema in schemas.items():
        assert f"#/components/schemas/{name}'" in text, f"nobody refers to {name}"
        assert schema.get("description"), name


def test_keys_are_sent_as_bearer_or_basic_and_scopes_are_named(app: Flask, contract: Contract) -> None:
    schemes = contract.spec["components"]["securitySchemes"]
    assert {scheme["scheme"] for scheme in schemes.values()} == {"bearer", "basic"}
    for rule in app.url_map.iter_rules():
        scope = getattr(app.view_functions[rule.endpoint], "required_scope", None)
        if scope is not None:
            method = next(iter(rule.methods - {"HEAD", "OPTIONS"}))
            operation = contract.operation(method, re.sub(r"<\w+>", "x", rule.rule))
            assert operation["security"] == [{"key": [scope]}, {"basic": [scope]}]


def test_money_is_documented_in_whole_minor_units(contract: Contract) -> None:
    money = contract.spec["components"]["schemas"]["Money"]["properties"]
    assert money["amount"]["type"] == "integer"
    assert contract.spec["components"]["schemas"]["Surcharge"]["properties"]["amount"]["type"] == "integer"


def test_booking_needs_an_idempotency_key_and_other_posts_may_have_one(contract: Contract) -> None:
    needs = {
        operation["operationId"]: parameter["required"]
        for _, _, operation in operations(contract)
        for parameter in operation.get("parameters", [])
        if parameter["name"] == "Idempotency-Key"
    }
    assert [needs.pop(name) for name in ("book_shipment", "return_shipment")] == [True, True]
    assert set(needs.values()) == {False}
    assert {"create_quote", "cancel_shipment", "resolve_shipment", "create_tracker", "create_account"} <= set(needs)


def test_every_body_has_an_example_that_fits_its_schema(contract: Contract) -> None:
    for method, path, operation in operations(contract):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            given = [each["value"] for each in media.get("examples", {}).values()] or [media["example"]]
            for example in given:
                assert list(contract.faults(media["schema"], example)) == [], f"{method} {path}"


def test_every_problem_code_is_documented(contract: Contract) -> None:
    described = contract.spec["components"]["responses"]["Problem"]["description"]
    assert set(re.findall(r"`(\w+)` \(\d+\)", described)) == set(CATALOGUE)


def test_the_document_is_served_as_it_is(merchant: Merchant, contract: Contract) -> None:
    served = merchant.client.get("/openapi.json")
    assert served.status_code == 200
    assert served.get_json() == contract.spec
    assert served.get_json()["openapi"] == "3.1.0"


@pytest.mark.parametrize("word", ["nullable", "/work", "localhost"])
def test_the_document_is_free_of(word: str, contract: Contract) -> None:
    assert word not in str(contract.spec)
