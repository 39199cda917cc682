"""The process that reads one workbook: bytes on standard input, JSON of its first sheet on standard output.

A workbook is parts of XML in a zip. One with a document type is refused, as the standard forbids them and entities are
what they are for (ECMA-376-2, 8.2.4 and annex B: "shall not contain DTD declarations").
"""

from __future__ import annotations

import io
import json
import resource
import sys
import zipfile
from datetime import date, datetime, time

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

MEMORY_BYTES, CPU_S = 1 << 30, 20
MOST_ROWS, MOST_COLUMNS = 20_000, 200
DAMAGED = "it is damaged: open it in your spreadsheet and save it again"


class Refused(Exception):
    """No workbook that we read."""


def read(content: bytes) -> dict[str, object]:
    """Name and rows of the first sheet. Raises Refused."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        for part in packed.namelist():
            if part.endswith((".xml", ".rels")) and b"<!DOCTYPE" in packed.read(part).upper():
                raise Refused("it has a document type, which workbooks must not: save it again in your spreadsheet")
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [book.get_sheet_by_index(place) for place in range(len(book.sheet_names))]
    except PasswordError:
        raise Refused("it is protected by a password: save it without one") from None
    except CalamineError:
        raise Refused(DAMAGED) from None
    filled = [sheet for sheet in sheets if sheet.end is not None]
    if not filled:
        raise Refused("there is nothing in it")
    first = filled[0]
    if first.end is not None and first.end[1] >= MOST_COLUMNS:
        raise Refused(f"it has more than {MOST_COLUMNS} columns: delete those that are not needed")
    rows = first.to_python(skip_empty_area=False, nrows=MOST_ROWS)
    return {"sheet": first.name, "rows": [[_text(cell) for cell in row] for row in rows], "others": len(filled) - 1}


def _text(cell: object) -> str:
    """A cell as it would stand in a CSV file."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell)


def main() -> None:
    """Limits first, then the one workbook."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        told = read(sys.stdin.buffer.read())
    except Refused as refused:
        told = {"why": str(refused)}
    except (zipfile.BadZipFile, ValueError, KeyError, RuntimeError):
        told = {"why": DAMAGED}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
