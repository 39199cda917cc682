"""The schema: typed rows by topic. `metadata` is what the migrations must lead to."""

from gateway.storage.tables import (
    accounts,
    assignments,
    backtests,
    checkouts,
    corrections,
    facilities,
    fleet,
    handover,
    messages,
    notifications,
    people,
    privacy,
    proofs,
    quotes,
    rate_cards,
    recipients,
    reliability,
    shipments,
    status_tables,
    tracking,
    zones,
)
from gateway.storage.tables.base import Row

__all__ = [
    "accounts",
    "assignments",
    "backtests",
    "checkouts",
    "corrections",
    "facilities",
    "fleet",
    "handover",
    "messages",
    "metadata",
    "notifications",
    "people",
    "privacy",
    "proofs",
    "quotes",
    "rate_cards",
    "recipients",
    "reliability",
    "shipments",
    "status_tables",
    "tracking",
    "zones",
]

metadata = Row.metadata
