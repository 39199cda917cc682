"""Lines as a merchant hands them over, taken apart: CSV with a header, or a JSON object on every line.

What a line says are its cells: text by column, cleaned, without those that are empty. A line at fault is told with its
number and its column and is nobody else's trouble. What the cells mean is said in `gateway.services.event_lines`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import le
from typing import BinaryIO
from unicodedata import category

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

NUMBER = "tracking_number"
REQUIRED = (NUMBER, "occurred_at")
WORDS = ("description", "city", "facility")
"""Columns for people: a space of any kind is a space, and what only shapes letters (in emoji, say) is left out."""
CSV_FAULTS = {
    "unexpected end of data": "a quotation mark is not closed on this line",
    "new-line character": "a line break within the line: end every line alike, with CR LF or LF (save as CSV UTF-8)",
}
PARTED_OTHERWISE = {";": "semicolons", "\t": "tabs"}
"""As spreadsheets save CSV where a comma is the decimal mark."""
Cells = dict[str, str]
Holds = Callable[[str], bool]
"""Whether a line about this number is ours to read; of what has no number it is asked about ""."""


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


class Bad(Exception):
    """What is wrong with a cell."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column = column
        self.why = why


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream. One longer than any good one can be is cut off, and so at fault, but counted as one.

    Where lines end in a carriage return alone, as Excel for Mac saves "CSV (Macintosh)", that ends them.
    """
    line = stream.readline(LONGEST_LINE)
    if b"\n" not in line and b"\r" in line:
        yield from _ended_by_returns(line, stream)
        return
    while line:
        rest = line
        while len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_LINE)
        yield line
        line = stream.readline(LONGEST_LINE)


def _ended_by_returns(begun: bytes, stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(LONGEST_LINE):
        *lines, begun = (begun + chunk).split(b"\r")
        yield from (line[:LONGEST_LINE] for line in lines)
        begun = begun[: LONGEST_LINE + 1]  # whatever follows of a line that is too long, it stays so
    yield from begun.removesuffix(b"\r").split(b"\r") if begun else ()


def csv_cells(lines: Iterable[bytes], holds: Holds) -> Iterator[tuple[int, Cells | Fault]]:
    """The lines of CSV that are ours; the first one names the columns. Only a header at fault ends it."""
    numbered = enumerate(lines, 1)
    _, first = next(numbered, (1, b""))
    header = _header(first.removeprefix(b"\xef\xbb\xbf"))
    if isinstance(header, Fault):
        if holds(""):
            yield 1, header
        return
    place, longest = header.index(NUMBER), [LONGEST[name] for name in header]
    for number, line in numbered:
        plain = _plain(line)
        cells = _strict(number, line) if plain is None else plain
        if not cells or not holds(_at(place, cells)):
            continue
        if plain and len(plain) == len(longest) and all(map(le, map(len, plain), longest)):
            yield number, {name: text for name, text in zip(header, plain, strict=True) if text}
        else:
            yield number, cells if isinstance(cells, Fault) else _of_row(number, header, cells)


def object_cells(lines: Iterable[bytes], holds: Holds) -> Iterator[tuple[int, Cells | Fault]]:
    """The JSON objects that are ours, one a line (https://github.com/ndjson/ndjson-spec); empty lines are left out."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
        except (ValueError, RecursionError):
            given = None
        about = given.get(NUMBER) if isinstance(given, dict) else None
        if holds(about.strip() if isinstance(about, str) else ""):
            yield number, _of_object(number, line, given)


def _plain(line: bytes) -> list[str] | None:
    """The cells of a line with nothing to unquote and nothing to clean, as nearly all lines are; None for others.

    A printable text has no blank but the space, and one without quotation marks is parted by its commas alone.
    """
    try:
        text = line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        return None
    if '"' in text or not text.isprintable() or " ," in text or ", " in text or text.strip(" ") != text:
        return None
    return text.split(",") if text else []


def _strict(number: int, line: bytes) -> list[str] | Fault:
    """The cells of any line. No column holds a line break: a quotation mark that is not closed is its line's fault
    alone. Bytes that are not UTF-8 become characters that no text may have, and so are their line's too.
    """
    try:
        return next(csv.reader((line.decode("utf-8", "surrogateescape"),), strict=True))
    except csv.Error as error:
        return Fault(number, "", next((why for said, why in CSV_FAULTS.items() if said in str(error)), str(error)))


def _at(place: int, cells: list[str] | Fault) -> str:
    return cells[place].strip() if isinstance(cells, list) and place < len(cells) else ""


def _of_row(number: int, header: list[str], cells: list[str]) -> Cells | Fault:
    if len(cells) != len(header):
        return Fault(number, "", f"{len(cells)} columns instead of {len(header)}")
    return _cleaned(number, dict(zip(header, cells, strict=True)))


def _header(line: bytes) -> list[str] | Fault:
    header = _strict(1, line)
    if isinstance(header, Fault):
        return header
    for name in header:
        if parted := next((mark for mark in PARTED_OTHERWISE if mark in name), ""):
            return Fault(1, "", f"its columns are parted by {PARTED_OTHERWISE[parted]}: save it as CSV with commas")
        if name not in LONGEST:
            return Fault(1, name, f"the columns are {', '.join(COLUMNS)}")
    for name in REQUIRED:
        if name not in header:
            return Fault(1, name, "this column is missing")
    return Fault(1, "", "a column is there twice") if len(set(header)) < len(header) else header


def _of_object(number: int, line: bytes, given: object) -> Cells | Fault:
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
    return _cleaned(number, {name: "" if value is None else str(value) for name, value in given.items()})


def _told_twice(line: bytes) -> str:
    """The member that an object names twice, of which nobody knows which was meant; "" where there is none."""
    names: list[str] = [name for name, _ in json.loads(line, object_pairs_hook=list)]
    return next((name for at, name in enumerate(names) if name in names[:at]), "")


def _cleaned(number: int, given: Mapping[str, str]) -> Cells | Fault:
    try:
        return {name: _clean(name, text) for name, text in given.items() if text}
    except Bad as bad:
        return Fault(number, bad.column, bad.why)


def _clean(name: str, text: str) -> str:
    if name in WORDS and not text.isprintable():
        text = "".join(" " if each.isspace() else each for each in text if category(each) != "Cf")
    text = text.strip()
    if len(text) > LONGEST[name]:
        raise Bad(name, f"has more than {LONGEST[name]} characters")
    if not text.isprintable():
        raise Bad(name, "has characters that nobody can read, or is not UTF-8")
    return text
