"""/v1/quotes"""

from __future__ import annotations

from flask import Response

from gateway.api import shapes
from gateway.api.auth import caller, requires, services
from gateway.api.routes import ApiBlueprint, answer, once
from gateway.api.schemas.quotes import QuoteAskSchema, QuoteSchema
from gateway.services.quotes import QuoteAsk

blueprint = ApiBlueprint("quotes", __name__, url_prefix="/v1/quotes", description="Ask carriers for offers.")


@blueprint.route("", methods=["POST"])
@requires("quotes:write")
@blueprint.arguments(QuoteAskSchema)
@blueprint.response(201, QuoteSchema)
def create(ask: QuoteAsk) -> Response:
    """Ask every account that could deliver it, rank the offers by policy, and say why."""

    def work(_: object) -> Response:
        quoted = services().quotes.quote(caller().merchant_id, caller().mode, ask)
        return answer(shapes.quote(quoted), 201, {"Location": f"/v1/quotes/{quoted.id}"})

    return once(work)


@blueprint.route("/<quote_id>")
@requires("quotes:write")
@blueprint.response(200, QuoteSchema)
def read(quote_id: str) -> Response:
    """A quote as it was given."""
    return answer(shapes.quote(services().quotes.get(caller().merchant_id, caller().mode, quote_id)))
