"""Our own fleet: zones, cut-offs, windows and prices; places taken and given back; scans."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest

from carriers.base import (
    Account,
    Address,
    AuthenticationFailed,
    Booking,
    BookRequest,
    CancellationState,
    Money,
    Parcel,
    Place,
    ProofOfDelivery,
    QuoteRequest,
    Rate,
    ServiceLevel,
    Shipment,
    ShipmentRejected,
    TimeWindow,
    UnknownReference,
)
from carriers.own_fleet.adapter import OwnFleet
from tests.carriers.own_fleet.delivery_windows_suite import DeliveryWindowsSuite, MakeWindows
from tests.carriers.own_fleet.windows_in_memory import WindowsInMemory

T = TypeVar("T")
OSLO = ZoneInfo("Europe/Oslo")
CARD = """\
[zones]
zone,country,postcodes
inner,NO,01*|02*
inner,GB,SW1A 1*
outer,NO,0*|1*
[prices]
zone,service,max_weight_g,price_minor,currency
inner,same_day,5000,9900,NOK
inner,same_day,20000,14900,NOK
inner,next_day,20000,6900,NOK
inner,standard,20000,4900,NOK
outer,next_day,20000,9900,NOK
"""
OPTIONS: dict[str, object] = {
    "timezone": "Europe/Oslo",
    "cut_offs": {"same_day": "12:00", "next_day": "18:00", "standard": "23:59"},
    "rate_card": CARD,
}


class TestWindowsInMemory(DeliveryWindowsSuite):
    @pytest.fixture
    def make_windows(self) -> MakeWindows:
        return WindowsInMemory


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of March 2026 in Oslo; the 2nd is a Monday, summer time begins on the 29th."""
    return datetime(2026, 3, day, hour, minute, tzinfo=OSLO)


def window(window_id: str, start: datetime, capacity: int = 1, zone: str = "inner") -> tuple[Any, ...]:
    return (window_id, zone, start, start + timedelta(hours=2), capacity)


MORNING = at(2, 9)


class Depot:
    """An own fleet with windows, at a moment that can be moved."""

    def __init__(self, *windows: tuple[Any, ...], now: datetime = MORNING, **options: object) -> None:
        self.now = now
        self.windows = WindowsInMemory(windows)
        account = Account(
            id="acc_1", name="vans", mode="live", urls={}, options={**OPTIONS, **options}, windows=self.windows
        )
        self.fleet = OwnFleet(account, lambda: self.now)

    def rates(self, postal_code: str = "0150", country: str = "NO", **more: Any) -> list[Rate]:
        request = {"shipment": shipment(postal_code, country), "ready_at": self.now, **more}
        return list(at_once(self.fleet.quote(QuoteRequest(**request))))

    def sold(self, **more: Any) -> list[tuple[str, str]]:
        return [(rate.carrier_quote_id, rate.service.value) for rate in self.rates(**more)]

    def book(self, rate: Rate, tender: str = "tnd_1") -> Booking:
        request = BookRequest(shipment=shipment(), rate=rate, tender_reference=tender, ready_at=self.now)
        return at_once(self.fleet.book(request))


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that awaits nothing."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        found: T = ended.value
        return found
    raise AssertionError("it awaited something")


def shipment(postal_code: str = "0150", country: str = "NO", *weights_g: int) -> Shipment:
    return Shipment(
        origin=Address(country="NO", postal_code="0580"),
        destination=Address(country=country, postal_code=postal_code),
        parcels=tuple(Parcel(weight_g=weight_g) for weight_g in weights_g or (2500,)),
    )


def test_a_rate_for_each_window_with_room() -> None:
    depot = Depot(window("today", at(2, 16)), window("full", at(2, 18), capacity=0), window("next", at(3, 8)))
    rates = depot.rates()
    assert [(rate.carrier_quote_id, rate.service, rate.price) for rate in rates] == [
        ("today", ServiceLevel.SAME_DAY, Money.from_minor(9900, "NOK")),
        ("next", ServiceLevel.NEXT_DAY, Money.from_minor(6900, "NOK")),
    ]
    assert (rates[0].deliver_from, rates[0].deliver_by) == (at(2, 16), at(2, 18))
    assert (rates[0].expires_at, rates[1].expires_at) == (at(2, 12), at(2, 18))


