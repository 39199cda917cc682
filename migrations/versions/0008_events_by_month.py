"""Events lie by month on PostgreSQL; the inbox is claimed account by account; accounts have status tables of their own.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from gateway.storage.months import make_months

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

DUE = "due_at IS NOT NULL"
WAITING = "state IN ('parked', 'quarantined')"
UNMAPPED = "reason = 'unmapped_carrier_code'"
AHEAD = timedelta(days=62)


def _on_both(where: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}


def upgrade() -> None:
    op.create_table(
        "status_tables",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "account_id"],
            ["accounts.merchant_id", "accounts.id"],
            name=op.f("status_tables_merchant_id_account_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name=op.f("status_tables_merchant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "account_id", "version", name=op.f("status_tables_pkey")),
    )
    op.drop_index("inbox_due", table_name="inbox", **_on_both(DUE))
    op.create_index("inbox_due", "inbox", ["merchant_id", "account_id", "due_at"], unique=False, **_on_both(DUE))
    waiting = ["merchant_id", "received_at", "id"]
    op.create_index("inbox_waiting", "inbox", waiting, unique=False, **_on_both(WAITING))
    if op.get_bind().dialect.name == "postgresql":
        _rebuild(partitioned=True)
    unmapped = ["merchant_id", "tracker_id"]
    op.create_index("tracking_events_unmapped", "tracking_events", unmapped, unique=False, **_on_both(UNMAPPED))


def downgrade() -> None:
    op.drop_index("tracking_events_unmapped", table_name="tracking_events", **_on_both(UNMAPPED))
    if op.get_bind().dialect.name == "postgresql":
        _rebuild(partitioned=False)
    op.drop_index("inbox_waiting", table_name="inbox", **_on_both(WAITING))
    op.drop_index("inbox_due", table_name="inbox", **_on_both(DUE))
    op.create_index("inbox_due", "inbox", ["due_at"], unique=False, **_on_both(DUE))
    op.drop_table("status_tables")


def _rebuild(*, partitioned: bool) -> None:
    """The events in a new table, with or without partitions. On PostgreSQL no table can become partitioned in place."""
    connection = op.get_bind()
    keys = ("pkey", "merchant_id_fkey", "merchant_id_tracker_id_fkey")
    op.rename_table("tracking_events", "events_of_before")
    for key in keys:
        op.execute(f"ALTER TABLE events_of_before RENAME CONSTRAINT tracking_events_{key} TO events_of_before_{key}")
    how: dict[str, Any] = {"postgresql_partition_by": "RANGE (tracker_id)"} if partitioned else {}
    op.create_table("tracking_events", *_columns(), **how)
    if partitioned:
        op.execute("CREATE TABLE tracking_events_rest PARTITION OF tracking_events DEFAULT")
        now = datetime.now(UTC)
        begun = connection.execute(sa.text("SELECT min(created_at) FROM trackers")).scalar() or now
        make_months(connection, min(begun, now), now + AHEAD)
    op.execute("INSERT INTO tracking_events SELECT * FROM events_of_before")
    op.drop_table("events_of_before")


def _columns() -> list[sa.schema.SchemaItem]:
    texts = ("merchant_id", "tracker_id", "event_id")
    return [
        *(sa.Column(name, sa.String(), nullable=False) for name in texts),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("status", "reason", "carrier_code")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("carrier_qualifier", "description")),
        sa.Column("place", sa.Text(), nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("leg", "piece", "occurred_at_local", "tz_source")),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("correction", sa.Boolean(), nullable=False),
        sa.Column("inbox_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id", "tracker_id"],
            ["trackers.merchant_id", "trackers.id"],
            name=op.f("tracking_events_merchant_id_tracker_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name=op.f("tracking_events_merchant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "tracker_id", "event_id", name=op.f("tracking_events_pkey")),
    ]
