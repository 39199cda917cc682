"""The code by which recipients prove who they are, without script, by keyboard, on a narrow screen, in any language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from gateway.engines.notices.sink import MailSink
from gateway.storage.migrate import migrate
from tests.browser import PHONE, Chromium, assert_accessible, sideways
from tests.journeys.recipients import mails, settings, to
from tests.journeys.site import Gateway, Served, Site
from tests.pages.test_wishes_in_a_browser import LANGUAGES, LONGEST_PAGE, NARROW, Street


@pytest.fixture
def mailed() -> Iterator[MailSink]:
    with MailSink() as sink:
        yield sink


@pytest.fixture
def street(tmp_path_factory: pytest.TempPathFactory, mailed: MailSink) -> Iterator[Street]:
    folder = tmp_path_factory.mktemp("codes")
    url = f"sqlite:///{folder}/codes.db"
    migrate(url)
    gateway = Gateway(
        url,
        RECIPIENTS__ANSWERS_PER_MIN="1000",
        RECIPIENTS__LOOKS_PER_MIN="1000",
        NOTIFICATIONS__SESSION_S="50",
    )
    with Site(gateway, folder) as site, Served(gateway.app) as served:
        shop = site.merchant("Fjord og Fjell")
        brand = {"name": "Fjord og Fjell", "colour": "#1d5c4d", "reschedule": True, "wishes": True, "proof_code": True}
        assert shop.call("PUT", "/v1/brand", brand).status_code == 200
        mails(shop, mailed)
        settings(shop)
        shop.account("sandbox", site.carrier("sandbox"))
        yield Street(site, shop, served.url)
    gateway.close()


def test_a_code_is_asked_for_and_given_without_script(browser: Chromium, street: Street, mailed: MailSink) -> None:
    url = street.parcel(destination=to())
    assert_accessible(browser, f"{url}/times")
    with browser.page(replace(PHONE, javascript=False)) as page:
        page.goto(f"{url}/times")
        expect(page.get_by_role("button", name="Ask the carrier")).to_have_count(0)
        page.locator("input[name=choice]").nth(1).check()
        page.get_by_role("button", name="Send me a code").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("We have sent a code to k…@example.com")
        assert page.locator("input[name=choice]").nth(1).is_checked(), "what was chosen stays"
        (code,) = re.findall(r"\b\d{6}\b", mailed.mails[-1].part("plain"))
        page.fill("#proof", code)
        page.press("#proof", "Enter")
        expect(page.locator("#diverted")).to_contain_text("The carrier has confirmed")
    other = street.parcel(destination=to())
    with browser.page(NARROW) as page:
        page.goto(f"{other}/times")
        page.locator("input[name=choice]").first.check()
        page.get_by_role("button", name="Send me a code").click()
        for language in LANGUAGES:
            answer = page.goto(f"{other}/times?lang={language}")
            assert answer is not None
            assert len(answer.body()) < LONGEST_PAGE
            assert not sideways(page), language
    assert_accessible(browser, f"{other}/times")
