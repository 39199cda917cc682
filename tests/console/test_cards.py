"""Rate cards are compared before they are kept; credentials are changed and never shown."""

from __future__ import annotations

import io
import re

import pytest

from gateway.domain.people import Role
from tests.console.test_hostile import HOSTILE
from tests.console.world import PASSWORDS, Person, World
from tests.journeys.fleet import OPTIONS, add_fleet

CARD = OPTIONS["rate_card"].replace(",5900,", ",6490,").replace("NO,0*", "NO,0*|10*")


@pytest.fixture(scope="module")
def boss(world: World) -> Person:
    return world.person(Role.ADMIN)


@pytest.fixture(scope="module")
def path(world: World) -> str:
    """The rate card of a fleet that has one booking."""
    fleet = add_fleet(world.site, world.shop, "card-vans")
    accounts = {"kind": "allow_accounts", "accounts": ["card-vans"]}
    world.shop.call(
        "PUT", "/v1/policies/only-vans", {"data": {"currency": "NOK", "rules": [{"kind": "cheapest"}, accounts]}}
    )
    booked = world.shop.booked(policy="only-vans", reference="nett-cards-1")
    assert booked["account"] == "card-vans", booked
    return f"/carriers/{fleet}/rate-card"


def newest(page: str) -> str:
    return str(re.findall(r'name="newest" value="(\d+)"', page)[0])


def test_a_card_is_compared_priced_anew_and_kept(boss: Person, path: str, world: World) -> None:
    page = boss.post(path, card=CARD).text
    assert "oslo, standard, up to 30 kg" in page
    assert "59.00 NOK" in page
    assert "+10.0 %" in page
    assert "NO 0*, NO 10*" in page
    assert "59.00 NOK → <strong>64.90 NOK</strong>" in page
    assert world.site.services.rate_cards.list(world.shop.id, "test", path.split("/")[2]) == []
    assert boss.post(path, card=CARD, act="keep", newest=newest(page)).status_code == 303
    assert boss.get(f"{path}/1.csv").text == CARD
    assert "Nothing differs" in boss.post(path, card=CARD.replace("\n", "\r\n")).text


def test_a_card_that_somebody_else_has_overtaken_is_compared_again(boss: Person, path: str) -> None:
    page = boss.post(path, card=CARD.replace("6490", "7000")).text
    seen = newest(page)
    assert boss.post(path, card=CARD.replace("6490", "6500"), act="keep", newest=seen).status_code == 303
    late = boss.post(path, card=CARD.replace("6490", "7000"), act="keep", newest=seen)
    assert late.status_code == 409
    assert "Nothing is lost" in late.text
    assert "65.00 NOK" in late.text
    assert ",7000," in late.text


def test_a_bad_card_is_told_by_line_and_stays_in_its_field(boss: Person, path: str) -> None:
    bad = CARD.replace("6490", "cheap")
    answer = boss.post(path, card=bad)
    assert answer.status_code == 422
    assert "line 6, price_minor" in answer.text
    assert "standard,30000,cheap,NOK" in answer.text
    file = (io.BytesIO(CARD.encode("utf-16")), "card.csv")
    data = {"csrf": boss.token(), "file": file}
    answer = boss.client.post(f"/console{path}", data=data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "is not UTF-8" in answer.text
    for text in HOSTILE[:6]:
        hostile = boss.post(path, card=f"{CARD}{text}")
        assert hostile.status_code == 422
        assert "<script>document" not in hostile.text


def test_an_account_whose_carrier_names_its_prices_has_no_card(boss: Person, world: World) -> None:
    assert boss.get(f"/carriers/{world.account_id}/rate-card").status_code == 404
    assert "/rate-card" not in boss.see(f"/carriers/{world.account_id}")


def test_credentials_are_changed_with_ones_own_password_and_shown_to_nobody(boss: Person, world: World) -> None:
    account = world.shop.account("sandbox-credentials", world.site.carrier("sandbox"))
    page, books = f"/carriers/{account}/credentials", world.site.services.accounts
    version = str(re.findall(r'name="version" value="(\d+)"', boss.see(page))[0])
    form = {"secret-api_key": "new-key-9", "overlap": "on", "version": version}
    wrong = boss.post(page, **form, password="guess")
    assert wrong.status_code == 422
    assert "not your password" in wrong.text
    assert "new-key-9" not in wrong.text
    assert "at least one" in boss.post(page, version=version, password=PASSWORDS[boss.email]).text
    before = books.get(world.shop.id, "test", account).secrets
    assert boss.post(page, **form, password=PASSWORDS[boss.email]).status_code == 303
    after = books.get(world.shop.id, "test", account).secrets
    assert (after["api_key"], after["api_key_previous"]) == ("new-key-9", before["api_key"])
    assert after["webhook_secret"] == before["webhook_secret"]
    assert boss.post(page, **form, password=PASSWORDS[boss.email]).status_code == 409
    assert "new-key-9" not in boss.see(f"/carriers/{account}")
    entry = world.site.services.staff.audit.list(world.shop.id, None, 1)[0]
    assert (entry.what, entry.reason) == ("changed a carrier's credentials", "api_key")


def test_credentials_do_not_survive_the_session_in_a_page(boss: Person, world: World) -> None:
    stranger = world.site.gateway.app.test_client()
    form = {"secret-api_key": "new-key-10", "password": "x", "version": "1"}
    answer = stranger.post(f"/console/carriers/{world.account_id}/credentials", data=form)
    assert answer.status_code == 401
    assert "new-key-10" not in answer.text


def test_an_account_says_how_it_has_answered(boss: Person, world: World) -> None:
    page = boss.see(f"/carriers/{world.account_id}")
    assert re.search(r"\d+ of \d+ taken[^<]*, \d+ refused", page)
    assert "the sandbox says" in page
