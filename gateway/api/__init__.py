"""How you ask: Flask and marshmallow live here and nowhere else. The tuple is the table of contents."""

from gateway.api import (
    accounts,
    assignments,
    cartonizations,
    checkout_connections,
    facilities,
    handover,
    labels,
    policies,
    quotes,
    rate_cards,
    service,
    shipments,
    streams,
    tracking,
    webhook_endpoints,
    zones,
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
    zones.blueprint,
    facilities.blueprint,
    assignments.blueprint,
    webhook_endpoints.blueprint,
    streams.blueprint,
    service.blueprint,
)
