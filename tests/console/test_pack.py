"""The pack station: scan, weigh, book, print; nothing is printed that was not bought, and nothing is bought twice."""

from __future__ import annotations

import html
import re

import pytest
from playwright.sync_api import Page

from gateway.domain.people import Role
from gateway.services.pack_station import weight_in
from tests.browser import LIGHT, Chromium
from tests.console.test_book import ORDER, booked, job_of, orders, sheet, shown
from tests.console.test_screens import signed_in
from tests.console.world import Person, World, order
from tests.journeys.site import ORDER as ASKED

PRINTER = (
    "window.print = () => { const told = document.documentElement.dataset; told.printed = +(told.printed || 0) + 1; }"
)

LINE = """
const reached = window.fetch;
window.fetch = (...asked) => localStorage.down ? Promise.reject(new TypeError("no line")) : reached(...asked);
"""
"""The line to the server, which can be cut; what browsers log of a real cut would fail every test."""


@pytest.fixture(scope="module")
def packer(world: World) -> Person:
    return world.person(Role.WAREHOUSE)


def waiting(world: World, prefix: str, number: int = 2, **more: str) -> str:
    """A job whose orders wait at the station; where it is."""
    boss = world.person(Role.OPERATIONS)
    path = job_of(world, boss, sheet(orders(number, prefix, **more)))
    assert boss.post(f"{path}/pack").status_code == 303
    return path


def said(text: str) -> str:
    return shown(re.findall(r'<div class="said [^>]*>.*?</div>', text, re.DOTALL)[0]).strip()


def test_an_order_is_scanned_weighed_booked_and_printed_once(world: World, packer: Person) -> None:
    path = waiting(world, "pack")
    before = booked(world)
    page = packer.post("/pack", scan="pack-1").text
    assert "Berit A." in page
    assert 'name="current" value="pack-1"' in page
    page = packer.post("/pack", scan="3.25", current="pack-1").text
    assert 'value="3.25"' in page
    assert booked(world) == before
    done = packer.post("/pack", scan="", current="pack-1", weight="3.25", box="0")
    assert "stick on the label" in said(done.text)
    again = packer.post("/pack", scan="", current="pack-1", weight="3.25", box="0")
    assert "pack-1 is booked" in said(again.text)
    assert booked(world) == before + 1
    (label,) = re.findall(r'id="label" src="/console([^"]+)"', done.text)
    first, second = packer.get(label), packer.get(label)
    assert first.data == second.data
    assert (first.headers["X-Print"], second.headers["X-Print"]) == ("1", "2")
    assert "print 3" in said(packer.post("/pack", scan="REPRINT", current="pack-1").text)
    shipment = label.split("/")[2]
    assert world.shop.shipment(shipment)["parcels"][0]["weight_g"] == 3250
    assert "1 of 2 are packed" in shown(world.person(Role.OPERATIONS).see(path))
    packer.post("/pack", scan="", current="pack-2", weight="2.5")
    assert "Booked 2" in shown(world.person(Role.OPERATIONS).see(path))


def test_a_quote_and_what_is_booked_already_are_scanned_too(world: World, packer: Person) -> None:
    quote = (world.shop.call("POST", "/v1/quotes", {**ASKED, "reference": "scan-q"}).json or {})["id"]
    assert "scan-q" in packer.post("/pack", scan=quote).text
    assert "stick on the label" in said(packer.post("/pack", scan="", current=quote, weight="2.5").text)
    known = world.shipments["Per Dahl"]
    assert "is booked" in said(packer.post("/pack", scan=known["tracking_number"]).text)


def test_what_was_not_bought_has_no_label(world: World, packer: Person) -> None:
    assert "not known here" in said(packer.post("/pack", scan="nobody-has-this").text)
    assert "no label" in said(packer.post("/pack", scan="nett-2012-sim911").text)
    uncertain = packer.post("/pack", scan="nett-2011-sim915")
    assert "is not certain yet" in said(uncertain.text)
    assert "Tray: not certain yet" in uncertain.text
    assert 'id="label"' not in uncertain.text
    lost = next(each for each in world.shop.get("/v1/shipments?state=needs_review")["data"])
    assert packer.get(f"/pack/{lost['id']}/label").status_code == 409
    waiting(world, "nolabel", 1)
    assert "is not booked" in said(packer.post("/pack", scan="REPRINT", current="nolabel-1").text)
    assert "no weight" in said(packer.post("/pack", scan="", current="nolabel-1", weight="heavy").text)
    for command in ("ABORT", "NEXT-PARCEL", "reprint"):
        assert "stick on" not in packer.post("/pack", scan=command).text


