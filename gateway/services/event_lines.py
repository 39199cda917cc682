"""Tracking events as a merchant hands them over, one a line: CSV with a header, or a JSON object on every line.

The columns (and members) are in `COLUMNS`. A line at fault is told with its number and its column and is nobody else's
trouble.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from unicodedata import category
from zoneinfo import ZoneInfo

from carriers.base import InvalidValue, Leg, Place, StatusTable, TrackingEvent
from gateway.domain.tracking import reasons, statuses

NUMBER = re.compile(r"[A-Za-z0-9_.-]{3,64}")
COUNTRY = re.compile(r"[A-Z]{2}")
LONGEST_LINE = 32_768
LONGEST = {
    "tracking_number": 64,
    "occurred_at": 40,
    "status": 40,
    "reason": 64,
    "code": 64,
    "detail": 64,
    "event_id": 128,
    "description": 500,
    "piece": 64,
    "leg": 10,
    "city": 100,
    "postal_code": 16,
    "country": 2,
    "facility": 100,
    "latitude": 20,
    "longitude": 20,
}
COLUMNS = tuple(LONGEST)
"""`status` and `reason` are our words, `code` and `detail` the carrier's, read by the account's table where there is no
`status`. Without an `event_id` an event is named by what it says, so that the same line is the same event.
"""

CSV_FAULTS = {"unexpected end of data": "a quotation mark is not closed on this line"}
REQUIRED = ("tracking_number", "occurred_at")
WORDS = ("description", "city", "facility")
"""Columns for people: a space of any kind is a space, and what only shapes letters (in emoji, say) is left out."""

DAY_CHARS = len("2026-03-02")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line: its number, from 1, the column ("" for the whole line), and a sentence."""

    line: int
    column: str
    why: str

    def __post_init__(self) -> None:
        """A column that nobody has may be named by anything: by what is no text, too."""
        object.__setattr__(self, "column", self.column[:64].encode("utf-8", "replace").decode())

    def __str__(self) -> str:
        """For people."""
        return f"line {self.line}{f', {self.column}' if self.column else ''}: {self.why}"


