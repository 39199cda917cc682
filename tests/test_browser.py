"""The browser and the accessibility engine, tested as themselves: tests of pages stand on them."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from pytest_httpserver import HTTPServer

from tests import browser as browsers
from tests.browser import VIEWS, Chromium, NoBrowser, assert_accessible, find_chromium, sideways, violations

GOOD = "<!doctype html><html lang=en><title>A page</title><main><h1>It is here</h1><p>On a Tuesday.</p></main>"
PALE = GOOD.replace("<p>", "<p style='color:#ddd;background:#fff'>")


def data(html: str) -> str:
    return f"data:text/html;charset=utf-8,{quote(html)}"


def test_a_sound_page_passes_in_every_view(browser: Chromium) -> None:
    assert_accessible(browser, data(GOOD))


def test_what_is_hard_to_read_is_named(browser: Chromium) -> None:
    with browser.page() as page:
        page.goto(data(PALE))
        (found,) = violations(page)
        assert found.startswith("color-contrast")


def test_what_scrolls_sideways_on_a_phone_is_seen(browser: Chromium) -> None:
    with browser.page(VIEWS[-1]) as page:
        page.goto(data(GOOD.replace("<p>", "<p style='width:600px'>")))
        assert sideways(page)


def test_what_a_policy_blocks_fails_the_test(browser: Chromium, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(
        GOOD + "<script>document.title = 'taken over'</script>",
        content_type="text/html",
        headers={"Content-Security-Policy": "script-src 'self'"},
    )
    visited = browser.page()
    page = visited.__enter__()
    page.goto(httpserver.url_for("/"))
    assert page.title() == "A page"
    assert violations(page) == []  # the engine runs in spite of the policy
    with pytest.raises(AssertionError, match="Content Security Policy"):
        visited.__exit__(None, None, None)


def test_a_page_that_is_not_there_is_no_fault_of_itself(browser: Chromium, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(GOOD, status=404, content_type="text/html")
    httpserver.expect_request("/favicon.ico").respond_with_data("")
    with browser.page() as page:
        answer = page.goto(httpserver.url_for("/"))
        assert answer
        assert answer.status == 404


def test_a_machine_without_a_browser_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(browsers, "NAMES", ("no-such-browser",))
    monkeypatch.setattr(browsers.shutil, "which", lambda name: None)
    with pytest.raises(NoBrowser, match=r"sudo apt-get install --yes --no-install-recommends chromium"):
        find_chromium()
