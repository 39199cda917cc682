"""Trackers, their events and history, and the inbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from gateway.domain.errors import NotFound, StaleVersion
from gateway.domain.fold import sort_key
from gateway.domain.messages import InboxState
from gateway.domain.tracking import Leg
from gateway.services.carrier_tables import raw_message
from gateway.storage import SqlStore
from tests.storage import made
from tests.storage.made import ACCOUNT, LEASE, MERCHANT, NOW


def test_a_tracker_comes_back_as_it_was_given_and_changed(store: SqlStore) -> None:
    made.begin(store, shipments=1, tenders=1)
    given = made.tracker()
    changed = made.tracker(
        shipment_id="shp_1",
        tender_id="tnd_1",
        parcel_numbers=("P-1", "P-2"),
        status="delivered",
        reason="none",
        phase="final",
        attempts=2,
        status_conflict=True,
        status_at=NOW,
        delivered_at=NOW,
        last_progress_status="delivered",
        estimated_delivery_at=NOW,
        version=4,
        finished=True,
        due_at=NOW,
        tries=2,
    )
    with store.work() as uow:
        assert uow.trackers.add(given)
        assert uow.trackers.get(MERCHANT, "trk_1") == given
        uow.trackers.update(changed)
        assert uow.trackers.get(MERCHANT, "trk_1", lock=True) == changed
        assert uow.trackers.of_tender(MERCHANT, "tnd_1", lock=True) == changed
        assert uow.trackers.of_tender(MERCHANT, "tnd_2") is None
        assert uow.trackers.list(MERCHANT, "test", 10, None).items == (changed,)
        assert uow.trackers.list(MERCHANT, "live", 10, None).items == ()


def test_a_tracking_number_is_followed_once_per_account(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        uow.accounts.add(made.account("acc_2"))
        assert uow.trackers.add(made.tracker(tracking_number="TN"))
        assert not uow.trackers.add(made.tracker("trk_2", tracking_number="TN"))
        assert uow.trackers.add(made.tracker("trk_3", tracking_number="TN", account_id="acc_2"))


def test_a_tracker_is_found_by_its_number_and_by_its_parcels(store: SqlStore) -> None:
    made.begin(store)
    first = made.tracker(tracking_number="TN", parcel_numbers=("P-1", "P-2"))
    with store.work() as uow:
        uow.trackers.add(first)
        uow.trackers.add(made.tracker("trk_2", tracking_number="P-2"))
        for number in ("TN", "P-1", "P-2"):
            assert uow.trackers.find(MERCHANT, ACCOUNT, number, lock=True) == first, number
        assert uow.trackers.find(MERCHANT, ACCOUNT, "P-3") is None
        assert uow.trackers.find(MERCHANT, "acc_2", "TN") is None
        more = replace(first, parcel_numbers=("P-1", "P-2", "P-3"))
        uow.trackers.update(more)
        assert uow.trackers.find(MERCHANT, ACCOUNT, "P-3") == more


def test_events_come_back_by_time_as_they_were_given(store: SqlStore) -> None:
    made.begin(store)
    tracker = made.tracker()
    later = made.event("evt_1", occurred_at=NOW + timedelta(hours=1), leg=Leg.RETURN, piece="P-1", correction=True)
    earlier = made.event(
        "evt_2", place=None, source=None, received_at=None, occurred_at_local="14:00", tz_source="assumed"
    )
    with store.work() as uow:
        uow.trackers.add(tracker)
        assert uow.trackers.append(tracker, later, "inb_1") == "new"
        assert uow.trackers.append(tracker, earlier, "") == "new"
        found = uow.trackers.events(MERCHANT, "trk_1")
        assert found == [earlier, later]
        assert [event.raw for event in found] == [earlier.raw, later.raw], "raw is not compared"


def test_of_two_copies_of_an_event_the_same_one_stays_in_any_order(store: SqlStore) -> None:
    made.begin(store)
    copies = [
        made.event(status="in_transit", occurred_at=NOW + timedelta(minutes=1)),
        made.event(status="delivered"),
        made.event(status="in_transit", description="the smallest"),
    ]
    smallest = min(copies, key=sort_key)
    with store.work() as uow:
        for number, order in enumerate(permutations(copies)):
            tracker = made.tracker(f"trk_{number}")
            uow.trackers.add(tracker)
            verdicts = [uow.trackers.append(tracker, copy, "") for copy in order]
            assert verdicts[0] == "new"
            assert uow.trackers.events(MERCHANT, tracker.id) == [smallest]
            assert ("replaced" in verdicts) == (order[0] is not smallest)
            assert uow.trackers.append(tracker, smallest, "") == "duplicate"


def test_a_version_of_the_history_is_written_once(store: SqlStore) -> None:
    made.begin(store)
    tracker = made.tracker(version=1)
    with store.work() as uow:
        uow.trackers.add(tracker)
        uow.trackers.add_history(tracker, NOW, "poll", False)
        uow.commit()
    with pytest.raises(StaleVersion), store.work() as uow:
        uow.trackers.add_history(tracker, NOW, "poll", False)


def test_a_message_comes_back_as_it_was_received_and_only_once(store: SqlStore) -> None:
    made.begin(store)
    given = made.message()
    with store.work() as uow:
        uow.accounts.add(made.account("acc_2"))
        assert uow.inbox.add(given)
        assert not uow.inbox.add(made.message("inb_2", dedupe_key="inb_1"))
        assert uow.inbox.add(made.message("inb_3", dedupe_key="inb_1", account_id="acc_2"))
        assert uow.inbox.get(MERCHANT, "inb_1") == given
        assert uow.inbox.get(MERCHANT, "inb_2") is None


def test_a_parked_message_is_tried_again_and_an_applied_one_never(store: SqlStore) -> None:
    made.begin(store)
    parked = made.message(state=InboxState.PARKED, why="unknown number", tries=1)
    again = NOW + timedelta(minutes=5)
    with store.work() as uow:
        uow.inbox.add(made.message())
        uow.inbox.settle(parked, due_at=again)
        assert uow.inbox.get(MERCHANT, "inb_1") == parked
        uow.commit()
        assert list(uow.inbox.claim_due(again - timedelta(seconds=1), LEASE, 10)) == []
        assert list(uow.inbox.claim_due(again, LEASE, 10)) == [replace(parked, tries=2)]
        applied = replace(parked, state=InboxState.APPLIED, why="", tries=2)
        uow.inbox.settle(applied)
        uow.inbox.settle(parked, due_at=again)  # a worker that comes too late
        uow.commit()
        assert uow.inbox.get(MERCHANT, "inb_1") == applied
        assert list(uow.inbox.claim_due(NOW + timedelta(days=1), LEASE, 10)) == []


def test_a_quarantined_message_can_be_opened_again(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        uow.inbox.add(made.message())
        uow.inbox.settle(made.message(state=InboxState.QUARANTINED, why="unmapped"))
        uow.inbox.settle(made.message(), due_at=NOW)
        uow.commit()
        assert [message.id for message in uow.inbox.claim_due(NOW, LEASE, 10)] == ["inb_1"]


def test_codes_that_no_table_maps_are_counted_by_account(store: SqlStore) -> None:
    made.begin(store)
    odd = {"status": "unknown", "reason": "unmapped_carrier_code"}
    told = [
        made.event("evt_1", carrier_code="ZZ", received_at=NOW, **odd),
        made.event("evt_2", carrier_code="ZZ", received_at=NOW + timedelta(hours=2), **odd),
        made.event("evt_3", carrier_code="ZZ", carrier_qualifier="back", **odd),
        made.event("evt_4", carrier_code="IT"),
        made.event("evt_5", status="unknown", reason="carrier_message"),
    ]
    with store.work() as uow:
        uow.accounts.add(made.account("acc_2", name="other"))
        uow.trackers.add(made.tracker())
        uow.trackers.add(made.tracker("trk_2", account_id="acc_2"))
        for n, event in enumerate(told):
            uow.trackers.append(made.tracker(), event, f"inb_{n}")
        uow.trackers.append(made.tracker("trk_2", account_id="acc_2"), told[0], "inb_9")
        uow.commit()
    first, *others = store.unmapped()
    assert (first.merchant_id, first.carrier, first.code, first.events) == (MERCHANT, made.tracker().carrier, "ZZ", 2)
    assert (first.first_seen, first.last_seen, first.inbox_id) == (NOW, NOW + timedelta(hours=2), "inb_1")
    assert sorted((each.account, each.qualifier, each.events) for each in others) == [
        (first.account, "back", 1),
        ("other", "", 1),
    ]


def test_a_raw_message_is_shown_as_it_came(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        uow.inbox.add(made.message(body='{"code": "ZZ"} \xe9'.encode("latin-1")))
        uow.commit()
    assert raw_message(store, "inb_1") == '{"code": "ZZ"} \N{REPLACEMENT CHARACTER}'
    with pytest.raises(NotFound):
        raw_message(store, "inb_2")
