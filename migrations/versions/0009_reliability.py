"""What accounts' deliveries have taught, what their offers said about them, and how merchants reckon emissions.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UNLEARNT = sa.text("learnt_at IS NULL")


def upgrade() -> None:
    op.add_column("delivery_records", sa.Column("learnt_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("delivery_records", sa.Column("outlook", sa.Text(), nullable=True))
    op.create_index(
        "delivery_records_unlearnt",
        "delivery_records",
        ["merchant_id", "booked_at", "shipment_id"],
        sqlite_where=UNLEARNT,
        postgresql_where=UNLEARNT,
    )
    op.create_table(
        "reliability",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("learnt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("history", sa.LargeBinary(), nullable=False),
        sa.Column("published", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "account_id"],
            ["accounts.merchant_id", "accounts.id"],
            name=op.f("reliability_merchant_id_account_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name=op.f("reliability_merchant_id_fkey")),
        sa.PrimaryKeyConstraint("merchant_id", "account_id", name=op.f("reliability_pkey")),
    )
    op.create_table(
        "emission_profiles",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("of", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name=op.f("emission_profiles_merchant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "of", name=op.f("emission_profiles_pkey")),
    )


def downgrade() -> None:
    op.drop_table("emission_profiles")
    op.drop_table("reliability")
    op.drop_index("delivery_records_unlearnt", table_name="delivery_records")
    op.drop_column("delivery_records", "outlook")
    op.drop_column("delivery_records", "learnt_at")
