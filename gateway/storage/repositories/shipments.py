"""Shipments and their labels."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, func, select, text, update

from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import OPEN_TENDER_STATES, Label, LabelKind
from gateway.services.ports import FoundShipment, Mode, Page, ShipmentSearch
from gateway.storage.claims import NOW, claim
from gateway.storage.repositories.base import Repository
from gateway.storage.repositories.finding import TERMS, counts_of, narrowed, rows_of, words_of
from gateway.storage.rows import DIALECTS, Rows
from gateway.storage.tables.base import table_of
from gateway.storage.tables.shipments import REFERENCE, CaseRow, LabelRow, ShipmentRow, TenderRow

SHIPMENTS = Rows(ShipmentRow, ShipmentRecord)
LABELS = Rows(LabelRow, Label)
_S = SHIPMENTS.table.c
_DUE = _S.due_at <= NOW
_L = LABELS.table.c
_BY_ID = select(SHIPMENTS.table).where(_S.id == bindparam("shipment_id"))
_BY_REFERENCE = select(SHIPMENTS.table).where(
    _S.merchant_id == bindparam("merchant_id"),
    _S.mode == bindparam("mode"),
    _S.reference == bindparam("reference"),
)
_LABEL = select(LABELS.table).where(
    _L.merchant_id == bindparam("merchant_id"),
    _L.shipment_id == bindparam("shipment_id"),
    _L.kind == bindparam("kind"),
)
_LABEL_KINDS = select(_L.kind).where(
    _L.merchant_id == bindparam("merchant_id"), _L.shipment_id == bindparam("shipment_id")
)
_BOOKED = (
    select(_S.account, func.count().label("booked"))
    .where(
        _S.merchant_id == bindparam("merchant_id"),
        _S.mode == bindparam("mode"),
        _S.state == text("'booked'"),
        _S.created_at >= bindparam("since"),
    )
    .group_by(_S.account)
)
_RETURNS = (
    select(SHIPMENTS.table)
    .where(_S.merchant_id == bindparam("merchant_id"), _S.return_of == bindparam("shipment_id"))
    .order_by(_S.id)
)
_CASES = table_of(CaseRow).c
_LOOK_UP = select(
    SHIPMENTS.table,
    select(func.aggregate_strings(_L.kind, ","))
    .where(_L.merchant_id == _S.merchant_id, _L.shipment_id == _S.id)
    .scalar_subquery()
    .label("label_kinds"),
    exists().where(_CASES.merchant_id == _S.merchant_id, _CASES.shipment_id == _S.id).label("has_cases"),
).where(_S.merchant_id == bindparam("merchant_id"), _S.id == bindparam("shipment_id"))
_INSERT = {name: dialect.insert(TERMS).on_conflict_do_nothing() for name, dialect in DIALECTS.items()}
_TENDERS = table_of(TenderRow).c
_HAS_OPEN_TENDER = exists().where(
    _TENDERS.merchant_id == _S.merchant_id,
    _TENDERS.shipment_id == _S.id,
    _TENDERS.state.in_([state.value for state in OPEN_TENDER_STATES]),
)


class ShipmentRepository(Repository):
    """Shipments, and the words under which people find them."""

    def add(self, shipment: ShipmentRecord) -> bool:
        """False when the merchant's reference is taken."""
        if not SHIPMENTS.add(self._connection, shipment, unless=REFERENCE):
            return False
        self._index(shipment, words_of(shipment))
        return True

    def get(self, merchant_id: str, shipment_id: str, *, lock: bool = False) -> ShipmentRecord | None:
        """By id; `lock` holds the row until the transaction ends."""
        return SHIPMENTS.get(self._connection, merchant_id, shipment_id, lock=lock)

    def by_id(self, shipment_id: str) -> ShipmentRecord | None:
        """Across merchants: only for recipients, whose link names the shipment alone."""
        return SHIPMENTS.first(self._connection, _BY_ID, shipment_id=shipment_id)

    def look_up(self, merchant_id: str, shipment_id: str) -> FoundShipment | None:
        """With its labels' kinds and whether there are cases."""
        bound = {"merchant_id": merchant_id, "shipment_id": shipment_id}
        row = self._connection.execute(_LOOK_UP, bound).one_or_none()
        if row is None:
            return None
        kinds = frozenset(map(LabelKind, row.label_kinds.split(","))) if row.label_kinds else frozenset()
        return FoundShipment(shipment=SHIPMENTS.noun(row), labels=kinds, has_cases=bool(row.has_cases))

    def by_reference(self, merchant_id: str, mode: Mode, reference: str) -> ShipmentRecord | None:
        """By the merchant's own reference."""
        return SHIPMENTS.first(self._connection, _BY_REFERENCE, merchant_id=merchant_id, mode=mode, reference=reference)

    def returns_of(self, merchant_id: str, shipment_id: str) -> Sequence[ShipmentRecord]:
        """Those that bring it back, or were to, oldest first."""
        return SHIPMENTS.all(self._connection, _RETURNS, merchant_id=merchant_id, shipment_id=shipment_id)

    def update(self, shipment: ShipmentRecord) -> None:
        """Write it. Raises StaleVersion when a later version is stored."""
        SHIPMENTS.put(self._connection, shipment)
        if shipment.booking is not None:
            self._index(shipment, (shipment.tracking_number, *shipment.booking.parcel_numbers))

    def claim_stranded(self, now: datetime, lease: timedelta, limit: int) -> Sequence[ShipmentRecord]:
        """Shipments in `booking` without an open tender that nobody touched for a lease; commits.

        Touching them is the lease: another worker sees them again only when it is over.
        """
        chosen = (
            select(_S.merchant_id, _S.id)
            .where(_S.state == "booking", _S.updated_at <= now - lease, ~_HAS_OPEN_TENDER)
            .order_by(_S.updated_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("stranded")
        )
        touched = (
            update(SHIPMENTS.table)
            .where(_S.merchant_id == chosen.c.merchant_id, _S.id == chosen.c.id)
            .values(updated_at=now)
            .returning(*SHIPMENTS.table.c)
        )
        found = self._connection.execute(touched).all()
        self._connection.commit()
        return [SHIPMENTS.noun(row) for row in found]

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[ShipmentRecord]:
        """Those that the watch is to look at."""
        return claim(self._connection, SHIPMENTS, _DUE, now, lease, limit)

    def foresee(self, shipment: ShipmentRecord) -> None:
        """What the watch found; nothing else of it."""
        found = {name: getattr(shipment, name) for name in ("eta", "alarms", "due_at", "tries")}
        of_it = (_S.merchant_id == shipment.merchant_id, _S.id == shipment.id)
        self._connection.execute(update(SHIPMENTS.table).where(*of_it).values(found))

    def wake(self, merchant_id: str, shipment_id: str, at: datetime) -> None:
        """Due by then at the latest."""
        of_it = (_S.merchant_id == merchant_id, _S.id == shipment_id, _S.due_at > at)
        self._connection.execute(update(SHIPMENTS.table).where(*of_it).values(due_at=at))

    def search(self, merchant_id: str, search: ShipmentSearch) -> Page[ShipmentRecord]:
        """Newest first; of those with `most` words the best, and no more. Raises Unprocessable: no cursor of ours."""
        wanted, order = narrowed(select(SHIPMENTS.table), merchant_id, search)
        if search.match == "most":
            best = wanted.order_by(*(column.desc() for column in order)).limit(search.limit)
            return Page(items=tuple(SHIPMENTS.all(self._connection, best)), next_cursor=None)
        return self._page(SHIPMENTS, wanted, order, search.limit, search.cursor)

    def led_to(self, merchant_id: str, words: Sequence[str]) -> Mapping[str, int]:
        """In one statement."""
        return dict(zip(words, self._connection.execute(counts_of(merchant_id, words)).one(), strict=True))

    def booked_since(self, merchant_id: str, mode: Mode, since: datetime) -> Mapping[str, int]:
        """Booked shipments by account; walks an index of theirs alone."""
        found = self._connection.execute(_BOOKED, {"merchant_id": merchant_id, "mode": mode, "since": since})
        return {row.account: row.booked for row in found}

    def add_label(self, merchant_id: str, shipment_id: str, label: Label) -> None:
        """The first label of a kind stays."""
        LABELS.add(self._connection, label, others={"merchant_id": merchant_id, "shipment_id": shipment_id})

    def label(self, merchant_id: str, shipment_id: str, kind: LabelKind) -> Label | None:
        """A label."""
        return LABELS.first(self._connection, _LABEL, merchant_id=merchant_id, shipment_id=shipment_id, kind=kind)

    def label_kinds(self, merchant_id: str, shipment_id: str) -> Collection[LabelKind]:
        """Which labels there are, without reading them."""
        bound = {"merchant_id": merchant_id, "shipment_id": shipment_id}
        return set(self._connection.scalars(_LABEL_KINDS, bound))

    def _index(self, shipment: ShipmentRecord, words: Iterable[str]) -> None:
        rows = rows_of(shipment, words)
        if rows:
            self._connection.execute(_INSERT[self._connection.dialect.name], rows)
