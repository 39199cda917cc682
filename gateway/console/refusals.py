"""From error to page: in words, with what to do next. What was typed into a refused form is shown again."""

from __future__ import annotations

import json
import logging
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from carriers.base import CarrierError
from gateway.console.gate import Forged, NotAllowed, kept_form
from gateway.console.rendering import page, partial, words
from gateway.domain.errors import (
    Conflict,
    GatewayError,
    InvalidValue,
    NoCarrierAvailable,
    NotFound,
    Unavailable,
    Unprocessable,
)

log = logging.getLogger("gateway.console")
PAGES: tuple[tuple[type[GatewayError], int, str, str], ...] = (
    (NotAllowed, 403, "You may not do this", "Ask an administrator of yours if you should be able to."),
    (Forged, 403, "This form was not accepted", "Nothing was done."),
    (
        NotFound,
        404,
        "There is no such thing here",
        "It may belong to the other mode (test or live), or the address has a slip.",
    ),
    (Unprocessable, 422, "That was not understood", "Nothing was changed. Go back and correct it."),
    (InvalidValue, 422, "That was not understood", "Nothing was changed. Go back and correct it."),
    (
        Conflict,
        409,
        "This is no longer possible",
        "Nothing was changed by you. Look at it as it is now, then decide again.",
    ),
    (NoCarrierAvailable, 409, "No carrier took it", "Nothing is charged. It can be booked again."),
    (CarrierError, 502, "The carrier did not do it", "Nothing is lost: what is not known yet is found out by itself."),
    (Unavailable, 503, "The database does not answer", "Nothing was changed. Try again in a few seconds."),
)
ONLY_LOOKED = "Nothing was changed. Go back and try later, or ask the carrier for it."
"""Where a carrier was only asked for something, such as a label: nothing is found out by itself then."""
UNSAID = {"version", "owner", "seen", "based_on", "was", "focus", "live", "newest", "digest", "act", "id", "which", "q"}
"""Fields that nobody typed."""
AWAY = 503
"""Nobody can be asked who it is; what they typed is shown to them all the same."""
OTHERS = ("Something went wrong on our side", "It has been written down. Tell your administrator the number below.")
TOO_MUCH = 413
WEB = {404: "There is no such page", 405: "This page takes no such request", TOO_MUCH: "That was too much at once"}


def install(app: Flask) -> None:
    """Make every answer that is not a success a page."""
    app.register_error_handler(GatewayError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _bug)


def _refused(error: GatewayError) -> Response:
    for kind, status, title, usual in PAGES:
        if isinstance(error, kind):
            then = ONLY_LOOKED if kind is CarrierError and request.method == "GET" else usual
            return _page(status, title, f"{str(error)[:1].upper()}{str(error)[1:]}.", then)
    return _bug(error)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    return _page(status, WEB.get(status, error.name), "", "Use the menu to go on.")


def _bug(error: Exception) -> Response:
    log.error("bug in %s %s", request.method, request.url_rule, exc_info=error)
    return _page(500, OTHERS[0], "", OTHERS[1])


def _page(status: int, title: str, said: str, then: str) -> Response:
    theirs = (g.get("who") or status == AWAY) and status != TOO_MUCH  # what is too much is not read
    typed = json.loads(kept_form()[1]) if request.method == "POST" and theirs else []
    shown = [(words(name), text) for name, text in typed if text and name not in UNSAID]
    template = "refused_part.html" if partial() else "refused.html"
    facts = {"title": title, "said": said, "then": then, "typed": shown, "back": _back()}
    answer = page(template, status, **facts, number=g.get("request_id", ""))
    if status == AWAY:
        answer.headers["Retry-After"] = "5"
    return answer


def _back() -> str:
    """The page of ours that the form was on, as the browser says; "" where it says none, or this very one."""
    there = urlsplit(request.referrer or "")
    ours = there.netloc == request.host and there.path.startswith(f"{request.script_root}/")
    elsewhere = request.method == "POST" or there.path != f"{request.script_root}{request.path}"
    return there._replace(scheme="", netloc="").geturl() if ours and elsewhere else ""
