"""Every page in a real browser: nothing wider than the screen, nothing that axe-core finds, and a picture of it.

`make screenshots` names the folder that the pictures stay in ($SCREENSHOTS), for somebody to look at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page

from gateway.domain.people import Role
from tests.browser import LIGHT, PHONE_DARK, VIEWS, Chromium, View, sideways, violations
from tests.console.world import Person, World, claim_of

PICTURES = os.environ.get("SCREENSHOTS")
SEEN = VIEWS if PICTURES else (LIGHT, PHONE_DARK)
"""Where pictures are wanted, as everybody sees the pages; else the two that have nothing in common."""

NARROWEST = View(name="320 px", width=320, height=640)


def pages(world: World) -> Mapping[str, str]:
    """Every page by the name of its picture."""
    shipment = {name.split()[0].lower(): found["id"] for name, found in world.shipments.items()}
    desk = world.site.services.staff.desk
    review = desk.waiting(world.shop.id, "test")
    assert "needs_review" in review
    case = world.person(Role.ADMIN).see("/exceptions").split("/console/exceptions/cas_")[1].split('"')[0]
    return {
        "today": "/",
        "shipments": "/shipments",
        "found": "/shipments?q=4417",
        "narrowed": "/shipments?q=status:delivered+promise:tomorow",
        "nothing": "/shipments?q=nobody+of+that+name",
        "shipment": f"/shipments/{shipment['ola']}",
        "shipment-problem": f"/shipments/{shipment['henrik']}",
        "exceptions": "/exceptions",
        "case": f"/exceptions/cas_{case}",
        "claims": "/claims",
        "claim": f"/claims/{claim_of(world)}",
        "carriers": "/carriers",
        "carrier": f"/carriers/{world.account_id}",
        "past": f"/carriers/{world.account_id}/past",
        "policies": "/policies",
        "policy": "/policies/default",
        "reports": "/reports",
        "behind": "/reports/on_time",
        "developers": "/developers",
        "endpoint": f"/developers/endpoints/{world.endpoint_id}",
        "settings": "/settings",
        "users": "/settings/users",
        "audit": "/settings/audit",
        "me": "/me",
        "refused": "/shipments/shp_none",
    }


def signed_in(page: Page, served: str, person: Person) -> None:
    """Let the browser hold a session."""
    cookie = person.client.get_cookie("gw")
    assert cookie is not None
    page.context.add_cookies([{"name": "gw", "value": cookie.value, "url": served}])


@pytest.fixture(scope="session")
def boss(world: World) -> Person:
    """An administrator with a session of their own."""
    return world.person(Role.ADMIN)


@pytest.mark.parametrize("view", SEEN, ids=lambda view: view.name)
def test_every_page_is_accessible_and_fits(
    view: View, browser: Chromium, world: World, served: str, boss: Person
) -> None:
    wrong = []
    with browser.page(view) as page:
        page.goto(f"{served}/sign-in")
        wrong += list(_looked_at(page, "sign-in", view))
        signed_in(page, served, boss)
        for name, path in pages(world).items():
            page.goto(f"{served}{path}")
            wrong += list(_looked_at(page, name, view))
    assert not wrong, "\n".join(wrong)


def _looked_at(page: Page, name: str, view: View) -> Iterator[str]:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.{view.name.replace(' ', '-')}.png", full_page=True)
    yield from (f"{name}, {view.name}: {each}" for each in violations(page))
    if sideways(page):
        yield f"{name}, {view.name}: wider than the screen"


def test_every_page_fits_320_pixels(browser: Chromium, world: World, served: str, boss: Person) -> None:
    with browser.page(NARROWEST) as page:
        signed_in(page, served, boss)
        for path in pages(world).values():
            page.goto(f"{served}{path}")
            assert not sideways(page), path
