"""Another time or place for a delivery under way: claimed only once the carrier has said so."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from carriers.base.simulator import Fault, FaultKind
from tests.journeys.diverting import at_sandbox, offers, page, seen, send, types, willing, wishes
from tests.journeys.fleet import add_fleet
from tests.journeys.site import Merchant, Site


@pytest.fixture
def shop(shop: Merchant) -> Merchant:
    return willing(shop)


@pytest.fixture
def parcel(site: Site, shop: Merchant) -> Any:
    return at_sandbox(site, shop)


def test_the_recipient_chooses_another_time_and_the_eta_follows_not_the_promise(
    site: Site, shop: Merchant, parcel: Any
) -> None:
    assert "Another time" in page(site, parcel).text
    choices = page(site, parcel, "times")
    assert choices.status_code == 200
    time = offers(shop, parcel)["times"][2]
    assert f'value="{time["id"]}"' in choices.text
    done = send(site, parcel, "times", time["id"])
    assert done.status_code == 303, done.text
    after = shop.shipment(parcel["id"])
    assert (after["eta"]["earliest"], after["eta"]["latest"]) == (time["start"], time["end"])
    assert after["eta"]["source"] == "agreed"
    assert after["promise"] == parcel["promise"]
    assert [(each["state"], each["asked_by"]) for each in wishes(shop, parcel)] == [("agreed", "recipient")]
    assert types(site, shop, parcel)[-2:] == ["shipment.diversion_asked", "shipment.rescheduled"]
    shown = page(site, parcel).text
    assert "The carrier has confirmed" in shown
    assert "Delayed" not in shown


def test_a_lost_answer_is_never_claimed_and_asked_for_under_one_reference(
    site: Site, shop: Merchant, parcel: Any
) -> None:
    """The carrier agreed and nobody heard: unknown until it says so again, and then one wish."""
    time = offers(shop, parcel)["times"][0]
    seen(site).faults.add(Fault(kind=FaultKind.RESET_AFTER, operation="reschedule"))
    assert send(site, parcel, "times", time["id"]).status_code == 303
    (wish,) = wishes(shop, parcel)
    assert wish["state"] == "asked"
    waiting = page(site, parcel).text
    assert "has not confirmed it yet" in waiting
    assert "The carrier has confirmed" not in waiting
    before = shop.shipment(parcel["id"])
    assert (before["eta"] or {}).get("source") != "agreed"
    assert send(site, parcel, "times", offers(shop, parcel)["times"][1]["id"]).status_code == 409, "one at a time"
    site.work(seconds=31)
    (wish,) = wishes(shop, parcel)
    assert wish["state"] == "agreed"
    asked = [call for call in seen(site).calls if call.path.endswith("/reschedule")]
    assert len(asked) == 2
    assert len({json.loads(call.body)["reference"] for call in asked}) == 1
    assert shop.shipment(parcel["id"])["eta"]["source"] == "agreed"


def test_our_own_vans_offer_their_windows(site: Site, shop: Merchant) -> None:
    add_fleet(site, shop, "vans")
    start = site.clock() + timedelta(days=4)
    more = {"id": "vans-2", "zone": "oslo", "start": start.isoformat(), "capacity": 1}
    more["end"] = (start + timedelta(hours=2)).isoformat()
    assert shop.call("PUT", "/v1/fleet/windows", {"account": "vans", "windows": [more]}).status_code == 204
    window = {"start": (start - timedelta(days=2)).isoformat(), "end": (start - timedelta(hours=3)).isoformat()}
    parcel = shop.booked(window=window)
    found = offers(shop, parcel)
    assert found["service_points"] == []
    assert "does not do that" in found["why_no_service_points"]
    (time,) = found["times"]
    assert time["id"] == "vans-2"
    assert send(site, parcel, "times", time["id"]).status_code == 303
    after = shop.shipment(parcel["id"])
    assert datetime.fromisoformat(after["eta"]["earliest"]) == datetime.fromisoformat(time["start"])
    assert time["id"] not in [each["id"] for each in offers(shop, parcel)["times"]]
