"""Thousands of rows in one statement: COPY on PostgreSQL, `executemany` on SQLite.

Through these a row costs a third of what it costs one by one on PostgreSQL. What they cannot do is `ON CONFLICT`:
the caller holds the locks under which it knows what is there (and a row that is there all the same is a StaleVersion).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from itertools import count
from typing import Any

import orjson
import psycopg
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    TextClause,
    bindparam,
    func,
    insert,
    select,
    text,
    true,
    update,
)
from sqlalchemy import Row as Result
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeDecorator

from gateway.storage.types import UtcDateTime

Cells = Mapping[str, Any]
Columns = Mapping[str, Sequence[Any]]
"""Cells of many rows, column by column; no columns where there are no rows."""

_NAMES = count(1)


def insert_all(connection: Connection, table: Table, columns: Columns) -> None:
    """Insert rows, given column by column; cells of other columns are NULL. StaleVersion follows when one is there."""
    if not columns:
        return
    if connection.dialect.name == "postgresql":
        if not connection.in_transaction():
            connection.begin()  # the driver would begin one that nobody commits
        _copy(connection, table.name, table, columns)
    else:
        rows = zip(*columns.values(), strict=True)
        connection.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in rows])


def by_column(rows: Sequence[Cells]) -> Columns:
    """Rows with cells of the same columns, column by column."""
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def update_all(connection: Connection, table: Table, rows: Sequence[Cells]) -> int:
    """Write the cells given (the same ones in each row, its primary key among them); how many rows were there."""
    key = [column.name for column in table.primary_key]
    cells = [name for name in rows[0] if name not in key] if rows else []
    if not cells:
        return 0
    if connection.dialect.name != "postgresql":
        at_key = [table.c[name] == bindparam(f"key_{name}") for name in key]
        bound = [{f"key_{name}" if name in key else name: value for name, value in row.items()} for row in rows]
        values = {name: bindparam(name, type_=table.c[name].type) for name in cells}
        return connection.execute(update(table).where(*at_key).values(values), bound).rowcount
    changed = f"changed_{next(_NAMES)}"
    quoted = ", ".join([*key, *_quoted(connection, cells)])
    likewise = f"SELECT {quoted} FROM {table.name} LIMIT 0"  # noqa: S608  # names of our own columns
    connection.execute(text(f"CREATE TEMP TABLE {changed} ON COMMIT DROP AS {likewise}"))
    _copy(connection, changed, table, by_column(rows))
    setting = ", ".join(f"{name} = {changed}.{name}" for name in _quoted(connection, cells))
    same = " AND ".join(f"{table.name}.{name} = {changed}.{name}" for name in key)
    statement = f"UPDATE {table.name} SET {setting} FROM {changed} WHERE {same}"  # noqa: S608  # likewise
    return connection.execute(text(statement)).rowcount


def update_each(connection: Connection, table: Table, rows: Sequence[Cells]) -> None:
    """As `update_all`, for hundreds of rows: one statement that carries them. Locks them in the order of their keys.

    The cells are what JSON has words for, and moments: arrays of them cost the driver ten times as much to write.
    """
    if connection.dialect.name != "postgresql":
        update_all(connection, table, rows)
    elif rows:
        statement = _update_each(table, tuple(rows[0]), connection.dialect)
        connection.execute(statement, {"rows": orjson.dumps(list(rows)).decode()})


@cache
def _update_each(table: Table, names: tuple[str, ...], dialect: Dialect) -> TextClause:
    key = [column.name for column in table.primary_key]
    quoted = dict(zip(names, map(dialect.identifier_preparer.quote, names), strict=True))
    columns = ", ".join(f"{quoted[name]} {table.c[name].type.compile(dialect)}" for name in names)
    same = " AND ".join(f"{table.name}.{name} = given.{name}" for name in key)
    setting = ", ".join(f"{quoted[name]} = given.{quoted[name]}" for name in names if name not in key)
    order = ", ".join(f"{table.name}.{name}" for name in key)
    return text(  # made of names of our own columns
        f"WITH given AS MATERIALIZED (SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS each ({columns})), "  # noqa: S608  # likewise
        f"held AS MATERIALIZED (SELECT 1 FROM {table.name}, given WHERE {same} ORDER BY {order} FOR UPDATE OF "
        f"{table.name}) "
        f"UPDATE {table.name} SET {setting} FROM given WHERE {same} AND (SELECT count(*) FROM held) >= 0"
    )


def among(connection: Connection, column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Whether a column is one of the texts bound as `name` by `listed`: one parameter, however many they are."""
    if connection.dialect.name == "postgresql":
        return column == func.any(bindparam(name, type_=postgresql.ARRAY(postgresql.TEXT)))
    return column.in_(select(func.json_each(bindparam(name)).table_valued("value").c.value))


