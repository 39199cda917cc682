"""Nouns as plain JSON data and back, by field names.

One form for what is stored with a quote, what samples of carriers are written in, and what tests compare:
`Money` is {"amount": "8.99", "currency": "USD"}, times are RFC 3339, enums their value, bytes base64. Fields at their
default are left out, so that stored data stays small and old data reads after a field is added.
"""

from __future__ import annotations

import base64
import dataclasses
import types
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from gateway.domain.errors import InvalidValue

T = TypeVar("T")
Json = Any  # whatever json.dumps takes; a recursive alias would only hide it


TEXT_FORMS: Mapping[type, Callable[[Any], Any]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    Decimal: lambda text: Decimal(str(text)),
    bytes: lambda text: base64.b64decode(text, validate=True),
}
"""Types that JSON has as text."""


def to_json(value: object) -> Json:
    """Plain JSON data of a noun (or of a list, mapping or scalar of nouns)."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: to_json(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if getattr(value, field.name) != _default(field)
        }
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [to_json(item) for item in value]
    return value


def from_json(kind: type[T], data: Json, path: str = "$") -> T:
    """The noun of that type in JSON data; raises InvalidValue naming the path of what does not fit."""
    result: T = _read(kind, data, path)
    return result


def _default(field: dataclasses.Field[Any]) -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, data: Json, path: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_optional(kind, data, path)
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(kind, data, path)
    if origin is tuple:
        return _read_tuple(kind, data, path)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(data, Mapping):
            raise InvalidValue(f"{path}: expected an object")
        inner = get_args(kind)[1]
        return {key: _read(inner, item, f"{path}.{key}") for key, item in data.items()}
    return _read_scalar(kind, data, path)


def _read_optional(kind: Any, data: Json, path: str) -> Any:
    if data is None:
        return None
    inner = [arm for arm in get_args(kind) if arm is not type(None)]
    return _read(inner[0], data, path)


def _read_dataclass(kind: Any, data: Json, path: str) -> Any:
    if not isinstance(data, Mapping):
        raise InvalidValue(f"{path}: expected an object for {kind.__name__}")
    hints = _hints(kind)
    names = {field.name for field in dataclasses.fields(kind)}
    unknown = sorted(set(data) - names)
    if unknown:
        raise InvalidValue(f"{path}: {kind.__name__} has no {', '.join(unknown)}")
    try:
        return kind(**{key: _read(hints[key], item, f"{path}.{key}") for key, item in data.items()})
    except TypeError as error:
        raise InvalidValue(f"{path}: {error}") from error


def _read_tuple(kind: Any, data: Json, path: str) -> Any:
    if not isinstance(data, list | tuple):
        raise InvalidValue(f"{path}: expected an array")
    inner = get_args(kind)
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(_read(inner[0], item, f"{path}[{index}]") for index, item in enumerate(data))
    if len(inner) != len(data):
        raise InvalidValue(f"{path}: expected {len(inner)} items, not {len(data)}")
    return tuple(
        _read(arm, item, f"{path}[{index}]") for index, (arm, item) in enumerate(zip(inner, data, strict=True))
    )


def _read_scalar(kind: Any, data: Json, path: str) -> Any:
    try:
        if kind in TEXT_FORMS:
            return TEXT_FORMS[kind](data)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return kind(data)
    except (TypeError, ValueError, InvalidOperation) as error:
        raise InvalidValue(f"{path}: {error}") from error
    if kind is float and isinstance(data, int | float) and not isinstance(data, bool):
        return float(data)
    if kind in (str, int, bool) and type(data) is not kind:
        raise InvalidValue(f"{path}: expected {kind.__name__}, not {data!r}")
    return data
