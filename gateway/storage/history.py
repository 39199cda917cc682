"""The past for backtests: what lies in columns is read as it lies, a page at a time along an index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Text, case, func, select, text, tuple_, type_coerce

from gateway.services.ports.history import DayColumns, Extent, Kept, Mark, PastDay, PastShipment, Period
from gateway.storage.engine import PG_AUDIT_LIMITS, plain_errors, read_engine
from gateway.storage.tables.base import table_of
from gateway.storage.tables.delivery_records import DeliveryRecordRow
from gateway.storage.tables.past_days import PastDayRow
from gateway.storage.tables.quotes import QuoteRow
from gateway.storage.tables.shipments import ShipmentRow, TenderRow

PAGE = 1000
_S, _Q, _T, _D, _P = (table_of(row).c for row in (ShipmentRow, QuoteRow, TenderRow, DeliveryRecordRow, PastDayRow))
_JOINED = (
    table_of(ShipmentRow)
    .join(table_of(QuoteRow), (_Q.merchant_id == _S.merchant_id) & (_Q.id == _S.quote_id))
    .join(table_of(TenderRow), (_T.merchant_id == _S.merchant_id) & (_T.id == _S.tender_id), isouter=True)
)
_PAST = (
    select(
        _S.id,
        _S.created_at,
        _Q.id.label("quote_id"),
        func.coalesce(_T.offer_id, _S.chosen_offer_id, "").label("offer_id"),
        func.coalesce(_S.price_minor, _S.quoted_price_minor),
        func.coalesce(_S.price_currency, _S.quoted_price_currency),
        type_coerce(_Q.shipment, Text),
        _Q.created_at.label("quoted_at"),
        _Q.ready_at,
        type_coerce(_Q.window, Text),
        type_coerce(_Q.services, Text),
        _Q.zone,
        type_coerce(_Q.offers, Text),
    )
    .select_from(_JOINED)
    .order_by(_S.created_at, _S.id)
)

_WRITTEN = select(
    _P.day,
    _P.shipments,
    _P.changed_at,
    _P.made_of,
    _P.written_at,
    _P.version,
    (func.length(_P.asked) > 0).label("kept"),
)


class SqlHistory:
    """Reads with connections of its own, because it may take minutes."""

    def __init__(self, url: str) -> None:
        self._url = url

    def days(self, period: Period) -> Sequence[PastDay]:
        """See `History`."""
        day = func.date(_S.created_at).label("day")
        booked = select(day, func.count().label("shipments"), func.max(_S.updated_at).label("changed_at"))
        with self._reading() as connection:
            found = connection.execute(booked.where(*_within(period)).group_by(day).order_by(day)).all()
            written = {row.day: row for row in connection.execute(_WRITTEN.where(*_written(period)))}
        days = [(_date(row.day), Extent(row.shipments, row.changed_at)) for row in found]
        return [_past_day(day, extent, written.get(day)) for day, extent in days]

    def columns(self, period: Period, days: Sequence[PastDay]) -> Sequence[DayColumns]:
        """See `History`."""
        asked_for = {each.day: each for each in days}
        wanted = select(table_of(PastDayRow)).where(*_written(period), _P.day.in_(asked_for)).order_by(_P.day)
        with self._reading() as connection:
            found = connection.execute(wanted).all()
        return [
            DayColumns(row.asked, row.offers, row.lanes, row.quoted_from, row.quoted_until)
            for row in found
            if row.asked and row.version == asked_for[row.day].version
        ]

    def marks(self, period: Period, every: int) -> Sequence[Mark]:
        """Walks an index only."""
        numbered = select(
            _S.created_at, _S.id, func.row_number().over(order_by=(_S.created_at, _S.id)).label("number")
        ).where(*_within(period))
        last = numbered.subquery().c
        wanted = select(last.created_at, last.id).where(last.number % every == 0).order_by(last.created_at, last.id)
        with self._reading() as connection:
            return [(row.created_at, row.id) for row in connection.execute(wanted)]

    def shipments(self, period: Period, after: Mark | None, until: Mark | None) -> Iterator[PastShipment]:
        """See `History`."""
        place = tuple_(_S.created_at, _S.id)
        wanted = _PAST.where(*_within(period)).limit(PAGE)
        wanted = wanted if until is None else wanted.where(place <= tuple_(*until))
        with self._reading() as connection:
            while True:
                rows = connection.execute(wanted if after is None else wanted.where(place > tuple_(*after))).all()
                for row in rows:
                    yield PastShipment(*row)
                if len(rows) < PAGE:
                    return
                after = (rows[-1].created_at, rows[-1].id)

    def kept(self, period: Period) -> Mapping[tuple[str, str], Kept]:
        """Promises and how they were kept, by account id and service level."""
        late = func.sum(case((_D.delivered_at > _D.promised_by, 1), else_=0))
        mine = (_S.merchant_id == _D.merchant_id) & (_S.id == _D.shipment_id)
        wanted = (
            select(_D.account_id, _D.service, func.count().label("deliveries"), late.label("late"))
            .select_from(table_of(ShipmentRow).join(table_of(DeliveryRecordRow), mine))
            .where(*_within(period), _D.delivered_at.is_not(None), _D.promised_by.is_not(None))
            .group_by(_D.account_id, _D.service)
        )
        with self._reading() as connection:
            found = connection.execute(wanted).all()
        return {(row.account_id, row.service): Kept(row.deliveries, int(row.late)) for row in found}

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        reader = read_engine(self._url, pool_size=1, limits=PG_AUDIT_LIMITS)
        try:
            with plain_errors(), reader.connect() as connection:
                yield connection
        finally:
            reader.dispose()


def _past_day(day: date, extent: Extent, row: Row[Any] | None) -> PastDay:
    if row is None:
        return PastDay(day=day, extent=extent)
    written = Extent(row.shipments, row.changed_at)
    return PastDay(
        day=day,
        extent=extent,
        version=row.version,
        written_at=row.written_at,
        made_of=row.made_of,
        written=written if row.kept else None,
    )


def _date(told: date | str) -> date:
    """SQLite tells it as text."""
    return date.fromisoformat(told) if isinstance(told, str) else told


def _written(period: Period) -> tuple[ColumnElement[bool], ...]:
    return (
        _P.merchant_id == period.merchant_id,
        _P.mode == period.mode,
        _P.day >= period.since.date(),
        _P.day <= period.until.date(),
    )


def _within(period: Period) -> tuple[ColumnElement[bool], ...]:
    return (
        _S.merchant_id == period.merchant_id,
        _S.mode == period.mode,
        _S.state == text("'booked'"),
        _S.created_at >= period.since,
        _S.created_at < period.until,
    )
