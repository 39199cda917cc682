"""Days of booked shipments in columns.

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "past_days",
        sa.Column("merchant_id", sa.String(), sa.ForeignKey("merchants.merchant_id"), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shipments", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_of", sa.String(), nullable=False),
        sa.Column("quoted_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("quoted_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.Column("offers", sa.LargeBinary(), nullable=False),
        sa.Column("lanes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "mode", "day"),
    )


def downgrade() -> None:
    op.drop_table("past_days")