def test_what_every_carrier_refuses_is_said_and_can_be_tried_again(world: World, packer: Person) -> None:
    accounts = world.shop.get("/v1/accounts")["data"]
    fleets = [each["id"] for each in accounts if each["carrier"] == "own_fleet" and each["enabled"]]
    for fleet in fleets:  # they refuse nothing
        world.shop.call("PATCH", f"/v1/accounts/{fleet}", {"enabled": False})
    boss = world.person(Role.OPERATIONS)
    path = job_of(world, boss, sheet([{**ORDER, "reference": "stuck-sim911"}]))
    boss.post(f"{path}/pack")
    refused = packer.post("/pack", scan="", current="stuck-sim911", weight="2.5")
    assert refused.status_code == 409
    assert "Nothing is charged" in html.unescape(refused.text)
    for fleet in fleets:
        world.shop.call("PATCH", f"/v1/accounts/{fleet}", {"enabled": True})
    assert "stick on" in said(packer.post("/pack", scan="", current="stuck-sim911", weight="2.5").text)


def test_a_stranger_scans_nothing_of_the_shops(world: World) -> None:
    waiting(world, "ours", 1)
    stranger = world.person(Role.WAREHOUSE, world.stranger)
    known = world.shipments["Per Dahl"]
    for scanned in ("ours-1", known["id"], known["reference"], known["tracking_number"], known["quote_id"]):
        assert "not known here" in said(stranger.post("/pack", scan=scanned).text)
        assert "not booked" in said(stranger.post("/pack", scan="", current=scanned).text)


@pytest.mark.parametrize(
    ("text", "grams"), [("2.5", 2500), ("2,5 kg", 2500), ("800 g", 800), ("3kg", 3000), ("3", 0), ("nett-2.5", 0)]
)
def test_a_weight_is_told_from_a_reference(text: str, grams: int) -> None:
    assert weight_in(text) == grams


def test_the_command_sheet_can_be_scanned(packer: Person) -> None:
    page = packer.see("/pack/sheet")
    assert page.count("<svg") == 3
    assert "Barcode NEXT PARCEL" in page


def test_a_scanner_alone_books_prints_and_prints_again(
    browser: Chromium, world: World, served: str, packer: Person
) -> None:
    waiting(world, "beep", 2)
    with browser.page(LIGHT) as page:
        signed_in(page, served, packer)
        page.add_init_script(PRINTER + LINE)
        page.goto(f"{served}/pack")
        typed(page, "beep-1")
        page.wait_for_selector("text=Enter books and prints")
        typed(page, "")
        page.wait_for_selector(".said.good")
        page.wait_for_selector("html[data-printed='1']")
        typed(page, "REPRINT")
        page.wait_for_selector("html[data-printed='2']")
        assert "print 2" in page.locator(".said-title").inner_text()
        typed(page, "what is this")
        page.wait_for_selector(".said.bad")
        assert page.evaluate("document.activeElement.id") == "scan"
        page.keyboard.press("Escape")
        page.wait_for_selector("text=Put aside")
        before = booked(world)
        typed(page, "beep-2")
        page.wait_for_selector("text=Enter books and prints")
        page.evaluate("localStorage.down = 'yes'")
        typed(page, "")
        page.wait_for_selector("#offline:not([hidden])")
        assert "not booked yet" in page.locator("#queue").inner_text()
        assert booked(world) == before
        page.evaluate("localStorage.removeItem('down')")
        page.wait_for_selector("text=beep-2 is booked now", timeout=15_000)
        assert booked(world) == before + 1
        assert page.locator("html[data-printed='2']").count() == 1


def typed(page: Page, text: str) -> None:
    """As a scanner does: letters, then Enter, into whatever has the focus."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_whose_station_is_slow_is_told(browser: Chromium, world: World, served: str, packer: Person) -> None:
    world.shop.booked(**{**order(2), "reference": "slow-1"})
    with browser.page(LIGHT) as page:
        signed_in(page, served, packer)
        page.goto(f"{served}/pack")
        page.route("**/pack", lambda route: None)  # never answered
        page.clock.install()
        typed(page, "slow-1")
        page.clock.run_for(800)
        assert page.locator("#slow").is_visible()
        page.clock.run_for(10_000)
        page.wait_for_selector("text=Put it into the tray without a label")
        assert page.evaluate("document.activeElement.id") == "scan"
