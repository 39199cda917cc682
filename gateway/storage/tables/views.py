"""How people look at the list of shipments: saved views, and tags."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.tables.base import Named, Owned, Row, index, of


class SavedViewRow(Named, Row):
    """A view of somebody's."""

    __tablename__ = "saved_views"
    owner_id: Mapped[str]
    name: Mapped[str]
    shared: Mapped[bool]
    state: Mapped[Mapping[str, str]]
    position: Mapped[int]
    created_at: Mapped[datetime]
    version: Mapped[int]
    __table_args__ = (of("owner_id", "users"),)


class TagRow(Owned, Row):
    """A word that people put on a shipment, to find it by."""

    __tablename__ = "shipment_tags"
    shipment_id: Mapped[str] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True)
    __table_args__ = (
        of("shipment_id", "shipments"),
        index("shipment_tags_of_tag", "merchant_id", "tag", "shipment_id"),
    )
