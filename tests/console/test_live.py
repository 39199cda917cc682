"""Rows that others change are marked as it happens, without moving; without a stream they are asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.domain.people import Role
from gateway.services import streams
from gateway.services.streams import Watch
from tests.browser import Chromium
from tests.console.test_screens import NARROWEST, signed_in
from tests.console.world import Person, World, order


def changed(world: World, reference: str) -> str:
    return str(world.shop.booked(**{**order(8), "reference": reference})["id"])


def test_changes_after_a_position_are_told_once_and_to_nobody_else(world: World, support: Person) -> None:
    page = support.see("/shipments")
    (after,) = re.findall(r'data-after="(msg_\w{26})"', page)
    parcel = changed(world, "live-1")
    told = support.get("/live/since", after=after).json
    assert told["changed"].count(f"{parcel} shipment.booked") == 1
    assert support.get("/live/since", after=told["after"]).json == {"after": told["after"], "changed": []}
    assert not [each for each in support.get("/live/since", after="'; --").json["changed"] if parcel in each]
    stranger = world.person(Role.ADMIN, world.stranger)
    assert stranger.get("/live/since", after=after).json["changed"] == []


def test_a_stream_tells_ids_alone_and_says_when_there_are_too_many(world: World, support: Person) -> None:
    (after,) = re.findall(r'data-after="(msg_\w{26})"', support.see("/shipments"))
    parcel = changed(world, "live-2")
    answer = support.client.get(f"/console/live?after={after}", buffered=False)
    assert answer.content_type == "text/event-stream"
    heard = ""
    for part in answer.response:
        heard += part.decode() if isinstance(part, bytes) else part
        if "data: " in heard:
            break
    answer.close()
    assert re.search(rf"id: msg_\w{{26}}\ndata: {parcel} shipment\.\w+\n\n", heard)
    live, owner = world.site.services.live, _user(world, support).id
    watch = Watch(owner=owner, merchant_id=world.shop.id, mode="test")
    opened = [live.open(watch) for _ in range(world.site.services.settings.streams.per_key)]
    try:
        assert support.get("/live").status_code == 204
    finally:
        for each in opened:
            each.close()


def test_a_stream_ends_with_its_session(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "ASKED_AGAIN_S", 0.0)
    person = world.person(Role.SUPPORT)
    answer = person.client.get("/console/live", buffered=False)
    heard: Iterator[Any] = iter(answer.response)
    assert next(heard).startswith(b"retry: ")
    changed(world, "live-4")
    assert b"data: " in next(heard)
    world.site.services.staff.signing_in.sign_out_everywhere(_user(world, person))
    changed(world, "live-5")
    assert list(heard) == []
    answer.close()


def test_a_page_that_lies_open_keeps_no_session_alive(world: World) -> None:
    person = world.person(Role.SUPPORT)
    idle = world.site.services.settings.console.idle_min
    world.site.clock.advance(minutes=idle - 2)
    assert person.get("/live/since").status_code == 200
    world.site.clock.advance(minutes=4)
    assert person.get("/live/since").status_code == 303
    world.site.clock.reset()


def test_a_row_is_marked_while_it_is_looked_at(world: World, browser: Chromium, served: str, support: Person) -> None:
    parcel = changed(world, "live-3")
    with browser.page(NARROWEST) as page:
        signed_in(page, served, support)
        page.goto(f"{served}/shipments?q=live-")
        row = page.locator(f'tr:has(input[value="{parcel}"])')
        top = row.bounding_box()
        _cancelled(world, parcel)
        page.wait_for_selector("[data-live] a")
        assert page.locator("[data-live] a").inner_text() == "1 update – refresh"
        assert "changed since you opened this" in row.locator("th").inner_text()
        assert row.bounding_box() == top, "nothing moves"
        page.keyboard.press("u")
        page.wait_for_selector("[data-live] a", state="hidden")


def test_the_desk_marks_cases_whose_shipments_move_on_and_counts_new_trouble(
    world: World, browser: Chromium, served: str, support: Person
) -> None:
    parcels = [changed(world, f"live-case-{number}") for number in (1, 2)]
    user = _user(world, support)
    for parcel in parcels:
        world.site.services.care.open(user, "test", parcel, ("hold_wanted", "It is not paid for"))
    with browser.page(NARROWEST) as page:
        signed_in(page, served, support)
        page.goto(f"{served}/exceptions?kind=hold_wanted")
        _cancelled(world, parcels[0])
        page.wait_for_selector("[data-live] a")
        assert page.locator("[data-live] a").inner_text() == "1 update – refresh"
        marked = page.locator("tr.changed")
        assert marked.count() == 1
        assert marked.get_attribute("data-about") == parcels[0]
        page.goto(f"{served}/")
        _cancelled(world, parcels[1])
        page.wait_for_selector("[data-live] a")
        page.keyboard.press("u")
        page.wait_for_selector("[data-live] a", state="hidden")
    assert 'data-live-all="shipment.needs_review' in support.see("/exceptions")
    assert 'data-live-all=""' in support.see("/exceptions", whose="mine")


def _cancelled(world: World, parcel: str) -> None:
    """Something that a merchant's own systems do meanwhile."""
    assert world.shop.call("POST", f"/v1/shipments/{parcel}/cancel", {}).status_code == 200


def _user(world: World, person: Person) -> Any:
    return next(each for each in world.site.services.staff.people.list(world.shop.id) if each.email == person.email)