@pytest.mark.parametrize(
    ("now", "sold"),
    [
        (at(2, 12), [("today", "same_day"), ("next", "next_day")]),
        (at(2, 12, 1), [("next", "next_day")]),
        (at(2, 18), [("next", "next_day")]),
        (at(2, 18, 1), []),
        (at(2, 23, 59), []),
        (at(3, 0), [("next", "same_day")]),
    ],
)
def test_a_service_is_sold_until_its_cut_off(now: datetime, sold: list[tuple[str, str]]) -> None:
    assert Depot(window("today", at(2, 16)), window("next", at(3, 16)), now=now).sold() == sold


def test_days_are_the_depots() -> None:
    depot = Depot(window("w", at(3, 8)), now=datetime(2026, 3, 2, 23, 30, tzinfo=UTC))
    assert depot.sold() == [("w", "same_day")], "half past midnight in Oslo"


def test_a_cut_off_is_meant_in_summer_time_when_there_is_summer_time() -> None:
    depot = Depot(window("w", at(30, 8)), now=at(29, 17))
    (rate,) = depot.rates()
    assert rate.expires_at == datetime(2026, 3, 29, 16, 0, tzinfo=UTC)


def test_a_service_without_cut_off_is_not_sold() -> None:
    depot = Depot(window("today", at(2, 16)), window("next", at(3, 16)), cut_offs={"next_day": "18:00"})
    assert depot.sold() == [("next", "next_day")]


def test_a_window_far_away_is_standard_and_beyond_the_horizon_not_sold() -> None:
    depot = Depot(window("near", at(4, 8)), window("far", at(7, 8)), window("too_far", at(9, 10)))
    assert depot.sold() == [("near", "standard"), ("far", "standard")]


def test_an_order_counts_from_when_the_goods_are_ready() -> None:
    depot = Depot(window("today", at(2, 16)), window("next", at(3, 16)))
    assert depot.sold(ready_at=at(2, 14)) == [("next", "next_day")]


def test_only_windows_within_the_wish() -> None:
    depot = Depot(*(window(f"at_{hour}", at(3, hour)) for hour in (8, 10, 12)))
    wish = TimeWindow(start=at(3, 9), end=at(3, 13))
    assert depot.sold(window=wish) == [("at_10", "next_day")]
    assert depot.sold(services=(ServiceLevel.SAME_DAY,)) == []


@pytest.mark.parametrize(
    ("country", "postal_code", "zone"),
    [
        ("NO", "0150", "inner"),
        ("NO", "0350", "outer"),
        ("NO", "1350", "outer"),
        ("NO", "9000", None),
        ("SE", "0150", None),
        ("GB", "sw1a1aa", "inner"),
        ("NO", "", None),
    ],
)
def test_the_longest_prefix_says_the_zone(country: str, postal_code: str, zone: str | None) -> None:
    depot = Depot(window("inner", at(3, 8)), window("outer", at(3, 8), zone="outer"))
    found = depot.rates(postal_code=postal_code, country=country)
    assert [rate.carrier_quote_id for rate in found] == ([zone] if zone else [])


def test_the_price_follows_the_weight_of_all_parcels() -> None:
    depot = Depot(window("w", at(2, 16)))
    prices = [
        depot.rates(shipment=shipment("0150", "NO", *weights_g)) for weights_g in ((5000,), (2501, 2500), (20001,))
    ]
    assert [[rate.price.minor for rate in rates] for rates in prices] == [[9900], [14900], []]


def test_booking_takes_one_place_however_often_it_is_asked() -> None:
    depot = Depot(window("w", at(2, 16), capacity=2))
    rate = depot.rates()[0]
    first, again = depot.book(rate), depot.book(rate)
    assert first.ref == again.ref
    assert at_once(depot.fleet.find("tnd_1")) == Booking(ref=first.ref, deliver_by=at(2, 18))
    assert (first.price, first.deliver_by) == (rate.price, at(2, 18))
    assert depot.book(rate, "tnd_2").ref.tracking_number != first.ref.tracking_number
    with pytest.raises(ShipmentRejected):
        depot.book(rate, "tnd_3")
    assert at_once(depot.fleet.find("tnd_3")) is None


def test_a_window_is_not_booked_after_its_cut_off_but_what_is_booked_stays() -> None:
    depot = Depot(window("w", at(2, 16), capacity=2))
    rate = depot.rates()[0]
    booked = depot.book(rate)
    depot.now = at(2, 12, 1)
    assert depot.book(rate).ref == booked.ref
    with pytest.raises(ShipmentRejected):
        depot.book(rate, "tnd_2")


