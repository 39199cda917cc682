"""In whatever order, and however often, one shipment's webhooks come in: they tell one story."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from carriers.base.simulator import RunningSimulator
from tests.journeys.scans import another, read_inbox
from tests.journeys.site import Merchant, Site

STORIES = {
    "941": ("delivered", "delivered_to_recipient", 2),
    "942": ("returned", "return_completed", 1),
    "944": ("delivered", "delivered_to_recipient", 1),
    "949": ("delivered", "delivered_to_recipient", 1),
}
"""How some lives of the sandbox end: status, reason, attempts."""
ORDERS = count(1)


@pytest.fixture
def pushing(site: Site, shop: Merchant) -> tuple[RunningSimulator, str]:
    """A sandbox and the account at it, which nobody can poll."""
    running = site.carrier("sandbox")
    return running, shop.account("sandbox-1", running, without="track")


@settings(
    max_examples=12,
    deadline=None,
    # A smaller example would take minutes of bookings to find; any is small enough to read.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    # The fixtures are made once for all examples; each example has a shipment of its own, so none sees another's.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_order_and_any_repetition_of_webhooks_tells_the_same_story(
    data: st.DataObject, site: Site, shop: Merchant, pushing: tuple[RunningSimulator, str]
) -> None:
    life = data.draw(st.sampled_from(sorted(STORIES)))
    sent = another(site, shop, *pushing, f"{next(ORDERS)}-sim{life}")
    site.clock.advance(hours=26)
    bodies = sent.scans()
    again = data.draw(st.lists(st.sampled_from(bodies), max_size=6))
    mixed = data.draw(st.permutations([*bodies, *again]))
    read_before = data.draw(st.integers(0, len(mixed)))

    sent.push(*mixed[:read_before])
    read_inbox(site)
    sent.push(*mixed[read_before:])
    read_inbox(site)

    told = [event for body in bodies for event in json.loads(body)["shipment"]["events"]]
    shown = sent.shown()
    assert (shown["status"], shown["reason"], shown["attempts"]) == STORIES[life]
    delivered = [datetime.fromisoformat(event["at"]) for event in told if event["code"] == "DELIVERED"]
    assert [datetime.fromisoformat(at) for at in (shown["delivered_at"],) if at] == delivered
    assert not shown["status_conflict"]
    assert [event["id"] for event in sent.events()] == [event["id"] for event in told]
