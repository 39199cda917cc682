"""Fields that depend on each other: the heaviest parcel weighs no more than all, the time of day tells the hour."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

AT_MOST = (("shipment.heaviest", "shipment.weight"), ("rate.transit_p50", "rate.transit_p90"))
"""The first is never more than the second."""

HOUR_OF = (("now.hour", "now.time"), ("ready.hour", "ready.time"))
"""The first is the second's hour."""

HOUR_MIN = 60


def shared(named: Mapping[str, Collection[int]]) -> dict[str, set[int]]:
    """Values that matter to a field because those that it depends on are compared with something.

    Between any two of them, and of the field's own, all values of either field come to the same.
    """
    more: dict[str, set[int]] = {}
    for low, high in AT_MOST:
        if low in named and high in named:
            more[low], more[high] = set(named[high]), set(named[low])
    for hour, time in HOUR_OF:
        if hour in named and time in named:
            hours = {each + step for each in named[hour] for step in (-1, 0, 1, 2)}
            more[time] = {each * HOUR_MIN for each in hours}
            more[hour] = {(each + step) // HOUR_MIN for each in (*named[time], *more[time]) for step in (-1, 0, 1)}
    return more


def consistent(values: Mapping[str, Any]) -> bool:
    """Whether a shipment and a rate can have these values at once; what is not there contradicts nothing."""
    for low, high in AT_MOST:
        least, most = values.get(low), values.get(high)
        if least is not None and most is not None and least > most:
            return False
    for hour, time in HOUR_OF:
        if hour in values and time in values:
            at = values[time]
            if values[hour] != (None if at is None else at // HOUR_MIN):
                return False
    return True
