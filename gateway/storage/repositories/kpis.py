"""What key figures are made of, a page at a time along an index: memory stays the same however full the day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, and_, case, exists, false, func, select, tuple_, type_coerce

from gateway.domain.plausibility import STUCK
from gateway.domain.recipients import NOT_RECEIVED
from gateway.domain.shipments import ShipmentState, TenderState
from gateway.kpis.facts import Asked, Delivery
from gateway.kpis.sums import Cut
from gateway.services.ports import Mode
from gateway.storage.repositories.base import Repository
from gateway.storage.repositories.kpi_pages import Beside
from gateway.storage.tables.base import table_of
from gateway.storage.tables.claims import ClaimRow
from gateway.storage.tables.delivery_records import DeliveryRecordRow
from gateway.storage.tables.recipients import RatingRow
from gateway.storage.tables.shipments import CaseRow, ShipmentRow, TenderRow

PAGE = 2000
COLUMNS = {"account": "account_id"}

_D, _S, _R, _T, _C, _L = (
    table_of(row).c for row in (DeliveryRecordRow, ShipmentRow, RatingRow, TenderRow, CaseRow, ClaimRow)
)
_JOINED = table_of(DeliveryRecordRow).join(
    table_of(ShipmentRow), (_S.merchant_id == _D.merchant_id) & (_S.id == _D.shipment_id) & _S.return_of.is_(None)
)
_OF_TENDER = (_S.merchant_id == _T.merchant_id) & (_S.id == _T.shipment_id)
_GOODS = type_coerce(_S.shipment, Text)
_DENIED_AT = (
    select(func.min(_C.created_at))
    .where(_C.merchant_id == _D.merchant_id, _C.shipment_id == _D.shipment_id, _C.kind == NOT_RECEIVED)
    .scalar_subquery()
)
_STALLED = (
    exists()
    .where(_C.merchant_id == _D.merchant_id, _C.shipment_id == _D.shipment_id, _C.kind == STUCK)
    .where(_C.created_at >= _D.picked_up_at)
)
_FACTS = (
    select(
        _D.merchant_id,
        _D.shipment_id,
        _D.account_id,
        _D.carrier,
        _D.service,
        _D.zone,
        _D.ordered_at,
        _D.booked_at,
        _D.promised_by,
        _D.picked_up_at,
        _D.delivered_at,
        _D.attempts,
        case((_S.state == ShipmentState.CANCELLED, "cancelled"), else_=_D.outcome).label("outcome"),
        _D.quoted_minor,
        _D.price_minor,
        _D.currency,
        _D.co2e_g,
        _D.weight_g,
        _D.declared_minor,
        _D.declared_currency,
        _D.apart_m,
        _D.estimates,
        _S.reason,
        _S.window,
        _S.agreed,
        _S.proof,
        case((and_(_D.outcome == "delivered", _GOODS.contains('"requirements":')), _GOODS)).label("goods"),
        _R.stars,
        _R.recommends,
        case((_D.outcome == "delivered", _DENIED_AT)).label("denied_at"),
        case((_D.picked_up_at.is_not(None), _STALLED), else_=false()).label("stalled"),
    )
    .select_from(_JOINED)
    .join(table_of(RatingRow), (_R.merchant_id == _D.merchant_id) & (_R.shipment_id == _D.shipment_id), isouter=True)
)
_LATER = table_of(TenderRow).alias()
_PASSED_ON = and_(
    _T.state.in_((TenderState.REFUSED, TenderState.UNAVAILABLE)),
    exists().where(_LATER.c.merchant_id == _T.merchant_id, _LATER.c.shipment_id == _T.shipment_id, _LATER.c.id > _T.id),
)
_TENDERS = select(
    _T.shipment_id, _T.account_id, _T.carrier, _S.zone, _T.state, _T.answer_ms, _PASSED_ON.label("passed_on")
).join_from(table_of(TenderRow), table_of(ShipmentRow), _OF_TENDER)


class KpiFactsRepository(Repository):
    """Deliveries and answers as facts."""

    def deliveries(
        self,
        merchant_id: str,
        mode: Mode,
        day: date,
        by: Cut | None = None,
        value: str = "",
        *,
        claimed: bool = False,
        at_once: int = 0,
    ) -> Iterator[tuple[str, Delivery]]:
        """Along `delivery_records_due_on`."""
        mine = (_D.merchant_id == merchant_id, _S.mode == mode, _D.due_on == day)
        of_it: tuple[ColumnElement[bool], ...] = () if by is None else (_D[COLUMNS.get(by, by)] == value,)
        if claimed:
            has = exists().where(_L.merchant_id == _D.merchant_id, _L.shipment_id == _D.shipment_id)
            of_it = (*of_it, has)
        size = at_once or PAGE
        wanted: Select[Any] = _FACTS.where(*mine, *of_it).order_by(_D.shipment_id).limit(size)
        beside, after = Beside(self._connection, merchant_id, mode), ""
        while page := self._connection.execute(wanted.where(_D.shipment_id > after)).all():
            beside.read(page)
            for row in page:
                yield row.shipment_id, beside.delivery(row)
            if len(page) < size:
                return
            after = page[-1].shipment_id

    def asked(self, merchant_id: str, mode: Mode, day: date) -> Sequence[Asked]:
        """Along `tenders_made`."""
        some = _TENDERS.where(*_on(merchant_id, mode, day)).subquery().c
        alike = (some.account_id, some.carrier, some.zone, some.state, some.answer_ms, some.passed_on)
        found = self._connection.execute(select(*alike, func.count().label("times")).group_by(*alike))
        return [_asked(row, row.times) for row in found]

    def asked_for(
        self, merchant_id: str, mode: Mode, day: date, by: Cut | None = None, value: str = "", *, at_once: int = 0
    ) -> Iterator[tuple[str, Asked]]:
        """Likewise, one by one, of one value of what figures are cut by."""
        column = _S.zone if by == "zone" else _T[COLUMNS.get(by, by)] if by else None
        of_it = () if column is None else (column == value,)
        order, size = (_T.created_at, _T.id), at_once or PAGE
        mine = _TENDERS.add_columns(*order).where(*_on(merchant_id, mode, day), *of_it)
        wanted = mine.order_by(*order).limit(size)
        page = self._connection.execute(wanted).all()
        while page:
            for row in page:
                yield row.shipment_id, _asked(row, 1)
            if len(page) < size:
                return
            later = tuple_(*order) > tuple_(page[-1].created_at, page[-1].id)
            page = self._connection.execute(wanted.where(later)).all()


def _on(merchant_id: str, mode: Mode, day: date) -> Sequence[ColumnElement[bool]]:
    begin = datetime.combine(day, time(), UTC)
    made = (_T.created_at >= begin, _T.created_at < begin + timedelta(days=1))
    return (_T.merchant_id == merchant_id, _S.mode == mode, *made)


def _asked(row: Row[Any], times: int) -> Asked:
    return Asked(
        account=row.account_id,
        carrier=row.carrier,
        zone=row.zone or "",
        answer=row.state,
        passed_on=bool(row.passed_on),
        answer_ms=row.answer_ms,
        times=times,
    )
