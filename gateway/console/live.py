"""What has changed since a list was opened: told as it happens, or asked for now and then. Ids and types alone.

Source of the stream's format: HTML Living Standard, section 9.2 "Server-sent events"; its answer 204 ends a client's
tries for good, which then asks every while instead and holds no thread in between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from flask import Blueprint, Response, jsonify, request

from gateway.console.gate import may, services, token, who
from gateway.domain.errors import Unavailable
from gateway.domain.people import Permission
from gateway.services.ids import first_id
from gateway.services.live import TooManyStreams, named
from gateway.services.signing_in import NotSignedIn, SigningIn
from gateway.services.streams import Permit, Stream, Watch

blueprint = Blueprint("live", __name__, url_prefix="/live")
POSITION = re.compile(r"msg_[0-9A-HJKMNP-TV-Z]{26}")
RETRY_MS = 3000
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def position() -> str:
    """That of now: what is told after it has happened since."""
    return first_id("msg", services().clock())


@blueprint.get("")
@may(Permission.LOOK, passing=True)
def stream() -> Response:
    """Ids of shipments as they change; 204 where this process has as many streams as it may have."""
    signed = who()
    watch = Watch(
        owner=signed.user.id,
        merchant_id=signed.merchant_id,
        mode=signed.mode,
        after=_position(request.headers.get("Last-Event-ID", "")) or _position(request.args.get("after", "")),
    )
    if request.method == "HEAD":
        return Response(status=200, headers=HEADERS, content_type="text/event-stream")
    streams = services().live
    if streams.count >= services().settings.streams.per_process // 2:  # the others are for the API
        return Response(status=204)
    try:
        opened = streams.open(watch)
    except (TooManyStreams, Unavailable):
        return Response(status=204)
    permit = Permit(partial(_is_signed_in, services().staff.signing_in, token()))
    answer = Response(_events(opened, watch.after, permit), headers=HEADERS, content_type="text/event-stream")
    answer.call_on_close(opened.close)
    return answer


@blueprint.get("/since")
@may(Permission.LOOK, passing=True)
def since() -> Response:
    """The same, of up to some hundreds of changes after a position, and the next position."""
    signed, after = who(), _position(request.args.get("after", "")) or position()
    last, changed = services().live.since(signed.merchant_id, signed.mode, after)
    answer = jsonify({"after": last, "changed": changed})
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _is_signed_in(signing_in: SigningIn, session: str) -> bool:
    try:
        signing_in.who(session, passing=True)
    except NotSignedIn:
        return False
    return True


def _events(opened: Stream, after: str, permit: Permit) -> Iterator[bytes]:
    """What is told again, for the case that it was missed, was on the page when it was opened."""
    yield b"retry: %d\n\n" % RETRY_MS
    for told in opened:
        if not permit():
            return
        if told.message is not None and told.message.id <= after:
            continue
        if told.message is not None:
            yield b"id: %s\ndata: %s\n\n" % (told.message.id.encode(), named(told.message).encode())
        else:
            yield b":\n\n"


def _position(text: str) -> str:
    return text if POSITION.fullmatch(text) else ""
