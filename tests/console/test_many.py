"""Acting on many shipments: looked at first, confirmed, done row by row, told why not, undone where that is honest."""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from urllib.parse import urlsplit

from pypdf import PdfReader

from gateway.domain.people import Role
from tests.console.world import Person, World, order


def ids(world: World, *people: str) -> list[str]:
    return [str(world.shipments[name]["id"]) for name in people]


def drafted(world: World, person: Person, act: str, word: str = "", **which: Any) -> str:
    """A job that was looked at; its path."""
    answer = person.post("/shipments/many/draft", act=act, word=word, **which)
    assert answer.status_code == 303, answer.text
    world.site.work()
    return str(answer.headers["Location"]).removeprefix("/console")


def test_a_tag_is_put_on_those_selected_found_by_and_taken_off_again(world: World, support: Person) -> None:
    chosen = ids(world, "Ola Hansen", "Sara Berg")
    asked = support.post("/shipments/many", act="tag", which="ticked", id=chosen)
    assert "Put a tag on: 2 shipments" in asked.text
    wrong = support.post("/shipments/many/draft", act="tag", which="ticked", id=chosen, word="two words")
    assert wrong.status_code == 422
    assert "A tag is one word" in wrong.text
    job = drafted(world, support, "tag", "#Call-Back", which="ticked", id=[*chosen, *chosen])
    assert "<strong>2</strong> of 2" in support.see(job)
    assert support.see("/shipments", q="tag:call-back").count('<tr class="row-link">') == 0
    for _ in range(2):  # the job is the idempotency: confirming twice begins once
        assert support.post(f"{job}/confirm").status_code == 303
    world.site.work()
    page = support.see("/shipments", q="tag:CALL-BACK", cols="tags")
    assert page.count('<tr class="row-link">') == 2
    assert page.count('class="tag"') == 2
    again = support.see(drafted(world, support, "tag", "call-back", which="all", q="tag:call-back"))
    assert "it has the tag already" in again
    assert "There is nothing to do; why is told with each below" in again
    assert "Nothing to do" in support.see("/jobs"), "it waits for nobody's word"
    back = (
        support.post(job.replace("/jobs/", "/shipments/many/") + "/undo").headers["Location"].removeprefix("/console")
    )
    world.site.work()
    support.post(f"{back}/confirm")
    world.site.work()
    assert "No shipment like that" in support.see("/shipments", q="tag:call-back")


def test_cancelling_many_wants_the_number_typed_and_tells_each_row(world: World, support: Person) -> None:
    booked = [world.shop.booked(**{**order(n), "reference": f"called-off-{n}"})["id"] for n in (3, 4)]
    over = ids(world, "Per Dahl")
    job = drafted(world, support, "cancel", "fraud", which="ticked", id=[*booked, *over])
    page = support.see(job)
    assert "<strong>2</strong> of 3" in page
    assert "it is over: delivered" in page
    assert "cannot be undone" in page
    assert "line 1" not in page  # there is no file
    assert "Price" not in page
    assert 'href="/console/jobs"' in support.see("/shipments")
    assert "Waits for a word" in support.see("/jobs")
    refused = support.post(f"{job}/confirm", typed="3")
    assert refused.status_code == 422
    assert world.shop.shipment(booked[0])["state"] == "booked"
    support.post(f"{job}/confirm", typed="2")
    world.site.work()
    assert {world.shop.shipment(each)["state"] for each in booked} == {"cancelled"}
    page = support.see(job)
    assert "The carrier has taken it back." in page
    assert "Undo it" not in page
    assert support.post(job.replace("/jobs/", "/shipments/many/") + "/undo").status_code == 409
    rows = list(csv.DictReader(io.StringIO(support.get(f"{job}/rows.csv").data.decode("utf-8-sig"))))
    assert [row["Result"] for row in rows] == ["Cancelled", "Cancelled", "Left out"]
    said = [each.reason for each in world.site.services.staff.audit.about(world.shop.id, booked[0])]
    assert any("The order is not genuine" in reason for reason in said)


def test_what_is_written_on_many_is_forgotten_with_the_people_it_is_about(world: World, support: Person) -> None:
    gone, stays = (world.shop.booked(**{**order(5), "reference": f"noted-{n}"})["id"] for n in (1, 2))
    written = drafted(world, support, "note", "Noted Person rang", which="ticked", id=[gone])
    support.post(f"{written}/confirm")
    world.site.work()
    waits = drafted(world, support, "note", "Noted Person rang twice", which="ticked", id=[gone, stays])
    cancelled = world.shop.call("POST", f"/v1/shipments/{gone}/cancel", {}).json or {}
    assert cancelled["state"] == "cancelled"
    erased = world.shop.call("POST", "/v1/privacy/erase", {"reference": "noted-1"}, Idempotency_Key="noted")
    assert (erased.json or {})["erased"] == [gone]
    support.post(f"{waits}/confirm")
    world.site.work()
    for path in (written, waits):
        job = world.site.services.bulk.get(world.shop.id, "test", path.rpartition("/")[2]).job
        assert (job.state.value, job.facts) == ("done", {})
        assert "noted-1" not in support.get(f"{path}/rows.csv").text
    assert "erased, with the people it was about" in support.see(waits)
    for shipment in (gone, stays):
        assert "Noted Person" not in support.see(f"/shipments/{shipment}")


