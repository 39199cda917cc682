"""The database is away, seen through what is served: a page says so in words, what was typed is on it, and when the
database is back everything goes on by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page
from sqlalchemy import make_url

from gateway.storage.migrate import migrate
from tests.browser import Chromium, sideways, violations
from tests.journeys.processes import Web
from tests.journeys.site import Gateway, environment
from tests.postgres import Server

TOLD_TO_ALL = {"CONSOLE__CODES_FOR_ADMINS": "false"}


@pytest.fixture
def url(postgres: Server, worker_id: str) -> str:
    """A database that only this test has."""
    url = postgres.database(f"down_{worker_id}")
    migrate(url)
    return url


@contextmanager
def away(url: str) -> Iterator[None]:
    """Its connections end, and no new one is let in."""
    found = make_url(url)
    there = found.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(there, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{found.database}" ALLOW_CONNECTIONS false'.encode())
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [found.database]
        )
        try:
            yield
        finally:
            connection.execute(f'ALTER DATABASE "{found.database}" ALLOW_CONNECTIONS true'.encode())


def test_a_page_says_that_the_database_is_away_and_loses_nothing(browser: Chromium, url: str, tmp_path: Path) -> None:
    gateway = Gateway(url, **TOLD_TO_ALL)
    merchant_id = gateway.services.keys.add_merchant("Shop")
    _, password = gateway.services.staff.people.add(merchant_id, "a@down.example", "Anna", "admin")
    gateway.close()
    with Web(environment(url, **TOLD_TO_ALL), tmp_path / "log") as web, browser.page() as page:
        here = f"{web.wait_ready().url}/console"
        page.goto(f"{here}/sign-in")
        page.fill("#f-email", "a@down.example")
        page.fill("#f-password", password)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{here}/")
        page.goto(f"{here}/book")
        page.fill("[name=name]", "half a <thought>")
        with away(url):
            page.click("[name=more]")
            page.wait_for_selector("text=The database does not answer")
            assert "half a <thought>" in page.locator("main").inner_text()
            assert page.locator("input[name=csrf]").count() == 0
            for path in ("/", "/shipments", "/developers/calls"):
                answered(page, f"{here}{path}")
            assert violations(page) == []
            assert not sideways(page)
            page.goto(f"{here}/sign-in")
            assert page.locator("#f-password").is_visible()
        page.goto(f"{here}/shipments")
        assert page.locator("h1").inner_text() == "Shipments"


def answered(page: Page, path: str) -> None:
    """By a page that says what is the matter, and when to come back."""
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 503
    assert answer.headers["retry-after"] == "5"
    assert "The database does not answer" in page.locator("main").inner_text()
