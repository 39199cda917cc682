"""Push messages end to end: a browser subscribes on the page, a carrier's scans come in, a push service decrypts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from gateway.storage.repositories.pushes import PUSHES
from tests.journeys.push_service import Browser, PushService
from tests.journeys.recipients import Told, brand, settings
from tests.journeys.site import Merchant, Site

KEY = re.compile(r'data-key="([A-Za-z0-9_-]{87})"')


@dataclass
class Home:
    """A shop that pushes, its parcel, and the push service."""

    site: Site
    shop: Merchant
    service: PushService
    told: Told

    @property
    def path(self) -> str:
        return urlsplit(self.shop.shipment(self.told.parcel.id)["tracking_url"]).path

    def page(self) -> str:
        return self.site.gateway.app.test_client().get(self.path, environ_base=self._own).text

    def browser(self, name: str = "phone") -> Browser:
        found = KEY.search(self.page())
        assert found, "the page offers no push messages"
        return Browser(self.service, name, found[1])

    def send(self, what: str, subscription: dict[str, str]) -> TestResponse:
        headers = {"Sec-Fetch-Site": "same-origin"}
        client = self.site.gateway.app.test_client()
        form = {"what": what, **subscription}
        return client.post(f"{self.path}/push", data=form, headers=headers, environ_base=self._own)

    def pushed(self) -> list[tuple[str, str, str]]:
        return [
            (each["event"], each["state"], each["why"] or "") for each in self.told.log() if each["channel"] == "push"
        ]

    @property
    def _own(self) -> dict[str, str]:
        return {"REMOTE_ADDR": f"recipient of {self.told.parcel.id}"}


@pytest.fixture
def home(sqlite_site: Site) -> Iterator[Home]:
    shop = sqlite_site.merchant()
    contact = {"push": {"contact": "mailto:parcels@fjord.example"}}
    made = shop.call("PUT", "/v1/notification-senders/push", contact)
    assert made.status_code == 200, made.text
    settings(shop)
    brand(shop)
    running = sqlite_site.carrier("sandbox")
    account_id = shop.account("sandbox-1", running, without="track")
    with PushService() as service:
        yield Home(sqlite_site, shop, service, Told(sqlite_site, shop, running, account_id))
        assert service.refused == []


def test_a_browser_that_asked_is_told_each_thing_once(home: Home) -> None:
    browser = home.browser()
    for _ in range(2):
        assert home.send("follow", browser.subscription).status_code == 204
    home.told.scan("PICKED_UP").scan("PICKED_UP").scan("ON_VEHICLE")
    assert [each.told["title"] for each in browser.received] == [
        "Fjord Shop: pakken din er på vei",
        "Fjord Shop: pakken din er ute til levering",
    ]
    last = browser.received[-1]
    assert urlsplit(last.told["url"]).path == home.path
    assert last.claims["sub"] == "mailto:parcels@fjord.example"
    assert last.claims["exp"] < (home.site.clock() + timedelta(hours=24)).timestamp()
    assert int(last.headers["TTL"]) > 0
    assert last.headers["Topic"] == home.told.parcel.id
    assert home.pushed() == [("on_its_way", "sent", ""), ("out_for_delivery", "sent", "")]


def test_nobody_who_did_not_ask_is_told_and_nothing_is_written(home: Home) -> None:
    home.told.scan("PICKED_UP")
    assert home.pushed() == []


def test_a_browser_that_is_gone_is_forgotten_and_the_other_is_told(home: Home) -> None:
    phone, laptop = home.browser("phone"), home.browser("laptop")
    for each in (phone, laptop):
        assert home.send("follow", each.subscription).status_code == 204
    phone.status = 410
    home.told.scan("PICKED_UP")
    assert len(laptop.received) == 1
    laptop.status = 404
    home.told.scan("ON_VEHICLE")
    assert home.pushed()[-1] == ("out_for_delivery", "failed", "the browser has ended it")
    with home.site.services.store.look() as uow:
        assert uow.pushes.of_shipment(home.shop.id, home.told.parcel.id) == []
    home.told.scan("DELIVERED", "RECIPIENT")
    assert home.pushed()[-1][0] == "out_for_delivery", "nobody follows it any more"


def test_who_ends_it_is_told_no_more(home: Home) -> None:
    browser = home.browser()
    assert home.send("follow", browser.subscription).status_code == 204
    assert home.send("leave", browser.subscription).status_code == 204
    home.told.scan("PICKED_UP")
    assert browser.received == []


def test_a_browser_that_followed_by_a_link_that_was_revoked_is_not_told_the_new_one(home: Home) -> None:
    stranger = home.browser("stranger")
    assert home.send("follow", stranger.subscription).status_code == 204
    revoked = home.shop.call("POST", f"/v1/shipments/{home.told.parcel.id}/tracking-link/revoke")
    assert revoked.status_code == 200, revoked.text
    owner = home.browser("owner")
    assert home.send("follow", owner.subscription).status_code == 204
    home.told.scan("PICKED_UP")
    assert stranger.received == []
    assert [urlsplit(each.told["url"]).path for each in owner.received] == [home.path]


def test_a_busy_push_service_is_tried_again_and_a_broken_one_is_not(home: Home) -> None:
    browser = home.browser()
    assert home.send("follow", browser.subscription).status_code == 204
    browser.status = 503
    home.told.scan("PICKED_UP")
    assert home.pushed()[0][1] == "pending"
    browser.status = 201
    home.site.work(minutes=10)
    assert len(browser.received) == 1
    browser.status = 500
    home.told.scan("ON_VEHICLE")
    browser.status = 201
    home.site.work(minutes=10)
    assert home.pushed()[-1][1] == "unknown", "it may have been shown: not sent again"
    assert len(browser.received) == 1


def test_quiet_hours_hold_for_push_messages_too(home: Home) -> None:
    now = home.site.clock() + timedelta(hours=1)  # Oslo in November
    settings(
        home.shop,
        quiet={
            "start": f"{now - timedelta(hours=1):%H:%M}",
            "end": f"{now + timedelta(hours=2):%H:%M}",
            "channels": ["push"],
        },
    )
    browser = home.browser()
    assert home.send("follow", browser.subscription).status_code == 204
    home.told.scan("ON_VEHICLE")
    assert browser.received == []
    home.site.work(hours=2, minutes=1)
    assert len(browser.received) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": ""},
        {"endpoint": "ftp://127.0.0.1/x"},
        {"endpoint": "https://example.com/" + "x" * 2000},
        {"p256dh": "AAAA"},
        {"p256dh": "B" * 87},
        {"auth": "AAAA"},
        {"auth": "!" * 22},
    ],
    ids=["none", "scheme", "length", "short key", "no point", "short secret", "no base64"],
)
def test_what_is_no_subscription_is_refused(home: Home, wrong: dict[str, str]) -> None:
    browser = home.browser()
    assert home.send("follow", {**browser.subscription, **wrong}).status_code == 422
    with home.site.services.store.look() as uow:
        assert uow.pushes.of_shipment(home.shop.id, home.told.parcel.id) == []


def test_a_household_follows_and_no_more(home: Home) -> None:
    browsers = [home.browser(f"b{number}").subscription for number in range(6)]
    assert [home.send("follow", each).status_code for each in browsers] == [204] * 5 + [409]
    assert home.send("follow", browsers[4]).status_code == 204, "it follows already: saying so again is harmless"


def test_a_shop_without_a_sender_offers_none(home: Home) -> None:
    browser = home.browser()
    assert home.shop.call("DELETE", "/v1/notification-senders/push").status_code == 204
    assert KEY.search(home.page()) is None
    assert home.send("follow", browser.subscription).status_code == 409


def test_where_a_browser_is_reached_is_encrypted_and_erased_with_its_person(home: Home) -> None:
    browser = home.browser()
    assert home.send("follow", browser.subscription).status_code == 204
    assert browser.subscription["endpoint"] not in _dump(home)
    home.told.scan("DELIVERED", "RECIPIENT")
    erased = home.shop.call("POST", "/v1/privacy/erase", {"email": "kari@example.com"})
    assert erased.status_code == 200, erased.text
    with home.site.services.store.look() as uow:
        assert uow.pushes.of_shipment(home.shop.id, home.told.parcel.id) == []


def _dump(home: Home) -> str:
    """What lies in the database."""
    store: Any = home.site.services.store
    with store._reading() as connection:
        return str([tuple(row) for row in connection.execute(select(PUSHES))])


def test_a_sender_needs_a_contact(home: Home) -> None:
    for wrong in ({}, {"contact": "parcels@fjord.example"}, {"contact": "mailto:x"}, {"contact": "http://x.example"}):
        refused = home.shop.call("PUT", "/v1/notification-senders/push", {"push": wrong})
        assert refused.status_code == 422, wrong
    assert (
        home.shop.call("PUT", "/v1/notification-senders/sms", {"push": {"contact": "mailto:a@b.example"}}).status_code
        == 422
    )
