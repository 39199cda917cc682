"""What was said about offers lies beside them; quotes of before, which hold it with their offers, read the same."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Connection, text

from gateway.domain.errors import InvalidValue
from gateway.domain.quotes import Quote
from gateway.storage import SqlStore
from tests.conftest import TestDatabase
from tests.storage import made
from tests.storage.made import MERCHANT

MINE = (made.quote("qte_1"), made.quote("qte_2", offers=()), made.quote("qte_3", offers=(made.offer("off_1", 1),)))


def keep(store: SqlStore, quotes: tuple[Quote, ...] = MINE) -> None:
    with store.work() as uow:
        made.merchant(uow)
        for each in quotes:
            uow.quotes.add(each)
        uow.commit()


def kept(store: SqlStore) -> tuple[Quote | None, ...]:
    with store.look() as uow:
        return tuple(uow.quotes.get(MERCHANT, each.id) for each in MINE)


def as_before(connection: Connection) -> int:
    """Write the quotes as they were written before the split; how many are."""
    rows = connection.execute(text("SELECT id, offers, verdicts FROM quotes WHERE verdicts IS NOT NULL")).all()
    for row in rows:
        told = zip(json.loads(row.offers), json.loads(row.verdicts), strict=True)
        offers = json.dumps([{**offer, "verdicts": said} for offer, said in told])
        connection.execute(
            text("UPDATE quotes SET offers = :offers, verdicts = NULL WHERE id = :id"), {"offers": offers, "id": row.id}
        )
    return len(rows)


def test_verdicts_lie_beside_the_offers(store: SqlStore, database: TestDatabase) -> None:
    keep(store)
    assert kept(store) == MINE
    with database.engine.connect() as connection:
        row = connection.execute(text("SELECT offers, verdicts FROM quotes WHERE id = 'qte_1'")).one()
    assert all("verdicts" not in offer for offer in json.loads(row.offers))
    assert [[said["rule"] for said in each] for each in json.loads(row.verdicts)] == [["cheapest"]] * 3


def test_they_do_when_many_are_written_at_once(store: SqlStore) -> None:
    keep(store, ())
    with store.work() as uow:
        uow.many.add_all(MINE)
        uow.commit()
    assert kept(store) == MINE


def test_quotes_of_before_read_the_same(store: SqlStore, database: TestDatabase) -> None:
    keep(store)
    with database.engine.begin() as connection:
        assert as_before(connection) == len(MINE)
    assert kept(store) == MINE


def test_verdicts_that_are_too_few_are_refused(store: SqlStore, database: TestDatabase) -> None:
    keep(store)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE quotes SET verdicts = '[[]]' WHERE id = 'qte_1'"))
    with pytest.raises(InvalidValue, match="verdicts on 1 offers, but 3 offers"):
        kept(store)
