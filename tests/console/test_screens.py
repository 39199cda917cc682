"""Every page in a real browser: nothing wider than the screen, nothing that axe-core finds, and a picture of it.

`make screenshots` names the folder that the pictures stay in ($SCREENSHOTS), for somebody to look at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page

from gateway.domain.people import Role
from gateway.services.ports.calls import CallSearch
from tests.browser import LIGHT, PHONE_DARK, VIEWS, Chromium, shown_at, sideways, violations
from tests.console.test_book import ORDER, job_of, orders, sheet
from tests.console.test_handover import handed_over
from tests.console.world import Person, World, claim_of, facility_of
from tests.layout import NARROWEST, ZOOMED, covered, cut

PICTURES = os.environ.get("SCREENSHOTS")
SEEN = VIEWS if PICTURES else (LIGHT, PHONE_DARK)
"""Where pictures are wanted, as everybody sees the pages; else the two that have nothing in common."""

MANY = {"cancel": "fraud", "tag": "screens"}


@pytest.fixture(scope="session")
def pages(world: World) -> Mapping[str, str]:
    """Every page by the name of its picture."""
    shipment = {name.split()[0].lower(): found["id"] for name, found in world.shipments.items()}
    desk = world.site.services.staff.desk
    review = desk.waiting(world.shop.id, "test")
    assert "needs_review" in review
    calls = world.site.services.calls
    refused = calls.list(world.shop.id, CallSearch(mode="test", outcome="failed"))[0]
    booking = calls.list(world.shop.id, CallSearch(mode="test", text=shipment["kari"]))[-1]
    asked = calls.made(world.shop.id, CallSearch(mode="test"))[0]
    boss = world.person(Role.ADMIN)
    for shared in ("on", ""):
        boss.post("/shipments/views", name=f"Late ones{' of all' if shared else ''}", q="promise:missed", shared=shared)
    view = re.findall(r"view=(viw_\w+)", boss.see("/shipments"))[0]
    tick = {"which": "ticked", "id": [found["id"] for found in world.shipments.values()]}
    drafts = {act: boss.post("/shipments/many/draft", act=act, word=word, **tick) for act, word in MANY.items()}
    jobs = {act: draft.headers["Location"].removeprefix("/console") for act, draft in drafts.items()}
    world.site.work()
    boss.post(f"{jobs['tag']}/confirm")
    world.site.work()
    case = world.person(Role.ADMIN).see("/exceptions").split("/console/exceptions/cas_")[1].split('"')[0]
    fleet = world.site.services.accounts.named(world.shop.id, "test", "vans").id
    return {
        "today": "/",
        "shipments": "/shipments",
        "found": "/shipments?q=4417",
        "narrowed": "/shipments?q=status:delivered+promise:tomorow",
        "nothing": "/shipments?q=nobody+of+that+name",
        "view": f"/shipments?view={view}&q=is:open&cols=status+tags+price+recipient&density=compact",
        "views": "/shipments/views",
        "many-before": jobs["cancel"],
        "many-after": jobs["tag"],
        "shipment": f"/shipments/{shipment['ola']}",
        "shipment-problem": f"/shipments/{shipment['henrik']}",
        "act-time": f"/shipments/{shipment['ola']}/acts/time",
        "act-address": f"/shipments/{shipment['jonas']}/acts/address",
        "act-not-now": f"/shipments/{shipment['per']}/acts/point",
        "exceptions-overdue": "/exceptions?due=over",
        "corrections": f"/shipments/{shipment['ola']}/corrections",
        "exceptions": "/exceptions",
        "case": f"/exceptions/cas_{case}",
        "claims": "/claims",
        "claim": f"/claims/{claim_of(world)}",
        **_worked(world),
        "carriers": "/carriers",
        "carrier": f"/carriers/{world.account_id}",
        "carrier-choose": "/carriers/new",
        "carrier-new": "/carriers/new/own_fleet",
        "carrier-settings": f"/carriers/{world.account_id}/settings",
        "past": f"/carriers/{world.account_id}/past",
        "policies": "/policies",
        "policy": "/policies/default",
        "policy-differences": "/policies/countryside/differences",
        "simulation": _simulated(world, boss),
        "policy-form": "/policies/countryside/edit",
        "policy-new": "/policies/new",
        "zones": "/zones?country=NO&postcode=0150&latitude=59.91&longitude=10.75",
        "zone": "/zones/edit?zone=near-the-store",
        "zone-new": "/zones/edit",
        "facilities": "/facilities",
        "facility": f"/facilities/{facility_of(world)}",
        "facility-new": "/facilities/new",
        "rate-card": f"/carriers/{fleet}/rate-card",
        "credentials": f"/carriers/{world.account_id}/credentials",
        "reports": "/reports",
        "behind": "/reports/on_time",
        "developers": "/developers",
        "endpoint": f"/developers/endpoints/{world.endpoint_id}",
        "calls": "/developers/calls",
        "calls-none": "/developers/calls?about=nothing",
        "call": f"/developers/calls/{booking.id}",
        "call-refused": f"/developers/calls/{refused.id}",
        "calls-carriers": "/developers/calls/carriers",
        "call-carrier": f"/developers/calls/carriers/{asked.id}",
        "notifications": "/notifications",
        "words": "/notifications/texts",
        "words-sms": "/notifications/texts?channel=sms&event=delivered&language=de",
        "hours": "/notifications/hours",
        "brand": "/settings/brand",
        "retention": "/settings/retention",
        "settings": "/settings",
        "users": "/settings/users",
        "audit": "/settings/audit",
        "me": "/me",
        "refused": "/shipments/shp_none",
    }


def _simulated(world: World, boss: Person) -> str:
    """A simulation that is through."""
    answer = boss.post("/policies/countryside/simulate", version="1", days="7")
    world.site.work()
    return str(answer.headers["Location"]).removeprefix("/console")


def _worked(world: World) -> Mapping[str, str]:
    """Pages on which shipments are made and handed over, each with something on it."""
    boss, handed = world.person(Role.ADMIN), handed_over(world)
    wrong = {**ORDER, "reference": "seen-9", "country": "Norway", "postal_code": "562"}
    ready = job_of(world, boss, sheet([*orders(4, "seen"), wrong]))
    done = job_of(world, boss, sheet([*orders(2, "seen-too")]))
    boss.post(f"{done}/confirm", typed="2")
    world.site.work()
    packing = job_of(world, boss, sheet(orders(2, "seen-packed")))
    boss.post(f"{packing}/pack")
    asked = {"text": sheet(orders(1, "seen-working")), "csrf": boss.token()}
    working = boss.client.post("/console/book/batch", data=asked).headers["Location"]
    quote = boss.post("/book", **ORDER, reference="seen-one").headers["Location"]
    variants = {
        "job-packing": packing,
        "jobs": "/jobs",
        "pack": "/pack",
        "pack-known": "/pack?scan=nett-2001",
        "pack-unknown": "/pack?scan=nobody",
    }
    return {
        "book": "/book",
        "offers": quote.removeprefix("/console"),
        "batch": "/book/batch",
        "job-ready": ready,
        "job-done": done,
        "job-working": working.removeprefix("/console"),
        "pack-order": "/pack?scan=seen-packed-1",
        "pack-sheet": "/pack/sheet",
        "handover": "/handover",
        "manifest": f"/handover/manifests/{handed['manifest_id']}",
        "pickup": f"/handover/pickups/{handed['pickup_id']}",
        **(variants if PICTURES else {}),
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


@pytest.mark.parametrize("half", [0, 1])  # so that two workers share them
def test_every_page_is_accessible_and_fits(
    half: int, browser: Chromium, served: str, boss: Person, pages: Mapping[str, str]
) -> None:
    wrong = []
    with browser.page() as page:
        page.goto(f"{served}/sign-in")
        wrong += looked_at(page, "sign-in") if half == 0 else []
        signed_in(page, served, boss)
        for name, path in [*pages.items()][half::2]:
            page.goto(f"{served}{path}")
            wrong += looked_at(page, name)
    assert not wrong, "\n".join(wrong)


def looked_at(page: Page, name: str) -> list[str]:
    """Everything that is wrong with the page as it stands now; looked at anew for each screen, not loaded anew."""
    wrong = []
    for view in (*SEEN, ZOOMED, NARROWEST):
        shown_at(page, view)
        if PICTURES and view != NARROWEST:
            page.screenshot(path=Path(PICTURES) / f"{name}.{view.name.replace(' ', '-')}.png", full_page=True)
        found = [f"cut off: {words}" for words in cut(page)]
        found += ["wider than the screen"] if sideways(page) else []
        found += violations(page) if view in SEEN else []
        found += [f"the focus is behind something: {each}" for each in covered(page)] if view in (LIGHT, ZOOMED) else []
        wrong += [f"{name}, {view.name}: {each}" for each in found]
    shown_at(page, LIGHT)
    return wrong


CARD = "[zones]\nzone,country,postcodes\noslo,NO,0*|10*\n[prices]\nzone,service,max_weight_g,price_minor,currency\n"


def test_pages_that_answer_forms_are_accessible_and_fit(
    browser: Chromium, served: str, boss: Person, pages: Mapping[str, str]
) -> None:
    with browser.page() as page:
        signed_in(page, served, boss)
        page.goto(f"{served}/policies/countryside/edit")
        page.fill("[id='/score/late_minor']", "much")
        page.fill("[id='/rules/1/when/parts/0/value']", "heavy")
        page.click("[data-main]")
        page.wait_for_selector("text=Not kept yet")
        wrong = looked_at(page, "policy-refused")
        page.goto(f"{served}{pages['rate-card']}")
        page.fill("#f-card", f"{CARD}oslo,standard,5000,4900,NOK\noslo,standard,30000,6490,NOK\n")
        page.click("text=Compare it")
        page.wait_for_selector("text=What this card changes")
        wrong += looked_at(page, "rate-card-differences")
    assert not wrong, "\n".join(wrong)
