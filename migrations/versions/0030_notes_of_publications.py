"""Whoever publishes a version of a policy may say why.

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("policy_publications", sa.Column("note", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("policy_publications", "note")
