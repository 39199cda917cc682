"""Learning from stored deliveries: each once, each mode for itself, and what quotes then say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.bootstrap import shipped_emission_profiles, shipped_factors
from gateway.domain.errors import Unprocessable
from gateway.domain.quotes import NOTHING_KNOWN, Outlook, ServiceLevel
from gateway.domain.shipments import ShipmentState
from gateway.rules.candidate import Candidate
from gateway.rules.context import Context
from gateway.services.ports import Mode, UnitOfWork
from gateway.services.reliability.emissions import ALL, EmissionModel
from gateway.services.reliability.learner import Learner
from gateway.services.reliability.outlooks import OutlookBook
from gateway.services.reliability.report import ReliabilityReports
from gateway.storage import SqlStore
from tests.storage import made
from tests.storage.made import MERCHANT, NOW

SWIFT, SLOW = "acc_swift", "acc_slow"
PROMISED_H = 24


def begin(store: SqlStore) -> None:
    with store.work() as uow:
        made.merchant(uow)
        for account_id in (SWIFT, SLOW):
            uow.accounts.add(made.account(account_id, options={}))
        uow.accounts.add(made.account("acc_live", mode="live", options={}))
        uow.commit()


def deliver(uow: UnitOfWork, number: int, account: str, hours: float | None, **more: Any) -> None:
    """A booked shipment of the account that took so many hours from `days` ago; None: it is on its way."""
    zone, days = more.pop("zone", "oslo"), more.pop("days", 20)
    said, mode = more.pop("said", NOTHING_KNOWN), more.pop("mode", "test")
    at, shipment_id = NOW - timedelta(days=days), f"shp_{account}_{number}"
    names = {"account_id": account, "tender_id": f"tnd_{shipment_id}", "quote_id": f"qte_{shipment_id}"}
    offered = made.offer(f"off_{shipment_id}", 1, account_id=account, outlook=said)
    uow.quotes.add(made.quote(names["quote_id"], offers=(offered,), mode=mode))
    uow.shipments.add(
        made.shipment(shipment_id, mode=mode, state=ShipmentState.BOOKED, **{**names, "account": account})
    )
    uow.tenders.add(made.tender(names["tender_id"], shipment_id, account_id=account, offer_id=offered.id))
    record = made.delivery_record(
        shipment_id,
        account_id=account,
        service="next_day",
        zone=zone,
        booked_at=at,
        ready_at=at,
        promised_by=at + timedelta(hours=PROMISED_H),
    )
    if hours is not None:
        came = at + timedelta(hours=hours)
        record = replace(record, delivered_at=came, first_attempt_at=came, attempts=1, outcome="delivered")
    uow.records.put(replace(record, **more))


def said(store: SqlStore, account: str, zone: str | None, mode: Mode = "test") -> Outlook:
    """What a quote says now about an offer of the account."""
    book = OutlookBook(store, emissions(store))
    context = Context(shipment=made.goods(), zone=zone, now=NOW, ready_at=NOW)
    rate = made.rate(service=ServiceLevel.NEXT_DAY, deliver_by=NOW + timedelta(hours=PROMISED_H), co2e_g=None)
    candidate = Candidate(
        account_id=account, account=account, carrier="sandbox", kind="courier", features=None, limits=None, rate=rate
    )  # type: ignore[arg-type]  # no rule looks at them here
    return book.of(MERCHANT, mode, 0, context, [candidate])[0]


def emissions(store: SqlStore) -> EmissionModel:
    return EmissionModel(store, shipped_factors(), shipped_emission_profiles())


def learner(store: SqlStore) -> Learner:
    return Learner(store, lambda: NOW)


def history(store: SqlStore) -> None:
    """One account keeps its promise everywhere, the other one is late in one zone."""
    begin(store)
    with store.work() as uow:
        for number in range(60):
            days = 2 + number % 28
            deliver(uow, number, SWIFT, 18 + number % 4, zone=("oslo", "fjord")[number % 2], days=days)
            zone = ("oslo", "fjord")[number % 2]
            deliver(uow, number, SLOW, 30 + number % 4 if zone == "fjord" else 18, zone=zone, days=days)
        uow.commit()


def test_an_account_that_is_late_in_a_zone_is_expected_to_be_late_there(store: SqlStore) -> None:
    history(store)
    assert said(store, SLOW, "fjord").deliveries == 0
    assert learner(store).learn(MERCHANT, "test") == 120
    there, elsewhere, other = said(store, SLOW, "fjord"), said(store, SLOW, "oslo"), said(store, SWIFT, "fjord")
    assert (there.p_on_time or 1) < 0.35
    assert (elsewhere.p_on_time or 0) > 0.65
    assert (other.p_on_time or 0) > 0.9
    assert (there.transit_p50_h or 0) > PROMISED_H > (elsewhere.transit_p50_h or 99)
    assert (other.p_first_attempt or 0) > 0.95
    assert 1 <= there.deliveries <= 30
    assert there.since is not None
    assert there.until is not None
    assert there.since <= there.until < NOW.date()
    assert "to fjord" in there.source


def test_every_delivery_is_learnt_from_once(store: SqlStore) -> None:
    history(store)
    assert learner(store).learn(MERCHANT, "test") == 120
    before = said(store, SLOW, "fjord")
    assert learner(store).learn(MERCHANT, "test") == 0
    assert said(store, SLOW, "fjord") == before


def test_two_workers_do_not_both_learn_from_a_delivery(store: SqlStore) -> None:
    history(store)
    with store.look() as uow:
        seen = uow.reliability.settled(MERCHANT, "test", NOW, 500)
    learner(store).learn(MERCHANT, "test")
    with store.work() as uow:
        assert not uow.reliability.mark_learnt(MERCHANT, seen[0], NOW)


def test_what_accounts_taught_comes_in_the_same_order_from_every_database(store: SqlStore) -> None:
    """Sums over it would differ in their last digits, and quantiles in more than that."""
    begin(store)
    names = [SWIFT, SLOW, "acc_live"]
    with store.work() as uow:
        for account_id in names:
            uow.reliability.keep(MERCHANT, account_id, NOW, {})
            uow.reliability.keep_courses(MERCHANT, account_id, NOW, {})
        uow.commit()
        for found in (uow.reliability.histories, uow.reliability.tables, uow.reliability.courses):
            assert list(found(MERCHANT, names)) == sorted(names)


def test_a_new_account_is_expected_to_be_like_the_others_and_says_so(store: SqlStore) -> None:
    history(store)
    learner(store).learn(MERCHANT, "test")
    new = said(store, "acc_1", "oslo")
    assert new.source.startswith("all accounts")
    assert 0.5 < (new.p_on_time or 0) < 0.9


def test_test_and_live_do_not_learn_from_each_other(store: SqlStore) -> None:
    begin(store)
    with store.work() as uow:
        for number in range(20):
            deliver(uow, number, SWIFT, 18, days=3)
            deliver(uow, number, "acc_live", 60, days=4, mode="live")
        uow.commit()
    learner(store).chore()
    assert (said(store, SWIFT, "oslo").p_on_time or 0) > 0.95
    assert (said(store, "acc_live", "oslo", "live").p_on_time or 1) < 0.1


def test_lost_ones_count_as_late_and_cancelled_ones_not_at_all(store: SqlStore) -> None:
    begin(store)
    with store.work() as uow:
        for number in range(40):
            outcome: dict[str, Any] = {"outcome": "failed", "delivered_at": None} if number % 2 else {}
            deliver(uow, number, SWIFT, 18, days=3, **outcome)
            deliver(uow, number, SLOW, 18, days=3, outcome="delivered" if number % 2 else "cancelled")
        uow.commit()
    learner(store).learn(MERCHANT, "test")
    half = said(store, SWIFT, "oslo")
    assert half.p_on_time == pytest.approx(0.5, abs=0.2)
    assert PROMISED_H < (half.transit_p90_h or 0) <= 6 * PROMISED_H
    assert (said(store, SLOW, "oslo").p_on_time or 0) > 0.7
    assert said(store, SLOW, "oslo").deliveries == 20


def test_parcels_that_are_overdue_lower_the_chance_before_they_end(store: SqlStore) -> None:
    history(store)
    learner(store).learn(MERCHANT, "test")
    before = said(store, SWIFT, "oslo")
    with store.work() as uow:
        for number in range(100, 140):
            deliver(uow, number, SWIFT, None, days=3)
        uow.commit()
    learner(store).learn(MERCHANT, "test")
    after = said(store, SWIFT, "oslo")
    assert (after.p_on_time or 1) < (before.p_on_time or 0) - 0.15


def test_what_a_delivery_teaches_changes_what_quotes_read(store: SqlStore) -> None:
    """Caches go by the version of the merchant's settings: learning raises it, and so does an emission profile."""
    history(store)
    with store.look() as uow:
        before = uow.keys.settings_version(MERCHANT)
    learner(store).learn(MERCHANT, "test")
    with store.look() as uow:
        learnt = uow.keys.settings_version(MERCHANT)
    emissions(store).put(MERCHANT, "test", ALL, {"vehicle": "cargo_bike_electric", "haul_km": 0})
    with store.look() as uow:
        assert before < learnt < uow.keys.settings_version(MERCHANT)


