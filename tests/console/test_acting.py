"""Acting on a shipment from its page: what follows is told before, what its carrier says after, nothing twice."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

import pytest

from carriers.base.simulator import Fault, FaultKind
from gateway.domain.people import Role
from tests.console.test_hostile import HOSTILE
from tests.console.world import Person, World, order

ACTS = ("time", "point", "address", "hold", "return")


def booked(world: World, reference: str, number: int = 6) -> str:
    return str(world.shop.booked(**{**order(number), "reference": reference})["id"])


def form_of(person: Person, shipment_id: str, act: str) -> tuple[str, Mapping[str, str]]:
    """The page of an act, and what its form holds without anybody's choice."""
    page = html.unescape(person.see(f"/shipments/{shipment_id}/acts/{act}"))
    found = re.search(r'name="version" value="(\d+)"', page)
    return page, {"version": found[1]} if found else {}


def do(person: Person, shipment_id: str, act: str, **said: str) -> Any:
    """Open an act's page, and send its form."""
    return person.post(f"/shipments/{shipment_id}/acts/{act}", **{**form_of(person, shipment_id, act)[1], **said})


def choices(page: str) -> list[str]:
    return re.findall(r'name="choice" value="([^"]+)"', page)


def wishes(world: World, shipment_id: str) -> list[str]:
    found = world.site.services.diversions
    return [each.state.value for each in found.of_shipment(found.shipment(world.shop.id, "test", shipment_id))]


def test_another_time_is_asked_of_the_carrier_and_told_when_it_has_agreed(world: World, support: Person) -> None:
    parcel = booked(world, "act-time")
    page, _ = form_of(support, parcel, "time")
    assert "sandbox-oslo is asked for the time that you choose" in page
    time = choices(page)[1]
    assert "Say why" in do(support, parcel, "time", choice=time).text
    assert "Choose one" in do(support, parcel, "time", reason="closed").text
    gone = do(support, parcel, "time", reason="closed", choice="long ago")
    assert (gone.status_code, "does not offer" in gone.text) == (422, True)
    assert world.site.services.staff.audit.about(world.shop.id, parcel) == [], "nothing was asked for yet"
    _, form = form_of(support, parcel, "time")
    sent = {**form, "reason": "closed", "choice": time}
    done = support.post(f"/shipments/{parcel}/acts/time", **sent)
    assert done.headers["Location"].endswith("done=agreed")
    again = support.post(f"/shipments/{parcel}/acts/time", **sent)
    assert (again.status_code, "has changed since you opened the page" in again.text) == (409, True)
    assert wishes(world, parcel) == ["agreed"]
    said = [each.what for each in world.site.services.staff.audit.about(world.shop.id, parcel)]
    assert said == ["asked for another time"]
    page = support.see(f"/shipments/{parcel}")
    assert "Asked of the carrier" in page
    assert "asked for another time" in page
    assert "The business is closed then" in page


def test_the_caller_is_told_what_holds_and_what_it_replaced_is_marked(world: World, support: Person) -> None:
    parcel = booked(world, "act-both")
    do(support, parcel, "time", reason="closed", choice=choices(form_of(support, parcel, "time")[0])[1])
    told = caller_is_told(support, parcel)
    assert re.search(r"The carrier has agreed to bring it on \w+ \d+ \w+, \d\d:\d\d to \d\d:\d\d\.”$", told)
    point = choices(form_of(support, parcel, "point")[0])[1]
    do(support, parcel, "point", reason="nobody_home", choice=point)
    assert wishes(world, parcel) == ["superseded", "agreed"]
    told = caller_is_told(support, parcel)
    assert "has agreed to take it to Sandbox point 2, Sandbox street 2" in told
    assert "bring it on" not in told
    assert "Replaced" in support.see(f"/shipments/{parcel}")


def caller_is_told(person: Person, shipment_id: str) -> str:
    page = html.unescape(person.see(f"/shipments/{shipment_id}"))
    return page.partition("Say to the caller:</span> ")[2].partition("</p>")[0]


