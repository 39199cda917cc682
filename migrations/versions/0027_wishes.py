"""Other times and places that recipients ask for, and where they want push messages.

Revision ID: 0027
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shipments", sa.Column("agreed", sa.Text(), nullable=True))
    _diversions()
    _pushes()


def downgrade() -> None:
    op.drop_table("push_subscriptions")
    op.drop_table("diversions")
    op.drop_column("shipments", "agreed")


def _diversions() -> None:
    op.create_table(
        "diversions",
        sa.Column("merchant_id", sa.String(), sa.ForeignKey("merchants.merchant_id"), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("shipment_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=True),
        sa.Column("point", sa.Text(), nullable=True),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "id"),
        sa.ForeignKeyConstraint(["merchant_id", "shipment_id"], ["shipments.merchant_id", "shipments.id"]),
    )
    op.create_index(
        "diversions_one_open",
        "diversions",
        ["merchant_id", "shipment_id"],
        unique=True,
        sqlite_where=sa.text("state = 'asked'"),
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_index("diversions_of_shipment", "diversions", ["merchant_id", "shipment_id"])
    op.create_index(
        "diversions_due",
        "diversions",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def _pushes() -> None:
    op.create_table(
        "push_subscriptions",
        sa.Column("merchant_id", sa.String(), sa.ForeignKey("merchants.merchant_id"), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("shipment_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "id"),
        sa.ForeignKeyConstraint(["merchant_id", "shipment_id"], ["shipments.merchant_id", "shipments.id"]),
    )
    op.create_index(
        "push_subscriptions_once", "push_subscriptions", ["merchant_id", "shipment_id", "digest"], unique=True
    )
