"""Handing parcels over at the console: what waits until when, the day's list, couriers, and what nobody knows."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import timedelta

import pytest

from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from gateway.console.rendering import day
from gateway.domain.facilities import Facility, Handover
from gateway.domain.people import Role
from gateway.domain.values import Address
from tests.console.test_book import shown
from tests.console.world import Person, World
from tests.journeys.site import ORDER, Merchant

HOUSE = Address(country="NO", postal_code="0150", name="Store", street1="Dronningens gate 10", city="Oslo")


def handed_over(world: World) -> Mapping[str, str]:
    """A list and a pickup of the shop's, by the names that routes give them."""
    found = {"manifest_id": world.shop.get("/v1/manifests")["data"], "pickup_id": world.shop.get("/v1/pickups")["data"]}
    if not all(found.values()):
        world.shop.booked(reference="walked-over")
        ready = world.site.clock() + timedelta(hours=1)
        window = {"ready_at": ready.isoformat(), "closes_at": (ready + timedelta(hours=2)).isoformat()}
        for path, body in (("/v1/pickups", window), ("/v1/manifests", {})):
            answer = world.shop.call("POST", path, {**body, "accounts": ["sandbox-oslo"]})
            assert answer.status_code == 200, answer.text
        return handed_over(world)
    return {name: str(each[0]["id"]) for name, each in found.items()}


@pytest.fixture(scope="module")
def yard(world: World) -> tuple[Merchant, RunningSimulator, Person]:
    """Another shop with a facility, so that what it closes is nobody else's."""
    shop = world.site.merchant("Yard")
    sandbox = world.site.carrier("sandbox", "yard")
    shop.account("yard-courier", sandbox)
    facility = Facility(
        code="oslo-1", address=HOUSE, timezone="Europe/Oslo", handover=Handover(working_days=tuple(range(7)))
    )
    world.site.services.facilities.add(shop.id, facility)
    return shop, sandbox, world.person(Role.OPERATIONS, shop)


def place(shop: Merchant, reference: str) -> str:
    made = shop.booked(origin={"facility": "oslo-1"}, destination=ORDER["destination"], reference=reference)
    return str(made["id"])


def test_a_day_is_closed_and_what_was_never_scanned_is_told(
    world: World, yard: tuple[Merchant, RunningSimulator, Person]
) -> None:
    shop, _, person = yard
    assert "Nothing waits" in person.see("/handover")
    place(shop, "yard-1")
    page = shown(person.see("/handover"))
    for said in ("yard-courier", "oslo-1", "all day", "1 shipment", "Close the day"):
        assert said in page, said
    closed = person.post("/handover/manifests", account="yard-courier", day="")
    path = closed.headers["Location"].removeprefix("/console")
    page = shown(person.see(path))
    assert "The day is closed." in page
    assert "yard-1" in page
    assert f"yard-courier, {day(world.site.clock())}" in page
    assert person.get(f"{path.partition('?')[0]}/document").data.startswith(b"%PDF")
    assert "never scanned" not in person.see("/handover")  # a first scan may take hours
    world.site.clock.advance(hours=5)
    later = world.person(Role.OPERATIONS, shop)
    page = shown(later.see("/handover"))
    world.site.clock.reset()
    assert "Handed over, and never scanned" in page
    assert "yard-1" in page
    again = person.post("/handover/manifests", account="yard-courier", day="")
    assert again.status_code in (303, 409)  # nothing new, whichever way it is said
    assert len(shop.get("/v1/manifests")["data"]) == 1


def test_a_cut_off_is_counted_down(world: World, yard: tuple[Merchant, RunningSimulator, Person]) -> None:
    shop, _, person = yard
    (known,) = world.site.services.facilities.list(shop.id)
    now = world.site.clock().astimezone(known.facility.zone)
    place(shop, "yard-2")
    for cut_off, said in ((now + timedelta(minutes=20), "min left"), (now - timedelta(minutes=20), "goes tomorrow")):
        if cut_off.date() != now.date():
            continue  # the last minutes of a day have no later today
        opens = min(cut_off, now).replace(hour=0, minute=0).time().replace(tzinfo=None)
        handover = Handover(working_days=tuple(range(7)), cut_off=cut_off.time().replace(microsecond=0, tzinfo=None))
        facility = Facility(
            code="oslo-1",
            address=HOUSE,
            timezone="Europe/Oslo",
            opens=opens,
            observes_holidays=False,
            handover=handover,
        )
        world.site.services.facilities.put(shop.id, known.id, facility)
        assert said in shown(person.see("/handover"))


def test_a_courier_is_ordered_once_and_called_off(
    yard: tuple[Merchant, RunningSimulator, Person], world: World
) -> None:
    shop, _, person = yard
    place(shop, "yard-3")
    day = (world.site.clock() + timedelta(days=1)).date().isoformat()
    wrong = person.post(
        "/handover/pickups", account="yard-courier", day=day, ready="17:00", closes="12:00", note="ring"
    )
    assert wrong.status_code == 422
    assert 'value="ring"' in wrong.text
    over = (world.site.clock() - timedelta(days=2)).date().isoformat()
    late = person.post("/handover/pickups", account="yard-courier", day=over, ready="12:00", closes="17:00")
    assert "The time until which somebody is there is over already." in shown(late.text)
    paths = set()
    for _ in range(2):
        ordered = person.post("/handover/pickups", account="yard-courier", day=day, ready="12:00", closes="17:00")
        assert ordered.status_code == 303, shown(ordered.text)
        paths.add(ordered.headers["Location"].removeprefix("/console"))
    (path,) = paths
    assert "Call it off" in person.see(path)
    person.post(f"{path.partition('?')[0]}/cancel")
    assert "Cancelled" in person.see(path)


def test_a_carrier_that_is_down_is_told_in_words_and_its_case_is_settled_here(
    yard: tuple[Merchant, RunningSimulator, Person],
) -> None:
    shop, sandbox, person = yard
    place(shop, "yard-4")
    sandbox.simulator.faults.add(Fault(kind=FaultKind.RESET_AFTER, operation="close_manifest", times=9))
    lost = person.post("/handover/manifests", account="yard-courier", day="")
    assert lost.status_code == 200
    assert "nothing is asked twice" in shown(lost.text)
    (uncertain,) = (each for each in shop.get("/v1/manifests")["data"] if each["state"] == "uncertain")
    path = f"/handover/manifests/{uncertain['id']}"
    assert "Did yard-courier close this day?" in person.see(path)
    (case,) = set(re.findall(r"/exceptions/cas_\w+", person.see("/exceptions", kind="manifest_uncertain")))
    assert path in person.see(case)
    sandbox.simulator.faults.clear()
    slip = person.post(path, outcome="yes", found="Called them")
    assert slip.status_code == 422
    assert "Called them" in html.unescape(slip.text)
    assert person.post(path, outcome="no", found="Called them").status_code == 303
    assert "yard-4" in person.see("/handover")
