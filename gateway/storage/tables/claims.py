"""Claims against carriers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.domain.claims import ClaimKind, ClaimState, Evidence
from gateway.storage.tables.base import Currency, Maybe, Minor, Named, Row, index, of
from gateway.storage.types import Json, Word

ONE_OF_A_KIND = index(
    "claims_one_of_a_kind", "merchant_id", "shipment_id", "kind", unique=True, where="state <> 'withdrawn'"
)


class ClaimRow(Named, Row):
    """A claim; amounts in the minor units beside their currencies."""

    __tablename__ = "claims"
    mode: Mapped[str]
    shipment_id: Mapped[str]
    account_id: Mapped[Maybe]
    carrier: Mapped[str]
    kind: Mapped[ClaimKind] = mapped_column(Word(ClaimKind))
    state: Mapped[ClaimState] = mapped_column(Word(ClaimState))
    amount_minor: Mapped[Minor | None]
    amount_currency: Mapped[Currency | None]
    awarded_minor: Mapped[Minor | None]
    awarded_currency: Mapped[Currency | None]
    paid_minor: Mapped[Minor | None]
    paid_currency: Mapped[Currency | None]
    decision: Mapped[str]
    reference: Mapped[str]
    note: Mapped[str]
    evidence: Mapped[tuple[Evidence, ...]] = mapped_column(Json(tuple[Evidence, ...]))
    opened_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    submit_by: Mapped[datetime | None]
    submit_by_why: Mapped[str]
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    version: Mapped[int]
    __table_args__ = (
        of("shipment_id", "shipments"),
        ONE_OF_A_KIND,
        index("claims_newest", "merchant_id", "mode", "created_at", "id"),
        index("claims_by_state", "merchant_id", "mode", "state", "created_at", "id"),
    )
