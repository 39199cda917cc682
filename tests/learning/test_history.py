"""What is learnt of an account survives storing, and what is old does not."""

import json

import pytest

from gateway.learning.calibration import ChanceCheck, check
from gateway.learning.chances import Chances
from gateway.learning.history import AccountHistory
from gateway.learning.table import ReliabilityTable, Row

MONDAY = ("next_day", "oslo", "0")
TUESDAY = ("next_day", "oslo", "1")


def history(days: int = 40) -> AccountHistory:
    made = AccountHistory()
    for day in range(days):
        made.learn(MONDAY, day, 0.7 + day % 5 / 10, first_attempt=day % 10 != 0)
        made.learn(TUESDAY, day, 1.3, first_attempt=None)
    view = made.lanes.at(days, [], made.skill)
    forecast = view.forecast(MONDAY)
    assert forecast
    for day in range(days):
        made.compare(forecast, day, 0.9, day + 1)
    return made


def test_a_stored_history_says_the_same() -> None:
    before = history()
    after = AccountHistory.from_data(json.loads(json.dumps(before.as_data(60.0))))
    for path in (MONDAY, TUESDAY, MONDAY[:2], ()):
        one, other = (each.lanes.at(70, [], each.skill).forecast(path) for each in (before, after))
        assert one
        assert other
        assert other.quantiles == pytest.approx(one.quantiles, rel=1e-4)
        assert other.within_one == pytest.approx(one.within_one, abs=1e-4)
        chances = [each.first_attempts.chance(path, 70) for each in (before, after)]
        assert chances[0] == pytest.approx(chances[1], abs=1e-4)
    assert after.offset.factors(70) == pytest.approx(before.offset.factors(70), rel=1e-4)
    assert after.spans == before.spans


def test_a_history_stays_small_and_is_forgotten_in_the_end() -> None:
    made = history()
    assert len(json.dumps(made.as_data(60.0))) < 6000
    later = AccountHistory.from_data(made.as_data(40.0 + 2000))
    assert later.lanes.groups[MONDAY][0] == {}
    assert later.lanes.at(2040, [], later.skill).forecast(MONDAY) is not None
    assert made.as_data(40.0 + 20_000)["groups"] == []


def test_chances_of_few_are_drawn_towards_the_many() -> None:
    chances = Chances()
    assert chances.chance(("a",), 0) is None
    for _ in range(200):
        chances.learn(("many",), 0, yes=True)
    chances.learn(("few",), 0, yes=False)
    few = chances.chance(("few",), 0)
    assert few is not None
    assert 0.9 < few < 0.97
    for _ in range(300):
        chances.learn(("few",), 0, yes=False)
    assert (chances.chance(("few",), 0) or 0) < 0.1


def row(chance: float, count: int = 30, since: str = "2026-01-01", until: str = "2026-03-01") -> Row:
    return chance, 0.95, 0.5, 0.8, 1.1, count, since, until


def test_the_finest_group_that_is_known_answers_in_hours_of_the_promise() -> None:
    rows = {
        "": row(0.8),
        "next_day": row(0.85),
        "next_day|oslo": row(0.9),
        "next_day|oslo|0": row(0.6, 7, "2026-01-05", "2026-02-02"),
    }
    table = ReliabilityTable(rows, row(0.7))
    monday = table.outlook("next_day", "oslo", 0, 20.0)
    assert (monday.p_on_time, monday.transit_p50_h, monday.transit_p90_h, monday.deliveries) == (0.6, 10.0, 22.0, 7)
    assert monday.source == "this account next day to oslo on Mondays"
    assert table.outlook("next_day", "oslo", 3, 20.0).p_on_time == 0.9
    assert table.outlook("next_day", None, 3, 20.0).p_on_time == 0.85
    assert table.outlook("instant", "oslo", 3, 20.0).p_on_time == 0.8
    assert ReliabilityTable({}, row(0.7)).outlook("instant", None, 3, 2.0).source.startswith("all accounts")
    assert ReliabilityTable({}, None).outlook("instant", None, 3, 2.0).deliveries == 0


def test_without_a_promise_there_is_no_chance_to_keep_it() -> None:
    found = ReliabilityTable({"": row(0.8)}, None).outlook("next_day", None, 0, None)
    assert found.p_on_time is None
    assert found.transit_p50_h == 15.0


def test_a_report_tells_calibrated_chances_from_others() -> None:
    right, wrong = ChanceCheck(), ChanceCheck()
    for number in range(100):
        right.add(0.8, number % 5 != 0)
        wrong.add(0.99, number % 5 != 0)
    assert right.error == pytest.approx(0.0, abs=1e-9)
    assert wrong.error == pytest.approx(0.19)
    assert right.brier == pytest.approx(right.brier_of_mean or 0)
    assert (wrong.brier or 0) > (wrong.brier_of_mean or 0)
    assert ChanceCheck().brier is None


def test_coverage_and_loss_are_counted_for_each_share() -> None:
    found = check([((1.0, 2.0, 3.0), actual) for actual in (0.5, 1.5, 2.5, 3.5)])
    assert found.coverage == (0.25, 0.5, 0.75)
    assert found.loss[2] == pytest.approx((0.1 * 2.5 + 0.1 * 1.5 + 0.1 * 0.5 + 0.9 * 0.5) / 4)
