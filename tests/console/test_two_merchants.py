"""Nobody sees or moves what is another's: every route of the console, asked by a stranger and by each role."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from gateway.console import create_console
from gateway.domain.people import ROLES, Permission, Role
from gateway.services.ports.calls import CallSearch
from gateway.services.ports.desk import CaseSearch
from tests.console.test_book import ORDER, job_of, orders, sheet
from tests.console.test_handover import handed_over
from tests.console.world import PEOPLE, Person, World, claim_of, facility_of

FORMS: Mapping[str, Mapping[str, str]] = {
    "/shipments/<shipment_id>/unmask": {"reason": "caller_verified"},
    "/shipments/<shipment_id>/notes": {"text": "hello"},
    "/shipments/<shipment_id>/enquiries": {"way": "phone"},
    "/shipments/<shipment_id>/tags": {"tag": "theirs"},
    "/shipments/<shipment_id>/corrections": {
        "status": "delivered",
        "reason": "none",
        "why": "they rang",
        "version": "1",
    },
    "/shipments/<shipment_id>/corrections/<correction_id>/withdraw": {"why": "no"},
    "/shipments/<shipment_id>/cancel": {"reason": "fraud", "version": "1"},
    "/shipments/<shipment_id>/resolve": {"outcome": "not_booked", "found": "asked them"},
    "/shipments/views/<view_id>": {"name": "x", "version": "1"},
    "/exceptions/<case_id>/take": {"owner": ""},
    "/exceptions/<case_id>/close": {"owner": "", "note": "done"},
    "/shipments/<shipment_id>/claims": {"kind": "damage"},
    "/claims/<claim_id>/evidence": {"kind": "photo", "text": "torn", "version": "1"},
    "/claims/<claim_id>/step": {"to": "withdrawn", "note": "no", "version": "1"},
    "/carriers/<account_id>/codes": {"code": "X", "status": "delivered", "reason": "none"},
    "/carriers/<account_id>/past": {"digest": "0"},
    "/developers/endpoints/<endpoint_id>/state": {"state": "disabled"},
    "/carriers/<account_id>/rate-card": {"card": "[zones]", "act": "keep", "newest": "0"},
    "/carriers/<account_id>/credentials": {"secret-api_key": "mine", "version": "1", "password": "x"},
    "/carriers/<account_id>/settings": {"name": "mine", "version": "1", "password": "x"},
    "/carriers/<account_id>/pause": {"act": "pause", "version": "1"},
    "/carriers/<account_id>/trial": {"once": "1"},
    "/facilities/<facility_id>": {"code": "theirs", "version": "1"},
    "/policies/<name>/edit": {"act": "refresh", "/currency": "EUR"},
    "/policies/<name>/publish": {"version": "0", "stage": "live", "live": "0"},
    "/policies/<name>/simulate": {"version": "0", "days": "7"},
    "/book": {**ORDER, "reference": "theirs"},
    "/jobs/<job_id>/confirm": {"typed": "1"},
    "/pack": {"scan": "nothing of theirs"},
    "/handover/manifests": {"account": "sandbox-oslo"},
    "/handover/manifests/<manifest_id>": {"outcome": "no", "found": "asked them"},
    "/handover/pickups": {"account": "sandbox-oslo", "day": "2099-01-01", "ready": "10:00", "closes": "12:00"},
    "/handover/pickups/<pickup_id>": {"outcome": "no", "found": "asked them"},
    "/settings/users/<user_id>": {"role": "support", "version": "1"},
}
NAMED: Mapping[str, Mapping[str, str]] = {
    "/shipments/many": {"act": "cancel", "which": "ticked", "id": "<shipment_id>"},
    "/shipments/many/draft": {"act": "tag", "word": "theirs", "which": "ticked", "id": "<shipment_id>"},
    "/pack": {"scan": "<shipment_id>"},
    "/book": {"quote": "<quote_id>"},
    "/shipments": {"view": "<view_id>", "q": "<shipment_id>"},
    "/exceptions": {"kind": "<case_id>"},
    "/developers/calls": {"about": "<shipment_id>"},
    "/developers/calls/carriers": {"about": "<shipment_id>"},
    "/notifications": {"before": "<notification_id>"},
    "/reports": {"by": "account", "value": "<account_id>"},
    "/shipments.csv": {"q": "<shipment_id>"},
}
"""Ids of the shop's that are named in a form or a question, not in the address."""
OPEN_TO_ALL = {"/sign-in", "/sign-in/code", "/static/<name>"}
OF_BOTH_MODES = {
    "/facilities/<facility_id>",
    "/settings/users/<user_id>",
    "/settings/users/<user_id>/password",
    *(f"/shipments/views/<view_id>{each}" for each in ("", "/keep", "/move", "/drop", "/landing")),
}
"""What a merchant has once, whatever is looked at."""
SHIPPED = {f"/policies/<name>{each}" for each in ("", "/publish", "/simulate", "/edit", "/differences")}
"""Policies that every merchant has until they publish their own."""


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule.rule


