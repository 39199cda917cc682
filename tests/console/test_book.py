"""Booking at the console: one by a form, many from a file; nothing before somebody's word, nothing twice."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.domain.order_cells import written
from gateway.domain.order_columns import columns
from gateway.domain.order_lines import read
from gateway.domain.people import Role
from gateway.engines.workbooks import CalamineWorkbooks
from gateway.services.order_sheets import BadSheet, opened, template
from tests.console.world import Person, World

ORDER: Mapping[str, str] = {
    "from_name": "Fjord Shop",
    "from_street": "Dronningens gate 10",
    "from_postal_code": "0150",
    "from_city": "Oslo",
    "from_country": "NO",
    "name": "Berit Aas",
    "street": "Sars gate 12",
    "postal_code": "0562",
    "city": "Oslo",
    "country": "NO",
    "phone": "+4790807060",
    "weight_kg": "2.5",
}
BOOKS = CalamineWorkbooks()
TITLES = {name: columns()[name].title for name in (*ORDER, "reference", "email")}


@pytest.fixture
def operations(world: World) -> Person:
    return world.person(Role.OPERATIONS)


def sheet(orders: Sequence[Mapping[str, str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    table = csv.DictWriter(out, TITLES, delimiter=delimiter)
    table.writerow(TITLES)
    table.writerows(orders)
    return out.getvalue()


def orders(number: int, prefix: str, **more: str) -> list[dict[str, str]]:
    return [{**ORDER, "reference": f"{prefix}-{each}", **more} for each in range(1, number + 1)]


def sent(person: Person, text: str | bytes, **more: Any) -> Any:
    """A file; the page that comes of it."""
    content = text if isinstance(text, bytes) else text.encode()
    answer = person.post("/book/batch", file=(io.BytesIO(content), "orders.csv"), **more)
    return person.get(answer.headers["Location"].removeprefix("/console")) if answer.status_code == 303 else answer


def job_of(world: World, person: Person, text: str | bytes, **more: Any) -> str:
    """A job that was looked at; where it is."""
    content = text if isinstance(text, bytes) else text.encode()
    answer = person.post("/book/batch", file=(io.BytesIO(content), "orders.csv"), **more)
    assert answer.status_code == 303, html.unescape(answer.text)
    world.site.work()
    return str(answer.headers["Location"]).removeprefix("/console")


def booked(world: World) -> int:
    """How many bookings the shop has, by any carrier."""
    return sum(each["state"] == "booked" for each in world.shop.get("/v1/shipments?limit=200")["data"])


def shown(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def test_one_is_asked_about_compared_and_booked_once(world: World, operations: Person) -> None:
    answer = operations.post("/book", **ORDER, reference="desk-1")
    assert answer.status_code == 303, answer.text
    path = answer.headers["Location"].removeprefix("/console")
    page = shown(operations.see(path))
    for said in ("Book by the rules", "sandbox-oslo", "Berit A.", "order desk-1", "On time, 30 days", "Best", "Rules"):
        assert said in page, said
    offers = re.findall(r'name="offer_id" value="(off_\w+)"', operations.see(path))
    before = booked(world)
    first = operations.post(path, offer_id=offers[-1])
    assert first.headers["Location"].endswith("done=booked")
    again = operations.post(path, offer_id=offers[0])
    assert again.headers["Location"] == first.headers["Location"]
    assert booked(world) == before + 1
    page = shown(operations.see(first.headers["Location"].removeprefix("/console")))
    assert "It is booked. Its label is under Booking" in page
    assert "Operations Sørli booked" in page
    audit = world.site.services.staff.audit
    (shipment_id,) = re.findall(r"shp_\w{26}", first.headers["Location"])
    assert [each.what for each in audit.about(world.shop.id, shipment_id)].count("booked") == 1
    quote_id = path.rpartition("/")[2]
    assert 'value="Berit Aas"' in operations.see("/book", quote=quote_id)
    looked = [(each.what, each.reason) for each in audit.about(world.shop.id, quote_id)]
    assert looked == [("saw the recipient", "To change what was asked")]


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(operations: Person) -> None:
    answer = operations.post("/book", **{**ORDER, "country": "Norway", "phone": "90807060", "weight_kg": "heavy"})
    assert answer.status_code == 422
    page = html.unescape(answer.text)
    assert "Write the country as two letters, such as NO." in page
    assert "“90807060” has no country's code" in page
    assert "“heavy” is no number above 0" in page
    assert 'value="Berit Aas"' in page
    more = operations.post("/book", **ORDER, more="1")
    assert more.status_code == 200
    assert more.text.count('name="weight_kg"') == 2


def test_what_every_carrier_refuses_is_not_booked_and_asked_again(world: World, operations: Person) -> None:
    path = operations.post("/book", **ORDER, reference="desk-2-sim911").headers["Location"].removeprefix("/console")
    offers = re.findall(r'aria-label="Book this: sandbox-oslo[^"]*"', operations.see(path))
    assert offers
    one = re.findall(
        r'name="offer_id" value="(off_\w+)"><button[^>]*aria-label="Book this: sandbox-oslo', operations.see(path)
    )
    refused = operations.post(path, offer_id=one[0])
    assert refused.status_code == 409
    assert "It is not booked, and nothing is charged" in refused.text
    again = operations.post(f"{path}/again")
    assert again.status_code == 303
    assert again.headers["Location"] != f"/console{path}"


def test_many_are_looked_at_confirmed_by_their_number_and_booked_once(world: World, operations: Person) -> None:
    rows = [*orders(3, "many"), {**ORDER, "reference": "many-1"}, {**ORDER, "reference": "many-5", "country": "Norway"}]
    rows.append({**ORDER, "reference": "nett-2002-sim941"})
    before = booked(world)
    path = job_of(world, operations, sheet(rows, ";"))
    page = shown(operations.see(path))
    for said in (
        "Book 3 of 6",
        "Left out 3",
        "Country : Write the country as two letters, such as NO 1 line: 6",
        "Reference : Give each order a reference of its own, or leave the second one out 1 line: 5",
        "Reference : Leave out what is booked already 1 line: 7",
        "type how many: 3",
    ):
        assert said in page, said
    assert re.search(r"Costs [\d.]+ NOK", page)
    assert "3 of 6 cannot be done, and that stops all" in page
    for wrong in ({"typed": "6", "without": "3"}, {"typed": "3"}, {"typed": "3", "without": "2"}):
        assert operations.post(f"{path}/confirm", **wrong).status_code == 422
    stopped = operations.post(f"{path}/pack")
    assert stopped.status_code == 422
    assert "3 of 6 cannot be done, and that stops all: repair them" in shown(stopped.text)
    world.site.work()
    assert booked(world) == before
    for _ in range(2):
        assert operations.post(f"{path}/confirm", typed="3", without="3").status_code == 303
        world.site.work()
    assert booked(world) == before + 3
    page = shown(operations.see(path))
    assert "Booked 3" in page
    assert "Print 3 labels" in page
    assert operations.get(f"{path}/labels.pdf").data.startswith(b"%PDF")
    report = list(csv.DictReader(io.StringIO(operations.get(f"{path}/rows.csv").data.decode("utf-8-sig"))))
    assert [row["Result"] for row in report] == ["Booked"] * 3 + ["Left out"] * 3
    assert report[4]["Town"] == "Oslo"
    assert report[0]["Town"] == ""  # the shipment has the address from now on


def test_a_workbook_is_booked_like_a_file_and_what_is_left_out_comes_back_as_one(
    world: World, operations: Person
) -> None:
    rows = [list(TITLES.values()), *([each.get(name, "") for name in TITLES] for each in orders(2, "book"))]
    rows[2][list(TITLES).index("country")] = "=1+1"
    content = BOOKS.write("orders", rows)
    path = job_of(world, operations, content)
    assert "1 of 2 cannot be done, and that stops all" in shown(operations.see(path))
    report = operations.get(f"{path}/rows.xlsx", state="blocked")
    assert report.content_type == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    header, line = BOOKS.read(report.data).rows
    told = dict(zip(header, line, strict=True))
    assert (told["Reference"], told["Country"], told["Line"]) == ("book-2", "=1+1", "3")
    template_of = operations.get("/book/batch/template.xlsx")
    assert BOOKS.read(template_of.data).rows[0][0] == columns()["reference"].title
    asked = operations.post("/book/batch", file=(io.BytesIO(content), "orders.xlsx"), columns="ask")
    assert "book-2" in asked.text  # the workbook goes on as text, for the columns to be said


def test_a_row_that_failed_is_downloaded_and_tried_again(world: World, operations: Person) -> None:
    vans = next(each for each in world.shop.get("/v1/accounts")["data"] if each["name"] == "vans")
    world.shop.call("PATCH", f"/v1/accounts/{vans['id']}", {"enabled": False})
    path = job_of(world, operations, sheet([{**ORDER, "reference": "=again-sim911"}]))
    operations.post(f"{path}/confirm", typed="1")
    world.site.work()
    assert "Not booked 1" in shown(operations.see(path))
    (failed,) = csv.DictReader(io.StringIO(operations.get(f"{path}/rows.csv?state=failed").data.decode("utf-8-sig")))
    assert failed["Reference"] == "'=again-sim911"
    assert "refused" in failed["Why"]
    world.shop.call("PATCH", f"/v1/accounts/{vans['id']}", {"enabled": True})
    assert operations.post(f"{path}/retry").status_code == 303
    world.site.work()
    assert "Booked 1" in shown(operations.see(path))


def test_people_in_lines_that_were_not_booked_are_forgotten(world: World, operations: Person) -> None:
    gone = {"email": "Gone@post.example", "phone": "+47 41 00 22 33", "name": "Gone Person"}
    path = job_of(world, operations, sheet([{**ORDER, **gone, "reference": "gone-1"}, *orders(1, "stays")]))
    assert "Gone Person" in operations.get(f"{path}/rows.csv").text
    erase = world.shop.call("POST", "/v1/privacy/erase", {"phone": "+4741002233"}, Idempotency_Key="gone")
    assert erase.status_code == 200, erase.text
    report = operations.get(f"{path}/rows.csv").text
    assert "Gone" not in report
    assert "gone-1" not in report
    assert "stays-1" in report
    assert "Book 1 of 2" in shown(operations.see(path))


def test_people_in_lines_that_are_being_worked_are_forgotten_too(world: World, operations: Person) -> None:
    gone = {"email": "inhand@post.example", "name": "Inhand Person"}
    path = job_of(world, operations, sheet([{**ORDER, **gone, "reference": f"inhand-{n}"} for n in (1, 2)]))
    operations.post(f"{path}/confirm", typed="2")
    bulk = world.site.services.bulk
    job = bulk.get(world.shop.id, "test", path.rpartition("/")[2]).job
    first, second = bulk.rows(job)
    assert job.state.value == "running"
    kept = bulk._kinds["book"].do(job, first)  # a worker has it in hand, and has not said so yet
    world.site.clock.advance(hours=1)
    erase = world.shop.call("POST", "/v1/privacy/erase", {"email": gone["email"]}, Idempotency_Key="inhand")
    assert [each["shipment_id"] for each in (erase.json or {})["deferred"]] == [kept.subject_id]
    assert [row.data for row in bulk.rows(job)] == [{}, {}]
    bulk.settle(kept, first)
    world.site.work()
    world.site.clock.reset()
    first, second = bulk.rows(job)
    assert (first.state.value, first.name, first.subject_id) == ("done", "", kept.subject_id)
    assert (second.state.value, second.subject_id) == ("blocked", "")
    assert world.site.services.shipments.get(world.shop.id, "test", kept.subject_id).shipment.personal.value == "asked"


def test_headings_nobody_knows_are_asked_about_and_remembered(world: World, operations: Person) -> None:
    text = sheet(orders(1, "heads")).replace("Street and number", "Hvor da").replace("Weight of each (kg)", "Tyngde")
    page = sent(operations, text)
    assert "Say which it is" in page.text
    said = {f"column-{at}": name for at, name in enumerate(TITLES)}
    answer = operations.post("/book/batch", text=text, **said)
    assert answer.status_code == 303
    assert "job_" in operations.post("/book/batch", text=text.replace("heads-1", "heads-2")).headers["Location"]
    twice = operations.post("/book/batch", text=text, **{**said, "column-0": "name"})
    assert twice.status_code == 422


BAD: tuple[tuple[bytes, str], ...] = (
    (b"", "is empty"),
    (b"PK\x03\x04abc", "the workbook cannot be read: it is damaged"),
    ("Navn;Vekt\nKåre;2".encode("utf-16"), "no text in UTF-8"),
    (b"Name,City\n\x81\x8d,Oslo", "line 2 is text neither in UTF-8 nor in Windows-1252"),
    (b"Name,City", "no order in it"),
    (b"Name,Name\na,b", "two columns are called"),
    (b"Name,City\nKari,Oslo,0150", "more cells than there are headings: 2"),
    (b'Name,City\n"Kari,Oslo\n', "line 2 cannot be read"),
    (b"Name,City\n" + b"Kari,Oslo\n" * 10_001, "the 10001st is on line 10002"),
)


@pytest.mark.parametrize(("content", "said"), BAD, ids=[said[:20] for _, said in BAD])
def test_a_file_that_cannot_be_read_says_what_to_do(operations: Person, content: bytes, said: str) -> None:
    with pytest.raises(BadSheet, match=re.escape(said)):
        opened(content, BOOKS)
    answer = sent(operations, content)
    assert answer.status_code == 422
    assert said.casefold() in html.unescape(answer.text).casefold()
    assert "nothing was done" in answer.text


def test_a_file_of_windows_is_read_and_told(world: World, operations: Person) -> None:
    path = job_of(world, operations, sheet(orders(1, "win", name="Kåre Ås")).encode("cp1252"))
    page = shown(operations.see(path))
    assert "read as Windows-1252" in page
    assert "win-1" in page


def test_the_template_is_read_as_it_is_and_what_is_written_is_read_the_same() -> None:
    told = opened(BOOKS.write("orders", template()), BOOKS)
    meaning = told.guessed({})
    assert list(meaning.values()) == list(columns())
    assert opened(told.written().encode(), BOOKS).lines == told.lines
    ((_, cells),) = told.cells(meaning)
    order = read(cells)
    assert order.shipment is not None, order.faults
    again, parcels = written(order.shipment, order.services)
    assert read(again, parcels).shipment == order.shipment
    assert order.shipment.ordered_at == datetime(2026, 1, 2, 13, 30, tzinfo=UTC)
    excel = read({**cells, "postal_code": "355", "phone": "'0047 92 28 44 17"})
    assert excel.shipment is not None
    assert excel.shipment.destination.postal_code == "0355"
    assert excel.shipment.destination.phone == "+4792284417"
    assert list(excel.mended) == ["postal_code"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-01-02T14:30:12Z", "2026-01-02T14:30:12+00:00"),
        ("2026-01-02 14:30:12 +0100", "2026-01-02T14:30:12+01:00"),
        ("2026-07-02 14:30", "2026-07-02T14:30:00+02:00"),
        ("2026-01-02 14:30 utc", "2026-01-02T14:30:00+00:00"),
        ("2026-01-02", "is no day with a time"),
        ("02.01.2026 14:30", "is no day with a time"),
        ("2026-02-30 14:30", "is on no calendar"),
        ("2026-02-03 24:30", "is on no calendar"),
    ],
)
def test_when_it_was_ordered_is_read_as_shops_write_it(text: str, told: str) -> None:
    order = read({**ORDER, "ordered_at": text})
    if order.shipment is None:
        assert [(each.column, told in each.why) for each in order.faults] == [("ordered_at", True)]
        assert "or leave it out" in order.faults[0].repair
    else:
        assert order.shipment.ordered_at == datetime.fromisoformat(told)
        by_clock = "ordered_at" in order.mended
        assert by_clock == (not text.endswith(("Z", "00", "utc")))
        assert not by_clock or "Europe/Oslo" in order.mended["ordered_at"]


def test_a_time_without_an_offset_where_no_clock_is_known_is_no_time() -> None:
    abroad = {"from_country": "US", "country": "US", "postal_code": "00801", "from_postal_code": "00801"}
    (fault,) = read({**ORDER, **abroad, "ordered_at": "2026-01-02 14:30"}).faults
    assert "does not say by which clock" in fault.why


def test_what_a_file_says_of_when_it_was_ordered_reaches_the_booking(world: World, operations: Person) -> None:
    heads, line = sheet(orders(1, "ordered")).splitlines()
    path = job_of(world, operations, f"Order date,{heads}\n2026-01-02 14:30 +01:00,{line}")
    operations.post(f"{path}/confirm", typed="1")
    world.site.work()
    id_ = operations.get("/shipments", q="ordered-1").headers["Location"].rpartition("/")[2]
    assert world.shop.shipment(id_)["ordered_at"] == "2026-01-02T14:30:00+01:00"


def test_a_session_that_ends_meanwhile_keeps_what_was_typed(world: World, operations: Person) -> None:
    form = {**ORDER, "reference": "half-done"}
    csrf = operations.token()
    operations.client.delete_cookie("gw")
    kept = operations.client.post("/console/book", data={**form, "csrf": csrf})
    assert kept.status_code == 401
    assert "half-done" in html.unescape(kept.text)
    pasted = operations.client.post("/console/book/batch", data={"text": sheet(orders(1, "kept")), "csrf": csrf})
    assert pasted.status_code == 401
    assert "kept-1" in html.unescape(pasted.text)
