"""Key figures are read by when shipments were due and bookings asked for.

Revision ID: 0022
Revises: 0021
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "delivery_records_due", "delivery_records", ["merchant_id", "promised_by", "booked_at", "shipment_id"]
    )
    op.create_index("tenders_made", "tenders", ["merchant_id", "created_at"])


def downgrade() -> None:
    op.drop_index("tenders_made", "tenders")
    op.drop_index("delivery_records_due", "delivery_records")
