"""Connections: one engine to write, one to read, and what the database's failures mean to everybody else.

SQLite: write-ahead log, `BEGIN IMMEDIATE` and one writer of a process at a time (another process waits up to 30
s); every commit is on disk before it is acknowledged unless it need not be `durable`. PostgreSQL: no statement
runs longer than 5 s or waits longer than 2 s for a lock. Readers have connections of their own, outside
transactions, read-only.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors as pg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DataError, DBAPIError, DisconnectionError, IntegrityError, StatementError, TimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.domain.errors import GatewayError, InvalidValue, StaleVersion, Unavailable

BUSY_TIMEOUT_MS = 30_000
JOURNAL_SIZE_LIMIT = 64 * 1024 * 1024
PRAGMAS = (f"busy_timeout = {BUSY_TIMEOUT_MS}", "foreign_keys = ON", "cache_size = -16000")

PG_LIMITS = {
    "timezone": "UTC",
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
}
PG_MIGRATION_LIMITS = {"timezone": "UTC", "lock_timeout": "30s"}
PG_AUDIT_LIMITS = {
    **PG_LIMITS,
    "statement_timeout": "10min",
    "idle_in_transaction_session_timeout": "10min",
    "default_transaction_isolation": r"repeatable\ read",
}
POOL_SIZE = 10
"""Connections kept open by each engine; twice as many more are opened for a while when they are needed."""
POOL_TIMEOUT_S = 2
IDLE_UNTRUSTED_S = 1.0
"""A connection that lay idle for longer is asked whether it still stands before it is used."""
COUNTED = {"preserve_rowcount": True}
"""Inserts say how many rows they made, as updates do: `ON CONFLICT DO NOTHING` makes none."""


def write_engine(
    url: str, *, durable: bool = True, pool_size: int = POOL_SIZE, limits: Mapping[str, str] = PG_LIMITS
) -> Engine:
    """Transactions."""
    where = _parsed(url)
    options = {"execution_options": COUNTED, **_pool(pool_size)}
    if where.get_backend_name() == "postgresql":
        return _postgresql(where, limits, **options)
    engine = create_engine(where, **options)
    synchronous = "synchronous = FULL" if durable else "synchronous = NORMAL"
    size_limit = f"journal_size_limit = {JOURNAL_SIZE_LIMIT}"
    _on_connect(engine, [*PRAGMAS, "journal_mode = WAL", synchronous, size_limit])
    event.listen(engine, "begin", _begin_immediate)
    return engine


def read_engine(url: str, *, pool_size: int = POOL_SIZE, limits: Mapping[str, str] = PG_LIMITS) -> Engine:
    """Single statements, each on its own, none of which can write."""
    where = _parsed(url)
    options = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None, **_pool(pool_size)}
    if where.get_backend_name() == "postgresql":
        return _postgresql(where, {**limits, "default_transaction_read_only": "on"}, **options)
    engine = create_engine(where, **options)
    _on_connect(engine, [*PRAGMAS, "query_only = ON"])
    return engine


@contextmanager
def plain_errors() -> Iterator[None]:
    """SQLAlchemy's and the drivers' errors in the gateway's words. The only place that translates them.

    Raises:
        Unavailable: the database does not answer, is full, or waited too long.
        StaleVersion: somebody else was first (deadlock, serialization failure, unique index); read it again.
        InvalidValue: a value that no column can hold.
    """
    try:
        yield
    except TimeoutError as error:
        raise Unavailable("no database connection is free") from error
    except StatementError as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(error: StatementError) -> GatewayError | None:
    cause = error.orig
    if isinstance(cause, GatewayError):
        return cause
    if isinstance(error, IntegrityError):
        return StaleVersion("somebody else wrote it first") if _is_taken(cause) else None
    if isinstance(cause, pg.DeadlockDetected | pg.SerializationFailure):
        return StaleVersion("two requests changed the same things at once")
    if isinstance(error, DataError):
        return InvalidValue("a value that the database cannot hold")
    if isinstance(cause, sqlite3.OperationalError) and cause.sqlite_errorcode != sqlite3.SQLITE_ERROR:
        return Unavailable(f"the database does not answer: {cause}")
    if isinstance(cause, pg.OperationalError) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return Unavailable(f"the database does not answer: {type(cause).__name__}")
    return None


def _is_taken(cause: BaseException | None) -> bool:
    """Whether a unique index refused it (a foreign key or NOT NULL that refuses is a mistake of ours)."""
    if isinstance(cause, sqlite3.IntegrityError):
        return cause.sqlite_errorname in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
    return isinstance(cause, pg.UniqueViolation)


def _parsed(url: str) -> URL:
    where = make_url(url)
    if where.drivername == "postgresql":
        where = where.set(drivername="postgresql+psycopg")
    if where.drivername not in ("sqlite", "postgresql+psycopg"):
        raise InvalidValue("a database URL starts with sqlite:/// or postgresql+psycopg://")
    if where.drivername == "sqlite" and where.database in (None, "", ":memory:"):
        raise InvalidValue("a SQLite database is a file: sqlite:///var/doorstep.db")
    return where


def _pool(size: int) -> dict[str, Any]:
    return {"pool_size": size, "max_overflow": 2 * size, "pool_timeout": POOL_TIMEOUT_S}


def _postgresql(where: URL, limits: Mapping[str, str], **options: Any) -> Engine:
    settings = " ".join(f"-c {name}={value}" for name, value in limits.items())
    connect = {"connect_timeout": 3, "options": settings, "application_name": "doorstep"}
    engine = create_engine(where, connect_args=connect, **options)
    event.listen(engine, "checkin", _note_idle)
    event.listen(engine, "checkout", _ask_after_idling)
    return engine


def _note_idle(connection: object, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = time.monotonic()


def _ask_after_idling(connection: psycopg.Connection[Any], record: ConnectionPoolEntry, proxy: object) -> None:
    """As SQLAlchemy's pre-ping does, but not every time: that was a third of what a small read costs."""
    if time.monotonic() - record.info.get("idle_since", time.monotonic()) < IDLE_UNTRUSTED_S:
        return
    try:
        connection.execute("SELECT 1")
        if not connection.autocommit:
            connection.rollback()
    except psycopg.Error:
        raise DisconnectionError from None


def _on_connect(engine: Engine, pragmas: Sequence[str]) -> None:
    def prepare(connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None  # we begin transactions ourselves
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()

    event.listen(engine, "connect", prepare)


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock at once: a transaction that reads first and writes later would fail with "locked"."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
