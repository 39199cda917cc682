"""Calls are logged for developers; people save views of the list, begin with one, and put tags on shipments.

Revision ID: 0031
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_calls",
        *_named(),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("ms", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("subject_id", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("reply", sa.String(), nullable=False),
        *_constraints(),
    )
    op.create_index("api_calls_request", "api_calls", ["merchant_id", "request_id"])
    _partial("api_calls_subject", "api_calls", ["merchant_id", "subject_id", "id"], "subject_id IS NOT NULL")
    _partial("api_calls_failed", "api_calls", ["merchant_id", "mode", "id"], "status >= 400")
    op.create_table(
        "carrier_calls",
        *_named(),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("subject_id", sa.String(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("ms", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("reply_headers", sa.Text(), nullable=False),
        sa.Column("reply", sa.String(), nullable=False),
        *_constraints(),
    )
    for column, beside in (("made_by", []), ("request_id", []), ("subject_id", ["id"])):
        name = f"carrier_calls_{column.removesuffix('_id')}"
        _partial(name, "carrier_calls", ["merchant_id", column, *beside], f"{column} IS NOT NULL")
    _partial("carrier_calls_failed", "carrier_calls", ["merchant_id", "mode", "id"], "status = 0 OR status >= 400")
    op.create_table(
        "call_gaps",
        *_named(),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        *_constraints(),
    )
    _views()


def _views() -> None:
    op.add_column("shipment_notes", sa.Column("visible", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("users", sa.Column("landing", sa.String(), nullable=True))
    op.create_table(
        "saved_views",
        *_named(),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id", "owner_id"], ["users.merchant_id", "users.id"]),
        *_constraints(),
    )
    op.create_table(
        "shipment_tags",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("shipment_id", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        sa.ForeignKeyConstraint(["merchant_id", "shipment_id"], ["shipments.merchant_id", "shipments.id"]),
        sa.PrimaryKeyConstraint("merchant_id", "shipment_id", "tag"),
    )
    op.create_index("shipment_tags_of_tag", "shipment_tags", ["merchant_id", "tag", "shipment_id"])


def downgrade() -> None:
    op.drop_table("shipment_tags")
    op.drop_table("saved_views")
    op.drop_column("users", "landing")
    op.drop_column("shipment_notes", "visible")
    for table in ("call_gaps", "carrier_calls", "api_calls"):
        op.drop_table(table)


def _named() -> list[sa.Column[str]]:
    return [sa.Column("merchant_id", sa.String(), nullable=False), sa.Column("id", sa.String(), nullable=False)]


def _constraints() -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        sa.PrimaryKeyConstraint("merchant_id", "id"),
    ]


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
