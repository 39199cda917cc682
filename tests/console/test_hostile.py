"""Thirty hostile strings in every text that people and carriers can write: no script runs, no layout breaks."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from flask import Flask
from playwright.sync_api import Page
from werkzeug.test import TestResponse

from gateway.console import create_console
from gateway.console.rendering import NAV
from gateway.domain.people import Role
from gateway.domain.records import Case
from gateway.services.ids import new_id
from tests.browser import LIGHT, PHONE, Chromium, shown_at, sideways
from tests.console.test_book import ORDER as FORM
from tests.console.test_book import job_of, orders, sheet
from tests.console.test_handover import handed_over
from tests.console.test_screens import signed_in
from tests.console.test_two_merchants import FORMS
from tests.console.walking import Form, forms_of, walk
from tests.console.world import PEOPLE, Person, World, claim_of, facility_of, order, unknown, written
from tests.journeys.fleet import add_fleet
from tests.journeys.site import ORDER

CORRECTION = {"status": "delivered", "reason": "none", "author": "Berit", "why": "She rang."}
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


BATCHES = [HOSTILE[begin : begin + 6] for begin in range(0, len(HOSTILE), 6)]
FIELDS = ("name", "company", "street1", "street2", "city", "instructions")
TAGS = {text[text.index("<") :][:18] for text in HOSTILE if "<" in text}
"""How the first tag of each begins: none of our pages has such."""

INJECTED = (
    "img[src='x'], iframe, base, math, main script, main style, [onload], [onerror], [onfocus], [ontoggle], "
    "[hx-on\\:load], a[href^='javascript:']"
)
"""What they would have made of a page."""

VALID: Mapping[str, Mapping[str, str]] = {
    **FORMS,
    "/settings/users": {"name": "Somebody", "email": "somebody@hostile.example", "role": "support"},
    "/developers/endpoints": {"url": "http://127.0.0.1:9/hooks"},
    "/developers/keys": {"name": "Key", "scope": "shipments:read"},
    "/settings/brand": {"act": "keep", "colour": "#0b57b0", "language": "en"},
    "/notifications/texts": {"act": "keep"},
    "/policies/<name>/edit": {"act": "keep"},
    "/zones/edit": {"act": "keep", "/zone": "somewhere", "/areas/0/postcodes": "01*", "/areas/0/country": "NO"},
    "/handover/pickups": {**FORMS["/handover/pickups"], "note": ""},
}
"""What is right in a form, so that each of its fields can be wrong alone."""

SEEN_ONLY_THEN = {
    "/sign-in": "before there is a session: sent apart",
    "/sign-in/code": "with codes, which this world has switched off: six digits or nothing",
    "/me/codes/enable": "while codes are set up: six digits or nothing",
    "/carriers/<account_id>/past": "when a code's meaning changes the past: no text in it",
    "/handover/manifests/<manifest_id>": "when nobody knows whether it was closed",
    "/handover/pickups/<pickup_id>": "when nobody knows whether it was ordered",
    "/jobs/<job_id>/retry": "no text in it",
    "/shipments/many/<job_id>/undo": "no text in it",
    "/shipments/views/<view_id>/keep": "while a view is looked at otherwise: no text in it",
    "/shipments/<shipment_id>/notifications/<notification_id>/resend": "no text in it",
}
"""Forms that the walk does not meet."""


@pytest.fixture(scope="module")
def hostile(world: World) -> World:
    """A shop of its own with something on every page."""
    site = world.site
    shop, sandbox = site.merchant("Hostile Shop"), site.carrier("sandbox", "hostile")
    account_id = shop.account("sandbox-oslo", sandbox, without="track")
    endpoint = shop.call("POST", "/v1/webhook-endpoints", {"url": "http://127.0.0.1:9/hook"}).json or {}
    shipments = {name: shop.booked(**order(at)) for at, (name, *_) in enumerate(PEOPLE) if at in (0, 9)}
    unknown(site, shop, sandbox, account_id)
    add_fleet(site, shop, "vans")
    written(shop)
    own = replace(world, shop=shop, shipments=shipments, account_id=account_id, endpoint_id=str(endpoint["id"]))
    boss = own.person(Role.ADMIN)
    own.person(Role.SUPPORT)
    claim_of(own)
    handed_over(own)
    facility_of(own)
    shop.booked(**order(1))  # it waits to be handed over
    newest = shop.booked(**order(2))
    now = site.clock()
    late = Case(id=new_id("cas", now), merchant_id=shop.id, kind="promise_at_risk", created_at=now, why="a flat tyre")
    with site.services.store.work() as uow:
        uow.cases.open(replace(late, shipment_id=shipments["Kari Nordmann"]["id"]))
        uow.commit()
    for name in ("Late ones", "Others"):
        boss.post("/shipments/views", name=name, q="promise:missed")
    corrected = shop.call("POST", f"/v1/shipments/{newest['id']}/corrections", CORRECTION)
    assert corrected.status_code == 200, corrected.text
    job_of(own, boss, sheet(orders(2, "hostile")))
    site.services.log.flush()
    return own


@pytest.fixture(scope="module")
def console(world: World) -> Flask:
    return create_console(world.site.services)


def test_every_text_field_of_every_form_takes_all_of_them(
    browser: Chromium, served: str, hostile: World, console: Flask
) -> None:
    assert len(HOSTILE) == 30
    boss = hostile.person(Role.ADMIN)
    offers = boss.post("/book", **FORM, reference="hostile-quote").headers["Location"].removeprefix("/console")
    found = dict(walk(console, boss, offers).forms)
    ids = {
        "/shipments/many": [each["id"] for each in hostile.shipments.values()],
        "/exceptions/many": re.findall(r"/exceptions/(cas_\w+)", boss.see("/exceptions")),
    }
    for path, act in (("/shipments/many", "tag"), ("/shipments/many", "note"), ("/exceptions/many", "settle")):
        many = boss.post(path, act=act, which="ticked", id=ids[path]).text
        (form,) = (each for each in forms_of(many, "") if "word" in each.texts)
        found[f"{path}/draft", (act,)] = form
    asked = {rule.rule for rule in console.url_map.iter_rules() if "POST" in (rule.methods or ())}
    assert asked - {rule for rule, _ in found} <= set(SEEN_ONLY_THEN)
    for (rule, texts), form in found.items():
        if texts:
            _sent(boss, form, rule)
    nobody = hostile.site.gateway.app.test_client()
    for text in HOSTILE:
        _told_as_text(nobody.post("/console/sign-in", data={"email": text, "password": text}), "/sign-in")
    hostile.site.work()
    after = walk(console, boss, offers)
    assert after.tables
    for table in after.tables.values():
        assert_no_formulas(table)
    pages = [paths[0] for paths in after.pages.values()]
    with browser.page() as page:
        signed_in(page, served, boss)
        for path in [*pages, *(f"/shipments/{each['id']}" for each in hostile.shipments.values())]:
            page.goto(f"{served}{path}")
            for view in (LIGHT, PHONE):
                shown_at(page, view)
                _unharmed(page, f"{path}, {view.name}")


def _sent(boss: Person, form: Form, rule: str) -> None:
    """Every string in every field, some at once; then each field alone, by one, where the others are right."""
    right = {**form.sent, **VALID.get(rule, {})}
    together = [
        {name: "  ".join(BATCHES[(at + turn) % len(BATCHES)]) for at, name in enumerate(form.texts)}
        for turn in range(len(BATCHES))
    ]
    alone = [{name: HOSTILE[at % len(HOSTILE)]} for at, name in enumerate(form.kinds.values())]
    for typed in (*together, *(alone if form.method == "post" else ())):
        if form.method == "post":
            answer = boss.client.post(f"/console{form.action}", data={**right, **typed})
        else:
            answer = boss.get(form.action, **typed)
        _told_as_text(answer, rule)


def _told_as_text(answer: TestResponse, where: str) -> None:
    assert answer.status_code < 500, f"{where}: {answer.status_code}"
    assert [tag for tag in TAGS if tag in answer.text] == [], where
    assert not re.search(r'(href|src|action)="\s*javascript:', answer.text), where


def assert_no_formulas(content: bytes) -> None:
    """Source: OWASP CSV Injection; numbers may begin with a sign."""
    cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
    assert [each for each in cells if each[:1] in tuple("=@+-\t\r") and not re.fullmatch(r"[+-]?[\d.]+", each)] == []


def test_what_carriers_and_the_api_write_is_told_as_text(browser: Chromium, world: World, served: str) -> None:
    boss = world.person(Role.ADMIN)
    paths = [_written(world, boss, batch) for batch in BATCHES]
    paths += _policies(world)
    with browser.page() as page:
        signed_in(page, served, boss)
        for path in ["/shipments", "/developers/calls", "/settings/brand", *paths]:
            page.goto(f"{served}{path}")
            for view in (LIGHT, PHONE):
                shown_at(page, view)
                _unharmed(page, f"{path}, {view.name}")
            for show in page.locator("#recipient form").all():
                show.locator("select").select_option("proof")
                show.locator("button").click()
                page.wait_for_selector("#recipient .notice")
                _unharmed(page, f"{path} unmasked")


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
    report = boss.get(f"{job}/rows.csv").data
    assert_no_formulas(report)


def _unharmed(page: Page, where: str) -> None:
    assert page.title().endswith("Doorstep"), where
    assert page.locator(INJECTED).count() == 0, where
    assert page.locator("nav.side a").count() == (len(NAV) if where.partition(",")[0] != "/pack" else 0), where
    assert not sideways(page), where


def _policies(world: World) -> Sequence[str]:
    """A policy whose rules have them as names and values; the pages that show it."""
    names = ["".join(letter for letter in text if letter.isprintable())[:80].strip() for text in HOSTILE]
    values = {"all": [{"field": "shipment.tags", "op": "has_any", "value": names}]}
    rules = [{"name": name, "when": values, "then": {"do": "prefer", "minor": 1}} for name in names]
    for kept in (rules, rules[::-1]):
        put = world.shop.call(
            "PUT", "/v1/policies/hostile", {"data": {"currency": "EUR", "rules": kept}, "stage": "draft"}
        )
        assert put.status_code == 200, put.text
    note = HOSTILE[0]
    shop = world.person(Role.OPERATIONS)
    shop.post("/policies/hostile/publish", version="1", stage="live", live="None", note=note)
    return [f"/policies/hostile{each}" for each in ("", "/edit", "/differences")]


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
