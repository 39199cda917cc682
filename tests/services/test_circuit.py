"""An account that only fails is left alone for a while, and a quote says so; nobody else is harmed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from carriers.base.simulator import RunningSimulator
from carriers.base.simulator.faults import Fault, FaultKind
from tests.journeys.site import ORDER, Merchant, Site

SLACK = timedelta(seconds=20)
MINUTE = timedelta(minutes=1)
AFTER_FAILURES = 5


class Contract:
    """A merchant's one account at a simulated carrier, who may misbehave."""

    def __init__(self, site: Site, shop: Merchant) -> None:
        self.site = site
        self.shop = shop
        self.carrier: RunningSimulator = site.carrier("sandbox")
        self.id = shop.account("main", self.carrier)

    def misbehaves(self, kind: FaultKind, **more: Any) -> None:
        self.carrier.simulator.faults.clear()
        self.carrier.simulator.faults.add(Fault(kind=kind, operation="quote", times=-1, **more))

    def behaves(self) -> None:
        self.carrier.simulator.faults.clear()

    @property
    def asked(self) -> int:
        """How often the carrier was called."""
        return len(self.carrier.simulator.calls)

    def quote(self, times: int = 1, **more: Any) -> Any:
        """What the last of so many quotes says about this account."""
        for _ in range(times):
            answer = self.shop.call("POST", "/v1/quotes", {**ORDER, **more})
            assert answer.status_code in (200, 201), answer.text
            results = {result["account"]: result for result in (answer.json or {})["carrier_results"]}
        return results["main"]

    @property
    def rest(self) -> timedelta:
        """How long it still rests."""
        account = self.site.services.accounts.get(self.shop.id, "test", self.id)
        return max((account.resting_until or self.site.clock()) - self.site.clock(), timedelta())

    def rests(self, wanted: timedelta) -> bool:
        return wanted - SLACK < self.rest <= wanted


@pytest.fixture
def contract(site: Site, shop: Merchant) -> Contract:
    return Contract(site, shop)


@pytest.mark.parametrize("kind", [FaultKind.STATUS_503, FaultKind.RESET_AFTER, FaultKind.GARBAGE])
def test_an_account_rests_after_five_failures_in_a_row(contract: Contract, kind: FaultKind) -> None:
    contract.misbehaves(kind)
    assert contract.quote(AFTER_FAILURES - 1)["state"] == "error"
    assert contract.rest == timedelta()
    assert contract.quote()["state"] == "error"
    assert contract.rests(MINUTE / 2)


def test_silence_is_a_failure_too(contract: Contract) -> None:
    contract.misbehaves(FaultKind.TIMEOUT_BEFORE)
    assert contract.quote(AFTER_FAILURES, deadline_ms=100)["state"] == "timeout"
    assert contract.rests(MINUTE / 2)


def test_a_resting_account_is_skipped_and_the_quote_says_why(contract: Contract) -> None:
    contract.misbehaves(FaultKind.STATUS_503)
    contract.quote(AFTER_FAILURES)
    asked = contract.asked
    result = contract.quote()
    assert (result["state"], result["code"]) == ("skipped", "resting")
    assert result["why"].startswith("resting until ")
    assert "503" in result["why"]
    assert contract.asked == asked, "it is left alone"


def test_rests_double_up_to_ten_minutes(contract: Contract) -> None:
    contract.misbehaves(FaultKind.STATUS_503)
    contract.quote(AFTER_FAILURES)
    for minutes in (1, 2, 4, 8, 10, 10):
        contract.site.clock.advance(seconds=contract.rest.total_seconds())
        assert contract.quote()["state"] == "error"
        assert contract.rests(minutes * MINUTE)


def test_one_success_ends_the_counting(contract: Contract) -> None:
    for _ in range(2):
        contract.misbehaves(FaultKind.STATUS_503)
        contract.quote(AFTER_FAILURES - 1)
        contract.behaves()
        assert contract.quote()["state"] == "ok"
    assert contract.rest == timedelta()


def test_an_account_that_is_well_again_begins_anew(contract: Contract) -> None:
    contract.misbehaves(FaultKind.STATUS_503)
    contract.quote(AFTER_FAILURES)
    contract.behaves()
    contract.site.clock.advance(seconds=31)
    assert contract.quote()["state"] == "ok"
    contract.misbehaves(FaultKind.STATUS_503)
    contract.quote(AFTER_FAILURES - 1)
    assert contract.rest == timedelta()


@pytest.mark.parametrize(("retry_after", "rest"), [("120", 2 * MINUTE), ("7200", 10 * MINUTE), ("", MINUTE / 2)])
def test_a_carrier_that_is_asked_too_often_is_left_alone_as_long_as_it_says(
    contract: Contract, retry_after: str, rest: timedelta
) -> None:
    contract.misbehaves(FaultKind.STATUS_429, retry_after=retry_after)
    contract.quote()
    assert contract.rests(rest)
    assert contract.quote()["state"] == "skipped"


def test_an_account_whose_credentials_are_refused_rests_at_once_until_it_is_changed(contract: Contract) -> None:
    where = f"/v1/accounts/{contract.id}"
    assert contract.shop.call("PATCH", where, {"secrets": {"api_key": "wrong"}}).status_code == 200
    assert contract.quote()["state"] == "error"
    assert contract.rests(15 * MINUTE)
    assert contract.quote()["code"] == "resting"
    good = {"api_key": contract.carrier.account.secrets["api_key"]}
    assert contract.shop.call("PATCH", where, {"secrets": good}).status_code == 200
    assert contract.quote()["state"] == "ok"


def test_a_refusal_of_a_shipment_is_no_failure(contract: Contract) -> None:
    refused = {**ORDER["destination"], "postal_code": "0902"}
    assert contract.quote(AFTER_FAILURES, destination=refused)["code"] == "parcel_not_accepted"
    assert contract.rest == timedelta()


def test_other_accounts_go_on_while_one_rests(site: Site, contract: Contract) -> None:
    contract.shop.account("other", site.carrier("sandbox", "other"))
    contract.misbehaves(FaultKind.STATUS_503)
    contract.quote(AFTER_FAILURES)
    quote = contract.shop.call("POST", "/v1/quotes", dict(ORDER)).json or {}
    assert {result["account"]: result["state"] for result in quote["carrier_results"]} == {
        "main": "skipped",
        "other": "ok",
    }
    assert {offer["account"] for offer in quote["offers"]} == {"other"}
    assert contract.shop.booked()["account"] == "other"
