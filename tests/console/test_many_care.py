"""Telling many again, asking carriers again about what nobody took, closing many exceptions: looked at, done once."""

from __future__ import annotations

import csv
import io
import re

from gateway.domain.notifications import Channel
from gateway.domain.people import Role
from gateway.services.ports.desk import CaseSearch
from tests.console.test_many import drafted, ids
from tests.console.world import Person, World, order

SMTP = {"host": "127.0.0.1", "port": 9, "tls": "none", "from": "parcels@shop.example"}


def test_recipients_are_told_again_what_is_still_so(world: World, support: Person) -> None:
    book, kari = world.site.services.notifications, ids(world, "Kari Nordmann")[0]
    book.put_sender(world.shop.id, "test", Channel.EMAIL, SMTP, {})
    try:
        job = drafted(world, support, "notify", which="ticked", id=[kari, *ids(world, "Liv Bråten")])
        page = support.see(job)
        assert "out for delivery, by email" in page
        assert "its recipient was not told anything yet" in page
        assert "<strong>1</strong> of 2" in page
        for _ in range(2):
            support.post(f"{job}/confirm")
        world.site.services.bulk.work(world.site.services.bulk.claim()[0])
        told = [each for each in book.log(world.shop.id, "test", kari) if each.event == "out_for_delivery"]
        assert [each.copy for each in told] == [0, 1]
        assert book.resend(world.shop.id, "test", kari, told[0].id, 1).id == told[1].id, "a repeat tells nothing more"
        assert "It is on its way to the recipient." in support.see(job)
    finally:
        book.delete_sender(world.shop.id, "test", "email")


def test_what_nobody_took_is_priced_again_and_booked_under_its_reference(world: World) -> None:
    shop = world.site.merchant("Latecomer")
    assert shop.book(**{**order(2), "reference": "late-1"}).status_code >= 400
    boss = world.person(Role.OPERATIONS, shop)
    (failed,) = re.findall(r'value="(shp_\w{26})"', boss.see("/shipments", q="state:failed"))
    unserved = drafted(world, boss, "requote", which="ticked", id=[failed])
    assert "Nobody takes" in boss.see(unserved)
    rows = list(csv.DictReader(io.StringIO(boss.get(f"{unserved}/rows.csv?state=failed").data.decode("utf-8-sig"))))
    assert [(row["Reference"], row["Result"]) for row in rows] == [("late-1", "Not booked")]
    shop.account("sandbox-late", world.site._running[0])
    boss.post(f"{unserved}/retry")
    world.site.work()
    page = boss.see(unserved)
    assert "type how many: 1" in page
    assert "sandbox-late" in page
    assert boss.post(f"{unserved}/confirm", typed="").status_code == 422, "money moves: the number is typed"
    for _ in range(2):
        boss.post(f"{unserved}/confirm", typed="1")
    world.site.work()
    shipment = shop.shipment(failed)
    assert (shipment["state"], shipment["reference"]) == ("booked", "late-1")
    assert len(world.site.active(shipment)) == 1
    again = drafted(world, boss, "requote", which="ticked", id=[failed])
    assert "a carrier has it, or may have it: booked" in boss.see(again)


