"""Facilities are kept at the console: their doors, their hours, and who names them."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from gateway.domain.people import Role
from tests.console.test_hostile import HOSTILE
from tests.console.world import Person, World
from tests.journeys.site import Merchant

FORM: dict[str, str | list[str]] = {
    "code": "oslo-1",
    "name": "Oslo warehouse",
    "company": "Fjord Shop",
    "street1": "Dronningens gate 10",
    "postal_code": "0150",
    "city": "Oslo",
    "country": "no",
    "phone": "0047 99 99 99 99",
    "timezone": "Europe/Oslo",
    "opens": "08:00",
    "cut_off": "15:30",
    "days": ["0", "1", "2", "3", "4", "5"],
    "observes_holidays": "on",
    "closing-day": ["2026-12-24", "", ""],
    "closing-until": ["12:00", "", ""],
    "closing-why": ["Christmas Eve", "", ""],
}


@pytest.fixture(scope="module")
def shop(world: World) -> Merchant:
    shop = world.site.merchant("Facility Shop")
    shop.account("sandbox-late", world.site.carrier("sandbox", "facilities"))
    return shop


@pytest.fixture(scope="module")
def boss(world: World, shop: Merchant) -> Person:
    return world.person(Role.OPERATIONS, shop)


def added(boss: Person, code: str, **more: Any) -> str:
    """A new facility; where its page is."""
    answer = boss.post("/facilities/new", **{**FORM, "code": code, **more})
    assert answer.status_code == 303, answer.text
    listed = boss.see("/facilities")
    found = re.findall(rf'/console(/facilities/fac_\w+)">[^<]*</a><small>{code}<', listed)
    return str(found[0])


def test_a_facility_is_added_changed_and_forgotten(boss: Person, world: World, shop: Merchant) -> None:
    assert "No facility yet" in boss.see("/facilities")
    path = added(
        boss, "oslo-1", **{"own-sandbox-late": "on", "cut_off-sandbox-late": "17:00"}, **{"days-sandbox-late": "0"}
    )
    kept = world.site.services.facilities.list(shop.id)[0].facility
    assert (kept.address.country, kept.address.phone) == ("NO", "+4799999999")
    assert (kept.handover.working_days, f"{kept.handover.cut_off:%H:%M}") == ((0, 1, 2, 3, 4, 5), "15:30")
    assert [(f"{each.day} {each.closes_at:%H:%M}", each.why) for each in kept.handover.closing_days] == [
        ("2026-12-24 12:00", "Christmas Eve")
    ]
    assert kept.accounts["sandbox-late"].working_days == (0,)
    policy = {
        "currency": "NOK",
        "rules": [
            {
                "name": "from Oslo",
                "then": {"do": "prefer", "minor": 1},
                "when": {"field": "origin.facility", "op": "is", "value": "oslo-1"},
            }
        ],
    }
    put = shop.call("PUT", "/v1/policies/by-house", {"data": policy, "stage": "live"})
    assert put.status_code == 200, put.text
    page = boss.see(path)
    assert "Policy by-house" in page
    assert "Account sandbox-late" in page
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    changed = {**FORM, "version": version, "cut_off": "14:00"}
    assert boss.post(path, **changed).status_code == 303
    stale = boss.post(path, **{**changed, "name": "typed meanwhile"})
    assert stale.status_code == 409
    assert "typed meanwhile" in stale.text
    assert boss.post(path, act="delete", version=version).status_code == 409
    assert boss.post(path, act="delete", version=str(int(version) + 1)).status_code == 303
    assert world.site.services.facilities.list(shop.id) == []
    done = [each.what for each in world.site.services.staff.audit.list(shop.id, None, 3)]
    assert done == ["deleted a facility", "changed a facility", "added a facility"]


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("code", "Oslo 1", "Small letters"),
        ("country", "Norway", "Two letters"),
        ("street1", "", "cannot find the door"),
        ("company", "", "whom to ask for"),
        ("phone", "99999999", "country’s code"),
        ("email", "nobody", "An e-mail address"),
        ("timezone", "Europe/Olso", "IANA time zone"),
        ("cut_off", "25:00", "A time such as 16:00"),
        ("cut_off", "07:00", "before the facility opens"),
        ("days", [], "At least one day"),
        ("closing-day", ["24.12.2026", "", ""], "Line 1: choose the day"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_is_kept(
    boss: Person, world: World, shop: Merchant, field: str, text: Any, said: str
) -> None:
    answer = boss.post("/facilities/new", **{**FORM, "code": "wrong", "name": "Kept name", field: text})
    assert answer.status_code == 422
    assert said in html.unescape(answer.text)
    assert "Kept name" in answer.text
    assert "wrong" not in [each.code for each in world.site.services.facilities.list(shop.id)]


def test_a_code_is_taken_once_and_support_only_looks(boss: Person, world: World, shop: Merchant) -> None:
    path = added(boss, "bergen")
    twice = boss.post("/facilities/new", **{**FORM, "code": "bergen"})
    assert twice.status_code == 409
    assert "already" in twice.text
    support = world.person(Role.SUPPORT, shop)
    assert "The next days" in support.see(path)
    assert "Keep it" not in support.see(path)
    assert support.post(path, **FORM, version="1").status_code == 403


def test_hostile_texts_are_told_as_texts(boss: Person) -> None:
    for text in HOSTILE:
        answer = boss.post("/facilities/new", **{**FORM, "code": "x!", "name": text, "closing-why": [text, "", ""]})
        assert answer.status_code == 422
        assert "<script>document" not in answer.text
        shown = "".join(each for each in " ".join(text.split()) if each.isprintable())[:100]
        assert html.unescape(answer.text).count(shown) >= 2, text
