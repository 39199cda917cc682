"""/v1/webhook-endpoints"""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response

from gateway.api.auth import caller, requires, services
from gateway.api.examples import ENDPOINT
from gateway.api.routes import ApiBlueprint, answer, once, page
from gateway.api.schemas.tracking import PageSchema
from gateway.api.schemas.webhooks import (
    DeliveryPageSchema,
    DeliverySchema,
    EndpointListSchema,
    MadeEndpointSchema,
    NewEndpointSchema,
)
from gateway.domain.messages import WebhookDelivery, WebhookEndpoint
from gateway.services.idempotency import Run

blueprint = ApiBlueprint("webhook_endpoints", __name__, url_prefix="/v1/webhook-endpoints")


@blueprint.route("")
@requires("admin")
@blueprint.response(200, EndpointListSchema)
def list_webhook_endpoints() -> Response:
    """The merchant's webhook endpoints, of the mode of the key."""
    found = services().webhooks.endpoints(caller().merchant_id, caller().mode)
    return answer({"data": [_endpoint(each) for each in found]})


@blueprint.route("", methods=["POST"])
@requires("admin")
@blueprint.arguments(NewEndpointSchema, example=ENDPOINT)
@blueprint.response(201, MadeEndpointSchema)
def create_webhook_endpoint(given: dict[str, Any]) -> Response:
    """Add an endpoint, for what happens in the mode of the key.

    Its signing secret is shown here and never again. That is why this POST takes no Idempotency-Key.
    """
    made = services().webhooks.add_endpoint(caller().merchant_id, caller().mode, given["url"], given["types"])
    headers = {"Location": f"/v1/webhook-endpoints/{made.id}"}
    return answer({**_endpoint(made), "secret": made.secrets[0]}, 201, headers)


@blueprint.route("/<endpoint_id>", methods=["DELETE"])
@requires("admin")
@blueprint.response(204)
def delete_webhook_endpoint(endpoint_id: str) -> Response:
    """End an endpoint."""
    services().webhooks.delete_endpoint(caller().merchant_id, caller().mode, endpoint_id)
    return Response(status=204)


@blueprint.route("/<endpoint_id>/deliveries")
@requires("admin")
@blueprint.arguments(PageSchema, location="query")
@blueprint.response(200, DeliveryPageSchema)
def list_deliveries(wanted: dict[str, Any], endpoint_id: str) -> Response:
    """What was sent there, newest first."""
    who = caller()
    found = services().webhooks.deliveries(who.merchant_id, who.mode, endpoint_id, wanted["limit"], wanted["cursor"])
    return page([_delivery(each) for each in found.items], found.next_cursor)


@blueprint.route("/<endpoint_id>/deliveries/<delivery_id>/replay", methods=["POST"])
@requires("admin")
@blueprint.response(202, DeliverySchema)
@once()
def replay_delivery(_: Run, endpoint_id: str, delivery_id: str) -> Response:
    """Send it again, with the same id and the same bytes."""
    again = services().webhooks.replay(caller().merchant_id, caller().mode, endpoint_id, delivery_id)
    return answer(_delivery(again), 202)


def _endpoint(each: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": each.id,
        "mode": each.mode,
        "url": each.url,
        "types": list(each.types),
        "state": each.state,
        "why": each.why or None,
        "created_at": each.created_at,
    }


def _delivery(each: WebhookDelivery) -> dict[str, Any]:
    return {
        "id": each.id,
        "message_id": each.outbox_id,
        "state": each.state.value,
        "attempts": each.attempts,
        "last_status": each.last_status,
        "last_error": each.last_error or None,
        "due_at": each.due_at,
        "created_at": each.created_at,
        "body": orjson.loads(each.body),
    }
