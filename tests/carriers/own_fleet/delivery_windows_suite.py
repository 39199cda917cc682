"""What every implementation of `DeliveryWindows` keeps. Subclass it and give it a `make_windows` fixture.

class TestMine(DeliveryWindowsSuite):
    @pytest.fixture
    def make_windows(self) -> MakeWindows:
        return lambda windows: ...      # windows: (id, zone, start, end, capacity)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from carriers.base import DeliveryWindows

Offered = tuple[str, str, datetime, datetime, int]
MakeWindows = Callable[[Iterable[Offered]], DeliveryWindows]

EIGHT = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
TWO_HOURS = timedelta(hours=2)


def offered(window_id: str, hours: int = 0, capacity: int = 2, zone: str = "inner") -> Offered:
    start = EIGHT + timedelta(hours=hours)
    return (window_id, zone, start, start + TWO_HOURS, capacity)


class DeliveryWindowsSuite:
    """Capacity is never oversold, and every verb may be repeated."""

    def test_open_windows_come_earliest_first(self, make_windows: MakeWindows) -> None:
        windows = make_windows([offered("later", 4), offered("early"), offered("elsewhere", zone="outer")])
        found = windows.open_windows("inner", EIGHT, EIGHT + timedelta(days=1))
        assert [(each.id, each.start, each.end, each.capacity, each.booked) for each in found] == [
            ("early", EIGHT, EIGHT + TWO_HOURS, 2, 0),
            ("later", EIGHT + timedelta(hours=4), EIGHT + timedelta(hours=6), 2, 0),
        ]
        assert windows.open_windows("nowhere", EIGHT, EIGHT + timedelta(days=1)) == ()

    def test_the_span_begins_with_its_first_moment_and_ends_before_its_last(self, make_windows: MakeWindows) -> None:
        windows = make_windows([offered("at_eight"), offered("at_ten", 2)])
        assert [each.id for each in windows.open_windows("inner", EIGHT, EIGHT + TWO_HOURS)] == ["at_eight"]

    def test_a_place_is_counted_and_a_full_window_is_not_open(self, make_windows: MakeWindows) -> None:
        windows = make_windows([offered("w")])
        assert windows.reserve("w", "tnd_1")
        assert [each.booked for each in windows.open_windows("inner", EIGHT, EIGHT + TWO_HOURS)] == [1]
        assert windows.reserve("w", "tnd_2")
        assert windows.open_windows("inner", EIGHT, EIGHT + TWO_HOURS) == ()
        assert not windows.reserve("w", "tnd_3")
        assert windows.find("tnd_3") is None

    def test_reserving_again_takes_no_second_place(self, make_windows: MakeWindows) -> None:
        windows = make_windows([offered("w")])
        assert [windows.reserve("w", "tnd_1") for _ in range(3)] == [True] * 3
        found = windows.find("tnd_1")
        assert found is not None
        assert (found.id, found.booked) == ("w", 1)

    def test_reserving_again_is_true_in_a_full_window(self, make_windows: MakeWindows) -> None:
        windows = make_windows([offered("w", capacity=1)])
        assert windows.reserve("w", "tnd_1")
        assert windows.reserve("w", "tnd_1")

    def test_a_tender_holds_one_place_only(self, make_windows: MakeWindows) -> None:
        windows = make_windows([offered("a"), offered("b", 2)])
        assert windows.reserve("a", "tnd_1")
        assert not windows.reserve("b", "tnd_1")
        found = windows.find("tnd_1")
        assert found is not None
        assert found.id == "a"

    def test_a_place_moves_to_another_window_of_its_zone(self, make_windows: MakeWindows) -> None:
        windows = make_windows([offered("a"), offered("b", 2, capacity=1), offered("elsewhere", 4, zone="outer")])
        assert windows.reserve("a", "tnd_1")
        assert [each.id for each in windows.others("tnd_1", EIGHT, EIGHT + timedelta(days=1))] == ["b"]
        assert windows.others("tnd_2", EIGHT, EIGHT + timedelta(days=1)) == ()
        for _ in range(2):
            assert windows.move("b", "tnd_1")
        found = windows.find("tnd_1")
        assert found is not None
        assert (found.id, found.booked) == ("b", 1)
        assert [each.booked for each in windows.others("tnd_1", EIGHT, EIGHT + timedelta(days=1))] == [0]

    def test_a_place_stays_where_it_cannot_move(self, make_windows: MakeWindows) -> None:
        windows = make_windows([offered("a"), offered("full", 2, capacity=1), offered("elsewhere", 4, zone="outer")])
        assert windows.reserve("full", "tnd_2")
        assert windows.reserve("a", "tnd_1")
        for window in ("full", "elsewhere", "none"):
            assert not windows.move(window, "tnd_1")
        found = windows.find("tnd_1")
        assert found is not None
        assert (found.id, found.booked) == ("a", 1)
        assert not windows.move("a", "tnd_3")
        assert windows.release("tnd_1")
        assert not windows.move("a", "tnd_1")

    def test_those_who_move_at_once_fit_in(self, make_windows: MakeWindows) -> None:
        windows = make_windows([offered("a", capacity=6), offered("b", 2, capacity=3)])
        tenders = [f"tnd_{number}" for number in range(6)]
        assert all(windows.reserve("a", tender) for tender in tenders)
        with ThreadPoolExecutor(4) as threads:
            moved = list(threads.map(lambda tender: windows.move("b", tender), tenders))
        assert sum(moved) == 3
        taken = [windows.find(tender) for tender in tenders]
        assert sorted(each.id for each in taken if each) == ["a"] * 3 + ["b"] * 3
        assert [each.booked for each in windows.open_windows("inner", EIGHT, EIGHT + timedelta(days=1))] == [3]

    def test_there_is_no_place_in_a_window_that_does_not_exist(self, make_windows: MakeWindows) -> None:
        windows = make_windows([offered("w")])
        assert not windows.reserve("v", "tnd_1")
        assert windows.find("tnd_1") is None

    def test_a_place_that_is_given_back_is_free_again(self, make_windows: MakeWindows) -> None:
        windows = make_windows([offered("w", capacity=1)])
        assert windows.reserve("w", "tnd_1")
        assert windows.release("tnd_1")
        assert windows.find("tnd_1") is None
        assert windows.reserve("w", "tnd_2")

    def test_giving_back_again_frees_nothing_more(self, make_windows: MakeWindows) -> None:
        windows = make_windows([offered("w")])
        for tender in ("tnd_1", "tnd_2"):
            assert windows.reserve("w", tender)
        assert [windows.release("tnd_1") for _ in range(3)] == [True] * 3
        assert windows.reserve("w", "tnd_3")
        assert not windows.reserve("w", "tnd_4")

    def test_a_tender_that_never_had_a_place_gives_none_back(self, make_windows: MakeWindows) -> None:
        assert not make_windows([offered("w")]).release("tnd_1")

    def test_a_tender_that_gave_its_place_back_gets_none_again(self, make_windows: MakeWindows) -> None:
        """A booking that arrives after its own cancellation must not come to life."""
        windows = make_windows([offered("w")])
        assert windows.reserve("w", "tnd_1")
        assert windows.release("tnd_1")
        assert not windows.reserve("w", "tnd_1")
        assert windows.find("tnd_1") is None

    def test_many_at_once_never_get_more_places_than_there_are(self, make_windows: MakeWindows) -> None:
        windows = make_windows([offered("w", capacity=5)])
        with ThreadPoolExecutor(16) as pool:
            given = list(pool.map(lambda n: windows.reserve("w", f"tnd_{n}"), range(40)))
        assert given.count(True) == 5
        assert sum(windows.find(f"tnd_{n}") is not None for n in range(40)) == 5

    def test_one_tender_many_times_at_once_gets_one_place(self, make_windows: MakeWindows) -> None:
        windows = make_windows([offered("w", capacity=5)])
        with ThreadPoolExecutor(16) as pool:
            given = list(pool.map(lambda _: windows.reserve("w", "tnd_1"), range(40)))
        found = windows.find("tnd_1")
        assert all(given)
        assert found is not None
        assert found.booked == 1
