"""Forecasts from nested groups: shrinkage, seasons, parcels on their way, and which experts are believed."""

from collections.abc import Callable
from random import Random

import pytest

from gateway.learning.lanes import EXPERTS, SHARES, Forecast, Lanes, Path, Skill, pinball
from gateway.learning.offsets import Offset, corrected

Draw = Callable[[Path, float], float]


def learnt(draw: Draw, paths: list[Path], days: int, a_day: int = 4, seed: int = 1) -> tuple[Lanes, Skill, Offset]:
    """Deliveries that end on the day they began, each forecast before it is learnt."""
    lanes, skill, offset, dice = Lanes(), Skill(), Offset(), Random(seed)  # noqa: S311  # made-up data
    for day in range(days):
        view = lanes.at(day, [], skill)
        for _ in range(a_day):
            path = dice.choice(paths)
            duration = draw(path, day) * dice.lognormvariate(0, 0.2)
            said = view.forecast(path)
            if said is not None:
                skill.score(said, duration, day)
                offset.learn(said, duration, day)
            lanes.learn(path, day, duration)
    return lanes, skill, offset


def said(lanes: Lanes, skill: Skill, path: Path, day: float) -> Forecast:
    found = lanes.at(day, [], skill).forecast(path)
    assert found is not None
    return found


def test_nothing_is_said_of_nothing() -> None:
    assert Lanes().at(0, [], Skill()).forecast(("a",)) is None


def test_groups_are_told_apart_and_a_group_nobody_knows_is_like_those_around_it() -> None:
    paths: list[Path] = [("swift", "near"), ("swift", "far")]
    lanes, skill, _ = learnt(lambda path, day: 2.0 if path[1] == "far" else 0.5, paths, 120)
    near, far, new = (said(lanes, skill, ("swift", zone), 120) for zone in ("near", "far", "new"))
    assert near.quantiles[0] == pytest.approx(0.5, rel=0.15)
    assert far.quantiles[0] == pytest.approx(2.0, rel=0.15)
    assert near.quantiles[0] < new.quantiles[0] < far.quantiles[0] or new.quantiles[0] == pytest.approx(
        said(lanes, skill, ("swift",), 120).quantiles[0]
    )
    assert near.within_one > 0.95
    assert far.within_one < 0.1


def test_one_late_delivery_does_not_make_a_group_late() -> None:
    lanes, skill, _ = learnt(lambda path, day: 0.5, [("swift", "near")], 120)
    lanes.learn(("swift", "far"), 119, 5.0)
    once = said(lanes, skill, ("swift", "far"), 120)
    assert once.quantiles[0] < 2.5
    for _ in range(400):
        lanes.learn(("swift", "far"), 119, 5.0)
    assert said(lanes, skill, ("swift", "far"), 120).quantiles[0] > 4.0


def test_an_old_season_is_forgotten() -> None:
    lanes, skill, _ = learnt(lambda path, day: 3.0 if day < 200 else 0.6, [("swift",)], 320)
    assert said(lanes, skill, ("swift",), 320).quantiles[0] == pytest.approx(0.6, rel=0.25)


def test_parcels_that_are_stuck_make_the_forecast_longer() -> None:
    lanes, skill, _ = learnt(lambda path, day: 0.8, [("swift",)], 60)
    stuck = [(("swift",), 58.0, 2.5)] * 60
    calm, alarmed = lanes.at(60, [], skill).forecast(("swift",)), lanes.at(60, stuck, skill).forecast(("swift",))
    assert calm
    assert alarmed
    assert alarmed.quantiles[2] > calm.quantiles[2]
    assert alarmed.within_one < calm.within_one - 0.1


def test_experts_begin_equal_and_the_better_ones_win() -> None:
    assert all(each == pytest.approx(1 / len(EXPERTS)) for each in Skill().weights()[0].values())
    _, skill, _ = learnt(lambda path, day: 3.0 if day < 150 else 0.6, [("swift",)], 240)
    short = sum(each for (memory, _), each in skill.weights()[0].items() if memory == 0)
    assert short > 0.9


def test_quantiles_cover_what_they_say_after_a_change_that_groups_still_remember() -> None:
    def draw(path: Path, day: float) -> float:
        return 1.0 if day < 100 else 1.4

    lanes, skill, offset = learnt(draw, [("swift",)], 125)
    plain = said(lanes, skill, ("swift",), 125)
    moved = corrected(plain, offset.factors(125))
    dice = Random(11)  # noqa: S311  # made-up data
    actual = [1.4 * dice.lognormvariate(0, 0.2) for _ in range(3000)]
    covered = [sum(each <= moved[place] for each in actual) / 3000 for place in range(len(SHARES))]
    bare = [sum(each <= plain.quantiles[place] for each in actual) / 3000 for place in range(len(SHARES))]
    assert abs(covered[2] - 0.9) < abs(bare[2] - 0.9)
    assert covered[2] == pytest.approx(0.9, abs=0.07)


def test_an_offset_of_few_deliveries_is_near_one_and_quantiles_stay_in_order() -> None:
    forecast = Forecast((1.0, 1.2, 1.3), 0.5, {})
    offset = Offset()
    assert offset.factors(0) == (1.0, 1.0, 1.0)
    offset.learn(forecast, 3.0, 0)
    assert all(1.0 < each < 1.1 for each in offset.factors(0))
    assert corrected(forecast, (3.0, 0.5, 0.5)) == (3.0, 3.0, 3.0)


def test_pinball_loss_is_least_at_the_quantile() -> None:
    dice = Random(5)  # noqa: S311  # made-up data
    actual = sorted(dice.random() for _ in range(4000))
    for share in SHARES:
        losses = {guess / 100: sum(pinball(each, guess / 100, share) for each in actual) for guess in range(0, 101, 5)}
        assert min(losses, key=lambda guess: losses[guess]) == pytest.approx(share, abs=0.051)
