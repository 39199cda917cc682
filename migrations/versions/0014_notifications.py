"""Recipients are told: senders, settings, own templates, notifications, blocks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notification_senders",
        _merchant(),
        _text("id"),
        _text("mode"),
        _text("channel"),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        _moment("resting_until"),
        _text("why"),
        _moment("created_at", nullable=False),
        _moment("updated_at", nullable=False),
        _moment("due_at"),
        _moment("leased_until"),
        sa.PrimaryKeyConstraint("merchant_id", "id"),
    )
    op.create_index("notification_senders_channel", "notification_senders", ["merchant_id", "mode", "channel"], unique=True)
    _partial("notification_senders_due", "notification_senders", ["due_at"], "due_at IS NOT NULL")
    op.create_table(
        "notification_settings",
        _merchant(),
        _text("mode"),
        sa.Column("settings", sa.Text(), nullable=False),
        _moment("updated_at", nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "mode"),
    )
    op.create_table(
        "notification_templates",
        _merchant(),
        _text("mode"),
        _text("event"),
        _text("channel"),
        _text("language"),
        sa.Column("parts", sa.Text(), nullable=False),
        _moment("updated_at", nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "mode", "event", "channel", "language"),
    )
    _notifications()
    op.create_table(
        "notification_blocks",
        _merchant(),
        _text("id"),
        _text("mode"),
        _text("channel"),
        _text("recipient"),
        _text("shown"),
        _text("kind"),
        _text("why"),
        _moment("created_at", nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "id"),
    )
    once = ["merchant_id", "mode", "channel", "recipient"]
    op.create_index("notification_blocks_once", "notification_blocks", once, unique=True)
    op.create_index("notification_blocks_newest", "notification_blocks", ["merchant_id", "mode", "created_at", "id"])


def _notifications() -> None:
    op.create_table(
        "notifications",
        _merchant(),
        _text("id"),
        *(_text(name) for name in ("mode", "shipment_id", "event", "occurrence", "channel")),
        sa.Column("copy", sa.Integer(), nullable=False),
        *(_text(name) for name in ("cause", "state", "why", "recipient", "shown", "language")),
        sa.Column("size", sa.Integer(), nullable=False),
        _text("provider_id"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _moment("since", nullable=False),
        _moment("useful_until", nullable=False),
        _moment("due_at"),
        _moment("created_at", nullable=False),
        _moment("sent_at"),
        _moment("receipt_at"),
        sa.ForeignKeyConstraint(["merchant_id", "shipment_id"], ["shipments.merchant_id", "shipments.id"]),
        sa.PrimaryKeyConstraint("merchant_id", "id"),
    )
    once = ["merchant_id", "shipment_id", "event", "occurrence", "channel", "copy"]
    op.create_index("notifications_once", "notifications", once, unique=True)
    lane = ["merchant_id", "mode", "channel"]
    _partial("notifications_due", "notifications", [*lane, "due_at"], "due_at IS NOT NULL")
    _partial("notifications_sending", "notifications", lane, "state = 'sending'")
    told = ["merchant_id", "recipient", "sent_at"]
    _partial("notifications_of_recipient", "notifications", told, "sent_at IS NOT NULL")


def _merchant() -> sa.Column[str]:
    return sa.Column("merchant_id", sa.String(), sa.ForeignKey("merchants.merchant_id"), nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for table in ("blocks", "templates", "settings"):
        op.drop_table(f"notification_{table}")
    op.drop_table("notifications")
    op.drop_table("notification_senders")
