"""Recipients' pages: brands, ratings, and shipments found by their id alone, which is all that a link names."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "brands",
        sa.Column("merchant_id", sa.String(), sa.ForeignKey("merchants.merchant_id"), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=False),
        sa.Column("logo_sha256", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id"),
    )
    op.create_table(
        "ratings",
        sa.Column("merchant_id", sa.String(), sa.ForeignKey("merchants.merchant_id"), nullable=False),
        sa.Column("shipment_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("recommends", sa.Integer(), nullable=True),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "shipment_id"),
        sa.ForeignKeyConstraint(["merchant_id", "shipment_id"], ["shipments.merchant_id", "shipments.id"]),
    )
    op.create_index("ratings_newest", "ratings", ["merchant_id", "mode", "created_at", "shipment_id"])
    op.create_index("shipments_by_id", "shipments", ["id"])


def downgrade() -> None:
    op.drop_index("shipments_by_id", table_name="shipments")
    op.drop_table("ratings")
    op.drop_table("brands")
