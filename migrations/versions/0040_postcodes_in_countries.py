"""Shipments are found by postcode and country together, as labels and addresses write them: NO-0159.

Revision ID: 0040
Revises: 0039
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

A_BATCH = 1000
AT = sa.DateTime(timezone=True)
PAGE = sa.text(
    "SELECT merchant_id, id, created_at, shipment FROM shipments WHERE (merchant_id, id) > (:m, :i) "
    f"ORDER BY merchant_id, id LIMIT {A_BATCH}"
).columns(created_at=AT)
WRITE = sa.text(
    "INSERT INTO shipment_terms (merchant_id, term, created_at, shipment_id) VALUES (:m, :term, :at, :i) "
    "ON CONFLICT DO NOTHING"
).bindparams(sa.bindparam("at", type_=AT))


def upgrade() -> None:
    bind, after = op.get_bind(), {"m": "", "i": ""}
    while rows := bind.execute(PAGE, after).all():
        words = [_word(row) for row in rows]
        if told := [word for word in words if word["term"]]:
            bind.execute(WRITE, told)
        after = {"m": rows[-1].merchant_id, "i": rows[-1].id}


def _word(row: Any) -> dict[str, Any]:
    to = json.loads(row.shipment).get("destination") or {}
    postcode = str(to.get("postal_code") or "")
    term = _folded(f"{to.get('country') or ''}{postcode}") if postcode else ""
    return {"m": row.merchant_id, "term": term, "at": row.created_at, "i": row.id}


def _folded(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum())


def downgrade() -> None:
    """The words stay: they do no harm, and which of them are names of something else as well is not known."""
