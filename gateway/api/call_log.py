"""What the request log is told of a request over the API: who asked what, and what we answered."""

from __future__ import annotations

import re

from flask import Response, g, request

from gateway.api.front import FAULT
from gateway.services.redaction import LARGEST_READ
from gateway.services.request_log import Answered

OWN_ID = re.compile(r"[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}")
MADE = re.compile(rb'\{"id":"([a-z]{3}_[0-9A-HJKMNP-TV-Z]{26})"')


def told(response: Response, seconds: float) -> Answered | None:
    """None for a request without a merchant's key: nobody could be shown it."""
    caller = g.get("caller")
    if caller is None or request.url_rule is None:
        return None
    reply = _reply(response)
    return Answered(
        merchant_id=caller.merchant_id,
        mode=caller.mode,
        key_id=caller.key_id,
        method=request.method,
        route=request.url_rule.rule,
        status=response.status_code,
        seconds=seconds,
        request_id=g.request_id,
        subject_id=_subject(reply),
        body=_body(),
        reply=reply,
    )


def _subject(reply: bytes) -> str:
    """What the path names, else what was made, whose answer tells its id first."""
    for value in (request.view_args or {}).values():
        if isinstance(value, str) and OWN_ID.fullmatch(value):
            return value
    made = MADE.match(reply) if request.method == "POST" else None
    return made[1].decode() if made else ""


def _body() -> bytes:
    """What came as JSON and is short; bodies that are read as they come, or came broken, are left alone."""
    most = LARGEST_READ if request.max_content_length is None else min(LARGEST_READ, request.max_content_length)
    short = 0 < (request.content_length or 0) <= most
    return request.get_data() if short and request.is_json and FAULT not in request.environ else b""


def _reply(response: Response) -> bytes:
    told_at_once = not response.is_streamed and not response.direct_passthrough
    return response.get_data() if told_at_once and response.is_json else b""
