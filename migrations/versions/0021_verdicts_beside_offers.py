"""What was said about a quote's offers lies beside them: it is most of a quote, and backtests do not read it.

Quotes of before stay as they are, their verdicts with their offers: readers take both, and no row is rewritten.

Revision ID: 0021
Revises: 0020
"""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BATCH = 1000
QUOTES = sa.table("quotes", *(sa.column(name, sa.Text()) for name in ("merchant_id", "id", "offers", "verdicts")))
_Q = QUOTES.c


def upgrade() -> None:
    op.add_column("quotes", sa.Column("verdicts", sa.Text(), nullable=True))


def downgrade() -> None:
    """Verdicts go back to their offers, a batch at a time."""
    connection = op.get_bind()
    key = sa.tuple_(_Q.merchant_id, _Q.id)
    wanted = sa.select(QUOTES).where(_Q.verdicts.is_not(None)).order_by(_Q.merchant_id, _Q.id).limit(BATCH)
    back = sa.update(QUOTES).where(_Q.merchant_id == sa.bindparam("m"), _Q.id == sa.bindparam("q"))
    rows: Sequence[sa.Row[Any]] = connection.execute(wanted).all()
    while rows:
        moved = [{"m": row.merchant_id, "q": row.id, "offers": _together(row.offers, row.verdicts)} for row in rows]
        connection.execute(back, moved)
        after = sa.tuple_(rows[-1].merchant_id, rows[-1].id)
        rows = connection.execute(wanted.where(key > after)).all()
    op.drop_column("quotes", "verdicts")


def _together(offers: str, verdicts: str) -> str:
    told = zip(json.loads(offers), json.loads(verdicts), strict=True)
    return json.dumps([{**offer, "verdicts": said} for offer, said in told], separators=(",", ":"))
