"""How far the walks have come that forget people."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.tables.base import Owned, Row


class PrivacyMarkRow(Owned, Row):
    """Of a kind of thing with ids that sort by time: what is older than `after_id` is done."""

    __tablename__ = "privacy_marks"
    what: Mapped[str] = mapped_column(primary_key=True)
    after_id: Mapped[str]
