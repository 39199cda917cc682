"""What key figures are made of, a page at a time along an index: memory stays the same however long the period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, and_, case, func, or_, select, tuple_, type_coerce

from gateway.domain.codec import from_json
from gateway.domain.proof_files import READABLE, PictureKind, ProofFileState, missing_proof, wanted_proof
from gateway.domain.recipients import NOT_RECEIVED
from gateway.domain.shipments import ShipmentState
from gateway.domain.values import Requirements
from gateway.kpis.facts import Asked, Delivery
from gateway.services.ports import Mode
from gateway.storage.repositories.base import Repository
from gateway.storage.tables.base import table_of
from gateway.storage.tables.proofs import ProofFileRow
from gateway.storage.tables.recipients import RatingRow
from gateway.storage.tables.shipments import CaseRow, DeliveryRecordRow, ShipmentRow, TenderRow
from gateway.storage.types import parsed

PAGE = 2000
_D, _S, _R, _T, _C, _F = (
    table_of(row).c for row in (DeliveryRecordRow, ShipmentRow, RatingRow, TenderRow, CaseRow, ProofFileRow)
)
_GOODS = type_coerce(_S.shipment, Text)
_DENIED_AT = (
    select(func.min(_C.created_at))
    .where(_C.merchant_id == _D.merchant_id, _C.shipment_id == _D.shipment_id, _C.kind == NOT_RECEIVED)
    .scalar_subquery()
)
_FACTS = (
    select(
        _D.merchant_id,
        _D.shipment_id,
        _D.carrier,
        _D.service,
        _D.zone,
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
        _D.estimates,
        _S.window,
        _S.proof,
        case((and_(_D.outcome == "delivered", _GOODS.contains('"requirements":')), _GOODS)).label("goods"),
        _R.stars,
        case((_D.outcome == "delivered", _DENIED_AT)).label("denied_at"),
    )
    .join_from(
        table_of(DeliveryRecordRow),
        table_of(ShipmentRow),
        (_S.merchant_id == _D.merchant_id) & (_S.id == _D.shipment_id),
    )
    .join(table_of(RatingRow), (_R.merchant_id == _D.merchant_id) & (_R.shipment_id == _D.shipment_id), isouter=True)
    .where(_S.return_of.is_(None))
)
_ASKED = (
    select(_T.carrier, _S.zone, _T.state, func.count().label("times"))
    .join_from(
        table_of(TenderRow), table_of(ShipmentRow), (_S.merchant_id == _T.merchant_id) & (_S.id == _T.shipment_id)
    )
    .group_by(_T.carrier, _S.zone, _T.state)
)


class KpiFactsRepository(Repository):
    """Deliveries and answers as facts."""

    def deliveries(self, merchant_id: str, mode: Mode, since: datetime, until: datetime) -> Iterator[Delivery]:
        """Along `delivery_records_due`, twice: those with a promise, then those without."""
        mine = (_D.merchant_id == merchant_id, _S.mode == mode)
        yield from self._walk((*mine, _D.promised_by >= since, _D.promised_by < until), _D.promised_by)
        unpromised = (_D.promised_by.is_(None), _D.booked_at >= since, _D.booked_at < until)
        yield from self._walk((*mine, *unpromised), _D.booked_at)

    def asked(self, merchant_id: str, mode: Mode, since: datetime, until: datetime) -> Sequence[Asked]:
        """Along `tenders_made`."""
        wanted = _ASKED.where(
            _T.merchant_id == merchant_id, _S.mode == mode, _T.created_at >= since, _T.created_at < until
        )
        return [
            Asked(carrier=row.carrier, zone=row.zone or "", answer=row.state.value, times=row.times)
            for row in self._connection.execute(wanted)
        ]

    def _walk(self, within: Sequence[ColumnElement[bool]], along: ColumnElement[Any]) -> Iterator[Delivery]:
        wanted: Select[Any] = _FACTS.where(*within).order_by(along, _D.shipment_id).limit(PAGE)
        page = self._connection.execute(wanted).all()
        while page:
            shown = self._pictures(page)
            for row in page:
                yield _delivery(row, shown)
            if len(page) < PAGE:
                return
            after = (getattr(page[-1], along.key or ""), page[-1].shipment_id)
            page = self._connection.execute(wanted.where(tuple_(along, _D.shipment_id) > tuple_(*after))).all()

    def _pictures(self, page: Sequence[Row[Any]]) -> Mapping[str, set[PictureKind]]:
        """The kinds of pictures of those for which it matters; one that was erased when its time was over was shown."""
        ids = [row.shipment_id for row in page if row.goods is not None]
        shown: dict[str, set[PictureKind]] = defaultdict(set)
        if not ids:
            return shown
        erased = and_(_F.state == ProofFileState.ERASED, _F.width > 0)
        wanted = select(_F.shipment_id, _F.kind).where(
            _F.merchant_id == page[0].merchant_id, _F.shipment_id.in_(ids), or_(_F.state.in_(READABLE), erased)
        )
        for row in self._connection.execute(wanted):
            shown[row.shipment_id].add(row.kind)
        return shown


def _delivery(row: Row[Any], shown: Mapping[str, set[PictureKind]]) -> Delivery:
    needs = None if row.goods is None else from_json(Requirements, parsed(row.goods).get("requirements", {}))
    return Delivery(
        carrier=row.carrier,
        service=row.service,
        zone=row.zone,
        booked_at=row.booked_at,
        due_from=row.window.start if row.window is not None else None,
        due_by=row.promised_by,
        picked_up_at=row.picked_up_at,
        delivered_at=row.delivered_at,
        attempts=row.attempts,
        outcome=row.outcome,
        quoted=row.quoted_minor,
        price=row.price_minor,
        currency=row.currency or "",
        co2e_g=row.co2e_g,
        out_estimate=row.estimates.get("out"),
        stars=row.stars,
        proof_wanted=needs is not None and bool(wanted_proof(needs)),
        proof_shown=needs is not None and not missing_proof(needs, row.proof, shown.get(row.shipment_id, ())),
        denied_at=row.denied_at,
    )
