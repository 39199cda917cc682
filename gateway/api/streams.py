"""/v1/stream and /v1/shipments/{shipment_id}/stream: server-sent events.

Source of the format: HTML Living Standard, section 9.2 "Server-sent events".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from flask import Response, request

from gateway.api.auth import caller, requires, services
from gateway.api.errors import BadHeader
from gateway.api.routes import ApiBlueprint
from gateway.api.schemas.messages import MerchantStreamQuerySchema, ShipmentStreamQuerySchema
from gateway.api.schemas.webhooks import MESSAGE_ID
from gateway.domain.errors import Unprocessable
from gateway.domain.messages import OutboxMessage
from gateway.services.deliveries import body_of
from gateway.services.merchant_webhooks import MESSAGE_TYPES
from gateway.services.streams import Permit, Stream, Watch

blueprint = ApiBlueprint("streams", __name__, url_prefix="/v1")
EVENT_STREAM = "text/event-stream"
TEXT = {"type": "string"}
RETRY_MS = 2000
SEQUENCE = re.compile(r"[0-9]{1,9}")
LAST_EVENT_ID = {
    "in": "header",
    "name": "Last-Event-ID",
    "schema": {"type": "string", "maxLength": 40},
    "description": "The `id` of the last event that was heard: what came after it is told first.",
}
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""No proxy shall keep events back."""


@blueprint.route("/stream")
@requires("tracking:read")
@blueprint.arguments(MerchantStreamQuerySchema, location="query")
@blueprint.doc(parameters=[LAST_EVENT_ID])
@blueprint.response(200, TEXT, content_type=EVENT_STREAM)
def stream_everything(wanted: dict[str, Any]) -> Response:
    """Everything that happens in the mode of the key, as it happens: the bodies of webhooks as server-sent events.

    `id` is the webhook-id; the first one, without data, is where the stream begins. Reconnecting with it, as clients of
    such streams do by themselves, misses nothing for 24 hours; the last seconds before it may be told again, with the
    same ids. After more, an event `reset` says that the present state must be read. A stream ends after some minutes.
    """
    who = caller()
    after = _last_event_id(re.compile(MESSAGE_ID))
    types = tuple(name for name in wanted["types"].split(",") if name)
    for name in types:
        if name not in MESSAGE_TYPES:
            raise Unprocessable("/types", f"there are {', '.join(MESSAGE_TYPES)}", "unknown_type")
    watch = Watch(
        owner=who.key_id,
        merchant_id=who.merchant_id,
        mode=who.mode,
        types=types,
        after=after,
        for_s=wanted.get("for_s"),
    )
    return event_stream(watch, lambda message: message.id)


@blueprint.route("/shipments/<shipment_id>/stream")
@requires("tracking:read")
@blueprint.arguments(ShipmentStreamQuerySchema, location="query")
@blueprint.doc(parameters=[LAST_EVENT_ID])
@blueprint.response(200, TEXT, content_type=EVENT_STREAM)
def stream_shipment(wanted: dict[str, Any], shipment_id: str) -> Response:
    """What happens to one shipment, as it happens: the bodies of webhooks as server-sent events.

    `id` is the `sequence`. Reconnecting with it misses nothing and repeats nothing.
    """
    who = caller()
    shipment = services().shipments.get(who.merchant_id, who.mode, shipment_id).shipment
    given = wanted["after"] if wanted["after"] is not None else shipment.version
    watch = Watch(
        owner=who.key_id,
        merchant_id=who.merchant_id,
        mode=who.mode,
        subject_id=shipment.id,
        after=_last_event_id(SEQUENCE) or str(given),
        for_s=wanted.get("for_s"),
    )
    return event_stream(watch, lambda message: str(message.sequence))


def event_stream(watch: Watch, position: Callable[[OutboxMessage], str]) -> Response:
    """A watch as an answer, which ends with the key that asked for it; `position` is an event's id.

    Raises:
        TooManyStreams, Unavailable: see `LiveUpdates.open`.
    """
    headers = {**HEADERS}
    if request.method == "HEAD":
        return Response(status=200, headers=headers, content_type=EVENT_STREAM)
    stream = services().live.open(watch)
    told = _events(stream, position, Permit(partial(services().keys.holds, caller())))
    response = Response(told, headers=headers, content_type=EVENT_STREAM)
    response.call_on_close(stream.close)  # also when nobody ever read from it
    return response


def _events(stream: Stream, position: Callable[[OutboxMessage], str], permit: Permit) -> Iterator[bytes]:
    # An id without data: nothing is shown, and who is cut off before the first message comes back to where he was.
    yield b"retry: %d\nid: %s\n\n" % (RETRY_MS, stream.position.encode())
    for told in stream:
        if not permit():
            return
        if told.reset:
            yield b"event: reset\nid: %s\ndata: {}\n\n" % stream.position.encode()
        elif told.message is None:
            yield b":\n\n"
        else:
            yield b"id: %s\ndata: %s\n\n" % (position(told.message).encode(), body_of(told.message))


def _last_event_id(form: re.Pattern[str]) -> str:
    """The header, "" where it is not sent. Raises BadHeader for what no event of this stream had as its id."""
    given = request.headers.get("Last-Event-ID", "")
    if given and not form.fullmatch(given):
        raise BadHeader("Last-Event-ID is the id of an event of this stream")
    return given
