"""A shipment may bring another one back.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

LINKED = "return_of IS NOT NULL"
LIVING = f"{LINKED} AND state NOT IN ('failed', 'cancelled')"


def upgrade() -> None:
    op.add_column("shipments", sa.Column("return_of", sa.String(), nullable=True))
    for name, where, unique in (("shipments_one_return", LIVING, True), ("shipments_returns", LINKED, False)):
        condition = sa.text(where)
        columns = ["merchant_id", "return_of"]
        op.create_index(
            name, "shipments", columns, unique=unique, sqlite_where=condition, postgresql_where=condition
        )


def downgrade() -> None:
    op.drop_index("shipments_returns", "shipments")
    op.drop_index("shipments_one_return", "shipments")
    op.drop_column("shipments", "return_of")
