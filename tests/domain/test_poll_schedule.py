"""The laws of the polling schedule: dense near the door, never too often, asleep by night, over at the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.poll_schedule import PollBounds, _table, end_of_polling, interval, next_poll
from gateway.domain.records import TrackerRecord
from gateway.domain.tracking import statuses

BOOKED = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOUNDS = PollBounds(min_interval=timedelta(minutes=15), grace=2 * DAY, window=60 * DAY)
ZONES = ("", "Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia")
MOVING = sorted(name for name, status in statuses().items() if not status.terminal)

hours = st.floats(0, 24 * 80).map(lambda many: timedelta(hours=many))
moments = st.integers(0, 2 * 365 * 86_400).map(lambda seconds: BOOKED + timedelta(seconds=seconds))


@st.composite
def parcels(draw: st.DrawFn) -> TrackerRecord:
    booked = draw(moments)
    told = draw(st.none() | hours)
    promised = draw(st.none() | hours)
    return parcel(
        draw(st.sampled_from(sorted(statuses()))),
        booked=booked,
        told_h=None if told is None else told / HOUR,
        promise_h=None if promised is None else promised / HOUR,
        zone=draw(st.sampled_from(ZONES)),
        pushed=draw(st.booleans()),
    )


bounded = st.builds(
    PollBounds,
    min_interval=st.integers(0, 86_400).map(lambda seconds: timedelta(seconds=seconds)),
    grace=st.integers(0, 96).map(lambda many: many * HOUR),
    window=st.integers(1, 90).map(lambda many: many * DAY),
)


def parcel(
    status: str,
    *,
    booked: datetime = BOOKED,
    told_h: float | None = None,
    promise_h: float | None = 24,
    zone: str = "",
    pushed: bool = False,
) -> TrackerRecord:
    return TrackerRecord(
        id=f"trk_{status}",
        merchant_id="mer_1",
        account_id="acc_1",
        carrier="bring",
        tracking_number="1",
        created_at=booked,
        status=status,
        status_at=None if told_h is None else booked + told_h * HOUR,
        promised_by=None if promise_h is None else booked + promise_h * HOUR,
        timezone=zone,
        pushed_at=booked if pushed else None,
    )


@given(parcels(), bounded, hours)
def test_no_poll_comes_sooner_than_the_carrier_allows_or_after_the_end(
    tracker: TrackerRecord, bounds: PollBounds, gone: timedelta
) -> None:
    now = tracker.created_at + gone
    due, end = next_poll(tracker, bounds, now), end_of_polling(tracker, bounds)
    if now >= end and statuses()[tracker.status].terminal:
        assert due is None
    elif now >= end:
        assert due == now + max(DAY, bounds.min_interval), "not expired: its carrier speaks, though nothing moves"
    else:
        assert due is not None
        assert now + bounds.min_interval <= due <= max(end, now + bounds.min_interval)
        assert due > now


@given(parcels(), st.sampled_from(MOVING), st.lists(st.floats(0, 1), min_size=2, max_size=8))
def test_the_nearer_the_promise_the_denser_the_polls(tracker: TrackerRecord, status: str, shares: list[float]) -> None:
    """Mornings, which are denser by themselves, are left out: the parcel's zone is not known."""
    waiting = parcel(status, booked=tracker.created_at, promise_h=30)
    waits = [interval(waiting, waiting.created_at + share * 30 * HOUR) for share in sorted(shares)]
    assert waits == sorted(waits, reverse=True)


@given(st.sampled_from(MOVING), st.floats(0, 200), st.floats(0, 200), st.sampled_from([2, 30, 72]))
def test_after_the_promise_silence_makes_them_sparser_and_news_dense_again(
    status: str, first_h: float, second_h: float, promise_h: float
) -> None:
    late = parcel(status, promise_h=promise_h)
    promise = BOOKED + promise_h * HOUR
    sooner, later = sorted((first_h, second_h))
    assert interval(late, promise + sooner * HOUR) <= interval(late, promise + later * HOUR) <= DAY
    news = parcel(status, promise_h=promise_h, told_h=promise_h + later)
    now = promise + later * HOUR
    assert interval(news, now) <= interval(late, now)


@given(st.floats(0.5, 100), st.floats(0.5, 100), st.sampled_from(MOVING))
def test_what_is_promised_sooner_is_asked_more_often(one_h: float, other_h: float, status: str) -> None:
    sooner, later = sorted((one_h, other_h))
    assert interval(parcel(status, promise_h=sooner), BOOKED) <= interval(parcel(status, promise_h=later), BOOKED)


@pytest.mark.parametrize("status", MOVING)
def test_out_for_delivery_is_asked_most_often_but_for_couriers_on_their_way(status: str) -> None:
    door = interval(parcel("out_for_delivery"), BOOKED)
    assert status in ("assigned", "pickup_in_progress") or door <= interval(parcel(status), BOOKED)


@given(parcels(), hours)
def test_a_carrier_that_pushes_is_asked_less_often_and_never_more(tracker: TrackerRecord, gone: timedelta) -> None:
    now = tracker.created_at + gone
    silent = parcel(tracker.status, booked=tracker.created_at, zone=tracker.timezone)
    pushing = parcel(tracker.status, booked=tracker.created_at, zone=tracker.timezone, pushed=True)
    assert interval(pushing, now) >= interval(silent, now)


