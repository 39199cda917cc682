"""What key figures are made of, a page at a time along an index: memory stays the same however full the day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, and_, case, exists, func, or_, select, type_coerce

from gateway.domain.claims import CONFIRMED, ClaimKind, ClaimState
from gateway.domain.codec import from_json
from gateway.domain.proof_files import READABLE, PictureKind, ProofFileState, missing_proof, wanted_proof
from gateway.domain.recipients import NOT_RECEIVED
from gateway.domain.shipments import ShipmentState
from gateway.domain.values import Requirements
from gateway.kpis.facts import Asked, Delivery
from gateway.kpis.sums import Cut
from gateway.services.ports import Mode
from gateway.storage.repositories.base import Repository
from gateway.storage.tables.base import table_of
from gateway.storage.tables.claims import ClaimRow
from gateway.storage.tables.proofs import ProofFileRow
from gateway.storage.tables.recipients import RatingRow
from gateway.storage.tables.shipments import CaseRow, DeliveryRecordRow, ShipmentRow, TenderRow
from gateway.storage.types import parsed

PAGE = 2000
COLUMNS = {"account": "account_id"}
LOST = frozenset({"lost", "stolen", "destroyed"})
"""Reasons of a failure that leave nothing to be delivered."""

_D, _S, _R, _T, _C, _F, _L = (
    table_of(row).c for row in (DeliveryRecordRow, ShipmentRow, RatingRow, TenderRow, CaseRow, ProofFileRow, ClaimRow)
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
_FACTS = (
    select(
        _D.merchant_id,
        _D.shipment_id,
        _D.account_id,
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
        _S.reason,
        _S.window,
        _S.proof,
        case((and_(_D.outcome == "delivered", _GOODS.contains('"requirements":')), _GOODS)).label("goods"),
        _R.stars,
        case((_D.outcome == "delivered", _DENIED_AT)).label("denied_at"),
    )
    .select_from(_JOINED)
    .join(table_of(RatingRow), (_R.merchant_id == _D.merchant_id) & (_R.shipment_id == _D.shipment_id), isouter=True)
)
_ASKED = (
    select(_T.account_id, _T.carrier, _S.zone, _T.state, func.count().label("times"))
    .join_from(table_of(TenderRow), table_of(ShipmentRow), _OF_TENDER)
    .group_by(_T.account_id, _T.carrier, _S.zone, _T.state)
)


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
        kept = self._connection.scalar(select(exists().where(_L.merchant_id == merchant_id, _L.mode == mode)))
        after = ""
        while page := self._connection.execute(wanted.where(_D.shipment_id > after)).all():
            shown, claims = self._pictures(page), self._claims(page) if kept else {}
            for row in page:
                yield row.shipment_id, _delivery(row, shown, claims.get(row.shipment_id, ()) if kept else None)
            if len(page) < size:
                return
            after = page[-1].shipment_id

    def last_promise(self, merchant_id: str, mode: Mode, day: date) -> datetime | None:
        """The latest of a day."""
        mine = (_D.merchant_id == merchant_id, _S.mode == mode, _D.due_on == day)
        last: datetime | None = self._connection.scalar(
            select(func.max(_D.promised_by)).select_from(_JOINED).where(*mine)
        )
        return last

    def asked(self, merchant_id: str, mode: Mode, day: date) -> Sequence[Asked]:
        """Along `tenders_made`."""
        found = self._connection.execute(_ASKED.where(*_on(merchant_id, mode, day)))
        return [
            Asked(account=row.account_id, carrier=row.carrier, zone=row.zone or "", answer=row.state, times=row.times)
            for row in found
        ]

    def asked_for(
        self, merchant_id: str, mode: Mode, day: date, by: Cut | None = None, value: str = ""
    ) -> Sequence[tuple[str, Asked]]:
        """Likewise, one by one, of one value of what figures are cut by."""
        column = _S.zone if by == "zone" else _T[COLUMNS.get(by, by)] if by else None
        of_it = () if column is None else (column == value,)
        wanted = select(_T.shipment_id, _T.account_id, _T.carrier, _S.zone, _T.state).join_from(
            table_of(TenderRow), table_of(ShipmentRow), _OF_TENDER
        )
        found = self._connection.execute(wanted.where(*_on(merchant_id, mode, day), *of_it).order_by(_T.id))
        return [
            (
                row.shipment_id,
                Asked(account=row.account_id, carrier=row.carrier, zone=row.zone or "", answer=row.state, times=1),
            )
            for row in found
        ]

    def _claims(self, page: Sequence[Row[Any]]) -> Mapping[str, list[Any]]:
        """Those that stand, by shipment."""
        found: dict[str, list[Any]] = defaultdict(list)
        wanted = select(_L.shipment_id, _L.kind, _L.decision, _L.created_at).where(
            _L.merchant_id == page[0].merchant_id,
            _L.shipment_id.in_([row.shipment_id for row in page]),
            _L.state != ClaimState.WITHDRAWN,
        )
        for row in self._connection.execute(wanted):
            found[row.shipment_id].append(row)
        return found

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


def _on(merchant_id: str, mode: Mode, day: date) -> Sequence[ColumnElement[bool]]:
    begin = datetime.combine(day, time(), UTC)
    made = (_T.created_at >= begin, _T.created_at < begin + timedelta(days=1))
    return (_T.merchant_id == merchant_id, _S.mode == mode, *made)


def _delivery(row: Row[Any], shown: Mapping[str, set[PictureKind]], claims: Sequence[Row[Any]] | None) -> Delivery:
    needs = None if row.goods is None else from_json(Requirements, parsed(row.goods).get("requirements", {}))
    elsewhere = [each.created_at for each in claims or () if each.kind is ClaimKind.MISDELIVERY]
    return Delivery(
        account=row.account_id,
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
        lost=row.outcome == "failed" and row.reason in LOST,
        quoted=row.quoted_minor,
        price=row.price_minor,
        currency=row.currency or "",
        co2e_g=row.co2e_g,
        out_estimate=row.estimates.get("out"),
        stars=row.stars,
        proof_wanted=needs is not None and bool(wanted_proof(needs)),
        proof_shown=needs is not None and not missing_proof(needs, row.proof, shown.get(row.shipment_id, ())),
        denied_at=min([*elsewhere, *([row.denied_at] if row.denied_at else [])], default=None),
        claims=None if claims is None else frozenset(each.kind.value for each in claims),
        damage_confirmed=any(each.kind is ClaimKind.DAMAGE and each.decision in CONFIRMED for each in claims or ()),
    )
