"""What several carriers' words have in common: times without zones, streets, points, tables, labels, order."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader, PdfWriter

from carriers.base import (
    Address,
    BadCarrierResponse,
    LabelKind,
    OpeningHours,
    Reading,
    ServicePoint,
    TrackingEvent,
    clock_at,
    clocks_of,
    closest,
    error_named,
    in_order,
    kind_of,
    maybe_moment,
    moment,
    opening_hours,
    printable,
    street_and_number,
    street_lines,
    table,
    together,
    wall_clock,
)

PRAGUE = ZoneInfo("Europe/Prague")


@pytest.mark.parametrize(
    ("written", "at", "tz_source"),
    [
        ("2025-01-02T03:04:05", "2025-01-02T02:04:05Z", "assumed"),
        ("2025-01-02 03:04", "2025-01-02T02:04:00Z", "assumed"),
        ("2025-03-30T02:30:00", "2025-03-30T01:30:00Z", "assumed"),  # skipped by the clocks
        ("2025-10-26T02:30:00", "2025-10-26T00:30:00Z", "assumed"),  # shown twice
        ("2025-01-02T03:04:05+0200", "2025-01-02T01:04:05Z", "carrier"),
        ("2024-11-25T16:51:40.111968200", "2024-11-25T15:51:40.111968Z", "assumed"),
        *((none, None, "") for none in ("2025-01-02", "", "soon", "9999-02-30T23:59:59")),
    ],
)
def test_a_time_without_a_zone_is_kept_as_written(written: str, at: str | None, tz_source: str) -> None:
    said = Reading({"when": written})
    found = maybe_moment(said, "when", PRAGUE)
    if at is None:
        assert found is None
        with pytest.raises(BadCarrierResponse, match=r"\$\.when is not a time"):
            moment(said, "when", PRAGUE)
        return
    assert found == moment(said, "when", PRAGUE)
    assert found.at == datetime.fromisoformat(at)
    assert (found.tz_source, found.local) == (tz_source, written if tz_source == "assumed" else "")


def test_the_wall_clock_ignores_an_offset_that_came_along() -> None:
    assert wall_clock(date(2025, 7, 1), time(9, tzinfo=UTC), PRAGUE) == datetime(2025, 7, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("country", "subdivision", "clock", "how"),
    [
        ("US", "HI", "Pacific/Honolulu", "location"),
        ("ca", "bc", "America/Vancouver", "location"),
        ("DE", "BY", "Europe/Berlin", "location"),
        ("NL", "", "Europe/Amsterdam", "location"),
        ("US", "", "America/New_York", "assumed"),
        ("ZZ", "", "Europe/Prague", "assumed"),
        ("", "ON", "Europe/Prague", "assumed"),
    ],
)
def test_a_place_goes_by_its_own_clock(country: str, subdivision: str, clock: str, how: str) -> None:
    found = clock_at(country, subdivision, PRAGUE)
    assert (found[0].key, found[1]) == (clock, how)
    assert len(clocks_of("US")) > 20


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("Storgata 5b", ("Storgata", "5b")),
        (" Allee 3 ", ("Allee", "3")),
        ("Rue du Quai", ("Rue du Quai", "")),
        ("17", ("17", "")),
        ("", ("", "")),
    ],
)
def test_a_street_and_its_number(line: str, parts: tuple[str, str]) -> None:
    assert street_and_number(line) == parts


def test_a_long_street_goes_on_in_the_next_line() -> None:
    place = Address(country="DE", street1="Am Hof-Platz der alten Ziegelei 12", street2="Hinterhaus")
    assert street_lines(place, 20) == ["Am Hof-Platz der", "alten Ziegelei 12", "Hinterhaus"]


def test_the_closest_points_come_first_and_the_unmeasured_last() -> None:
    points = [
        ServicePoint(id=str(metres), name="", address=Address(country="CZ"), distance_m=metres)
        for metres in (None, 900, 0, 2000)
    ]
    assert [point.id for point in closest(points, 1000, 10)] == ["0", "900", "None"]
    assert [point.id for point in closest(points, 1000, 1)] == ["0"]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("08:00–12:00, 13:00-17:30", [(480, 720), (780, 1050)]),
        ("9:00 - 24:00", [(540, 1440)]),
        *((none, []) for none in ("17:00-08:00", "25:00-26:00", "closed", "")),
    ],
)
def test_opening_hours_of_a_day(text: str, hours: list[tuple[int, int]]) -> None:
    assert list(opening_hours(2, text)) == [OpeningHours(weekday=2, opens_min=a, closes_min=b) for a, b in hours]


def test_tables_name_kinds_of_errors() -> None:
    assert table("gateway.domain", "statuses.csv")[0]["status"]
    assert error_named("BadCarrierResponse") is BadCarrierResponse
    for wrong in ("Sequence", "GatewayError", "Nothing"):
        with pytest.raises(ValueError, match="no kind of CarrierError"):
            error_named(wrong)


def test_each_scan_once_and_the_oldest_first() -> None:
    late, early, again = (
        TrackingEvent(event_id=name, occurred_at=datetime(2025, 1, day, tzinfo=UTC), status="booked")
        for name, day in (("b", 2), ("a", 1), ("b", 2))
    )
    assert in_order([late, early, again]) == (early, late)


def pdf() -> bytes:
    writer, whole = PdfWriter(), BytesIO()
    writer.add_blank_page(10, 10)
    writer.write(whole)
    return whole.getvalue()


def test_a_label_is_what_was_asked_for() -> None:
    zpl, png = b"\x02CT~~CD,~CC^~CT~\r\n^XA^XZ", b"\x89PNG\r\n"
    assert [kind_of(content) for content in (pdf(), zpl, png, b"<html>")] == [*LabelKind, None]
    assert printable(LabelKind.ZPL, zpl).content == zpl
    with pytest.raises(BadCarrierResponse, match="no PDF"):
        printable(LabelKind.PDF, zpl)


def test_labels_in_one_file() -> None:
    assert len(PdfReader(BytesIO(together(LabelKind.PDF, [pdf(), pdf()]).content)).pages) == 2
    assert together(LabelKind.ZPL, [b"^XA^XZ", b"^XA^XZ"]).content == b"^XA^XZ\n^XA^XZ"
    for kind, contents in ((LabelKind.PNG, [b"1", b"2"]), (LabelKind.PDF, []), (LabelKind.PDF, [b"%PDF", b"%PDF"])):
        with pytest.raises(BadCarrierResponse):
            together(kind, contents)
