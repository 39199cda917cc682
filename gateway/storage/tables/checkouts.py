"""Checkouts' connections, and what they were told lately."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.domain.checkouts import CheckoutAnswer, CheckoutProtocol, CheckoutSettings
from gateway.storage.tables.base import Named, Owned, Row, index, of

CONNECTION_NAME = index("checkout_connections_name", "merchant_id", "name", unique=True)


class CheckoutConnectionRow(Named, Row):
    """A shop's checkout. Its id is unique over all merchants: a checkout's call names nothing else.

    `secrets` are encrypted one by one.
    """

    __tablename__ = "checkout_connections"
    mode: Mapped[str]
    name: Mapped[str]
    protocol: Mapped[CheckoutProtocol]
    secrets: Mapped[Mapping[str, str]]
    settings: Mapped[CheckoutSettings]
    enabled: Mapped[bool]
    version: Mapped[int]
    created_at: Mapped[datetime]
    __table_args__ = (CONNECTION_NAME, index("checkout_connections_id", "id", unique=True))


class CheckoutAnswerRow(Owned, Row):
    """What one cart was answered; the key is a digest of everything that the answer depends on.

    `asking_until`: somebody asks carriers for it, and has so long to bring an answer.
    """

    __tablename__ = "checkout_answers"
    connection_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    answer: Mapped[CheckoutAnswer | None]
    asking_until: Mapped[datetime]
    fresh_until: Mapped[datetime]
    __table_args__ = (
        of("connection_id", "checkout_connections", ondelete="CASCADE"),
        index("checkout_answers_fresh", "merchant_id", "fresh_until"),
    )
