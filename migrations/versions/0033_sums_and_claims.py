"""Key figures are summed up by the recipient's day, and the database marks what of a day has changed; claims.

Revision ID: 0033
Revises: 0032
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from gateway.domain.codec import from_json
from gateway.domain.shipments import Shipment
from gateway.domain.timezones import local_day, recipient_zone

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

A_BATCH = 1000
TOLD = (
    "account_id", "carrier", "service", "zone", "due_on", "booked_at", "promised_by", "picked_up_at", "delivered_at",
    "attempts", "outcome", "quoted_minor", "price_minor", "currency", "co2e_g", "estimates",
)  # fmt: skip
"""Columns of a delivery record that figures are made of."""

OF_ITS_DAY = (
    "INSERT INTO kpi_changes (merchant_id, day, shipment_id, at) "
    "SELECT merchant_id, due_on, shipment_id, CURRENT_TIMESTAMP FROM delivery_records "
    "WHERE merchant_id = NEW.merchant_id AND shipment_id = NEW.{shipment} ON CONFLICT DO NOTHING"
)
OF_THE_RECORD = (
    "INSERT INTO kpi_changes (merchant_id, day, shipment_id, at) "
    "VALUES ({row}.merchant_id, {row}.due_on, {row}.shipment_id, CURRENT_TIMESTAMP) ON CONFLICT DO NOTHING"
)
ASKED_ON = {"sqlite": "date(NEW.created_at)", "postgresql": "(NEW.created_at AT TIME ZONE 'UTC')::date"}


def _changed(*columns: str) -> str:
    return " OR ".join(f'OLD."{name}" IS DISTINCT FROM NEW."{name}"' for name in columns)


def _triggers(dialect: str) -> list[tuple[str, str, str, str, str]]:
    """Name, event, table, condition, what is done: whoever writes, and however many rows at once."""
    asked = (
        "INSERT INTO kpi_changes (merchant_id, day, shipment_id, at) VALUES (NEW.merchant_id, "
        f"{ASKED_ON[dialect]}, NEW.shipment_id, CURRENT_TIMESTAMP) ON CONFLICT DO NOTHING"
    )
    its_day = OF_ITS_DAY.format(shipment="shipment_id")
    return [
        ("record_made", "INSERT", "delivery_records", "", OF_THE_RECORD.format(row="NEW")),
        ("record_told", "UPDATE", "delivery_records", _changed(*TOLD), OF_THE_RECORD.format(row="NEW")),
        ("record_left", "UPDATE", "delivery_records", _changed("due_on"), OF_THE_RECORD.format(row="OLD")),
        (
            "shipment",
            "UPDATE",
            "shipments",
            _changed("state", "window", "proof", "reason"),
            OF_ITS_DAY.format(shipment="id"),
        ),
        ("rated", "INSERT", "ratings", "", its_day),
        ("denied", "INSERT", "cases", "NEW.kind = 'not_received'", its_day),
        ("picture_made", "INSERT", "proof_files", "", its_day),
        ("picture_told", "UPDATE", "proof_files", _changed("state"), its_day),
        ("claim_made", "INSERT", "claims", "", its_day),
        ("claim_told", "UPDATE", "claims", _changed("state", "decision", "amount_minor", "paid_minor"), its_day),
        ("asked", "INSERT", "tenders", "", asked),
        ("answered", "UPDATE", "tenders", _changed("state"), asked),
    ]


def upgrade() -> None:
    op.add_column("delivery_records", sa.Column("due_on", sa.Date(), nullable=True))
    _find_days()
    with op.batch_alter_table("delivery_records") as table:
        table.alter_column("due_on", existing_type=sa.Date(), nullable=False)
    op.drop_index("delivery_records_due", "delivery_records")
    op.create_index("delivery_records_due_on", "delivery_records", ["merchant_id", "due_on", "shipment_id"])
    for name in ("carrier", "account", "service"):
        op.create_index(f"shipments_by_{name}", "shipments", ["merchant_id", "mode", name, "created_at", "id"])
    op.create_index("shipments_by_promise", "shipments", ["merchant_id", "mode", "deliver_by", "id"])
    _make_sums()
    _make_claims()
    _begin()
    for name, event, table_name, condition, done in _triggers(op.get_bind().dialect.name):
        _make_trigger(name, event, table_name, condition, done)


def _find_days() -> None:
    """Of what is stored, in batches along the primary key."""
    bind, after = op.get_bind(), ("", "")
    page = sa.text(
        "SELECT d.merchant_id, d.shipment_id, d.promised_by, d.booked_at, s.shipment FROM delivery_records d "
        "JOIN shipments s ON s.merchant_id = d.merchant_id AND s.id = d.shipment_id "
        "WHERE (d.merchant_id, d.shipment_id) > (:merchant_id, :shipment_id) "
        f"ORDER BY d.merchant_id, d.shipment_id LIMIT {A_BATCH}"
    ).columns(promised_by=sa.DateTime(timezone=True), booked_at=sa.DateTime(timezone=True))
    write = sa.text("UPDATE delivery_records SET due_on = :due_on WHERE merchant_id = :m AND shipment_id = :s")
    write = write.bindparams(sa.bindparam("due_on", type_=sa.Date()))
    while rows := bind.execute(page, {"merchant_id": after[0], "shipment_id": after[1]}).all():
        bind.execute(write, [{"due_on": _day(row), "m": row.merchant_id, "s": row.shipment_id} for row in rows])
        after = (rows[-1].merchant_id, rows[-1].shipment_id)


def _day(row: sa.Row[Any]) -> date:
    at: datetime = row.promised_by or row.booked_at
    zone = recipient_zone(from_json(Shipment, json.loads(row.shipment)))
    return local_day(at.replace(tzinfo=UTC) if at.tzinfo is None else at, zone)


def _make_sums() -> None:
    merchant = ("merchant_id", sa.String(), sa.ForeignKey("merchants.merchant_id"))
    op.create_table(
        "kpi_days",
        sa.Column(*merchant, nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("stale_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("summed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "mode", "day"),
    )
    stale = sa.text("stale_since IS NOT NULL")
    op.create_index("kpi_days_stale", "kpi_days", ["merchant_id", "day"], sqlite_where=stale, postgresql_where=stale)
    op.create_table(
        "kpi_sums",
        sa.Column("merchant_id", sa.String(), sa.ForeignKey("merchants.merchant_id"), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("cut", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("sums", sa.String(), nullable=False),
        sa.Column("lengths", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "mode", "cut", "day", "value"),
    )
    op.create_table(
        "kpi_changes",
        sa.Column("merchant_id", sa.String(), sa.ForeignKey("merchants.merchant_id"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shipment_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "day", "shipment_id"),
    )


def _make_claims() -> None:
    money = [
        column
        for name in ("amount", "awarded", "paid")
        for column in (
            sa.Column(f"{name}_minor", sa.BigInteger(), nullable=True),
            sa.Column(f"{name}_currency", sa.CHAR(length=3), nullable=True),
        )
    ]
    texts = ("decision", "reference", "note", "opened_by", "submit_by_why")
    op.create_table(
        "claims",
        sa.Column("merchant_id", sa.String(), sa.ForeignKey("merchants.merchant_id"), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("mode", "shipment_id", "carrier", "kind", "state")),
        sa.Column("account_id", sa.String(), nullable=True),
        *money,
        *(sa.Column(name, sa.String(), nullable=False) for name in texts),
        sa.Column("evidence", sa.Text(), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("created_at", "updated_at")),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=True)
            for name in ("submit_by", "submitted_at", "decided_at", "paid_at")
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id", "shipment_id"], ["shipments.merchant_id", "shipments.id"]),
        sa.PrimaryKeyConstraint("merchant_id", "id"),
    )
    standing = sa.text("state <> 'withdrawn'")
    op.create_index(
        "claims_one_of_a_kind",
        "claims",
        ["merchant_id", "shipment_id", "kind"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_index("claims_newest", "claims", ["merchant_id", "mode", "created_at", "id"])
    op.create_index("claims_by_state", "claims", ["merchant_id", "mode", "state", "created_at", "id"])


def _begin() -> None:
    """Every day of what is stored is to be summed up."""
    asked_on = ASKED_ON[op.get_bind().dialect.name].replace("NEW.", "t.")
    both = (
        "SELECT DISTINCT d.merchant_id, s.mode, d.due_on AS day FROM delivery_records d "
        "JOIN shipments s ON s.merchant_id = d.merchant_id AND s.id = d.shipment_id "
        f"UNION SELECT DISTINCT t.merchant_id, s.mode, {asked_on} AS day FROM tenders t "
        "JOIN shipments s ON s.merchant_id = t.merchant_id AND s.id = t.shipment_id"
    )
    op.execute(
        "INSERT INTO kpi_days (merchant_id, mode, day, stale_since) "
        f"SELECT merchant_id, mode, day, CURRENT_TIMESTAMP FROM ({both}) AS both_of_them"
    )


def _make_trigger(name: str, event: str, table: str, condition: str, done: str) -> None:
    when = f" WHEN ({condition})" if condition else ""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER kpi_{name} AFTER {event} ON {table} FOR EACH ROW{when} BEGIN {done}; END")
        return
    op.execute(
        f"CREATE FUNCTION kpi_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {done}; RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER kpi_{name} AFTER {event} ON {table} FOR EACH ROW{when} EXECUTE FUNCTION kpi_{name}()"
    )


def downgrade() -> None:
    bind = op.get_bind()
    for name, _, table, _, _ in _triggers(bind.dialect.name):
        if bind.dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER kpi_{name}")
        else:
            op.execute(f"DROP TRIGGER kpi_{name} ON {table}")
            op.execute(f"DROP FUNCTION kpi_{name}")
    for table in ("claims", "kpi_changes", "kpi_sums", "kpi_days"):
        op.drop_table(table)
    for name in ("carrier", "account", "service", "promise"):
        op.drop_index(f"shipments_by_{name}", "shipments")
    op.drop_index("delivery_records_due_on", "delivery_records")
    op.create_index(
        "delivery_records_due", "delivery_records", ["merchant_id", "promised_by", "booked_at", "shipment_id"]
    )
    with op.batch_alter_table("delivery_records") as table_of:
        table_of.drop_column("due_on")
