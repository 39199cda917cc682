"""A carrier's codes in our words: the table in its `statuses.csv`."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from importlib.resources import files
from typing import Self

from gateway.domain.errors import InvalidValue
from gateway.domain.sheets import Faults
from gateway.domain.tracking import TrackingEvent, reasons, statuses


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRow:
    """One line of the table: what a code means, and the carrier's document that says so.

    The qualifier, built in the carrier's `wire.py`, tells apart what one code means by context.
    """

    carrier_code: str
    qualifier: str = ""
    status: str
    reason: str = "none"
    note: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if not self.carrier_code:
            raise InvalidValue("carrier_code is empty")
        if self.status not in statuses():
            raise InvalidValue(f"{self.status!r} is not one of our statuses")
        if self.reason not in reasons():
            raise InvalidValue(f"{self.reason!r} is not one of our reasons")

    @property
    def contradiction(self) -> str:
        """Why its status and its reason cannot both be meant; "" where they can."""
        return reasons()[self.reason].contradicts(self.status)

    @property
    def key(self) -> tuple[str, str]:
        """What is looked up."""
        return (self.carrier_code, self.qualifier)


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a code means to us; `listed` tells a known code from a new one."""

    status: str
    reason: str
    listed: bool


UNLISTED = Mapped("unknown", "unmapped_carrier_code", listed=False)
COLUMNS = [column.name for column in fields(StatusRow)]


@dataclass(frozen=True, slots=True)
class StatusTable:
    """Looked up by exact (code, qualifier); a code that is not listed is unknown, never guessed."""

    rows: tuple[StatusRow, ...]
    _index: Mapping[tuple[str, str], Mapped] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index = {row.key: Mapped(row.status, row.reason, listed=True) for row in self.rows}
        object.__setattr__(self, "_index", index)

    @classmethod
    def load(cls, package: str | None) -> Self:
        """The table beside a carrier's code. Raises InvalidValue with file and line."""
        if package is None:
            raise InvalidValue("a status table belongs to a package")
        text = files(package).joinpath("statuses.csv").read_text("utf-8")
        return cls.parse(text, f"{package}/statuses.csv")

    @classmethod
    def parse(cls, text: str, where: str, *, stored: bool = False) -> Self:
        """From CSV text with exactly our columns.

        Of a table that is `stored`, rows that contradict themselves are taken: once they were not refused.

        Raises:
            BadSheet: names `where`, and the line of every row that is wrong.
        """
        faults, rows = Faults(), dict[tuple[str, str], StatusRow]()
        for line, cells in _rows_of(text, faults):
            try:
                row = _row(cells)
                if row.contradiction and not stored:
                    raise InvalidValue(f"{row.carrier_code!r}: {row.contradiction}")
                if rows.setdefault(row.key, row) is not row:
                    raise InvalidValue(f"{row.carrier_code!r}, qualifier {row.qualifier!r}: listed twice")
            except InvalidValue as error:
                faults.add(line, "", str(error))
        faults.stop(where)
        return cls(tuple(rows.values()))

    def lookup(self, code: str, qualifier: str = "") -> Mapped:
        """What a code means; ("unknown", "unmapped_carrier_code") when this exact key is not listed."""
        return self._index.get((code, qualifier), UNLISTED)

    def overridden(self, rows: Iterable[StatusRow]) -> Self:
        """A copy in which an account's own rows stand over the carrier's."""
        own = {row.key: row for row in rows}
        kept = (row for row in self.rows if row.key not in own)
        return type(self)((*kept, *own.values()))


def _rows_of(text: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """The rows under the header, each with the number of its last line; none under a header that is another one."""
    lines = csv.reader(text.splitlines(keepends=True), strict=True)
    header = True
    while True:
        try:
            cells = next(lines, None)
        except csv.Error as error:
            faults.add(lines.line_num, "", str(error))
            continue
        if header and cells != COLUMNS:
            faults.add(1, "", f"the columns are {','.join(COLUMNS)}")
            return
        if cells is None:
            return
        if not header:
            yield lines.line_num, cells
        header = False


def _row(cells: list[str]) -> StatusRow:
    if len(cells) != len(COLUMNS):
        raise InvalidValue(f"{len(cells)} columns instead of {len(COLUMNS)}")
    return StatusRow(**dict(zip(COLUMNS, (cell.strip() for cell in cells), strict=True)))


def in_order(events: Iterable[TrackingEvent]) -> tuple[TrackingEvent, ...]:
    """Each scan once, the oldest first; those of one moment in the order in which they were told."""
    return tuple(sorted({event.event_id: event for event in events}.values(), key=lambda event: event.occurred_at))
