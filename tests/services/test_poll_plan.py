"""The poll plan on a seeded history: the schedule beside fixed intervals that are as fast."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from carriers.base import Polling
from gateway.domain.records import TrackerRecord
from gateway.domain.tracking import Source, TrackingEvent
from gateway.services.poll_plan import Followed, compare, delivered
from gateway.services.seed import Seeding
from gateway.settings import load_settings
from tests.bench.polling import write_history
from tests.conftest import SECRET_KEY
from tests.journeys.site import Site

SETTINGS = load_settings({"GATEWAY__SECRETS__KEYS": SECRET_KEY}).tracking
BOOKED = datetime(2026, 6, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLLED = {"swift": Polling(batch=1, min_interval_s=60, daily_budget=None, timezone="UTC")}


def followed(hours: float, number: int) -> Followed:
    """Promised for the time it took and half of it again."""
    tracker = TrackerRecord(
        id=f"trk_{number}",
        merchant_id="mer_1",
        account_id="acc_1",
        carrier="swift",
        tracking_number=str(number),
        created_at=BOOKED,
        promised_by=BOOKED + 1.5 * hours * HOUR,
        status="booked",
        status_at=BOOKED,
    )
    told = [("picked_up", 0.15), ("in_transit", 0.4), ("out_for_delivery", 0.85), ("delivered", 1.0)]
    scans = tuple(
        TrackingEvent(event_id=status, occurred_at=BOOKED + hours * share * HOUR, status=status, source=Source.POLL)
        for status, share in told
    )
    return Followed(tracker, scans)


def test_all_scans_are_seen_both_ways_and_the_fixed_interval_is_as_fast() -> None:
    parcels = [followed(hours + number / 7, number) for number, hours in enumerate([1, 2, 5, 20, 44] * 8)]
    found = compare(parcels, POLLED, SETTINGS)
    for effort in (found.adaptive, found.fixed, found.fixed_at_p90):
        assert len(effort.delays) == 4 * len(parcels)
        assert min(effort.delays) >= timedelta()
    assert found.fixed.median <= found.adaptive.median
    assert found.fixed_at_p90.p90 <= found.adaptive.p90
    assert max(found.fixed.delays) <= found.interval
    assert found.ratio == found.adaptive.calls / found.fixed.calls
    assert found.ratio < 0.7, "no nights are known of here"


def test_a_fixed_interval_asks_from_booking_to_the_poll_that_sees_the_delivery() -> None:
    found = compare([followed(10, 1), followed(10, 2)], POLLED, SETTINGS)
    lasted = 10 * HOUR
    assert found.fixed.calls_each == pytest.approx(2 + lasted // found.interval, abs=1)


def test_the_seeded_history_is_followed_with_half_the_calls(site: Site) -> None:
    write_history(site.services, Seeding(shipments=150, seed=3))
    polled = {code: replace(POLLED["swift"], min_interval_s=seconds) for code, seconds in SECONDS.items()}
    parcels = list(delivered(site.services.store, polled))
    assert 80 < len(parcels) < 150
    assert {parcel.tracker.carrier for parcel in parcels} == set(SECONDS), "drivers' scans are not polled"
    assert all(parcel.tracker.timezone and parcel.tracker.promised_by for parcel in parcels)
    assert compare(parcels, polled, SETTINGS).ratio <= 0.5


SECONDS = {"bring": 900, "sandbox": 60, "uber_direct": 120}
