"""A carrier account is made, tried, changed and paused at the console, from what its carrier says that it needs."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from carriers.base.simulator import Ledger, RunningSimulator
from gateway.domain.people import Role
from gateway.services.accounts import AccountDraft
from tests.browser import PHONE, Chromium, sideways, violations
from tests.console.test_hostile import HOSTILE
from tests.console.test_screens import signed_in
from tests.console.world import Person, World
from tests.journeys.site import Merchant


@pytest.fixture(scope="module")
def shop(world: World) -> Merchant:
    return world.site.merchant("Account Shop")


@pytest.fixture(scope="module")
def boss(world: World, shop: Merchant) -> Person:
    return world.person(Role.ADMIN, shop)


@pytest.fixture(scope="module")
def sandbox(world: World) -> RunningSimulator:
    return world.site.carrier("sandbox", "trials")


def made(boss: Person, sandbox: RunningSimulator, name: str, **more: str) -> Any:
    """Send the form of a new account."""
    secrets = {f"secret-{key}": text for key, text in sandbox.account.secrets.items()}
    form = {"mode": "test", "name": name, "url-api": sandbox.account.urls["api"], "password": boss.password, **secrets}
    return boss.post("/carriers/new/sandbox", **{**form, **more})


def path_of(answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"]).removeprefix("/console").partition("?")[0]


def version(page: str) -> str:
    return re.findall(r'name="version" value="(\d+)"', page)[0]


def test_an_account_is_chosen_made_asked_and_tried(
    boss: Person, world: World, shop: Merchant, sandbox: RunningSimulator
) -> None:
    assert "Add one" in boss.see("/carriers")
    assert 'href="/console/carriers/new/sandbox"' in boss.see("/carriers/new")
    form = boss.see("/carriers/new/sandbox")
    assert "Test mode: nothing is paid for" in form
    assert 'name="secret-api_key" type="password" value=""' in form
    path = path_of(made(boss, sandbox, "sandbox-trial", **{"option-settle_s": "5", "option-without": "track, find"}))
    account = world.site.services.accounts.named(shop.id, "test", "sandbox-trial")
    assert account.options == {"settle_s": 5, "without": ["track", "find"]}
    assert account.secrets == sandbox.account.secrets
    page = boss.see(path)
    assert "No trouble known" in page  # nobody has asked it yet
    assert not [each for each in account.secrets.values() if each in page]
    assert "Works" in boss.post(f"{path}/probe").text
    once = re.findall(r'name="once" value="(\w+)"', page)[0]
    tried = [boss.post(f"{path}/trial", once=once).text for _ in range(2)]  # a double click books once
    for answer in tried:  # and says the same twice
        assert "It works" in answer, answer
        assert "taken back" in answer
    assert "Queen St" not in boss.see("/book")  # no shop's door: nothing is sent from there
    view = Ledger.read(world.site.ledgers["trials"])
    assert len(view.bookings) == 1
    assert view.active() == {}
    entries = [each.what for each in world.site.services.staff.audit.list(shop.id, None, 10)]
    assert {"added a carrier account", "tried an account in the sandbox"} <= set(entries)


@pytest.mark.parametrize(
    ("urls", "told"),
    [
        ({}, False),
        ({"api": "https://wwwcie.ups.com/api/"}, False),
        ({"api": "https://onlinetools.ups.com/api"}, True),
    ],
)
def test_an_account_of_test_mode_that_leads_to_where_bookings_are_paid_for_is_not_tried(
    world: World, urls: dict[str, str], told: bool
) -> None:
    shop = world.site.merchant("Parcels by UPS")
    boss = world.person(Role.ADMIN, shop)
    draft = AccountDraft(name="ups-1", carrier="ups", urls=urls, options={"account_number": "A1B2C3"})
    account = world.site.services.accounts.add(shop.id, "test", draft)
    why = world.site.services.trials.refused(shop.id, "test", account.id)
    assert ("may be paid for" in why) == told
    if told:
        answer = boss.post(f"/carriers/{account.id}/trial", once="once").text
        assert "Nothing was tried" in answer
        assert "may be paid for" in answer


def test_every_fault_is_told_at_its_field_and_nothing_is_made(
    boss: Person, world: World, shop: Merchant, sandbox: RunningSimulator
) -> None:
    answer = made(
        boss,
        sandbox,
        "No Name!",
        password="wrong",
        **{"option-settle_s": "soon", "url-api": "ftp://x", "option-webhook_url": "kept"},
    )
    assert answer.status_code == 422
    for field in ("name", "option-settle_s", "url-api", "password"):
        marked = re.search(rf'id="h-{field}"[^>]*class="error"|class="error"[^>]*id="h-{field}"', answer.text)
        assert marked is not None, field
    assert 'value="kept"' in answer.text
    assert not [each for each in sandbox.account.secrets.values() if f'value="{each}"' in answer.text]
    lacking = boss.post("/carriers/new/own_fleet", mode="test", name="vans", password=boss.password)
    assert lacking.text.count("Own fleet needs it") == 2
    wrong = boss.post("/carriers/new/own_fleet", mode="test", name="vans", **{"option-cut_offs": "at noon"})
    assert "rite a line for each, such as name = value" in wrong.text
    assert [each.name for each in world.site.services.accounts.list(shop.id, "test")] == ["sandbox-trial"]
    twice = made(boss, sandbox, "sandbox-trial")
    assert twice.status_code == 409
    assert "exists already" in html.unescape(twice.text)


def test_an_account_without_what_it_calls_with_is_made_switched_off_or_not_at_all(
    boss: Person, world: World, shop: Merchant, sandbox: RunningSimulator
) -> None:
    form = boss.see("/carriers/new/sandbox")
    assert 'Api key <span class="soft">needed</span></label>' in form
    assert "May be left out" in form[form.index("f-secret-webhook_secret") :].partition("</small>")[0]
    bare = {"secret-api_key": "", "secret-webhook_secret": ""}
    answer = made(boss, sandbox, "sandbox-bare", **bare)
    assert answer.status_code == 422
    assert "needs it, or make the account switched off" in answer.text
    assert 'id="h-secret-webhook_secret" class="error"' not in answer.text, "nobody calls with it"
    path = path_of(made(boss, sandbox, "sandbox-bare", off="yes", **bare))
    for page in (path, "/carriers", "/"):
        assert "Switched off: no api key yet" in boss.see(page), page
    account_id = path.rpartition("/")[2]
    shown = shop.call("PATCH", f"/v1/accounts/{account_id}", {"enabled": True}).json or {}
    assert (shown["enabled"], shown["missing_secrets"]) == (True, ["api_key"])
    assert "Cannot work: no api key yet" in boss.see("/")
    given = shop.call("PATCH", f"/v1/accounts/{account_id}", {"secrets": {"api_key": "x"}, "enabled": False})
    assert (given.json or {})["missing_secrets"] == []
    assert "Switched off</span>" in boss.see(path)


def test_a_form_of_test_mode_makes_nothing_in_live_mode(
    boss: Person, world: World, shop: Merchant, sandbox: RunningSimulator
) -> None:
    boss.post("/mode", mode="live")
    try:
        answer = made(boss, sandbox, "sandbox-live")
        assert answer.status_code == 422
        assert "shows live data now" in answer.text
        path = path_of(made(boss, sandbox, "sandbox-live", mode="live"))
        assert "Try a booking" not in boss.see(path)
        refused = boss.post(f"{path}/trial", once="1")
        assert "a booking would be paid for" in refused.text
    finally:
        boss.post("/mode", mode="test")
    assert boss.get(path).status_code == 404
    assert world.site.services.accounts.list(shop.id, "live")[0].name == "sandbox-live"


def test_settings_are_changed_and_what_is_not_touched_stays_as_it_is(
    boss: Person, world: World, shop: Merchant, sandbox: RunningSimulator
) -> None:
    account_id = shop.account("sandbox-set", sandbox, without=["track"], settle_s=7)
    path, books = f"/carriers/{account_id}", world.site.services.accounts
    form = boss.see(f"{path}/settings")
    urls = {"url-api": sandbox.account.urls["api"]}
    kept = {"name": "sandbox-set", "option-without": "track", **urls, "version": version(form)}
    assert boss.post(f"{path}/settings", **kept, **{"option-settle_s": "9"}).status_code == 422  # no password
    changed = boss.post(f"{path}/settings", **kept, **{"option-settle_s": "9"}, password=boss.password)
    assert changed.status_code == 303
    assert books.get(shop.id, "test", account_id).options == {"without": ["track"], "settle_s": 9}
    stale = boss.post(f"{path}/settings", **kept, **{"option-settle_s": "11"}, password=boss.password)
    assert stale.status_code == 409
    assert "changed by somebody else" in stale.text
    assert 'value="11"' in stale.text
    assert books.get(shop.id, "test", account_id).secrets == sandbox.account.secrets


def test_a_paused_account_is_asked_for_no_prices(
    boss: Person, world: World, shop: Merchant, sandbox: RunningSimulator
) -> None:
    account_id = shop.account("sandbox-pause", sandbox)
    path, books = f"/carriers/{account_id}", world.site.services.accounts
    seen = version(boss.see(path))
    assert boss.post(f"{path}/pause", act="pause", version=seen).status_code == 303
    assert not books.get(shop.id, "test", account_id).enabled
    assert boss.post(f"{path}/pause", act="pause", version=seen).status_code == 409
    page = boss.see(path)
    assert "Switched off" in page
    assert "it is paused" in page
    assert boss.post(f"{path}/pause", act="on", version=version(page)).status_code == 303
    assert books.get(shop.id, "test", account_id).enabled
    assert world.person(Role.SUPPORT, shop).post(f"{path}/pause", act="pause", version="3").status_code == 403


@pytest.mark.parametrize("text", HOSTILE[:8])
def test_hostile_options_are_told_as_text(boss: Person, sandbox: RunningSimulator, text: str) -> None:
    answer = made(boss, sandbox, text, **{"option-webhook_url": text, "option-without": text, "url-api": text})
    assert answer.status_code == 422
    assert text not in answer.text or html.escape(text) == text
    assert html.escape(text) in answer.text.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")


def test_credentials_of_a_new_account_do_not_survive_the_session_but_options_do(world: World) -> None:
    stranger = world.site.gateway.app.test_client()
    form = {"secret-api_key": "hidden-word", "name": "typed-name", "option-settle_s": "77", "csrf": "0"}
    answer = stranger.post("/console/carriers/new/sandbox", data=form)
    assert answer.status_code == 401
    assert "typed-name" in answer.text
    assert "77" in answer.text
    assert "hidden-word" not in answer.text


def test_a_carrier_is_added_in_the_sandbox_by_hand(
    browser: Chromium, served: str, world: World, boss: Person, sandbox: RunningSimulator
) -> None:
    with browser.page(PHONE) as page:
        signed_in(page, served, boss)
        page.goto(f"{served}/carriers")
        page.click("text=New account")
        page.click("text=Sandbox")
        page.fill("#f-name", "sandbox-by-hand")
        for name, text in sandbox.account.secrets.items():
            page.fill(f"#f-secret-{name}", text)
        page.click("text=Other addresses than the carrier’s own")
        page.fill("#f-url-api", sandbox.account.urls["api"])
        page.fill("#f-password", "not mine")
        page.click("text=Make the account")
        page.wait_for_selector("text=Not kept yet")
        assert violations(page) == []
        assert not sideways(page)
        for name, text in sandbox.account.secrets.items():
            page.fill(f"#f-secret-{name}", text)
        page.fill("#f-password", boss.password)
        page.click("text=Make the account")
        page.wait_for_selector("text=The account is there")
        page.get_by_role("button", name="Ask it now").click()
        page.wait_for_selector("#probe .badge.good")
        page.get_by_role("button", name="Try a booking").click()
        page.wait_for_selector("#trial >> text=taken back")
        assert violations(page) == []
        assert not sideways(page)
