"""What every blueprint is made of: strict JSON in, orjson out, and POSTs that happen once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

import orjson
from flask import Request, Response, request
from flask_smorest import Blueprint
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from gateway.api import errors
from gateway.api.auth import caller, services
from gateway.domain.errors import GatewayError
from gateway.services.idempotency import Answer, Run

JSON = "application/json"
KEY_FORM = re.compile(r"^[\x21-\x7e]{1,255}$")


class StrictParser(FlaskParser):
    """JSON bodies only as JSON: no NaN, no bombs of nesting, no other content type."""

    def load_json(self, req: Request, schema: object) -> Any:
        """The body, parsed."""
        if not req.is_json:
            raise UnsupportedMediaType("the body must be JSON with Content-Type: application/json")
        try:
            return orjson.loads(req.get_data())
        except orjson.JSONDecodeError as error:
            raise BadRequest(f"the body is not JSON: {error}") from None


class ApiBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest is untyped
    """A blueprint whose arguments are parsed strictly."""

    ARGUMENTS_PARSER = StrictParser()


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), status, headers, content_type=JSON)


def page(items: list[Any], next_cursor: str | None) -> Response:
    """One page of a list, with its `Link` (RFC 8288)."""
    response = answer({"data": items, "next_cursor": next_cursor})
    if next_cursor is not None:
        following = {**request.args.to_dict(), "cursor": next_cursor}
        query = "&".join(f"{name}={value}" for name, value in following.items())
        response.headers["Link"] = f'<{request.path}?{query}>; rel="next"'
    return response


def once(work: Callable[[Run], Response], *, required: bool = False) -> Response:
    """Do a POST at most once per Idempotency-Key; without a key (where it is not required) just do it.

    Raises:
        BadHeader: the key is missing where required, or is malformed.
    """
    key = _idempotency_key()
    if key is None:
        if required:
            raise errors.BadHeader("this POST needs an Idempotency-Key header")
        return work(Run(caller().merchant_id, request.path, ""))
    done = services().once.run(
        caller().merchant_id,
        f"{caller().mode}:{request.method} {request.path}",
        key,
        _fingerprint(),
        lambda run: _as_answer(work(run)),
        _refused,
    )
    response = Response(done.body, done.status, content_type=JSON if done.status < 400 else errors.PROBLEM)
    if done.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _refused(error: GatewayError) -> Answer:
    return _as_answer(errors.render(error))


def _as_answer(response: Response) -> Answer:
    return Answer(response.status_code, response.get_data())


def _idempotency_key() -> str | None:
    """The key, quoted (a structured-field string) or bare."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return None
    key = given[1:-1] if len(given) >= 2 and given[0] == given[-1] == '"' else given
    if not KEY_FORM.match(key):
        raise errors.BadHeader("an Idempotency-Key is 1 to 255 printable ASCII characters without spaces")
    return key


def _fingerprint() -> str:
    """SHA-256 of method, path and the body's canonical JSON."""
    body = request.get_data()
    try:
        canonical = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONDecodeError:
        canonical = body
    return hashlib.sha256(b"\0".join([request.method.encode(), request.path.encode(), canonical])).hexdigest()
