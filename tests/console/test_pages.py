"""What pages say and do: finding by anything, why a carrier was chosen, acting by reason, cases, codes, keys."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

import pytest

from carriers.base import TrackingEvent, TrackingUpdate, UnknownReference
from gateway.console.query import read
from gateway.console.rendering import dated
from gateway.console.telling import promise, standing
from gateway.console.views import tabs
from gateway.domain.clock import utc_now
from gateway.domain.people import Role
from gateway.domain.shipments import ShipmentState
from gateway.domain.tracking import statuses
from tests.console.world import Person, World, order

FOUND_BY = (
    ("4417", "nett-2001"),
    ("phone", None),
    ("phone ends 4417", "nett-2001"),
    ("Phone: 4417", "nett-2001"),
    ("ending in 4417", "nett-2001"),
    ("+47 922 84 417", "nett-2001"),
    ("92284417", "nett-2001"),
    ("2284417", "nett-2001"),
    ("kari.nordmann@post.example", "nett-2001"),
    ("Nordmann", "nett-2001"),
    ("nordm", "nett-2001"),
    ("kari nordmann", "nett-2001"),
    ("Nordmann 0355", "nett-2001"),
    ("0355", "nett-2001"),
    ("åsen", "nett-2003-sim948"),
    ("ÅSEN, Ingrid", "nett-2003-sim948"),
    ("nett-2003", "nett-2003-sim948"),
    ("0355 Oslo", "nett-2001"),
    ("Nordmann, OSLO", "nett-2001"),
    ("0355 Bergen", "nett-2001"),
    ("NO-0355", "nett-2001"),
    ("no 0355", "nett-2001"),
    ("SE-0355", "nett-2001"),
    ("where is the parcel for Kari Nordmann 4417", "nett-2001"),
    ("Hi! Kari's parcel, tel. +47 922 84 417, has not come", "nett-2001"),
    ("is the one to NO-0355 out yet?", "nett-2001"),
    ("where is zzqqj", None),
)


def shipment_of(world: World, name: str) -> str:
    return f"/shipments/{world.shipments[name]['id']}"


@pytest.mark.parametrize(("words", "reference"), FOUND_BY)
def test_a_shipment_is_found_by_anything_a_caller_says(
    world: World, support: Person, words: str, reference: str | None
) -> None:
    page = support.see("/shipments", q=words)
    assert (reference in page) if reference else ("No shipment like that" in page)


def test_what_was_understood_of_a_sentence_is_said_and_the_likest_come_first(support: Person) -> None:
    page = support.see("/shipments", q="where is the parcel for Kari Nordmann 4417")
    heard = "Searched for: <strong>Kari</strong>, <strong>Nordmann</strong>, <strong>4417</strong>."
    assert heard in page
    assert "Left out, as no shipment has it: where, is, the, parcel, for." in page
    assert "nett-2002" not in page
    mixed = support.see("/shipments", q="Kari Nordmann of 0358")
    assert "None has them all: those with most of them come first." in mixed
    rows = mixed[mixed.index("<tbody>") :]
    assert rows.index("nett-2001") < rows.index("nett-2002"), "Ola Hansen has the postcode alone"
    narrower = support.see("/shipments", q="Kari Nordmann 4417 status:returned")
    assert "No shipment like that" in narrower, "the same is looked for, however it is narrowed"
    acted = support.post("/shipments/many", act="note", which="all", q="Kari Nordmann of 0358")
    assert (acted.status_code, "elect those that are meant" in acted.text) == (422, True)
    assert support.get("/shipments.csv", q="Kari Nordmann of 0358").status_code == 200


def test_its_own_name_leads_straight_to_it(world: World, support: Person) -> None:
    shipment = world.shipments["Per Dahl"]
    for name in (shipment["id"], shipment["reference"], shipment["reference"].upper(), shipment["tracking_number"]):
        answer = support.get("/shipments", q=name)
        assert answer.status_code == 303
        assert answer.headers["Location"] == f"/console/shipments/{shipment['id']}"


def test_words_with_a_colon_narrow_and_chips_take_them_away(support: Person) -> None:
    page = support.see("/shipments", q="status:out_for_delivery kari carrier:sandbox")
    assert "nett-2001" in page
    assert "nett-2011" not in page
    assert 'aria-label="Without status out for delivery"' in page
    assert 'href="/console/shipments?q=kari+carrier:sandbox"' in page
    assert "nett-2009" in support.see("/shipments", q="promise:missed")
    assert "nett-2009" in support.see("/shipments", q="account:sandbox-oslo is:open")
    assert "nett-2010" not in support.see("/shipments", q="is:open")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("status:deliverd", "Did you mean status:delivered?"),
        ("promise:soon", "There are missed, today"),
        ("is:x", "There are open"),
        ("attempts:0", "attempts:0 is not understood"),
        ("since:noon", "There are today, yesterday"),
        ("attempts:2 since:yesterday", ""),
        ("state:needs-review", ""),
        ("note:hello", ""),
        ("service:SAME_DAY", ""),
    ],
)
def test_an_operator_that_is_not_understood_says_so(text: str, said: str) -> None:
    query = read(text, "test", utc_now())
    assert (said in query.complaint) if said else (query.complaint == "")


def test_every_status_is_of_one_tab_so_that_their_numbers_add_up(support: Person) -> None:
    assert sorted(each for tab in tabs() if tab.status for each in tab.status.split(",")) == sorted(statuses())
    for query in ("", "carrier:sandbox", "oslo"):
        page = support.see("/shipments", q=query)
        bar = page[page.index('aria-label="By status"') : page.index("</nav>", page.index('aria-label="By status"'))]
        whole, *parts = [int(each) for each in re.findall(r'class="count">(\d+)<', bar)]
        assert whole == sum(parts) > 0, query
    failed = support.see("/shipments", q="status:cancelled,failed,expired")
    assert 'aria-current="page">Not delivered' in failed
    assert "more than 999" not in support.see("/shipments", q="status:created")


def test_pages_of_the_list_follow_each_other(world: World, support: Person) -> None:
    first = world.site.services.staff.desk.find(world.shop.id, read("is:open", "test", utc_now(), limit=3).search)
    assert first.page.next_cursor
    page = support.see("/shipments", q="is:open", cursor=first.page.next_cursor)
    assert "To the newest" in page
    assert not {each.id for each in first.page.items if f"/shipments/{each.id}" in page}


def test_a_later_page_is_understood_as_the_first_one_was(world: World) -> None:
    search, desk = read("kari oslo", "test", utc_now(), limit=1).search, world.site.services.staff.desk
    first = desk.find(world.shop.id, search)
    later = desk.find(world.shop.id, replace(search, cursor=first.page.next_cursor))
    assert (first.search.match, later.search.match) == ("words", "words")
    assert len({each.id for each in (*first.page.items, *later.page.items)}) == 2


def test_a_cursor_that_is_none_is_answered_in_words(support: Person) -> None:
    answer = support.get("/shipments", cursor="x")
    assert answer.status_code == 422
    assert "Not a cursor of ours" in answer.text


def test_a_shipment_says_what_is_true_and_why(world: World, support: Person) -> None:
    page = html.unescape(support.see(shipment_of(world, "Ola Hansen")))
    for said in (
        "<h1>Attempt failed</h1>",
        "Nobody was there.",
        "The recipient must act.",
        "“Nobody was there when the courier came.”",
        "ATTEMPT_FAILED",
        "The carrier told us",
        "judged 3 offers",
        "took it",
        "Runner-up is",
        "shipment.attempted",
        "Accepted",
    ):
        assert said in page, said


def test_the_recipient_is_masked_until_a_reason_is_given_which_is_written_down(world: World, support: Person) -> None:
    path = shipment_of(world, "Kari Nordmann")
    page = support.see(path)
    for hidden in ("Nordmann", "Bogstadveien", "+4792284417", "kari.nordmann@post.example", "code 1234"):
        assert hidden not in page
    assert "Kari N." in page
    assert "•• 4417" in page
    assert support.post(f"{path}/unmask", reason="").status_code == 422
    assert support.post(f"{path}/unmask", reason="curious").status_code == 422
    page = support.post(f"{path}/unmask", reason="caller_verified").text
    for shown in ("Kari Nordmann", "Bogstadveien 12", "+4792284417", "code 1234"):
        assert shown in page
    page = support.see(path)
    assert "Bogstadveien" not in page
    assert "saw the recipient" in page
    assert "The caller gave name and postcode" in page


def test_a_note_is_kept_and_one_that_says_nothing_is_not(world: World, support: Person) -> None:
    path = shipment_of(world, "Liv Bråten")
    assert support.post(f"{path}/notes", text="  ").status_code == 422
    too_long = support.post(f"{path}/notes", text="x" * 4001)
    assert too_long.status_code == 422
    assert "this one has 4001" in too_long.text
    assert "x" * 4001 in too_long.text
    assert support.post(f"{path}/notes", text="Comes by <b>Monday</b>").status_code == 303
    page = support.see(path)
    assert "Comes by &lt;b&gt;Monday&lt;/b&gt;" in page


def test_a_caller_is_not_told_that_what_is_being_cancelled_is_prepared(world: World) -> None:
    shipment = world.site.services.shipments.get(world.shop.id, "test", world.shipments["Jonas Lie"]["id"]).shipment
    leaving = replace(shipment, state=ShipmentState.CANCELLING)
    assert standing(leaving).say == "The shop has asked to cancel this delivery."
    assert promise(leaving, leaving.created_at) is None


def test_a_caller_is_told_that_one_of_two_parcels_has_come_and_support_sees_which(
    world: World, support: Person
) -> None:
    booked = world.shop.booked(**{**order(5), "reference": "nett-3005", "parcels": [{"weight_g": 500}] * 2})
    numbers = [each["tracking_number"] for each in booked["parcel_statuses"]]
    with world.site.services.store.look() as uow:
        record = uow.shipments.get(world.shop.id, booked["id"])
        account = uow.accounts.get(world.shop.id, record.account_id) if record else None
    assert account is not None
    event = TrackingEvent(event_id="one", occurred_at=world.site.clock(), status="delivered", piece=numbers[1])
    update = TrackingUpdate(tracking_number=booked["tracking_number"], events=(event,))
    world.site.services.tracking.scan(account, [update], b"one of two")
    page = support.see(f"/shipments/{booked['id']}")
    assert "“1 of 2 parcels delivered. The shipping label for your parcel is ready.”" in page
    assert f"· parcel {numbers[1]}</span>" in page


def test_cancelling_asks_for_a_reason_and_for_the_present_version(world: World, support: Person) -> None:
    booked = world.shop.booked(**{**order(3), "reference": "nett-3001"})
    path = f"/shipments/{booked['id']}"
    (version,) = re.findall(r'name="version" value="(\d+)"', support.see(path))
    assert support.post(f"{path}/cancel", reason="", version=version).status_code == 422
    stale = support.post(f"{path}/cancel", reason="fraud", version="0")
    assert stale.status_code == 409
    assert "has changed since you opened the page" in stale.text
    assert world.shop.shipment(booked["id"])["state"] == "booked"
    done = support.post(f"{path}/cancel", reason="fraud", version=version)
    assert done.headers["Location"].endswith("done=cancelled")
    page = support.see(path, done="cancelled")
    assert "<h1>Cancelled</h1>" in page
    assert "The order is not genuine" in page
    again = support.post(f"{path}/cancel", reason="fraud", version=str(int(version) + 9))
    assert again.status_code == 409


def test_a_booking_that_needs_review_is_settled_where_it_stands(world: World) -> None:
    operations = world.person(Role.OPERATIONS)
    accounts = {each["name"]: each["id"] for each in world.shop.get("/v1/accounts")["data"]}
    world.shop.call("PATCH", f"/v1/accounts/{accounts['sandbox-oslo']}", {"enabled": False})
    world.shop.call("PATCH", f"/v1/accounts/{accounts['sandbox-bergen']}", {"enabled": True})
    lost: Any = world.shop.book(**{**order(4), "reference": "nett-3002-sim915"}).json
    world.shop.call("PATCH", f"/v1/accounts/{accounts['sandbox-bergen']}", {"enabled": False})
    world.shop.call("PATCH", f"/v1/accounts/{accounts['sandbox-oslo']}", {"enabled": True})
    path = f"/shipments/{lost['id']}"
    assert "<h1>Needs a person</h1>" in operations.see(path)
    wrong = operations.post(f"{path}/resolve", outcome="booked", number="", found="")
    assert wrong.status_code == 422
    assert "Give the carrier’s number" in wrong.text or "Give the carrier&#39;s number" in wrong.text
    assert operations.post(f"{path}/resolve", outcome="", found="x").status_code == 422
    case = next(each for each in re.findall(r"/exceptions/(cas_\w+)", operations.see(path)))
    assert operations.post(f"/exceptions/{case}/take", owner="").status_code == 303
    assert operations.post(f"/exceptions/{case}/take", owner="").status_code == 409
    assert "settled by saying what is true" in operations.post(f"/exceptions/{case}/close", owner="", note="x").text
    mine = operations.see("/exceptions", whose="mine")
    assert f"/exceptions/{case}" in mine
    assert f'href="/console{path}">nett-3002-sim915</a>' in mine
    assert f'href="/console{path}">nett-3002-sim915</a>' in operations.see(f"/exceptions/{case}")
    settled = operations.post(f"{path}/resolve", outcome="booked", number="SBX-77", found="Called them")
    assert settled.status_code == 303
    page = operations.see(path)
    assert "SBX-77" in page
    assert "Called them" in page
    assert f"/exceptions/{case}" in operations.see("/exceptions", state="closed")
    assert operations.post(f"{path}/resolve", outcome="not_booked", found="No, I was wrong").status_code == 409


def test_a_code_is_explained_its_effect_on_the_past_is_shown_and_then_applied(world: World) -> None:
    operations = world.person(Role.OPERATIONS)
    path = f"/carriers/{world.account_id}"
    assert "DRONE_HANDOVER" in operations.see("/carriers")
    meaning = {"code": "DRONE_HANDOVER", "qualifier": "", "note": 'said "so", in a mail'}
    assert operations.post(f"{path}/codes", **meaning, status="flying", reason="none").status_code == 422
    kept = operations.post(f"{path}/codes", **meaning, status="in_transit", reason="handed_to_partner")
    assert kept.headers["Location"] == f"/console{path}/past"
    preview = operations.see(f"{path}/past")
    assert "would be read otherwise" in preview
    (digest,) = re.findall(r'name="digest" value="(\w+)"', preview)
    assert operations.post(f"{path}/past", digest="0").status_code == 409
    assert operations.post(f"{path}/past", digest=digest).status_code == 303
    assert "Nothing would change" in operations.see(f"{path}/past")
    assert "DRONE_HANDOVER" not in operations.see("/carriers")
    shipment = world.shop.shipment(world.shipments["Anna Kowalska"]["id"])
    assert (shipment["status"], shipment["reason"]) == ("in_transit", "handed_to_partner")


def test_an_account_is_asked_whether_it_works(world: World) -> None:
    developer = world.person(Role.DEVELOPER)
    assert "Works" in developer.post(f"/carriers/{world.account_id}/probe").text


def test_a_key_is_made_shown_once_and_revoked(world: World) -> None:
    developer = world.person(Role.DEVELOPER)
    assert "Choose at least one scope" in developer.post("/developers/keys", name="Till").text
    page = developer.post("/developers/keys", name="Till <1>", scope="shipments:read").text
    (key,) = re.findall(r"gw_test_\w+_\w+", page.split("data-copies")[0])
    assert developer.client.get("/v1/shipments", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    listed = developer.see("/developers")
    assert key not in listed
    assert "Till &lt;1&gt;" in listed
    row = next(each for each in listed.split("<tr>") if "Till &lt;1&gt;" in each)
    (path,) = re.findall(r'action="/console(/developers/keys/key_\w+/revoke)"', row)
    assert developer.post(path).status_code == 303
    assert developer.client.get("/v1/shipments", headers={"Authorization": f"Bearer {key}"}).status_code == 401


def test_an_endpoint_is_added_and_its_messages_are_sent_again(world: World) -> None:
    developer = world.person(Role.DEVELOPER)
    refused = developer.post("/developers/endpoints", url="ftp://shop.example")
    assert refused.status_code == 422
    assert "ftp://shop.example" in refused.text
    page = developer.see(f"/developers/endpoints/{world.endpoint_id}")
    (delivery, *_) = re.findall(r"/deliveries/(whd_\w+|\w+_\w+)", page)
    path = f"/developers/endpoints/{world.endpoint_id}/deliveries/{delivery}"
    assert "shipment." in developer.see(path)
    assert developer.post(f"{path}/replay").status_code == 303
    assert developer.post(f"/developers/endpoints/{world.endpoint_id}/test").status_code == 303
    world.site.work()
    assert "endpoint.test" in developer.see(f"/developers/endpoints/{world.endpoint_id}")


def test_a_version_of_a_policy_is_simulated_and_published(world: World) -> None:
    operations = world.person(Role.OPERATIONS)
    begun = operations.post("/policies/cheapest/simulate", version="0", days="30").headers["Location"]
    assert "Waiting for a worker" in operations.see(begun.removeprefix("/console"))
    world.site.work()
    page = operations.see(begun.removeprefix("/console"))
    assert "shipments" in page
    assert "With this version" in page
    stale = operations.post("/policies/cheapest/publish", version="0", stage="live", live="7")
    assert stale.status_code == 409


def test_today_counts_and_every_figure_leads_to_the_shipments_behind_it(world: World, support: Person) -> None:
    page = support.see("/")
    tiles = re.findall(r'href="/console(/shipments\?q=[^"]+)"><span class="figure num">(\d+)', page)
    assert len(tiles) == 11
    for path, count in tiles:
        rows = support.see(html.unescape(path)).count('<tr class="row-link">')
        assert rows == int(count), path
    others = dict(re.findall(r'href="/console(/(?!shipments)[^"]*)"><span class="figure num">(\d+)', page))
    assert set(others) == {"/jobs", "/exceptions?due=over", "/exceptions?kind=promise_at_risk", "/developers"}
    for path in ("/exceptions?due=over", "/exceptions?kind=promise_at_risk"):
        assert support.see(path).count('class="row-link"') == int(others[path]), path


def test_a_delivered_shipment_says_when_and_how_it_was_handed_over(world: World, support: Person) -> None:
    told = re.compile(r"Delivered at <time [^>]*>[^<]*</time>, handed to a neighbour\.")
    assert told.search(support.see(shipment_of(world, "Ingrid Åsen")))
    assert told.search(support.see("/shipments", q="status:delivered åsen"))


def test_a_label_that_a_carrier_does_not_give_is_not_called_safe(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> None:
        raise UnknownReference("the label's link is lost")

    monkeypatch.setattr(world.site.services.labels, "label", lost)
    answer = world.person(Role.SUPPORT).get(f"{shipment_of(world, 'Ola Hansen')}/label")
    assert answer.status_code == 502
    assert "Nothing was changed." in answer.text
    assert "Nothing is lost" not in answer.text


def test_unknown_pages_and_methods_are_answered_with_a_page(support: Person) -> None:
    assert "There is no such page" in support.get("/nowhere").text
    assert support.get("/nowhere").status_code == 404
    assert support.client.delete("/console/shipments").status_code == 405
    assert "script-src 'self'" in support.get("/nowhere").headers["Content-Security-Policy"]


def test_times_within_sentences_are_told_as_all_others() -> None:
    said = str(dated("<b> promised by 2026-11-02T17:58+00:00, now expected later"))
    assert said.startswith('&lt;b&gt; promised by <time datetime="2026-11-02T17:58:00+00:00"')
    assert said.endswith("2 Nov 17:58 UTC</time>, now expected later")
