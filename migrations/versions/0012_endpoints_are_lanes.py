"""Webhook endpoints have a circuit and are worked one at a time; the log says what was sent where, and is forgotten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

LONG_AGO = "1970-01-01 00:00:00"
OPEN = "due_at IS NOT NULL"


def upgrade() -> None:
    for column in (
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("resting_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("backlog_told", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("old_secrets_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("listens_since", sa.DateTime(timezone=True), nullable=False, server_default=LONG_AGO),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("webhook_endpoints", column)
    op.add_column("merchants", sa.Column("told_from", sa.DateTime(timezone=True), nullable=True))
    begun_at = sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False, server_default=LONG_AGO)
    op.add_column("webhook_deliveries", begun_at)
    for name in ("url", "body_sha256"):
        op.add_column("webhook_attempts", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.execute("UPDATE webhook_deliveries SET begun_at = created_at")
    op.execute(
        "UPDATE webhook_endpoints SET listens_since = created_at, due_at = (SELECT min(due_at) FROM webhook_deliveries"
        " WHERE webhook_deliveries.merchant_id = webhook_endpoints.merchant_id"
        " AND webhook_deliveries.endpoint_id = webhook_endpoints.id)"
    )
    _once("outbox_id", "endpoint_id")
    op.drop_index("webhook_deliveries_due", table_name="webhook_deliveries")
    _partial("webhook_deliveries_waiting", "webhook_deliveries", ["merchant_id", "endpoint_id", "outbox_id"])
    _partial("webhook_endpoints_due", "webhook_endpoints", ["due_at"])


def _partial(name: str, table: str, columns: list[str]) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN))


def _once(*columns: str) -> None:
    """A message goes to an endpoint once; messages are looked up by themselves too, when they are forgotten."""
    op.drop_index("webhook_deliveries_once", table_name="webhook_deliveries")
    op.create_index("webhook_deliveries_once", "webhook_deliveries", ["merchant_id", *columns], unique=True)


def downgrade() -> None:
    op.drop_index("webhook_endpoints_due", table_name="webhook_endpoints")
    op.drop_index("webhook_deliveries_waiting", table_name="webhook_deliveries")
    _partial("webhook_deliveries_due", "webhook_deliveries", ["due_at"])
    _once("endpoint_id", "outbox_id")
    op.drop_column("merchants", "told_from")
    for name in ("url", "body_sha256"):
        op.drop_column("webhook_attempts", name)
    op.drop_column("webhook_deliveries", "begun_at")
    for name in (
        "failures",
        "resting_until",
        "backlog_told",
        "old_secrets_until",
        "sequence",
        "listens_since",
        "due_at",
        "leased_until",
    ):
        op.drop_column("webhook_endpoints", name)
