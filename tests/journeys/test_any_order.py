"""In whatever order, and however often, one shipment's webhooks come in: they tell one story."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

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
    bodies = estimating(sent.scans())
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
    newest = max(
        (event["at"], shipment["deliver_by"]) for shipment in map(shipment_of, bodies) for event in shipment["events"]
    )
    (tracker,) = [each for each in shop.get("/v1/trackers")["data"] if each["tracking_number"] == sent.number]
    assert datetime.fromisoformat(tracker["estimated_delivery_at"]) == datetime.fromisoformat(newest[1])


def shipment_of(body: bytes) -> Any:
    return json.loads(body)["shipment"]


def estimating(bodies: Sequence[bytes]) -> list[bytes]:
    """The same webhooks, each with another estimate: the later it is made, the sooner the parcel comes."""
    estimates = [f"2027-01-{28 - place:02}T10:00:00+00:00" for place in range(len(bodies))]
    return [
        json.dumps({**json.loads(body), "shipment": {**shipment_of(body), "deliver_by": estimate}}).encode()
        for body, estimate in zip(bodies, estimates, strict=True)
    ]
