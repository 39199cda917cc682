"""What finished shipments taught of their way: learnt with their reliability, and read by the watch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from gateway.domain.records import DeliveryRecord
from gateway.domain.stages import EXPECTED, silences, stages
from gateway.domain.tracking import TrackingEvent
from gateway.learning.courses import LEFT, SILENT, Courses
from gateway.learning.lanes import Path
from gateway.services.ports import UnitOfWork
from gateway.services.ports.reliability import Settled
from gateway.services.reliability.facts import CAME, HOUR_S, day_of, group_of

FRESH = timedelta(minutes=10)
"""How long a process believes what it has read: it is learnt once an hour."""


class CourseBook:
    """Courses by account, read at most every ten minutes."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], tuple[datetime, Courses]] = {}

    def of(self, uow: UnitOfWork, merchant_id: str, account_id: str, now: datetime) -> Courses:
        """What is known of an account; nothing at first."""
        key = (merchant_id, account_id)
        known = self._read.get(key)
        if known is None or not timedelta() <= now - known[0] < FRESH:
            stored = uow.reliability.courses(merchant_id, [account_id]).get(account_id)
            known = self._read[key] = (now, Courses.from_data(stored) if stored else Courses())
        return known[1]


def learn(
    uow: UnitOfWork, merchant_id: str, settled: Sequence[Settled], zones: Mapping[str, tzinfo], now: datetime
) -> None:
    """Learn from shipments that came; each stage's estimates are compared before anything of it is learnt."""
    came = {each.record.shipment_id: each.record for each in settled if each.record.outcome in CAME}
    trackers = uow.reliability.trackers_of(merchant_id, sorted(came))
    events = uow.many.events(merchant_id, sorted(trackers))
    accounts = sorted({record.account_id for record in came.values()})
    stored = uow.reliability.courses(merchant_id, accounts)
    known = {name: Courses.from_data(stored[name]) if name in stored else Courses() for name in accounts}
    lessons = [(came[shipment_id], events.get(tracker_id, ())) for tracker_id, shipment_id in trackers.items()]
    for record, told in lessons:
        _compare(known[record.account_id], record, told, zones)
    for record, told in lessons:
        _learn(known[record.account_id], record, told, zones)
    for account_id, courses in known.items():
        uow.reliability.keep_courses(merchant_id, account_id, now, courses.as_data(day_of(now)))


LANE = 2
"""How much of a group of `group_of` is a lane: the service and the zone."""


def left_path(stage: str, group: Path) -> Path:
    """What is left from a stage on, in a group of `group_of`; () is the whole account."""
    return (LEFT, stage, *group)


def silent_path(stage: str, group: Path) -> Path:
    """Silences in a stage."""
    return (SILENT, stage, *group)


def _compare(
    courses: Courses, record: DeliveryRecord, events: Sequence[TrackingEvent], zones: Mapping[str, tzinfo]
) -> None:
    group = group_of(record, zones)
    for stage in stages(events):
        estimate = record.estimates.get(stage.name)
        if estimate is None or record.delivered_at is None or stage.name not in EXPECTED:
            continue
        day = day_of(stage.began)
        window = courses.window(left_path(stage.name, group), day, 0.0)
        if window is not None:
            said, took = (_h(moment - stage.began) for moment in (estimate, record.delivered_at))
            courses.compare(stage.name, group[:LANE], day, said, window[1], took)


def _learn(
    courses: Courses, record: DeliveryRecord, events: Sequence[TrackingEvent], zones: Mapping[str, tzinfo]
) -> None:
    group = group_of(record, zones)
    for stage in stages(events):
        if stage.name in EXPECTED and record.delivered_at is not None and stage.began < record.delivered_at:
            path = left_path(stage.name, group)
            courses.learn(path, day_of(stage.began), _h(record.delivered_at - stage.began))
    for name, hours in silences(events):
        courses.learn(silent_path(name, group), day_of(record.booked_at), hours)


def _h(span: timedelta) -> float:
    return span.total_seconds() / HOUR_S
