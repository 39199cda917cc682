"""A worker's lease of a tracker lies in a column of its own, which no index follows; pages keep room for it.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trackers", sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE trackers SET (fillfactor = 90)")
    # What polls and scans kept was settled when it came, and due for ever: workers looked at it again and again.
    op.execute("UPDATE inbox SET due_at = NULL WHERE due_at IS NOT NULL AND state NOT IN ('new', 'parked')")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE trackers RESET (fillfactor)")
    op.drop_column("trackers", "leased_until")
