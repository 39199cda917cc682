from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from carriers.base import (
    Address,
    Parcel,
    QuoteRequest,
    ServiceLevel,
    Shipment,
    ShipmentRejected,
    TimeWindow,
    check_doors,
    on_demand_level,
    phone_number,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DOOR = Address(country="US", street1="201 3rd St", city="San Francisco", name="Joan P.", phone="+1 (415) 555-1212")
MOVED = Shipment(origin=DOOR, destination=DOOR, parcels=(Parcel(weight_g=1),))
WINDOW = TimeWindow(start=NOON, end=NOON + timedelta(hours=1))


@pytest.mark.parametrize(
    ("window", "services", "level"),
    [
        (None, (), "instant"),
        (WINDOW, (), "same_day"),
        (None, ("same_day",), "same_day"),
        (WINDOW, ("instant",), None),
        (None, ("economy",), None),
    ],
)
def test_the_level_is_what_the_times_make_of_it(
    window: TimeWindow | None, services: tuple[str, ...], level: str | None
) -> None:
    wanted = tuple(ServiceLevel(word) for word in services)
    assert on_demand_level(QuoteRequest(shipment=MOVED, ready_at=NOON, window=window, services=wanted)) == level


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+1 (415) 555-1212", "+14155551212"),
        ("+33.6/98-34 87 56", "+33698348756"),
        ("0698348756", ""),
        ("+1 415 CALL", ""),
        ("", ""),
    ],
)
def test_a_phone_number_is_e164_or_none(typed: str, number: str) -> None:
    assert phone_number(replace(DOOR, phone=typed)) == number


def test_every_missing_thing_is_named_at_once() -> None:
    check_doors(MOVED, called=("sender", "recipient"))
    blank = replace(MOVED, origin=replace(DOOR, phone=""), destination=replace(DOOR, city="", phone="12"))
    with pytest.raises(ShipmentRejected) as refused:
        check_doors(blank, called=("recipient",))
    assert [reason.split("'")[0] for reason in refused.value.reasons] == ["the recipient", "the recipient"]
    with pytest.raises(ShipmentRejected) as refused:
        check_doors(blank, called=("sender", "recipient"))
    assert len(refused.value.reasons) == 3
