"""/v1/checkout-connections"""

from __future__ import annotations

from typing import Any

from flask import Response

from gateway.api.auth import caller, requires, services
from gateway.api.examples import CONNECTION, CONNECTION_CHANGE
from gateway.api.prices import money
from gateway.api.routes import ApiBlueprint, answer, once
from gateway.api.schemas.checkouts import (
    ConnectionDraftSchema,
    ConnectionListSchema,
    ConnectionSchema,
    NewConnectionSchema,
)
from gateway.domain.checkouts import CheckoutConnection, CheckoutProtocol, CheckoutSettings, deadline_ms
from gateway.domain.codec import to_json
from gateway.services.checkout_connections import URL_TOKEN, ConnectionDraft
from gateway.services.idempotency import Run

blueprint = ApiBlueprint("checkout_connections", __name__, url_prefix="/v1/checkout-connections")


@blueprint.route("")
@requires("admin")
@blueprint.response(200, ConnectionListSchema)
def list_checkout_connections() -> Response:
    """The merchant's connections to checkouts, by name."""
    found = services().connections.list(caller().merchant_id, caller().mode)
    return answer({"data": [_shown(each) for each in found]})


@blueprint.route("", methods=["POST"])
@requires("admin")
@blueprint.arguments(NewConnectionSchema, example=CONNECTION)
@blueprint.response(201, ConnectionSchema)
@once(made_at="/v1/checkout-connections/{id}")
def create_checkout_connection(_: Run, draft: ConnectionDraft) -> Response:
    """Connect a shop's checkout, in the mode of the key. `urls` of the answer is what to enter in the shop."""
    made = services().connections.add(caller().merchant_id, caller().mode, draft)
    return answer(_shown(made), 201)


@blueprint.route("/<connection_id>")
@requires("admin")
@blueprint.response(200, ConnectionSchema)
def get_checkout_connection(connection_id: str) -> Response:
    """One connection; its secrets are never given back."""
    return answer(_shown(services().connections.get(caller().merchant_id, caller().mode, connection_id)))


@blueprint.route("/<connection_id>", methods=["PATCH"])
@requires("admin")
@blueprint.arguments(ConnectionDraftSchema, example=CONNECTION_CHANGE)
@blueprint.response(200, ConnectionSchema)
def change_checkout_connection(draft: ConnectionDraft, connection_id: str) -> Response:
    """Change a connection; what is left out stays as it is. Carts are asked anew from then on."""
    changed = services().connections.change(caller().merchant_id, caller().mode, connection_id, draft)
    return answer(_shown(changed))


@blueprint.route("/<connection_id>", methods=["DELETE"])
@requires("admin")
@blueprint.response(204)
def delete_checkout_connection(connection_id: str) -> Response:
    """End a connection. What it showed stays bookable until it expires."""
    services().connections.remove(caller().merchant_id, caller().mode, connection_id)
    return Response(status=204)


def _shown(each: CheckoutConnection) -> dict[str, Any]:
    return {
        "id": each.id,
        "name": each.name,
        "protocol": each.protocol.value,
        "mode": each.mode,
        "secrets": sorted(each.secrets),
        "enabled": each.enabled,
        "version": each.version,
        "urls": _urls(each),
        "answers_within_ms": deadline_ms(each),
        "settings": _settings(each.settings),
        "created_at": each.created_at,
    }


def _settings(settings: CheckoutSettings) -> dict[str, Any]:
    """As it was given: money in minor units, defaults left out."""
    found: dict[str, Any] = to_json(settings)
    if settings.free_from is not None:
        found["free_from"] = money(settings.free_from)
    for row, shown in zip(settings.fallback, found.get("fallback", ()), strict=True):
        shown["price"] = money(row.price)
    return found


def _urls(each: CheckoutConnection) -> dict[str, str]:
    """Where the shop calls; a token that belongs in the URL is yours to put in."""
    base = f"{services().settings.web.base_url}/v1/checkout/{each.protocol.value}/{each.id}"
    if each.protocol is CheckoutProtocol.BIGCOMMERCE:
        return {"rate": f"{base}/rate", "check": f"{base}/check"}
    return {"rate": f"{base}?token={{{URL_TOKEN}}}" if URL_TOKEN in each.secrets else base}
