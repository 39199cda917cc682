"""What people do all day, with the keyboard alone and in as few actions as promised."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from gateway.domain.people import Role
from tests.browser import LIGHT, PHONE, Chromium
from tests.console.hands import Hands, no_mouse
from tests.console.test_book import orders, sheet
from tests.console.test_screens import signed_in
from tests.console.world import Person, World, order


@pytest.fixture
def page(browser: Chromium, served: str, operations: Person) -> Iterator[Page]:
    """Today, as operations see it."""
    with browser.page(LIGHT) as page:
        signed_in(page, served, operations)
        page.goto(f"{served}/")
        yield page


@pytest.fixture
def hands(browser: Chromium, served: str, operations: Person) -> Iterator[Hands]:
    """On Today, without a mouse."""
    with browser.page(LIGHT) as page, no_mouse(page) as hands:
        signed_in(page, served, operations)
        page.goto(f"{served}/")
        yield hands


def shown(page: Page) -> str:
    return page.locator("main").inner_text()


def test_a_parcel_is_found_by_the_end_of_a_phone_in_three_actions(hands: Hands) -> None:
    hands.press("/")
    hands.type("1223")
    hands.press("Enter")
    hands.page.wait_for_url("**/shipments?q=1223")
    rows = hands.page.locator("tr.row-link").all_inner_texts()
    told = next(row for row in rows if "nett-2002-sim941" in row)
    assert "Attempt failed" in told
    assert "Nobody was there." in told
    assert all("Ola H." in row for row in rows)
    assert hands.actions <= 3


def test_the_list_is_walked_and_opened_with_the_keyboard(hands: Hands) -> None:
    page = hands.page
    hands.press("g", "s")
    page.wait_for_url("**/shipments")
    hands.press("j", "j", "k")
    wanted = page.locator("tr.at a").get_attribute("href")
    hands.press("Enter")
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


def test_a_note_is_written_with_the_keyboard(hands: Hands, world: World, served: str) -> None:
    hands.page.goto(f"{served}/shipments/{world.shipments['Sara Berg']['id']}")
    hands.press("n")
    hands.type("g s / ? are letters here")
    hands.press("Control+Enter")
    hands.page.wait_for_url("**done=note**")
    assert "g s / ? are letters here" in shown(hands.page)


def test_the_recipient_is_shown_with_the_keyboard(hands: Hands, world: World, served: str) -> None:
    page = hands.page
    page.goto(f"{served}/shipments/{world.shipments['Jonas Lie']['id']}")
    hands.reach("#recipient select")
    hands.press("ArrowDown")
    hands.push("#recipient button")
    page.wait_for_selector("#recipient .notice")
    assert "Jonas Lie" in page.locator("#recipient").inner_text()
    assert page.url.removesuffix("#content").endswith(world.shipments["Jonas Lie"]["id"])


def test_a_case_is_taken_and_settled_with_the_keyboard(hands: Hands) -> None:
    page = hands.page
    hands.press("g", "e")
    page.wait_for_url("**/exceptions")
    rows = page.locator("tr.row-link")
    at = next(row for row in range(rows.count()) if "Promise at risk" in rows.nth(row).inner_text())
    hands.press(*"j" * (at + 1))
    wanted = page.locator("tr.at th a").first.get_attribute("href")
    hands.press("Enter")
    page.wait_for_url(f"**{wanted}")
    hands.press("e")
    page.wait_for_url("**done=taken")
    assert "It is yours now." in shown(page)
    hands.press("n")
    hands.type("Told her on the phone: tomorrow")
    hands.press("Control+Enter")
    page.wait_for_url("**/exceptions?done=closed")
    page.goto(page.url.replace("done=closed", "state=closed"))
    assert page.locator(f"a[href='{wanted}']").count() == 1


def test_a_failed_attempt_is_resolved_with_another_time(hands: Hands, world: World) -> None:
    failed, page = world.shipments["Ola Hansen"], hands.page
    hands.press("/")
    hands.type(failed["tracking_number"])
    hands.press("Enter")
    page.wait_for_url(f"**{failed['id']}")
    assert "Attempt failed" in shown(page)
    hands.press("a", "t")
    page.wait_for_url("**/acts/time")
    hands.reach("#f-reason")
    hands.type("Nobody was at home")
    hands.reach("[name=choice]")
    hands.press("Space")
    hands.press("Control+Enter")
    page.wait_for_url("**done=agreed")
    assert "The carrier has agreed to it." in shown(page)
    assert "Agreed" in page.locator("#h-do").locator("xpath=..").inner_text()
    assert hands.actions <= 9
    asked = world.shop.get(f"/v1/shipments/{failed['id']}/diversions")["data"]
    assert [each["state"] for each in asked] == ["agreed"]


def test_a_shipment_is_cancelled_with_the_keyboard(hands: Hands, world: World, served: str) -> None:
    booked = world.shop.booked(**{**order(5), "reference": "nett-4001"})
    hands.page.goto(f"{served}/shipments/{booked['id']}")
    hands.reach("#f-cancel")
    hands.press("ArrowDown")
    hands.push("text=Cancel at")
    hands.page.wait_for_url("**done=cancel*")
    assert "Cancelled" in shown(hands.page)
    assert world.shop.shipment(booked["id"])["state"] == "cancelled"


def test_a_label_is_printed_again_once_its_parcel_is_found(hands: Hands, world: World) -> None:
    found, page = world.shipments["Jonas Lie"], hands.page
    hands.press("/")
    hands.type(found["tracking_number"])
    hands.press("Enter")
    page.wait_for_url(f"**{found['id']}")
    with page.expect_download() as download:
        hands.press("p")
    label = world.shop.call("GET", found["label"]["href"])
    assert Path(download.value.path()).read_bytes() == label.data
    assert label.data.startswith(b"%PDF")
    assert hands.actions <= 4


def test_a_rule_is_built_simulated_and_published_with_the_keyboard(hands: Hands, world: World) -> None:
    page = hands.page
    hands.press("g", "p")
    page.wait_for_url("**/policies")
    hands.push("text=New policy")
    page.wait_for_url("**/policies/new")
    hands.reach("#f-name")
    hands.type("heavy-goods")
    hands.press("Tab")
    hands.type("balanced")
    hands.push("button:has-text('Write it')")
    page.wait_for_url("**/policies/heavy-goods/edit?like=balanced")
    hands.push("button:has-text('Add a rule')")
    page.wait_for_selector("[id='/rules/1/name']:focus")
    hands.type("heavy things are dear")
    hands.push("[id='/rules/1'] >> text=Add a condition")
    page.wait_for_selector("[id='/rules/1/when/parts/0/field']:focus")
    hands.type("Weight")
    page.wait_for_selector("[id='/rules/1/when/parts/0/op']")
    page.wait_for_selector("[id='/rules/1/when/parts/0/field']:focus")
    hands.press("Tab", "Tab")
    hands.type("20")
    hands.press("Tab")
    hands.type("kg")
    hands.reach("[id='/rules/1/then/0/do']")
    hands.type("penalise")
    page.wait_for_selector("[id='/rules/1/then/0/minor']")
    page.wait_for_selector("[id='/rules/1/then/0/do']:focus")
    hands.press("Tab")
    hands.type("7.50")
    hands.push("button[aria-label='Move rule 2 up'], button:has-text('Move rule 2 up')")
    page.wait_for_selector("text=When weight is at least 20 kg: it counts 7.50 USD more.")
    page.wait_for_selector("[value='down /rules/0']:focus")
    hands.reach("[id='/rules/0/name']")
    hands.press("Control+Enter")
    page.wait_for_url("**/policies/heavy-goods?version=1&done=kept")
    hands.push("button:has-text('Simulate version 1')")
    page.wait_for_url("**/simulations/*")
    world.site.work()
    page.wait_for_selector("text=With this version")
    page.go_back()
    hands.reach("#f-note")
    hands.type("peak season begins")
    hands.press("Tab")
    hands.press("Enter")
    page.wait_for_url("**done=live")
    assert "peak season begins" in shown(page)
    live = world.shop.get("/v1/policies/heavy-goods")["data"]["rules"][0]
    assert live["name"] == "heavy things are dear"


def test_fifty_are_booked_from_a_file_in_seven_actions(hands: Hands, world: World) -> None:
    page = hands.page
    hands.press("g", "b")
    page.wait_for_url("**/book")
    hands.push("text=Book many from a file")
    hands.choose_file("#f-file", "fifty.csv", sheet(orders(50, "fifty")))
    hands.push("text=Look at it")
    page.wait_for_selector("#progress")
    world.site.work()
    page.wait_for_selector("#f-typed")  # the page noticed by itself
    before = {each["reference"] for each in world.shop.get("/v1/shipments?limit=200")["data"]}
    assert not any(each.startswith("fifty-") for each in before if each)
    hands.reach("#f-typed")
    hands.type("50")
    hands.press("Enter")
    page.wait_for_selector("#progress")
    world.site.work()
    page.wait_for_selector("text=Print 50 labels")
    assert "Booked 50" in " ".join(shown(page).split())
    made = world.shop.get("/v1/shipments?limit=200")["data"]
    references = [each["reference"] for each in made if (each["reference"] or "").startswith("fifty-")]
    assert len(references) == len(set(references)) == 50
    assert {each["state"] for each in made if each["reference"] in references} == {"booked"}
    assert hands.actions <= 7


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
