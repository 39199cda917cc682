"""The OpenAPI 3.1 document: what the blueprints say of themselves, and what is true of every operation, said once."""

from __future__ import annotations

import inspect
import json
import re
import threading
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from apispec import APISpec
from flask import Flask
from flask_smorest import Api
from marshmallow import Schema
from werkzeug.routing import Rule

from gateway import __version__
from gateway.api.message_docs import describe_messages, webhooks
from gateway.api.problems import PROBLEMS
from gateway.api.schemas.fields import Given, Shown
from gateway.api.schemas.problems import ProblemSchema

Json = dict[str, Any]

DESCRIPTION = """\
One API in front of every carrier: ask for quotes, book exactly once, follow the parcel, and be told the truth about it.

Keys: send `Authorization: Bearer gw_live_...` or `gw_test_...`, or the key as the user of HTTP Basic. A test key sees
test objects only.

Repeating: every POST that takes an `Idempotency-Key` may be repeated after a lost answer. The same key with the same
body gives the same answer again, with `Idempotent-Replayed: true`; with another body it is refused.

Money is an integer in the currency's smallest unit. Times are RFC 3339 with an offset. Sizes are grams and millimetres.

Lists are cut into pages: pass `next_cursor` as `cursor`, or follow the `Link` header.

Errors are problem documents (RFC 9457) with a stable `code`; every code is explained under `/docs/problems`. Members
and query parameters that an operation does not know are refused, not ignored. Answers may get more members: ignore
those that you do not know.

Send `X-Request-Id` to find your request in the logs; it comes back in the answer. `traceparent` is logged too.
"""

TAGS = {
    "quotes": "Ask carriers for offers.",
    "labels": "Print many at once.",
    "diversions": "Another time or place for deliveries under way.",
    "shipments": "Book, find, print, cancel, settle.",
    "enquiries": "Who asked where a parcel is, to be counted.",
    "claims": "What carriers owe for what they lost, damaged or gave to the wrong person.",
    "service-points": "Shops and lockers where recipients collect.",
    "pickups": "Have the day's parcels collected.",
    "manifests": "Close the day: what was handed over to whom.",
    "trackers": "Follow numbers that were not booked here.",
    "tracking-events": "A merchant's own tracking history, in bulk.",
    "quarantine": "What could not be applied, and how to try again.",
    "fleet": "Own drivers and depots: scans, pictures, delivery windows.",
    "pictures": "Photos and signatures, by link.",
    "statuses": "The words of tracking.",
    "carriers": "The installed carriers, and where they push their events.",
    "accounts": "Contracts with carriers.",
    "checkout": "What shops' checkouts call, in their own protocols; their errors are those protocols' too.",
    "checkout-connections": "How each shop's checkout is answered.",
    "cartonizations": "Which articles go into which boxes.",
    "zones": "Parts of the world by name: postcodes, circles, polygons.",
    "facilities": "Places of origin: time zone, cut-offs, closing days.",
    "assignments": "Give a wave of shipments to accounts at once, as cheaply as their limits allow.",
    "policies": "How offers are ranked. Versions are superseded, never edited.",
    "emissions": "How the CO2e of a delivery is reckoned, and your own words on it.",
    "reports": "What was predicted beside what came.",
    "backtests": "What another policy would have done with the shipments of a period.",
    "brand": "In whose name recipients are spoken to.",
    "ratings": "What recipients think of deliveries.",
    "keys": "API keys.",
    "webhook-endpoints": "Where we tell you what happened (Standard Webhooks).",
    "notification-settings": "What recipients are told, in which words and when.",
    "notification-senders": "The ways out: a mail server, an account at Twilio. And what they call back.",
    "notification-templates": "The words, yours over those that come with the gateway; and how they look.",
    "notification-blocks": "Recipients who are told nothing.",
    "stream": "What happens, as it happens (server-sent events).",
    "privacy": "People who want to be forgotten, or to know what is known of them.",
    "service": "For those who run the gateway.",
}
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"},
    "description": "Your name for this very request, such as a UUID.",
}
LOCATION = {"Location": {"schema": {"type": "string"}, "description": "Where the new object is."}}
REPLAYED = {"Idempotent-Replayed": {"schema": {"type": "string"}, "description": "`true` on a repeated answer."}}
PROBLEM = {"$ref": "#/components/responses/Problem"}
REFUSALS = ("401", "403", "422", "429")
"""What every operation with a key may answer."""


