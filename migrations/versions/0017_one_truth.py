"""Shipments have an ETA beside the promise, each parcel's status, the leg, and a time when the watch looks at them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

OPEN = "due_at IS NOT NULL"
NEW = ("leg", "pieces", "eta", "alarms", "due_at", "tries")


def upgrade() -> None:
    for column in (
        sa.Column("leg", sa.String(), nullable=False, server_default="outbound"),
        sa.Column("pieces", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("eta", sa.Text(), nullable=True),
        sa.Column("alarms", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
    ):
        op.add_column("shipments", column)
    op.add_column("delivery_records", sa.Column("estimates", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("tracking_events", sa.Column("withdraws", sa.String(), nullable=True))
    op.create_index(
        "shipments_due", "shipments", ["due_at"], sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN)
    )
    # What is in flight is looked at once, and from then on when it is due.
    op.execute(
        "UPDATE shipments SET due_at = CURRENT_TIMESTAMP WHERE state = 'booked' AND phase IN ('pre_transit', "
        "'in_transit', 'problem')"
    )


def downgrade() -> None:
    op.drop_index("shipments_due", table_name="shipments")
    op.drop_column("tracking_events", "withdraws")
    op.drop_column("delivery_records", "estimates")
    for name in NEW:
        op.drop_column("shipments", name)
