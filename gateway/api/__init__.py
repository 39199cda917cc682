"""How you ask: Flask and marshmallow live here and nowhere else. The tuple is the table of contents."""

from gateway.api import (
    accounts,
    cartonizations,
    checkout_connections,
    handover,
    ingest,
    labels,
    policies,
    quarantine,
    quotes,
    rate_cards,
    service,
    shipments,
    status_tables,
    tracking,
    webhook_endpoints,
)
from gateway.api.checkout import callbacks

BLUEPRINTS = (
    quotes.blueprint,
    shipments.blueprint,
    handover.blueprint,
    labels.blueprint,
    tracking.blueprint,
    ingest.blueprint,
    quarantine.blueprint,
    accounts.blueprint,
    policies.blueprint,
    rate_cards.blueprint,
    checkout_connections.blueprint,
    cartonizations.blueprint,
    callbacks.blueprint,
    status_tables.blueprint,
    webhook_endpoints.blueprint,
    service.blueprint,
)
