"""Policies at work: bookings that count, what carriers are asked for, and what people are told, on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from gateway.services.explaining import explained
from gateway.services.volumes import FRESH_FOR
from tests.journeys.site import ORDER, Merchant, Site

FRESH_S = FRESH_FOR / timedelta(seconds=1) + 0.1


def counting(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"currency": "NOK", "rules": list(rules)}}


@pytest.fixture
def two(site: Site, shop: Merchant) -> Merchant:
    """A shop with two accounts of one carrier: the same rates, so that only rules and names decide."""
    sandbox = site.carrier("sandbox")
    for name in ("alpha", "beta"):
        shop.account(name, sandbox)
    return shop


def booked(site: Site, shop: Merchant, number: int) -> Counter[str]:
    """Book so many, each after the counts have become fresh; by account."""
    found: Counter[str] = Counter()
    for _ in range(number):
        site.clock.advance(seconds=FRESH_S)
        found[shop.booked()["account"]] += 1
    return found


def test_a_share_holds_booking_after_booking(site: Site, two: Merchant) -> None:
    cap = {"do": "cap_share", "percent": 30, "from_bookings": 4}
    rule = {"name": "cap", "when": {"field": "rate.account", "op": "is", "value": "alpha"}, "then": cap}
    assert two.call("PUT", "/v1/policies/default", counting(rule)).status_code == 200
    found = booked(site, two, 10)
    assert found == {"alpha": 3, "beta": 7}


def test_a_commitment_is_met_and_then_forgotten(site: Site, two: Merchant) -> None:
    commit = {"do": "commit", "bookings": 2, "period": "day", "minor": 50_000}
    rule = {"name": "contract", "when": {"field": "rate.account", "op": "is", "value": "beta"}, "then": commit}
    assert two.call("PUT", "/v1/policies/default", counting(rule)).status_code == 200
    assert booked(site, two, 2) == {"beta": 2}
    assert booked(site, two, 2) == {"alpha": 2}
    site.clock.advance(days=1)
    assert booked(site, two, 1) == {"beta": 1}


def test_a_cancelled_booking_no_longer_counts(site: Site, two: Merchant) -> None:
    commit = {"do": "commit", "bookings": 1, "minor": 50_000}
    rule = {"name": "contract", "when": {"field": "rate.account", "op": "is", "value": "beta"}, "then": commit}
    two.call("PUT", "/v1/policies/default", counting(rule))
    first = two.booked()
    assert first["account"] == "beta"
    assert two.call("POST", f"/v1/shipments/{first['id']}/cancel").status_code == 200
    assert booked(site, two, 1) == {"beta": 1}


def test_bookings_of_others_do_not_count(site: Site, two: Merchant) -> None:
    stranger = site.merchant("Other")
    stranger.account("alpha", site.carrier("sandbox", "other"))
    stranger.booked()
    volumes = site.services.store
    with volumes.look() as uow:
        since = site.clock() - timedelta(hours=1)
        assert uow.shipments.booked_since(stranger.id, "test", since) == {"alpha": 1}
        assert uow.shipments.booked_since(two.id, "test", since) == {}
        assert uow.shipments.booked_since(stranger.id, "live", since) == {}
        assert uow.shipments.booked_since(stranger.id, "test", site.clock() + timedelta(hours=1)) == {}


def test_what_is_required_is_booked(site: Site, two: Merchant) -> None:
    rule = {"name": "signed", "then": {"do": "require", "needs": ["signature"]}}
    two.call("PUT", "/v1/policies/default", counting(rule))
    shipment = two.booked()
    with site.services.store.look() as uow:
        record = uow.shipments.get(two.id, shipment["id"])
    assert record is not None
    assert record.shipment.requirements.signature
    assert (record.policy, record.policy_version) == ("default", 1)


def test_a_failover_is_told_with_who_had_ranked_better(site: Site, two: Merchant) -> None:
    rule = {
        "name": "alpha first",
        "when": {"field": "rate.account", "op": "is", "value": "alpha"},
        "then": {"do": "prefer", "minor": 400},
    }
    two.call("PUT", "/v1/policies/default", counting(rule))
    quoted = two.call("POST", "/v1/quotes", dict(ORDER)).json or {}
    quote = site.services.quotes.get(two.id, "test", quoted["id"])
    second = next(each for each in quote.ranked if each.account == "beta")
    told = explained(quote, (), second.id)
    assert told.winner is not None
    assert told.runner_up is not None
    assert told.runner_up.offer.account == "alpha"
    assert any("alpha" in each and "had ranked better by" in each for each in told.sentences)
