"""Delivery windows: as many places are taken as there are, each by one tender, whoever asks at once."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import timedelta

import pytest

from carriers.base.messages import DeliveryWindows, Window
from gateway.services.ports import Windows
from gateway.storage import SqlStore
from tests.carriers.own_fleet.delivery_windows_suite import DeliveryWindowsSuite, MakeWindows, Offered
from tests.storage import made
from tests.storage.made import ACCOUNT, MERCHANT, NOW

START, HOUR = NOW + timedelta(hours=3), timedelta(hours=1)


def windows(store: SqlStore, *capacities: int) -> Windows:
    """A fleet with windows w0, w1 ... in zone n, an hour each."""
    made.begin(store)
    fleet = store.windows(MERCHANT, ACCOUNT)
    fleet.open(
        (f"w{number}", "n", START + number * HOUR, START + (number + 1) * HOUR, capacity)
        for number, capacity in enumerate(capacities)
    )
    return fleet


def left(fleet: Windows) -> dict[str, int]:
    return {window.id: window.capacity - window.booked for window in fleet.open_windows("n", NOW, NOW + 24 * HOUR)}


def test_windows_of_a_zone_are_offered_earliest_first(store: SqlStore) -> None:
    fleet = windows(store, 2, 1, 0)
    first = Window(id="w0", start=START, end=START + HOUR, capacity=2, booked=0)
    assert fleet.open_windows("n", NOW, NOW + 24 * HOUR) == (
        first,
        Window(id="w1", start=START + HOUR, end=START + 2 * HOUR, capacity=1, booked=0),
    )
    assert fleet.open_windows("n", START, START + HOUR) == (first,), "from included, until excluded"
    assert fleet.open_windows("s", NOW, NOW + 24 * HOUR) == ()


def test_a_place_is_taken_once_per_tender_however_often_it_is_asked_for(store: SqlStore) -> None:
    fleet = windows(store, 2, 1)
    assert fleet.reserve("w0", "tnd_1")
    assert fleet.reserve("w0", "tnd_1")
    assert left(fleet) == {"w0": 1, "w1": 1}
    held = fleet.find("tnd_1")
    assert held is not None
    assert (held.id, held.booked) == ("w0", 1)
    assert not fleet.reserve("w1", "tnd_1"), "it has a place already"
    assert fleet.find("tnd_2") is None


def test_a_full_or_unknown_window_gives_no_place(store: SqlStore) -> None:
    fleet = windows(store, 1)
    assert fleet.reserve("w0", "tnd_1")
    assert not fleet.reserve("w0", "tnd_2")
    assert not fleet.reserve("w9", "tnd_3")
    assert fleet.find("tnd_2") is None
    assert fleet.release("tnd_1")
    assert fleet.reserve("w0", "tnd_2"), "being refused once is not for ever"


def test_a_place_is_given_back_once(store: SqlStore) -> None:
    fleet = windows(store, 2)
    assert not fleet.release("tnd_1"), "it never had one"
    fleet.reserve("w0", "tnd_1")
    assert fleet.release("tnd_1")
    assert fleet.release("tnd_1"), "it is back already"
    assert left(fleet) == {"w0": 2}
    assert fleet.find("tnd_1") is None
    assert not fleet.reserve("w0", "tnd_1"), "a cancelled tender does not come to life again"


def test_windows_opened_again_keep_what_is_booked(store: SqlStore) -> None:
    fleet = windows(store, 1)
    fleet.reserve("w0", "tnd_1")
    fleet.open([("w0", "n", START, START + HOUR, 3)])
    fleet.open([])
    assert left(fleet) == {"w0": 2}


def test_another_fleet_sees_nothing_of_it(store: SqlStore) -> None:
    fleet = windows(store, 1)
    with store.work() as uow:
        uow.accounts.add(made.account("acc_2"))
        made.merchant(uow, "mer_2", "acc_3")
        uow.commit()
    fleet.reserve("w0", "tnd_1")
    for other in (store.windows(MERCHANT, "acc_2"), store.windows("mer_2", "acc_3")):
        assert left(other) == {}
        assert not other.reserve("w0", "tnd_2")
        assert other.find("tnd_1") is None
        assert not other.release("tnd_1")


def test_twenty_at_once_take_five_places_and_not_one_more(store: SqlStore) -> None:
    fleet = windows(store, 5)
    start, got = threading.Barrier(20), []

    def take(number: int) -> None:
        start.wait()
        if fleet.reserve("w0", f"tnd_{number}"):
            got.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 5
    assert left(fleet) == {}
    assert sum(fleet.find(f"tnd_{number}") is not None for number in range(20)) == 5


def test_one_tender_asking_many_times_at_once_takes_one_place(store: SqlStore) -> None:
    fleet = windows(store, 5)
    start, answers = threading.Barrier(10), []

    def take() -> None:
        start.wait()
        answers.append(fleet.reserve("w0", "tnd_1"))

    threads = [threading.Thread(target=take) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 10
    assert left(fleet) == {"w0": 4}


class TestStoredWindows(DeliveryWindowsSuite):
    """The stored windows keep what every implementation keeps."""

    @pytest.fixture
    def make_windows(self, store: SqlStore) -> MakeWindows:
        def make(offered: Iterable[Offered]) -> DeliveryWindows:
            made.begin(store)
            fleet = store.windows(MERCHANT, ACCOUNT)
            fleet.open(offered)
            return fleet

        return make
