"""The pages in a real browser: for everybody, on any screen, without script, and against those who mean harm."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from gateway.domain.shipments import Shipment
from gateway.domain.values import Parcel
from tests.browser import DARK, LIGHT, PHONE, Chromium, assert_accessible, sideways, violations
from tests.pages.parcels import BRAND, LIVES, MOVING, OSLO, OUT, STORE, Shop, open_shop

HOSTILE = (
    "<script>document.title='taken'</script>",
    '"><img src=x onerror="document.title=\'taken\'">',
    "'-alert(1)-'",
    "{{7*7}}${7*7}",
    "</title></textarea><svg/onload=alert(1)>",
    "\u202egnp.exe\u0000\u0007",
)


@pytest.mark.parametrize("life", ["attempted", "delivered"])
def test_anybody_can_use_it(life: str, browser: Chromium, served: str, shop: Shop) -> None:
    assert_accessible(browser, f"{served}/t/{shop.parcel(LIVES[life])}")


def test_refusals_can_be_used_by_anybody_too(browser: Chromium, served: str, shop: Shop) -> None:
    token = shop.parcel(LIVES["delivered"])
    for view in (PHONE, DARK):
        with browser.page(view) as page:
            page.goto(f"{served}/t/{token}?lang=de")
            page.click("#missing summary")
            page.click("#missing button")
            assert page.locator(".faults").is_visible()
            assert violations(page) == []
            page.click(".faults a")
            assert page.evaluate("document.activeElement.name") == "looked"
            page.goto(f"{served}/t/{'A' * 22}")
            assert violations(page) == []


def test_the_way_through_the_forms_without_script_and_by_keyboard_alone(
    browser: Chromium, served: str, shop: Shop
) -> None:
    token = shop.parcel(LIVES["delivered"])
    with browser.page(replace(PHONE, javascript=False)) as page:
        page.goto(f"{served}/t/{token}")
        page.check("input[name=stars][value='5']")
        page.select_option("#recommends", "10")
        page.click("#rating button")
        expect(page.locator("#rating")).to_have_text("Thank you. You gave 5 of 5.")
        page.locator("#missing summary").focus()
        page.keyboard.press("Enter")
        for choice in ("looked", "asked", "place"):
            page.locator(f"#{choice}").focus()
            page.keyboard.press("Space")
        page.locator("#missing button").focus()
        page.keyboard.press("Enter")
        told = page.locator("#missing .told")
        expect(told).to_have_text("The shop knows that you have not received it. Reported: today.")
        expect(told).to_be_in_viewport()
        page.fill("#missing_note", "the gate was open")
        page.click("#missing button")
        expect(page.locator("#missing")).to_contain_text("It also has what you added.")


def test_an_open_page_changes_by_itself_and_says_so(browser: Chromium, served: str, shop: Shop) -> None:
    shipment = shop.shipment(MOVING)
    url = f"{served}/t/{shop.services.recipients.links.token(shipment.id)}"
    with browser.page(LIGHT) as page:
        page.goto(url)
        assert page.locator("h1").inner_text() == "On its way"
        assert page.locator(".live").is_visible()
        shop.hears(shipment, OUT[-1])
        expect(page.locator("h1")).to_have_text("Out for delivery")
        assert page.locator("#said").text_content() == "News: Out for delivery"
        assert page.title() == "Out for delivery – Fjord og Fjell"
        shop.hears(shipment, (0.1, "delivered", "delivered_neighbour", "Oslo", ""))
        expect(page.locator("h1")).to_have_text("Delivered")
        assert page.locator("#rating button").is_visible()


def test_without_script_it_is_the_reload_that_tells(browser: Chromium, served: str, shop: Shop) -> None:
    shipment = shop.shipment(MOVING)
    with browser.page(replace(LIGHT, javascript=False)) as page:
        page.goto(f"{served}/t/{shop.services.recipients.links.token(shipment.id)}")
        assert page.locator("h1").inner_text() == "On its way"
        shop.hears(shipment, OUT[-1])
        page.get_by_text("Reload for news").click()
        expect(page.locator("h1")).to_have_text("Out for delivery")


def test_text_from_outside_is_text(browser: Chromium, served: str, shop: Shop) -> None:
    victim = open_shop(shop.services, HOSTILE[0])
    victim.services.recipients.brands.put(victim.merchant_id, replace(BRAND, name=HOSTILE[1]))
    scans = tuple((n + 1.0, "in_transit", "facility_arrival", text, text) for n, text in enumerate(HOSTILE))
    goods = Shipment(
        origin=STORE, destination=replace(OSLO, name=HOSTILE[4], city=HOSTILE[0]), parcels=(Parcel(weight_g=1),)
    )
    with browser.page() as page:
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        page.goto(f"{served}/t/{victim.parcel(scans, goods=goods)}")
        for words in page.locator(".events summary").all():
            words.click()
        assert page.title() == f"On its way – {HOSTILE[1]}"
        shown = page.locator("main").inner_text()
        for text in (*HOSTILE[:5], "gnp.exe"):
            assert text in shown, text
        assert "\u202e" not in page.content()
        assert violations(page) == []


def test_any_colour_of_a_brand_can_be_read(browser: Chromium, served: str, shop: Shop) -> None:
    painted = open_shop(shop.services, "Painted")
    token = painted.parcel(LIVES["delivered"])
    for colour, view in (("#ffff00", LIGHT), ("#000000", DARK)):
        painted.services.recipients.brands.put(painted.merchant_id, replace(BRAND, colour=colour))
        with browser.page(view) as page:
            page.goto(f"{served}/t/{token}")
            assert violations(page) == []


def test_it_is_ready_for_languages_written_from_the_right(browser: Chromium, served: str, shop: Shop) -> None:
    with browser.page(PHONE) as page:
        page.goto(f"{served}/t/{shop.parcel(LIVES['delivered'])}")
        page.evaluate("document.documentElement.dir = 'rtl'")
        assert not sideways(page)
        assert _x(page, ".badge") > _x(page, "h1")
        assert _x(page, ".top .help") < _x(page, ".logo")


def _x(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box
    return box["x"]


def test_on_paper_there_is_what_matters(browser: Chromium, served: str, shop: Shop) -> None:
    with browser.page() as page:
        page.goto(f"{served}/t/{shop.parcel(LIVES['delivered'])}")
        page.emulate_media(media="print")
        assert page.locator("h1").is_visible()
        assert page.locator(".events").first.is_visible()
        for hidden in ("form", ".languages", ".skip"):
            assert not page.locator(hidden).first.is_visible()
