"""How values of the domain lie in columns: both databases keep the same facts and return the same nouns."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import CHAR, DateTime, Dialect, String, Text
from sqlalchemy.types import TypeDecorator

from gateway.domain.codec import from_json, to_json, writer
from gateway.domain.quotes import Offer
from gateway.domain.values import aware

_JSON = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in, UTC in the column, aware out. Refuses a time without an offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[datetime | None], datetime | None] | None:
        """None on PostgreSQL, where the driver's own moments are in UTC (see `engine`)."""
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC. Raises InvalidValue for a naive time."""
        if value is None or value.tzinfo is UTC:
            return value
        return aware(value, "a stored time").astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware again: SQLite keeps no offset."""
        return value and value.replace(tzinfo=UTC)


class Json(TypeDecorator[Any]):
    """A noun, or a tuple or mapping of nouns, as JSON text in the form of `gateway.domain.codec`.

    Text and not a database's own JSON type: the same bytes in both databases, and escaped to ASCII, so that
    whatever a carrier or merchant sent (NUL, lone surrogates) can be kept.
    """

    impl = Text
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        """To text; what holds only texts is JSON as it is."""
        if type(value) is dict and all(type(each) is str for each in value.values()):
            return _text(value)
        return None if value is None else _text(to_json(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """To the noun."""
        return None if value is None else from_json(self.kind, parsed(value))


class BareOffers(Json):
    """Offers without what was said about them, which has a column of its own; old rows have it here still."""

    cache_ok = True
    _write = staticmethod(writer(Offer, without="verdicts"))

    def __init__(self) -> None:
        super().__init__(tuple[Offer, ...])

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """To text."""
        return None if value is None else _text([self._write(offer) for offer in value])


def _text(data: Any) -> str:
    """JSON in ASCII; by orjson, which is ten times as fast, unless it holds what orjson does not write."""
    try:
        text = orjson.dumps(data)
    except orjson.JSONEncodeError:
        return _JSON.encode(data)
    return text.decode() if text.isascii() else _JSON.encode(data)


def parsed(text: str) -> Any:
    """JSON data of a text that was written here."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)  # lone surrogates, which orjson does not read


class Word(TypeDecorator[StrEnum]):
    """One word of an enumeration as plain text: no CHECK, so a new word needs no migration."""

    impl = String
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], StrEnum | None]:
        """By a look-up: without SQLAlchemy's two calls around it, and the enumeration's two."""
        members = {member.value: member for member in self.kind}
        return lambda word: None if word is None else members.get(word) or self.kind(word)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The word; raises ValueError for one that is not in the enumeration."""
        return value.value if isinstance(value, self.kind) else None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """The member."""
        return None if value is None else self.kind(value)


class EmptyAsNull(TypeDecorator[str]):
    """A text that is "" where there is none, stored as NULL: foreign keys and unique indexes leave it alone."""

    impl: type[String] = String
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], str]:
        """Without SQLAlchemy's two calls around it."""
        return _or_empty

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """ "" is NULL."""
        return value or None

    def process_result_value(self, value: str | None, dialect: Dialect) -> str:
        """NULL is ""."""
        return _or_empty(value)


class NoCurrency(EmptyAsNull):
    """A currency code that is "" where there is no amount."""

    impl = CHAR
    cache_ok = True


def _or_empty(value: str | None) -> str:
    return value or ""
