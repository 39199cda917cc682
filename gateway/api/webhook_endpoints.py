"""/v1/webhook-endpoints"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import orjson
from flask import Response

from gateway.api.auth import caller, requires, services
from gateway.api.examples import ENDPOINT, ENDPOINT_CHANGE, REPLAY, ROTATION
from gateway.api.routes import ApiBlueprint, answer, once, page
from gateway.api.schemas.tracking import PageSchema
from gateway.api.schemas.webhooks import (
    DeliveryFileSchema,
    DeliveryPageSchema,
    DeliverySchema,
    EndpointChangeSchema,
    EndpointListSchema,
    EndpointSchema,
    MadeEndpointSchema,
    NewEndpointSchema,
    ReplaySchema,
    RotationSchema,
    SentAgainSchema,
    SentTestSchema,
)
from gateway.domain.messages import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from gateway.services.deliveries import USER_AGENT
from gateway.services.idempotency import Run
from gateway.services.merchant_webhooks import ReplayAsk

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


@blueprint.route("/<endpoint_id>", methods=["PATCH"])
@requires("admin")
@blueprint.arguments(EndpointChangeSchema, example=ENDPOINT_CHANGE)
@blueprint.response(200, EndpointSchema)
def change_webhook_endpoint(change: dict[str, Any], endpoint_id: str) -> Response:
    """Change where messages go and which, or disable and enable the endpoint."""
    who = caller()
    return answer(_endpoint(services().webhooks.change_endpoint(who.merchant_id, who.mode, endpoint_id, change)))


@blueprint.route("/<endpoint_id>", methods=["DELETE"])
@requires("admin")
@blueprint.response(204)
def delete_webhook_endpoint(endpoint_id: str) -> Response:
    """End an endpoint."""
    services().webhooks.delete_endpoint(caller().merchant_id, caller().mode, endpoint_id)
    return Response(status=204)


@blueprint.route("/<endpoint_id>/rotate-secret", methods=["POST"])
@requires("admin")
@blueprint.arguments(RotationSchema, example=ROTATION)
@blueprint.response(200, MadeEndpointSchema)
def rotate_webhook_secret(given: dict[str, int], endpoint_id: str) -> Response:
    """Replace the signing secret; for a while both sign, so that no message is refused meanwhile.

    The new secret is shown here and never again. That is why this POST takes no Idempotency-Key.
    """
    who, desk = caller(), services()
    hours = given.get("overlap_h", desk.settings.webhooks.secret_overlap_h)
    rotated = desk.webhooks.rotate_secret(who.merchant_id, who.mode, endpoint_id, timedelta(hours=hours))
    return answer({**_endpoint(rotated), "secret": rotated.secrets[0]})


@blueprint.route("/<endpoint_id>/test", methods=["POST"])
@requires("admin")
@blueprint.response(202, SentTestSchema)
@once()
def send_test_webhook(_: Run, endpoint_id: str) -> Response:
    """Send it a message of type `endpoint.test`, whatever types it wants."""
    message = services().webhooks.test(caller().merchant_id, caller().mode, endpoint_id)
    return answer({"message_id": message.id}, 202)


@blueprint.route("/<endpoint_id>/deliveries")
@requires("admin")
@blueprint.arguments(PageSchema, location="query")
@blueprint.response(200, DeliveryPageSchema)
def list_deliveries(wanted: dict[str, Any], endpoint_id: str) -> Response:
    """What was sent there, newest first."""
    who = caller()
    found = services().webhooks.deliveries(who.merchant_id, who.mode, endpoint_id, wanted["limit"], wanted["cursor"])
    return page([_delivery(each) for each in found.items], found.next_cursor)


@blueprint.route("/<endpoint_id>/deliveries/<delivery_id>")
@requires("admin")
@blueprint.response(200, DeliveryFileSchema)
def get_delivery(endpoint_id: str, delivery_id: str) -> Response:
    """One delivery with the log of its tries."""
    who = caller()
    found, log = services().webhooks.delivery(who.merchant_id, who.mode, endpoint_id, delivery_id)
    return answer({**_delivery(found), "tries": _tries(found, log)})


@blueprint.route("/<endpoint_id>/deliveries/<delivery_id>/replay", methods=["POST"])
@requires("admin")
@blueprint.response(202, DeliverySchema)
@once()
def replay_delivery(_: Run, endpoint_id: str, delivery_id: str) -> Response:
    """Send it again, with the same id and the same bytes."""
    again = services().webhooks.replay_delivery(caller().merchant_id, caller().mode, endpoint_id, delivery_id)
    return answer(_delivery(again), 202)


@blueprint.route("/<endpoint_id>/replay", methods=["POST"])
@requires("admin")
@blueprint.arguments(ReplaySchema, example=REPLAY)
@blueprint.response(202, SentAgainSchema)
@once()
def replay_messages(_: Run, ask: ReplayAsk, endpoint_id: str) -> Response:
    """Send messages again, with the same ids and bytes, oldest first: one, all that failed, or all since a moment.

    What was written while the endpoint was disabled, or before it existed, is sent too. At most a thousand at a time.
    """
    done = services().webhooks.replay(caller().merchant_id, caller().mode, endpoint_id, ask)
    return answer({"count": done.count, "more_after": done.more_after or None}, 202)


def _endpoint(each: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": each.id,
        "mode": each.mode,
        "url": each.url,
        "types": list(each.types),
        "state": each.state,
        "why": each.why or None,
        "failures": each.failures,
        "failing_since": each.failing_since,
        "resting_until": each.resting_until,
        "old_secret_until": each.old_secrets_until,
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


def _tries(delivery: WebhookDelivery, log: Sequence[WebhookAttempt]) -> list[dict[str, Any]]:
    return [
        {
            "number": each.number,
            "at": each.at,
            "url": each.url,
            "headers": {
                "content-type": "application/json",
                "user-agent": USER_AGENT,
                "webhook-id": delivery.outbox_id,
                "webhook-timestamp": str(int(each.at.timestamp())),
                "webhook-signature": "v1,***",
            },
            "body_sha256": each.body_sha256,
            "status": each.status,
            "duration_ms": each.duration_ms,
            "response_head": each.response_head,
            "error": each.error or None,
        }
        for each in log
    ]
