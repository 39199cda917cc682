"""What recipients are shown in a merchant's name, and what they think of deliveries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.domain.recipients import Brand
from gateway.storage.tables.base import Owned, Row, index, of


class BrandRow(Owned, Row):
    """A merchant's brand."""

    __tablename__ = "brands"
    brand: Mapped[Brand]
    logo: Mapped[bytes]
    logo_sha256: Mapped[str]
    version: Mapped[int]
    updated_at: Mapped[datetime]


class RatingRow(Owned, Row):
    """A recipient's word on a delivery: the key makes it one."""

    __tablename__ = "ratings"
    shipment_id: Mapped[str] = mapped_column(primary_key=True)
    mode: Mapped[str]
    stars: Mapped[int]
    recommends: Mapped[int | None]
    comment: Mapped[str]
    created_at: Mapped[datetime]
    __table_args__ = (
        of("shipment_id", "shipments"),
        index("ratings_newest", "merchant_id", "mode", "created_at", "shipment_id"),
    )


class CodeRow(Owned, Row):
    """The code that a recipient was sent last, as a keyed digest, and how many he was sent of late."""

    __tablename__ = "recipient_codes"
    shipment_id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    expires_at: Mapped[datetime]
    sent: Mapped[int]
    since: Mapped[datetime]
    __table_args__ = (of("shipment_id", "shipments"),)


class TriesRow(Owned, Row):
    """How often somebody tried to prove to be the recipient of late."""

    __tablename__ = "recipient_tries"
    shipment_id: Mapped[str] = mapped_column(primary_key=True)
    tries: Mapped[int]
    since: Mapped[datetime]
    __table_args__ = (of("shipment_id", "shipments"),)
