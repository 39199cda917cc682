"""The `webhooks` section of the OpenAPI document: what we send to merchants' endpoints."""

from __future__ import annotations

from typing import Any

from apispec import APISpec

from gateway.api.schemas.messages import EndpointMessageSchema, ShipmentMessageSchema, TrackerMessageSchema
from gateway.domain.message_types import MessageType, message_types

SCHEMAS = {"shipment": ShipmentMessageSchema, "tracker": TrackerMessageSchema, "endpoint": EndpointMessageSchema}
HEADERS = {
    "webhook-id": "Names the message: the same on every try, so that a receiver can tell repeats.",
    "webhook-timestamp": "When this try was made, in seconds since 1970. Refuse what is older than five minutes.",
    "webhook-signature": "`v1,` and the HMAC-SHA256 of id, timestamp and body; several with blanks between them.",
}
"""Source: Standard Webhooks 1.0, "Webhook Headers"."""


def describe_messages(spec: APISpec) -> None:
    """Make the shapes of messages known to the document."""
    for about, schema in SCHEMAS.items():
        spec.components.schema(f"{about.title()}Message", schema=schema)


def webhooks() -> dict[str, Any]:
    """One entry for each message type."""
    return {name: {"post": _operation(each)} for name, each in message_types().items()}


def _operation(kind: MessageType) -> dict[str, Any]:
    shape = {"$ref": f"#/components/schemas/{kind.about.title()}Message"}
    return {
        "operationId": f"receive_{kind.name.replace('.', '_')}",
        "summary": kind.when,
        "tags": ["webhook-endpoints"],
        "security": [],
        "parameters": [
            {"in": "header", "name": name, "required": True, "schema": {"type": "string"}, "description": what}
            for name, what in HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": shape}}},
        "responses": {
            "2XX": {"description": "Heard; it is not sent again."},
            "410": {"description": "The endpoint is gone: it is disabled."},
            "default": {"description": "Not heard; it is sent again, for up to 72 hours."},
        },
    }
