"""/v1/webhook-endpoints"""

from __future__ import annotations

from typing import Any

from flask import Response

from gateway.api import shapes
from gateway.api.auth import caller, requires, services
from gateway.api.routes import ApiBlueprint, answer, page
from gateway.api.schemas.others import (
    DeliveryPageSchema,
    DeliverySchema,
    EndpointListSchema,
    EndpointSchema,
    NewEndpointSchema,
    PageSchema,
)

blueprint = ApiBlueprint(
    "webhook_endpoints",
    __name__,
    url_prefix="/v1/webhook-endpoints",
    description="Where we tell you what happened (Standard Webhooks).",
)


@blueprint.route("")
@requires("admin")
@blueprint.response(200, EndpointListSchema)
def endpoints() -> Response:
    """The merchant's webhook endpoints."""
    found = services().webhooks.endpoints(caller().merchant_id)
    return answer({"data": [shapes.endpoint(each) for each in found]})


@blueprint.route("", methods=["POST"])
@requires("admin")
@blueprint.arguments(NewEndpointSchema)
@blueprint.response(201, EndpointSchema)
def add(given: dict[str, Any]) -> Response:
    """Add an endpoint; its signing secret is shown here and never again."""
    made = services().webhooks.add_endpoint(caller().merchant_id, given["url"], given["types"])
    return answer({**shapes.endpoint(made), "secret": made.secrets[0]}, 201)


@blueprint.route("/<endpoint_id>", methods=["DELETE"])
@requires("admin")
@blueprint.response(204)
def delete(endpoint_id: str) -> Response:
    """End an endpoint."""
    services().webhooks.delete_endpoint(caller().merchant_id, endpoint_id)
    return Response(status=204)


@blueprint.route("/<endpoint_id>/deliveries")
@requires("admin")
@blueprint.arguments(PageSchema, location="query")
@blueprint.response(200, DeliveryPageSchema)
def deliveries(wanted: dict[str, Any], endpoint_id: str) -> Response:
    """What was sent there, newest first."""
    found = services().webhooks.deliveries(caller().merchant_id, endpoint_id, wanted["limit"], wanted["cursor"])
    return page([shapes.delivery(each) for each in found.items], found.next_cursor)


@blueprint.route("/<endpoint_id>/deliveries/<delivery_id>/replay", methods=["POST"])
@requires("admin")
@blueprint.response(202, DeliverySchema)
def replay(endpoint_id: str, delivery_id: str) -> Response:
    """Send it again, with the same id and the same bytes."""
    again = services().webhooks.replay(caller().merchant_id, endpoint_id, delivery_id)
    return answer(shapes.delivery(again), 202)
