"""Other times, pickup points and push messages, as people with any screen, without script, find them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from carriers.base.simulator import Fault, FaultKind
from gateway.storage.migrate import migrate
from tests.browser import LIGHT, PHONE, Chromium, View, assert_accessible, sideways, violations
from tests.journeys.site import Gateway, Merchant, Served, Site

NARROW = View(name="narrow", width=320, height=700)
LANGUAGES = ("en", "de", "es", "fr", "no", "pl")
LONGEST_PAGE = 60_000


@dataclass
class Street:
    """A shop that lets its recipients do everything, served."""

    site: Site
    shop: Merchant
    url: str

    def parcel(self, **more: Any) -> str:
        """The address of a new parcel's page."""
        return self.page(self.shop.booked(**more))

    def page(self, shipment: Any) -> str:
        return self.url + urlsplit(shipment["tracking_url"]).path

    def fault(self, kind: FaultKind, operation: str) -> None:
        self.site._running[-1].simulator.faults.add(Fault(kind=kind, operation=operation))


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    folder = tmp_path_factory.mktemp("wishes")
    url = f"sqlite:///{folder}/wishes.db"
    migrate(url)
    gateway = Gateway(
        url, RECIPIENTS__POLL_S="3600", RECIPIENTS__ANSWERS_PER_MIN="1000", RECIPIENTS__LOOKS_PER_MIN="1000"
    )
    with Site(gateway, folder) as site, Served(gateway.app) as served:
        shop = site.merchant("Fjord og Fjell")
        brand = {"name": "Fjord og Fjell", "colour": "#1d5c4d", "reschedule": True, "redirect": True, "wishes": True}
        assert shop.call("PUT", "/v1/brand", brand).status_code == 200
        push = {"push": {"contact": "mailto:parcels@fjord.example"}}
        assert shop.call("PUT", "/v1/notification-senders/push", push).status_code == 200
        shop.account("sandbox", site.carrier("sandbox"))
        yield Street(site, shop, served.url)
    gateway.close()


def test_anybody_can_choose_in_any_language(browser: Chromium, street: Street) -> None:
    url = street.parcel()
    assert_accessible(browser, f"{url}/times")
    assert_accessible(browser, f"{url}/points")
    with browser.page(NARROW) as page:
        for language in LANGUAGES:
            for what in ("", "/times", "/points"):
                answer = page.goto(f"{url}{what}?lang={language}")
                assert answer is not None
                assert len(answer.body()) < LONGEST_PAGE
                assert not sideways(page), (language, what)


def test_the_way_to_another_time_without_script_and_by_keyboard(browser: Chromium, street: Street) -> None:
    url = street.parcel()
    with browser.page(replace(PHONE, javascript=False)) as page:
        page.goto(url)
        assert not page.locator("#push").is_visible(), "nothing is offered that needs a script"
        page.get_by_role("link", name="Another time").focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Ask the carrier").press("Enter")
        expect(page.locator(".faults")).to_be_visible()
        page.locator("#choice").focus()
        page.keyboard.press("Space")
        page.fill("#proof", "8888")
        page.get_by_role("button", name="Ask the carrier").press("Enter")
        expect(page.locator("#diverted")).to_contain_text("The carrier has confirmed")
        expect(page.locator(".when")).to_contain_text("The time you chose.")


def test_what_is_not_known_and_what_was_refused_can_be_read_by_anybody(browser: Chromium, street: Street) -> None:
    unknown, refused = street.parcel(), street.parcel(reference="order-sim966")
    street.fault(FaultKind.RESET_AFTER, "reschedule")
    with browser.page(LIGHT) as page:
        for url in (unknown, refused):
            page.goto(f"{url}/times")
            page.check("#choice")
            page.fill("#proof", "8888")
            page.get_by_role("button", name="Ask the carrier").click()
        expect(page.locator("h1")).to_have_text("The carrier cannot do that")
    assert_accessible(browser, unknown)


def test_the_point_is_shown_with_its_hours(browser: Chromium, street: Street) -> None:
    url = street.parcel()
    with browser.page(PHONE) as page:
        page.goto(f"{url}/points")
        page.locator("input[name=choice]").nth(1).check()
        page.fill("#proof", "8888")
        page.get_by_role("button", name="Ask the carrier").click()
        expect(page.locator("#point")).to_contain_text("Sandbox point 2")
        expect(page.locator("#point")).to_contain_text("Monday – Sunday")
    assert_accessible(browser, url)


def test_a_push_message_is_shown_by_the_browser_under_our_policy(browser: Chromium, street: Street) -> None:
    """As far as a browser without a network goes: its own push service cannot be reached, so the message is handed
    to the service worker as the push service would.
    """
    url = street.parcel()
    with browser.page(LIGHT, permissions=["notifications"]) as page:
        page.goto(url)
        expect(page.locator("#push")).to_be_visible()
        assert violations(page) == []
        devtools = page.context.new_cdp_session(page)
        registered: list[Any] = []
        devtools.on("ServiceWorker.workerRegistrationUpdated", lambda told: registered.extend(told["registrations"]))
        devtools.send("ServiceWorker.enable")
        page.evaluate(
            """async () => {
                const made = await navigator.serviceWorker.register(
                    "/t/assets/push-worker.js", { scope: "/t/assets/push-x/" });
                while (!made.active) await new Promise((done) => setTimeout(done, 20));
            }"""
        )
        message = {"title": "Fjord og Fjell: on its way", "body": "Bring has it.", "url": url, "tag": "shp_1"}
        told = {
            "origin": street.url,
            "registrationId": registered[-1]["registrationId"],
            "data": json.dumps(message),
        }
        devtools.send("ServiceWorker.deliverPushMessage", told)
        shown = page.evaluate(
            """async () => {
                const made = await navigator.serviceWorker.getRegistration("/t/assets/push-x/");
                for (let n = 0; n < 200; n++) {
                    const found = await made.getNotifications();
                    if (found.length) return found.map((each) => [each.title, each.body, each.tag, each.data.url]);
                    await new Promise((done) => setTimeout(done, 25));
                }
                return [];
            }"""
        )
    assert shown == [[message["title"], message["body"], message["tag"], url]]
