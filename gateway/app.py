"""The web application: `create_app(services)`."""

from __future__ import annotations

import logging
import re
import time

from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest, RequestTimeout
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from gateway.api import BLUEPRINTS, docs, errors
from gateway.api.auth import RateWindow, add_rate_headers, services
from gateway.api.call_log import told
from gateway.api.front import FAULT, LATE, ROOM
from gateway.api.metrics import observe
from gateway.api.openapi import documented
from gateway.api.recipients import assets, diverting, pages, push, refusals
from gateway.console import create_console
from gateway.domain.errors import NotFound
from gateway.services.bound import Services
from gateway.services.ids import new_id

log = logging.getLogger("gateway.access")
REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")
TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
"""Source: W3C Trace Context, section 3.2."""
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CSP,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}


def create_app(bound: Services) -> Flask:
    """A Flask application over these services. It schedules nothing; the worker is a process of its own."""
    app = Flask("gateway", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=bound.settings.web.max_body_bytes, PROPAGATE_EXCEPTIONS=False)
    app.url_map.merge_slashes = False  # a path with a slash too many is another path: 404, no redirect
    app.extensions["gateway"] = bound
    app.extensions["rate_window"] = RateWindow()
    api = documented(app)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    app.register_blueprint(docs.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(diverting.blueprint)
    app.register_blueprint(push.blueprint)
    app.register_blueprint(assets.blueprint)
    app.extensions["openapi"] = api
    errors.install(app, refusals.for_people)
    app.after_request(add_rate_headers)
    console = _watched(create_console(bound, ROOM))
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/console": console.wsgi_app})  # type: ignore[method-assign]  # Flask's own way
    return _watched(app)


def _watched(app: Flask) -> Flask:
    """With a request id, security headers, metrics and an access line for every request."""
    app.before_request_funcs.setdefault(None, []).insert(0, _begin)
    app.after_request(_end)
    return app


def _begin() -> None:
    """Give the request its id (the caller's, if it is one, else ours) and take its trace along."""
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else new_id("req", services().clock())
    trace = TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
    g.trace_id = trace[1] if trace else "-"
    g.started = time.monotonic()
    services().log.begin(g.request_id)
    if fault := request.environ.get(FAULT):
        raise RequestTimeout(LATE) if fault == LATE else BadRequest(fault)
    if not request.path.isprintable():
        raise NotFound("no path of ours has such characters")


def _end(response: Response) -> Response:
    """Security headers, request id, metrics, one access line (no paths, no query strings: they may hold names)."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = g.request_id
    response.headers.setdefault("Cache-Control", "no-store")
    elapsed = time.monotonic() - g.started
    route = request.url_rule.rule if request.url_rule else "unknown"
    observe(request.method, route, response.status_code, elapsed)
    services().log.end(told(response, elapsed))
    log.info(
        "%s %s %s %.0f ms request=%s trace=%s",
        request.method,
        route,
        response.status_code,
        elapsed * 1000,
        g.request_id,
        g.trace_id,
    )
    return response
