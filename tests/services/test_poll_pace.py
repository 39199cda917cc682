"""When trackers are due again: after polls that failed, after pushes, and after a rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from carriers.base import CarrierUnavailable, Polling, RateLimited
from gateway.domain.records import TrackerRecord
from gateway.services.poll_pace import after_poll, after_push, bounds, longest_waiting_first, queued, still_pushed
from gateway.settings import load_settings
from tests.conftest import SECRET_KEY

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLLING = Polling(batch=1, min_interval_s=120, daily_budget=None, timezone="UTC")
SETTINGS = load_settings({"GATEWAY__SECRETS__KEYS": SECRET_KEY}).tracking
BOUNDS = bounds(None, SETTINGS)
TRACKER = TrackerRecord(
    id="trk_1",
    merchant_id="mer_1",
    account_id="acc_1",
    carrier="bring",
    tracking_number="1",
    created_at=NOW - 10 * HOUR,
    promised_by=NOW + 60 * HOUR,
    status="in_transit",
    status_at=NOW - HOUR,
    polled_at=NOW - HOUR,
    due_at=NOW + HOUR,
)


def test_what_failed_is_repeated_sooner_than_planned_but_not_at_once() -> None:
    planned = after_poll(TRACKER, POLLING, SETTINGS, NOW, None)
    again = after_poll(TRACKER, POLLING, SETTINGS, NOW, CarrierUnavailable("down"))
    assert planned is not None
    assert planned > NOW + HOUR
    assert again == NOW + timedelta(minutes=SETTINGS.retry_min)
    slow = replace(POLLING, min_interval_s=3600)
    assert after_poll(TRACKER, slow, SETTINGS, NOW, CarrierUnavailable("down")) == NOW + HOUR


def test_what_is_planned_sooner_than_a_repeat_stays_so() -> None:
    express = replace(
        TRACKER, created_at=NOW - HOUR, promised_by=NOW + HOUR / 4, status="out_for_delivery", status_at=NOW
    )
    planned = after_poll(express, POLLING, SETTINGS, NOW, None)
    assert planned is not None
    assert planned < NOW + timedelta(minutes=10)
    assert after_poll(express, POLLING, SETTINGS, NOW, CarrierUnavailable("down")) == planned


def test_a_rate_limit_says_when() -> None:
    limited = RateLimited("slower", retry_after_s=70)
    assert after_poll(TRACKER, POLLING, SETTINGS, NOW, limited) == NOW + timedelta(seconds=70)


def test_a_push_moves_the_next_poll_out_and_never_forward() -> None:
    pushed = after_push(TRACKER, BOUNDS, NOW)
    assert pushed.due_at is not None
    assert pushed.due_at > NOW + 3 * HOUR
    assert pushed.pushed_at == NOW
    far = replace(TRACKER, due_at=NOW + 30 * HOUR)
    assert after_push(far, BOUNDS, NOW).due_at == far.due_at


def test_pushes_leave_first_polls_and_proofs_as_planned_and_revive_what_was_finished() -> None:
    first = replace(TRACKER, polled_at=None, due_at=NOW)
    assert after_push(first, BOUNDS, NOW).due_at == NOW
    delivered = replace(TRACKER, status="delivered", finished=True, due_at=NOW)
    assert after_push(delivered, BOUNDS, NOW).due_at == NOW
    ended = replace(TRACKER, status="returned", finished=True, due_at=None)
    assert after_push(ended, BOUNDS, NOW).due_at is None
    reopened = after_push(replace(TRACKER, due_at=None), BOUNDS, NOW)
    assert reopened.due_at is not None


def test_trust_in_pushes_ends_with_the_first_that_got_lost() -> None:
    before = replace(TRACKER, version=3, pushed_at=NOW - HOUR)
    assert still_pushed(before, before) == NOW - HOUR
    assert still_pushed(before, replace(before, version=4)) is None
    told_meanwhile = replace(before, version=4, pushed_at=NOW)
    assert still_pushed(before, told_meanwhile) == NOW


def test_what_waited_longest_is_due_first_however_it_was_claimed() -> None:
    until = NOW + timedelta(minutes=10)
    waiting = [replace(TRACKER, id=f"trk_{hours}", polled_at=NOW - hours * HOUR) for hours in (3, 700, 0, 50, 699, 1)]
    one_by_one = [queued([each], until)[0] for each in waiting]
    assert one_by_one == list(queued(waiting, until))
    due = sorted(one_by_one, key=lambda each: each.due_at or until)
    assert [each.id for each in due] == [each.id for each in longest_waiting_first(waiting)]
    assert len({each.due_at for each in due}) == len(due)
    assert all(each.due_at and until <= each.due_at <= until + timedelta(seconds=1) for each in due)
