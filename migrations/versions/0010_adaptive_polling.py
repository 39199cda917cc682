"""What the polling schedule goes by: the first promise, the recipient's time zone, and whether the carrier pushes.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trackers", sa.Column("promised_by", sa.DateTime(timezone=True), nullable=True))
    op.add_column("trackers", sa.Column("timezone", sa.String(), nullable=True))
    op.add_column("trackers", sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=True))
    # Parcels on their way keep their promise; the recipients' zones are learnt with new bookings only.
    op.execute(
        "UPDATE trackers SET promised_by = (SELECT deliver_by FROM shipments"
        " WHERE shipments.merchant_id = trackers.merchant_id AND shipments.id = trackers.shipment_id)"
        " WHERE shipment_id IS NOT NULL"
    )


def downgrade() -> None:
    for name in ("pushed_at", "timezone", "promised_by"):
        op.drop_column("trackers", name)
