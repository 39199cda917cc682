"""What people do all day, with the keyboard alone and in as few actions as promised."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from gateway.domain.people import Role
from tests.browser import LIGHT, PHONE, Chromium
from tests.console.test_book import orders, sheet
from tests.console.test_screens import signed_in
from tests.console.world import World, order


@pytest.fixture
def page(browser: Chromium, world: World, served: str) -> Iterator[Page]:
    """Today, as operations see it."""
    with browser.page(LIGHT) as page:
        signed_in(page, served, world.person(Role.OPERATIONS))
        page.goto(f"{served}/")
        yield page


def shown(page: Page) -> str:
    return page.locator("main").inner_text()


def test_a_parcel_is_found_by_the_end_of_a_phone_in_three_actions(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("1223")
    page.keyboard.press("Enter")
    page.wait_for_url("**/shipments?q=1223")
    assert "Attempt failed" in shown(page)
    assert "Nobody was there." in shown(page)


def test_the_list_is_walked_and_opened_with_the_keyboard(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/shipments")
    for key in "jjk":
        page.keyboard.press(key)
    wanted = page.locator("tr.at a").get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{wanted}")


def test_rows_are_selected_and_results_followed_with_the_keyboard(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/shipments")
    for key in "jxjx":
        page.keyboard.press(key)
    assert "2 selected" in page.locator("[data-picked]").inner_text()
    there = page.locator("table.shipments th a").evaluate_all("links => links.map(link => link.pathname)")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{there[1]}")
    page.keyboard.press("]")
    page.wait_for_url(f"**{there[2]}")
    page.keyboard.press("[")
    page.wait_for_url(f"**{there[1]}")
    page.locator("[data-back]").click()
    page.locator("[data-picks-all]").check()
    assert "those on other pages too" in page.locator("[data-picked]").inner_text()


def test_after_an_export_the_list_takes_the_next_act(page: Page, served: str) -> None:
    page.goto(f"{served}/shipments")
    page.locator("td.pick input").first.check()
    page.select_option("#bulk [name=act]", "export")
    with page.expect_download():
        page.locator("#bulk button").click()
    page.select_option("#bulk [name=act]", "tag")
    page.locator("#bulk button").click()
    page.wait_for_url("**/shipments/many")


def test_on_a_phone_the_menu_shows_where_one_is(browser: Chromium, world: World, served: str) -> None:
    with browser.page(PHONE) as page:
        signed_in(page, served, world.person(Role.OPERATIONS))
        page.goto(f"{served}/notifications/hours")
        for strip in ("nav.side", "nav.tabs"):
            here = page.locator(f"{strip} [aria-current]").bounding_box()
            assert here is not None
            assert here["x"] >= 0
            assert here["x"] + here["width"] <= PHONE.width


def test_a_note_is_written_with_the_keyboard(page: Page, world: World, served: str) -> None:
    page.goto(f"{served}/shipments/{world.shipments['Sara Berg']['id']}")
    page.keyboard.press("n")
    page.keyboard.type("g s / ? are letters here")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**done=note**")
    assert "g s / ? are letters here" in shown(page)


def test_the_recipient_is_shown_with_the_keyboard(page: Page, world: World, served: str) -> None:
    page.goto(f"{served}/shipments/{world.shipments['Jonas Lie']['id']}")
    page.locator("#recipient select").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#recipient .notice")
    assert "Jonas Lie" in page.locator("#recipient").inner_text()
    assert page.url.endswith(world.shipments["Jonas Lie"]["id"])


def test_a_case_is_taken_with_the_keyboard(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url("**/exceptions")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/exceptions/cas_*")
    page.keyboard.press("e")
    page.wait_for_url("**done=taken")
    assert "It is yours now." in shown(page)


def test_a_shipment_is_cancelled_with_the_keyboard(page: Page, world: World, served: str) -> None:
    booked = world.shop.booked(**{**order(5), "reference": "nett-4001"})
    page.goto(f"{served}/shipments/{booked['id']}")
    page.locator("#f-cancel").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=cancel*")
    assert "Cancelled" in shown(page)


def test_a_label_is_opened_again_in_two_actions(page: Page, world: World, served: str) -> None:
    page.keyboard.press("/")
    page.keyboard.type(world.shipments["Jonas Lie"]["tracking_number"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{world.shipments['Jonas Lie']['id']}")
    with page.expect_download() as download:
        page.keyboard.press("p")
    assert download.value.suggested_filename.endswith(".pdf")


def test_a_rule_is_built_simulated_and_published_with_the_keyboard(page: Page, world: World, served: str) -> None:
    keys = page.keyboard
    keys.press("g")
    keys.press("p")
    page.wait_for_url("**/policies")
    page.locator("text=New policy").focus()
    keys.press("Enter")
    page.wait_for_url("**/policies/new")
    page.locator("#f-name").focus()
    keys.type("heavy-goods")
    keys.press("Tab")
    keys.type("balanced")
    _press(page, "Write it")
    page.wait_for_url("**/policies/heavy-goods/edit?like=balanced")
    _press(page, "Add a rule")
    page.wait_for_selector("[id='/rules/1/name']:focus")
    keys.type("heavy things are dear")
    page.locator("[id='/rules/1'] >> text=Add a condition").focus()
    keys.press("Enter")
    page.wait_for_selector("[id='/rules/1/when/parts/0/field']:focus")
    keys.type("Weight")
    page.wait_for_selector("[id='/rules/1/when/parts/0/op']")
    page.wait_for_selector("[id='/rules/1/when/parts/0/field']:focus")
    keys.press("Tab")
    keys.press("Tab")
    keys.type("20")
    keys.press("Tab")
    keys.type("kg")
    page.locator("[id='/rules/1/then/0/do']").focus()
    keys.type("penalise")
    page.wait_for_selector("[id='/rules/1/then/0/minor']")
    page.wait_for_selector("[id='/rules/1/then/0/do']:focus")
    keys.press("Tab")
    keys.type("7.50")
    _press(page, "Move rule 2 up")
    page.wait_for_selector("text=When weight is at least 20 kg: it counts 7.50 USD more.")
    page.wait_for_selector("[value='down /rules/0']:focus")
    page.locator("[id='/rules/0/name']").focus()
    keys.press("Control+Enter")
    page.wait_for_url("**/policies/heavy-goods?version=1&done=kept")
    _press(page, "Simulate version 1")
    page.wait_for_url("**/simulations/*")
    world.site.work()
    page.wait_for_selector("text=With this version")
    page.go_back()
    page.locator("#f-note").focus()
    keys.type("peak season begins")
    keys.press("Tab")
    keys.press("Enter")
    page.wait_for_url("**done=live")
    assert "peak season begins" in shown(page)


def _press(page: Page, name: str) -> None:
    """By the keyboard."""
    page.get_by_role("button", name=name).first.focus()
    page.keyboard.press("Enter")


def test_fifty_are_booked_from_a_file_in_five_actions(page: Page, world: World, served: str) -> None:
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/book")
    page.click("text=Book many from a file")
    page.locator("#f-file").set_input_files(
        {"name": "fifty.csv", "mimeType": "text/csv", "buffer": sheet(orders(50, "fifty")).encode()}
    )
    page.click("text=Look at it")
    page.wait_for_selector("#progress")
    world.site.work()
    page.wait_for_selector("#f-typed")  # the page noticed by itself
    page.fill("#f-typed", "50")
    page.keyboard.press("Enter")
    page.wait_for_selector("#progress")
    world.site.work()
    page.wait_for_selector("text=Print 50 labels")
    assert "Booked 50" in " ".join(shown(page).split())
    made = world.shop.get("/v1/shipments?limit=200")["data"]
    references = [each["reference"] for each in made if (each["reference"] or "").startswith("fifty-")]
    assert len(references) == len(set(references)) == 50


def test_the_list_of_keys_opens_closes_and_single_letters_can_be_switched_off(page: Page, served: str) -> None:
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()
    page.goto(f"{served}/me")
    page.locator("input[name=shortcuts]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=keys")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.keyboard.press("?")
    assert page.url.endswith("done=keys")
    assert not page.locator("#keys").is_visible()
    page.locator("input[name=shortcuts]").check()
    page.locator("text=Keep >> nth=-1").click()
    page.wait_for_url("**done=keys")


def sign_in_again(page: Page, world: World) -> None:
    """Where the session was over, and what was typed waits behind the door."""
    page.wait_for_selector("#f-password")
    person = world.person(Role.OPERATIONS)
    page.fill("#f-email", person.email)
    page.fill("#f-password", person.password)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Nothing of it has been sent yet")
    page.click("text=Send it now")


def test_whoever_leaves_the_session_alone_comes_back_to_what_they_typed(page: Page, world: World, served: str) -> None:
    path = f"/shipments/{world.shipments['Per Dahl']['id']}"
    page.goto(f"{served}{path}")
    page.keyboard.press("n")
    page.keyboard.type("half a thought")
    page.context.clear_cookies()
    page.keyboard.press("Control+Enter")
    sign_in_again(page, world)
    page.wait_for_url("**done=note**")
    assert "half a thought" in shown(page)


def test_a_policy_that_was_typed_for_too_long_comes_back_and_is_kept(page: Page, world: World, served: str) -> None:
    page.goto(f"{served}/policies/countryside/edit")
    page.fill("[id='/rules/0/name']", "typed for hours")
    page.context.clear_cookies()
    page.click("text=Keep as a draft")
    sign_in_again(page, world)
    page.wait_for_url("**/policies/countryside?version=*&done=kept")
    assert "typed for hours" in shown(page)


def test_without_scripts_everything_still_works(browser: Chromium, world: World, served: str) -> None:
    from tests.browser import View

    with browser.page(View(name="no scripts", width=1280, height=900, javascript=False)) as page:
        signed_in(page, served, world.person(Role.SUPPORT))
        page.goto(f"{served}/")
        page.fill("#find", "4417")
        page.press("#find", "Enter")
        page.click("text=nett-2001")
        page.select_option("#recipient select", "caller_verified")
        page.click("#recipient button")
        assert "Bogstadveien 12" in shown(page)
        assert "UTC" in shown(page)