def test_cancelling_gives_the_place_back_and_may_be_repeated() -> None:
    depot = Depot(window("w", at(2, 16)))
    rate = depot.rates()[0]
    booking = depot.book(rate)
    for _ in range(2):
        assert at_once(depot.fleet.cancel(booking.ref)).state is CancellationState.ACCEPTED
    assert at_once(depot.fleet.find("tnd_1")) is None
    assert depot.book(rate, "tnd_2")


def test_a_booking_that_arrives_after_its_cancellation_is_refused() -> None:
    depot = Depot(window("w", at(2, 16)))
    rate = depot.rates()[0]
    at_once(depot.fleet.cancel(depot.book(rate).ref))
    with pytest.raises(ShipmentRejected):
        depot.book(rate)


def test_it_is_too_late_once_the_window_has_begun() -> None:
    depot = Depot(window("w", at(2, 16)))
    booking = depot.book(depot.rates()[0])
    depot.now = at(2, 16)
    assert at_once(depot.fleet.cancel(booking.ref)).state is CancellationState.TOO_LATE
    assert at_once(depot.fleet.find("tnd_1")) is not None


def test_a_place_that_was_moved_before_is_agreed_to_again_however_late() -> None:
    """The answer was lost: told afterwards that it is too late, a recipient would wait at the wrong time."""
    depot = Depot(window("w", at(2, 16)), window("v", at(2, 18)))
    booking = depot.book(next(rate for rate in depot.rates() if rate.deliver_by == at(2, 18))).ref
    (slot,) = at_once(depot.fleet.other_times(booking))
    at_once(depot.fleet.reschedule(booking, slot, "div_1"))
    depot.now = slot.window.start
    at_once(depot.fleet.reschedule(booking, slot, "div_1"))
    with pytest.raises(ShipmentRejected):
        at_once(depot.fleet.reschedule(booking, replace(slot, id="w"), "div_2"))


def test_a_tender_without_a_place_cannot_be_cancelled() -> None:
    depot = Depot(window("w", at(2, 16)), window("v", at(2, 18)))
    unknown = depot.book(depot.rates()[0]).ref
    with pytest.raises(UnknownReference):
        at_once(Depot().fleet.cancel(unknown))


@pytest.mark.parametrize(
    "option",
    [
        {"timezone": "Norway/Oslo"},
        {"timezone": None},
        {"cut_offs": {"same_day": "noon"}},
        {"cut_offs": {"same_day": "12:00+01:00"}},
        {"cut_offs": {"overnight": "12:00"}},
        {"rate_card": "zone,price\ninner,9"},
        {"horizon_days": "7"},
    ],
)
def test_terms_that_cannot_be_read_stop_the_account_and_name_the_option(option: dict[str, object]) -> None:
    with pytest.raises(AuthenticationFailed, match=next(iter(option))):
        Depot(window("w", at(2, 16)), **option).rates()


def test_an_account_without_windows_sells_nothing() -> None:
    account = Account(id="acc_1", name="vans", mode="live", urls={}, options=OPTIONS)
    with pytest.raises(AuthenticationFailed):
        at_once(OwnFleet(account).find("tnd_1"))


def test_a_scan_becomes_one_event_under_the_devices_own_id() -> None:
    proof = ProofOfDelivery(received_by="Kari", photo=b"jpeg")
    place = Place(latitude=59.91, longitude=10.75)
    update = Depot().fleet.read_scan(
        client_event_id="8b9f",
        tracking_number="OF1",
        code="delivered",
        detail="neighbour",
        occurred_at=at(2, 17),
        place=place,
        piece="2",
        proof=proof,
    )
    (event,) = update.events
    assert (update.tracking_number, update.proof) == ("OF1", proof)
    assert (event.event_id, event.status, event.reason) == ("8b9f", "delivered", "delivered_neighbour")
    assert (event.occurred_at, event.place, event.piece) == (at(2, 17), place, "OF1/2")


@pytest.mark.parametrize(("code", "detail"), [("teleported", ""), ("delivered", "by_drone"), ("", "")])
def test_a_scan_with_an_unlisted_code_is_unknown(code: str, detail: str) -> None:
    update = Depot().fleet.read_scan(
        client_event_id="1", tracking_number="OF1", code=code, detail=detail, occurred_at=at(2, 17)
    )
    assert (update.events[0].status, update.events[0].reason) == ("unknown", "unmapped_carrier_code")


def test_a_parcel_that_is_missing_is_not_lost() -> None:
    by_code = {(row.carrier_code, row.qualifier): row.status for row in OwnFleet.statuses.rows}
    assert by_code["missing", ""] == "exception"
    assert by_code["lost", ""] == "failed"
