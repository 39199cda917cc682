"""Slices of the past, from the columns of days or from rows; and columns of days from rows, to be kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO

import polars as pl

from gateway.domain.errors import GatewayError
from gateway.engines.replay import spans
from gateway.engines.replay.extract import Extractor
from gateway.engines.replay.shelf import Folder
from gateway.engines.replay.spans import Span
from gateway.engines.replay.tables import EPOCH, Slice, joined
from gateway.services.ports import Mode
from gateway.services.ports.history import DayColumns, History, PastDay, Period, day_of


@dataclass(frozen=True, slots=True)
class SpanReader:
    """Reads the spans of a period; those of rows are written down as slices of a folder first."""

    history: History
    period: Period
    extractor: Extractor
    folder: Folder

    def read(self, span: Span) -> int:
        """Writes a slice, and returns its number."""
        self.folder.write_slice(span.number, joined(list(self._rows(span))))
        return span.number

    def slices(self, span: Span, days: Mapping[date, PastDay]) -> Iterator[Slice]:
        """What there is of a span, in its order; rows where columns are no longer what they were."""
        if not span.days:
            yield self.folder.slice(span.number)
            return
        found = self.history.columns(self.period, [days[each] for each in span.days if each in days])
        if len(found) == len(span.days):
            yield from joined([unpacked(each) for each in found]).parts(spans.SLICE)
        else:
            yield from self._rows(span)

    def _rows(self, span: Span) -> Iterator[Slice]:
        return self.extractor.slices(self.history.shipments(self.period, span.after, span.until), spans.SLICE)


@dataclass(frozen=True, slots=True)
class DayReader:
    """Reads days of a merchant and mode into columns."""

    history: History
    merchant_id: str
    mode: Mode
    extractor: Extractor

    def read(self, day: date) -> tuple[date, DayColumns | str]:
        """The columns, or why there are none."""
        period = day_of(self.merchant_id, self.mode, day)
        try:
            found = joined(list(self.extractor.slices(self.history.shipments(period, None, None), spans.SLICE)))
        except GatewayError as error:
            return day, str(error)
        quoted = [EPOCH + timedelta(microseconds=each) for each in found.asked["now"]] or [period.since]
        asked, offers, lanes = (_packed(table) for table in found)
        return day, DayColumns(asked, offers, lanes, min(quoted), max(quoted))


def unpacked(columns: DayColumns) -> Slice:
    """A day's slice, of whatever length."""
    return Slice(*(pl.read_parquet(BytesIO(each)) for each in (columns.asked, columns.offers, columns.lanes)))


def _packed(table: pl.DataFrame) -> bytes:
    into = BytesIO()
    table.write_parquet(into, compression="zstd", statistics=False)
    return into.getvalue()
