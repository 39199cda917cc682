"""Sums kept by day and cut say what the shipments themselves say, and add up, whatever the shipments."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kpis.boards import Board
from gateway.kpis.facts import Asked, Claimed, Delivery
from tests.kpis.days import from_sums

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
KNOWN = st.integers(0, 60 * 24 * 20).map(lambda minutes: BEGIN + timedelta(minutes=minutes))
MOMENTS = st.none() | KNOWN
MONEY = st.none() | st.integers(0, 10**6)
CURRENCIES = st.sampled_from(("NOK", "EUR"))
ACCOUNTS = st.sampled_from(("acc_1", "acc_2"))
CARRIERS, ZONES = st.sampled_from(("north", "south", "west")), st.sampled_from(("", "city", "land"))
DELIVERIES = st.builds(
    Delivery,
    account=ACCOUNTS,
    carrier=CARRIERS,
    service=st.sampled_from(("standard", "service_point", "same_day")),
    zone=ZONES,
    ordered_at=MOMENTS,
    booked_at=KNOWN,
    due_from=MOMENTS,
    due_by=MOMENTS,
    wished_at=MOMENTS,
    wished_from=MOMENTS,
    wished_by=MOMENTS,
    picked_up_at=MOMENTS,
    delivered_at=MOMENTS,
    attempts=st.integers(0, 3),
    outcome=st.sampled_from(("", "delivered", "returned", "failed", "cancelled", "expired")),
    lost=st.booleans(),
    stalled=st.booleans(),
    weight_g=st.integers(1, 30_000),
    quoted=MONEY,
    price=MONEY,
    currency=CURRENCIES,
    co2e_g=MONEY,
    out_estimate=MOMENTS,
    stars=st.none() | st.integers(1, 5),
    recommends=st.none() | st.integers(0, 10),
    enquiries=st.none() | st.integers(0, 3),
    told=st.just(3),
    receipts=st.integers(0, 3),
    apart_m=st.none() | st.integers(0, 1000),
    proof_wanted=st.booleans(),
    proof_shown=st.booleans(),
    denied_at=MOMENTS,
    claims=st.none() | st.frozensets(st.sampled_from(("loss", "damage", "missing"))),
    damage_confirmed=st.booleans(),
    claimed=st.lists(st.builds(Claimed, CURRENCIES, st.integers(0, 900), st.integers(0, 900)), max_size=3).map(tuple),
    declared=MONEY,
    declared_currency=CURRENCIES,
)
ASKED = st.builds(
    Asked,
    account=ACCOUNTS,
    carrier=CARRIERS,
    zone=ZONES,
    answer=st.sampled_from(("accepted", "refused", "unavailable", "uncertain", "cancelled", "offered")),
    passed_on=st.booleans(),
    answer_ms=st.none() | st.integers(1, 30_000),
    times=st.integers(1, 50),
)
Sums = Counter[tuple[str, str, str | int]]


def sums(board: Board) -> Sums:
    """Everything on a board that is added up."""
    found: Sums = Counter()
    for (name, currency), tally in board.tallies.items():
        found[name, currency, "above"] += tally.above
        found[name, currency, "below"] += tally.below
        found[name, currency, "n"] += tally.n
        for length in tally.lengths.in_order():
            found[name, currency, length] += 1
    return found


@pytest.mark.parametrize("by", ["", "account", "carrier", "zone", "service"])
@given(deliveries=st.lists(DELIVERIES, max_size=25), asked=st.lists(ASKED, max_size=6))
def test_what_is_kept_by_day_is_what_shipments_add_one_by_one(
    by: str, deliveries: list[Delivery], asked: list[Asked]
) -> None:
    whole, parts = from_sums(deliveries, asked, by)
    alone = Board()
    for each in deliveries:
        alone.add(each)
    for answered in asked:
        alone.add_asked(answered)
    assert list(whole.figures()) == list(alone.figures())
    assert sums(whole) == +sums(alone)
    for value, board in parts.items():
        some = Board()
        for each in deliveries:
            if getattr(each, by) == value:
                some.add(each)
        for answered in asked:
            if getattr(answered, by, None) == value:
                some.add_asked(answered)
        assert list(board.figures(by)) == list(some.figures(by))
    if by and by != "service":
        assert sum((sums(board) for board in parts.values()), Counter()) == +sums(alone)


@given(deliveries=st.lists(DELIVERIES, max_size=25))
def test_a_share_of_things_lies_between_none_and_all(deliveries: list[Delivery]) -> None:
    whole, _ = from_sums(deliveries, [], "")
    for each in whole.figures():
        assert each.n >= 0
        assert (each.value is None) == (each.state != "told")
        if each.definition.kind == "score":
            assert each.numerator is not None
            assert -each.denominator <= each.numerator <= each.denominator
        if each.definition.kind == "share":
            assert each.numerator is not None
            assert 0 <= each.numerator <= each.denominator
