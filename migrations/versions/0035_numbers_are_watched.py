"""Numbers that were not booked here are watched too; recipients prove by a code that it is they.

Revision ID: 0035
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0033"
branch_labels = None
depends_on = None

SOME_TIME = "due_at IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "tracker_watches",
        sa.Column("merchant_id", sa.String(), sa.ForeignKey("merchants.merchant_id"), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("eta", sa.Text(), nullable=True),
        sa.Column("alarms", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("merchant_id", "id"),
        sa.ForeignKeyConstraint(["merchant_id", "id"], ["trackers.merchant_id", "trackers.id"], ondelete="CASCADE"),
    )
    op.create_index(
        "tracker_watches_due",
        "tracker_watches",
        ["due_at"],
        sqlite_where=sa.text(SOME_TIME),
        postgresql_where=sa.text(SOME_TIME),
    )
    op.create_table(
        "recipient_codes",
        sa.Column("merchant_id", sa.String(), sa.ForeignKey("merchants.merchant_id"), nullable=False),
        sa.Column("shipment_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "shipment_id"),
        sa.ForeignKeyConstraint(["merchant_id", "shipment_id"], ["shipments.merchant_id", "shipments.id"]),
    )
    op.execute(
        "INSERT INTO tracker_watches (merchant_id, id, due_at) SELECT merchant_id, id, created_at FROM trackers "
        "WHERE shipment_id IS NULL AND status_at IS NOT NULL AND phase <> 'final'"
    )


def downgrade() -> None:
    op.drop_table("recipient_codes")
    op.drop_table("tracker_watches")