@dataclass(frozen=True, slots=True)
class Line:
    """One event, and the number it is about."""

    number: str
    event: TrackingEvent


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads lines for one account: its carrier's name, its table, and the zone of times without an offset."""

    carrier: str
    table: StatusTable
    zone: ZoneInfo

    def csv(self, lines: Iterable[bytes]) -> Iterator[Line | Fault]:
        """CSV; the first line names the columns. Only a header at fault ends it."""
        records = _records(lines)
        _, header = next(records, (1, []))
        if not isinstance(header, Fault):
            header = _header_fault(header) or header
        if isinstance(header, Fault):
            yield header
            return
        for number, cells in records:
            if isinstance(cells, Fault):
                yield cells
            elif cells and len(cells) != len(header):
                yield Fault(number, "", f"{len(cells)} columns instead of {len(header)}")
            elif cells:
                yield self._read(number, dict(zip(header, cells, strict=True)))

    def ndjson(self, lines: Iterable[bytes]) -> Iterator[Line | Fault]:
        """One JSON object a line (https://github.com/ndjson/ndjson-spec); empty lines are left out."""
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                given = json.loads(line)
            except (ValueError, RecursionError):
                yield Fault(number, "", "is no JSON object")
                continue
            yield self._of_object(number, line, given)

    def _of_object(self, number: int, line: bytes, given: object) -> Line | Fault:
        if not isinstance(given, dict):
            return Fault(number, "", "is no JSON object")
        told = len(given) + sum(type(value) is str for value in given.values())
        if line.count(b'"') != 2 * told and (twice := _told_twice(line)):  # looked for where marks are left over only
            return Fault(number, twice, "is there twice")
        for name, value in given.items():
            if name not in LONGEST:
                return Fault(number, str(name), "is no column of ours")
            kinds = (str, float, int) if name in ("latitude", "longitude") else (str,)
            if isinstance(value, bool) or not isinstance(value, (*kinds, type(None))):
                return Fault(number, name, "is no text")
        return self._read(number, {name: "" if value is None else str(value) for name, value in given.items()})

    def _read(self, number: int, cells: Mapping[str, str]) -> Line | Fault:
        try:
            return self._line(cells)
        except _Bad as bad:
            return Fault(number, bad.column, bad.why)
        except InvalidValue as error:
            return Fault(number, "", str(error))

    def _line(self, given: Mapping[str, str]) -> Line:
        cells = {name: _clean(name, text) for name, text in given.items() if text}
        tracking_number = cells.get("tracking_number", "")
        if not NUMBER.fullmatch(tracking_number):
            raise _Bad("tracking_number", "is no tracking number")
        code, detail = cells.get("code", ""), cells.get("detail", "")
        status, reason = self._meaning(cells, code, detail)
        moment, local = self._moment(cells.get("occurred_at", ""))
        leg = _one_of("leg", cells.get("leg", "outbound"), Leg)
        event = TrackingEvent(
            event_id=cells.get("event_id") or self._name(tracking_number, cells, moment),
            occurred_at=moment,
            status=status,
            reason=reason,
            carrier_code=code,
            carrier_qualifier=detail,
            description=cells.get("description", ""),
            place=_place(cells),
            leg=leg,
            piece=cells.get("piece", ""),
            occurred_at_local=local,
            tz_source="assumed" if local else "carrier",
            raw=cells,
        )
        return Line(tracking_number, event)

    def _meaning(self, cells: Mapping[str, str], code: str, detail: str) -> tuple[str, str]:
        status = cells.get("status", "")
        if not status and not code:
            raise _Bad("status", "say the status, or the carrier's code")
        if not status:
            meaning = self.table.lookup(code, detail)
            return meaning.status, meaning.reason
        if status not in statuses():
            raise _Bad("status", "is not one of our statuses")
        reason = cells.get("reason", "none")
        if reason not in reasons():
            raise _Bad("reason", "is not one of our reasons")
        if why := reasons()[reason].contradicts(status):
            raise _Bad("reason", why)
        return status, reason

    def _moment(self, text: str) -> tuple[datetime, str]:
        """The time, and as it was written where it has no offset.

        A local time that a clock skipped is taken as if it had not been put forward yet, one that it showed twice as
        the first.
        """
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise _Bad("occurred_at", "is no time such as 2026-03-02T14:41:07+01:00") from None
        if len(text) <= DAY_CHARS:
            raise _Bad("occurred_at", "is a day alone: say the time too, such as 2026-03-02T14:41:07+01:00")
        if moment.utcoffset() is not None:
            return moment, ""
        return moment.replace(tzinfo=self.zone), text

    def _name(self, tracking_number: str, cells: Mapping[str, str], moment: datetime) -> str:
        """Source: the project's status model, rule 4 of its use: what makes two tellings of a scan the same."""
        said = (
            *(self.carrier, tracking_number, cells.get("piece", "")),
            *(cells.get("code") or cells.get("status", ""), cells.get("detail") or cells.get("reason", "")),
            str(int(moment.timestamp() // 60)),
            *(cells.get(name, "") for name in ("country", "postal_code", "city", "facility")),
        )
        return f"line:{hashlib.sha256(chr(31).join(said).encode()).hexdigest()[:40]}"


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream. One longer than any good one can be is cut off, and so at fault, but counted as one."""
    while line := stream.readline(LONGEST_LINE):
        rest = line
        while len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_LINE)
        yield line


class _Bad(Exception):
    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column = column
        self.why = why


def _told_twice(line: bytes) -> str:
    """The member that an object names twice, of which nobody knows which was meant; "" where there is none."""
    names: list[str] = [name for name, _ in json.loads(line, object_pairs_hook=list)]
    return next((name for at, name in enumerate(names) if name in names[:at]), "")


def _texts(lines: Iterable[bytes]) -> Iterator[str]:
    """Bytes that are not UTF-8 become characters that no text may have: their line is at fault, not the file."""
    for number, line in enumerate(lines):
        text = line.decode("utf-8", "surrogateescape")
        yield text.removeprefix("\ufeff") if number == 0 else text


def _records(lines: Iterable[bytes]) -> Iterator[tuple[int, list[str] | Fault]]:
    """CSV by line. No column holds a line break: a quotation mark that is not closed is its own line's fault alone."""
    for number, text in enumerate(_texts(lines), 1):
        try:
            yield number, next(csv.reader((text,), strict=True))
        except csv.Error as error:
            yield number, Fault(number, "", CSV_FAULTS.get(str(error), str(error)))


def _header_fault(header: list[str]) -> Fault | None:
    for name in header:
        if name not in LONGEST:
            return Fault(1, name, f"the columns are {', '.join(COLUMNS)}")
    for name in REQUIRED:
        if name not in header:
            return Fault(1, name, "this column is missing")
    return Fault(1, "", "a column is there twice") if len(set(header)) < len(header) else None


def _clean(name: str, text: str) -> str:
    if name in WORDS and not text.isprintable():
        text = "".join(" " if each.isspace() else each for each in text if category(each) != "Cf")
    text = text.strip()
    if len(text) > LONGEST[name]:
        raise _Bad(name, f"has more than {LONGEST[name]} characters")
    if not text.isprintable():
        raise _Bad(name, "has characters that nobody can read, or is not UTF-8")
    return text


def _one_of(name: str, text: str, kind: Callable[[str], Leg]) -> Leg:
    try:
        return kind(text)
    except ValueError:
        raise _Bad(name, f"is one of {', '.join(Leg)}") from None


def _place(cells: Mapping[str, str]) -> Place | None:
    words = {name: cells[name] for name in ("city", "postal_code", "country", "facility") if cells.get(name)}
    if "country" in words and not COUNTRY.fullmatch(words["country"]):
        raise _Bad("country", "is two capital letters (ISO 3166-1)")
    latitude, longitude = _degrees("latitude", cells, 90), _degrees("longitude", cells, 180)
    if not words and latitude is None and longitude is None:
        return None
    return Place(**words, latitude=latitude, longitude=longitude)


def _degrees(name: str, cells: Mapping[str, str], most: int) -> float | None:
    if not cells.get(name):
        return None
    try:
        number = float(cells[name])
    except ValueError:
        raise _Bad(name, "is no number") from None
    if not -most <= number <= most:
        raise _Bad(name, f"is between -{most} and {most}")
    return number
