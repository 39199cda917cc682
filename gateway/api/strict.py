"""Input as it must be: JSON to the letter, and nothing that nobody reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import orjson
from flask import Request, request
from marshmallow import ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

DEEPEST = 32


class Unread(ValidationError):
    """Members or parameters that this operation does not know; `where` they are."""

    def __init__(self, names: list[str], where: str) -> None:
        super().__init__({name: ["Unknown field."] for name in names})
        self.where = where


class StrictParser(FlaskParser):
    """Bodies only as JSON; unknown members and query parameters are refused by the schemas."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {}  # noqa: RUF012  # typed so in webargs

    def load_json(self, req: Request, schema: object) -> Any:
        """The body, parsed. Raises UnsupportedMediaType, BadRequest."""
        if not req.is_json:
            raise UnsupportedMediaType("the body must be JSON with Content-Type: application/json")
        return parsed(req.get_data())


def parsed(body: bytes) -> Any:
    """Strict JSON: no NaN, no infinity, no lone surrogates, no duplicate members, no bombs of nesting.

    Source: RFC 8259 with the stricter readings of RFC 7493 (I-JSON).

    Raises:
        BadRequest: anything else.
    """
    try:
        value = orjson.loads(body)
        if _depth_over(value, DEEPEST):
            raise BadRequest(f"the body is nested more than {DEEPEST} levels deep")
        json.loads(body, object_pairs_hook=_unique)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"the body is not JSON: {error}") from None
    return value


def _unique(members: list[tuple[str, object]]) -> None:
    if len({name for name, _ in members}) != len(members):
        raise BadRequest("a member appears twice in one object of the body")


def _depth_over(value: object, most: int) -> bool:
    level = [value]
    for _ in range(most):
        level = [child for node in level for child in _children(node)]
    return bool(level)


def _children(node: object) -> Any:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def reader_of(view: Callable[..., Any]) -> Callable[[], None]:
    """What to call before a view: refuses a query or a body that the view, by its `arguments`, does not read.

    The returned function raises Unread, BadRequest.
    """
    documented = getattr(view, "_apidoc", {})
    read = {parameter["in"] for parameter in documented.get("arguments", {}).get("parameters", [])}
    reads_body = "json" in read or "requestBody" in documented.get("manual_doc", {})

    def refuse() -> None:
        if "query" not in read and request.args:
            raise Unread(sorted(request.args), "query")
        if not reads_body and request.method in ("POST", "PUT", "PATCH") and request.get_data():
            body = parsed(request.get_data())
            if body != {}:
                raise Unread(sorted(body) if isinstance(body, dict) else [""], "body")

    return refuse
