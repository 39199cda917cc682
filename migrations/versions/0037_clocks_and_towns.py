"""Cases have a clock of their own, by which their queue is walked; shipments are found by their towns.

Revision ID: 0037
Revises: 0036
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

A_BATCH = 1000
WITHIN_H = {
    "needs_review": 1,
    "pickup_uncertain": 1,
    "pickup_open": 2,
    "pickup_unwanted": 2,
    "recall_refused": 4,
    "recall_open": 4,
    "manifest_uncertain": 4,
    "manifest_unwanted": 4,
    "promise_at_risk": 4,
    "diversion_open": 4,
    "status_conflict": 8,
    "not_received": 8,
    "delivered_far": 8,
    "price_variance": 72,
    "unproven": 72,
}
"""Hours that each kind had when this was written; every other one had a day."""

CLOCKS = {
    "cases_by_clock": ("merchant_id", "due_at", "id"),
    "cases_by_kind": ("merchant_id", "kind", "due_at", "id"),
    "cases_by_owner_id": ("merchant_id", "owner_id", "due_at", "id"),
}
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("cases", sa.Column("mode", sa.String(), nullable=True))
    op.add_column("cases", sa.Column("due_at", AT, nullable=True))
    op.execute(
        "UPDATE cases SET mode = (SELECT s.mode FROM shipments s WHERE s.merchant_id = cases.merchant_id "
        "AND s.id = cases.shipment_id) WHERE shipment_id IS NOT NULL"
    )
    _set_clocks()
    opened = sa.text("state = 'open'")
    for name, columns in CLOCKS.items():
        op.create_index(name, "cases", columns, sqlite_where=opened, postgresql_where=opened)
    op.drop_index("cases_by_state", "cases")
    op.create_index("cases_by_state", "cases", ["merchant_id", "state", "created_at", "id"])
    _find_towns()


def _pages(columns: str, table: str, **types: Any) -> Iterator[list[Any]]:
    """Rows of a table in batches, along its primary key."""
    bind, after = op.get_bind(), ("", "")
    page = sa.text(
        f"SELECT merchant_id, id, {columns} FROM {table} WHERE (merchant_id, id) > (:merchant_id, :id) "  # noqa: S608  # our own names
        f"ORDER BY merchant_id, id LIMIT {A_BATCH}"
    ).columns(**types)
    while rows := list(bind.execute(page, {"merchant_id": after[0], "id": after[1]}).all()):
        yield rows
        after = (rows[-1].merchant_id, rows[-1].id)


def _set_clocks() -> None:
    write = sa.text("UPDATE cases SET due_at = :due_at WHERE merchant_id = :m AND id = :i").bindparams(
        sa.bindparam("due_at", type_=AT)
    )
    for rows in _pages("kind, created_at", "cases", created_at=AT):
        op.get_bind().execute(write, [{"due_at": _due_at(row), "m": row.merchant_id, "i": row.id} for row in rows])


def _due_at(row: Any) -> datetime:
    at: datetime = row.created_at if row.created_at.tzinfo else row.created_at.replace(tzinfo=UTC)
    return at + timedelta(hours=WITHIN_H.get(row.kind, 24))


def _find_towns() -> None:
    """The words of each town, beside those that shipments are found by already."""
    write = sa.text(
        "INSERT INTO shipment_terms (merchant_id, term, created_at, shipment_id) VALUES (:m, :term, :at, :i) "
        "ON CONFLICT DO NOTHING"
    ).bindparams(sa.bindparam("at", type_=AT))
    for rows in _pages("created_at, shipment", "shipments", created_at=AT):
        words = [
            {"m": row.merchant_id, "term": term, "at": row.created_at, "i": row.id}
            for row in rows
            for term in sorted(_towns(row.shipment))
        ]
        if words:
            op.get_bind().execute(write, words)


def _towns(shipment: str) -> set[str]:
    town = str((json.loads(shipment).get("destination") or {}).get("city") or "")
    return {_folded(word) for word in (town, *town.split())} - {""}


def _folded(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum())


def downgrade() -> None:
    for name in (*CLOCKS, "cases_by_state"):
        op.drop_index(name, "cases")
    op.create_index("cases_by_state", "cases", ["merchant_id", "state", "created_at"])
    op.drop_column("cases", "due_at")
    op.drop_column("cases", "mode")
