"""A quote's offers lie in its own row; a merchant's settings have a version.

Twenty rows a quote were most of what storing one cost. Offers written before are moved.

Revision ID: 0002
Revises: 0001
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BATCH = 1000


def upgrade() -> None:
    op.add_column("merchants", sa.Column("settings_version", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("quotes", sa.Column("offers", sa.Text(), nullable=False, server_default="[]"))
    _move_offers(op.get_bind())
    op.drop_index("offers_of_quote", table_name="offers")
    op.drop_table("offers")


def _move_offers(connection: sa.Connection) -> None:
    offers = sa.Table("offers", sa.MetaData(), autoload_with=connection)
    quotes = sa.Table("quotes", sa.MetaData(), autoload_with=connection)
    ordered = sa.select(offers).order_by(offers.c.merchant_id, offers.c.quote_id, offers.c.position)
    of_quote: dict[tuple[str, str], list[dict[str, object]]] = {}
    for row in connection.execute(ordered):
        of_quote.setdefault((row.merchant_id, row.quote_id), []).append(
            {
                **{name: row._mapping[name] for name in ("id", "account_id", "account", "carrier")},
                "rate": json.loads(row.rate),
                **{"rank": row.rank, "score": row.score},
                "verdicts": json.loads(row.verdicts),
            }
        )
    update = sa.update(quotes).where(quotes.c.merchant_id == sa.bindparam("m"), quotes.c.id == sa.bindparam("q"))
    moved = [{"m": m, "q": q, "offers": json.dumps(found)} for (m, q), found in of_quote.items()]
    for start in range(0, len(moved), BATCH):
        connection.execute(update, moved[start : start + BATCH])


def downgrade() -> None:
    """The offers of quotes given meanwhile are forgotten: who wants to book asks again."""
    op.create_table(
        "offers",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("merchant_id", "id", "quote_id")),
        sa.Column("position", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("account_id", "account", "carrier")),
        sa.Column("rate", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("price_currency", sa.CHAR(length=3), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("verdicts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id", "account_id"], ["accounts.merchant_id", "accounts.id"]),
        sa.ForeignKeyConstraint(["merchant_id", "quote_id"], ["quotes.merchant_id", "quotes.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        sa.PrimaryKeyConstraint("merchant_id", "id"),
    )
    op.create_index("offers_of_quote", "offers", ["merchant_id", "quote_id", "position"], unique=True)
    op.drop_column("quotes", "offers")
    op.drop_column("merchants", "settings_version")
