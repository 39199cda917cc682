"""Pictures that prove deliveries have rows of their own, and lie in a file store.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proof_files",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("merchant_id", "id", "shipment_id")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "state", "source", "origin")),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("media_type", sa.String(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("width", "height", "size_bytes")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("sha256", "why")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("failures", "tries")),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        sa.ForeignKeyConstraint(["merchant_id", "shipment_id"], ["shipments.merchant_id", "shipments.id"]),
        sa.PrimaryKeyConstraint("merchant_id", "id"),
    )
    told = ["merchant_id", "shipment_id", "kind", "origin"]
    op.create_index("proof_files_told_once", "proof_files", told, unique=True)
    kept, due = sa.text("state <> 'erased'"), sa.text("due_at IS NOT NULL")
    op.create_index(
        "proof_files_not_erased", "proof_files", ["merchant_id", "id"], sqlite_where=kept, postgresql_where=kept
    )
    op.create_index("proof_files_due", "proof_files", ["due_at"], sqlite_where=due, postgresql_where=due)
    op.create_table(
        "proof_contents",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("file_id", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        sa.ForeignKeyConstraint(
            ["merchant_id", "file_id"], ["proof_files.merchant_id", "proof_files.id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("merchant_id", "file_id"),
    )


def downgrade() -> None:
    op.drop_table("proof_contents")
    op.drop_table("proof_files")
