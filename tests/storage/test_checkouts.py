"""Connections and kept answers on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from gateway.domain.checkouts import CheckoutAnswer, CheckoutConnection, CheckoutProtocol, CheckoutSettings, WhenNothing
from gateway.domain.errors import Conflict, StaleVersion
from gateway.domain.packing import Box
from gateway.domain.quotes import CheckoutPromise, ServiceLevel, ShownRate
from gateway.domain.values import Money
from gateway.services.retention import Retention
from gateway.settings import load_settings
from gateway.storage import SqlStore
from tests.storage import made
from tests.storage.made import MERCHANT, NOW

OTHER = "mer_other"
RATE = ShownRate(
    offer_id="off_01JD5FAV0W6RM5D6J1T9V7N3QK_1",
    stable="same_day",
    service=ServiceLevel.SAME_DAY,
    label="Same-day delivery",
    description="With Sandbox",
    price=Money.from_minor(1234, "KWD"),
    cost=Money.from_minor(1000, "KWD"),
    expires_at=NOW + timedelta(hours=72),
)
SETTINGS = CheckoutSettings(
    boxes=(Box(name="b", length_mm=1, width_mm=2, height_mm=3),),
    when_nothing=WhenNothing.BACKUP,
    markup_percent=Decimal("7.5"),
)


def connection(connection_id: str = "con_1", **more: object) -> CheckoutConnection:
    given = CheckoutConnection(
        id=connection_id,
        merchant_id=MERCHANT,
        mode="test",
        name=connection_id,
        protocol=CheckoutProtocol.BIGCOMMERCE,
        secrets={"key": "s3cr3t"},
        settings=SETTINGS,
        created_at=NOW,
    )
    return replace(given, **more)  # type: ignore[arg-type]


def answer(seconds: int = 60) -> CheckoutAnswer:
    return CheckoutAnswer(
        quote_id="qte_1", rates=(RATE,), made_at=NOW, fresh_until=NOW + timedelta(seconds=seconds), silent=("FedEx",)
    )


@pytest.fixture
def begun(store: SqlStore) -> SqlStore:
    made.begin(store)
    with store.work() as uow:
        uow.keys.add_merchant(OTHER, "Other", NOW)
        uow.checkouts.add(connection())
        uow.commit()
    return store


def test_a_connection_is_read_as_it_was_written(begun: SqlStore) -> None:
    with begun.look() as uow:
        assert uow.checkouts.get(MERCHANT, "con_1") == connection()
        assert uow.checkouts.by_name(MERCHANT, "con_1") == connection()
        assert uow.checkouts.by_id("con_1") == connection()
        assert uow.checkouts.list(MERCHANT, "test") == [connection()]
        assert uow.checkouts.list(MERCHANT, "live") == []
        assert uow.checkouts.get(OTHER, "con_1") is None
        assert uow.checkouts.by_name(OTHER, "con_1") is None


def test_names_are_unique_for_a_merchant_and_versions_only_grow(begun: SqlStore) -> None:
    with begun.work() as uow, pytest.raises(Conflict):
        uow.checkouts.add(connection("con_2", name="con_1"))
    with begun.work() as uow:
        uow.checkouts.add(connection("con_3", merchant_id=OTHER, name="con_1"))
        uow.checkouts.replace(connection(version=3, enabled=False))
        uow.commit()
    with begun.work() as uow, pytest.raises(StaleVersion):
        uow.checkouts.replace(connection(version=2))
    with begun.look() as uow:
        assert uow.checkouts.get(MERCHANT, "con_1") == connection(version=3, enabled=False)


def test_an_answer_is_kept_while_it_is_fresh_and_gives_way_to_a_newer_one(begun: SqlStore) -> None:
    with begun.work() as uow:
        uow.checkouts.keep(MERCHANT, "con_1", "k", answer(10))
        uow.checkouts.keep(MERCHANT, "con_1", "k", answer(60))
        uow.commit()
    with begun.look() as uow:
        assert uow.checkouts.answer(MERCHANT, "con_1", "k", NOW + timedelta(seconds=59)) == answer(60)
        assert uow.checkouts.answer(MERCHANT, "con_1", "k", NOW + timedelta(seconds=60)) is None
        assert uow.checkouts.answer(MERCHANT, "con_1", "other", NOW) is None
        assert uow.checkouts.answer(OTHER, "con_1", "k", NOW) is None


def test_one_asks_at_a_time_and_a_dead_one_not_for_ever(begun: SqlStore) -> None:
    def claimed(at: float) -> bool:
        now = NOW + timedelta(seconds=at)
        with begun.work() as uow:
            found = uow.checkouts.claim(MERCHANT, "con_1", "k", now, now + timedelta(seconds=5))
            uow.commit()
        return found

    assert [claimed(0), claimed(1), claimed(4.9)] == [True, False, False]
    assert [claimed(5), claimed(6)] == [True, False]
    with begun.work() as uow:
        assert uow.checkouts.answer(MERCHANT, "con_1", "k", NOW) is None
        uow.checkouts.release(MERCHANT, "con_1", "k", NOW + timedelta(seconds=7))
        uow.commit()
    assert claimed(7)
    with begun.work() as uow:
        uow.checkouts.keep(MERCHANT, "con_1", "k", answer(60))
        uow.commit()
    assert [claimed(8), claimed(59), claimed(60)] == [False, False, True]


def test_stale_answers_are_forgotten_and_all_of_a_connection_that_ends(begun: SqlStore) -> None:
    with begun.work() as uow:
        uow.checkouts.keep(MERCHANT, "con_1", "old", answer(10))
        uow.checkouts.keep(MERCHANT, "con_1", "new", answer(60))
        uow.commit()
    Retention(begun, lambda: NOW + timedelta(seconds=30), load_settings({}).retention).prune()
    with begun.work() as uow:
        assert uow.checkouts.answer(MERCHANT, "con_1", "old", NOW) is None
        assert uow.checkouts.answer(MERCHANT, "con_1", "new", NOW) == answer(60)
        assert not uow.checkouts.remove(OTHER, "con_1")
        assert uow.checkouts.remove(MERCHANT, "con_1")
        assert uow.checkouts.answer(MERCHANT, "con_1", "new", NOW) is None
        uow.commit()


def test_what_a_buyer_was_shown_lies_with_the_quote(begun: SqlStore) -> None:
    promise = CheckoutPromise(connection_id="con_1", rates=(RATE,), fallback=True)
    with begun.work() as uow:
        uow.quotes.add(replace(made.quote("qte_1"), checkout=promise))
        uow.quotes.add(made.quote("qte_2"))
        uow.commit()
    with begun.look() as uow:
        shown, plain = uow.quotes.get(MERCHANT, "qte_1"), uow.quotes.get(MERCHANT, "qte_2")
        assert shown is not None
        assert plain is not None
        assert (shown.checkout, plain.checkout) == (promise, None)


def test_an_accounts_rest_is_no_wish_of_the_merchant(begun: SqlStore) -> None:
    def versions() -> tuple[int, int]:
        with begun.look() as uow:
            return uow.keys.settings_version(MERCHANT), uow.keys.wishes_version(MERCHANT)

    settings, wishes = versions()
    with begun.work() as uow:
        account = uow.accounts.list(MERCHANT, "test")[0]
        uow.accounts.rest(MERCHANT, account.id, 1, None, "failed")
        uow.commit()
    assert versions() == (settings + 1, wishes)
    with begun.work() as uow:
        uow.accounts.touch(MERCHANT, account.id)
        uow.commit()
    assert versions() == (settings + 2, wishes + 1)
