"""What accounts' deliveries have taught, and how merchants reckon emissions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.tables.base import Owned, Row, of


class ReliabilityRow(Owned, Row):
    """One account's history (`gateway.learning.history`) and the table made of it, both JSON, deflated."""

    __tablename__ = "reliability"
    account_id: Mapped[str] = mapped_column(primary_key=True)
    learnt_at: Mapped[datetime]
    history: Mapped[bytes]
    published: Mapped[bytes]
    __table_args__ = (of("account_id", "accounts"),)


class CourseRow(Owned, Row):
    """What one account's finished shipments taught of their way (`gateway.learning.courses`): JSON, deflated."""

    __tablename__ = "courses"
    account_id: Mapped[str] = mapped_column(primary_key=True)
    learnt_at: Mapped[datetime]
    taught: Mapped[bytes]
    __table_args__ = (of("account_id", "accounts"),)


class EmissionProfileRow(Owned, Row):
    """A merchant's own words on emissions: `of` an account by its id, or "*" for all."""

    __tablename__ = "emission_profiles"
    of: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[Mapping[str, object]]


class AdjustmentRow(Owned, Row):
    """What trees learnt from a merchant's deliveries in a mode (`services.ports.adjustments`): JSON, deflated.

    `digest` is the SHA-256 of `fitted`: a damaged model is not to be read.
    """

    __tablename__ = "adjustments"
    mode: Mapped[str] = mapped_column(primary_key=True)
    fitted_at: Mapped[datetime]
    why: Mapped[str]
    digest: Mapped[str]
    fitted: Mapped[bytes]
