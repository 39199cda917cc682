"""Getting in, staying in, being put out: passwords, one-time codes, lock-out, forged forms, sessions that end."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest

from gateway.domain.people import Role
from tests.console.world import Person, World
from tests.journeys.site import Hands


@pytest.fixture
def hands(world: World) -> Iterator[Hands]:
    """The world's clock, put back afterwards."""
    yield world.site.clock
    world.site.clock.reset()


@pytest.fixture
def newcomer(world: World, admin: Person) -> Person:
    """Somebody whom an administrator has just added."""
    email = f"new{world.site.clock().timestamp()}@shop.example"
    page = admin.post("/settings/users", name="New Person", email=email, role="support").text
    (password,) = re.findall(r'<code class="secret breakable">([^<]+)</code>', page)
    return Person(client=world.site.gateway.app.test_client(), email=email, password=html.unescape(password))


def test_nobody_gets_in_without_a_session(world: World) -> None:
    stranger = world.site.gateway.app.test_client()
    answer = stranger.get("/console/shipments?q=4417")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/sign-in?next=/shipments?q%3D4417")
    assert stranger.get("/console/shipments", headers={"Cookie": "gw=made-up"}).status_code == 303


def test_after_signing_in_they_are_where_they_wanted_to_be(newcomer: Person) -> None:
    form = {"email": newcomer.email.upper(), "password": newcomer.password, "next": "/shipments?q=4417"}
    answer = newcomer.client.post("/console/sign-in", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/shipments?q=4417")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/no/such/page", "javascript:x"])
def test_signing_in_leads_nowhere_else(newcomer: Person, elsewhere: str) -> None:
    form = {"email": newcomer.email, "password": newcomer.password, "next": elsewhere}
    assert newcomer.client.post("/console/sign-in", data=form).headers["Location"] == "/console/home"


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(newcomer: Person) -> None:
    form = {"email": newcomer.email, "password": newcomer.password}
    cookie = newcomer.client.post("/console/sign-in", data=form).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


def test_an_unknown_address_and_a_wrong_password_are_answered_alike(newcomer: Person) -> None:
    said = set()
    for email in (newcomer.email, "nobody@shop.example"):
        answer = newcomer.client.post("/console/sign-in", data={"email": email, "password": "wrong"})
        assert answer.status_code == 403
        said.add(re.sub(r'value="[^"]*"', "", answer.text))
    assert len(said) == 1


def test_five_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(newcomer: Person, hands: Hands) -> None:
    for _ in range(5):
        newcomer.client.post("/console/sign-in", data={"email": newcomer.email, "password": "wrong"})
    form = {"email": newcomer.email, "password": newcomer.password}
    assert newcomer.client.post("/console/sign-in", data=form).status_code == 403
    hands.advance(minutes=16)
    assert newcomer.client.post("/console/sign-in", data=form).status_code == 303


def test_a_session_has_another_token_after_each_sign_in(newcomer: Person) -> None:
    first = newcomer.sign_in().client.get_cookie("gw")
    second = newcomer.sign_in().client.get_cookie("gw")
    assert first is not None
    assert second is not None
    assert first.value != second.value
    newcomer.client.set_cookie("gw", first.value)
    assert newcomer.get("/").status_code == 303


def test_a_session_ends_after_half_an_hour_of_nothing_and_after_twelve_hours(newcomer: Person, hands: Hands) -> None:
    newcomer.sign_in()
    for _ in range(28):
        hands.advance(minutes=25)
        assert newcomer.get("/").status_code == 200
    hands.advance(minutes=25)
    assert newcomer.get("/").status_code == 303
    newcomer.sign_in()
    hands.advance(minutes=31)
    assert newcomer.get("/").status_code == 303


def test_one_time_codes_are_asked_for_and_none_works_twice(newcomer: Person, hands: Hands) -> None:
    page = newcomer.sign_in().post("/me/codes").text
    (secret,) = re.findall(r'<code class="breakable">([A-Z2-7]{32})</code>', page)
    code = pyotp.TOTP(secret).at(hands())
    assert "not the code" in newcomer.post("/me/codes/enable", code="000000" if code != "000000" else "111111").text
    assert newcomer.post("/me/codes/enable", code=code).status_code == 303
    form = {"email": newcomer.email, "password": newcomer.password}
    page = newcomer.client.post("/console/sign-in", data=form)
    assert "One-time code" in page.text
    assert newcomer.get("/").status_code == 303
    assert newcomer.client.post("/console/sign-in/code", data={"code": code}).status_code == 403
    hands.advance(seconds=90)
    code = pyotp.TOTP(secret).at(hands())
    assert newcomer.client.post("/console/sign-in/code", data={"code": f"{code[:3]} {code[3:]}"}).status_code == 303
    assert newcomer.get("/").status_code == 200


def test_a_form_without_its_token_or_from_another_site_does_nothing(newcomer: Person) -> None:
    newcomer.sign_in()
    before = re.sub("[0-9a-f]{128}", "", newcomer.see("/me"))
    for form, headers in (
        ({"shortcuts": ""}, {}),
        ({"shortcuts": "", "csrf": "0" * 64}, {}),
        ({"shortcuts": "", "csrf": newcomer.token()}, {"Sec-Fetch-Site": "cross-site"}),
        ({"shortcuts": "", "csrf": newcomer.token()}, {"Origin": "https://evil.example"}),
    ):
        answer = newcomer.client.post("/console/me/shortcuts", data=form, headers=headers)
        assert answer.status_code == 403
    assert re.sub("[0-9a-f]{128}", "", newcomer.see("/me")) == before


