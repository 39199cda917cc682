"""The schema: typed rows by topic. `metadata` is what the migrations must lead to."""

from gateway.storage.tables import (
    accounts,
    checkouts,
    fleet,
    handover,
    messages,
    quotes,
    rate_cards,
    shipments,
    status_tables,
    tracking,
)
from gateway.storage.tables.base import Row

__all__ = [
    "accounts",
    "checkouts",
    "fleet",
    "handover",
    "messages",
    "metadata",
    "quotes",
    "rate_cards",
    "shipments",
    "status_tables",
    "tracking",
]

metadata = Row.metadata
