"""Rows of one table as nouns of one type, field by field. Statements are built once, at import.

A field lies in the column of its name; a `Money` field `price` in `price_minor` and `price_currency`. The columns'
types do the rest of the translation (see `types`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter, itemgetter
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import ColumnElement, Connection, Index, Select, Table, bindparam, delete, select, update
from sqlalchemy import Row as Result
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.errors import StaleVersion
from gateway.domain.values import Money
from gateway.storage.tables.base import Row, table_of

N = TypeVar("N")
DIALECTS: Mapping[str, Any] = {"postgresql": postgresql, "sqlite": sqlite}
"""Where each database's `INSERT ... ON CONFLICT` is."""


class Rows(Generic[N]):
    """The way between a table and its noun. `besides` names the fields that lie elsewhere; every other has a
    column.
    """

    def __init__(self, row: type[Row], noun: type[N], besides: tuple[str, ...] = ()) -> None:
        self.table = table = table_of(row)
        self._noun = noun
        names = [field.name for field in fields(cast(Any, noun))]
        self._plain = tuple(name for name in names if name in table.c)
        self._read, self._cells = attrgetter(*self._plain), itemgetter(*self._plain)
        self._money = tuple(name for name in names if name not in table.c and name not in besides)
        if missing := [name for name in self._money if f"{name}_minor" not in table.c]:
            raise TypeError(f"{table.name} has no columns for {', '.join(missing)} of {noun.__name__}")
        self._key = tuple(column.name for column in table.primary_key)
        at_key = [table.c[name] == bindparam(f"key_{name}") for name in self._key]
        self._by_key = select(table).where(*at_key)
        self._by_key_locked = self._by_key.with_for_update()
        self._at_key = update(table).where(*at_key)
        if "version" in table.c:
            self._at_key = self._at_key.where(table.c.version <= bindparam("key_version"))
        self._delete = delete(table).where(*at_key)

    def get(self, connection: Connection, *key: str, lock: bool = False) -> N | None:
        """The noun under a primary key; `lock` holds the row until the transaction ends."""
        row = self.row(connection, *key, lock=lock)
        return None if row is None else self.noun(row)

    def row(self, connection: Connection, *key: str, lock: bool = False) -> Result[Any] | None:
        """The row under a primary key, for nouns that are more than their row."""
        statement = self._by_key_locked if lock else self._by_key
        return connection.execute(statement, self._bound(key)).one_or_none()

    def first(self, connection: Connection, statement: Select[Any], **bound: object) -> N | None:
        """The noun in the first row of a select of this table."""
        row = connection.execute(statement, bound).first()
        return None if row is None else self.noun(row)

    def all(self, connection: Connection, statement: Select[Any], **bound: object) -> list[N]:
        """The nouns in the rows of a select of this table."""
        return [self.noun(row) for row in connection.execute(statement, bound).all()]

    def add(
        self,
        connection: Connection,
        noun: N,
        unless: Index | None = None,
        others: Mapping[str, object] = MappingProxyType({}),
    ) -> bool:
        """Insert; False where the primary key, or the unique index given, has it already.

        `others` are columns that are no fields of the noun.
        """
        statement = _insert_unless(connection.dialect.name, self.table, unless)
        return connection.execute(statement, {**self.values(noun), **others}).rowcount == 1

    def put(self, connection: Connection, noun: N) -> None:
        """Write every field of a stored noun. Raises StaleVersion when it is gone or a later version is stored."""
        values = self.values(noun)
        bound = self._bound([values.pop(name) for name in self._key])
        if "version" in values:
            bound["key_version"] = values["version"]
        if connection.execute(self._at_key, {**values, **bound}).rowcount != 1:
            raise StaleVersion(f"the {self._noun.__name__} was changed by somebody else")

    def remove(self, connection: Connection, *key: str) -> bool:
        """Delete by primary key; False when there is none."""
        return connection.execute(self._delete, self._bound(key)).rowcount == 1

    def forget(
        self, connection: Connection, merchant_id: str, before_id: str, also: ColumnElement[bool] | None = None
    ) -> int:
        """Delete a merchant's rows with smaller ids, which are older ones; how many. Walks the primary key."""
        old = delete(self.table).where(self.table.c.merchant_id == merchant_id, self.table.c.id < before_id)
        return connection.execute(old if also is None else old.where(also)).rowcount

    def noun(self, row: Result[Any], **others: object) -> N:
        """The noun in a row; `others` are fields that do not lie in it."""
        cells = row._mapping
        if others:
            found = {name: cells[name] for name in self._plain if name not in others}
        else:
            found = dict(zip(self._plain, self._cells(cells), strict=True))
        return self._noun(**found, **{name: _money(cells, name) for name in self._money}, **others)

    def values(self, noun: N) -> dict[str, Any]:
        """The columns' values of a noun."""
        cells: dict[str, Any] = dict(zip(self._plain, self._read(noun), strict=True))
        for name in self._money:
            money: Money | None = getattr(noun, name)
            cells[f"{name}_minor"] = None if money is None else money.minor
            cells[f"{name}_currency"] = None if money is None else money.currency
        return cells

    def columns(self, nouns: Sequence[N]) -> dict[str, Sequence[Any]]:
        """The values of many nouns, column by column; no columns where there are no nouns."""
        if not nouns:
            return {}
        cells: dict[str, Sequence[Any]] = dict(zip(self._plain, zip(*map(self._read, nouns), strict=True), strict=True))
        for name in self._money:
            money: list[Money | None] = [getattr(noun, name) for noun in nouns]
            cells[f"{name}_minor"] = [None if each is None else each.minor for each in money]
            cells[f"{name}_currency"] = [None if each is None else each.currency for each in money]
        return cells

    def _bound(self, key: Any) -> dict[str, object]:
        return {f"key_{name}": value for name, value in zip(self._key, key, strict=True)}


def _money(cells: Mapping[Any, Any], name: str) -> Money | None:
    minor = cells[f"{name}_minor"]
    return None if minor is None else Money.from_minor(minor, cells[f"{name}_currency"])


@cache
def _insert_unless(dialect: str, table: Table, unless: Index | None) -> Any:
    """Insert a row unless one with the same values of that unique index (default: the primary key) exists."""
    columns = table.primary_key.columns if unless is None else unless.columns
    condition = None if unless is None else unless.dialect_options[dialect]["where"]
    insert = DIALECTS[dialect].insert(table)
    return insert.on_conflict_do_nothing(index_elements=list(columns), index_where=condition)
