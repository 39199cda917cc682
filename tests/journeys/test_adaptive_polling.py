"""When carriers are asked: less where they push, one call while they are down, the oldest first, and not for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from gateway.domain.records import TrackerRecord
from tests.conftest import TestDatabase
from tests.journeys.conftest import Within
from tests.journeys.scans import parcel, read_inbox, scan
from tests.journeys.site import Gateway, Merchant, Site

WAITING = 10


def follow(shop: Merchant, *numbers: str) -> None:
    for number in numbers:
        made = shop.call("POST", "/v1/trackers", {"account": "sandbox-1", "tracking_number": number})
        assert made.status_code == 201, made.text


def asked(running: RunningSimulator) -> list[set[str]]:
    """The numbers of each tracking call, in the order in which the calls came."""
    calls = [call.query["numbers"] for call in running.simulator.calls if call.operation == "track"]
    return [set(numbers.split(",")) for numbers in calls]


def trackers(site: Site, shop: Merchant) -> Sequence[TrackerRecord]:
    with site.services.store.look() as uow:
        return uow.trackers.list(shop.id, "test", 50, None).items


def resting_until(shop: Merchant) -> datetime:
    (account,) = shop.get("/v1/accounts")["data"]
    return datetime.fromisoformat(account["resting_until"])


def test_a_webhook_pushes_the_next_poll_out_and_a_lost_one_brings_the_polls_back(site: Site, shop: Merchant) -> None:
    sent = parcel(site, shop, polled=True)
    site.work()
    (polled,) = trackers(site, shop)
    assert polled.due_at is not None
    site.clock.advance(minutes=11)
    sent.push(sent.scans()[-1])
    read_inbox(site)
    (pushed,) = trackers(site, shop)
    assert pushed.due_at is not None
    assert pushed.status == "picked_up"
    assert pushed.due_at > polled.due_at + timedelta(minutes=30)
    calls = len(asked(sent.running))
    site.work(seconds=(pushed.due_at - site.clock()).total_seconds() - 60)
    assert len(asked(sent.running)) == calls, "not asked where the carrier tells by itself"

    site.work(minutes=2)
    assert len(asked(sent.running)) == calls + 1
    (found,) = trackers(site, shop)
    assert found.status == "delivered"
    assert found.pushed_at is None, "a poll found what no push had told"
    (delivery,) = [event for event in sent.events() if event["status"] == "delivered"]
    assert delivery["source"] == "poll"
    sent.push(sent.scans()[-1])
    read_inbox(site)
    (late,) = trackers(site, shop)
    assert late.version == found.version, "the same scan, should the push come after all"


def test_a_carrier_that_is_down_is_probed_by_one_call_and_ever_more_seldom(
    site: Site, shop: Merchant, within: Within
) -> None:
    within(batch=2, min_interval_s=60)
    running = site.carrier("sandbox")
    shop.account("sandbox-1", running)
    follow(shop, *(f"SPY{number}" for number in range(WAITING)))
    running.simulator.faults.add(Fault(kind=FaultKind.STATUS_503, operation="track", times=-1))
    for rounds in range(1, 6):  # calls that fail at the same time count as one failure
        site.work(minutes=16)
        assert len(asked(running)) == rounds * WAITING / 2
    calls = len(asked(running))
    site.work(minutes=16)
    rests = []
    for probes in range(1, 6):
        assert len(asked(running)) == calls + probes, "one call, however many wait"
        rest = resting_until(shop) - site.clock()
        rests.append(rest)
        site.work(seconds=rest.total_seconds() - 5)
        assert len(asked(running)) == calls + probes, "a rest is a rest"
        site.work(seconds=7)
    assert rests == sorted(rests)
    assert rests[-1] > 8 * rests[0]

    running.simulator.faults.clear()
    calls = len(asked(running))
    site.work(minutes=11)
    assert len(asked(running)) == calls + 1
    site.work(seconds=22)
    assert len(asked(running)) == calls + WAITING / 2 - 1, "the others follow as soon as it is back"
    site.work(minutes=5)  # and the last probe's own, a quarter of an hour after it failed
    answered = asked(running)[calls:]
    assert len(answered) == WAITING / 2, "each once"
    assert set.union(*answered) == {f"SPY{number}" for number in range(WAITING)}


def test_a_backlog_drains_oldest_first_and_each_is_asked_once(
    site: Site, shop: Merchant, database: TestDatabase, within: Within
) -> None:
    """No worker ran for an hour; then two trackers are claimed at a time."""
    within(batch=2, min_interval_s=60)
    running = site.carrier("sandbox")
    shop.account("sandbox-1", running)
    follow(shop, *(f"SPY{number}" for number in range(WAITING)))
    shuffled = [3, 7, 1, 9, 0, 5, 8, 2, 6, 4]
    begun = site.clock()
    with site.services.store.work() as uow:
        for tracker in uow.trackers.list(shop.id, "test", 50, None).items:
            place = shuffled.index(int(tracker.tracking_number.removeprefix("SPY")))
            due = begun - timedelta(minutes=60 - 5 * place)
            uow.trackers.update(replace(tracker, due_at=due, polled_at=due - timedelta(hours=1)))
        uow.commit()
    worker = Gateway(database.url, WORKER__BATCH="2")
    worker.worker.drain()
    worker.close()
    expected = [{f"SPY{number}" for number in shuffled[start : start + 2]} for start in range(0, WAITING, 2)]
    assert asked(running) == expected


def test_what_waits_for_a_carrier_to_come_back_keeps_its_order_over_many_claims(
    site: Site, shop: Merchant, database: TestDatabase, within: Within
) -> None:
    within(batch=2, min_interval_s=60)
    running = site.carrier("sandbox")
    account_id = shop.account("sandbox-1", running)
    follow(shop, *(f"SPY{number}" for number in range(WAITING)))
    now = site.clock()
    with site.services.store.work() as uow:
        for tracker in uow.trackers.list(shop.id, "test", 50, None).items:
            waited_h = 100 - int(tracker.tracking_number.removeprefix("SPY"))
            uow.trackers.update(replace(tracker, due_at=now, polled_at=now - timedelta(hours=waited_h)))
        uow.accounts.rest(shop.id, account_id, 9, now + timedelta(minutes=5), "it is down")
        uow.commit()
    worker = Gateway(database.url, WORKER__BATCH="2")
    for ahead in ({"seconds": 0}, {"minutes": 5, "seconds": 2}, {"seconds": 22}):
        worker.clock.advance(**ahead)
        worker.worker.drain()
    worker.close()
    assert asked(running) == [{f"SPY{number}", f"SPY{number + 1}"} for number in range(0, WAITING, 2)]


def test_polling_ends_with_the_grace_after_delivery(site: Site, shop: Merchant) -> None:
    sent = parcel(site, shop, polled=True)
    for _ in range(12):
        site.work(minutes=20)
    assert sent.shown()["status"] == "delivered"
    calls = len(asked(sent.running))
    assert calls < 12
    site.work(hours=40)
    assert len(asked(sent.running)) == calls
    site.work(hours=9)
    assert len(asked(sent.running)) == calls + 1, "one last look"
    (ended,) = trackers(site, shop)
    assert ended.due_at is None
    site.work(days=30)
    assert len(asked(sent.running)) == calls + 1


@pytest.mark.parametrize("polled", [True, False], ids=["polled", "never polled"])
def test_a_parcel_of_which_nobody_speaks_expires_and_any_news_opens_it_again(
    polled: bool, site: Site, shop: Merchant
) -> None:
    running = site.carrier("sandbox")
    account_id = shop.account("sandbox-1", running, **({} if polled else {"without": "track"}))
    follow(shop, "SPY1")

    def told(code: str, days: int) -> str:
        """What its status is so many days after its carrier has said this."""
        body = scan("SPY1", f"{code} {site.clock()}", code, site.clock().isoformat())
        assert site.push(account_id, body, running).status_code == 200
        site.work()
        for _ in range(days):
            site.work(days=1)
        (tracker,) = trackers(site, shop)
        assert (tracker.due_at is None) == tracker.finished, "asked or looked at until it is over"
        return tracker.status

    assert told("PICKED_UP", 50) == "picked_up"
    assert told("NO_CODE_OF_ANY_TABLE", 50) == "picked_up", "fifty days ago there was an event"
    assert told("NO_CODE_OF_ANY_TABLE", 62) == "expired"
    assert told("AT_HUB", 1) == "in_transit"
    assert site.violations() == []
