"""The past for backtests: what lies in columns is read as it lies, a page at a time along an index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import ColumnElement, Connection, Text, case, func, select, text, tuple_, type_coerce

from gateway.services.ports.history import Extent, Kept, Mark, PastShipment, Period
from gateway.storage.engine import PG_AUDIT_LIMITS, plain_errors, read_engine
from gateway.storage.tables.base import table_of
from gateway.storage.tables.quotes import QuoteRow
from gateway.storage.tables.shipments import DeliveryRecordRow, ShipmentRow, TenderRow

PAGE = 1000
_S, _Q, _T, _D = (table_of(row).c for row in (ShipmentRow, QuoteRow, TenderRow, DeliveryRecordRow))
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


class SqlHistory:
    """Reads with connections of its own, because it may take minutes."""

    def __init__(self, url: str) -> None:
        self._url = url

    def extent(self, period: Period) -> Extent:
        """How many booked shipments there are, and when one of them was changed last."""
        wanted = select(func.count(), func.max(_S.updated_at)).where(*_within(period))
        with self._reading() as connection:
            shipments, changed_at = connection.execute(wanted).one()
        return Extent(shipments, changed_at)

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


def _within(period: Period) -> tuple[ColumnElement[bool], ...]:
    return (
        _S.merchant_id == period.merchant_id,
        _S.mode == period.mode,
        _S.state == text("'booked'"),
        _S.created_at >= period.since,
        _S.created_at < period.until,
    )