def test_what_was_typed_survives_the_end_of_the_session(newcomer: Person, world: World, hands: Hands) -> None:
    shipment = world.shipments["Kari Nordmann"]["id"]
    text = 'Rang at 9; "nobody" <there>\nwill call back'
    newcomer.sign_in()
    csrf = newcomer.token()
    hands.advance(minutes=40)
    path = f"/console/shipments/{shipment}/notes"
    page = newcomer.client.post(path, data={"csrf": csrf, "text": text})
    assert page.status_code == 401
    assert "What you typed is kept" in page.text
    kept = {
        name: html.unescape(re.findall(rf'name="{name}" value="([^"]*)"', page.text)[0]) for name in ("kept", "kept_to")
    }
    page = newcomer.client.post(
        "/console/sign-in", data={"email": newcomer.email, "password": newcomer.password, **kept}
    )
    assert page.status_code == 200
    assert "Nothing of it has been sent yet" in page.text
    assert html.escape(text) in page.text.replace("&#34;", "&quot;")
    assert text not in html.unescape(newcomer.see(f"/shipments/{shipment}"))
    (to,) = re.findall(r'<form method="post" action="(/console/shipments[^"]+)"', page.text)
    assert to == path
    newcomer.post(to.removeprefix("/console"), text=text)
    assert text in html.unescape(newcomer.see(f"/shipments/{shipment}"))


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/x", "/shipments", "/no/such"])
def test_a_kept_form_goes_to_pages_of_ours_only(newcomer: Person, to: str) -> None:
    form = {"email": newcomer.email, "password": newcomer.password, "kept": '[["a", "b"]]', "kept_to": to}
    assert newcomer.client.post("/console/sign-in", data=form).status_code == 303


@pytest.mark.parametrize("kept", ["", "no json", "[1]", '[["a"]]', '{"a": "b"}', '[["a", 1]]'])
def test_a_kept_form_that_is_none_is_left_out(newcomer: Person, kept: str) -> None:
    form = {"email": newcomer.email, "password": newcomer.password, "kept": kept, "kept_to": "/me/shortcuts"}
    assert newcomer.client.post("/console/sign-in", data=form).status_code == 303


def test_a_new_password_is_long_and_not_the_old_one(newcomer: Person) -> None:
    newcomer.sign_in()
    for old, new, said in (
        ("wrong", "a long new password", "not your present password"),
        (newcomer.password, "short", "at least 12"),
        (newcomer.password, newcomer.password, "too easy"),
        (newcomer.password, newcomer.email, "too easy"),
    ):
        answer = newcomer.post("/me/password", old=old, new=new)
        assert answer.status_code == 422
        assert said in answer.text
    assert newcomer.post("/me/password", old=newcomer.password, new="four words are fine").status_code == 200
    newcomer.password = "four words are fine"
    newcomer.sign_in()


def test_who_may_not_sign_in_any_more_is_out_at_once(newcomer: Person, admin: Person) -> None:
    newcomer.sign_in()
    page = admin.see("/settings/users")
    row = next(each for each in page.split("<tr>") if newcomer.email in each)
    (path,) = re.findall(r'action="/console(/settings/users/usr_\w+)"', row)
    (version,) = re.findall(r'name="version" value="(\d+)"', row)
    assert admin.post(path, version="0", role="support").status_code == 409  # somebody else has changed them
    assert admin.post(path, version=version, role="support").status_code == 303
    assert newcomer.get("/").status_code == 303
    form = {"email": newcomer.email, "password": newcomer.password}
    assert newcomer.client.post("/console/sign-in", data=form).status_code == 403


def test_signing_out_ends_the_session_everywhere_or_here(newcomer: Person, world: World) -> None:
    other = Person(client=world.site.gateway.app.test_client(), email=newcomer.email, password=newcomer.password)
    newcomer.sign_in()
    other.sign_in()
    newcomer.post("/sign-out")
    assert newcomer.get("/").status_code == 303
    assert other.get("/").status_code == 200
    newcomer.sign_in()
    newcomer.post("/me/everywhere")
    assert other.get("/").status_code == 303


def test_administrators_must_have_one_time_codes_unless_told_otherwise(world: World) -> None:
    from dataclasses import replace

    signing_in = world.site.services.staff.signing_in
    boss = world.person(Role.ADMIN)
    user = signing_in.who(boss.client.get_cookie("gw").value).user  # type: ignore[union-attr]  # they are signed in
    assert not signing_in.must_set_up_codes(user)
    settings = replace(signing_in._settings, codes_for_admins=True)
    strict = type(signing_in)(signing_in._store, signing_in._passwords, signing_in._codes, world.site.clock, settings)
    assert strict.must_set_up_codes(user)
    assert not strict.must_set_up_codes(replace(user, codes_on=True))
    assert not strict.must_set_up_codes(replace(user, role=Role.SUPPORT))
    assert timedelta(hours=settings.longest_h) > timedelta(minutes=settings.idle_min)
