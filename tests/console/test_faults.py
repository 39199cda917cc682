"""What goes wrong while somebody works, as they see it: said in words, with what happens next, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from gateway.domain.people import Role
from tests.browser import LIGHT, Chromium
from tests.console.test_book import orders, sheet
from tests.console.test_screens import signed_in
from tests.console.world import World, order
from tests.journeys.site import Merchant

TOO_MANY = 10_001


@pytest.fixture(scope="module")
def shop(world: World) -> Merchant:
    """Of its own: what happens to it is nobody else's."""
    return world.site.merchant("Unlucky Shop")


@pytest.fixture
def page(browser: Chromium, world: World, served: str, shop: Merchant) -> Iterator[Page]:
    with browser.page(LIGHT) as page:
        signed_in(page, served, world.person(Role.ADMIN, shop))
        yield page


def shown(page: Page) -> str:
    return " ".join(page.locator("main").inner_text().split())


def test_a_carrier_that_is_down_is_said_with_what_happens_next(
    page: Page, world: World, served: str, shop: Merchant
) -> None:
    gone = world.site.carrier("sandbox", "gone")
    account_id = shop.account("gone", gone, without="track")
    path = f"{served}/shipments/{shop.booked(**order(3))['id']}"
    gone.stop()
    page.goto(f"{path}/label")
    assert "The carrier did not do it" in shown(page)
    assert "Go back and try later, or ask the carrier for it." in shown(page)
    page.goto(path)
    page.select_option("#f-cancel", index=1)
    page.click("text=Cancel at gone")
    page.wait_for_url("**done=cancelling")
    assert "The carrier was asked to cancel it. What it answers appears here by itself." in shown(page)
    assert "has not answered yet" in shown(page)
    page.goto(f"{served}/carriers/{account_id}")
    page.click("text=Ask it now")
    page.wait_for_selector("text=Unreachable")
    assert "check the account's urls and the firewall" in shown(page)


def test_what_somebody_else_changed_is_said_and_nothing_is_lost(
    page: Page, world: World, served: str, shop: Merchant
) -> None:
    other = page.context.new_page()
    for each in (other, page):
        each.goto(f"{served}/notifications/hours")
        each.fill("[name=reminder_h]", "24" if each is other else "72")
    other.click("text=Keep >> nth=-1")
    other.wait_for_url("**done=hours")
    page.click("text=Keep >> nth=-1")
    page.wait_for_selector("text=Somebody else changed this since you opened it")
    assert page.input_value("[name=reminder_h]") == "72"
    assert kept(world, shop) == 24
    page.click("text=Keep >> nth=-1")
    page.wait_for_url("**done=hours")
    assert kept(world, shop) == 72
    shipment = shop.get("/v1/shipments")["data"][0]["id"]
    for each in (other, page):
        each.goto(f"{served}/shipments/{shipment}/corrections")
        each.select_option("[name=status]", "delivered")
        each.fill("[name=why]", "rang the neighbour" if each is page else "saw the photo")
    for each, said in ((other, "saw the photo"), (page, "This is no longer possible")):
        each.press("[name=why]", "Control+Enter")
        each.wait_for_selector(f"main >> text={said}", state="attached")
    assert "rang the neighbour" in shown(page)
    page.click("text=Back to where you were")
    page.wait_for_url(f"**/shipments/{shipment}/corrections")
    assert "saw the photo" in shown(page)


def kept(world: World, shop: Merchant) -> int:
    return world.site.services.notifications.settings(shop.id, "test").reminder_h


FILES = (
    ("headings", sheet(orders(2, "wrong")).replace("Street and number", "Hvor da").encode(), "Say which it is"),
    ("utf-16", sheet(orders(2, "wrong")).encode("utf-16"), "no text in UTF-8"),
    ("too many", sheet(orders(TOO_MANY, "wrong")).encode(), "the 10001st is on line 10002"),
    ("countries", sheet(orders(3, "wrong", country="Norway")).encode(), "3 lines: 2, 3, 4"),
)


def test_a_file_that_is_wrong_is_told_by_its_lines_and_nothing_is_written(
    page: Page, world: World, served: str, shop: Merchant
) -> None:
    before = len(shop.get("/v1/shipments?limit=200")["data"])
    for name, content, said in FILES:
        page.goto(f"{served}/book/batch")
        page.set_input_files("#f-file", {"name": f"{name}.csv", "mimeType": "text/csv", "buffer": content})
        with page.expect_navigation():
            page.click("text=Look at it")
        if "/jobs/" in page.url:
            world.site.work()
            page.reload()
        assert said.casefold() in shown(page).casefold(), name
    assert len(shop.get("/v1/shipments?limit=200")["data"]) == before
