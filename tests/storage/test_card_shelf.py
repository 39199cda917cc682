"""Which rate card an account sells from: the newest that is valid, read once however many ask."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.services.card_shelf import CardShelf
from gateway.storage import SqlStore
from tests.storage import made
from tests.storage.made import ACCOUNT, MERCHANT
from tests.storage.test_rate_cards import CARD

NORTH = ZoneInfo("Europe/Oslo")


def card(name: str, first: date | None, last: date | None, timezone: str = "") -> str:
    return f"""[card]
name,valid_from,valid_until,timezone
{name},{first or ""},{last or ""},{timezone}
[zones]
zone,country,postcodes
all,NO,*
[prices]
zone,service,max_weight_g,price_minor,currency
all,standard,1000,100,NOK
"""


@pytest.fixture
def shelf(store: SqlStore) -> CardShelf:
    """Three versions: a year, its spring, and a day of it by the calendar of Auckland."""
    made.begin(store)
    days = [
        ("year", date(2026, 1, 1), None, ""),
        ("spring", date(2026, 3, 1), date(2026, 5, 31), ""),
        ("day", date(2026, 4, 10), date(2026, 4, 10), "Pacific/Auckland"),
    ]
    with store.work() as uow:
        for version, (name, first, last, timezone) in enumerate(days, start=1):
            record = replace(CARD, version=version, name=name, valid_from=first, valid_until=last)
            assert uow.rate_cards.add(record, card(name, first, last, timezone))
        uow.commit()
    return CardShelf(store)


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        (datetime(2025, 12, 31, 22, 59, tzinfo=UTC), None),
        (datetime(2025, 12, 31, 23, 1, tzinfo=UTC), "year"),
        (datetime(2026, 2, 28, 23, 1, tzinfo=UTC), "spring"),
        (datetime(2026, 4, 9, 11, 59, tzinfo=UTC), "spring"),
        (datetime(2026, 4, 9, 12, 1, tzinfo=UTC), "day"),
        (datetime(2026, 4, 10, 12, 1, tzinfo=UTC), "spring"),
        (datetime(2026, 5, 31, 22, 1, tzinfo=UTC), "year"),
    ],
)
def test_the_newest_that_is_valid_counts(moment: datetime, name: str | None, shelf: CardShelf) -> None:
    cards = shelf.of(MERCHANT, ACCOUNT)
    assert cards is not None
    found = cards.at(moment, NORTH)
    assert (found and found.name) == name


def test_an_account_without_cards_has_none(shelf: CardShelf) -> None:
    assert shelf.of(MERCHANT, "acc_other") is None
    assert shelf.of("mer_other", ACCOUNT) is None


def test_a_card_is_read_once_however_many_ask(shelf: CardShelf) -> None:
    cards = shelf.of(MERCHANT, ACCOUNT)
    assert cards is not None
    with ThreadPoolExecutor(8) as threads:
        moments = [datetime(2026, 7, 1, tzinfo=UTC)] * 40
        found = list(threads.map(lambda moment: cards.at(moment, NORTH), moments))
    assert len({id(each) for each in found}) == 1
