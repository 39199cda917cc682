"""Corrections with their authors, and what finished shipments taught of their way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("shipment_id", sa.String(), nullable=False),
        sa.Column("tracker_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("piece", sa.String(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("status_before", sa.String(), nullable=False),
        sa.Column("reason_before", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.Column("withdrawn_why", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "id", name="corrections_pkey"),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name="corrections_merchant_id_fkey"),
        sa.ForeignKeyConstraint(
            ["merchant_id", "shipment_id"],
            ["shipments.merchant_id", "shipments.id"],
            name="corrections_merchant_id_shipment_id_fkey",
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "tracker_id"],
            ["trackers.merchant_id", "trackers.id"],
            name="corrections_merchant_id_tracker_id_fkey",
        ),
    )
    op.create_index("corrections_of_shipment", "corrections", ["merchant_id", "shipment_id", "created_at"])
    op.create_table(
        "courses",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("learnt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taught", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "account_id", name="courses_pkey"),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name="courses_merchant_id_fkey"),
        sa.ForeignKeyConstraint(
            ["merchant_id", "account_id"],
            ["accounts.merchant_id", "accounts.id"],
            name="courses_merchant_id_account_id_fkey",
        ),
    )


def downgrade() -> None:
    op.drop_table("courses")
    op.drop_index("corrections_of_shipment", table_name="corrections")
    op.drop_table("corrections")
