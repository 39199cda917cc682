"""How you ask: Flask and marshmallow live here and nowhere else. The tuple is the table of contents."""

from gateway.api import (
    accounts,
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

BLUEPRINTS = (
    quotes.blueprint,
    shipments.blueprint,
    handover.blueprint,
    labels.blueprint,
    tracking.blueprint,
    accounts.blueprint,
    policies.blueprint,
    rate_cards.blueprint,
    webhook_endpoints.blueprint,
    service.blueprint,
)