@pytest.fixture
def console(world: World) -> Flask:
    return create_console(world.site.services)


@pytest.fixture
def stranger(world: World) -> Person:
    """An administrator of another merchant, who has a carrier account too."""
    return world.person(Role.ADMIN, world.stranger)


@pytest.fixture
def ids(world: World, admin: Person) -> Mapping[str, str]:
    """What the shop has, by the names that routes give it."""
    desk = world.site.services.staff.desk
    deliveries = world.site.services.webhooks.deliveries(world.shop.id, "test", world.endpoint_id, 1, None)
    key = world.site.services.keys.list(world.shop.id, "test")[0]
    backtest = admin.post("/policies/default/simulate", version="0", days="7").headers["Location"]
    search = CallSearch(mode="test", outcome="failed")
    call = world.site.services.calls.list(world.shop.id, search)[0]
    view = admin.post("/shipments/views", name="Theirs", q="is:open", shared="on").headers["Location"]
    cases = re.findall(r"/exceptions/(cas_\w+)", admin.see("/exceptions"))
    assert desk.waiting(world.shop.id, "test")
    handed = handed_over(world)
    quote = admin.post("/book", **ORDER, reference="walked").headers["Location"]
    job = job_of(world, admin, sheet(orders(1, "walked")))
    return {
        "shipment_id": world.shipments["Per Dahl"]["id"],
        "case_id": cases[0],
        "claim_id": claim_of(world),
        "file_id": "evf_none",
        "account_id": world.account_id,
        "endpoint_id": world.endpoint_id,
        "delivery_id": deliveries.items[0].id,
        "key_id": key.id,
        "facility_id": facility_of(world),
        "view_id": re.findall(r"viw_\w+", view)[0],
        "call_id": call.id,
        "carrier_call_id": world.site.services.calls.made(world.shop.id, CallSearch(mode="test"))[0].id,
        "notification_id": "ntf_none",
        "correction_id": "cor_none",
        "user_id": world.site.services.staff.people.list(world.shop.id)[0].id,
        "name": "default",
        "version": "1",
        "quote_id": quote.rpartition("/")[2],
        "job_id": job.rpartition("/")[2],
        **handed,
        "backtest_id": backtest.rpartition("/")[2],
    }


def case_of(world: World) -> str:
    """A case of a shipment's, which is of its mode."""
    search = CaseSearch(mode="test")
    found = world.site.services.staff.desk.cases(world.shop.id, search)[0].items
    return next(each.id for each in found if each.shipment_id)


def secrets(world: World, ids: Mapping[str, str]) -> set[str]:
    """Every word of the shop's that nobody else may be told."""
    told = json.dumps(world.shipments)
    names = {name.split()[-1] for name, *_ in PEOPLE} | {
        part for _, phone, *_ in PEOPLE for part in (phone[1:], phone[-4:])
    }
    references = {found["reference"] for found in world.shipments.values()}
    return {*re.findall(r"\b[a-z]{3}_[0-9A-Z]{26}\b", told), *names, *references, *ids.values()} - {"default", "1"}


def told(word: str, text: str) -> bool:
    """Whether a word stands in a text: digits within an id or a token are no phone."""
    return re.search(rf"(?<![0-9A-Za-z]){re.escape(word)}(?![0-9A-Za-z])", text) is not None


def unmoved(page: str) -> str:
    """A page without the moment at which it was opened, and without tokens, which are masked anew on each."""
    return re.sub(r'data-after="msg_\w{26}"|name="csrf" value="[0-9a-f]+"', "", page)


def read(answer: TestResponse) -> str:
    """Of what never ends the beginning; workbooks are no text."""
    endless = answer.mimetype == "text/event-stream"
    content = next(answer.iter_encoded()) if endless else answer.get_data()
    answer.close()
    return content.decode(errors="replace")