def test_a_lost_answer_is_no_agreement(world: World, support: Person) -> None:
    parcel = booked(world, "act-lost")
    time = choices(form_of(support, parcel, "time")[0])[0]
    _, form = form_of(support, parcel, "time")
    world.site._running[0].simulator.faults.add(Fault(kind=FaultKind.RESET_AFTER, operation="reschedule"))
    answer = support.post(f"/shipments/{parcel}/acts/time", **form, reason="access", choice=time)
    assert answer.headers["Location"].endswith("done=wished")
    page = support.see(answer.headers["Location"].removeprefix("/console"))
    assert "has not answered yet" in page
    assert "No answer yet" in page
    world.site.work(seconds=31)
    world.site.clock.reset()
    assert wishes(world, parcel) == ["agreed"]


def test_a_carrier_that_is_away_is_told_with_what_happens_next(world: World, support: Person) -> None:
    parcel = booked(world, "act-away")
    _, form = form_of(support, parcel, "point")
    away = Fault(kind=FaultKind.STATUS_503, operation="service_points", times=2)
    world.site._running[0].simulator.faults.add(away)
    page = support.get(f"/shipments/{parcel}/acts/point")
    assert page.status_code == 502
    assert "The delivery goes on as planned, and nothing was changed" in page.text
    sent = support.post(f"/shipments/{parcel}/acts/point", **form, reason="nobody_home", choice="x")
    assert sent.status_code == 502
    assert '<option value="nobody_home" selected>' in sent.text
    assert wishes(world, parcel) == []
    assert choices(form_of(support, parcel, "point")[0])


def test_only_what_carrier_and_status_allow_is_offered_and_why_not_the_rest(world: World, admin: Person) -> None:
    page = html.unescape(admin.see(f"/shipments/{world.shipments['Per Dahl']['id']}"))
    possible, _, others = page.partition("Not now, and why")
    assert "Send it back" in possible
    assert 'data-act="r"' in possible
    assert "It is delivered already" in others
    refused = admin.see(f"/shipments/{world.shipments['Per Dahl']['id']}/acts/time")
    assert "Not now:" in refused
    assert '<form method="post" action="/console/shipments/' not in refused
    under_way = html.unescape(admin.see(f"/shipments/{world.shipments['Jonas Lie']['id']}"))
    assert "It is not delivered yet" in under_way
    assert "its carrier has it already" in admin.see(f"/shipments/{world.shipments['Jonas Lie']['id']}/acts/address")


def test_what_no_carrier_takes_becomes_a_case_once_and_its_words_a_note(world: World, support: Person) -> None:
    parcel = booked(world, "act-case")
    held = do(support, parcel, "hold", reason="payment")
    assert held.headers["Location"].endswith("done=case_opened")
    assert do(support, parcel, "hold", reason="goods").headers["Location"].endswith("done=case_open")
    missing = do(support, parcel, "address", reason="moved", choice="case")
    assert (missing.status_code, "Say where it is to go" in missing.text) == (422, True)
    moved = do(support, parcel, "address", reason="moved", choice="case", words="<b>Storgata 7</b>, 0155 Oslo")
    assert moved.status_code == 303
    do(support, parcel, "address", reason="moved", choice="case", words="<b>Storgata 7</b>, 0155 Oslo")
    cases = world.site.services.shipments.get(world.shop.id, "test", parcel).cases
    assert {(each.kind, each.why) for each in cases} == {
        ("hold_wanted", "It is not paid for"),
        ("address_wrong", "The recipient has moved"),
    }
    page = support.see(f"/shipments/{parcel}")
    assert page.count("&lt;b&gt;Storgata 7&lt;/b&gt;") == 1
    assert "To be kept back" in page


def test_an_address_is_changed_by_booking_anew_while_the_carrier_has_not_got_it(world: World, admin: Person) -> None:
    parcel = booked(world, "act-anew")
    page, _ = form_of(admin, parcel, "address")
    assert set(choices(page)) == {"anew", "case"}
    assert "sandbox takes no words for couriers" in page
    answer = do(admin, parcel, "address", reason="slip", choice="anew")
    assert answer.headers["Location"] == f"/console/book?like={parcel}"
    assert world.shop.shipment(parcel)["state"] == "cancelled"
    form = admin.see(f"/book?like={parcel}")
    assert 'value="act-anew-2"' in form
    assert "Trondheimsveien 5" in form
    said = [(each.what, each.reason) for each in world.site.services.staff.audit.about(world.shop.id, parcel)]
    assert ("saw the recipient", "To book it anew") in said


