"""How a day's calls are spread, who is asked first, and how a rate limit gives way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from carriers.base import CallRate, Polling
from gateway.domain.records import TrackerRecord
from gateway.domain.tracking import statuses
from gateway.services.call_rate import KEPT_FREE, CallRates
from gateway.services.faultpoints import Purpose
from gateway.services.poll_budget import TYPICAL_H, Day, urgency

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
BUDGET = 500


def polling(zone: str) -> Polling:
    return Polling(batch=10, min_interval_s=900, daily_budget=BUDGET, timezone=zone)


def tracker(status: str, *, polled_h: float = 1.0, due_h: float | None = None) -> TrackerRecord:
    return TrackerRecord(
        id=f"trk_{status}",
        merchant_id="mer_1",
        account_id="acc_1",
        carrier="gls",
        tracking_number=status,
        created_at=NOW - timedelta(days=9),
        status=status,
        polled_at=NOW - timedelta(hours=polled_h),
        estimated_delivery_at=None if due_h is None else NOW + timedelta(hours=due_h),
    )


@pytest.mark.parametrize(
    ("zone", "moment", "date", "hours"),
    [
        ("UTC", "2026-11-27T12:00:00+00:00", "2026-11-27", 24),
        ("Europe/Oslo", "2026-11-27T23:30:00+00:00", "2026-11-28", 24),
        ("America/Vancouver", "2026-11-27T03:00:00+00:00", "2026-11-26", 24),
        ("Europe/Berlin", "2026-03-29T10:00:00+00:00", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25T10:00:00+00:00", "2026-10-25", 25),
        ("Australia/Lord_Howe", "2026-10-04T01:00:00+00:00", "2026-10-04", 23.5),
    ],
)
def test_a_day_is_the_carriers_own(zone: str, moment: str, date: str, hours: float) -> None:
    now = datetime.fromisoformat(moment)
    day = Day.at(polling(zone), now)
    assert day.date.isoformat() == date
    assert day.end - day.start == timedelta(hours=hours)
    assert day.start <= now < day.end


def test_the_budget_is_spread_over_the_day_and_no_call_goes_before_its_moment() -> None:
    day = Day.at(polling("Europe/Berlin"), NOW)
    allowed = [day.allowed(BUDGET, day.start + timedelta(minutes=minute)) for minute in range(24 * 60)]
    assert allowed == sorted(allowed)
    assert (allowed[0], allowed[12 * 60], allowed[-1]) == (20, 270, BUDGET)
    for call in (1, 20, 21, 22, 250, 499, 500):
        moment = day.moment_of(BUDGET, call)
        assert day.allowed(BUDGET, moment + timedelta(seconds=1)) >= call
    tomorrow = [day.moment_of(BUDGET, call) for call in (501, 502, 1000)]
    assert tomorrow == sorted(tomorrow)
    assert tomorrow[0] >= day.end


def test_a_small_budget_has_its_first_call_at_midnight() -> None:
    day = Day.at(polling("UTC"), NOW)
    assert day.allowed(3, day.start) == 1
    assert day.moment_of(3, 2) == day.start + timedelta(hours=8)


def test_who_is_likeliest_to_have_moved_is_asked_first_and_nobody_is_forgotten() -> None:
    asked = [
        tracker("booked"),
        tracker("delivered"),
        tracker("out_for_delivery"),
        tracker("in_transit"),
        tracker("in_transit", due_h=3),
    ]
    ranked = sorted(asked, key=lambda each: urgency(each, NOW), reverse=True)
    assert [(each.status, each.estimated_delivery_at is not None) for each in ranked] == [
        ("out_for_delivery", False),
        ("in_transit", True),
        ("in_transit", False),
        ("booked", False),
        ("delivered", False),
    ]
    assert urgency(tracker("booked", polled_h=20), NOW) > urgency(tracker("out_for_delivery", polled_h=1), NOW)


def test_every_status_has_its_pace() -> None:
    assert set(TYPICAL_H) == {name for name, status in statuses().items() if not status.terminal}


class Watch:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


ACCOUNT = ("mer_1", "acc_1")
RATE = CallRate(most=10, per_s=60)


def went(rates: CallRates, purpose: Purpose, times: int, rate: CallRate | None = RATE) -> int:
    return sum(rates.wait_s(ACCOUNT, rate, purpose) == 0 for _ in range(times))


def test_polling_stops_at_half_quotes_at_the_end_and_bookings_never() -> None:
    watch = Watch()
    rates = CallRates(watch)
    assert went(rates, Purpose.TRACK, 20) == 5
    assert went(rates, Purpose.QUOTE, 20) == 5
    assert went(rates, Purpose.BOOK, 20) == 20
    assert rates.wait_s(ACCOUNT, RATE, Purpose.QUOTE) == pytest.approx(66)
    watch.now_s += 66
    assert went(rates, Purpose.QUOTE, 20) == 1
    watch.now_s += 3600
    assert went(rates, Purpose.QUOTE, 20) == 10


def test_what_a_call_took_more_is_missing_and_others_have_their_own() -> None:
    rates = CallRates(Watch())
    rates.took_more(ACCOUNT, RATE, 9)
    assert went(rates, Purpose.QUOTE, 5) == 1
    assert rates.wait_s(("mer_1", "acc_2"), RATE, Purpose.QUOTE) == 0
    assert went(rates, Purpose.QUOTE, 50, rate=None) == 50


def test_one_call_an_hour_still_goes() -> None:
    for purpose in KEPT_FREE:
        assert CallRates(Watch()).wait_s(ACCOUNT, CallRate(most=1, per_s=3600), purpose) == 0
