"""CSV text as rows under column names, in one table or in named sections, with every fault by line and column."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal

from gateway.domain.errors import InvalidValue

MAX_FAULTS = 100
"""How many faults are kept; the others are counted."""

BOM = "\ufeff"
DELIMITERS = ",;\t"
PASSED_OVER = "-"
"""Instead of the name of a section that is not known, or whose columns are not."""

_SECTION = re.compile(r"\[(\w+)\]", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,15})?", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,6}", re.ASCII)
_PERCENT = re.compile(r"\d{1,4}(\.\d{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in which cell. `column` is empty where it is the row, the section or the file."""

    line: int
    column: str
    why: str

    def __str__(self) -> str:
        return f"line {self.line}" + (f", {self.column}: " if self.column else ": ") + self.why


class BadSheet(InvalidValue):
    """A text with bad rows: `faults` are the first hundred, `count` is how many there are."""

    def __init__(self, where: str, faults: Sequence[Fault], count: int) -> None:
        shown = "; ".join(map(str, faults[:3]))
        more = f" (and {count - 3} more)" if count > 3 else ""
        super().__init__(f"{where}, {shown}{more}")
        self.faults = tuple(faults)
        self.count = count


@dataclass(slots=True)
class Faults:
    """Collects what is wrong."""

    kept: list[Fault] = field(default_factory=list)
    count: int = 0

    def add(self, line: int, column: str, why: str) -> None:
        """One more."""
        self.count += 1
        if len(self.kept) < MAX_FAULTS:
            self.kept.append(Fault(line, column, why))

    def stop(self, where: str, kind: type[BadSheet] = BadSheet) -> None:
        """Raise a BadSheet, of that kind, if there was any."""
        if self.count:
            raise kind(where, sorted(self.kept, key=lambda fault: fault.line), self.count)


class BadCell(Exception):
    """A cell that cannot be read; becomes a Fault of its row."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column = column
        self.why = why


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, by column; reading one that is wrong raises BadCell."""

    line: int
    cells: Mapping[str, str]
    decimal_comma: bool = False

    def text(self, column: str) -> str:
        """What must not be empty."""
        found = self.cells.get(column, "")
        if not found:
            raise BadCell(column, "is empty")
        return found

    def maybe(self, column: str) -> str:
        """A text, or nothing."""
        return self.cells.get(column, "")

    def count(self, column: str, least: int) -> int:
        """A whole number without sign, point, comma or spaces."""
        text = self.text(column)
        if not (text.isascii() and text.isdecimal()) or len(text) > 18 or int(text) < least:
            hint = "; 99.00 is written 9900" if column.endswith("_minor") else ""
            raise BadCell(column, f"{text!r} is not a whole number from {least}{hint}")
        return int(text)

    def maybe_count(self, column: str, least: int) -> int | None:
        """A whole number, or None for a blank cell."""
        return self.count(column, least) if self.maybe(column) else None

    def maybe_whole(self, column: str) -> int | None:
        """A whole number of at most six digits, perhaps negative, or None for a blank cell."""
        found = self.maybe(column)
        if found and not _WHOLE.fullmatch(found):
            raise BadCell(column, f"{found!r} is not a whole number of at most six digits")
        return int(found) if found else None

    def maybe_number(self, column: str) -> float | None:
        """A number such as 59.913, or None for a blank cell."""
        found = self.maybe(column)
        number = found.replace(",", ".") if self.decimal_comma else found
        if found and not _NUMBER.fullmatch(number):
            raise BadCell(column, f"{found!r} is not a number such as 59.913")
        return float(number) if found else None

    def choice(self, column: str, words: Sequence[str], otherwise: str = "") -> str:
        """One of some words; `otherwise` for a blank cell, if there is such."""
        found = self.maybe(column) or otherwise or self.text(column)
        if found not in words:
            raise BadCell(column, f"{found!r} is not one of {', '.join(words)}")
        return found

    def maybe_day(self, column: str) -> date | None:
        """A day, or None for a blank cell."""
        found = self.maybe(column)
        try:
            if found and len(found) != len("2026-01-31"):
                raise ValueError
            return date.fromisoformat(found) if found else None
        except ValueError:
            raise BadCell(column, f"{found!r} is not a day such as 2026-01-31") from None

    def maybe_time(self, column: str) -> time | None:
        """A time of day, or None for a blank cell."""
        found = self.maybe(column)
        if found and not _TIME.fullmatch(found):
            raise BadCell(column, f"{found!r} is not a time of day such as 16:00")
        return time(int(found[:2]), int(found[3:])) if found else None

    def maybe_percent(self, column: str) -> Decimal | None:
        """A percentage from 0, or None for a blank cell."""
        found = self.maybe(column)
        number = found.replace(",", ".") if self.decimal_comma else found
        if found and not _PERCENT.fullmatch(number):
            raise BadCell(column, f"{found!r} is not a percentage such as 12.5")
        return Decimal(number) if found else None


