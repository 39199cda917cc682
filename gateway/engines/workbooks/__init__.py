"""Workbooks by python-calamine, in a process of their own, and XlsxWriter.

What somebody sends is a zip of XML: both are where small files become gigabytes. So the zip is looked at first, and the
parser runs within limits that end its process and nothing else.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Sequence

from gateway.domain.errors import Unavailable
from gateway.services.ports.workbooks import BadWorkbook, Workbook

AT_ONCE, WAIT_S, LONGEST_S = 2, 20.0, 30.0
MOST_PARTS, MOST_UNPACKED = 1000, 100 << 20
TOO_LARGE = "it is too large once it is unpacked: delete what is not needed, or save it as CSV"
DAMAGED = "it is damaged: open it in your spreadsheet and save it again"
WIDEST_COLUMN = 60


class CalamineWorkbooks:
    """Two at a time are read."""

    def __init__(self) -> None:
        self._turn = threading.BoundedSemaphore(AT_ONCE)

    def read(self, content: bytes) -> Workbook:
        """What is in one (.xlsx). Raises BadWorkbook, Unavailable (too many at once)."""
        _look(content)
        if not self._turn.acquire(timeout=WAIT_S):
            raise Unavailable("too many workbooks at once")
        try:
            return _read(content)
        finally:
            self._turn.release()

    def write(self, title: str, rows: Sequence[Sequence[str]]) -> bytes:
        """A workbook of one sheet; the first row is its heading."""
        import xlsxwriter  # only who wants one pays for it

        out = io.BytesIO()
        plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        with xlsxwriter.Workbook(out, plain) as book:
            sheet, bold = book.add_worksheet(title[:31]), book.add_format({"bold": True})
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    sheet.write_string(number, place, cell, bold if number == 0 else None)
            widths = [max(map(len, column)) for column in zip(*rows[:200], strict=True)]
            for place, width in enumerate(widths):
                sheet.set_column(place, place, min(width + 2, WIDEST_COLUMN))
            sheet.freeze_panes(1, 0)
        return out.getvalue()


def _look(content: bytes) -> None:
    """Before anything is unpacked: how much it says that it is. The parser's limits hold where it lies."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, ValueError, RuntimeError, OSError):
        raise BadWorkbook(DAMAGED) from None
    if any(part.flag_bits & 1 for part in parts):
        raise BadWorkbook("it is protected by a password: save it without one")
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise BadWorkbook(TOO_LARGE)


def _read(content: bytes) -> Workbook:
    command = [sys.executable, "-I", "-m", "gateway.engines.workbooks.reading"]
    try:
        done = subprocess.run(  # noqa: S603  # our own module; what a stranger sent goes in as data
            command, input=content, capture_output=True, timeout=LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise BadWorkbook(TOO_LARGE) from None
    if done.returncode != 0 or not done.stdout:
        raise BadWorkbook(TOO_LARGE)
    told = json.loads(done.stdout)
    if "why" in told:
        raise BadWorkbook(told["why"])
    return Workbook(sheet=told["sheet"], rows=told["rows"], others=told["others"])
