"""Lines taken apart: quickly where nothing is to be unquoted or cleaned, always as the strict way does it."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.services.ingest import ALL, Share
from gateway.services.line_cells import (
    COLUMNS,
    LONGEST_LINE,
    Cells,
    Fault,
    _of_row,
    _strict,
    csv_cells,
    lines_of,
    object_cells,
)

HEADER = ("tracking_number", "occurred_at", "status", "country", "description")
FIRST = ",".join(HEADER).encode() + b"\n"
CELL = st.one_of(
    st.sampled_from(
        ["", "OK1", "2026-03-02T12:00:00Z", "delivered", "NO", "Tromsø", " OK1 ", "\u00a0OK1", '"OK1"', "é" * 501]
    ),
    st.text(alphabet='aø, \t\r"\u00a0\u2028\ufeff\x00\x85\U0001f4e6', max_size=6),
)
ROW = st.lists(CELL, min_size=0, max_size=6).map(lambda cells: ",".join(cells).encode())
LINE = st.builds(
    bytes.__add__, st.one_of(ROW, st.binary(max_size=30)), st.sampled_from([b"", b"\n", b"\r\n", b"\r\r\n"])
)


def strictly(number: int, line: bytes) -> Cells | Fault | None:
    """A line read by the `csv` module and cleaned cell by cell; None where it is empty."""
    cells = _strict(number, line)
    return cells if isinstance(cells, Fault) else _of_row(number, list(HEADER), cells) if cells else None


@given(LINE)
@example(b" OK1,2026-03-02T12:00:00Z,delivered,NO,x\n")
@example(b"OK1,2026-03-02T12:00:00Z,delivered,NO,x \n")
@example(b"OK1,,, ,\n")
@example(b"OK1\rOK2,,,,\n")
@example(b",,,,\n")
@example(b"\n")
def test_a_plain_line_is_what_the_strict_way_makes_of_it(line: bytes) -> None:
    found = [cells for _, cells in csv_cells([FIRST, line], ALL.holds)]
    assert found == [each for each in [strictly(2, line)] if each is not None]


@given(st.lists(LINE, max_size=8), st.integers(2, 4))
@example([b"X,1,2\n", b'"OK1\n', b"OK1,,,,\n", b" OK1 ,,,,\n", b"\xff,,,,\n"], 2)
def test_every_line_is_in_one_share_and_a_number_always_in_the_same(lines: Sequence[bytes], many: int) -> None:
    whole = [FIRST, *lines]
    shares = [list(csv_cells(whole, Share(place, many).holds)) for place in range(many)]
    assert sorted((each for share in shares for each in share), key=lambda each: each[0]) == list(
        csv_cells(whole, ALL.holds)
    )
    for share in shares:
        numbers = {cells.get("tracking_number", "") for _, cells in share if not isinstance(cells, Fault)}
        others = (cells for other in shares if other is not share for _, cells in other)
        assert numbers.isdisjoint(each.get("tracking_number", "") for each in others if not isinstance(each, Fault))


def test_a_header_at_fault_is_told_once_and_objects_are_shared_too() -> None:
    wrong = [b"number,occurred_at\n", b"OK1,2026-03-02T12:00:00Z\n"]
    told = [each for place in range(3) for each in csv_cells(wrong, Share(place, 3).holds)]
    assert told == [(1, Fault(1, "number", f"the columns are {', '.join(COLUMNS)}"))]
    objects = [b'{"tracking_number": "OK%d"}\n' % number for number in range(20)] + [b"[1]\n", b"\n", b"{\n"]
    shares = [list(object_cells(objects, Share(place, 3).holds)) for place in range(3)]
    assert sorted(number for share in shares for number, _ in share) == [*range(1, 22), 23]
    assert all(shares)


def test_lines_begin_with_the_mark_of_utf_8_or_are_too_long_and_still_one() -> None:
    long = b"OK1," + b"x" * (2 * LONGEST_LINE) + b"\n"
    lines = list(lines_of(BytesIO(b"\xef\xbb\xbf" + FIRST + long + b"OK2,,,,\n")))
    found = list(csv_cells(lines, ALL.holds))
    assert [number for number, _ in found] == [2, 3]
    assert found[0][1] == Fault(2, "", "2 columns instead of 5")
    assert found[1][1] == {"tracking_number": "OK2"}
