"""What every blueprint is made of: strict input, orjson out, and POSTs that happen once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import partial, wraps
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import Schema

from gateway.api import errors
from gateway.api.auth import caller, services
from gateway.api.front import ROOM
from gateway.api.strict import StrictParser
from gateway.domain.errors import GatewayError
from gateway.services.idempotency import Answer, Run

JSON = "application/json"
KEY_FORM = re.compile(r"[\x21-\x7e]{1,255}")
MADE = (201, 202)
OWN_ID = re.compile(rb'\{"id":"([a-z]+_\w+)"')


class ApiBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest is untyped
    """A blueprint whose arguments are parsed strictly."""

    ARGUMENTS_PARSER = StrictParser()

    def arguments(self, schema: type[Schema], **how: Any) -> Any:
        """One instance of the schema for all requests: making one costs as much as using it."""
        return super().arguments(schema(), **how)

    def register_views_in_doc(self, api: Any, *about: Any, **how: Any) -> None:
        """Described when somebody reads the document: most processes are never asked for it, and it takes a while."""
        api.later(partial(super().register_views_in_doc, api, *about, **how))


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), status, headers, content_type=JSON)


def page(items: list[Any], next_cursor: str | None) -> Response:
    """One page of a list, with its `Link` (RFC 8288)."""
    response = answer({"data": items, "next_cursor": next_cursor})
    if next_cursor is not None:
        query = urlencode({**request.args.to_dict(), "cursor": next_cursor})
        response.headers["Link"] = f'<{request.path}?{query}>; rel="next"'
    return response


def larger(setting: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """A route whose body may be as long as that setting of `[web]` says, longer than others."""

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def wide(*args: Any, **kwargs: Any) -> Response:
            request.max_content_length = most = getattr(services().settings.web, setting)
            if (room := request.environ.get(ROOM)) is not None:  # this far the caller may go: read on, and come again
                room.bytes = most
                return Response(status=100)
            return view(*args, **kwargs)

        return wide

    return decorate


def once(*, required: bool = False, made_at: str = "") -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """A POST that happens at most once per Idempotency-Key; without a key (where it is not required) it just happens.

    The view gets the Run before its other arguments. `made_at` is where the made object is, such as
    `/v1/quotes/{id}`: its `Location`, on replays too.

    The decorated view raises BadHeader: the key is missing where required, or is malformed.
    """

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def run_once(*args: Any, **kwargs: Any) -> Response:
            key = _idempotency_key()
            if key is None and required:
                raise errors.BadHeader("this POST needs an Idempotency-Key header")
            if key is None:
                response = view(Run(caller().merchant_id, request.path, ""), *args, **kwargs)
            else:
                response = _run(key, lambda run: view(run, *args, **kwargs))
            if made_at and response.status_code in MADE:
                response.headers["Location"] = made_at.format(id=_id_in(response.get_data()))
            return response

        run_once.idempotency = "required" if required else "optional"  # type: ignore[attr-defined]  # for OpenAPI
        return run_once

    return decorate


def _id_in(body: bytes) -> str:
    """The id of what was made, which every answer tells first: a quote's answer is too long to be read again."""
    found = OWN_ID.match(body)
    return found[1].decode() if found else str(orjson.loads(body)["id"])


def _run(key: str, work: Callable[[Run], Response]) -> Response:
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
    if not KEY_FORM.fullmatch(key):
        raise errors.BadHeader("an Idempotency-Key is 1 to 255 printable ASCII characters without spaces")
    return key


def _fingerprint() -> str:
    """SHA-256 of method, path and the body's canonical JSON. The body was parsed before: it is JSON or nothing."""
    body = request.get_data()
    canonical = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS) if body else b""
    return hashlib.sha256(b"\0".join([request.method.encode(), request.path.encode(), canonical])).hexdigest()
