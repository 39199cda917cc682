"""A tracker knows how many parcels it is about, and how old its carrier's estimate is.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trackers", sa.Column("parcels", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("trackers", sa.Column("estimated_as_of", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("trackers") as trackers:
        trackers.alter_column("parcels", server_default=None)


def downgrade() -> None:
    op.drop_column("trackers", "estimated_as_of")
    op.drop_column("trackers", "parcels")
