"""The worker asks carriers where parcels are and reads what came in: once, whatever carriers and rows do to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from threading import Thread

import pytest
from sqlalchemy import text

from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from tests.conftest import TestDatabase
from tests.journeys.scans import inbox, parcel, scan
from tests.journeys.site import Gateway, Merchant, Site
from tests.journeys.spies import Diary

PARCELS = 12
POLL_S = 15 * 60 + 1


@pytest.fixture
def diary(site: Site, monkeypatch: pytest.MonkeyPatch) -> Diary:
    """What the spies have done that this gateway takes for the sandbox."""
    return Diary(monkeypatch, site.services.pool)


def follow(shop: Merchant, account: str, number: str) -> None:
    made = shop.call("POST", "/v1/trackers", {"account": account, "tracking_number": number})
    assert made.status_code == 201, made.text


def asked(running: RunningSimulator, operation: str) -> int:
    """How often a carrier was asked something."""
    return sum(call.operation == operation for call in running.simulator.calls)


def test_two_workers_share_inbox_and_polls_and_do_nothing_twice(
    site: Site, shop: Merchant, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = site.carrier("sandbox")
    account_id = shop.account("sandbox-1", running)
    for number in range(PARCELS):
        follow(shop, "sandbox-1", f"SPY{number}")
        body = scan(f"SPY{number}", f"e{number}", "PICKED_UP", site.clock().isoformat())
        assert site.push(account_id, body, running).status_code == 200
    workers = [Gateway(database.url, WORKER__BATCH="3", TRACKING__INBOX_BATCH="3") for _ in range(2)]
    diary = Diary(monkeypatch, *(each.services.pool for each in workers))
    threads = [Thread(target=each.worker.drain) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in workers:
        each.close()
    assert len(diary.parsed) == len(set(diary.parsed)) == PARCELS
    assert sorted(diary.polled) == sorted(f"SPY{number}" for number in range(PARCELS))
    assert inbox(database) == {"applied": PARCELS}
    trackers = shop.get("/v1/trackers")["data"]
    assert Counter(each["status"] for each in trackers) == {"picked_up": PARCELS}


def test_an_account_that_cannot_be_asked_does_not_keep_others_from_being_polled(
    site: Site, shop: Merchant, diary: Diary
) -> None:
    """Its URLs were good when it was made: then the operator began to insist on https."""
    running = site.carrier("sandbox")
    bad = shop.account("bad", running)
    shop.account("good", running)
    follow(shop, "bad", "SPY1")
    follow(shop, "good", "SPY2")
    with site.services.store.work() as uow:
        account = uow.accounts.by_id(bad)
        assert account is not None
        uow.accounts.replace(replace(account, urls={"api": "gopher://old"}, version=account.version + 1))
        uow.commit()
    site.work()
    assert diary.polled == ["SPY2"]
    assert "gopher" in shop.get(f"/v1/accounts/{bad}")["resting_why"]
    site.work(hours=2)
    assert diary.polled == ["SPY2", "SPY2"]
    assert site.services.store.beats()["poll"][2] == ""
    repaired = shop.call("PATCH", f"/v1/accounts/{bad}", {"urls": dict(running.account.urls)})
    assert repaired.status_code == 200, repaired.text
    site.work(hours=25)
    assert diary.polled.count("SPY1") == 1


def test_an_account_that_cannot_even_be_read_costs_nobody_else_a_try(
    site: Site, shop: Merchant, diary: Diary, database: TestDatabase
) -> None:
    """Its secrets were sealed with a key that is gone: reading it raises, whoever reads."""
    running = site.carrier("sandbox")
    bad = shop.account("bad", running)
    shop.account("good", running)
    follow(shop, "bad", "SPY1")
    follow(shop, "good", "SPY2")
    with database.engine.begin() as connection:
        connection.execute(
            text("UPDATE accounts SET secrets = :unread WHERE id = :id"), {"id": bad, "unread": '{"api_key": "unread"}'}
        )
    site.work()
    assert diary.polled == ["SPY2"]
    with database.engine.begin() as connection:
        left = connection.execute(text("SELECT tracking_number, tries FROM trackers ORDER BY 1")).all()
        why = connection.scalar(text("SELECT resting_why FROM accounts WHERE id = :id"), {"id": bad})
    assert [tuple(row) for row in left] == [("SPY1", 0), ("SPY2", 0)]
    assert why.startswith("it cannot be read: ")


def test_a_fault_that_nobody_thought_of_costs_nobody_else_a_try_and_does_not_rest_the_account(
    site: Site, shop: Merchant, diary: Diary, database: TestDatabase
) -> None:
    running = site.carrier("sandbox")
    bad = shop.account("bad", running)
    shop.account("good", running)
    follow(shop, "bad", "SPY1")
    follow(shop, "good", "SPY2")
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE accounts SET options = '{' WHERE id = :id"), {"id": bad})
    site.work()
    assert diary.polled == ["SPY2"]
    with database.engine.begin() as connection:
        tries = connection.scalars(text("SELECT tries FROM trackers")).all()
        rest = connection.scalar(text("SELECT resting_until FROM accounts WHERE id = :id"), {"id": bad})
    assert (set(tries), rest) == ({0}, None)


def test_a_carrier_that_is_down_is_left_alone_for_a_while_then_asked_again(site: Site, shop: Merchant) -> None:
    sent = parcel(site, shop, polled=True)
    running, most = sent.running, site.services.settings.carriers.rest_after_failures
    running.simulator.faults.add(Fault(kind=FaultKind.STATUS_503, operation="track", times=-1))
    for failures in range(1, most + 1):
        site.work(seconds=POLL_S)
        assert asked(running, "track") == failures
        site.work(minutes=1)
        assert asked(running, "track") == failures
    site.work(seconds=POLL_S)
    account = shop.get(f"/v1/accounts/{sent.account_id}")
    assert datetime.fromisoformat(account["resting_until"]) > site.clock()
    assert "503" in account["resting_why"]

    calls = asked(running, "track")
    follow(shop, "sandbox-1", "SBX000009")
    site.work()
    assert asked(running, "track") == calls
    running.simulator.faults.clear()
    site.work(minutes=11)
    assert asked(running, "track") == calls + 1
    assert shop.get(f"/v1/accounts/{sent.account_id}")["resting_until"] is None
    site.work(seconds=POLL_S)
    assert sent.shown()["status"] == "delivered"


def test_a_carrier_that_hangs_when_it_is_asked_to_push_is_left_alone_and_delays_nobody(
    site: Site, shop: Merchant, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, calm = site.carrier("bring"), site.carrier("bring", ledger="calm")
    account_id = shop.account("hanging", hanging)
    shop.account("calm", calm)
    impatient = Gateway(database.url, TRACKING__SUBSCRIBE_S="0.2")
    monkeypatch.setattr(site, "gateway", impatient)
    monkeypatch.setattr(site, "clock", impatient.clock)
    hanging.simulator.faults.add(Fault(kind=FaultKind.TIMEOUT_BEFORE, operation="subscribe", times=-1))
    follow(shop, "hanging", "370000000000000001")
    follow(shop, "calm", "370000000000000002")
    site.work()
    assert [(asked(each, "track"), asked(each, "subscribe")) for each in (hanging, calm)] == [(1, 1), (1, 1)]
    follow(shop, "hanging", "370000000000000003")
    site.work(minutes=1)
    assert (asked(hanging, "track"), asked(hanging, "subscribe")) == (2, 1), "it rests, and its parcels are asked about"
    assert shop.get(f"/v1/accounts/{account_id}")["resting_until"] is None, "it books and tracks as before"
    hanging.simulator.faults.clear()
    site.work(days=1)
    assert 2 <= asked(hanging, "subscribe") <= 3
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM trackers WHERE subscribed_until IS NULL")) == 0
    impatient.close()


def test_bring_is_asked_once_to_push_and_asked_again_before_that_ends(site: Site, shop: Merchant) -> None:
    running = site.carrier("bring")
    shop.account("bring-1", running)
    shop.booked()
    site.work()
    assert asked(running, "subscribe") == 1
    site.work(seconds=POLL_S)
    site.work(days=28)
    assert asked(running, "subscribe") == 1
    site.work(days=1, hours=1)
    assert asked(running, "subscribe") == 2
    # Bring answered that the old one still stands, without its end: asked again once that must be over.
    site.work(seconds=POLL_S)
    assert asked(running, "subscribe") == 2
    site.work(days=1, hours=1)
    assert asked(running, "subscribe") == 3
    assert asked(running, "track") == 4, "silent for weeks, it is asked once a day and no more"
