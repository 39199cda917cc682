"""People are forgotten: how much is still known of a shipment's, and how far the walks along ids have come.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shipments", sa.Column("personal", sa.String(), nullable=False, server_default="all"))
    known = sa.text("personal <> 'none'")
    op.create_index(
        "shipments_personal",
        "shipments",
        ["merchant_id", "personal", "updated_at"],
        sqlite_where=known,
        postgresql_where=known,
    )
    op.create_table(
        "privacy_marks",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("after_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        sa.PrimaryKeyConstraint("merchant_id", "what"),
    )


def downgrade() -> None:
    op.drop_table("privacy_marks")
    op.drop_index("shipments_personal", "shipments")
    op.drop_column("shipments", "personal")
