"""Pictures that prove deliveries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gateway.domain.proof_files import PictureKind, ProofFileState
from gateway.storage.tables.base import Maybe, Named, Owned, Row, due_index, index, of
from gateway.storage.types import Word

TOLD_ONCE = index("proof_files_told_once", "merchant_id", "shipment_id", "kind", "origin", unique=True)


class ProofFileRow(Named, Row):
    """One picture of a shipment."""

    __tablename__ = "proof_files"
    shipment_id: Mapped[str]
    kind: Mapped[PictureKind] = mapped_column(Word(PictureKind))
    state: Mapped[ProofFileState] = mapped_column(Word(ProofFileState))
    source: Mapped[str]
    origin: Mapped[str]
    created_at: Mapped[datetime]
    url: Mapped[Maybe]
    media_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    size_bytes: Mapped[int]
    sha256: Mapped[str]
    why: Mapped[str]
    failures: Mapped[int]
    tries: Mapped[int]
    due_at: Mapped[datetime | None]
    __table_args__ = (
        of("shipment_id", "shipments"),
        TOLD_ONCE,
        index("proof_files_not_erased", "merchant_id", "id", where="state <> 'erased'"),
        due_index("proof_files"),
    )


class ProofContentRow(Owned, Row):
    """The bytes of a picture that the file store does not have yet."""

    __tablename__ = "proof_contents"
    file_id: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes]
    __table_args__ = (
        ForeignKeyConstraint(
            ["merchant_id", "file_id"], ["proof_files.merchant_id", "proof_files.id"], ondelete="CASCADE"
        ),
    )
