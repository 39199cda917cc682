"""/v1/quotes"""

from __future__ import annotations

from dataclasses import replace

from flask import Response

from gateway.api import shapes
from gateway.api.auth import caller, requires, services
from gateway.api.examples import QUOTE
from gateway.api.routes import ApiBlueprint, answer, once
from gateway.api.schemas.quotes import QuoteAskSchema, QuoteSchema
from gateway.services.idempotency import Run
from gateway.services.quotes import QuoteAsk

blueprint = ApiBlueprint("quotes", __name__, url_prefix="/v1/quotes")


@blueprint.route("", methods=["POST"])
@requires("quotes:write")
@blueprint.arguments(QuoteAskSchema, example=QUOTE)
@blueprint.response(201, QuoteSchema)
@once(made_at="/v1/quotes/{id}")
def create_quote(_: Run, ask: QuoteAsk) -> Response:
    """Ask every account that could deliver it, rank the offers by policy, and say why."""
    placed = services().facilities.placed(caller().merchant_id, ask.shipment)
    quoted = services().quotes.quote(caller().merchant_id, caller().mode, replace(ask, shipment=placed))
    return answer(shapes.quote(quoted), 201)


@blueprint.route("/<quote_id>")
@requires("quotes:write")
@blueprint.response(200, QuoteSchema)
def get_quote(quote_id: str) -> Response:
    """A quote as it was given."""
    return answer(shapes.quote(services().quotes.get(caller().merchant_id, caller().mode, quote_id)))