Columns = tuple[frozenset[str], frozenset[str]]
"""Those that a section must have, and those that it may have."""


def rows(text: str, sections: Mapping[str, Columns], faults: Faults) -> Iterator[tuple[str, Row]]:
    """Every row with the name of its section. What cannot be read becomes a fault, and the next row follows."""
    delimiter = _delimiter(text)
    section, header = "", list[str]()
    for line, cells in _filled(text, delimiter, faults):
        if (named := _SECTION.fullmatch(cells[0])) and not any(cells[1:]):
            section, header = _section(named[1], line, sections, faults), []
        elif section in sections and not header:
            header = _header(cells, line, sections[section], faults)
            section = section if header else PASSED_OVER
        elif section in sections:
            if row := _row(header, cells, line, faults, decimal_comma=delimiter != ","):
                yield section, row
        elif section != PASSED_OVER:
            faults.add(line, "", "a section such as [prices] comes first")
            section = PASSED_OVER


def table(text: str, columns: Columns, faults: Faults) -> Iterator[Row]:
    """Every row of a text that is one table: its first row names the columns."""
    delimiter = _delimiter(text)
    lines = _filled(text, delimiter, faults)
    first = next(lines, None)
    if first is None:
        faults.add(1, "", "it is empty")
        return
    header = _header(first[1], first[0], columns, faults)
    for line, cells in lines if header else ():
        if row := _row(header, cells, line, faults, decimal_comma=delimiter != ","):
            yield row


def _filled(text: str, delimiter: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Line and cells of each row that is neither blank nor a remark; ends at a quotation that does not."""
    lines = csv.reader(io.StringIO(text.removeprefix(BOM), newline=""), delimiter=delimiter, strict=True)
    try:
        for raw in lines:
            cells = [cell.strip() for cell in raw]
            if any(cells) and not cells[0].startswith("#"):
                yield lines.line_num, cells
    except csv.Error as error:
        faults.add(max(lines.line_num, 1), "", str(error))


def _delimiter(text: str) -> str:
    """What separates the cells, read off the first row of column names."""
    for line in io.StringIO(text):
        bare = line.strip(BOM + ' ,;\t\r\n"')
        found = max(DELIMITERS, key=line.count)
        if bare and bare[0] not in "#[" and found in line:
            return found
    return DELIMITERS[0]


def _section(name: str, line: int, sections: Mapping[str, Columns], faults: Faults) -> str:
    if name in sections:
        return name
    faults.add(line, "", f"[{name}] is not one of {', '.join(f'[{known}]' for known in sections)}")
    return PASSED_OVER


def _header(cells: list[str], line: int, columns: Columns, faults: Faults) -> list[str]:
    """The columns' names; none when they are not as they must be, so that the section's rows are passed over."""
    while not cells[-1]:
        cells.pop()
    required, known = columns[0], columns[0] | columns[1]
    before = faults.count
    for name in cells:
        if name not in known:
            faults.add(line, name, f"no such column; there are {', '.join(sorted(known))}")
    for name in sorted(required - set(cells)):
        faults.add(line, name, "this column is missing")
    for name in {name for name in cells if cells.count(name) > 1}:
        faults.add(line, name, "this column is there twice")
    return cells if faults.count == before else []


def _row(header: list[str], cells: list[str], line: int, faults: Faults, *, decimal_comma: bool) -> Row | None:
    if any(cells[len(header) :]):
        faults.add(line, "", f"{len(cells)} cells under {len(header)} columns")
        return None
    return Row(line, dict(zip(header, cells, strict=False)), decimal_comma)
