"""Checkouts' connections and what they were told lately; what a quote's buyer was shown and promised.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("merchants", sa.Column("rests", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("shipments", sa.Column("promised_price_minor", sa.BigInteger(), nullable=True))
    op.add_column("shipments", sa.Column("promised_price_currency", sa.CHAR(length=3), nullable=True))
    op.add_column("quotes", sa.Column("checkout", sa.Text(), nullable=True))
    op.create_table(
        "checkout_connections",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name=op.f("checkout_connections_merchant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("checkout_connections_pkey")),
    )
    op.create_index("checkout_connections_name", "checkout_connections", ["merchant_id", "name"], unique=True)
    op.create_index("checkout_connections_id", "checkout_connections", ["id"], unique=True)
    op.create_table(
        "checkout_answers",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("connection_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("asking_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fresh_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "connection_id"],
            ["checkout_connections.merchant_id", "checkout_connections.id"],
            name=op.f("checkout_answers_merchant_id_connection_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name=op.f("checkout_answers_merchant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "connection_id", "key", name=op.f("checkout_answers_pkey")),
    )
    op.create_index("checkout_answers_fresh", "checkout_answers", ["merchant_id", "fresh_until"])


def downgrade() -> None:
    op.drop_table("checkout_answers")
    op.drop_table("checkout_connections")
    op.drop_column("quotes", "checkout")
    op.drop_column("shipments", "promised_price_currency")
    op.drop_column("shipments", "promised_price_minor")
    op.drop_column("merchants", "rests")
