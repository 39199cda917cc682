"""Recipients' links can be revoked and tries to prove who one is are counted; events keep the time that was claimed.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tracking_events", sa.Column("claimed_at", sa.String(), nullable=True))
    op.add_column("shipments", sa.Column("link_version", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "recipient_tries",
        sa.Column("merchant_id", sa.String(), sa.ForeignKey("merchants.merchant_id"), nullable=False),
        sa.Column("shipment_id", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "shipment_id"),
        sa.ForeignKeyConstraint(["merchant_id", "shipment_id"], ["shipments.merchant_id", "shipments.id"]),
    )


def downgrade() -> None:
    op.drop_table("recipient_tries")
    op.drop_column("shipments", "link_version")
    op.drop_column("tracking_events", "claimed_at")