def test_a_role_that_is_lost_stops_the_rest(world: World, support: Person, admin: Person) -> None:
    people = world.site.services.staff.people
    leaver, password = people.add(world.shop.id, "leaver@shop.example", "Leaver", "support")
    person = Person(client=world.site.gateway.app.test_client(), email=leaver.email, password=password).sign_in()
    job = drafted(world, person, "note", "Call them", which="ticked", id=ids(world, "Liv Bråten"))
    person.post(f"{job}/confirm")
    users = admin.see("/settings/users")
    (version,) = re.findall(rf'users/{leaver.id}".*?name="version" value="(\d+)"', users, re.S)[:1]
    admin.post(f"/settings/users/{leaver.id}", role="developer", version=version, enabled="on")
    world.site.work()
    assert "Leaver may no longer do this" in support.see(job)
    assert "Call them" not in support.see(f"/shipments/{ids(world, 'Liv Bråten')[0]}")


def test_labels_come_as_one_file_and_cases_go_to_somebody(world: World, support: Person) -> None:
    job = drafted(world, support, "labels", which="ticked", id=ids(world, "Jonas Lie", "Anna Kowalska"))
    support.post(f"{job}/confirm")
    world.site.work()
    printed = support.get(f"{job}/labels.pdf")
    assert len(PdfReader(io.BytesIO(printed.data)).pages) == 2
    (review,) = re.findall(r"shp_\w{26}", support.see("/shipments", q="nett-2011-sim915 is:open"))[:1]
    somebody = next(
        each for each in world.site.services.staff.people.list(world.shop.id) if each.email == support.email
    )
    job = drafted(world, support, "assign", somebody.id, which="ticked", id=[review, *ids(world, "Per Dahl")])
    support.post(f"{job}/confirm")
    world.site.work()
    desk = world.site.services.staff.desk
    cases = world.site.services.shipments.get(world.shop.id, "test", review).cases
    assert {each.owner_id for each in cases if each.state == "open"} == {somebody.id}
    back = (
        support.post(job.replace("/jobs/", "/shipments/many/") + "/undo").headers["Location"].removeprefix("/console")
    )
    world.site.work()
    support.post(f"{back}/confirm")
    world.site.work()
    assert {desk.case(world.shop.id, "test", each.id).owner_id for each in cases if each.state == "open"} == {""}


def test_those_selected_are_exported_at_once_and_nothing_else(world: World, support: Person) -> None:
    answer = support.post("/shipments/many", act="export", which="ticked", id=ids(world, "Ola Hansen", "Sara Berg"))
    assert len(list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))) == 2


def test_what_is_not_meant_is_refused_in_words(world: World, support: Person) -> None:
    assert "nothing is selected" in support.post("/shipments/many", act="note", which="ticked").text.lower()
    assert support.post("/shipments/many", act="explode", which="all").status_code == 404
    assert support.post("/shipments/many", act="note", which="all", q="status:deliverd").status_code == 422
    developer = world.person(Role.DEVELOPER)
    assert developer.post("/shipments/many", act="cancel", which="all").status_code == 403
    stranger = world.person(Role.ADMIN, world.stranger)
    assert (
        stranger.post("/shipments/many/draft", act="labels", which="ticked", id=ids(world, "Per Dahl")).status_code
        == 404
    )


def test_a_summary_for_a_ticket_names_nobody_and_tags_are_on_the_page(world: World, support: Person) -> None:
    path = f"/shipments/{ids(world, 'Kari Nordmann')[0]}"
    page = support.see(path)
    (summary,) = re.findall(r'data-copies="(Shipment [^"]+)"', page)
    assert "Status: Out for delivery." in summary
    assert "Promised: 20" in summary
    assert not [word for word in ("Kari", "Nordmann", "4417", "0355", "Bogstad", "post.example") if word in summary]
    assert support.post(f"{path}/tags", tag="not one").status_code == 422
    support.post(f"{path}/tags", tag="VIP")
    assert "Take the tag vip off" in support.see(path)
    support.post(f"{path}/tags", tag="vip", off="yes")
    assert "Take the tag vip off" not in support.see(path)


def test_a_note_for_the_recipient_is_read_on_the_page_of_the_parcel(world: World, support: Person) -> None:
    shipment = world.shop.shipment(ids(world, "Sara Berg")[0])
    path = f"/shipments/{shipment['id']}"
    support.post(f"{path}/notes", text="Only for us")
    support.post(f"{path}/notes", text="It comes <b>tomorrow</b>", visible="on")
    page = world.site.gateway.app.test_client().get(urlsplit(shipment["tracking_url"]).path).text
    assert "It comes &lt;b&gt;tomorrow&lt;/b&gt;" in page
    assert "Only for us" not in page
    assert "The recipient reads it" in support.see(path)


def test_a_status_is_corrected_by_an_administrator_and_taken_back(world: World, support: Person, admin: Person) -> None:
    booked = world.shop.booked(**{**order(6), "reference": "corrected-1"})
    path = f"/shipments/{booked['id']}/corrections"
    assert support.get(path).status_code == 403
    (version,) = re.findall(r'name="version" value="(\d+)"', admin.see(path))
    said = {"status": "delivered", "reason": "none", "why": "The recipient rang", "version": version}
    wrong = admin.post(path, **{**said, "status": "", "why": "x"})
    assert wrong.status_code == 422
    assert "Say how you know" in wrong.text
    assert admin.post(path, **{**said, "version": "0"}).status_code == 409
    assert admin.post(path, **said).headers["Location"].endswith("done=corrected")
    assert world.shop.shipment(booked["id"])["status"] == "delivered"
    (correction,) = re.findall(r"corrections/(cor_\w+)/withdraw", admin.see(path))
    assert admin.post(f"{path}/{correction}/withdraw", why="").status_code == 422
    admin.post(f"{path}/{correction}/withdraw", why="It was another parcel")
    assert world.shop.shipment(booked["id"])["status"] == "booked"
    assert "Taken back" in admin.see(path)
