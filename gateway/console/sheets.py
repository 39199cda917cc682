"""Tables as files for spreadsheets: CSV in which nothing is a formula, and workbooks in which everything is text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from flask import Response

from gateway.console.gate import services

FORMULA = re.compile(r"""[\s"'\u00a0]*[=+\-@\t\r\0＝＋－＠]""")
"""What spreadsheets may take for a formula, behind blanks and quotes too.

Source: OWASP ASVS 4.0.3, 1.2.10 (CSV and formula injection), and the full-width forms that spreadsheets fold.
"""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""Source: ECMA-376-1, 11.3."""
Row = Sequence[str]


def safe(cell: str) -> str:
    """The same, or with a quote before it where a spreadsheet would calculate it."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def file_named(name: str, form: str, rows: Sequence[Row], remark: str = "") -> Response:
    """A file of that name, as csv or xlsx. `remark` is its last line, where it does not hold all that was asked for."""
    told = [*rows, [remark, *[""] * (len(rows[0]) - 1)]] if remark else rows
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    if form == "xlsx":
        return Response(services().batches.workbooks.write(name, told), headers=headers, content_type=XLSX)
    written = io.StringIO()
    csv.writer(written).writerows([[safe(cell) for cell in row] for row in told])
    return Response(written.getvalue().encode("utf-8-sig"), headers=headers, content_type="text/csv; charset=utf-8")