def listed(connection: Connection, texts: Sequence[str]) -> Any:
    """What is bound for `among`."""
    if connection.dialect.name == "postgresql":
        return list(texts)
    return orjson.dumps(list(texts)).decode()


def found_each(
    connection: Connection, wanted: Select[Any], column: ColumnElement[str], texts: Collection[str]
) -> Sequence[Result[Any]]:
    """The rows of a select in which a column that an index knows has one of these texts, in the order of the texts.

    On PostgreSQL each text is a look-up of its own, which `OFFSET 0` keeps apart. Left to itself, the planner walks
    through a table that was small when it looked last: a file of a million lines read all it had written for every
    batch anew. Rows that are locked are locked in that order.
    """
    if not texts:
        return ()
    bound = {"texts": listed(connection, sorted(texts))}
    if connection.dialect.name != "postgresql":
        return connection.execute(wanted.where(among(connection, column, "texts")).order_by(column), bound).all()
    array = bindparam("texts", type_=postgresql.ARRAY(postgresql.TEXT))
    each = func.unnest(array).table_valued("text", name="each").render_derived()
    found = wanted.where(column == each.c.text).correlate(each).offset(0).lateral("found")
    return connection.execute(select(*found.c).select_from(each).join(found, true()), bound).all()


def _copy(connection: Connection, into: str, table: Table, columns: Columns) -> None:
    """COPY rows into a table (or a temporary one with columns of it)."""
    driver: Any = connection.connection.driver_connection
    cells = (_written(_writer(table, name, connection.dialect), given) for name, given in columns.items())
    names = ", ".join(_quoted(connection, list(columns)))
    statement = f"COPY {into} ({names}) FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in zip(*cells, strict=True):
                copy.write_row(row)
    except psycopg.Error as error:  # past SQLAlchemy, which would have wrapped it
        raise DBAPIError.instance(statement, None, error, psycopg.Error) from error


def _written(write: Callable[[Any], Any] | None, cells: Sequence[Any]) -> Iterable[Any]:
    return cells if write is None else map(write, cells)


@cache
def _writer(table: Table, column: str, dialect: Dialect) -> Callable[[Any], Any] | None:
    """What turns a value of ours into the driver's, if anything does."""
    kind: Any = table.c[column].type
    if isinstance(kind, UtcDateTime):
        return _moments(kind, dialect)
    if isinstance(kind, TypeDecorator) and kind.impl_instance.dialect_impl(dialect).bind_processor(dialect) is None:
        return partial(kind.process_bind_param, dialect=dialect)  # SQLAlchemy's own goes three calls deep
    writer: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return writer


def _moments(kind: UtcDateTime, dialect: Dialect) -> Callable[[datetime | None], str | None]:
    """Moments as text, which takes the driver three times as long; of one batch many are the same."""
    known: tuple[datetime | None, str | None] = (None, None)

    def write(moment: datetime | None) -> str | None:
        nonlocal known
        pair = known  # another thread may put its own there
        if pair[0] is not moment:
            known = pair = (moment, None if moment is None else str(kind.process_bind_param(moment, dialect)))
        return pair[1]

    return write


def _quoted(connection: Connection, names: Sequence[str]) -> list[str]:
    quote = connection.dialect.identifier_preparer.quote
    return [quote(name) for name in names]
