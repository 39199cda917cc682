"""A merchant's own history, thousands of lines at a time: once, whole, and with every bad line named."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from tests.bench.processes import children
from tests.conftest import TestDatabase
from tests.journeys.site import Merchant, Site, environment

HEADER = "tracking_number,occurred_at,status,reason\n"
STORY = ("picked_up", "in_transit", "out_for_delivery", "delivered")


def history(numbers: int, first: int = 0) -> str:
    """So many delivered parcels, their scans in the wrong order."""
    lines = [
        f"ELSE{number:06},2026-03-0{day}T12:00:00+01:00,{status},none\n"
        for day, status in reversed(list(enumerate(STORY, 1)))
        for number in range(first, first + numbers)
    ]
    return HEADER + "".join(lines)


def post(shop: Merchant, body: str | bytes, media: str = "text/csv", **query: str) -> TestResponse:
    return shop.app.test_client().post(
        "/v1/tracking-events/bulk",
        query_string={"account": "sandbox-1", **query},
        data=body,
        headers={"Authorization": f"Bearer {shop.key}", "Content-Type": media},
    )


def taken(answer: TestResponse) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.fixture
def importer(site: Site, shop: Merchant) -> Merchant:
    shop.account("sandbox-1", site.carrier("sandbox"), without="track")
    return shop


def test_a_history_is_taken_in_once_however_often_it_is_sent(
    site: Site, importer: Merchant, database: TestDatabase
) -> None:
    first = taken(post(importer, history(30)))
    assert (first["lines"], first["new"], first["new_trackers"], first["fault_count"]) == (120, 120, 30, 0)
    again = taken(post(importer, history(40)))
    assert (again["new"], again["duplicates"], again["new_trackers"]) == (40, 120, 10)
    shown = importer.get("/v1/trackers?limit=200")["data"]
    assert {each["status"] for each in shown} == {"delivered"}
    with database.engine.connect() as connection:
        told = connection.scalar(text("SELECT count(*) FROM outbox WHERE type = 'tracker.status_changed'"))
        asked = connection.scalar(text("SELECT count(*) FROM trackers WHERE due_at IS NOT NULL"))
    assert told == 40, "one fold and one message a number, none for what changed nothing"
    assert asked == 0, "nobody asks for parcels that have arrived"


def test_of_two_lines_with_one_event_id_one_is_counted_as_there(importer: Merchant) -> None:
    """An event is known by its id: the earlier copy stays, and the report says that one event came, not two."""
    table = "tracking_number,occurred_at,status,event_id\n"
    lines = ["OK1,2026-03-02T12:00:00Z,delivered,e1\n", "OK1,2026-03-02T11:00:00Z,in_transit,e1\n"]
    report = taken(post(importer, table + "".join(lines)))
    assert (report["new"], report["duplicates"]) == (1, 1)
    report = taken(post(importer, table + "OK1,2026-03-02T10:00:00Z,picked_up,e1\n"))
    assert (report["new"], report["duplicates"]) == (0, 1)
    (shown,) = importer.get("/v1/trackers")["data"]
    assert shown["status"] == "picked_up"


def test_every_bad_line_is_named_and_the_good_ones_are_kept(importer: Merchant) -> None:
    good = "OK1,2026-03-02T12:00:00Z,delivered,none\n"
    bad = [
        ("X,2026-03-02T12:00:00Z,delivered,none\n", 3, "tracking_number"),
        ("BAD1,yesterday,delivered,none\n", 4, "occurred_at"),
        ("BAD2,2026-03-02T12:00:00Z,vanished,none\n", 5, "status"),
        ("BAD3,2026-03-02T12:00:00Z,delivered,because\n", 6, "reason"),
        ("BAD4,2026-03-02T12:00:00Z,delivered\n", 7, None),
        ("BAD5,2026-03-02T12:00:00Z,,\n", 8, "status"),
        ("BAD6,2026-03-02T12:00:00Z,delivered,lost\n", 9, "reason"),
    ]
    report = taken(post(importer, HEADER + good + "".join(line for line, _, _ in bad)))
    assert [(each["line"], each["column"]) for each in report["faults"]] == [(at, column) for _, at, column in bad]
    assert (report["new"], report["fault_count"]) == (1, len(bad))
    refused = post(importer, HEADER + "OK2,2026-03-02T12:00:00Z,delivered,none\n" + bad[0][0], on_error="refuse")
    assert refused.status_code == 422
    assert [each["pointer"] for each in (refused.json or {})["errors"]] == ["/3/tracking_number"]
    assert [each["tracking_number"] for each in importer.get("/v1/trackers")["data"]] == ["OK1"]
    assert taken(post(importer, HEADER + good + good, on_error="refuse"))["duplicates"] == 2


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (b"\xff\xfe\n", None),
        (b"[1]\n", None),
        (b"[" * 60_000 + b"\n", None),
        (b'{"tracking_number": "OK9", "surprise": 1}\n', "surprise"),
        (b'{"tracking_number": 7}\n', "tracking_number"),
        (b'{"tracking_number": "OK9\\u0000", "occurred_at": "2026-03-02T12:00:00Z"}\n', "tracking_number"),
        (
            b'{"tracking_number":"OK9","occurred_at":"2026-03-02T12:00:00Z","status":"delivered","latitude":1e999}\n',
            "latitude",
        ),
        (b'{"tracking_number":"OK8","tracking_number":"OK9","status":"delivered"}\n', "tracking_number"),
    ],
)
def test_lines_of_json_are_read_one_by_one(line: bytes, column: str | None, importer: Merchant) -> None:
    good = json.dumps({"tracking_number": "OK1", "occurred_at": "2026-03-02T12:00:00Z", "code": "PICKED_UP"}).encode()
    report = taken(post(importer, good + b"\n" + line + good.replace(b"OK1", b"OK2"), "application/x-ndjson"))
    assert report["new"] == 2
    assert [(each["line"], each["column"]) for each in report["faults"]] == [(2, column)]


def test_times_are_read_where_they_were_written(site: Site, importer: Merchant) -> None:
    """Zoneless, skipped and doubled by the clock, of the future and of no time at all."""
    times = {
        "PLAIN": "2026-07-01T12:00:00",
        "SKIPPED": "2026-03-29T02:30:00",
        "TWICE": "2026-10-25T02:30:00",
        "FUTURE": "9999-12-31T23:59:59Z",
        "ZERO": "1970-01-01T00:00:00Z",
    }
    body = HEADER + "".join(f"{name},{at},in_transit,none\n" for name, at in times.items())
    report = taken(post(importer, body, timezone="Europe/Oslo"))
    assert report["new"] == len(times)
    shown = {each["tracking_number"]: each["id"] for each in importer.get("/v1/trackers")["data"]}
    events = {name: importer.get(f"/v1/trackers/{shown[name]}")["events"][0] for name in times}
    moments = {name: datetime.fromisoformat(each["occurred_at"]) for name, each in events.items()}
    assert moments["PLAIN"] == datetime.fromisoformat("2026-07-01T10:00:00+00:00")
    assert moments["SKIPPED"] == datetime.fromisoformat("2026-03-29T01:30:00+00:00")
    assert moments["TWICE"] == datetime.fromisoformat("2026-10-25T00:30:00+00:00")
    assert (events["PLAIN"]["occurred_at_local"], events["PLAIN"]["tz_source"]) == (times["PLAIN"], "assumed")
    for name in ("FUTURE", "ZERO"):
        assert abs((moments[name] - site.clock()).total_seconds()) < 700, name
    assert post(importer, body, timezone="Mars/Olympus").status_code == 422


def test_lines_move_shipments_of_ours_like_any_other_word_of_the_carrier(site: Site, importer: Merchant) -> None:
    shipment = importer.booked()
    at = site.clock().isoformat()
    line = f"{shipment['tracking_number']},{at},delivered,delivered_signed\n"
    assert taken(post(importer, HEADER + line))["new_trackers"] == 0
    shown = importer.shipment(shipment["id"])
    assert (shown["status"], shown["reason"]) == ("delivered", "delivered_signed")


def test_a_number_that_a_carrier_gives_again_does_not_make_a_booking_delivered(site: Site, importer: Merchant) -> None:
    """The merchant's own history has a parcel of last year with the number of one that is booked today."""
    history = HEADER + "SBX000001-1,2025-03-02T12:00:00Z,delivered,none\n"
    assert taken(post(importer, history))["new_trackers"] == 1
    shipment = importer.booked()
    assert shipment["tracking_number"] == "SBX000001-1"
    at = site.clock().isoformat()
    for lines in (f"SBX000001-1,{at},picked_up,none\n", history.removeprefix(HEADER)):
        taken(post(importer, HEADER + lines))
        shown = importer.shipment(shipment["id"])
        assert (shown["status"], shown["delivered_at"]) == ("picked_up", None)
    assert site.violations() == []


