"""From error to problem document (RFC 9457). What is not in the table is a bug: 500, logged, not described."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import orjson
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from carriers.base import CarrierError, RateLimited, WebhookRejected
from gateway.api.problems import CATALOGUE
from gateway.api.strict import Unread
from gateway.domain.errors import (
    Conflict,
    DuplicateReference,
    GatewayError,
    InvalidValue,
    NoCarrierAvailable,
    NotFound,
    Unavailable,
    Unprocessable,
)
from gateway.domain.sheets import BadSheet
from gateway.services.idempotency import KeyReused, StillRunning
from gateway.services.keys import BadKey
from gateway.services.live import TooManyStreams
from gateway.services.notifications.receipts import Unproven
from gateway.services.ports.proofs import PictureRefused
from gateway.services.returns import ReturnedAlready

log = logging.getLogger("gateway.api")
PROBLEM = "application/problem+json"
RETRY_SOON_S = "2"


class MissingScope(GatewayError):
    """The key is valid but may not do this."""


class TooManyRequests(GatewayError):
    """The key used up its requests of this minute."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BadHeader(GatewayError):
    """A header that is missing or malformed."""


class PreconditionFailed(GatewayError):
    """If-Match named a version that is not the newest."""


TABLE: tuple[tuple[type[Exception], str], ...] = (
    (BadKey, "unauthorized"),
    (WebhookRejected, "webhook_rejected"),
    (Unproven, "webhook_rejected"),
    (MissingScope, "missing_scope"),
    (NotFound, "not_found"),
    (PreconditionFailed, "precondition_failed"),
    (BadHeader, "bad_header"),
    (KeyReused, "idempotency_key_reused"),
    (NoCarrierAvailable, "no_carrier_available"),
    (PictureRefused, "picture_refused"),
    (Unprocessable, "invalid"),
    (InvalidValue, "invalid"),
    (TooManyRequests, "too_many_requests"),
    (TooManyStreams, "too_many_requests"),
    (Unavailable, "unavailable"),
)
"""Error class and code; the first that fits. Conflicts and carriers' errors bring a code of their own."""

HTTP_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "payload_too_large",
    415: "unsupported_media_type",
}
"""Codes of what Flask itself refuses; any other 4xx is a `bad_request` with its own status."""


def problem(code: str, detail: str, status: int | None = None, **more: Any) -> Response:
    """A problem document; its status and title are the catalogue's."""
    facts = CATALOGUE[code]
    body = {
        "type": f"/docs/problems#{code}",
        "title": facts.title,
        "status": status or facts.status,
        "detail": detail,
        "instance": quote(request.path),
        "code": code,
        "request_id": g.get("request_id", ""),
        **more,
    }
    return Response(orjson.dumps(body), status or facts.status, content_type=PROBLEM)


def render(error: GatewayError) -> Response:
    """The problem document of an error raised on purpose; one that is not in the table is a bug."""
    code = _code(error)
    if code is None:
        raise error
    response = problem(code, str(error), **_more(error))
    response.headers.update(_headers(error, response.status_code))
    return response


def refused_sheet(error: BadSheet, what: str) -> Response:
    """Every bad row of a CSV text, by line and column."""
    faults = [
        {
            "pointer": "/".join(["", str(each.line), *filter(None, [each.column])]),
            "code": "invalid",
            "message": each.why,
        }
        for each in error.faults
    ]
    shown = "" if error.count == len(faults) else f", of which {len(faults)} are listed"
    count = f"{error.count} faults" if error.count > 1 else "a fault"
    return problem("invalid", f"{count} in the {what}{shown}", errors=faults)


def _code(error: GatewayError) -> str | None:
    for kind, code in TABLE:
        if isinstance(error, kind):
            return code
    return error.code if isinstance(error, Conflict | CarrierError) else None


