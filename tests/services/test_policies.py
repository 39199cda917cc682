"""Policies: what decided once can always be read again, and of two authors at once one is told to look again."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta

import pytest
from babel.numbers import get_territory_currencies

from carriers.base.registry import carrier, installed
from gateway.bootstrap import shipped_policies
from gateway.domain.errors import NotFound, StaleVersion, Unprocessable
from gateway.domain.policy_versions import PolicyRecord
from gateway.services.policies import PolicyBook
from gateway.storage import SqlStore
from tests.journeys.site import ORDER, Hands, Merchant, Site
from tests.storage import made
from tests.storage.made import MERCHANT

CHEAPEST = {"currency": "EUR", "rules": [{"kind": "cheapest"}]}
FASTEST = {"currency": "EUR", "rules": [{"kind": "fastest", "value_per_hour_minor": 1, "without_promise_minor": 9}]}


@pytest.fixture
def book(store: SqlStore) -> PolicyBook:
    made.begin(store)
    return PolicyBook(store, shipped_policies(), Hands())


def test_the_shipped_policies_are_version_0_of_everybodys(book: PolicyBook) -> None:
    assert set(book.names()) == set(shipped_policies()) >= {"default", "cheapest", "fastest"}
    for name, data in shipped_policies().items():
        latest = book.latest(MERCHANT, name)
        assert (latest.version, latest.data, latest.author) == (0, data, "")
        assert (book.live(MERCHANT, name, 0).name, book.live(MERCHANT, name, 0).version) == (name, 0)


def test_the_shipped_policies_compare_what_carriers_are_paid_in_wherever_they_deliver() -> None:
    countries = {country for code in installed() for country in carrier(code).profile.countries}
    spent = {currency for country in countries for currency in get_territory_currencies(country)}
    for data in shipped_policies().values():
        assert spent <= {data["currency"], *data["exchange"]}


def test_the_newest_version_decides_and_older_ones_stay(book: PolicyBook) -> None:
    first = book.put(MERCHANT, "default", CHEAPEST, "Ada")
    assert book.live(MERCHANT, "default", 1).version == 1
    second = book.put(MERCHANT, "default", FASTEST, "Bob")
    assert (first.version, second.version) == (1, 2)
    live = book.live(MERCHANT, "default", 2)
    assert (live.version, live.score.value_per_hour_minor) == (2, 1)
    assert book.latest(MERCHANT, "default") == book.version(MERCHANT, "default", 2) == second
    assert book.version(MERCHANT, "default", 1) == first
    assert (first.author, first.data) == ("Ada", CHEAPEST)
    assert book.version(MERCHANT, "default", 0).data == shipped_policies()["default"]
    assert second.created_at - first.created_at < timedelta(minutes=1)


def test_a_stored_version_is_never_written_over(book: PolicyBook, store: SqlStore) -> None:
    first = book.put(MERCHANT, "mine", CHEAPEST, "Ada")
    with store.work() as uow:
        other = PolicyRecord(merchant_id=MERCHANT, name="mine", version=1, data=FASTEST, created_at=first.created_at)
        assert not uow.policies.add(other)
        uow.commit()
    assert book.version(MERCHANT, "mine", 1) == first


def test_whoever_changes_a_version_that_is_no_longer_the_newest_is_told(book: PolicyBook) -> None:
    book.put(MERCHANT, "mine", CHEAPEST, "Ada", based_on=0)
    with pytest.raises(StaleVersion, match="is at version 1, not 0"):
        book.put(MERCHANT, "mine", FASTEST, "Bob", based_on=0)
    with pytest.raises(StaleVersion):
        book.put(MERCHANT, "mine", FASTEST, "Bob", based_on=2)
    assert book.put(MERCHANT, "mine", FASTEST, "Bob", based_on=1).version == 2


def test_of_two_who_change_the_same_version_at_once_one_is_told(book: PolicyBook) -> None:
    for version in range(5):
        start = threading.Barrier(2)
        ends: list[object] = []

        def put(author: str, version: int, start: threading.Barrier, ends: list[object]) -> None:
            start.wait()
            try:
                ends.append(book.put(MERCHANT, "mine", CHEAPEST, author, based_on=version))
            except StaleVersion as stale:
                ends.append(stale)

        threads = [threading.Thread(target=put, args=(author, version, start, ends)) for author in ("Ada", "Bob")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kept = [end for end in ends if isinstance(end, PolicyRecord)]
        assert len(ends) == 2
        assert [record.version for record in kept] == [version + 1]
        assert book.latest(MERCHANT, "mine") == kept[0]


def test_merchants_do_not_see_each_others_policies(book: PolicyBook, store: SqlStore) -> None:
    with store.work() as uow:
        made.merchant(uow, "mer_other", "acc_other")
        uow.commit()
    book.put(MERCHANT, "default", CHEAPEST, "Ada")
    book.put(MERCHANT, "mine", CHEAPEST, "Ada")
    assert book.latest("mer_other", "default").version == 0
    with pytest.raises(NotFound):
        book.latest("mer_other", "mine")
    with pytest.raises(NotFound):
        book.version("mer_other", "mine", 1)


def test_what_does_not_exist_is_not_found(book: PolicyBook) -> None:
    book.put(MERCHANT, "mine", CHEAPEST, "Ada")
    for name, version in (("mine", 0), ("mine", 2), ("none", 0), ("default", 1)):
        with pytest.raises(NotFound):
            book.version(MERCHANT, name, version)
    with pytest.raises(Unprocessable) as refused:
        book.live(MERCHANT, "none", 0)
    assert (refused.value.pointer, refused.value.code) == ("/policy", "unknown_policy")


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({}, "/currency"),
        ({**CHEAPEST, "currency": "XXL"}, "/currency"),
        ({"currency": "EUR"}, "/rules"),
        ({"currency": "EUR", "rules": []}, "/rules"),
        ({**CHEAPEST, "color": "red"}, "/color"),
        ({"currency": "EUR", "rules": [{"kind": "cheapest"}, {"kind": "luckiest"}]}, "/rules/1/kind"),
        ({"currency": "EUR", "rules": [{"kind": "fastest"}]}, "/rules/0/value_per_hour_minor"),
        ({"currency": "EUR", "rules": [{"kind": "cheapest", "a/b~": 1}]}, "/rules/0/a~1b~0"),
        ({**CHEAPEST, "exchange": {"NOK": {"rate": 0.1, "source": "me"}}}, "/exchange/NOK/rate"),
    ],
)
def test_a_bad_policy_is_refused_with_a_pointer_and_leaves_nothing(
    book: PolicyBook, data: Mapping[str, object], pointer: str
) -> None:
    with pytest.raises(Unprocessable) as refused:
        book.put(MERCHANT, "mine", data, "Ada")
    assert refused.value.pointer == pointer
    with pytest.raises(NotFound):
        book.latest(MERCHANT, "mine")


def test_a_quote_says_which_version_decided(site: Site, shop: Merchant) -> None:
    shop.account("sandbox", site.carrier("sandbox"))
    versions = []
    for data in (None, CHEAPEST, FASTEST):
        if data is not None:
            site.services.policies.put(shop.id, "default", data, "Ada")
        quoted = shop.call("POST", "/v1/quotes", dict(ORDER)).json or {}
        versions.append((quoted["policy"], quoted["policy_version"]))
    assert versions == [("default", 0), ("default", 1), ("default", 2)]
