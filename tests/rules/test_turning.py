"""Until when a decision stands, as far as the clock is asked."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.rules.bench import check, policy

OSLO = ZoneInfo("Europe/Oslo")


@pytest.mark.parametrize(
    ("when", "now", "turn"),
    [
        (check("now.time", "below", "14:00"), datetime(2026, 3, 2, 12, 55, tzinfo=UTC), "2026-03-02T14:00:00+01:00"),
        (check("now.time", "at_most", "14:00"), datetime(2026, 3, 2, 13, 0, tzinfo=UTC), "2026-03-02T14:01:00+01:00"),
        (
            check("ready.hour", "between", [9, 16]),
            datetime(2026, 3, 2, 15, 59, tzinfo=UTC),
            "2026-03-02T17:00:00+01:00",
        ),
        (check("now.hour", "is", 23), datetime(2026, 3, 2, 22, 30, tzinfo=UTC), "2026-03-03T00:00:00+01:00"),
        (check("now.weekday", "is", "sun"), datetime(2026, 3, 28, 22, 0, tzinfo=UTC), "2026-03-29T00:00:00+01:00"),
        (check("now.time", "above", "02:30"), datetime(2026, 3, 29, 0, 0, tzinfo=UTC), "2026-03-29T02:30:00+01:00"),
        (check("now.time", "above", "12:00"), datetime(2026, 3, 29, 0, 0, tzinfo=UTC), "2026-03-29T12:00:00+02:00"),
        (check("shipment.weight", "above", 5), datetime(2026, 3, 2, tzinfo=UTC), None),
    ],
)
def test_a_decision_stands_until_a_rule_may_turn(when: dict[str, Any], now: datetime, turn: str | None) -> None:
    found = policy({"name": "x", "when": when, "then": {"do": "keep"}}).turns_at(now, OSLO)
    assert (found and found.isoformat()) == turn
