"""The recipient's page in a browser while a carrier pushes its scans doubled and in disorder: it changes by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import expect

from tests.browser import LIGHT, Chromium
from tests.conftest import TestDatabase
from tests.journeys.site import Gateway, Served, Site

LOOKS_EVERY_S = "0.1"


@pytest.fixture
def site(sqlite_database: TestDatabase, tmp_path: Path) -> Iterator[Site]:
    """A gateway whose open pages look for news often, and whose inbox is read by itself."""
    gateway = Gateway(sqlite_database.url, RECIPIENTS__POLL_S=LOOKS_EVERY_S)
    ended = Event()

    def work() -> None:
        while not ended.wait(0.05):
            for batch in gateway.services.inbox.claim():
                gateway.services.inbox.work(batch)

    worker = Thread(target=work)
    with Site(gateway, tmp_path) as site:
        worker.start()
        yield site
        ended.set()
        worker.join()
        assert site.violations() == []
    gateway.close()
    sqlite_database.empty()


def test_an_open_page_follows_a_carrier_that_pushes_in_disorder(site: Site, browser: Chromium) -> None:
    shop, running = site.merchant(), site.carrier("sandbox")
    account_id = shop.account("sandbox-1", running, without="track")
    shipment = shop.booked()
    with Served(site.gateway.app) as served, browser.page(LIGHT) as page:
        page.goto(served.url + urlsplit(shipment["tracking_url"]).path)
        expect(page.locator("h1")).to_have_text("Being prepared")
        (reference,) = (booking.carrier_reference for booking in site.active(shipment))
        hook = {"url": f"{served.url}/v1/carriers/{account_id}/webhook", "duplicate": 2, "shuffle": True}
        _tell(running.url, "webhooks", hook)
        for scan, title in (("ON_VEHICLE", "Out for delivery"), ("DELIVERED", "Delivered")):
            _tell(running.url, "advance", {"carrier_reference": reference, "to": scan})
            expect(page.locator("h1")).to_have_text(title)
            assert page.locator("#said").text_content() == f"News: {title}"
        assert page.locator(".events > li").count() >= 4
        page.reload()
        expect(page.locator("h1")).to_have_text("Delivered")


def _tell(url: str, what: str, body: object) -> None:
    answer = requests.post(f"{url}/_sim/{what}", json=body, timeout=30)
    answer.raise_for_status()
