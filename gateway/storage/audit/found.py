"""How a check says what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, tuple_

from gateway.services.ports import Violation

Check = Callable[[Connection, datetime], Iterator[Violation]]
CHUNK = 1000


def broken(invariant: str, merchant_id: str, subject_id: str, why: str) -> Violation:
    """One violation."""
    return Violation(invariant=invariant, merchant_id=merchant_id, subject_id=subject_id, why=why)


def each(connection: Connection, invariant: str, wrong: Select[Any], why: str) -> Iterator[Violation]:
    """A violation for each row of a select of (merchant, subject, ...)."""
    for merchant_id, subject_id, *_ in connection.execute(wrong):
        yield broken(invariant, merchant_id, subject_id, why)


def in_chunks(
    connection: Connection, wanted: Select[Any], key: Sequence[ColumnElement[Any]]
) -> Iterator[Sequence[Row[Any]]]:
    """The rows in order of their key, which they begin with, a chunk at a time: no table is held whole."""
    page = wanted.order_by(*key).limit(CHUNK)
    rows = connection.execute(page).all()
    while rows:
        yield rows
        last = tuple(rows[-1])[: len(key)]
        rows = connection.execute(page.where(tuple_(*key) > last)).all()
