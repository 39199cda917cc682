"""Trees that adjust forecasts: heard where they help, silent where not, ascending, and readable by any process."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.engines.adjusting import LazyTrees
from gateway.learning.lanes import SHARES, pinball
from gateway.services.ports.adjustments import Examples, Fitted, NotAdjusted

SAID = (0.5, 0.8, 1.0)
ROWS = 1000


def examples(rows: int = ROWS) -> Examples:
    """Deliveries of two accounts whose groups say the same of each; the time follows the distance."""
    dice = Random(7)  # noqa: S311  # made-up data
    owners = [("near", "far")[row % 2] for row in range(rows)]
    km = [dice.uniform(1, 50) for _ in range(rows)]
    durations = [(0.05 + each / 50) * dice.lognormvariate(0, 0.2) for each in km]
    began = [row / 20 for row in range(rows)]
    return Examples(
        features=[(each, float(row % 2)) for row, each in enumerate(km)],
        forecasts=[SAID] * rows,
        durations=durations,
        began=began,
        ended=[day + duration for day, duration in zip(began, durations, strict=True)],
        owners=owners,
        words=(1,),
    )


@cache
def fitted() -> Fitted:
    found = LazyTrees().fit(examples())
    assert found is not None
    return found


def test_time_that_follows_distance_is_found_and_survives_being_stored() -> None:
    adjustment = LazyTrees().read(json.loads(json.dumps(fitted().model)))
    assert set(fitted().owners) == {"near", "far"}
    near, far = adjustment.adjusted([(5.0, 0.0), (45.0, 0.0)], [SAID, SAID])
    assert near[0] == pytest.approx(0.15, abs=0.06)
    assert far[0] == pytest.approx(0.95, abs=0.15)


def test_it_holds_on_deliveries_that_it_never_saw() -> None:
    new = examples(ROWS + 600)
    adjustment = LazyTrees().read(fitted().model)
    said = adjustment.adjusted(new.features[ROWS:], new.forecasts[ROWS:])
    for place, share in enumerate(SHARES):
        came = [duration <= each[place] for duration, each in zip(new.durations[ROWS:], said, strict=True)]
        assert sum(came) / len(came) == pytest.approx(share, abs=0.06)
        ours, groups = (
            sum(pinball(d, each[place], share) for d, each in zip(new.durations[ROWS:], quantiles, strict=True))
            for quantiles in (said, new.forecasts[ROWS:])
        )
        assert ours < 0.7 * groups


def test_where_nothing_is_to_be_learnt_the_groups_stand_alone() -> None:
    """Of durations that nothing explains, the groups know the quantiles already."""
    dice = Random(3)  # noqa: S311  # made-up data
    rows = ROWS
    durations = [dice.lognormvariate(0, 0.3) for _ in range(rows)]
    began = [row / 20 for row in range(rows)]
    known = Examples(
        features=[(dice.random(),) for _ in range(rows)],
        forecasts=[(1.0, 1.287, 1.469)] * rows,
        durations=durations,
        began=began,
        ended=[day + 1 for day in began],
        owners=["main"] * rows,
    )
    assert LazyTrees().fit(known) is None


def test_an_account_that_they_do_not_help_keeps_its_groups() -> None:
    """Each account is judged by its own newest deliveries: one gains, of the other the groups know all there is."""
    known = examples()
    told = zip(known.owners, known.durations, strict=True)
    forecasts = [(duration,) * len(SHARES) if owner == "far" else SAID for owner, duration in told]
    found = LazyTrees().fit(replace(known, forecasts=forecasts))
    assert found is not None
    assert found.owners == ("near",)


def test_too_few_make_no_trees() -> None:
    assert LazyTrees().fit(examples(400)) is None


numbers = st.floats(allow_nan=True, allow_infinity=False, width=32)


@settings(deadline=None)
@given(st.lists(st.tuples(numbers, numbers, st.lists(st.floats(0.01, 9), min_size=3, max_size=3)), min_size=1))
def test_quantiles_ascend_whatever_is_asked(asked: list[tuple[float, float, list[float]]]) -> None:
    adjustment = LazyTrees().read(fitted().model)
    said = adjustment.adjusted([each[:2] for each in asked], [tuple(sorted(each[2])) for each in asked])
    assert len(said) == len(asked)
    for quantiles in said:
        assert 0 < quantiles[0] <= quantiles[1] <= quantiles[2]


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"shares": [{"heard": ["moved"], "trees": {"moved": [0.0, "no tree"]}}]},
        {"shares": [{"heard": ["moved"]}]},
        {"shares": 3},
    ],
)
def test_what_it_did_not_write_it_does_not_read(change: dict[str, object]) -> None:
    with pytest.raises(NotAdjusted):
        LazyTrees().read({**fitted().model, **change})


def test_other_features_than_those_it_learnt_are_refused() -> None:
    with pytest.raises(NotAdjusted):
        LazyTrees().read(fitted().model).adjusted([(1.0, 2.0, 3.0)], [SAID])


def test_without_the_extra_it_says_what_to_install_and_the_door_imports_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from gateway.engines.adjusting import LazyTrees\n"
        "from gateway.services.ports.adjustments import NotAdjusted\n"
        "assert not {'numpy', 'lightgbm'} & set(sys.modules)\n"
        "sys.modules['lightgbm'] = None\n"
        "try:\n    LazyTrees().read({})\nexcept NotAdjusted as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert 'pip install "doorstep[engines]"' in done.stdout