def test_a_body_in_another_form_or_for_no_account_is_refused(importer: Merchant) -> None:
    assert post(importer, "{}", "application/json").status_code == 415
    assert post(importer, HEADER, account="nobody").status_code == 404
    assert post(importer, "number\n").get_json()["errors"][0]["pointer"] == "/1/number"


def test_lines_that_end_as_old_excel_for_mac_ends_them_are_lines(importer: Merchant) -> None:
    told = taken(post(importer, history(3).replace("\n", "\r")))
    assert (told["lines"], told["new"], told["new_trackers"], told["fault_count"]) == (12, 12, 3, 0)
    bad = (HEADER + "ELSE1,2026-03-01T12:00:00Z,gone,none\nELSE2,2026-03-01T12:00:00Z,booked,none").replace("\n", "\r")
    told = taken(post(importer, bad))
    assert (told["new"], told["faults"][0]["line"], told["faults"][0]["column"]) == (1, 2, "status")
    mixed = post(importer, HEADER.replace("\n", "\r") + "ELSE3,2026-03-01T12:00:00Z,booked,none\n")
    assert "a line break within the line" in mixed.get_json()["errors"][0]["message"]


@pytest.mark.parametrize("on_error", ["keep", "refuse"])
@pytest.mark.parametrize("body", [b"\xff\xfe\n", b'"tracking_number\n', b"\n", b"", b"tracking_number;occurred_at\n"])
def test_a_file_whose_header_is_none_is_refused(importer: Merchant, body: bytes, on_error: str) -> None:
    refused = post(importer, body, on_error=on_error)
    assert refused.status_code == 422
    assert [each["pointer"].split("/")[1] for each in refused.get_json()["errors"]] == ["1"]
    assert (b";" in body) == ("semicolons" in refused.get_json()["errors"][0]["message"])


