"""A carrier that takes so many calls a day gets no more, whoever asks, and they go where they tell most."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from threading import Thread

from carriers.base import CallRate
from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from tests.conftest import TestDatabase
from tests.journeys.conftest import Within
from tests.journeys.scans import read_inbox, scan
from tests.journeys.site import ORDER, Gateway, Merchant, Site

BUDGET = 24


def follow(shop: Merchant, *numbers: str) -> None:
    for number in numbers:
        made = shop.call("POST", "/v1/trackers", {"account": "sandbox-1", "tracking_number": number})
        assert made.status_code == 201, made.text


def asked(running: RunningSimulator) -> list[str]:
    return [call.query["numbers"] for call in running.simulator.calls if call.operation == "track"]


def to_midnight(site: Site, *others: Gateway) -> None:
    """A minute into the carrier's next day (it lives by UTC)."""
    now = site.clock()
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
    for clock in (site.clock, *(other.clock for other in others)):
        clock.advance(seconds=(midnight - now).total_seconds() + 60)


def test_two_workers_share_a_days_calls(site: Site, shop: Merchant, database: TestDatabase, within: Within) -> None:
    within(daily_budget=BUDGET, batch=2, min_interval_s=60)
    running = site.carrier("sandbox")
    shop.account("sandbox-1", running)
    workers = [Gateway(database.url, WORKER__BATCH="7") for _ in range(2)]
    to_midnight(site, *workers)
    follow(shop, *(f"SPY{number}" for number in range(40)))

    def all_work(hours: float) -> int:
        for gateway in workers:
            gateway.clock.advance(hours=hours)
        threads = [Thread(target=gateway.worker.drain) for gateway in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(asked(running))

    assert all_work(0) == 1
    assert all_work(0) == 1
    assert all_work(6) == 1 + 6
    assert all_work(6) == 1 + 12
    for _ in range(11):
        all_work(1)
    assert len(asked(running)) == BUDGET
    site.clock.advance(hours=23)
    shown = shop.get("/v1/accounts")["data"][0]["polling"]
    assert (shown["daily_budget"], shown["spent"]) == (BUDGET, BUDGET)
    assert all(len(numbers.split(",")) <= 2 for numbers in asked(running))
    assert len({number for numbers in asked(running) for number in numbers.split(",")}) == 40, "nobody is left out"
    all_work(2)
    assert BUDGET < len(asked(running)) <= BUDGET + 3
    for gateway in workers:
        gateway.close()


def test_what_is_out_for_delivery_is_asked_before_what_is_only_booked(
    site: Site, shop: Merchant, within: Within
) -> None:
    within(daily_budget=BUDGET, batch=1, min_interval_s=60)
    running = site.carrier("sandbox")
    account_id = shop.account("sandbox-1", running)
    to_midnight(site)
    follow(shop, *(f"SPY{number}" for number in range(6)))
    pushed = scan("SPY4", "e1", "ON_VEHICLE", site.clock().isoformat())
    assert site.push(account_id, pushed, running).status_code == 200
    read_inbox(site)
    with site.services.store.work() as uow:
        for tracker in uow.trackers.list(shop.id, "test", 50, None).items:
            uow.trackers.update(replace(tracker, polled_at=site.clock() - timedelta(hours=1), due_at=site.clock()))
        uow.commit()
    site.work()
    assert asked(running) == ["SPY4"]
    for _ in range(18):
        site.work(hours=1)
    assert set(asked(running)) == {f"SPY{number}" for number in range(6)}


def test_a_429_rests_polling_until_the_carrier_says_and_nothing_else(
    site: Site, shop: Merchant, within: Within
) -> None:
    within(min_interval_s=60)
    running = site.carrier("sandbox")
    shop.account("sandbox-1", running)
    follow(shop, "SPY1")
    running.simulator.faults.add(Fault(kind=FaultKind.STATUS_429, operation="track", retry_after="3000"))
    site.work()
    account = shop.get("/v1/accounts")["data"][0]
    left = datetime.fromisoformat(account["polling"]["resting_until"]) - site.clock()
    assert timedelta(seconds=2900) < left <= timedelta(seconds=3000)
    assert account["resting_until"] is None
    quoted = shop.call("POST", "/v1/quotes", dict(ORDER)).json or {}
    assert [each["state"] for each in quoted["carrier_results"]] == ["ok"]
    calls = len(asked(running))
    follow(shop, "SPY2")
    site.work(minutes=45)
    assert len(asked(running)) == calls
    site.work(minutes=6)
    assert {number for numbers in asked(running)[calls:] for number in numbers.split(",")} == {"SPY1", "SPY2"}
    assert shop.get("/v1/accounts")["data"][0]["polling"]["resting_until"] is None


def test_a_tracker_made_due_again_still_waits_for_the_carriers_interval(
    site: Site, shop: Merchant, within: Within
) -> None:
    within(min_interval_s=3600)
    running = site.carrier("sandbox")
    shop.account("sandbox-1", running)
    follow(shop, "SPY1")
    site.work()
    with site.services.store.work() as uow:
        (tracker,) = uow.trackers.list(shop.id, "test", 50, None).items
        uow.trackers.update(replace(tracker, due_at=site.clock()))
        uow.commit()
    site.work(minutes=30)
    assert len(asked(running)) == 1
    site.work(minutes=31)
    assert len(asked(running)) == 2


def test_a_rate_limit_holds_back_quotes_and_polling_but_no_booking(site: Site, shop: Merchant, within: Within) -> None:
    within(calls={"test": CallRate(most=4, per_s=36_000)}, min_interval_s=60)
    running = site.carrier("sandbox")
    shop.account("sandbox-1", running)
    held = shop.call("POST", "/v1/quotes", dict(ORDER)).json or {}
    ready = held["recommended_offer_id"]
    follow(shop, "SPY1")
    site.work()
    states = []
    for _ in range(5):
        quoted = shop.call("POST", "/v1/quotes", dict(ORDER)).json or {}
        states += [(each["state"], each["code"]) for each in quoted["carrier_results"]]
    assert states[-1] == ("error", "rate_limited")
    assert len(running.simulator.calls) == 4
    body = {
        "quote_id": held["id"],
        "offer_id": ready,
        "origin": ORDER["origin"],
        "destination": ORDER["destination"],
    }
    assert shop.call("POST", "/v1/shipments", body, Idempotency_Key="k").status_code == 201
    calls = len(asked(running))
    site.work(minutes=20)
    assert len(asked(running)) == calls
    account = shop.get("/v1/accounts")["data"][0]
    assert (account["resting_until"], account["polling"]["resting_until"]) == (None, None)
    assert account["polling"]["daily_budget"] is None
