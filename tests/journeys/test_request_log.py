"""The request log: what was asked and answered, and what of carriers; nobody's name, no secret, no flood."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.services.ports.calls import CallSearch
from gateway.storage.tables import metadata
from tests.conftest import TestDatabase
from tests.journeys.recipients import street
from tests.journeys.site import ORDER, Gateway, Site
from tests.journeys.test_privacy import EMAIL, ON_ONE_DATABASE, PERSONAL, by_carrier, by_van, leaks

TEST = CallSearch(mode="test")
LOG = ("api_calls.", "carrier_calls.")


@pytest.fixture
def site(database: TestDatabase, tmp_path: Path) -> Iterator[Site]:
    """A gateway of its own: what waits to be written is of this test alone."""
    gateway = Gateway(database.url)
    with Site(gateway, tmp_path) as site:
        yield site
    gateway.close()


def test_a_booking_is_told_with_what_was_asked_of_carriers(site: Site, database: TestDatabase) -> None:
    shop, stranger = site.merchant(), site.merchant("Stranger")
    sandbox = site.carrier("sandbox")
    shop.account("sandbox-oslo", sandbox)
    booked = (
        shop.call("POST", "/v1/shipments", {**ORDER, **PERSONAL}, Idempotency_Key="a", X_Request_Id="till-7").json or {}
    )
    shop.call("POST", "/v1/shipments", {"origin": {"country": "Canary"}}, Idempotency_Key="b")
    shop.call("GET", "/v1/shipments?q=canary")
    site.services.log.flush()
    calls = site.services.calls
    assert [(call.method, call.route, call.status, call.problem) for call in calls.list(shop.id, TEST)] == [
        ("GET", "/v1/shipments", 200, ""),
        ("POST", "/v1/shipments", 422, "invalid"),
        ("POST", "/v1/shipments", 201, ""),
        ("POST", "/v1/accounts", 201, ""),
    ]
    (call,) = calls.list(shop.id, CallSearch(mode="test", text="till-7"))
    assert call.subject_id == booked["id"]
    assert json.loads(call.body)["destination"]["name"] == "(11 characters)"
    assert json.loads(call.reply)["state"] == "booked"
    _, made = calls.call(shop.id, "test", call.id)
    assert [(each.purpose, each.account, each.status) for each in made] == [
        ("quote", "sandbox-oslo", 200),
        ("book", "sandbox-oslo", 201),
    ]
    assert all(each.url.startswith(sandbox.account.urls["api"]) and each.request_id == "till-7" for each in made)
    secrets = [*sandbox.account.secrets.values(), shop.key]
    with database.engine.connect() as connection:
        rows = [
            str(row)
            for name in ("api_calls", "carrier_calls")
            for row in connection.execute(metadata.tables[name].select())
        ]
    assert not [secret for secret in secrets if any(secret in row for row in rows)]
    assert [leak for leak in leaks(database) if leak.startswith(LOG)] == []
    assert calls.list(stranger.id, TEST) == []
    assert calls.made(stranger.id, TEST) == []
    assert [call.status for call in calls.list(shop.id, CallSearch(mode="test", outcome="failed"))] == [422]

    shop.call("POST", f"/v1/shipments/{booked['id']}/cancel")
    shop.call("POST", "/v1/privacy/erase", {"email": EMAIL})
    site.services.log.flush()
    assert calls.list(shop.id, CallSearch(mode="test", text="till-7")) == []
    assert {each.purpose for each in calls.made(shop.id, TEST)} <= {"check", "cancel"}

    site.clock.advance(days=15)
    calls.prune()
    assert calls.list(shop.id, TEST) == []


@ON_ONE_DATABASE
def test_whatever_people_come_in_by_the_log_names_nobody(site: Site, database: TestDatabase) -> None:
    shop = site.merchant()
    with street(site, shop, events={"booked": ["email"], "delivered": ["email", "sms"]}) as there:
        by_van(site, shop)
        by_carrier(there)
    site.services.log.flush()
    purposes = {each.purpose for each in site.services.calls.made(shop.id, CallSearch(mode="test", limit=200))}
    assert {"quote", "book", "label", "manifest"} <= purposes
    assert [leak for leak in leaks(database) if leak.startswith(LOG)] == []


def test_a_flood_is_counted_and_refusals_are_still_seen(tmp_path: Path, database: TestDatabase) -> None:
    gateway = Gateway(
        database.url, REQUEST_LOG__ROWS_PER_S="1", REQUEST_LOG__MOST_WAITING="12", REQUEST_LOG__GATHER_S="3600"
    )
    with Site(gateway, tmp_path) as site:
        shop = site.merchant()
        for _ in range(30):
            shop.get("/v1/shipments")
        shop.call("GET", "/v1/shipments/shp_none")
        site.services.log.flush()
        kept, gaps = site.services.calls.list(shop.id, TEST), site.services.calls.gaps(shop.id)
        assert kept[0].status == 404
        assert 10 <= len(kept) <= 12
        assert len(kept) + sum(gap.calls for gap in gaps) == 31
    gateway.close()


def test_switched_off_nothing_is_kept(tmp_path: Path, database: TestDatabase) -> None:
    gateway = Gateway(database.url, REQUEST_LOG__ENABLED="false")
    with Site(gateway, tmp_path) as site:
        shop = site.merchant()
        shop.get("/v1/shipments")
        site.services.log.flush()
        assert site.services.calls.list(shop.id, TEST) == []
    gateway.close()
