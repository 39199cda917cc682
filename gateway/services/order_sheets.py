"""Files of orders as people have them: a workbook, or CSV from a spreadsheet, in its encoding, with its headings."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.domain.errors import Unprocessable
from gateway.domain.order_columns import column_of, columns
from gateway.services.bulk import MOST_ROWS
from gateway.services.ports.workbooks import BadWorkbook, Workbooks

MOST_BYTES = 10 << 20
"""Source: the document on security, section 9, as the encodings and the number of rows."""
LONGEST_CELL = 4000
DELIMITERS = ",;\t"
WORKBOOK, OLD_WORKBOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
"""How an .xlsx and an .xls (or one with a password) begin. Source: APPNOTE.TXT 6.3.10, 4.3.7; [MS-CFB] 2.2."""
WIDE = (b"\xff\xfe", b"\xfe\xff")
SAVE = "In your spreadsheet choose Save as, “CSV UTF-8”, and send that file."


class BadSheet(Unprocessable):
    """The file as a whole cannot be read; the message says what to do."""

    def __init__(self, why: str) -> None:
        super().__init__("/file", why, "bad_sheet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A file that was read. `lines` are numbered as an editor counts them, the header being line 1."""

    header: tuple[str, ...]
    lines: tuple[tuple[int, tuple[str, ...]], ...]
    note: str = ""

    def guessed(self, known: Mapping[str, str]) -> Mapping[int, str]:
        """What each column means, by what was said last time, else by its heading; a field is one column only."""
        found: dict[int, str] = {}
        for place, heading in enumerate(self.header):
            name = known.get(heading) or column_of(heading)
            if name in columns() and name not in found.values():
                found[place] = name
        return found

    def written(self) -> str:
        """The file as CSV text, each line where it was."""
        out = io.StringIO()
        table, at = csv.writer(out), 1
        table.writerow(self.header)
        for number, line in self.lines:
            if out.tell() > MOST_BYTES:
                break
            out.write("\r\n" * max(0, number - at - 1))
            table.writerow(line)
            at = number + "\n".join(line).count("\n")
        return out.getvalue()

    def cells(self, meaning: Mapping[int, str]) -> Sequence[tuple[int, Mapping[str, str]]]:
        """Each line by our fields."""
        return [(number, {name: line[place] for place, name in meaning.items()}) for number, line in self.lines]


def opened(content: bytes, workbooks: Workbooks) -> Sheet:
    """A file of orders. Raises BadSheet, Unavailable (too many workbooks at once)."""
    if not content.strip():
        raise BadSheet("the file is empty")
    if len(content) > MOST_BYTES:
        raise BadSheet(f"the file is larger than {MOST_BYTES >> 20} MB: send it in parts")
    if content.startswith(WORKBOOK):
        return _of_workbook(content, workbooks)
    text, note = _decoded(content)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    found: list[tuple[int, tuple[str, ...]]] = []
    begins = 1
    try:
        for row in rows:
            if any(cell.strip() for cell in row):
                found.append((begins, tuple(row)))
            begins = rows.line_num + 1
            _check_room(found)
    except csv.Error as error:
        raise BadSheet(f"line {begins} cannot be read ({error}): a quotation mark may not be closed") from None
    return _checked(found, note)


def _of_workbook(content: bytes, workbooks: Workbooks) -> Sheet:
    try:
        book = workbooks.read(content)
    except BadWorkbook as error:
        raise BadSheet(f"the workbook cannot be read: {error}") from None
    found = [(number, tuple(row)) for number, row in enumerate(book.rows, 1) if any(cell.strip() for cell in row)]
    _check_room(found[: MOST_ROWS + 2])
    more = f" It has {book.others} more, which {'is' if book.others == 1 else 'are'} not read." if book.others else ""
    return _checked(found, f"It was read from the sheet “{book.sheet}”.{more}" if more else "")


def _check_room(found: Sequence[tuple[int, tuple[str, ...]]]) -> None:
    if len(found) > MOST_ROWS + 1:
        raise BadSheet(
            f"the file has more than {MOST_ROWS} orders; the {MOST_ROWS + 1}st is on line {found[-1][0]}: "
            "split it there and send both parts"
        )


def missing(meaning: Mapping[int, str]) -> Sequence[str]:
    """The titles of fields that no order can do without."""
    has = set(meaning.values())
    needed = [column.title for name, column in columns().items() if column.needed and name not in has]
    return [title for title in needed if title != columns()["name"].title or "company" not in has]


def template() -> Sequence[Sequence[str]]:
    """A file to fill in: our headings, and one order as an example."""
    return [[column.title for column in columns().values()], [column.example for column in columns().values()]]


def _checked(found: Sequence[tuple[int, tuple[str, ...]]], note: str) -> Sheet:
    if len(found) < 2:
        raise BadSheet("there is no order in it: the first line names the columns, every other line is an order")
    (_, header), *lines = found
    header = tuple(" ".join(heading.split())[:100] for heading in header)
    twice = [heading for heading, number in Counter(header).items() if number > 1 and heading]
    if twice:
        raise BadSheet(f"two columns are called “{twice[0]}”: rename one of them")
    wrong = [number for number, line in lines if len(line) > len(header) and any(line[len(header) :])]
    if wrong:
        raise BadSheet(f"lines with more cells than there are headings: {_some(wrong)}. Is a text not in quotes?")
    long = [number for number, line in lines if any(len(cell) > LONGEST_CELL for cell in line)]
    if long:
        raise BadSheet(f"lines with a text of more than {LONGEST_CELL} letters: {_some(long)}. Is a quote not closed?")
    return Sheet(header=header, lines=tuple((number, _filled(line, len(header))) for number, line in lines), note=note)


def _filled(line: tuple[str, ...], width: int) -> tuple[str, ...]:
    return (line + ("",) * (width - len(line)))[:width]


def _some(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:10])) + (f" and {len(numbers) - 10} more" if len(numbers) > 10 else "")


def _decoded(content: bytes) -> tuple[str, str]:
    """The text, and what is to be said of how it was read."""
    if content.startswith(OLD_WORKBOOK):
        raise BadSheet("that is a workbook of an old kind, or one with a password: save it as .xlsx without one")
    if content.startswith(WIDE) or b"\0" in content:
        raise BadSheet(f"that is no text in UTF-8. {SAVE}")
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp1252"), "It was read as Windows-1252: look whether letters such as å and é are right."
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadSheet(f"line {line} is text neither in UTF-8 nor in Windows-1252. {SAVE}") from None


def _delimiter(text: str) -> str:
    """What parts the headings."""
    heading = text.split("\n", 1)[0]
    return max(DELIMITERS, key=heading.count)
