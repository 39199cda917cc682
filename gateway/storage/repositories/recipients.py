"""Brands, and recipients' ratings."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, case, delete, or_, select

from gateway.domain.errors import StaleVersion
from gateway.domain.recipients import Brand, BrandRecord, Rating
from gateway.services.ports import Mode, Page
from gateway.storage.repositories.base import MERCHANTS, Repository
from gateway.storage.rows import DIALECTS, Rows
from gateway.storage.tables.base import table_of
from gateway.storage.tables.recipients import BrandRow, CodeRow, RatingRow, TriesRow

BRANDS = Rows(BrandRow, BrandRecord)
RATINGS = Rows(RatingRow, Rating)
_B = table_of(BrandRow).c
_R = RATINGS.table.c
_TRIES = table_of(TriesRow).c
_CODES = table_of(CodeRow).c
_BRAND = (
    select(MERCHANTS.c.name, _B.brand, _B.logo_sha256, _B.version, _B.updated_at)
    .select_from(MERCHANTS.outerjoin(table_of(BrandRow), MERCHANTS.c.merchant_id == _B.merchant_id))
    .where(MERCHANTS.c.merchant_id == bindparam("merchant_id"))
)
_LOGO = select(_B.logo).where(_B.merchant_id == bindparam("merchant_id"))


class BrandRepository(Repository):
    """In whose name recipients are spoken to."""

    def get(self, merchant_id: str) -> BrandRecord:
        """What the merchant has put, named at least as the merchant is; without the logo's bytes."""
        row = self._connection.execute(_BRAND, {"merchant_id": merchant_id}).one()
        brand = row.brand or Brand()
        return BrandRecord(
            merchant_id=merchant_id,
            brand=replace(brand, name=brand.name or row.name),
            logo_sha256=row.logo_sha256 or "",
            version=row.version or 0,
            updated_at=row.updated_at,
        )

    def logo(self, merchant_id: str) -> bytes:
        """The logo; b"" where there is none."""
        return bytes(self._connection.execute(_LOGO, {"merchant_id": merchant_id}).scalar() or b"")

    def put(self, record: BrandRecord) -> None:
        """Raises StaleVersion when it is not the next version."""
        if record.version > 1:
            BRANDS.put(self._connection, record)
        elif not BRANDS.add(self._connection, record):
            raise StaleVersion("the brand was changed by somebody else")


class RatingRepository(Repository):
    """One for each shipment."""

    def add(self, rating: Rating) -> bool:
        """False when the shipment is rated already."""
        return RATINGS.add(self._connection, rating)

    def get(self, merchant_id: str, shipment_id: str) -> Rating | None:
        """A shipment's rating."""
        return RATINGS.get(self._connection, merchant_id, shipment_id)

    def list(self, merchant_id: str, mode: Mode, limit: int, cursor: str | None) -> Page[Rating]:
        """Newest first."""
        wanted = select(RATINGS.table, _R.shipment_id.label("id"))
        wanted = wanted.where(_R.merchant_id == merchant_id, _R.mode == mode)
        return self._page(RATINGS, wanted, (_R.created_at, _R.shipment_id), limit, cursor)


class CodeRepository(Repository):
    """One for each shipment."""

    def replace(
        self,
        merchant_id: str,
        shipment_id: str,
        digest: str,
        now: datetime,
        expires_at: datetime,
        *,
        most: int,
        counted_for: timedelta,
    ) -> int:
        """In place of the one there is, unless `most` were sent already; how many with it, forgotten as `Tries`."""
        whose = {"merchant_id": merchant_id, "shipment_id": shipment_id}
        new = {**whose, "digest": digest, "expires_at": expires_at, "sent": 1, "since": now}
        upsert = DIALECTS[self._connection.dialect.name].insert(table_of(CodeRow)).values(new)
        over = _CODES.since <= now - counted_for
        goes = or_(over, _CODES.sent < most)
        again = {
            "digest": case((goes, digest), else_=_CODES.digest),
            "expires_at": case((goes, expires_at), else_=_CODES.expires_at),
            "sent": case((over, 1), else_=_CODES.sent + 1),
            "since": case((over, now), else_=_CODES.since),
        }
        counted = upsert.on_conflict_do_update(index_elements=list(whose), set_=again).returning(_CODES.sent)
        return int(self._connection.execute(counted).scalar_one())

    def pending(self, merchant_id: str, shipment_id: str, now: datetime) -> bool:
        """Whether there is one that counts."""
        wanted = select(_CODES.sent).where(*_of_codes(merchant_id, shipment_id), _CODES.expires_at > now)
        return self._connection.scalar(wanted) is not None

    def use(self, merchant_id: str, shipment_id: str, digest: str, now: datetime) -> bool:
        """Take it away, where it is this one and still counts: of two at the same moment one has it."""
        mine = (*_of_codes(merchant_id, shipment_id), _CODES.digest == digest, _CODES.expires_at > now)
        return self._connection.execute(delete(table_of(CodeRow)).where(*mine)).rowcount == 1


class TriesRepository(Repository):
    """Of recipients to prove who they are, counted over all processes."""

    def count(self, merchant_id: str, shipment_id: str, now: datetime, kept: timedelta) -> int:
        """One more; how many with it, forgotten so long after the first. Whoever comes at the same moment waits."""
        whose = {"merchant_id": merchant_id, "shipment_id": shipment_id}
        upsert = DIALECTS[self._connection.dialect.name].insert(table_of(TriesRow)).values(**whose, tries=1, since=now)
        over = _TRIES.since <= now - kept
        again = {
            "tries": case((over, 1), else_=_TRIES.tries + 1),
            "since": case((over, now), else_=_TRIES.since),
        }
        counted = upsert.on_conflict_do_update(index_elements=list(whose), set_=again).returning(_TRIES.tries)
        return int(self._connection.execute(counted).scalar_one())

    def forget(self, merchant_id: str, shipment_id: str) -> None:
        """It was the recipient."""
        mine = (_TRIES.merchant_id == merchant_id, _TRIES.shipment_id == shipment_id)
        self._connection.execute(delete(table_of(TriesRow)).where(*mine))


def _of_codes(merchant_id: str, shipment_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _CODES.merchant_id == merchant_id, _CODES.shipment_id == shipment_id
