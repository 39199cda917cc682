"""The cheapest assignment, against trying each; what gives way where none is possible; the same answer every time."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.assignments import Choice, Limit, LimitKind, Lot, Wave, counted, greedy
from gateway.domain.errors import Unavailable
from gateway.domain.values import TimeWindow
from gateway.engines.assignment import HighsSolver

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ACCOUNTS = ("bikes", "post", "vans")
WINDOWS = (
    None,
    TimeWindow(start=NOON, end=NOON + timedelta(hours=2)),
    TimeWindow(start=NOON + timedelta(hours=1), end=NOON + timedelta(hours=4)),
)
SPANS = ((None, None), (0, 1), (1, 2), (2, 4), (None, 2))


def solve(wave: Wave):  # type: ignore[no-untyped-def]
    return HighsSolver().solve(wave, lambda what: None)


def hours(after: int | None) -> datetime | None:
    return None if after is None else NOON + timedelta(hours=after)


@st.composite
def waves(draw: st.DrawFn) -> Wave:
    lots = []
    for lot in range(draw(st.integers(1, 5))):
        offered = draw(st.lists(st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(SPANS)), min_size=1, max_size=4))
        choices = tuple(
            Choice(
                id=f"{lot}-{place}",
                account=account,
                cost=draw(st.integers(0, 9)),
                deliver_from=hours(begins),
                deliver_by=hours(ends),
            )
            for place, (account, (begins, ends)) in enumerate(offered)
        )
        lots.append(Lot(name=f"s{lot}", choices=choices))
    limits = draw(
        st.lists(
            st.builds(
                Limit,
                kind=st.sampled_from(LimitKind),
                account=st.sampled_from(ACCOUNTS),
                number=st.integers(0, 4),
                window=st.sampled_from(WINDOWS),
            ),
            max_size=4,
        )
    )
    return Wave(currency="NOK", lots=tuple(lots), limits=tuple(limits), time_limit_s=10)


def tried(wave: Wave) -> list[tuple[int, int]]:
    """How much every assignment there is breaks the limits, and what it costs."""
    found = []
    for chosen in product(*(range(len(lot.choices)) for lot in wave.open_lots)):
        numbers = counted(wave, chosen)
        broken = sum(limit.broken_by(number) for limit, number in zip(wave.limits, numbers, strict=True))
        cost = sum(lot.choices[place].cost for lot, place in zip(wave.open_lots, chosen, strict=True))
        found.append((broken, cost))
    return found


@settings(max_examples=150, deadline=None)
@given(waves())
def test_nothing_cheaper_and_no_smaller_relaxation_is_found_by_trying_every_assignment(wave: Wave) -> None:
    found, every = solve(wave), tried(wave)
    least = min(broken for broken, _ in every)
    cost = sum(lot.choices[place].cost for lot, place in zip(wave.open_lots, found.chosen, strict=True))
    broken = sum(
        limit.broken_by(number) for limit, number in zip(wave.limits, counted(wave, found.chosen), strict=True)
    )
    assert found.state == ("optimal" if least == 0 else "infeasible")
    assert sum(each.by for each in found.relaxations) == least == broken
    assert found.cost == cost
    if least == 0:
        assert found.cost == found.bound == min(price for none, price in every if none == 0)
        assert found.gap == 0
    naive = greedy(wave)
    if least == 0 and not naive.unassigned and not naive.broken:
        assert naive.cost >= cost


@settings(max_examples=30, deadline=None)
@given(waves(), st.randoms(use_true_random=False))
def test_the_order_of_the_request_does_not_matter(wave: Wave, chance: Random) -> None:
    lots = list(wave.lots)
    chance.shuffle(lots)
    shuffled = replace(wave, lots=tuple(replace(lot, choices=tuple(reversed(lot.choices))) for lot in lots))
    picked = []
    for each in (wave, wave, shuffled):
        found = solve(each)
        picked.append({lot.name: lot.choices[at].id for lot, at in zip(each.open_lots, found.chosen, strict=True)})
    assert picked[0] == picked[1] == picked[2]


def lot(name: str, **costs: int) -> Lot:
    choices = (Choice(id=f"{name}-{account}", account=account, cost=cost) for account, cost in costs.items())
    return Lot(name=name, choices=tuple(choices))


def test_what_must_give_way_is_said_in_words() -> None:
    lots = tuple(lot(f"s{number}", bikes=5) for number in range(3))
    limits = (
        Limit(kind=LimitKind.CAPACITY, account="bikes", number=2, pointer="/capacities/0"),
        Limit(kind=LimitKind.COMMITMENT, account="vans", number=4, pointer="/commitments/0"),
    )
    found = solve(Wave(currency="NOK", lots=lots, limits=limits))
    assert [(each.limit.pointer, each.by, each.why) for each in found.relaxations] == [
        ("/capacities/0", 1, "bikes takes at most 2 shipments: 3 are needed"),
        ("/commitments/0", 4, "vans was promised at least 4 shipments: only 0 are possible"),
    ]
    assert (found.state, found.cost) == ("infeasible", 15)


def test_greedy_is_dearer_where_the_first_take_what_others_need() -> None:
    lots = (lot("first", bikes=1, vans=2), lot("second", bikes=1, vans=9))
    wave = Wave(currency="NOK", lots=lots, limits=(Limit(kind=LimitKind.CAPACITY, account="bikes", number=1),))
    assert solve(wave).cost == 3
    assert greedy(wave).cost == 10
    alone = replace(wave, lots=(lot("first", bikes=1), lot("second", bikes=1)))
    assert (greedy(alone).cost, greedy(alone).unassigned) == (1, 1)


def test_a_lot_without_offers_is_left_out() -> None:
    wave = Wave(currency="NOK", lots=(lot("none"), lot("one", vans=7)))
    found = solve(wave)
    assert (found.state, found.cost, found.chosen) == ("optimal", 7, (0,))


def test_without_the_library_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    with pytest.raises(Unavailable, match=r"pip install \"doorstep\[engines\]\""):
        solve(Wave(currency="NOK", lots=(lot("one", vans=7),)))


def test_it_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    solve(Wave(currency="NOK", lots=(lot("one", vans=7),)))
    assert capfd.readouterr() == ("", "")


def test_when_time_runs_out_it_is_said_and_nothing_is_claimed() -> None:
    chance = Random(5)  # noqa: S311  # no secret
    names = [f"a{number}" for number in range(8)]
    lots = tuple(lot(f"s{number:04}", **{name: chance.randrange(100, 999) for name in names}) for number in range(2000))
    limits = tuple(Limit(kind=LimitKind.CAPACITY, account=name, number=255) for name in names)
    wave = Wave(currency="NOK", lots=lots, limits=limits, time_limit_s=0.001)
    found = solve(wave)
    assert found.state in ("out_of_time", "feasible")
    assert found.relaxations == ()
    if found.cost is None:
        assert (found.chosen, found.gap) == ((), None)
    else:
        numbers = counted(wave, found.chosen)
        assert not any(limit.broken_by(number) for limit, number in zip(limits, numbers, strict=True))
    assert solve(replace(wave, time_limit_s=30)).state == "optimal"