class DocumentedApi(Api):  # type: ignore[misc]  # flask-smorest is untyped
    """Collects the operations of the blueprints. They are told of, and the document made, when it is first read."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self._parts: list[Callable[[], None]] = []
        self._reading = threading.Lock()

    def later(self, describe: Callable[[], None]) -> None:
        """Remember what describes the operations of a blueprint."""
        self._parts.append(describe)

    @property
    def document(self) -> Json:
        """The whole document, as plain data."""
        with self._reading:
            return self._document

    @cached_property
    def _document(self) -> Json:
        for describe in self._parts:
            describe()
        return _whole(self._app, self.spec)


def documented(app: Flask) -> DocumentedApi:
    """The collector for an application; register the blueprints with it."""
    app.config.update(API_TITLE="Doorstep", API_VERSION=__version__, OPENAPI_VERSION="3.1.0")
    return DocumentedApi(app)


def _whole(app: Flask, told: APISpec) -> Json:
    describe_messages(told)
    spec: Json = json.loads(json.dumps(told.to_dict(), default=int))  # Decimal limits are whole
    spec["info"]["description"] = DESCRIPTION
    spec["tags"] = [{"name": name, "description": what} for name, what in TAGS.items()]
    for rule in app.url_map.iter_rules():
        for operation, method in _operations(spec, rule):
            _complete(operation, method, rule, app.view_functions[rule.endpoint])
    spec["webhooks"] = webhooks()
    components = spec["components"]
    components["responses"] = {"Problem": _problem()}
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key."},
        "basic": {"type": "http", "scheme": "basic", "description": "The API key as user, no password."},
    }
    _describe(components["schemas"])
    return spec


def _operations(spec: Json, rule: Rule) -> Iterator[tuple[Json, str]]:
    path = re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule.rule)
    for method in sorted(rule.methods or ()):
        operation = spec["paths"].get(path, {}).get(method.lower())
        if operation is not None:
            yield operation, method


def _complete(operation: Json, method: str, rule: Rule, view: Any) -> None:
    """What every operation has."""
    parts = rule.rule.split("/")
    operation["operationId"] = rule.endpoint.rpartition(".")[2]
    operation["tags"] = [parts[2] if parts[1] == "v1" else "service"]
    scope = getattr(view, "required_scope", None)
    operation["security"] = [{"key": [scope]}, {"basic": [scope]}] if scope else []
    responses = {status: found for status, found in operation["responses"].items() if status < "3"}
    refusals = {*(REFUSALS if scope else ()), *(("404",) if rule.arguments else ())}
    if method != "GET" and scope:
        refusals |= {"400", "409", "413", "415"}
    responses |= {status: PROBLEM for status in sorted(refusals)}
    responses |= {status: found for status, found in operation["responses"].items() if status == "503"}
    operation["responses"] = {**dict(sorted(responses.items())), "default": PROBLEM}
    if "201" in responses:
        responses["201"].setdefault("headers", {}).update(LOCATION)
    idempotency = getattr(view, "idempotency", None)
    if idempotency:
        parameter = {**IDEMPOTENCY_KEY, "required": idempotency == "required"}
        operation["parameters"] = [*operation.get("parameters", []), parameter]
        for status, found in responses.items():
            if status < "3":
                found.setdefault("headers", {}).update(REPLAYED)


def _problem() -> Json:
    codes = ", ".join(f"`{each.code}` ({each.status})" for each in PROBLEMS)
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": f"A problem document. Codes: {codes}.",
        "headers": {
            "X-Request-Id": {"schema": {"type": "string"}},
            "Retry-After": {"schema": {"type": "string"}, "description": "Seconds; where waiting helps."},
        },
        "content": {"application/problem+json": {"schema": schema}},
    }


def _describe(schemas: Json) -> None:
    """Give every schema the first words of its class, and leave out what nobody refers to."""
    for name in ("Error", "PaginationMetadata"):
        schemas.pop(name, None)
    for kind in _kinds(Given, Shown):
        found = schemas.get(kind.__name__.removesuffix("Schema"))
        if found is not None:
            found["description"] = inspect.getdoc(kind)


def _kinds(*bases: type[Schema]) -> Iterator[type[Schema]]:
    for base in bases:
        for kind in base.__subclasses__():
            yield kind
            yield from _kinds(kind)
