"""When a carrier is asked about a parcel next: dense when the door is near, sparse by night, over when nothing follows.

Pure: a tracker as it is known, the bounds of its carrier and of the settings, and a moment. The intervals and their
reasons are in `poll_schedule.toml` beside this file.
"""

from __future__ import annotations

import math
import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from gateway.domain.records import TrackerRecord
from gateway.domain.tracking import statuses

DAILY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollBounds:
    """What no schedule may break: the carrier's shortest interval, how long after a terminal status one looks on, and
    after how long a silence nothing is expected any more.
    """

    min_interval: timedelta
    grace: timedelta
    window: timedelta


@cache
def _table() -> Mapping[str, Any]:
    """The data file; its numbers are read where they mean something."""
    return tomllib.loads(files("gateway.domain").joinpath("poll_schedule.toml").read_text("utf-8"))


def next_poll(
    tracker: TrackerRecord, bounds: PollBounds, now: datetime, *, proof_wanted: bool = False
) -> datetime | None:
    """When to ask again after having asked (or been told) now; None when there is nothing left to learn.

    Never sooner than the carrier's interval; and later than the end of the grace or of the window by no more than that.
    Behind the window, of what is not `expired` for its carrier speaks though nothing moves, once a day.
    """
    end = end_of_polling(tracker, bounds)
    if now >= end:
        return None if statuses()[tracker.status].terminal else now + max(DAILY, bounds.min_interval)
    due = now + interval(tracker, now, proof_wanted=proof_wanted)
    if not statuses()[tracker.status].terminal:
        due = _awake(tracker, due, now)
    return max(min(due, end), now + bounds.min_interval)


def end_of_polling(tracker: TrackerRecord, bounds: PollBounds) -> datetime:
    """When polling ends unless there is news: the grace after a terminal status, else the tracking window."""
    told_at = _told_at(tracker)
    if tracker.status == "expired":
        return told_at
    return told_at + (bounds.grace if statuses()[tracker.status].terminal else bounds.window)


def interval(tracker: TrackerRecord, now: datetime, *, proof_wanted: bool = False) -> timedelta:
    """How long to wait by status, promise and silence; neither night nor bounds are considered."""
    table = _table()
    usual: timedelta = timedelta(minutes=table["statuses"][tracker.status]["minutes"])
    if statuses()[tracker.status].terminal:
        proof = max(timedelta(minutes=table["proof"]["minutes"]), (now - _told_at(tracker)) * table["proof"]["share"])
        return min(proof, usual) if proof_wanted else usual
    promise, span = _promise(tracker), _span(tracker)
    usual *= math.sqrt(span / timedelta(hours=table["span"]["reference_h"]))
    left = (promise - now) / span
    usual *= next((row["factor"] for row in table["nearness"] if left > row["left"]), table["nearness"][-1]["factor"])
    overdue: timedelta = (now - max(promise, _told_at(tracker))) * table["overdue"]["share"]
    if _is_morning(tracker, now):
        usual *= table["morning"]["factor"]
    factor = table["pushed"]["factor"] if tracker.pushed_at is not None else 1.0
    most = timedelta(hours=table["overdue"]["most_h"])
    return min(max(usual, overdue) * factor, most)


def _told_at(tracker: TrackerRecord) -> datetime:
    return tracker.status_at or tracker.created_at


def _promise(tracker: TrackerRecord) -> datetime:
    """The carrier's present estimate, else what was promised at first, else what is usual."""
    assumed = tracker.created_at + timedelta(hours=_table()["span"]["assumed_h"])
    return tracker.estimated_delivery_at or tracker.promised_by or assumed


def _span(tracker: TrackerRecord) -> timedelta:
    """How long the parcel was promised to take."""
    limits = _table()["span"]
    least, most = timedelta(hours=limits["least_h"]), timedelta(hours=limits["most_h"])
    return min(max(_promise(tracker) - tracker.created_at, least), most)


def _sleeps(tracker: TrackerRecord) -> bool:
    """Whether days and nights count: the recipient's zone is known, and the promise is no matter of hours."""
    return bool(tracker.timezone) and _span(tracker) >= timedelta(hours=_table()["span"]["asleep_from_h"])


def _is_morning(tracker: TrackerRecord, now: datetime) -> bool:
    begin, end = _table()["night"]["until_hour"], _table()["morning"]["until_hour"]
    return _sleeps(tracker) and begin <= now.astimezone(ZoneInfo(tracker.timezone)).hour < end


def _awake(tracker: TrackerRecord, due: datetime, now: datetime) -> datetime:
    """A moment that falls into the recipient's night waits for the night's next round, or for the morning."""
    night = _table()["night"]
    if not _sleeps(tracker):
        return due
    local = due.astimezone(ZoneInfo(tracker.timezone))
    if night["until_hour"] <= local.hour < night["from_hour"]:
        return due
    day = local.date() + timedelta(days=local.hour >= night["from_hour"])
    # Put together from the wall clock and only then moved to UTC: the night in which clocks change ends at seven too.
    morning = datetime.combine(day, time(night["until_hour"]), local.tzinfo).astimezone(UTC)
    morning += timedelta(minutes=night["morning_spread_min"]) * (zlib.crc32(tracker.id.encode()) / 2**32)
    return max(due, min(morning, now + timedelta(hours=night["every_h"])))
