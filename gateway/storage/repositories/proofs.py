"""Pictures that prove deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select

from gateway.domain.proof_files import ProofFile, ProofFileState
from gateway.storage.claims import NOW, claim
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import DIALECTS, Rows
from gateway.storage.tables.base import table_of
from gateway.storage.tables.proofs import TOLD_ONCE, ProofContentRow, ProofFileRow

PROOF_FILES = Rows(ProofFileRow, ProofFile)
CONTENTS = table_of(ProofContentRow)
_F, _C = PROOF_FILES.table.c, CONTENTS.c
_DUE = _F.due_at <= NOW
_OF_SHIPMENT = (
    select(PROOF_FILES.table)
    .where(_F.merchant_id == bindparam("merchant_id"), _F.shipment_id == bindparam("shipment_id"))
    .order_by(_F.id)
)
_OLDER = (
    select(PROOF_FILES.table)
    .where(
        _F.merchant_id == bindparam("merchant_id"),
        _F.id < bindparam("before_id"),
        _F.state != ProofFileState.ERASED,
    )
    .order_by(_F.id)
)
_STORED = (
    select(PROOF_FILES.table)
    .where(
        _F.merchant_id == bindparam("merchant_id"),
        _F.id > bindparam("after_id"),
        _F.state == ProofFileState.STORED,
    )
    .order_by(_F.id)
)
_CONTENT = select(_C.content).where(_C.merchant_id == bindparam("merchant_id"), _C.file_id == bindparam("file_id"))
_DROP = delete(CONTENTS).where(_C.merchant_id == bindparam("of_merchant"), _C.file_id == bindparam("of_file"))


class ProofFileRepository(Repository):
    """Their rows, and the bytes of those that lie nowhere else yet."""

    def add(self, file: ProofFile, content: bytes | None) -> bool:
        """False when the shipment has it already."""
        if not PROOF_FILES.add(self._connection, file, unless=TOLD_ONCE):
            return False
        if content is not None:
            self.keep(file, content)
        return True

    def get(self, merchant_id: str, file_id: str) -> ProofFile | None:
        """By id."""
        return PROOF_FILES.get(self._connection, merchant_id, file_id)

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[ProofFile]:
        """Oldest first."""
        return PROOF_FILES.all(self._connection, _OF_SHIPMENT, merchant_id=merchant_id, shipment_id=shipment_id)

    def content(self, merchant_id: str, file_id: str) -> bytes | None:
        """Its bytes, where they are here."""
        found: bytes | None = self._connection.scalar(_CONTENT, {"merchant_id": merchant_id, "file_id": file_id})
        return found

    def update(self, file: ProofFile) -> None:
        """How far it has come."""
        PROOF_FILES.put(self._connection, file)

    def keep(self, file: ProofFile, content: bytes) -> None:
        """Other bytes in place of those that are here."""
        upsert = DIALECTS[self._connection.dialect.name].insert(CONTENTS)
        upsert = upsert.on_conflict_do_update(
            index_elements=["merchant_id", "file_id"], set_={"content": upsert.excluded.content}
        )
        values = {"merchant_id": file.merchant_id, "file_id": file.id, "content": content}
        self._connection.execute(upsert, values)

    def drop(self, file: ProofFile) -> None:
        """Forget the bytes that are here."""
        self._connection.execute(_DROP, {"of_merchant": file.merchant_id, "of_file": file.id})

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[ProofFile]:
        """Those to be fetched, made anew or brought to the file store; commits."""
        return claim(self._connection, PROOF_FILES, _DUE, now, lease, limit)

    def stored(self, merchant_id: str, after_id: str, limit: int) -> Sequence[ProofFile]:
        """Those that the file store has, with larger ids, oldest first."""
        wanted = _STORED.limit(limit)
        return PROOF_FILES.all(self._connection, wanted, merchant_id=merchant_id, after_id=after_id)

    def older(self, merchant_id: str, before_id: str, limit: int) -> Sequence[ProofFile]:
        """Those with smaller ids that are not erased yet."""
        wanted = _OLDER.limit(limit)
        return PROOF_FILES.all(self._connection, wanted, merchant_id=merchant_id, before_id=before_id)
