"""The OpenAPI document as the page at /docs shows it: operations, shapes, and the members of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]
METHODS = ("post", "get", "put", "patch", "delete")
RANGES = (
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " entries"),
    ("minProperties", "maxProperties", " entries"),
    ("minimum", "maximum", ""),
)
"""The least, the most, and of what."""

FORMATS = {"date-time": "time", "url": "URL", "email": "e-mail", "binary": "bytes"}
"""What texts of a format are called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One row of a table: a member of a shape, or a parameter.

    `kind` is its type in words, in which `shape` is the name of a shape, if there is one. Only input is `required`.
    """

    name: str
    kind: str
    shape: str
    words: tuple[str, ...]
    limits: str
    required: bool
    description: str
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A schema of the document."""

    name: str
    description: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A documented answer that is no problem."""

    status: str
    description: str
    shape: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What can be asked: `scope` is empty where no key is needed, `body` and the replies name shapes."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    parameters: tuple[Member, ...]
    body: str
    replies: tuple[Reply, ...]
    curl: str


def shapes(spec: Json) -> dict[str, Shape]:
    """Every schema by name."""
    return {name: _shape(name, schema) for name, schema in sorted(spec["components"]["schemas"].items())}


def operations(spec: Json, tag: str, base: str) -> Iterator[Operation]:
    """The operations with a tag; `base` is the URL in front of their paths."""
    for path, item in spec["paths"].items():
        for method in METHODS:
            operation = item.get(method)
            if operation is not None and tag in operation["tags"]:
                yield _operation(method.upper(), path, item, operation, base)


def _operation(method: str, path: str, item: Json, operation: Json, base: str) -> Operation:
    scope = next((each["key"][0] for each in operation["security"] if "key" in each), "")
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
    repeatable = any(each["name"] == "Idempotency-Key" for each in parameters)
    return Operation(
        id=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        scope=scope,
        parameters=tuple(_parameter(each) for each in parameters),
        body=_shape_name(body.get("schema", {})),
        replies=tuple(_replies(operation["responses"])),
        curl=_curl(method, base + path, scope, _example(body), repeatable=repeatable),
    )


def _replies(responses: Json) -> Iterator[Reply]:
    for status, found in responses.items():
        if "description" in found:
            content: Json = next(iter(found.get("content", {}).values()), {})
            yield Reply(status=status, description=found["description"], shape=_shape_name(content.get("schema", {})))


def _example(body: Json) -> object:
    if "examples" in body:
        return next(iter(body["examples"].values()))["value"]
    return body.get("example")


def _curl(method: str, url: str, scope: str, example: object, *, repeatable: bool) -> str:
    """A call that can be copied."""
    lines = [f"curl {url}" if method == "GET" else f"curl -X {method} {url}"]
    if scope:
        lines.append('-H "Authorization: Bearer $DOORSTEP_KEY"')
    if repeatable:
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    if example is not None:
        text = json.dumps(example, indent=2, ensure_ascii=False).replace("'", "'\\''")
        lines += ['-H "Content-Type: application/json"', f"-d '{text}'"]
    return " \\\n  ".join(lines)


def _shape(name: str, schema: Json) -> Shape:
    required = schema.get("required", ()) if schema.get("additionalProperties") is False else ()
    members = tuple(_member(key, node, required=key in required) for key, node in schema.get("properties", {}).items())
    return Shape(name=name, description=schema.get("description", ""), members=members)


def _parameter(parameter: Json) -> Member:
    required = parameter.get("required", False)
    return _member(parameter["name"], parameter["schema"], required, parameter["in"], parameter.get("description", ""))


def _member(name: str, node: Json, required: bool, place: str = "", description: str = "") -> Member:
    inner = _inner(node)
    words = tuple(str(word) for word in inner.get("enum", ()) if word is not None)
    return Member(
        name=name,
        kind=_kind(node),
        shape=_shape_name(node),
        words=words,
        limits=", ".join([*_limits(node), *(_limits(inner) if inner is not node else ())]),
        required=required,
        description=description or node.get("description", ""),
        place=place,
    )


def _limits(node: Json) -> Iterator[str]:
    for least, most, unit in RANGES:
        if least in node and most in node:
            yield f"{_plain(node[least])} to {_plain(node[most])}{unit}"
        elif most in node:
            yield f"at most {_plain(node[most])}{unit}"
        elif node.get(least, 1) != 1:
            yield f"at least {_plain(node[least])}{unit}"
    if node.get("default") is not None:
        yield f"default {_plain(node['default'])}"


def _plain(value: object) -> str:
    """Digits in groups of three, by narrow blanks."""
    return f"{value:,}".replace(",", "\u202f") if type(value) is int else str(value)


def _inner(node: Json) -> Json:
    """What an array holds, else the node."""
    found: Json = node.get("items", node)
    return found


def _kind(node: Json) -> str:
    """Its type in words, shapes by their names."""
    if "items" in node:
        return f"array of {_kind(node['items'])}"
    if "anyOf" in node:
        return " or ".join(_kind(arm) for arm in node["anyOf"])
    if "$ref" in node:
        return _shape_name(node)
    kinds = node.get("type", "any")
    form = FORMATS.get(node.get("format", ""), "string")
    return " or ".join(form if kind == "string" else kind for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _shape_name(node: Json) -> str:
    """The shape it is, or is a list of, or may be."""
    for found in (node, _inner(node), *node.get("anyOf", ())):
        if "$ref" in found:
            name: str = found["$ref"].rpartition("/")[2]
            return name
    return ""