def test_a_merchants_word_on_emissions_goes_before_ours_and_one_on_an_account_before_both(store: SqlStore) -> None:
    begin(store)
    assert said(store, SWIFT, None).co2e_tier == "default"
    emissions(store).put(MERCHANT, "test", ALL, {"vehicle_kg_per_km": 0.1, "round_km": 50, "stops": 100, "haul_km": 0})
    assert (said(store, SWIFT, None).co2e_g, said(store, SWIFT, None).co2e_tier) == (50, "modelled")
    emissions(store).put(MERCHANT, "test", SWIFT, {"vehicle_kg_per_km": 0.02, "measured": True})
    assert (said(store, SWIFT, None).co2e_g, said(store, SWIFT, None).co2e_tier) == (10, "primary")
    assert said(store, SLOW, None).co2e_g == 50
    emissions(store).put(MERCHANT, "test", SWIFT, {})
    assert said(store, SWIFT, None).co2e_g == 50


def test_the_report_sets_what_was_said_beside_what_came(store: SqlStore) -> None:
    begin(store)
    outlook = Outlook(
        p_on_time=0.75,
        p_first_attempt=0.9,
        transit_p50_h=18,
        transit_p80_h=20,
        transit_p90_h=40,
        deliveries=12,
    )
    with store.work() as uow:
        for number in range(40):
            deliver(uow, number, SWIFT, 60 if number % 4 == 0 else 17, said=outlook, days=5 + number % 7)
        deliver(uow, 99, SLOW, 18, days=5)
        uow.commit()
    learner(store).learn(MERCHANT, "test")
    found = ReliabilityReports(store, lambda: NOW).report(MERCHANT, "test")
    assert (found.deliveries, found.unpredicted) == (41, 1)
    everything = found.slices[0]
    assert (everything.by, everything.deliveries, everything.on_time.count) == ("", 40, 40)
    assert everything.on_time.error == pytest.approx(0.0, abs=1e-9)
    assert everything.on_time.brier == pytest.approx(0.1875)
    assert everything.first_attempt.brier == pytest.approx(0.01)
    assert everything.transit.coverage == (0.75, 0.75, 0.75)
    assert {each.by for each in found.slices} == {"", "account", "service", "zone", "weekday"}
    assert sum(each.deliveries for each in found.slices if each.by == "weekday") == 40


def test_a_period_that_makes_no_sense_is_refused(store: SqlStore) -> None:
    begin(store)
    reports = ReliabilityReports(store, lambda: NOW)
    with pytest.raises(Unprocessable):
        reports.report(MERCHANT, "test", NOW, NOW - timedelta(days=1))
    with pytest.raises(Unprocessable):
        reports.report(MERCHANT, "test", NOW - timedelta(days=500), NOW)
