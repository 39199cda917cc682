"""What more key figures are made of: answer times of tenders, enquiries, declared values, the place of proofs.

Revision ID: 0039
Revises: 0037
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from gateway.domain.codec import from_json
from gateway.domain.plausibility import apart_m
from gateway.domain.shipments import Shipment
from gateway.domain.tracking import ProofOfDelivery

revision = "0039"
down_revision = "0037"
branch_labels = None
depends_on = None

A_BATCH = 1000
TOLD = (
    "account_id", "carrier", "service", "zone", "due_on", "booked_at", "promised_by", "picked_up_at", "delivered_at",
    "attempts", "outcome", "quoted_minor", "price_minor", "currency", "co2e_g", "estimates",
)  # fmt: skip
MORE = ("ordered_at", "weight_g", "declared_minor", "declared_currency", "apart_m")
"""Columns of a delivery record that figures are made of: those of before, and those of now."""

OF_ITS_DAY = (
    "INSERT INTO kpi_changes (merchant_id, day, shipment_id, at) "
    "SELECT merchant_id, due_on, shipment_id, CURRENT_TIMESTAMP FROM delivery_records "
    "WHERE merchant_id = NEW.merchant_id AND shipment_id = NEW.{shipment} ON CONFLICT DO NOTHING"
)
OF_THE_RECORD = (
    "INSERT INTO kpi_changes (merchant_id, day, shipment_id, at) "
    "VALUES (NEW.merchant_id, NEW.due_on, NEW.shipment_id, CURRENT_TIMESTAMP) ON CONFLICT DO NOTHING"
)
ASKED_ON = {"sqlite": "date({row}.created_at)", "postgresql": "({row}.created_at AT TIME ZONE 'UTC')::date"}
Trigger = tuple[str, str, str, str, str]
"""Name, event, table, condition, what is done: whoever writes, and however many rows at once."""


def _changed(*columns: str) -> str:
    return " OR ".join(f'OLD."{name}" IS DISTINCT FROM NEW."{name}"' for name in columns)


def _before(dialect: str) -> list[Trigger]:
    """Those of revision 0033 that this one puts others in place of."""
    asked = (
        "INSERT INTO kpi_changes (merchant_id, day, shipment_id, at) VALUES (NEW.merchant_id, "
        f"{ASKED_ON[dialect].format(row='NEW')}, NEW.shipment_id, CURRENT_TIMESTAMP) ON CONFLICT DO NOTHING"
    )
    its_day = OF_ITS_DAY.format(shipment="shipment_id")
    decided = _changed("state", "decision", "amount_minor", "paid_minor")
    return [
        ("record_told", "UPDATE", "delivery_records", _changed(*TOLD), OF_THE_RECORD),
        ("denied", "INSERT", "cases", "NEW.kind = 'not_received'", its_day),
        ("claim_told", "UPDATE", "claims", decided, its_day),
        ("asked", "INSERT", "tenders", "", asked),
        ("answered", "UPDATE", "tenders", _changed("state"), asked),
    ]


def _now(dialect: str) -> list[Trigger]:
    """Theirs, and three more. A booking asked for is news of those asked for before it: they were passed on."""
    asked = (
        "INSERT INTO kpi_changes (merchant_id, day, shipment_id, at) "
        f"SELECT DISTINCT t.merchant_id, {ASKED_ON[dialect].format(row='t')}, t.shipment_id, CURRENT_TIMESTAMP "
        "FROM tenders t WHERE t.merchant_id = NEW.merchant_id AND t.shipment_id = NEW.shipment_id "
        "ON CONFLICT DO NOTHING"
    )
    its_day = OF_ITS_DAY.format(shipment="shipment_id")
    money = [f"{name}_{part}" for name in ("amount", "paid") for part in ("minor", "currency")]
    arrived = "NEW.channel IN ('sms', 'whatsapp') AND (" + _changed("sent_at") + " OR " + _changed("state") + ")"
    return [
        ("record_told", "UPDATE", "delivery_records", _changed(*TOLD, *MORE), OF_THE_RECORD),
        ("wished", "UPDATE", "shipments", _changed("agreed"), OF_ITS_DAY.format(shipment="id")),
        ("denied", "INSERT", "cases", "NEW.kind IN ('not_received', 'stuck')", its_day),
        ("claim_told", "UPDATE", "claims", _changed("state", "decision", *money), its_day),
        ("asked", "INSERT", "tenders", "", asked),
        ("answered", "UPDATE", "tenders", _changed("state", "answer_ms"), asked),
        ("enquired", "INSERT", "enquiries", "", its_day),
        ("notified", "UPDATE", "notifications", f"NEW.sent_at IS NOT NULL AND {arrived}", its_day),
    ]


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.add_column("tenders", sa.Column("answer_ms", sa.Integer(), nullable=True))
    for column in (
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declared_minor", sa.BigInteger(), nullable=True),
        sa.Column("declared_currency", sa.CHAR(length=3), nullable=True),
        sa.Column("apart_m", sa.Integer(), nullable=True),
    ):
        op.add_column("delivery_records", column)
    op.create_table(
        "enquiries",
        sa.Column("merchant_id", sa.String(), sa.ForeignKey("merchants.merchant_id"), nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("id", "mode", "shipment_id", "way", "reference", "taken_by")
        ),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("at", "created_at")),
        sa.ForeignKeyConstraint(["merchant_id", "shipment_id"], ["shipments.merchant_id", "shipments.id"]),
        sa.PrimaryKeyConstraint("merchant_id", "id"),
    )
    op.create_index("enquiries_of_shipment", "enquiries", ["merchant_id", "shipment_id"])
    op.create_index("enquiries_kept", "enquiries", ["merchant_id", "mode"])
    _drop(_before(dialect))
    _learn()
    _make(_now(dialect))
    op.execute("UPDATE kpi_days SET stale_since = CURRENT_TIMESTAMP WHERE stale_since IS NULL")


def _learn() -> None:
    """The declared value, and where it was proven, of what is stored: in batches along the primary key."""
    bind, after = op.get_bind(), ("", "")
    page = sa.text(
        "SELECT d.merchant_id, d.shipment_id, d.outcome, s.shipment, s.proof FROM delivery_records d "
        "JOIN shipments s ON s.merchant_id = d.merchant_id AND s.id = d.shipment_id "
        "WHERE (d.merchant_id, d.shipment_id) > (:merchant_id, :shipment_id) "
        f"ORDER BY d.merchant_id, d.shipment_id LIMIT {A_BATCH}"
    )
    write = sa.text(
        "UPDATE delivery_records SET declared_minor = :minor, declared_currency = :currency, apart_m = :apart "
        "WHERE merchant_id = :m AND shipment_id = :s"
    )
    while rows := bind.execute(page, {"merchant_id": after[0], "shipment_id": after[1]}).all():
        learnt = [known for known in map(_known, rows) if known["minor"] is not None or known["apart"] is not None]
        if learnt:
            bind.execute(write, learnt)
        after = (rows[-1].merchant_id, rows[-1].shipment_id)


def _known(row: sa.Row[Any]) -> dict[str, Any]:
    goods = from_json(Shipment, json.loads(row.shipment))
    proof = from_json(ProofOfDelivery, json.loads(row.proof)) if row.proof else None
    return {
        "m": row.merchant_id,
        "s": row.shipment_id,
        "minor": None if goods.value is None else goods.value.minor,
        "currency": None if goods.value is None else goods.value.currency,
        "apart": apart_m(proof, goods.destination),
    }


def _make(triggers: list[Trigger]) -> None:
    for name, event, table, condition, done in triggers:
        when = f" WHEN ({condition})" if condition else ""
        head = f"CREATE TRIGGER kpi_{name} AFTER {event} ON {table} FOR EACH ROW{when}"
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"{head} BEGIN {done}; END")
            continue
        body = f"LANGUAGE plpgsql AS $$ BEGIN {done}; RETURN NULL; END $$"
        op.execute(f"CREATE FUNCTION kpi_{name}() RETURNS trigger {body}")
        op.execute(f"{head} EXECUTE FUNCTION kpi_{name}()")


def _drop(triggers: list[Trigger]) -> None:
    for name, _, table, _, _ in triggers:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER kpi_{name}")
        else:
            op.execute(f"DROP TRIGGER kpi_{name} ON {table}")
            op.execute(f"DROP FUNCTION kpi_{name}")


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    _drop(_now(dialect))
    op.drop_table("enquiries")
    for name in ("ordered_at", "declared_minor", "declared_currency", "apart_m"):
        op.drop_column("delivery_records", name)
    op.drop_column("tenders", "answer_ms")
    _make(_before(dialect))
