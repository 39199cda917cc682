"""People work at the console; words are found by how they begin.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _people()
    op.add_column("cases", sa.Column("owner_id", sa.String(), nullable=True))
    unfinished = sa.text("phase != 'final'")
    op.create_index(
        "shipments_unfinished",
        "shipments",
        ["merchant_id", "mode", "created_at", "id", "deliver_by"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )
    _terms("C")


def downgrade() -> None:
    op.drop_index("shipments_unfinished", "shipments")
    _terms("default")
    op.drop_column("cases", "owner_id")
    for table in ("shipment_notes", "audit_log", "sessions", "users"):
        op.drop_table(table)


def _terms(collation: str) -> None:
    """PostgreSQL sorts by the locale unless told otherwise, and then no index knows what begins with a word."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f'ALTER TABLE shipment_terms ALTER COLUMN term TYPE VARCHAR COLLATE "{collation}"')


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=False),
        sa.Column("codes_on", sa.Boolean(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shortcuts", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        sa.PrimaryKeyConstraint("merchant_id", "id"),
    )
    op.create_index("users_email", "users", ["email"], unique=True)
    op.create_table(
        "sessions",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("proved", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        sa.ForeignKeyConstraint(["merchant_id", "user_id"], ["users.merchant_id", "users.id"]),
        sa.PrimaryKeyConstraint("merchant_id", "id"),
    )
    op.create_index("sessions_id", "sessions", ["id"], unique=True)
    op.create_index("sessions_of_user", "sessions", ["merchant_id", "user_id"])
    op.create_index("sessions_ends", "sessions", ["ends_at"])
    op.create_table(
        "audit_log",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("seal", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        sa.PrimaryKeyConstraint("merchant_id", "number"),
    )
    op.create_index("audit_log_about", "audit_log", ["merchant_id", "subject_id", "number"])
    op.create_table(
        "shipment_notes",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("shipment_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        sa.ForeignKeyConstraint(["merchant_id", "shipment_id"], ["shipments.merchant_id", "shipments.id"]),
        sa.ForeignKeyConstraint(["merchant_id", "user_id"], ["users.merchant_id", "users.id"]),
        sa.PrimaryKeyConstraint("merchant_id", "id"),
    )
    op.create_index("shipment_notes_of_shipment", "shipment_notes", ["merchant_id", "shipment_id", "at"])
