"""When a policy may begin to decide otherwise by the clock alone: what was decided before must not be kept beyond."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from gateway.rules.conditions import Check

DAY_MIN = 24 * 60


def turn_after(comparisons: Iterable[Check], local: datetime) -> datetime | None:
    """The first moment after this one, of the zone that it bears, at which a comparison may come out differently.

    Of times of day and hours each one that is named and the one after it, of weekdays and days every midnight. None
    where no comparison asks what time it is.
    """
    minutes = {minute % DAY_MIN for check in comparisons for minute in _minutes(check)}
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    turns = [
        (midnight + timedelta(days=day)).replace(hour=minute // 60, minute=minute % 60)
        for day in (0, 1)
        for minute in minutes
    ]
    return min((turn for turn in turns if turn > local), default=None)


def _minutes(check: Check) -> Iterator[int]:
    """Minutes of the day at which it may turn."""
    side, _, what = check.field.name.partition(".")
    if side not in ("now", "ready"):
        return
    yield 0
    if what in ("time", "hour") and check.op.takes != "none":
        size = 60 if what == "hour" else 1
        for value in (check.value,) if check.op.takes == "one" else check.value:
            yield from (value * size, (value + 1) * size)