def _more(error: GatewayError) -> dict[str, Any]:
    """What some errors tell beyond a sentence."""
    if isinstance(error, Unprocessable):
        return {"errors": [{"pointer": error.pointer, "code": error.code, "message": str(error)}]}
    if isinstance(error, InvalidValue):
        return {"errors": [{"pointer": "", "code": "invalid", "message": str(error)}]}
    if isinstance(error, PictureRefused):
        return {"errors": [{"pointer": "", "code": error.reason, "message": str(error)}]}
    if isinstance(error, DuplicateReference | ReturnedAlready):
        return {"shipment_id": error.shipment_id}
    if isinstance(error, NoCarrierAvailable):
        tenders = [
            {
                "account": each.account,
                "carrier": each.carrier,
                "state": each.state,
                "why": each.why,
                "carrier_code": each.carrier_code,
                "carrier_message": each.carrier_message,
            }
            for each in error.tenders
        ]
        return {"tenders": tenders, "shipment_id": error.shipment_id}
    if isinstance(error, CarrierError):
        spoke = {"carrier": g.carrier} if "carrier" in g else {}
        return {
            **spoke,
            "carrier_code": error.carrier_code,
            "carrier_message": error.carrier_message,
            "retryable": error.retryable,
        }
    return {}


def _headers(error: GatewayError, status: int) -> dict[str, str]:
    if isinstance(error, StillRunning | TooManyRequests | TooManyStreams):
        return {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, RateLimited) and error.retry_after_s is not None:
        return {"Retry-After": str(round(error.retry_after_s))}
    if status == 401:
        return {"WWW-Authenticate": 'Bearer realm="doorstep"'}
    return {"Retry-After": RETRY_SOON_S} if status == 503 else {}


def flatten(messages: Any, pointer: str = "") -> list[dict[str, str]]:
    """marshmallow's nested messages as a flat list with JSON pointers (RFC 6901)."""
    if isinstance(messages, Mapping):
        found: list[dict[str, str]] = []
        for name, inner in messages.items():
            step = "" if name == "_schema" else "/" + str(name).replace("~", "~0").replace("/", "~1")
            found += flatten(inner, pointer + step)
        return found
    if isinstance(messages, list):
        return [entry for message in messages for entry in flatten(message, pointer)]
    text = str(messages)
    code = {"Unknown field.": "unknown_field", "Missing data for required field.": "required"}.get(text, "invalid")
    return [{"pointer": pointer, "code": code, "message": text}]


def _invalid(messages: Any, where: str) -> Response:
    """422 with a pointer for every field at fault."""
    errors = flatten(messages)
    count = f"{len(errors)} fields are" if len(errors) > 1 else "one field is"
    return problem("invalid", f"{count} wrong in the {where}", errors=errors)


def install(app: Flask, told: Callable[[Response], Response]) -> None:
    """Make every answer that is not a success a problem document, and `told` what its reader is shown of it."""

    def handle(kind: type[Exception], describe: Callable[[Any], Response]) -> None:
        app.register_error_handler(kind, lambda error: told(describe(error)))

    handle(GatewayError, render)
    handle(Unread, _unread)
    handle(HTTPException, _http)
    handle(Exception, _bug)


def _unread(error: Unread) -> Response:
    return _invalid(error.messages, error.where)


def _http(error: HTTPException) -> Response:
    """404, 405, 413, 415 and the like, in the same shape."""
    data = getattr(error, "data", None)
    if isinstance(data, Mapping) and "messages" in data:
        location, messages = next(iter(data["messages"].items()))
        return _invalid(messages, "body" if location == "json" else location)
    status = error.code or 500
    if status >= 500:
        return problem("internal_error", CATALOGUE["internal_error"].remedy)
    response = problem(HTTP_CODES.get(status, "bad_request"), error.description or error.name, status)
    for name, value in error.get_headers():
        if name.lower() == "allow":
            response.headers[name] = value
    return response


def _bug(error: Exception) -> Response:
    """A bug of ours: the log has it, the caller gets the request id."""
    log.error("bug in %s %s", request.method, request.url_rule, exc_info=error)
    return problem("internal_error", CATALOGUE["internal_error"].remedy)
