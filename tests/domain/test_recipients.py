"""How far a parcel has come, and when it is expected, as recipients are shown it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.domain.recipients import expected, steps
from gateway.domain.tracking import statuses

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
OSLO = ZoneInfo("Europe/Oslo")


def way(status: str, progress: str = "unknown", *, collects: bool = False) -> str:
    """`a.b>c` : done, current, ahead."""
    marks = {"done": "+", "current": ">", "ahead": "-"}
    return " ".join(f"{marks[step.state]}{step.name}" for step in steps(status, progress, collects=collects))


@pytest.mark.parametrize(
    ("status", "progress", "shown"),
    [
        ("unknown", "unknown", ">created -picked_up -in_transit -out_for_delivery -delivered"),
        ("booked", "booked", ">created -picked_up -in_transit -out_for_delivery -delivered"),
        ("in_transit", "in_transit", "+created +picked_up >in_transit -out_for_delivery -delivered"),
        ("exception", "picked_up", "+created >picked_up -in_transit -out_for_delivery -delivered"),
        ("attempt_failed", "out_for_delivery", "+created +picked_up +in_transit >out_for_delivery -delivered"),
        ("delivered", "delivered", "+created +picked_up +in_transit +out_for_delivery +delivered"),
        ("available_for_pickup", "in_transit", "+created +picked_up +in_transit >available_for_pickup -collected"),
        ("returning", "in_transit", "+created +picked_up +in_transit >returning -returned"),
        ("returned", "returned", "+created +picked_up +in_transit +returning +returned"),
        ("cancelled", "booked", "+created >cancelled"),
        ("failed", "out_for_delivery", "+created +picked_up +in_transit +out_for_delivery >failed"),
        ("expired", "in_transit", "+created +picked_up >in_transit -out_for_delivery -delivered"),
    ],
)
def test_the_way_is_as_far_as_the_parcel(status: str, progress: str, shown: str) -> None:
    assert way(status, progress) == shown


def test_a_collected_parcel_ends_collected() -> None:
    assert way("delivered", "delivered", collects=True).endswith("+available_for_pickup +collected")


@pytest.mark.parametrize("status", list(statuses()))
def test_every_status_has_a_way_with_one_present_step_unless_it_is_over(status: str) -> None:
    found = [step.state for step in steps(status, "unknown", collects=False)]
    assert found.count("current") == (0 if status in ("delivered", "returned") else 1)
    assert found == sorted(found, key=["done", "current", "ahead"].index)


def test_a_window_is_shown_where_it_says_something() -> None:
    end = NOW + timedelta(hours=4)
    found = expected(NOW, end, end, NOW, OSLO)
    assert found
    assert (found.start, found.late, found.overdue) == (NOW, False, False)
    for start in (None, end, end + timedelta(hours=1), end - timedelta(days=11)):
        again = expected(start, end, end, NOW, OSLO)
        assert again
        assert again.start is None
    assert expected(NOW, None, None, NOW, OSLO) is None


def test_late_is_after_the_promised_day_where_the_recipient_is() -> None:
    promised = datetime(2026, 11, 24, 22, tzinfo=UTC)  # 23:00 in Oslo
    same_day, next_day = promised + timedelta(minutes=30), promised + timedelta(hours=2)
    for end, late in ((same_day, False), (next_day, True)):
        found = expected(None, end, promised, NOW, OSLO)
        assert found
        assert found.late is late
