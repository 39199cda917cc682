"""Who is calling and what they may: `@requires(scope)` on every route, `open_to_all` on the few without a key."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, current_app, g, request

from gateway.api.errors import MissingScope, TooManyRequests
from gateway.api.strict import reader_of
from gateway.services.bound import Services
from gateway.services.keys import BadKey, Caller

View = TypeVar("View", bound=Callable[..., Any])
WINDOW_S = 60
KEY_CHARACTERS = re.compile(r"[A-Za-z0-9_]{1,200}")


def services() -> Services:
    """The services this application was made with."""
    return cast(Services, current_app.extensions["gateway"])


def caller() -> Caller:
    """Who makes this request."""
    return cast(Caller, g.caller)


def requires(scope: str) -> Callable[[View], View]:
    """A route that needs a key with this scope."""

    def decorate(view: View) -> View:
        refuse_unread = reader_of(view)

        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            g.caller = services().keys.caller(_key())
            if not caller().may(scope):
                raise MissingScope(f"this key lacks the scope {scope}")
            _limit(scope)
            refuse_unread()
            return view(*args, **kwargs)

        checked.required_scope = scope  # type: ignore[attr-defined]  # told in the OpenAPI document
        return cast(View, checked)

    return decorate


def open_to_all(why: str) -> Callable[[View], View]:
    """A route without a key, and why it may be."""

    def decorate(view: View) -> View:
        view.open_because = why  # type: ignore[attr-defined]  # read by the test that walks every route
        return view

    return decorate


def _key() -> str:
    """The key of `Authorization: Bearer KEY` or of Basic with the key as user (RFC 6750, RFC 7617)."""
    given = request.authorization
    text = None
    if given is not None:
        text = given.token if given.type == "bearer" else given.username if given.type == "basic" else None
    if text is None or not KEY_CHARACTERS.fullmatch(text):
        raise BadKey("send the API key as `Authorization: Bearer ...`")
    return text


class RateWindow:
    """Requests per key and class of route in the current minute, in this process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._minute = 0
        self._counts: dict[tuple[str, str], int] = {}

    def count(self, key: str, kind: str) -> tuple[int, int]:
        """Count one request; how many there were this minute, and seconds until the next."""
        now = int(self._clock())
        with self._lock:
            if now // WINDOW_S != self._minute:
                self._minute, self._counts = now // WINDOW_S, {}
            self._counts[key, kind] = self._counts.get((key, kind), 0) + 1
            return self._counts[key, kind], WINDOW_S - now % WINDOW_S


def _limit(scope: str) -> None:
    """Enforce the key's limit and tell it (draft-ietf-httpapi-ratelimit-headers)."""
    settings = services().settings.limits
    reads = request.method in ("GET", "HEAD")
    kind = "reads" if reads else "quotes" if scope == "quotes:write" else "writes"
    most = {"quotes": settings.quotes_per_min, "reads": settings.reads_per_min, "writes": settings.writes_per_min}[kind]
    window: RateWindow = current_app.extensions["rate_window"]
    used, left_s = window.count(caller().key_id, kind)
    g.rate_headers = {
        "RateLimit-Policy": f'"{kind}";q={most};w={WINDOW_S}',
        "RateLimit": f'"{kind}";r={max(most - used, 0)};t={left_s}',
    }
    if used > most:
        raise TooManyRequests(f"more than {most} {kind} a minute", retry_after_s=left_s)


def add_rate_headers(response: Response) -> Response:
    """The limit's headers on every answer to a known key."""
    response.headers.update(g.get("rate_headers", {}))
    return response
