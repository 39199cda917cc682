"""Histories and policies at the edge: nothing to judge, nothing left, nothing that fits, more than adds up."""

from __future__ import annotations

from dataclasses import replace
from multiprocessing import Pipe
from typing import Any

import numpy as np
import pytest

from gateway.domain.errors import InvalidValue, Unprocessable
from gateway.domain.quotes import Offer
from gateway.domain.values import Money
from gateway.engines.replay.columns import Columns
from gateway.engines.replay.crew import Failure, _answer
from gateway.engines.replay.extract import Extractor
from gateway.engines.replay.judge import judged
from gateway.engines.replay.measures import beside, paid, series_of, side, taken
from gateway.engines.replay.numbers import Numbers
from gateway.engines.replay.sequence import NOBODY, winners
from gateway.engines.replay.tables import Slice
from gateway.engines.replay.totals import totals
from gateway.rules.context import Volumes
from gateway.rules.policy import Policy
from gateway.services.offers import offer
from tests.engines.replay.drawn import past, profile
from tests.engines.replay.test_same_semantics import Past, again, drawing, live, placed, same

CAP = {"name": "cap", "then": {"do": "cap_share", "percent": 10, "from_bookings": 1}}
EXCHANGE = {code: {"rate": "1", "source": "x"} for code in ("NOK", "EUR", "JPY")}


@pytest.fixture(scope="module")
def few() -> Past:
    dice = drawing(5)
    return [past(dice, place) for place in range(30)]


def extracted(found: Past) -> Slice:
    return Extractor(profile, placed).slice(each for each, _ in found)


def told(policy: Policy, part: Slice) -> dict[str, Any]:
    """The totals of one slice, beside what was booked."""
    columns = Columns(part, policy)
    now = side(columns, winners(judged(columns), {}), {}, "now")
    then = side(columns, taken(columns), {}, "then")
    assert len(paid(columns)) == columns.shipments
    return totals(beside(columns, then, now))


@pytest.mark.parametrize("rules", [None, [CAP]])
def test_shipments_without_any_offer_have_nobody(few: Past, rules: list[object] | None) -> None:
    bare = [(each._replace(offers="[]"), []) for each, _ in few]
    found = told(Policy.parse("p", 1, {"currency": "USD", "rules": rules, "score": {}}), extracted(bare))
    assert (found["shipments"], found["nobody_now"], found["nobody_then"], found["changed"]) == (30, 30, 30, 0)
    none = told(Policy.parse("p", 1, {"currency": "USD", "rules": rules, "score": {}}), extracted([]))
    assert none["shipments"] == 0


def test_a_currency_that_no_offer_has_leaves_nobody(few: Past) -> None:
    policy = Policy.parse("p", 1, {"currency": "CHF", "score": {"late_minor": 100}})
    found = told(policy, extracted(few))
    assert found["nobody_now"] == 30
    assert found["measures"]["cost"]["n"] == 0


def test_prices_as_large_as_money_are_judged_the_same_and_left_out_of_sums(few: Past) -> None:
    def dear(place: int, one: Offer) -> Offer:
        return replace(one, rate=replace(one.rate, price=Money.from_minor(2**63 - 1 - place, "USD"), surcharges=()))

    rules = [{"name": "up", "then": {"do": "markup", "percent": 1000}}, {"kind": "max_price", "limit_minor": 10**12}]
    data = {"currency": "NOK", "exchange": {"USD": {"rate": "1000", "source": "x"}}, "score": {"price_percent": 10_000}}
    found, part = again(few, dear)
    policy = Policy.parse("p", 1, {**data, "rules": rules[:1]})
    assert same(policy, found, part)["decided"] > 5
    assert told(policy, part)["measures"]["cost"]["n"] == 0
    assert same(Policy.parse("p", 1, {**data, "rules": rules}), found, part)["dropped"] > 20
    each, offers = next(one for one in found if one[1])
    first = live(policy, each, offers, Volumes())[0]
    assert any("NOK" in verdict.why for verdict in first.verdicts)
    assert offer("off_x", first).shown == Money.from_minor(2**63 - 1, "USD")


def test_what_is_beyond_belief_is_not_known() -> None:
    numbers = Numbers(np.array([5, 10**30, -(10**30), 7], dtype=object), np.array([True, True, True, False]))
    assert series_of(numbers).to_list() == [5, None, None, None]


def test_a_quote_that_cannot_be_read_is_named(few: Past) -> None:
    each, _ = few[0]
    for changed in (each._replace(offers='[{"id": 5}]'), each._replace(shipment='{"parcels": []}')):
        with pytest.raises(InvalidValue, match=each.quote_id):
            Extractor(profile, placed).slice([changed])


def test_what_goes_wrong_in_another_process_is_raised_in_this_one() -> None:
    ours, theirs = Pipe()
    error = Unprocessable("/since", "carrier x is not installed", "carrier_not_installed")
    theirs.send(Failure(type(error), error.args, error.__dict__))
    with pytest.raises(Unprocessable, match="carrier x is not installed") as caught:
        _answer(ours)
    assert (caught.value.pointer, caught.value.code) == ("/since", "carrier_not_installed")
    theirs.close()  # as when it is killed
    with pytest.raises(ChildProcessError, match="ended"):
        _answer(ours)


def test_texts_that_are_no_unicode_are_read(few: Past) -> None:
    each, offers = next(one for one in few if len(one[1]) > 1)
    odd = offers[0].account + "\ud800"
    told_ = each.offers.replace(f'"account":"{offers[0].account}"', f'"account":"{offers[0].account}\\ud800"')
    part = Extractor(profile, placed).slice([each._replace(offers=told_)])
    assert odd.replace("\ud800", "?") in part.lanes["account"].to_list()
    assert NOBODY not in taken(
        Columns(part, Policy.parse("p", 1, {"currency": "USD", "exchange": EXCHANGE, "score": {}}))
    )
