"""Versions of a policy are published: one decides, one may be on trial beside it. Bookings are counted by account.

Until now the newest version decided, so that is what is published for every policy there is.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PUBLISH_THE_NEWEST = """
INSERT INTO policy_publications (merchant_id, name, number, live, shadow, at, author)
SELECT merchant_id, name, 1, MAX(version), NULL, MAX(created_at), '' FROM policies GROUP BY merchant_id, name
"""


def upgrade() -> None:
    op.create_table(
        "policy_publications",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("live", sa.Integer(), nullable=False),
        sa.Column("shadow", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        sa.PrimaryKeyConstraint("merchant_id", "name", "number"),
    )
    op.execute(PUBLISH_THE_NEWEST)
    op.add_column("quotes", sa.Column("policy_currency", sa.String(), nullable=False, server_default=""))
    op.add_column("quotes", sa.Column("shadow", sa.Text(), nullable=True))
    op.add_column("quotes", sa.Column("last_resort", sa.Text(), nullable=True))
    op.add_column("shipments", sa.Column("policy_version", sa.Integer(), nullable=False, server_default="0"))
    booked = sa.text("state = 'booked'")
    op.create_index(
        "shipments_booked",
        "shipments",
        ["merchant_id", "mode", "state", "created_at", "account"],
        sqlite_where=booked,
        postgresql_where=booked,
    )


def downgrade() -> None:
    """Which version was live or on trial is forgotten: the newest decides again."""
    op.drop_index("shipments_booked", table_name="shipments")
    op.drop_column("shipments", "policy_version")
    op.drop_column("quotes", "last_resort")
    op.drop_column("quotes", "shadow")
    op.drop_column("quotes", "policy_currency")
    op.drop_table("policy_publications")
