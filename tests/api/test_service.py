"""For those who run the gateway (health, readiness, metrics) and those who read its pages."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from gateway.api import examples
from gateway.api.problems import PROBLEMS
from gateway.background import worker
from gateway.domain.clock import utc_now
from gateway.domain.errors import Unavailable
from tests.api.conftest import Made
from tests.api.contract import Contract
from tests.api.world import Merchant, contract_of, fresh, new_merchant, problem


def test_the_process_says_that_it_runs(merchant: Merchant) -> None:
    answer = merchant.client.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_readiness_tells_whether_the_worker_was_heard_of(made: Made) -> None:
    app = made()
    client, services = app.test_client(), app.extensions["gateway"]
    assert client.get("/readyz").get_json() == {"status": "ready", "worker": "silent", "silent_jobs": []}
    worker(services).drain(1)
    assert client.get("/readyz").get_json() == {"status": "ready", "worker": "ok", "silent_jobs": []}
    services.store.beat("poll", utc_now() - timedelta(hours=1), 0, "")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["silent_jobs"]) == (200, ["poll"])


def test_it_is_not_ready_without_its_database(made: Made) -> None:
    app = made()

    def down() -> None:
        raise Unavailable("no")

    app.extensions["gateway"].store.ping = down
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()) == (503, {"status": "database unavailable"})
    assert int(answer.headers["Retry-After"]) > 0
    assert app.test_client().get("/healthz").status_code == 200


def test_metrics_count_requests_and_waiting_rows(made: Made) -> None:
    app = made()
    shop = new_merchant(app, contract_of(app))
    shop.get("/v1/shipments/kari@example.com")
    shop.client.open("/v1/shipments", method="BREW")
    app.extensions["gateway"].store.beat("poll", utc_now(), 0, "")
    answer = shop.client.get("/metrics")
    assert answer.mimetype == "text/plain"
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    counted = {
        (sample.labels["method"], sample.labels["route"], sample.labels["status"])
        for sample in families["gateway_requests"].samples
    }
    assert ("GET", "/v1/shipments/<shipment_id>", "404") in counted
    assert ("OTHER", "unknown", "405") in counted
    rows = {sample.labels["what"]: sample.value for sample in families["gateway_rows"].samples}
    assert set(rows) >= {"inbox_waiting", "tenders_uncertain", "shipments_needing_review", "cases_open"}
    assert set(rows.values()) == {0}
    assert families["gateway_job_last_beat_timestamp_seconds"].samples[0].labels == {"job": "poll"}
    assert "kari" not in answer.text


def test_metrics_tell_of_bookings_nobody_knows_about(unlucky: Merchant) -> None:
    before = unlucky.services.store.counts()["tenders_uncertain"]
    lost = {**examples.BOOK["destination"], "postal_code": "0924"}
    body = {**examples.BOOK, "destination": lost, "reference": fresh("order")}
    assert unlucky.post("/v1/shipments", body, fresh("key")).status_code == 202
    assert unlucky.services.store.counts()["tenders_uncertain"] == before + 1


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        self.attributes |= set(found)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if found.get("href"):
            self.links.append(str(found["href"]))


@pytest.mark.parametrize(
    "path", ["/docs", "/docs/checkouts", "/docs/policies", "/docs/problems", "/docs/recipients", "/docs/webhooks"]
)
def test_a_page_needs_no_script_no_inline_style_and_no_other_host(path: str, merchant: Merchant) -> None:
    answer = merchant.client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    page = Page(answer.text)
    assert not {"script", "style", "iframe", "img"} & set(page.tags)
    assert not {name for name in page.attributes if name == "style" or name.startswith("on")}
    assert page.tags.count("h1") == 1
    assert {"main", "nav", "header"} <= set(page.tags)
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        assert link.startswith(("#", "/", "data:,")), link
        if link.startswith("#"):
            assert link[1:] in page.ids, link
        elif link.startswith("/"):
            assert merchant.client.get(link).status_code == 200, link
    assert merchant.client.get("/docs/docs.css").mimetype == "text/css"


def test_the_api_page_shows_every_operation_and_every_shape(merchant: Merchant, contract: Contract) -> None:
    text = merchant.client.get("/docs").text
    ids = set(Page(text).ids)
    for item in contract.spec["paths"].values():
        for method, operation in item.items():
            if method != "parameters":
                assert operation["operationId"] in ids
    assert {f"shape-{name}" for name in contract.spec["components"]["schemas"]} <= ids
    assert "Idempotency-Key" in text
    assert "curl -X POST http://127.0.0.1:8080/v1/quotes" in text


def test_the_problems_page_has_an_anchor_for_every_code(merchant: Merchant) -> None:
    refused = problem(merchant.get("/v1/shipments/none"), 404, "not_found")
    page, anchor = refused["type"].split("#")
    ids = Page(merchant.client.get(page).text).ids
    assert anchor in ids
    assert {each.code for each in PROBLEMS} <= set(ids)


def test_what_the_document_says_is_escaped_on_the_page(app: Flask) -> None:
    filtered = app.jinja_env.filters["prose"]("<b>`<i>`</b> & `a`")
    assert filtered == "&lt;b&gt;<code>&lt;i&gt;</code>&lt;/b&gt; &amp; <code>a</code>"
    assert re.search(r"<b>", filtered) is None