def test_exceptions_are_closed_by_one_note(world: World, support: Person) -> None:
    parcels = [world.shop.booked(**{**order(7), "reference": f"closing-{n}"})["id"] for n in (1, 2, 3)]
    care, user = world.site.services.care, world.site.services.staff.people.list(world.shop.id)[0]
    for parcel in parcels:
        care.open(user, "test", parcel, ("hold_wanted", "It is not paid for"))
    page = support.see("/exceptions", kind="hold_wanted")
    cases = re.findall(r'name="id" value="(cas_\w{26})"', page)
    assert len(cases) >= 3
    form = {"act": "settle", "which": "ticked", "id": cases[:2]}
    asked = support.post("/exceptions/many", **form)
    assert "Close: 2 cases" in asked.text
    empty = support.post("/exceptions/many/draft", **form, word=" ")
    assert (empty.status_code, "others will read it" in empty.text) == (422, True)
    drawn = support.post("/exceptions/many/draft", **form, word="<i>Called</i> them").headers["Location"]
    job = drawn.removeprefix("/console")
    world.site.work()
    support.post(f"{job}/confirm")
    world.site.work()
    assert "Closed" in support.see(job)
    desk = world.site.services.staff.desk
    assert {desk.case(world.shop.id, "test", each).note for each in cases[:2]} == {"<i>Called</i> them"}
    assert "&lt;i&gt;Called&lt;/i&gt;" in support.see("/exceptions", state="closed")
    review = next(each for each in re.findall(r"cas_\w{26}", support.see("/exceptions", kind="needs_review")))
    rest = support.post("/exceptions/many/draft", act="settle", which="all", kind="hold_wanted", word="All called")
    world.site.work()
    support.post(f"{rest.headers['Location'].removeprefix('/console')}/confirm")
    world.site.work()
    assert "None like that" in support.see("/exceptions", kind="hold_wanted")
    blocked = support.post("/exceptions/many/draft", act="settle", which="ticked", id=[review], word="x")
    world.site.work()
    assert "by saying what is true" in support.see(blocked.headers["Location"].removeprefix("/console"))


def test_exceptions_are_given_to_a_colleague_and_taken_back(world: World, support: Person) -> None:
    parcels = [world.shop.booked(**{**order(7), "reference": f"giving-{n}"})["id"] for n in (1, 2)]
    emails = (support.email, world.person(Role.OPERATIONS).email)
    people = {each.email: each for each in world.site.services.staff.people.list(world.shop.id)}
    colleague, other = (people[email] for email in emails)
    for parcel in parcels:
        world.site.services.care.open(other, "test", parcel, ("hold_wanted", "It is not paid for"))
    desk = world.site.services.staff.desk
    found = desk.cases(world.shop.id, CaseSearch(mode="test", kind="hold_wanted"))[0].items
    mine = {each.id: each.owner_id for each in found if each.shipment_id in parcels}
    form = {"act": "assign", "which": "ticked", "id": list(mine)}
    asked = support.post("/exceptions/many", **form).text
    assert "Assign: 2 cases" in asked
    assert f'<option value="{colleague.id}">{colleague.name} (you)</option>' in asked
    nobody = support.post("/exceptions/many/draft", **form, word="usr_none")
    assert (nobody.status_code, "hoose who shall work on the cases" in nobody.text) == (422, True)
    drawn = support.post("/exceptions/many/draft", **form, word=colleague.id).headers["Location"]
    job = drawn.removeprefix("/console")
    world.site.work()
    assert f"Assign cases to {colleague.name}" in support.see(job)
    support.post(f"{job}/confirm")
    world.site.work()
    assert {desk.case(world.shop.id, "test", each).owner_id for each in mine} == {colleague.id}
    taken, given = mine
    desk.assign(other, "test", taken, colleague.id, other.id)  # who has it by now keeps it
    back = support.post(job.replace("/jobs/", "/shipments/many/") + "/undo").headers["Location"]
    world.site.work()
    support.post(f"{back.removeprefix('/console')}/confirm")
    world.site.work()
    assert desk.case(world.shop.id, "test", given).owner_id == ""
    assert desk.case(world.shop.id, "test", taken).owner_id == other.id


def test_cases_of_others_are_none_and_the_queue_is_narrowed_by_its_clock(world: World, support: Person) -> None:
    stranger = world.person(Role.ADMIN, world.stranger)
    case = re.findall(r"cas_\w{26}", support.see("/exceptions"))[0]
    for path in ("/exceptions/many", "/exceptions/many/draft"):
        assert stranger.post(path, act="settle", which="ticked", id=[case], word="x").status_code == 404
    assert support.post("/exceptions/many", act="cancel", which="ticked", id=[case]).status_code == 404
    assert support.post("/exceptions/many", act="settle", which="ticked").status_code == 422
    over = support.see("/exceptions", due="over")
    assert "Overdue by" in over
    assert "left</span>" not in over
    assert "Nothing is overdue" in stranger.see("/exceptions", due="over")
