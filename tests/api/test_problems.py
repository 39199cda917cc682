"""Every answer that is no success has one shape, and none tells more than it should."""

import logging

import pytest
from flask import Flask

from carriers.base import CarrierError
from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from gateway.api import examples
from gateway.api.errors import HTTP_CODES, TABLE
from gateway.api.problems import CATALOGUE, PROBLEMS
from gateway.app import SECURITY_HEADERS, create_app
from gateway.domain.errors import Conflict, GatewayError, Unavailable
from tests.api.conftest import Made
from tests.api.contract import Contract
from tests.api.world import Merchant, contract_of, fresh, new_merchant, problem

PATHS = ("/v1/shipments", "/v1/nothing", "/healthz", "/docs", "/docs/problems", "/openapi.json", "/docs/docs.css")


def test_an_unknown_path_is_a_problem(merchant: Merchant) -> None:
    for path in ("/v1/nothing", "/", "/v1", "/v1//shipments", "/v1/shipments/", "/docs/../app.py", "/%00"):
        body = problem(merchant.client.get(path), 404, "not_found")
        assert "Traceback" not in str(body)


def test_an_unknown_method_is_a_problem_that_names_the_known_ones(merchant: Merchant) -> None:
    refused = merchant.client.delete("/v1/shipments")
    problem(refused, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(refused.headers["Allow"].replace(" ", "").split(","))
    for method in ("TRACE", "PROPFIND", "X" * 300):
        problem(merchant.client.open("/v1/quotes", method=method), 405, "method_not_allowed")


def test_a_body_over_the_limit_is_refused(merchant: Merchant) -> None:
    big = b'{"a": "' + b"x" * (1024 * 1024) + b'"}'
    for path in ("/v1/quotes", "/v1/shipments", "/v1/shipments/shp_x/cancel"):
        refused = merchant("POST", path, data=big, content_type="application/json", headers={"Idempotency-Key": "k"})
        problem(refused, 413, "payload_too_large")


def test_a_webhook_over_the_limit_is_refused(merchant: Merchant) -> None:
    account = merchant.get("/v1/accounts").get_json()["data"][0]
    refused = merchant.client.post(f"/v1/carriers/{account['id']}/webhook", data=b"x" * (1024 * 1024 + 1))
    problem(refused, 413, "payload_too_large")


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"])
def test_a_body_that_is_not_called_json_is_refused(kind: str | None, merchant: Merchant) -> None:
    problem(merchant("POST", "/v1/quotes", data=b"{}", content_type=kind), 415, "unsupported_media_type")


def test_json_may_have_a_charset_or_a_suffix(merchant: Merchant) -> None:
    for kind in ("application/json; charset=utf-8", "application/vnd.shop+json"):
        problem(merchant("POST", "/v1/quotes", data=b"{}", content_type=kind), 422, "invalid")


def test_more_requests_than_the_limit_are_refused_per_key_and_class(made: Made) -> None:
    app = made(GATEWAY__LIMITS__READS_PER_MIN="2", GATEWAY__LIMITS__WRITES_PER_MIN="5")
    shop = new_merchant(app, contract_of(app))
    first = shop.get("/v1/accounts")
    assert first.headers["RateLimit-Policy"] == '"reads";q=2;w=60'
    assert first.headers["RateLimit"].startswith('"reads";r=1;t=')
    shop.get("/v1/accounts")
    refused = shop.get("/v1/accounts")
    problem(refused, 429, "too_many_requests")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit"].startswith('"reads";r=0;t=')
    assert shop.having("shipments:read").get("/v1/accounts").status_code == 200
    assert shop.post("/v1/keys", examples.KEY).status_code == 201


def test_a_bug_of_ours_is_logged_and_not_described(
    made: Made, contract: Contract, caplog: pytest.LogCaptureFixture
) -> None:
    app = made()
    shop = new_merchant(app, contract_of(app))

    def broken(*_: object) -> None:
        raise ZeroDivisionError("the secret ingredient")

    app.extensions["gateway"].accounts.list = broken
    with caplog.at_level(logging.ERROR):
        answer = shop.get("/v1/accounts")
    body = problem(answer, 500, "internal_error")
    assert "secret ingredient" not in answer.text
    assert "Traceback" not in answer.text
    assert "ZeroDivisionError" not in answer.text
    assert body["request_id"] in body["detail"] or "request id" in body["detail"]
    assert "the secret ingredient" in caplog.text


def test_an_error_that_nobody_planned_for_is_a_bug(made: Made) -> None:
    app = made()
    shop = new_merchant(app, contract_of(app))

    def broken(*_: object) -> None:
        raise GatewayError("internal words")

    app.extensions["gateway"].accounts.list = broken
    answer = shop.get("/v1/accounts")
    problem(answer, 500, "internal_error")
    assert "internal words" not in answer.text


def test_a_database_that_does_not_answer_is_503_and_worth_another_try(made: Made) -> None:
    app = made()
    shop = new_merchant(app, contract_of(app))

    def down() -> None:
        raise Unavailable("the database does not answer")

    app.extensions["gateway"].store.look = down
    answer = shop.get("/v1/shipments")
    problem(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_carrier_that_fails_is_named_with_its_own_words(merchant: Merchant, sandbox: RunningSimulator) -> None:
    booked = merchant.book({**examples.BOOK, "reference": fresh("order")})
    sandbox.simulator.faults.add(Fault(kind=FaultKind.STATUS_500, operation="label"))
    body = problem(merchant.get(f"/v1/shipments/{booked['id']}/label"), 502, "carrier_unavailable")
    assert body["carrier"] == "sandbox"
    assert body["retryable"] is True
    assert {"carrier_code", "carrier_message"} <= set(body)


def test_every_answer_has_the_security_headers(merchant: Merchant) -> None:
    for path in PATHS:
        answer = merchant.client.get(path)
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers[name] == value, path
        assert answer.headers["Cache-Control"]
        assert "Server" not in answer.headers or "Werkzeug" not in answer.headers["Server"]


def test_answers_with_data_are_never_cached(merchant: Merchant) -> None:
    assert merchant.get("/v1/shipments").headers["Cache-Control"] == "no-store"
    assert merchant.get("/v1/shipments/shp_x").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("given", ["req-1", "a.b:c_d-e", "x" * 100])
def test_a_request_id_comes_back(given: str, merchant: Merchant) -> None:
    answer = merchant("GET", "/v1/shipments/shp_x", headers={"X-Request-Id": given})
    assert problem(answer, 404, "not_found")["request_id"] == given


@pytest.mark.parametrize("given", ["", "x" * 101, "a b", "<script>", "æ", "'; DROP"])
def test_a_request_id_that_is_none_is_replaced(given: str, merchant: Merchant) -> None:
    answer = merchant("GET", "/v1/shipments", headers={"X-Request-Id": given.encode("utf-8").decode("latin-1")})
    assert answer.headers["X-Request-Id"].startswith("req_")


def test_a_trace_is_taken_along_in_the_log(merchant: Merchant, caplog: pytest.LogCaptureFixture) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    with caplog.at_level(logging.INFO, "gateway.access"):
        merchant("GET", "/v1/shipments", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
        merchant("GET", "/v1/shipments", headers={"traceparent": "garbage"})
    assert f"trace={trace}" in caplog.messages[0]
    assert "trace=-" in caplog.messages[1]


def test_the_access_log_holds_no_query_no_path_and_no_key(merchant: Merchant, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        merchant.get("/v1/shipments", q="kari@example.com")
        merchant.get("/v1/shipments/kari@example.com")
        merchant.client.get("/v1/shipments?api_key=gw_test_hidden")
    assert "kari" not in caplog.text
    assert "gw_" not in caplog.text
    assert "/v1/shipments/<shipment_id> 404" in caplog.text


def subclasses(kind: type) -> list[type]:
    return [found for each in kind.__subclasses__() for found in (each, *subclasses(each))]


def test_every_code_that_can_be_given_is_in_the_catalogue() -> None:
    own = {kind.code for kind in (Conflict, CarrierError, *subclasses(Conflict), *subclasses(CarrierError))}
    given = own | {code for _, code in TABLE} | set(HTTP_CODES.values()) | {"internal_error"}
    assert given <= set(CATALOGUE)
    assert set(CATALOGUE) <= given | {
        "webhook_rejected",
        "erased",
    }  # the latter is a stored answer (services/privacy.py)


def test_the_catalogue_is_in_order_and_says_what_to_do() -> None:
    statuses = [each.status for each in PROBLEMS]
    assert statuses == sorted(statuses)
    assert len(CATALOGUE) == len(PROBLEMS)
    assert all(each.meaning.endswith(".") and each.remedy.endswith(".") for each in PROBLEMS)


def test_cross_origin_reads_are_not_allowed(app: Flask, merchant: Merchant) -> None:
    answer = merchant("GET", "/v1/shipments", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers
    asked = merchant.client.options("/v1/shipments", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in asked.headers


def test_two_applications_in_one_process_do_not_share_limits(app: Flask) -> None:
    other = create_app(app.extensions["gateway"])
    assert other.extensions["rate_window"] is not app.extensions["rate_window"]
