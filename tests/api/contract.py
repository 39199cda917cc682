"""Checks answers against the document that the application publishes: the part of JSON Schema that it uses."""

import operator
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from werkzeug.routing import MapAdapter
from werkzeug.test import TestResponse

Json = dict[str, Any]
PYTHON_TYPES = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
KNOWN = {
    "$ref", "additionalProperties", "anyOf", "default", "description", "enum", "exclusiveMinimum", "format", "items",
    "maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minimum", "pattern", "properties",
    "required", "type",
}  # fmt: skip


class Contract:
    """The published document and the routes it is about."""

    def __init__(self, spec: Json, routes: MapAdapter) -> None:
        self.spec = spec
        self._routes = routes

    def operation(self, method: str, path: str) -> Json:
        rule, _ = self._routes.match(path, method, return_rule=True)
        found: Json = self.spec["paths"][re.sub(r"<(\w+)>", r"{\1}", rule.rule)][method.lower()]
        return found

    def check(self, response: TestResponse) -> None:
        """The status is documented, the content type too, and the body has the documented shape, no member more."""
        if "/docs" in response.request.path:
            return
        documented = self.operation(response.request.method, response.request.path)["responses"]
        status = str(response.status_code)
        assert status in documented or response.status_code >= 400, f"{status} is not documented"
        found = self._resolved(documented.get(status, documented["default"]))
        content = found.get("content", {})
        if not content:
            return
        assert response.mimetype in content, f"{response.mimetype} is not documented for {status}"
        if response.is_json:
            faults = list(self.faults(content[response.mimetype]["schema"], response.get_json()))
            assert not faults, f"{response.request.path}: {faults}"

    def faults(self, schema: Json, value: object, path: str = "$") -> Iterator[str]:
        assert set(schema) <= KNOWN, f"{set(schema) - KNOWN} is not checked"
        if "$ref" in schema:
            schema = self._resolved(schema)
        if "anyOf" in schema:
            arms = [list(self.faults(arm, value, path)) for arm in schema["anyOf"]]
            if all(arms):
                yield from min(arms, key=len)
            return
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if kinds and not any(_is(kind, value) for kind in kinds):
            yield f"{path}: {value!r} is not {kinds}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{path}: {value!r} is not one of {schema['enum']}"
        yield from _limit_faults(schema, value, path)
        if isinstance(value, str):
            yield from _text_faults(schema, value, path)
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.faults(schema.get("items", {}), item, f"{path}[{index}]")
        if isinstance(value, dict):
            yield from self._object_faults(schema, value, path)

    def _object_faults(self, schema: Json, value: Json, path: str) -> Iterator[str]:
        known = schema.get("properties", {})
        yield from (f"{path}.{name} is missing" for name in schema.get("required", ()) if name not in value)
        rest = schema.get("additionalProperties", False)
        for name, item in value.items():
            if name in known:
                yield from self.faults(known[name], item, f"{path}.{name}")
            elif isinstance(rest, dict):
                yield from self.faults(rest, item, f"{path}.{name}")
            elif known:
                yield f"{path}.{name} is not documented"

    def _resolved(self, node: Json) -> Json:
        while "$ref" in node:
            found = self.spec
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            node = found
        return node


def _is(kind: str, value: object) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, PYTHON_TYPES[kind])


def _text_faults(schema: Json, value: str, path: str) -> Iterator[str]:
    if "pattern" in schema and not re.search(schema["pattern"].replace("$", r"\Z"), value):
        yield f"{path}: {value[:50]!r} does not match {schema['pattern']}"
    if schema.get("format") == "date-time" and not _is_moment(value):
        yield f"{path}: {value[:50]!r} is no time with an offset"


def _is_moment(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).utcoffset() is not None
    except ValueError:
        return False


def _limit_faults(schema: Json, value: object, path: str) -> Iterator[str]:
    size = len(value) if isinstance(value, str | list | dict) else None
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    for name, measured, broken in (
        ("minLength", size, operator.lt),
        ("maxLength", size, operator.gt),
        ("minItems", size, operator.lt),
        ("maxItems", size, operator.gt),
        ("maxProperties", size, operator.gt),
        ("minimum", number, operator.lt),
        ("exclusiveMinimum", number, operator.le),
        ("maximum", number, operator.gt),
    ):
        if name in schema and measured is not None and broken(measured, schema[name]):
            yield f"{path}: {name} is {schema[name]}, not {str(value)[:50]}"
