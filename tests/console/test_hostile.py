"""Thirty hostile strings in every text that people and carriers can write: no script runs, no layout breaks."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Sequence

import pytest
from playwright.sync_api import Page

from gateway.console.rendering import NAV
from gateway.domain.people import Role
from tests.browser import LIGHT, PHONE, Chromium, sideways
from tests.console.test_book import ORDER as FORM
from tests.console.test_book import job_of, sheet
from tests.console.test_screens import signed_in
from tests.console.world import Person, World
from tests.journeys.site import ORDER

RAN = "document.title='ran'"
HOSTILE = (
    f"<script>{RAN}</script>",
    f"</script><script>{RAN}</script>",
    f'"><script>{RAN}</script>',
    f"'><img src=x onerror={RAN}>",
    f'<img src=x onerror="{RAN}">',
    f"<svg onload={RAN}>",
    f"<svg><script>{RAN}</script></svg>",
    f"<body onload={RAN}>",
    f"<iframe srcdoc='<script>parent.{RAN}</script>'></iframe>",
    f"<a href=javascript:{RAN}>x</a>",
    f"javascript:{RAN}",
    f"<details open ontoggle={RAN}>",
    f"<input autofocus onfocus={RAN}>",
    f"<form action=/console/sign-out><button name=x>x</button></form><script>{RAN}</script>",
    f"<div hx-get='/console/me' hx-trigger='load' hx-on:load=\"{RAN}\">x</div>",
    f"<style>*{{display:none}}</style><script>{RAN}</script>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RAN}'>",
    f"<base href='https://evil.example/'><script>{RAN}</script>",
    f"{{{{ {RAN} }}}}",
    "{{ config }}{% for x in () %}{% endfor %}",
    f"${{{RAN}}}",
    f"`;{RAN};`",
    f"<!--><script>{RAN}</script>-->",
    f"<math><mtext></p><script>{RAN}</script></mtext></math>",
    "&lt;script&gt;&#60;script&#62;",
    "\u202eevil\u202c \u200b\u200d rtl",
    "Ω≈ç√∫ 漢字 العربية עברית 👩‍👩‍👧‍👦",
    "x" * 90,
    "W" * 40 + " " + "M" * 45,
    '=HYPERLINK("https://evil.example","x")',
)


FIELDS = ("name", "company", "street1", "street2", "city", "instructions")


def test_no_hostile_string_runs_or_breaks_a_page(browser: Chromium, world: World, served: str) -> None:
    assert len(HOSTILE) == 30
    boss = world.person(Role.ADMIN)
    number = len(FIELDS)
    batches = [HOSTILE[begin : begin + number] for begin in range(0, len(HOSTILE), number)]
    written = [_written(world, boss, batch) for batch in batches]
    for view in (LIGHT, PHONE):
        with browser.page(view) as page:
            signed_in(page, served, boss)
            for path in [
                "/shipments",
                "/shipments/views",
                "/developers/calls",
                "/settings/brand",
                "/developers",
                "/settings/audit",
                *written,
            ]:
                page.goto(f"{served}{path}")
                _unharmed(page, f"{path}, {view.name}")
                for show in page.locator("#recipient form").all():
                    show.locator("select").select_option("proof")
                    show.locator("button").click()
                    page.wait_for_selector("#recipient .notice")
                    _unharmed(page, f"{path} unmasked, {view.name}")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_searched_for_is_told_as_text(support: Person, text: str) -> None:
    answer = support.get("/shipments", q=text)
    assert answer.status_code == 200
    searched = " ".join(text.split())
    assert (searched in answer.text) == (html.escape(searched) == searched)
    assert searched in html.unescape(answer.text)


def test_orders_of_hostile_strings_are_told_as_text(browser: Chromium, world: World, served: str) -> None:
    boss = world.person(Role.OPERATIONS)
    rows = [{**FORM, "reference": text[:90] + str(at), "name": text} for at, text in enumerate(HOSTILE)]
    rows += [{**FORM, "country": text, "phone": text} for text in HOSTILE]
    job = job_of(world, boss, sheet(rows))
    form = boss.post("/book", **{**FORM, "name": HOSTILE[0], "city": HOSTILE[10], "reference": HOSTILE[2]})
    offers = form.headers["Location"].removeprefix("/console")
    boss.post("/handover/pickups", account="sandbox-oslo", note=HOSTILE[0])
    with browser.page(PHONE) as page:
        signed_in(page, served, boss)
        for path in (job, f"{job}?state=blocked", offers, f"/book?quote={offers.rpartition('/')[2]}", "/jobs"):
            page.goto(f"{served}{path}")
            _unharmed(page, path)
        page.goto(f"{served}/pack")
        for text in HOSTILE:
            page.fill("#scan", text)
            with page.expect_response("**/pack"):
                page.keyboard.press("Enter")
            page.locator(".said-title", has_text=" ".join(text.split())[:20]).wait_for()
            assert page.title().endswith("Doorstep"), text
            assert page.locator("img, iframe, base, math, .station svg").count() == 0, text
            assert not sideways(page), text
    report = boss.get(f"{job}/rows.csv").data.decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(report)) for cell in row]
    assert [cell for cell in cells if cell[:1] in tuple("=@")] == []


def _unharmed(page: Page, where: str) -> None:
    assert page.title().endswith("Doorstep"), where
    assert (
        page.locator(
            "img[src='x'], iframe, base, math, main script, main style, main svg:not(.spark, .brand-preview)"
        ).count()
        == 0
    )
    assert page.locator("nav.side a").count() == len(NAV), where
    assert not sideways(page), where


def _written(world: World, boss: Person, texts: Sequence[str]) -> str:
    """A shipment with these strings in every field, in notes, events and names of keys; where it is."""
    to = {**ORDER["destination"], **dict(zip(FIELDS, texts, strict=True)), "email": "a@b.example"}
    parcels = [{**ORDER["parcels"][0], "description": text} for text in texts[:3]]
    made = world.shop.booked(destination=to, parcels=parcels, metadata={"order": texts[0]})
    path = f"/shipments/{made['id']}"
    boss.post("/settings/brand", act="keep", name=texts[0][:60], colour="#0b57b0", language="en")
    lines = io.StringIO()
    told = csv.writer(lines)
    told.writerow(["tracking_number", "occurred_at", "code", "detail", "description", "facility", "city"])
    for text in texts:
        boss.post(f"{path}/notes", text=text)
        boss.post("/developers/keys", name=text, scope="shipments:read")
        boss.post("/shipments/views", name=text[:60], q=text[:200])
        now = world.site.clock().isoformat()
        read = "".join(letter for letter in text if letter.isprintable())  # no other letters are taken in
        told.writerow([made["tracking_number"], now, read[:60], read[:60], read, read, read])
    events = world.shop.call("POST", "/v1/tracking-events/bulk?account=sandbox-oslo", lines.getvalue())
    assert events.status_code == 200, events.text
    assert (events.json or {})["fault_count"] == 0, events.text
    return path
