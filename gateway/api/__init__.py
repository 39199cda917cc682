"""How you ask: Flask and marshmallow live here and nowhere else. The tuple is the table of contents."""

from gateway.api import (
    accounts,
    cartonizations,
    checkout_connections,
    handover,
    labels,
    policies,
    quotes,
    rate_cards,
    service,
    shipments,
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
    accounts.blueprint,
    policies.blueprint,
    rate_cards.blueprint,
    checkout_connections.blueprint,
    cartonizations.blueprint,
    callbacks.blueprint,
    webhook_endpoints.blueprint,
    service.blueprint,
)
