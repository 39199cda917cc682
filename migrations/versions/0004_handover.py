"""Pickups, manifests, the polling calls that accounts spend, and when a tracker was polled last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('manifests',
    sa.Column('merchant_id', sa.String(), nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('mode', sa.String(), nullable=False),
    sa.Column('account_id', sa.String(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('carrier', sa.String(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('tracking_numbers', sa.Text(), nullable=False),
    sa.Column('carrier_reference', sa.String(), nullable=True),
    sa.Column('carrier_data', sa.Text(), nullable=False),
    sa.Column('why', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['merchant_id', 'account_id'], ['accounts.merchant_id', 'accounts.id'], name=op.f('manifests_merchant_id_account_id_fkey')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchants.merchant_id'], name=op.f('manifests_merchant_id_fkey')),
    sa.PrimaryKeyConstraint('merchant_id', 'id', name=op.f('manifests_pkey'))
    )
    with op.batch_alter_table('manifests', schema=None) as batch_op:
        batch_op.create_index('manifests_due', ['due_at'], unique=False, sqlite_where=sa.text('due_at IS NOT NULL'), postgresql_where=sa.text('due_at IS NOT NULL'))
        batch_op.create_index('manifests_newest', ['merchant_id', 'mode', 'created_at', 'id'], unique=False)

    op.create_table('pickups',
    sa.Column('merchant_id', sa.String(), nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('mode', sa.String(), nullable=False),
    sa.Column('account_id', sa.String(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('carrier', sa.String(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('door', sa.String(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('ready_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('parcels', sa.Text(), nullable=False),
    sa.Column('instructions', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('why', sa.String(), nullable=False),
    sa.Column('pickup', sa.Text(), nullable=True),
    sa.Column('cancel_asked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['merchant_id', 'account_id'], ['accounts.merchant_id', 'accounts.id'], name=op.f('pickups_merchant_id_account_id_fkey')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchants.merchant_id'], name=op.f('pickups_merchant_id_fkey')),
    sa.PrimaryKeyConstraint('merchant_id', 'id', name=op.f('pickups_pkey'))
    )
    with op.batch_alter_table('pickups', schema=None) as batch_op:
        batch_op.create_index('pickups_due', ['due_at'], unique=False, sqlite_where=sa.text('due_at IS NOT NULL'), postgresql_where=sa.text('due_at IS NOT NULL'))
        batch_op.create_index('pickups_newest', ['merchant_id', 'mode', 'created_at', 'id'], unique=False)
        batch_op.create_index('pickups_one_live', ['merchant_id', 'account_id', 'day', 'door'], unique=True, sqlite_where=sa.text("state IN ('ordering', 'uncertain', 'scheduled', 'cancelling')"), postgresql_where=sa.text("state IN ('ordering', 'uncertain', 'scheduled', 'cancelling')"))

    op.create_table('polling_spends',
    sa.Column('merchant_id', sa.String(), nullable=False),
    sa.Column('account_id', sa.String(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('calls', sa.Integer(), nullable=False),
    sa.Column('resting_until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['merchant_id', 'account_id'], ['accounts.merchant_id', 'accounts.id'], name=op.f('polling_spends_merchant_id_account_id_fkey')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchants.merchant_id'], name=op.f('polling_spends_merchant_id_fkey')),
    sa.PrimaryKeyConstraint('merchant_id', 'account_id', name=op.f('polling_spends_pkey'))
    )
    op.create_table('manifest_documents',
    sa.Column('merchant_id', sa.String(), nullable=False),
    sa.Column('manifest_id', sa.String(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['merchant_id', 'manifest_id'], ['manifests.merchant_id', 'manifests.id'], name=op.f('manifest_documents_merchant_id_manifest_id_fkey')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchants.merchant_id'], name=op.f('manifest_documents_merchant_id_fkey')),
    sa.PrimaryKeyConstraint('merchant_id', 'manifest_id', name=op.f('manifest_documents_pkey'))
    )
    op.create_table('manifest_entries',
    sa.Column('merchant_id', sa.String(), nullable=False),
    sa.Column('shipment_id', sa.String(), nullable=False),
    sa.Column('manifest_id', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['merchant_id', 'manifest_id'], ['manifests.merchant_id', 'manifests.id'], name=op.f('manifest_entries_merchant_id_manifest_id_fkey')),
    sa.ForeignKeyConstraint(['merchant_id', 'shipment_id'], ['shipments.merchant_id', 'shipments.id'], name=op.f('manifest_entries_merchant_id_shipment_id_fkey')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchants.merchant_id'], name=op.f('manifest_entries_merchant_id_fkey')),
    sa.PrimaryKeyConstraint('merchant_id', 'shipment_id', name=op.f('manifest_entries_pkey'))
    )
    with op.batch_alter_table('manifest_entries', schema=None) as batch_op:
        batch_op.create_index('manifest_entries_of_manifest', ['merchant_id', 'manifest_id'], unique=False)

    op.create_table('pickup_entries',
    sa.Column('merchant_id', sa.String(), nullable=False),
    sa.Column('pickup_id', sa.String(), nullable=False),
    sa.Column('shipment_id', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['merchant_id', 'pickup_id'], ['pickups.merchant_id', 'pickups.id'], name=op.f('pickup_entries_merchant_id_pickup_id_fkey')),
    sa.ForeignKeyConstraint(['merchant_id', 'shipment_id'], ['shipments.merchant_id', 'shipments.id'], name=op.f('pickup_entries_merchant_id_shipment_id_fkey')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchants.merchant_id'], name=op.f('pickup_entries_merchant_id_fkey')),
    sa.PrimaryKeyConstraint('merchant_id', 'pickup_id', 'shipment_id', name=op.f('pickup_entries_pkey'))
    )
    with op.batch_alter_table('pickup_entries', schema=None) as batch_op:
        batch_op.create_index('pickup_entries_of_shipment', ['merchant_id', 'shipment_id'], unique=False)

    with op.batch_alter_table('trackers', schema=None) as batch_op:
        batch_op.add_column(sa.Column('polled_at', sa.DateTime(timezone=True), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('trackers', schema=None) as batch_op:
        batch_op.drop_column('polled_at')

    with op.batch_alter_table('pickup_entries', schema=None) as batch_op:
        batch_op.drop_index('pickup_entries_of_shipment')

    op.drop_table('pickup_entries')
    with op.batch_alter_table('manifest_entries', schema=None) as batch_op:
        batch_op.drop_index('manifest_entries_of_manifest')

    op.drop_table('manifest_entries')
    op.drop_table('manifest_documents')
    op.drop_table('polling_spends')
    with op.batch_alter_table('pickups', schema=None) as batch_op:
        batch_op.drop_index('pickups_one_live', sqlite_where=sa.text("state IN ('ordering', 'uncertain', 'scheduled', 'cancelling')"), postgresql_where=sa.text("state IN ('ordering', 'uncertain', 'scheduled', 'cancelling')"))
        batch_op.drop_index('pickups_newest')
        batch_op.drop_index('pickups_due', sqlite_where=sa.text('due_at IS NOT NULL'), postgresql_where=sa.text('due_at IS NOT NULL'))

    op.drop_table('pickups')
    with op.batch_alter_table('manifests', schema=None) as batch_op:
        batch_op.drop_index('manifests_newest')
        batch_op.drop_index('manifests_due', sqlite_where=sa.text('due_at IS NOT NULL'), postgresql_where=sa.text('due_at IS NOT NULL'))

    op.drop_table('manifests')