@given(st.sampled_from(MOVING), moments, st.sampled_from(ZONES[1:]))
def test_nights_are_sparse_by_the_recipients_own_clock_also_when_clocks_change(
    status: str, now: datetime, zone: str
) -> None:
    night = _table()["night"]
    sleeper = parcel(status, booked=now - 10 * HOUR, promise_h=30, zone=zone)
    due = next_poll(sleeper, BOUNDS, now)
    assert due is not None
    hour = due.astimezone(ZoneInfo(zone)).hour
    awake = night["until_hour"] <= hour < night["from_hour"]
    assert awake or due - now >= night["every_h"] * HOUR


@pytest.mark.parametrize(
    ("zone", "evening", "morning"),
    [
        ("Europe/Oslo", "2026-03-28T23:30:00+01:00", "2026-03-29T07:00:00+02:00"),  # an hour shorter
        ("Europe/Oslo", "2026-10-24T23:30:00+02:00", "2026-10-25T07:00:00+01:00"),  # an hour longer
        ("America/New_York", "2026-03-07T23:30:00-05:00", "2026-03-08T07:00:00-04:00"),
        ("Australia/Lord_Howe", "2026-10-03T23:30:00+10:30", "2026-10-04T07:00:00+11:00"),  # half an hour
        ("Europe/Oslo", "2026-06-10T23:30:00+02:00", "2026-06-11T07:00:00+02:00"),
    ],
)
def test_a_night_ends_at_seven_whatever_the_clocks_did_in_it(zone: str, evening: str, morning: str) -> None:
    now, wakes = datetime.fromisoformat(evening).astimezone(UTC), datetime.fromisoformat(morning).astimezone(UTC)
    sleeper = parcel("in_transit", booked=now - 10 * HOUR, promise_h=30, zone=zone)
    asked = []
    while not asked or asked[-1] < wakes:
        due = next_poll(sleeper, BOUNDS, asked[-1] if asked else now)
        assert due is not None
        asked.append(due)
    assert len(asked) <= 2, "one look in the night at most"
    spread = timedelta(minutes=_table()["night"]["morning_spread_min"])
    assert wakes <= asked[-1] <= wakes + spread


def test_nobody_sleeps_through_a_delivery_promised_within_hours() -> None:
    now = datetime(2026, 6, 10, 21, 30, tzinfo=UTC)
    express = parcel("out_for_delivery", booked=now - HOUR, promise_h=2, zone="Europe/Oslo")
    assert next_poll(express, BOUNDS, now) == now + BOUNDS.min_interval


def test_what_slept_does_not_wake_all_at_once() -> None:
    now = datetime(2026, 6, 11, 3, tzinfo=UTC)
    sleeper = parcel("in_transit", booked=now - 10 * HOUR, promise_h=30, zone="Europe/Oslo")
    woken = {next_poll(replace(sleeper, id=f"trk_{number}"), BOUNDS, now) for number in range(50)}
    assert len(woken) == 50


@pytest.mark.parametrize("status", sorted(set(statuses()) - set(MOVING) - {"expired"}))
def test_after_the_end_it_looks_once_more_when_the_grace_is_over(status: str) -> None:
    ended = parcel(status, told_h=20)
    at = BOOKED + 20 * HOUR
    assert next_poll(ended, BOUNDS, at + timedelta(minutes=5)) == at + BOUNDS.grace
    assert next_poll(ended, BOUNDS, at + BOUNDS.grace) is None


def test_what_expired_is_not_asked_about_and_the_window_ends_with_a_look() -> None:
    assert next_poll(parcel("expired", told_h=1440), BOUNDS, BOOKED + 60 * DAY) is None
    silent = parcel("in_transit", told_h=5)
    end = BOOKED + 5 * HOUR + BOUNDS.window
    assert next_poll(silent, BOUNDS, end - 2 * HOUR) == end
    assert next_poll(silent, BOUNDS, end) == end + DAY, "unless it was not silent"


def test_a_missing_proof_is_asked_for_sooner_and_ever_less_often() -> None:
    delivered = parcel("delivered", told_h=20)
    at = BOOKED + 20 * HOUR
    asked = [at]
    while (due := next_poll(delivered, BOUNDS, asked[-1], proof_wanted=True)) is not None:
        asked.append(due)
    waits = [later - sooner for sooner, later in pairwise(asked)]
    assert waits[0] == HOUR
    assert waits[:-1] == sorted(waits[:-1])
    assert asked[-1] == at + BOUNDS.grace
    assert len(asked) < 20


def test_every_status_has_its_interval_and_every_figure_its_reason() -> None:
    table = _table()
    assert set(table["statuses"]) == set(statuses())
    rows = [*table["statuses"].values(), *table["nearness"]]
    rows += [table[name] for name in ("overdue", "night", "morning", "pushed", "proof")]
    assert all(row["why"] for row in rows)
    assert [row["left"] for row in table["nearness"]] == sorted(
        (row["left"] for row in table["nearness"]), reverse=True
    )
