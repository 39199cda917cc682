"""Workbooks: texts in, texts out; what is made to harm whoever reads it is refused, and harms nobody."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import date

import pytest
import xlsxwriter

from gateway.engines.workbooks import MOST_UNPACKED, CalamineWorkbooks
from gateway.services.order_sheets import BadSheet, opened
from gateway.services.ports.workbooks import BadWorkbook
from tests.console.test_hostile import HOSTILE

BOOKS = CalamineWorkbooks()
SHEET = "xl/worksheets/sheet1.xml"


def book(**sheets: list[list[object]]) -> bytes:
    """A workbook as a spreadsheet saves it."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as made:
        for name, rows in sheets.items():
            sheet = made.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return out.getvalue()


def changed(content: bytes, parts: Mapping[str, bytes]) -> bytes:
    """The same workbook with other parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in {*old.namelist(), *parts}:
            new.writestr(name, parts.get(name) or old.read(name))
    return out.getvalue()


def part(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return packed.read(name)


def test_what_is_written_is_read_again_and_nothing_is_calculated() -> None:
    rows = [["Reference", "Name"], *([text[:60], f"={text[:50]}"] for text in HOSTILE if text.isprintable())]
    content = BOOKS.write("orders", rows)
    assert [list(row) for row in BOOKS.read(content).rows] == rows
    assert b"<f>" not in part(content, SHEET)
    assert "hyperlink" not in part(content, SHEET).decode()


def test_cells_are_read_as_they_would_stand_in_a_csv_file() -> None:
    cells = ["Åse", 355, 2.5, True, date(2026, 12, 24), 4790807060]
    found = BOOKS.read(book(Orders=[["a"] * 6, [], cells], Notes=[["x"]], Empty=[]))
    assert found.sheet == "Orders"
    assert found.others == 1
    assert found.rows[2] == ["Åse", "355", "2.5", "yes", "2026-12-24", "4790807060"]
    sheet = opened(book(Orders=[["Name", "Town"], [], ["Kari", "Oslo"]]), BOOKS)
    assert sheet.lines == ((3, ("Kari", "Oslo")),)


ORDINARY = book(Orders=[["Name", "Town"], ["Kari", "Oslo"]])
ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet>&a;</worksheet>'
FAR = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    b"</sheetData></worksheet>"
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04abc", "is damaged"),
        (changed(ORDINARY, {SHEET: ENTITIES}), "document type"),
        (changed(ORDINARY, {SHEET: FAR}), "too large|columns"),
        (changed(ORDINARY, {SHEET: b"<worksheet><sheetData><row>"}), "is damaged"),
        (changed(ORDINARY, {"xl/media/x.bin": b"\0" * (MOST_UNPACKED + 1)}), "too large"),
        (book(Orders=[["x"] * 201]), "more than 200 columns"),
        (book(Orders=[]), "nothing in it"),
    ],
    ids=["no zip", "entities", "far corner", "cut off", "bomb", "wide", "empty"],
)
def test_what_is_made_to_harm_is_refused_with_advice(content: bytes, said: str) -> None:
    with pytest.raises(BadWorkbook, match=said):
        BOOKS.read(content)


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    content = bytearray(changed(ORDINARY, {"xl/sharedStrings.xml": b"<sst>" + b" " * (40 << 20) + b"</sst>"}))
    for mark, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = content.find(b"xl/sharedStrings.xml")
        while at >= 0:
            head = content.rfind(mark, 0, at)
            if head >= 0 and at - head < 60:
                content[head + place : head + place + 4] = (1000).to_bytes(4, "little")
            at = content.find(b"xl/sharedStrings.xml", at + 1)
    with pytest.raises(BadWorkbook):
        BOOKS.read(bytes(content))


def test_ten_thousand_and_one_orders_are_too_many_with_the_row_named() -> None:
    rows: list[list[object]] = [["Name", "Town"], *(["Kari", "Oslo"] for _ in range(10_001))]
    with pytest.raises(BadSheet, match="the 10001st is on line 10002"):
        opened(book(Orders=rows), BOOKS)
    with pytest.raises(BadSheet, match="old kind, or one with a password"):
        opened(b"\xd0\xcf\x11\xe0 an xls", BOOKS)
