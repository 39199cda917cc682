"""Rate cards: every version stays as it was given."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gateway.domain.rate_cards import RateCardRecord
from gateway.storage import SqlStore
from tests.storage import made
from tests.storage.made import ACCOUNT, MERCHANT, NOW

TEXT = "[zones]\r\nzone,country,postcodes\r\nålesund,NO,60*\r\n" * 1000
CARD = RateCardRecord(
    merchant_id=MERCHANT,
    account_id=ACCOUNT,
    version=1,
    name="Spring",
    valid_from=date(2026, 1, 1),
    valid_until=None,
    prices=3,
    digest="d1",
    author="key_1",
    created_at=NOW,
)


def test_versions_come_back_newest_first_and_their_texts_as_given(store: SqlStore) -> None:
    made.begin(store)
    second = replace(CARD, version=2, valid_from=None, valid_until=date(2026, 2, 28))
    with store.work() as uow:
        assert uow.rate_cards.add(CARD, TEXT)
        assert uow.rate_cards.add(second, "other")
        uow.commit()
    with store.look() as uow:
        assert uow.rate_cards.of_account(MERCHANT, ACCOUNT) == [second, CARD]
        assert uow.rate_cards.of_account("mer_other", ACCOUNT) == []
        assert uow.rate_cards.text(MERCHANT, ACCOUNT, 1) == TEXT
        assert uow.rate_cards.text(MERCHANT, ACCOUNT, 3) is None
        assert uow.rate_cards.text("mer_other", ACCOUNT, 1) is None


def test_a_version_is_never_written_over(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        assert uow.rate_cards.add(CARD, TEXT)
        uow.commit()
    with store.work() as uow:
        assert not uow.rate_cards.add(replace(CARD, name="Another"), "another")
    with store.look() as uow:
        assert uow.rate_cards.text(MERCHANT, ACCOUNT, 1) == TEXT


def test_an_account_that_is_touched_has_a_new_version_and_rests_no_longer(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        before = uow.keys.settings_version(MERCHANT)
        uow.accounts.rest(MERCHANT, ACCOUNT, 5, NOW, "no rate card")
        uow.accounts.touch(MERCHANT, ACCOUNT)
        uow.commit()
    with store.look() as uow:
        assert uow.accounts.get(MERCHANT, ACCOUNT) == replace(made.account(), version=made.account().version + 1)
        assert uow.keys.settings_version(MERCHANT) > before
