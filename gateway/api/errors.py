"""One table from error to problem document (RFC 9457). Everything else is a bug: 500, logged, not described."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import orjson
from flask import Flask, Response, g, request
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from carriers.base import CarrierError, RateLimited, WebhookRejected
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
from gateway.services.idempotency import KeyReused, StillRunning
from gateway.services.keys import BadKey

log = logging.getLogger("gateway.api")
PROBLEM = "application/problem+json"
RETRY_SOON_S = "2"


class MissingScope(GatewayError):
    """The key is valid but may not do this."""


class TooManyRequests(GatewayError):
    """The key used up its requests of this minute."""

    def __init__(self, message: str, headers: Mapping[str, str]) -> None:
        super().__init__(message)
        self.headers = dict(headers)


class BadHeader(GatewayError):
    """A header that is missing or malformed."""


TABLE: tuple[tuple[type[Exception], int, str, str], ...] = (
    (BadKey, 401, "unauthorized", "Not authorised"),
    (WebhookRejected, 401, "webhook_rejected", "Webhook without a valid proof"),
    (MissingScope, 403, "missing_scope", "Not allowed"),
    (NotFound, 404, "not_found", "Not found"),
    (StillRunning, 409, "still_running", "Still running"),
    (Conflict, 409, "conflict", "Conflict"),
    (BadHeader, 400, "bad_header", "Bad header"),
    (KeyReused, 422, "idempotency_key_reused", "Idempotency-Key used before"),
    (NoCarrierAvailable, 422, "no_carrier_available", "No carrier available"),
    (Unprocessable, 422, "invalid", "Unprocessable request"),
    (InvalidValue, 422, "invalid", "Unprocessable request"),
    (TooManyRequests, 429, "too_many_requests", "Too many requests"),
    (Unavailable, 503, "unavailable", "Temporarily unavailable"),
    (CarrierError, 502, "carrier_error", "The carrier did not do it"),
)
"""Error class, HTTP status, code, title; the first that fits. A class may carry a finer `code`."""


def problem(status: int, code: str, title: str, detail: str, **more: Any) -> Response:
    """A problem document."""
    body = {
        "type": f"/docs/problems#{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "code": code,
        "request_id": g.get("request_id", ""),
        **more,
    }
    return Response(orjson.dumps(body), status, content_type=PROBLEM)


def render(error: GatewayError) -> Response:
    """The problem document of an error raised on purpose."""
    for kind, status, code, title in TABLE:
        if isinstance(error, kind):
            response = problem(status, getattr(error, "code", code), title, str(error), **_more(error))
            response.headers.update(_headers(error, status))
            return response
    raise error


def _more(error: GatewayError) -> dict[str, Any]:
    """What some errors tell beyond a sentence."""
    if isinstance(error, Unprocessable):
        return {"errors": [{"pointer": error.pointer, "code": error.code, "message": str(error)}]}
    if isinstance(error, DuplicateReference):
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
        return {
            "carrier_code": error.carrier_code,
            "carrier_message": error.carrier_message,
            "retryable": error.retryable,
        }
    return {}


def _headers(error: GatewayError, status: int) -> dict[str, str]:
    if isinstance(error, StillRunning):
        return {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, TooManyRequests):
        return error.headers
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
            found += flatten(inner, _skip_entry(pointer, step))
        return found
    if isinstance(messages, list):
        return [entry for message in messages for entry in flatten(message, pointer)]
    text = str(messages)
    code = {"Unknown field.": "unknown_field", "Missing data for required field.": "required"}.get(text, "invalid")
    return [{"pointer": pointer, "code": code, "message": text}]


def _skip_entry(pointer: str, step: str) -> str:
    """marshmallow says /metadata/a/value for the value of metadata's a: the pointer is /metadata/a."""
    inside_dict = pointer.startswith(("/metadata/", "/secrets/", "/options/", "/urls/"))
    return pointer if inside_dict and step in ("/key", "/value") else pointer + step


def invalid(error: ValidationError, where: str = "body") -> Response:
    """422 with a pointer for every field at fault."""
    errors = flatten(error.messages)
    count = f"{len(errors)} fields are" if len(errors) > 1 else "one field is"
    return problem(422, "invalid", "Unprocessable request", f"{count} wrong in the {where}", errors=errors)


def install(app: Flask) -> None:
    """Make every answer that is not a success a problem document."""
    app.register_error_handler(GatewayError, render)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _bug)


def _http(error: HTTPException) -> Response:
    """404, 405, 413, 415 and the like, in the same shape."""
    data = getattr(error, "data", None)
    if isinstance(data, Mapping) and "messages" in data:
        location, messages = next(iter(data["messages"].items()))
        return invalid(ValidationError(messages), "body" if location == "json" else location)
    status = error.code or 500
    code = error.name.lower().replace(" ", "_")
    response = problem(status, code, error.name, error.description or error.name)
    for name, value in error.get_headers():
        if name.lower() == "allow":
            response.headers[name] = value
    return response


def _bug(error: Exception) -> Response:
    """A bug of ours: the log has it, the caller gets the request id."""
    log.error("bug in %s %s", request.method, request.path, exc_info=error)
    return problem(500, "internal_error", "Internal error", "our fault; quote the request id when you report it")
