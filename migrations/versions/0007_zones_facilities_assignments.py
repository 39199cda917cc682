"""Zones, facilities and assignments of merchants.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "zone_sets",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("zones", sa.Integer(), nullable=False),
        sa.Column("areas", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deflated", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name="zone_sets_merchant_id_fkey"),
        sa.PrimaryKeyConstraint("merchant_id", "version", name="zone_sets_pkey"),
    )
    op.create_table(
        "facilities",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name="facilities_merchant_id_fkey"),
        sa.PrimaryKeyConstraint("merchant_id", "id", name="facilities_pkey"),
    )
    op.create_index("facilities_code", "facilities", ["merchant_id", "code"], unique=True)
    op.create_table(
        "assignments",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("progress", sa.String(), nullable=False),
        sa.Column("shipments", sa.Integer(), nullable=False),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("wave", sa.LargeBinary(), nullable=False),
        sa.Column("solution", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name="assignments_merchant_id_fkey"),
        sa.PrimaryKeyConstraint("merchant_id", "id", name="assignments_pkey"),
    )
    where = sa.text("due_at IS NOT NULL")
    op.create_index("assignments_due", "assignments", ["due_at"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_table("assignments")
    op.drop_table("facilities")
    op.drop_table("zone_sets")
