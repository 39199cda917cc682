"""Tracking events as a merchant hands them over, one a line: what the cells of a line mean.

How lines are taken apart is said in `gateway.services.line_cells`, which names their columns.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from carriers.base import InvalidValue, Leg, Place, StatusTable, TrackingEvent
from gateway.domain.tracking import reasons, statuses
from gateway.services.line_cells import NUMBER, Bad, Cells, Fault, Holds, csv_cells, object_cells

KNOWN_BY = re.compile(r"[A-Za-z0-9_.-]{3,64}")
COUNTRY = re.compile(r"[A-Z]{2}")
DAY_CHARS = len("2026-03-02")
WHERE = ("city", "postal_code", "country", "facility")
PLACE = frozenset({*WHERE, "latitude", "longitude"})
DAY_CHARS = len("2026-03-02")


class Line(NamedTuple):
    """One event, and the number it is about."""

    number: str
    event: TrackingEvent


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads lines for one account: its carrier's name, its table, and the zone of times without an offset."""

    carrier: str
    table: StatusTable
    zone: ZoneInfo

    def csv(self, lines: Iterable[bytes], holds: Holds) -> Iterator[Line | Fault]:
        """CSV, as far as it is ours."""
        return self._read(csv_cells(lines, holds))

    def ndjson(self, lines: Iterable[bytes], holds: Holds) -> Iterator[Line | Fault]:
        """NDJSON, as far as it is ours."""
        return self._read(object_cells(lines, holds))

    def _read(self, taken_apart: Iterable[tuple[int, Cells | Fault]]) -> Iterator[Line | Fault]:
        for number, cells in taken_apart:
            if isinstance(cells, Fault):
                yield cells
                continue
            try:
                yield self._line(cells)
            except Bad as bad:
                yield Fault(number, bad.column, bad.why)
            except InvalidValue as error:
                yield Fault(number, "", str(error))

    def _line(self, cells: Cells) -> Line:
        tracking_number = cells.get(NUMBER, "")
        if not KNOWN_BY.fullmatch(tracking_number):
            raise Bad(NUMBER, "is no tracking number")
        code, detail = cells.get("code", ""), cells.get("detail", "")
        status, reason = self._meaning(cells, code, detail)
        moment, local = self._moment(cells.get("occurred_at", ""))
        event = TrackingEvent(
            event_id=cells.get("event_id") or self._name(tracking_number, cells, moment),
            occurred_at=moment,
            status=status,
            reason=reason,
            carrier_code=code,
            carrier_qualifier=detail,
            description=cells.get("description", ""),
            leg=_one_of("leg", cells["leg"], Leg) if "leg" in cells else Leg.OUTBOUND,
            place=None if PLACE.isdisjoint(cells) else _place(cells),
            piece=cells.get("piece", ""),
            occurred_at_local=local,
            tz_source="assumed" if local else "carrier",
            raw=cells,
        )
        return Line(tracking_number, event)

    def _meaning(self, cells: Mapping[str, str], code: str, detail: str) -> tuple[str, str]:
        status = cells.get("status", "")
        if not status and not code:
            raise Bad("status", "say the status, or the carrier's code")
        if not status:
            meaning = self.table.lookup(code, detail)
            return meaning.status, meaning.reason
        if status not in statuses():
            raise Bad("status", "is not one of our statuses")
        reason = cells.get("reason", "none")
        if reason not in reasons():
            raise Bad("reason", "is not one of our reasons")
        if why := reasons()[reason].contradicts(status):
            raise Bad("reason", why)
        return status, reason

    def _moment(self, text: str) -> tuple[datetime, str]:
        """The time, and as it was written where it has no offset.

        A local time that a clock skipped is taken as if it had not been put forward yet, one that it showed twice as
        the first.
        """
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise Bad("occurred_at", "is no time such as 2026-03-02T14:41:07+01:00") from None
        if len(text) <= DAY_CHARS:
            raise Bad("occurred_at", "is a day alone: say the time too, such as 2026-03-02T14:41:07+01:00")
        if moment.utcoffset() is not None:
            return moment, ""
        return moment.replace(tzinfo=self.zone), text

    def _name(self, tracking_number: str, cells: Mapping[str, str], moment: datetime) -> str:
        """Source: the project's status model, rule 4 of its use: what makes two tellings of a scan the same."""
        told = cells.get
        said = (
            *(self.carrier, tracking_number, told("piece", "")),
            *(told("code") or told("status", ""), told("detail") or told("reason", "")),
            str(int(moment.timestamp() // 60)),
            *(told("country", ""), told("postal_code", ""), told("city", ""), told("facility", "")),
        )
        return f"line:{hashlib.sha256(chr(31).join(said).encode()).hexdigest()[:40]}"


def _one_of(name: str, text: str, kind: Callable[[str], Leg]) -> Leg:
    try:
        return kind(text)
    except ValueError:
        raise Bad(name, f"is one of {', '.join(Leg)}") from None


def _place(cells: Mapping[str, str]) -> Place | None:
    words = {name: cells[name] for name in WHERE if cells.get(name)}
    if "country" in words and not COUNTRY.fullmatch(words["country"]):
        raise Bad("country", "is two capital letters (ISO 3166-1)")
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
        raise Bad(name, "is no number") from None
    if not -most <= number <= most:
        raise Bad(name, f"is between -{most} and {most}")
    return number
