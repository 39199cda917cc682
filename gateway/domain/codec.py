"""Nouns as plain JSON data and back, by field names.

One form for what is stored with a quote, what samples of carriers are written in, and what tests compare:
`Money` is {"amount": "8.99", "currency": "USD"}, times are RFC 3339, enums their value, bytes base64. Fields at their
default are left out, so that stored data stays small and old data reads after a field is added.

Readers and writers are made once per type: this runs on every read of a shipment.
"""

from __future__ import annotations

import base64
import dataclasses
import math
import types
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from gateway.domain.errors import InvalidValue

T = TypeVar("T")
Json = Any  # whatever json.dumps takes; a recursive alias would only hide it
Reader = Callable[[Json], Any]
Writer = Callable[[Any], Json]

TEXT_FORMS: Mapping[type, Reader] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    Decimal: lambda text: Decimal(str(text)),
    bytes: lambda text: base64.b64decode(text, validate=True),
}
"""Types that JSON has as text."""


PLAIN = frozenset({str, int, bool, type(None)})
"""Types that are their own JSON; asked first, because most members are of these."""


class _Misfit(Exception):
    """Data that does not fit; the path is put together on the way out."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.steps: list[str] = []

    def under(self, step: str) -> _Misfit:
        self.steps.insert(0, step)
        return self


def to_json(value: object) -> Json:
    """Plain JSON data of a noun (or of a list, mapping or scalar of nouns)."""
    kind: Any = type(value)
    return _writer(kind)(value)


def from_json(kind: type[T], data: Json, path: str = "$") -> T:
    """The noun of that type in JSON data; raises InvalidValue naming the path of what does not fit."""
    named: Any = kind
    try:
        result: T = _reader(named)(data)
    except _Misfit as misfit:
        raise InvalidValue(f"{path}{''.join(misfit.steps)}: {misfit}") from None
    return result


def writer(kind: type, without: str) -> Writer:
    """Writes nouns of a dataclass but for one field, which lies elsewhere; it is read as its default."""
    return _dataclass_writer(kind, without)


@cache
def _writer(kind: Any) -> Writer:
    """The function that writes one type."""
    if dataclasses.is_dataclass(kind):
        return _dataclass_writer(kind)
    return next((writer for known, writer in WRITERS if issubclass(kind, known)), _as_it_is)


def _dataclass_writer(kind: Any, without: str = "") -> Writer:
    fields = [(field.name, _default(field)) for field in dataclasses.fields(kind) if field.name != without]

    def write(noun: object) -> Json:
        found = {}
        for name, default in fields:
            member = getattr(noun, name)
            if member is not default and member != default:
                found[name] = _member(member)
        return found

    return write


def _member(value: Any) -> Json:
    return value if type(value) in PLAIN else to_json(value)


def _default(field: dataclasses.Field[Any]) -> object:
    """A field's default; where there is none, a sentinel that equals nothing."""
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _as_it_is(value: Any) -> Json:
    return value


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError(f"{number} has no JSON form")
    return number


WRITERS: Sequence[tuple[type, Writer]] = (
    (Enum, lambda member: member.value),
    (str, _as_it_is),
    (float, _finite),
    (date, lambda moment: moment.isoformat()),
    (time, lambda moment: moment.isoformat("minutes")),
    (Decimal, str),
    (bytes, lambda data: base64.b64encode(data).decode("ascii")),
    (Mapping, lambda mapping: {str(key): _member(item) for key, item in mapping.items()}),
    (Sequence, lambda items: [to_json(item) for item in items]),
)
"""How types are written, the first that fits; a datetime is a date. Dataclasses go by their fields."""


@cache
def _reader(kind: Any) -> Reader:
    """The function that reads one type."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _optional_reader(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _dataclass_reader(kind)
    if origin is tuple:
        return _tuple_reader(get_args(kind))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping_reader(get_args(kind)[1])
    return _scalar_reader(kind)


def _optional_reader(kind: Any) -> Reader:
    arm = next(arm for arm in get_args(kind) if arm is not type(None))
    inner = _reader(arm)
    return lambda data: None if data is None else inner(data)


def _dataclass_reader(kind: type) -> Reader:
    hints = get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in dataclasses.fields(kind)}

    def read(data: Json) -> Any:
        if not isinstance(data, Mapping):
            raise _Misfit(f"expected an object for {kind.__name__}")
        values = {}
        for name, item in data.items():
            reader = readers.get(name)
            if reader is None:
                raise _Misfit(f"{kind.__name__} has no {name}")
            try:
                values[name] = reader(item)
            except _Misfit as misfit:
                raise misfit.under(f".{name}") from None
        try:
            return kind(**values)
        except (TypeError, InvalidValue) as error:
            raise _Misfit(str(error)) from error

    return read


def _tuple_reader(arms: tuple[Any, ...]) -> Reader:
    endless = len(arms) == 2 and arms[1] is Ellipsis
    readers = (_reader(arms[0]),) if endless else tuple(_reader(arm) for arm in arms)

    def read(data: Json) -> Any:
        if not isinstance(data, list | tuple):
            raise _Misfit("expected an array")
        if not endless and len(data) != len(readers):
            raise _Misfit(f"expected {len(readers)} items, not {len(data)}")
        return tuple(_at(readers[0 if endless else index], index, item) for index, item in enumerate(data))

    return read


def _at(reader: Reader, index: int, item: Json) -> Any:
    try:
        return reader(item)
    except _Misfit as misfit:
        raise misfit.under(f"[{index}]") from None


def _mapping_reader(arm: Any) -> Reader:
    inner = _reader(arm)

    def read(data: Json) -> Any:
        if not isinstance(data, Mapping):
            raise _Misfit("expected an object")
        found = {}
        for key, item in data.items():
            try:
                found[key] = inner(item)
            except _Misfit as misfit:
                raise misfit.under(f".{key}") from None
        return found

    return read


def _scalar_reader(kind: Any) -> Reader:
    converted = TEXT_FORMS.get(kind) or (kind if isinstance(kind, type) and issubclass(kind, Enum) else None)
    if converted is not None:
        return _converting(converted)
    if kind is float:
        return _number
    if kind in (str, int, bool):
        return _exactly(kind)
    return lambda data: data


def _converting(convert: Reader) -> Reader:
    def read(data: Json) -> Any:
        try:
            return convert(data)
        except (TypeError, ValueError, InvalidOperation) as error:
            raise _Misfit(str(error)) from None

    return read


def _number(data: Json) -> float:
    if isinstance(data, int | float) and not isinstance(data, bool):
        return float(data)
    raise _Misfit(f"expected a number, not {data!r}")


def _exactly(kind: type) -> Reader:
    def read(data: Json) -> Any:
        if type(data) is not kind:
            raise _Misfit(f"expected {kind.__name__}, not {data!r}")
        return data

    return read