def test_whoever_may_not_book_leaves_the_new_address_to_those_who_may(
    world: World, support: Person, admin: Person
) -> None:
    parcel = booked(world, "act-left")
    missing = do(support, parcel, "address", reason="moved", choice="anew")
    assert (missing.status_code, "Say where it is to go" in missing.text) == (422, True)
    assert world.shop.shipment(parcel)["state"] == "booked"
    answer = do(support, parcel, "address", reason="moved", choice="anew", words="Storgata 9, 0155 Oslo")
    assert answer.headers["Location"].endswith("done=left")
    assert world.shop.shipment(parcel)["state"] == "cancelled"
    (case,) = world.site.services.shipments.get(world.shop.id, "test", parcel).cases
    assert (case.kind, "to be booked anew" in case.why) == ("address_wrong", True)
    assert "To be booked anew: Storgata 9, 0155 Oslo" in admin.see(f"/shipments/{parcel}")
    other = booked(world, "act-noted")
    do(admin, other, "address", reason="slip", choice="anew", words="Storgata 10")
    assert "To be booked anew: Storgata 10" in admin.see(f"/shipments/{other}")


def test_the_way_back_is_booked_once_under_whoever_asked(world: World, admin: Person) -> None:
    parcel = booked(world, "act-back-sim949")
    _, early = form_of(admin, parcel, "return")
    assert early == {}
    delivered = world.shipments["Per Dahl"]["id"]
    _, form = form_of(admin, delivered, "return")
    sent = {**form, "reason": "not_wanted"}
    answer = admin.post(f"/shipments/{delivered}/acts/return", **sent)
    assert answer.status_code == 303, answer.text
    (back,) = re.findall(r"shp_\w{26}", answer.headers["Location"])
    assert world.shop.shipment(back)["return_of"] == delivered
    again = admin.post(f"/shipments/{delivered}/acts/return", **sent)
    assert again.status_code == 409
    said = [each.what for each in world.site.services.staff.audit.about(world.shop.id, delivered)]
    assert said.count("sent a shipment back") == 1
    world.shop.call("POST", f"/v1/shipments/{back}/cancel", {})


def test_a_way_back_that_no_carrier_takes_is_told_and_costs_nothing(world: World) -> None:
    shop = world.site.merchant("One way")
    shop.account("one-way", world.site._running[0], without="returns,track")
    parcel = shop.booked(**{**order(3), "reference": "oneway-1"})["id"]
    boss = world.person(Role.ADMIN, shop)
    do_correct = {"status": "delivered", "reason": "none", "why": "they rang"}
    version = str(shop.shipment(parcel)["version"])
    assert boss.post(f"/shipments/{parcel}/corrections", **do_correct, version=version).status_code == 303
    answer = do(boss, parcel, "return", reason="late")
    assert answer.status_code == 409
    assert "Nothing is booked, and nothing is charged." in answer.text


@pytest.mark.parametrize("act", ACTS)
def test_nobody_acts_on_what_is_anothers_or_beyond_their_role(world: World, act: str) -> None:
    parcel = world.shipments["Ola Hansen"]["id"]
    stranger, packer = world.person(Role.ADMIN, world.stranger), world.person(Role.WAREHOUSE)
    form = {"reason": "moved", "version": "1", "choice": "case", "words": "x"}
    for person, status in ((stranger, 404), (packer, 403)):
        assert person.get(f"/shipments/{parcel}/acts/{act}").status_code == status
        assert person.post(f"/shipments/{parcel}/acts/{act}", **form).status_code == status
    assert stranger.get(f"/book?like={parcel}").status_code == 404
    assert "What can be done" not in packer.see(f"/shipments/{parcel}")


def test_what_is_typed_stays_and_is_told_as_text(world: World, support: Person) -> None:
    parcel, text = world.shipments["Ola Hansen"]["id"], "".join(HOSTILE[:12])[:500]
    typed = " ".join(text.split())
    answer = do(support, parcel, "address", choice="case", words=typed)
    assert answer.status_code == 422
    assert typed in html.unescape(answer.text)
    assert typed not in answer.text
    assert '<input type="radio" name="choice" value="case" required checked>' in answer.text
