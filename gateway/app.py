"""The web application: `create_app(services)`."""

from __future__ import annotations

import logging
import re
import time

from flask import Flask, Response, g, request
from flask_smorest import Api

from gateway import __version__
from gateway.api import BLUEPRINTS, errors, service
from gateway.api.auth import RateWindow, add_rate_headers, services
from gateway.api.metrics import observe
from gateway.services.bound import Services
from gateway.services.ids import new_id

log = logging.getLogger("gateway.access")
REQUEST_ID = re.compile(r"^[A-Za-z0-9._:-]{1,100}$")
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
    app.config.update(
        API_TITLE="Doorstep",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        MAX_CONTENT_LENGTH=bound.settings.web.max_body_bytes,
        PROPAGATE_EXCEPTIONS=False,
        TRAP_HTTP_EXCEPTIONS=False,
    )
    app.extensions["gateway"] = bound
    app.extensions["rate_window"] = RateWindow()
    app.before_request(_begin)
    api = Api(
        app, spec_kwargs={"info": {"description": "One API in front of every carrier."}, "security": [{"key": []}]}
    )
    api.spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    app.register_blueprint(service.blueprint)
    app.extensions["gateway_api"] = api
    errors.install(app)
    app.after_request(add_rate_headers)
    app.after_request(_end)
    return app


def _begin() -> None:
    """Give the request its id: the caller's, if it is one, else ours."""
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if REQUEST_ID.match(given) else new_id("req", services().clock())
    g.started = time.monotonic()


def _end(response: Response) -> Response:
    """Security headers, request id, metrics, one access line (no query strings: they may hold names)."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = g.get("request_id", "")
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    elapsed = time.monotonic() - g.get("started", time.monotonic())
    route = request.url_rule.rule if request.url_rule else "unknown"
    observe(request.method, route, response.status_code, elapsed)
    log.info(
        "%s %s %s %.0f ms %s", request.method, route, response.status_code, elapsed * 1000, g.get("request_id", "")
    )
    return response