def filled(rule: str, ids: Mapping[str, str]) -> str:
    return re.sub(r"<(?:path:|int:)?(\w+)>", lambda name: ids.get(name[1], name[1]), rule)


def test_a_stranger_gets_nothing_on_any_route(
    console: Flask, world: World, stranger: Person, admin: Person, ids: Mapping[str, str]
) -> None:
    before = unmoved(admin.see(f"/shipments/{ids['shipment_id']}"))
    hidden = secrets(world, ids)
    for method, rule in routes(console):
        path = filled(rule, ids)
        with_ids = path != rule and rule not in OPEN_TO_ALL and rule not in SHIPPED
        named = {name: filled(value, ids) for name, value in NAMED.get(rule, {}).items()}
        answer = (
            stranger.get(path, **named)
            if method == "GET"
            else stranger.post(path, **{**FORMS.get(rule, {}), **named})
            if rule not in ("/sign-out", "/me/everywhere")
            else stranger.get("/")
        )
        if with_ids:
            assert answer.status_code == 404, f"{method} {rule}: {answer.status_code}"
        asked = {path, *named.values()}
        if rule == "/settings/audit":  # it tells what the stranger did, in the stranger's own words
            asked |= {filled(value, ids) for each in NAMED.values() for value in each.values()}
        text = read(answer)
        found = [word for word in hidden if told(word, text) and not any(word in each for each in asked)]
        assert found == [], f"{method} {rule}"
    assert unmoved(admin.see(f"/shipments/{ids['shipment_id']}")) == before


@pytest.mark.parametrize("query", ["4417", "Nordmann", "0355", "kari.nordmann@post.example", "nett-2001", "kar", "SBX"])
def test_a_stranger_finds_nothing_by_any_word(stranger: Person, world: World, query: str) -> None:
    page = stranger.see("/shipments", q=query)
    assert "No shipment like that" in page
    assert not {found["id"] for found in world.shipments.values() if found["id"] in page}


def test_every_route_says_what_it_needs(console: Flask) -> None:
    for rule in console.url_map.iter_rules():
        view = console.view_functions[rule.endpoint]
        assert hasattr(view, "needs") != hasattr(view, "open_because"), rule.rule
    found = {
        rule.rule
        for rule in console.url_map.iter_rules()
        if hasattr(console.view_functions[rule.endpoint], "open_because")
    }
    assert found == OPEN_TO_ALL


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_what_it_may_and_nothing_else(
    console: Flask, world: World, role: Role, ids: Mapping[str, str]
) -> None:
    person = world.person(role)
    for rule in console.url_map.iter_rules():
        needs: Permission | None = getattr(console.view_functions[rule.endpoint], "needs", None)
        if needs is None or needs in ROLES[role]:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            path = filled(rule.rule, ids)
            answer = person.get(path) if method == "GET" else person.post(path, **FORMS.get(rule.rule, {}))
            assert answer.status_code == 403, f"{role} {method} {rule.rule}"
            assert "does not let you do this" in answer.text


def test_a_developer_never_sees_a_recipient(world: World, ids: Mapping[str, str]) -> None:
    developer = world.person(Role.DEVELOPER)
    page = developer.see(f"/shipments/{ids['shipment_id']}")
    assert "Sars gate" not in page
    assert "+4791198765" not in page
    assert "Why do you need it?" not in page


def test_what_is_of_test_mode_is_on_no_page_of_live_data(
    console: Flask, world: World, admin: Person, ids: Mapping[str, str]
) -> None:
    known = {**ids, "case_id": case_of(world)}
    assert admin.post("/mode", mode="live").status_code == 303
    for method, rule in routes(console):
        path = filled(rule, known)
        if path == rule or rule in OF_BOTH_MODES | OPEN_TO_ALL | SHIPPED:
            continue
        answer = admin.get(path) if method == "GET" else admin.post(path, **FORMS.get(rule, {}))
        assert answer.status_code == 404, f"{method} {rule}: {answer.status_code}"
    case = admin.get(f"/exceptions/{known['case_id']}")
    assert "This case is of test mode: switch to test data, then open it again." in case.text
    assert "No shipment like that" in admin.see("/shipments", q="4417")
    admin.post("/mode", mode="test")
    assert "nett-2001" in admin.see("/shipments", q="4417")