def test_a_member_that_is_no_text_is_its_lines_fault(importer: Merchant) -> None:
    good = json.dumps({"tracking_number": "OK1", "occurred_at": "2026-03-02T12:00:00Z", "status": "delivered"})
    report = taken(post(importer, f'{good}\n{{"\\ud800": "x"}}\n', "application/x-ndjson"))
    assert (report["new"], report["faults"]) == (1, [{"line": 2, "column": "?", "message": "is no column of ours"}])


@pytest.mark.parametrize("day", ["2026-03-02", "20260302", "2026-W10-1"])
def test_a_day_alone_is_no_moment(day: str, importer: Merchant) -> None:
    """At midnight nothing happened: a delivery would count as early, an attempt as one at night."""
    report = taken(post(importer, f"{HEADER}OK1,{day},delivered,none\nOK2,{day}T12:00:00Z,delivered,none\n"))
    assert (report["new"], [(each["line"], each["column"]) for each in report["faults"]]) == (1, [(2, "occurred_at")])


def test_spaces_and_emoji_of_any_kind_cost_no_event(importer: Merchant) -> None:
    said = "livré à\u00a010\u202fh,\tchez\nla voisine \U0001f468\u200d\U0001f469"
    line = {"tracking_number": "OK1", "occurred_at": "2026-03-02T12:00:00Z", "status": "delivered", "description": said}
    lines = [json.dumps(line), json.dumps({**line, "tracking_number": "OK2", "description": "\x00"})]
    report = taken(post(importer, "\n".join(lines), "application/x-ndjson"))
    assert [(each["line"], each["column"]) for each in report["faults"]] == [(2, "description")]
    shown = importer.get("/v1/trackers")["data"][0]["id"]
    event = importer.get(f"/v1/trackers/{shown}")["events"][0]
    assert event["description"] == "livré à 10 h, chez la voisine \U0001f468\U0001f469"


def test_a_quotation_mark_that_is_not_closed_is_its_lines_fault_alone(importer: Merchant) -> None:
    header = "tracking_number,occurred_at,status,description\n"
    good = "OK{},2026-03-02T12:00:00Z,delivered,\n"
    lines = header + good.format(1) + 'OK2,2026-03-02T12:00:00Z,delivered,"it was\n' + good.format(3) + good.format(4)
    report = taken(post(importer, lines))
    (fault,) = report["faults"]
    assert (fault["line"], fault["message"]) == (3, "a quotation mark is not closed on this line")
    assert (report["lines"], report["new"]) == (4, 3)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_several_processes_take_their_shares_of_one_file(
    site: Site, importer: Merchant, database: TestDatabase, tmp_path: Path
) -> None:
    path = tmp_path / "history.csv"
    path.write_text(history(60) + "X,no time,delivered,\n")
    with ingesting(importer, database, path) as process:
        said, told = process.communicate(timeout=120)
    assert process.returncode == 1, told
    assert "241 lines: 240 new events, 0 that were there, 60 new trackers, 1 lines at fault" in said, said + told
    assert "line 242" in told
    again = taken(post(importer, history(60)))
    assert (again["new"], again["duplicates"]) == (0, 240)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_process_that_is_killed_is_told_in_words_and_its_share_is_taken_in_by_the_next_run(
    site: Site, importer: Merchant, database: TestDatabase, tmp_path: Path
) -> None:
    path = tmp_path / "history.csv"
    path.write_text(history(60))
    with ingesting(importer, database, path) as process:
        while not (spawned := [each for each in children(process.pid) if b"spawn_main" in _command(each)]):
            assert process.poll() is None
            time.sleep(0.01)
        os.kill(spawned[0], signal.SIGKILL)  # it still imports: nothing of its share is taken in yet
        said, told = process.communicate(timeout=120)
    assert (process.returncode, said) == (1, "")
    assert told.startswith("gateway: a process that was taking in its share of the file was killed"), told
    assert "Traceback" not in told
    again = taken(post(importer, history(60)))
    assert again["new"] > 0
    assert again["duplicates"] > 0
    assert again["new"] + again["duplicates"] == 240


@contextmanager
def ingesting(importer: Merchant, database: TestDatabase, path: Path) -> Iterator[subprocess.Popen[str]]:
    """`gateway ingest` by two processes."""
    words = ("ingest", "--merchant", importer.id, "--processes", "2", "sandbox-1", str(path))
    with subprocess.Popen(
        [sys.executable, "-m", "gateway", *words],
        env={**os.environ, **environment(database.url)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
