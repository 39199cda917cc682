"""Numbers that were not booked here have an ETA and alarms too, as long as they are in flight."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from carriers.base import TrackingUpdate
from gateway.domain.eta import TrackerWatch
from gateway.domain.records import TrackerRecord
from gateway.domain.tracking import Source
from gateway.services.many import Batched
from gateway.services.ports.desk import CaseSearch
from gateway.services.tracker_watch import TrackerWatcher
from gateway.services.tracking import Funnel
from gateway.settings import Worker, load_settings
from gateway.storage import SqlStore
from tests.services.test_watch import history
from tests.storage import made
from tests.storage.made import ACCOUNT, MERCHANT, NOW

HOUR = timedelta(hours=1)
SETTINGS = Worker(tick_s=1.0, batch=100, lease_s=60, max_tries=5)
NUMBER = "ELSEWHERE1"
TRACKING = load_settings({}).tracking


def followed(store: SqlStore, promised_by: datetime | None = None, tracker_id: str = "trk_900") -> TrackerRecord:
    tracker = replace(
        made.tracker(tracker_id, tracking_number=NUMBER, promised_by=promised_by),
        shipment_id="",
        tender_id="",
        status="unknown",
        reason="not_tracked_yet",
        phase="unknown",
        version=0,
    )
    with store.work() as uow:
        uow.trackers.add(tracker)
        uow.commit()
    return tracker


def told(store: SqlStore, *scans: tuple[str, datetime], estimate: datetime | None = None, now: datetime = NOW) -> None:
    """What its carrier says, through the funnel."""
    events = tuple(made.event(f"{status}-{at}", status, occurred_at=at) for status, at in scans)
    update = TrackingUpdate(tracking_number=NUMBER, events=events, deliver_by=estimate)
    with store.work() as uow:
        account = uow.accounts.get(MERCHANT, ACCOUNT)
        assert account is not None
        Funnel(lambda: now, TRACKING).apply(uow, account, [update], Source.POLL, now, "")
        uow.commit()


def looked_at(store: SqlStore, now: datetime = NOW) -> TrackerWatch | None:
    """What the watch has after it has done what is due."""
    watcher = TrackerWatcher(store, lambda: now, SETTINGS, TRACKING)
    for claimed in watcher.claim():
        watcher.work(claimed)
    with store.look() as uow:
        return uow.tracker_watches.of(MERCHANT, ["trk_900"]).get("trk_900")


def messages(store: SqlStore) -> list[str]:
    with store.look() as uow:
        found = uow.outbox.of_subject(MERCHANT, "trk_900", 0, 100)
        return [message.type for message in found]


def test_what_the_account_has_delivered_tells_when_it_comes(store: SqlStore) -> None:
    history(store, said_h=60)
    followed(store, promised_by=NOW + HOUR)
    told(store, ("picked_up", NOW - HOUR))
    watch = looked_at(store)
    assert watch is not None
    assert watch.eta is not None
    assert watch.eta.source.value == "learnt"
    assert 27 * HOUR <= watch.eta.latest - (NOW - HOUR) <= 32 * HOUR
    assert watch.alarms == ("promise_at_risk",)
    assert messages(store) == ["tracker.status_changed", "tracker.promise_at_risk"]
    with store.look() as uow:
        (case,) = uow.cases.list(MERCHANT, "open", 10)
    assert (case.kind, case.subject_id, case.shipment_id) == ("promise_at_risk", "trk_900", "")
    assert NUMBER in case.why
    with store.look() as uow:
        found = [
            [each.id for each in uow.desk.cases(MERCHANT, CaseSearch(mode=mode)).items] for mode in ("live", "test")
        ]
    assert [len(each) for each in found] == [0, 1], "a test tracker's"


def test_where_nothing_is_learnt_the_carrier_is_heard_and_what_moves_is_told(store: SqlStore) -> None:
    made.begin(store)
    followed(store)
    told(store, ("in_transit", NOW - HOUR), estimate=NOW + 20 * HOUR)
    watch = looked_at(store)
    assert watch is not None
    assert watch.eta is not None
    assert watch.eta.source.value == "carrier"
    told(store, ("in_transit", NOW), estimate=NOW + 40 * HOUR, now=NOW + HOUR)
    moved = looked_at(store, NOW + HOUR)
    assert moved is not None
    assert moved.eta is not None
    assert moved.eta.latest - watch.eta.latest >= 19 * HOUR
    assert "tracker.eta_changed" in messages(store)
    assert "tracker.promise_at_risk" not in messages(store), "an estimate is no promise"


def test_it_is_stuck_until_there_is_an_event_and_forgotten_once_it_is_there(store: SqlStore) -> None:
    made.begin(store)
    followed(store)
    told(store, ("in_transit", NOW))
    later = NOW + timedelta(days=4)
    looked_at(store)
    stuck = looked_at(store, later)
    assert stuck is not None
    assert stuck.alarms == ("stuck",)
    told(store, ("out_for_delivery", later), now=later)
    freed = looked_at(store, later)
    assert freed is not None
    assert freed.alarms == ()
    told(store, ("delivered", later + HOUR), now=later + HOUR)
    assert looked_at(store, later + HOUR) is None
    with store.look() as uow:
        assert uow.cases.list(MERCHANT, "open", 10) == []
    assert list(store.audit(later)) == []


def test_a_history_of_ended_ways_is_not_watched_and_many_are_woken_at_once(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        batched = Batched(uow)
        trackers = [made.tracker(f"trk_{each}", tracking_number=f"N{each}") for each in range(3)]
        free = [
            replace(each, shipment_id="", tender_id="", finished=number == 2) for number, each in enumerate(trackers)
        ]
        batched.unit.trackers.add(free[0])
        batched.unit.trackers.add(free[1])
        batched.unit.trackers.add(free[2])
        batched.unit.tracker_watches.wake(free, NOW)
        batched.commit()
        assert set(uow.tracker_watches.of(MERCHANT, [each.id for each in free])) == {"trk_0", "trk_1"}


def test_what_has_been_silent_for_longer_than_it_is_followed_raises_no_alarm(store: SqlStore) -> None:
    made.begin(store)
    followed(store)
    told(store, ("in_transit", NOW - timedelta(days=TRACKING.expire_days + 1)))
    assert looked_at(store) is None
    with store.look() as uow:
        assert uow.cases.list(MERCHANT, "open", 10) == []


@pytest.mark.parametrize("alarmed", [False, True])
def test_one_that_turns_out_to_be_a_shipment_of_ours_is_watched_there(store: SqlStore, alarmed: bool) -> None:
    made.begin(store)
    followed(store, promised_by=NOW + HOUR if alarmed else None)
    told(store, ("in_transit", NOW - HOUR), estimate=NOW + 20 * HOUR)
    assert looked_at(store) is not None
    with store.work() as uow:
        uow.shipments.add(made.shipment("shp_1"))
        tracker = uow.trackers.get(MERCHANT, "trk_900")
        assert tracker is not None
        adopted = replace(tracker, shipment_id="shp_1")
        uow.trackers.update(adopted)
        uow.tracker_watches.wake([adopted], NOW)
        uow.commit()
    assert looked_at(store) is None
    with store.look() as uow:
        assert uow.cases.list(MERCHANT, "open", 10) == []
