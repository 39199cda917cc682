"""What is asked for together, when one number of several is refused, and while another thread asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from threading import Event, Thread

import pytest

from carriers.base import Carrier, RateLimited, ShipmentRejected, Subscription, TrackingUpdate
from carriers.base.registry import installed
from carriers.sandbox.adapter import Sandbox
from gateway.domain.records import TrackerRecord
from gateway.services.carrier_pool import LiveCarrier
from gateway.services.pushes import AT_ONCE, Pushes
from tests.journeys.conftest import gateways, shop, site
from tests.journeys.site import Merchant, Site

__all__ = ["gateways", "shop", "site"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Ask = Callable[[Sequence[str]], Subscription]


def agreed(numbers: Sequence[str]) -> Subscription:
    return Subscription(carrier_reference="s", tracking_numbers=tuple(numbers), expires_at=None)


class Asked:
    """A carrier that pushes what it is asked to push, as a test says, and how often it was asked for what."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.does: Ask = agreed

    def carrier(self) -> type[Carrier]:
        asked = self

        class Pushing(Carrier):
            profile = Sandbox.profile
            statuses = Sandbox.statuses

            async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
                return ()

            async def subscribe(self, numbers: Sequence[str], callback_url: str) -> Subscription:
                asked.calls.append(list(numbers))
                assert callback_url.endswith(f"/v1/carriers/{self.account.id}/webhook")
                return asked.does(numbers)

        return Pushing


@pytest.fixture
def asked(site: Site, shop: Merchant, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    carrier = Asked()
    shop.account("theirs", site.carrier("sandbox"))
    found = {**installed(), "sandbox": carrier.carrier()}
    monkeypatch.setattr(site.services.pool, "_installed", lambda: found)
    monkeypatch.setattr(site.services.pool, "_live", {})
    yield carrier
    site.services.pool._live.clear()


@pytest.fixture
def pushes(site: Site) -> Pushes:
    poller = site.services.poller
    return Pushes(site.services.store, site.services.pool, site.clock, poller._budget, "https://gw.example", 5.0)


def following(site: Site, shop: Merchant, count: int) -> tuple[LiveCarrier, list[TrackerRecord]]:
    for number in range(count):
        made = shop.call("POST", "/v1/trackers", {"account": "theirs", "tracking_number": f"N{number:02}"})
        assert made.status_code == 201, made.text
    record = site.services.accounts.named(shop.id, "test", "theirs")
    with site.services.store.look() as uow:
        found = [uow.trackers.find(shop.id, record.id, f"N{number:02}") for number in range(count)]
    return site.services.pool.bind(record), [tracker for tracker in found if tracker is not None]


def pushed(site: Site, trackers: Sequence[TrackerRecord]) -> list[str]:
    with site.services.store.look() as uow:
        found = [uow.trackers.get(each.merchant_id, each.id) for each in trackers]
    return [each.tracking_number for each in found if each is not None and each.subscribed_until is not None]


def test_a_number_that_is_refused_costs_the_others_nothing(
    site: Site, shop: Merchant, asked: Asked, pushes: Pushes
) -> None:
    live, trackers = following(site, shop, 5)

    def but_one(numbers: Sequence[str]) -> Subscription:
        if "N03" in numbers:
            raise ShipmentRejected("no such number")
        return agreed(numbers)

    asked.does = but_one
    pushes.ask_for(live, trackers)
    assert pushed(site, trackers) == ["N00", "N01", "N02", "N04"]
    pushes.ask_for(live, trackers[3:4])
    assert asked.calls[-1] == ["N03"], "the account does not rest for it"


def test_what_others_gather_while_one_thread_asks_goes_in_its_next_calls(
    site: Site, shop: Merchant, asked: Asked, pushes: Pushes
) -> None:
    live, trackers = following(site, shop, AT_ONCE + 4)
    begun, others_gone = Event(), Event()

    def held_up(numbers: Sequence[str]) -> Subscription:
        begun.set()
        assert others_gone.wait(30)
        return agreed(numbers)

    asked.does = held_up
    first = Thread(target=pushes.ask_for, args=(live, trackers[:1]))
    first.start()
    assert begun.wait(30)
    for each in trackers[1:]:
        pushes.ask_for(live, [each])
    others_gone.set()
    first.join(30)
    assert [len(call) for call in asked.calls] == [1, AT_ONCE, 3]
    assert len(pushed(site, trackers)) == len(trackers)


def test_an_account_that_fails_rests_ever_longer_and_is_asked_at_once_when_it_is_changed(
    site: Site, shop: Merchant, asked: Asked, pushes: Pushes
) -> None:
    live, trackers = following(site, shop, 1)

    def fails(numbers: Sequence[str]) -> Subscription:
        raise RateLimited("too many", retry_after_s=1.0) if len(asked.calls) > 2 else ValueError("a bug")

    asked.does = fails
    for minutes, calls in ((0, 1), (14, 1), (2, 2), (29, 2), (2, 3)):
        site.clock.advance(minutes=minutes)
        pushes.ask_for(live, trackers)
        assert len(asked.calls) == calls, minutes
    changed = replace(live, record=replace(live.record, version=live.record.version + 1))
    pushes.ask_for(changed, trackers)
    assert len(asked.calls) == 4
    assert pushed(site, trackers) == []
