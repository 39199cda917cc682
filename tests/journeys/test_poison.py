"""A row whose processing always raises: tried so often, then set aside; the others go on as if it were not there."""

from __future__ import annotations

from collections import Counter

import pytest

from carriers.base.simulator import RunningSimulator
from tests.conftest import TestDatabase
from tests.journeys.scans import inbox, quarantined, scan
from tests.journeys.site import Merchant, Site
from tests.journeys.spies import BROKEN, POISON, Diary


@pytest.fixture
def diary(site: Site, monkeypatch: pytest.MonkeyPatch) -> Diary:
    """What the spies have done that this gateway takes for the sandbox."""
    return Diary(monkeypatch, site.services.pool)


def follow(shop: Merchant, *numbers: str) -> None:
    for number in numbers:
        made = shop.call("POST", "/v1/trackers", {"account": "sandbox-1", "tracking_number": number})
        assert made.status_code == 201, made.text


def pushed(site: Site, account_id: str, running: RunningSimulator, *numbers: str) -> list[bytes]:
    bodies = [scan(number, "e1", "PICKED_UP", site.clock().isoformat()) for number in numbers]
    for body in bodies:
        assert site.push(account_id, body, running).status_code == 200
    return bodies


def statuses(shop: Merchant) -> dict[str, str]:
    return {each["tracking_number"]: each["status"] for each in shop.get("/v1/trackers")["data"]}


@pytest.mark.parametrize("bad", [POISON, BROKEN], ids=["when it is read", "when it is applied"])
def test_a_message_that_always_raises_is_set_aside_and_the_others_of_its_batch_go_on(
    bad: str, site: Site, shop: Merchant, database: TestDatabase, diary: Diary
) -> None:
    running = site.carrier("sandbox")
    account_id = shop.account("sandbox-1", running)
    follow(shop, "SPY1", bad, "SPY2")
    first, poison, last = pushed(site, account_id, running, "SPY1", bad, "SPY2")
    site.work()
    assert inbox(database) == {"applied": 2, "new": 1}
    settings = site.services.settings.worker
    for _ in range(settings.max_tries + 2):
        site.work(seconds=settings.lease_s + 1)
    assert Counter(diary.parsed) == {poison: settings.max_tries, first: 1, last: 1}
    assert inbox(database) == {"applied": 2, "quarantined": 1}
    assert quarantined(database) == [f"given up after {settings.max_tries} tries; see the worker's log"]
    assert statuses(shop) == {"SPY1": "picked_up", bad: "unknown", "SPY2": "picked_up"}


def test_a_tracker_whose_polls_always_raise_waits_for_tomorrow_and_the_others_are_polled(
    site: Site, shop: Merchant, diary: Diary
) -> None:
    shop.account("sandbox-1", site.carrier("sandbox"))
    follow(shop, "SPY1", BROKEN, "SPY2")
    settings = site.services.settings.worker
    for _ in range(settings.max_tries + 2):
        site.work(seconds=settings.lease_s + 1)
    asked = Counter(diary.polled)
    assert asked[BROKEN] == settings.max_tries
    assert asked["SPY1"] == asked["SPY2"] == 2, "once together with it, once each for itself"
    site.work(hours=25)
    assert Counter(diary.polled)[BROKEN] > settings.max_tries, "tried anew"
