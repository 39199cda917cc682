"""Stuart's wire format, from its documents: sizes, times, money, every status, odd shapes."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from carriers.base import (
    Account,
    BadCarrierResponse,
    Money,
    Parcel,
    Reading,
    ServiceLevel,
    ShipmentRejected,
    TimeWindow,
    TrackingEvent,
    TrackingUpdate,
)
from carriers.stuart.adapter import Stuart
from carriers.stuart.wire import answers, asking, tracking
from gateway.domain.fold import current_status
from tests.carriers.simulated import NOON
from tests.carriers.stuart.conftest import shipment

TABLE = Stuart.statuses


def account(**options: Any) -> Account:
    return Account(id="a", name="stuart", mode="test", urls={}, options=options)


@pytest.mark.parametrize(
    ("weight_g", "side_mm", "word"),
    [
        (2000, 250, "xsmall"),
        (2001, 0, "small"),
        (6000, 0, "small"),
        (100, 251, "small"),
        (12001, 0, "medium"),
        (100, 501, "large"),
        (40001, 0, "xlarge"),
        (100, 901, "xlarge"),
    ],
)
def test_the_package_type_follows_weight_and_longest_side(weight_g: int, side_mm: int, word: str) -> None:
    moved = replace(shipment(), parcels=(Parcel(weight_g=weight_g, width_mm=side_mm),))
    assert asking.package_type(moved) == word


def test_all_parcels_go_as_one_package_and_an_account_may_say_which() -> None:
    two = replace(shipment(), parcels=(Parcel(weight_g=8000), Parcel(weight_g=8000, description="b")))
    (dropoff,) = asking.job(two, account(), NOON, None, NOON)["job"]["dropoffs"]  # type: ignore[index]  # JSON
    assert (dropoff["package_type"], dropoff["package_description"]) == ("medium", "b")
    (dropoff,) = asking.job(two, account(package_type="xlarge"), NOON, None, NOON)["job"]["dropoffs"]  # type: ignore[index]  # JSON
    assert dropoff["package_type"] == "xlarge"


@pytest.mark.parametrize(
    ("ready_in", "window", "expected"),
    [
        (0, None, {}),
        (4, None, {}),
        (60, None, {"pickup_at": "2026-03-02T13:00:00.000000+0000"}),
        (0, (60, 120), {"dropoff_at": "2026-03-02T13:30:00.000000+0000"}),
        (60, (0, 120), {"dropoff_at": "2026-03-02T13:30:00.000000+0000"}),
        (60, (0, 60), None),
    ],
)
def test_a_job_has_one_time(ready_in: int, window: Any, expected: Any) -> None:
    east = timezone(timedelta(hours=2))

    def minutes(after: int) -> datetime:
        return (NOON + timedelta(minutes=after)).astimezone(east)

    span = TimeWindow(start=minutes(window[0]), end=minutes(window[1])) if window else None
    if expected is not None:
        assert asking.schedule(minutes(ready_in), span, NOON) == expected
        return
    with pytest.raises(ShipmentRejected):
        asking.schedule(minutes(ready_in), span, NOON)


@pytest.mark.parametrize(
    ("amount", "currency", "tax", "price"),
    [
        ("11.5", "EUR", 0, "11.50 EUR"),
        ("11.700000000000001", "eur", 0, "11.70 EUR"),
        ("0", "GBP", 0, "0.00 GBP"),
        ("9.75", "EUR", 20, "11.70 EUR"),
        ("10", "PLN", 23.5, "12.35 PLN"),
    ],
)
def test_prices_are_exact_and_tax_is_added_where_the_account_says_so(
    amount: str, currency: str, tax: float, price: str
) -> None:
    answer = Reading.parse(f'{{"amount": {amount}, "currency": "{currency}"}}'.encode())
    rate = answers.rate(answer, ServiceLevel.INSTANT, "delivery", account(tax_percent=tax, prices_include_tax=not tax))
    assert str(rate.price) == price
    assert bool(rate.surcharges) is bool(tax)


@pytest.mark.parametrize("body", ['{"amount": -1, "currency": "EUR"}', '{"amount": 1, "currency": "ZZZ"}', "{}"])
def test_no_amount_of_money_is_no_price(body: str) -> None:
    with pytest.raises(BadCarrierResponse):
        answers.rate(Reading.parse(body.encode()), ServiceLevel.INSTANT, "delivery", account())


def test_a_booking_is_the_delivery_of_our_reference_in_whichever_order_they_come() -> None:
    job = {"deliveries": [{"id": "8", "client_reference": "x"}, {"id": 7, "client_reference": "tnd_1"}]}
    assert answers.booking(Reading(job), "tnd_1").ref.carrier_reference == "7"
    with pytest.raises(BadCarrierResponse):
        answers.booking(Reading(job), "tnd_2")


def test_a_price_that_was_booked_is_in_the_currency_it_was_quoted_in() -> None:
    job = {"deliveries": [{"id": 7}], "pricing": {"price_tax_included": 11}}
    assert answers.booking(Reading(job), "tnd_1", "GBP").price == Money.parse("11", "GBP")
    assert answers.booking(Reading(job), "tnd_1").price is None


def read(status: str, reason: str = "", minute: int = 0, id_: int = 7, **fields: Any) -> TrackingUpdate:
    body = {"id": id_, "status": status, "cancellation": {"reason_key": reason or None}, **fields}
    delivery = answers.Delivery(Reading({}), Reading(body))
    return tracking.update(delivery, "tnd_1", TABLE, NOON + timedelta(minutes=minute))


def pushed(data: dict[str, Any], event: str = "delivery", minute: int = 0) -> list[TrackingUpdate]:
    body = json.dumps({"event": event, "type": "update", "data": data}).encode()
    return list(tracking.webhook(Reading.parse(body), TABLE, NOON + timedelta(minutes=minute)))


def delivery(status: str | None, reason: str = "", **fields: Any) -> dict[str, Any]:
    why = {"canceledBy": None, "reasonKey": reason or None, "comment": None}
    return {"id": 7, "status": status, "clientReference": "tnd_1", "cancellation": why, **fields}


def words(update: TrackingUpdate) -> list[tuple[str, str]]:
    return [(event.status, event.reason) for event in update.events]


REASONS = {"return": "end-customer_unreachable", "reassigned": "no_supply", "unconfirmed": ""}


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: f"{row.carrier_code}-{row.qualifier}")
def test_every_code_of_the_table_is_reached(row: Any) -> None:
    reason = REASONS.get(row.qualifier, row.qualifier.removeprefix("attempt:"))
    (push,) = pushed(delivery(row.carrier_code, reason))
    poll = read(row.carrier_code, reason)
    reached = [update for update in (push, poll) if (row.status, row.reason) in words(update)]
    assert reached
    if row.qualifier not in ("unconfirmed", "") or row.carrier_code not in tracking.CALLED_OFF:
        assert len(reached) == 2
        assert [event.event_id for event in push.events] == [event.event_id for event in poll.events]


def history(*steps: tuple[str, str]) -> list[TrackingEvent]:
    return [event for minute, step in enumerate(steps) for event in read(*step, minute=minute).events]


def test_a_way_back_is_told_by_its_reason_and_ends_at_the_sender() -> None:
    why = "end-customer_unreachable"
    steps = [("pending", ""), ("picking", ""), ("waiting_at_pickup", ""), ("delivering", ""), ("picking", why)]
    steps += [("waiting_at_pickup", why), ("delivered", why)]
    seen = [current_status(history(*steps[: end + 1])).status for end in range(len(steps))]
    assert seen == [
        "booked",
        "pickup_in_progress",
        "pickup_in_progress",
        "out_for_delivery",
        "returning",
        "returning",
        "returned",
    ]
    assert current_status(history(*steps)).attempts == 1
    updates = [read(*step, minute=minute).events for minute, step in enumerate(steps[3:])]
    for order in itertools.permutations(updates):
        assert current_status([event for events in order for event in events]).status == "returned"


def test_a_way_back_whose_end_has_no_reason_is_never_called_delivered() -> None:
    told = history(("delivering", ""), ("picking", "end-customer_refused_package"), ("delivered", ""))
    folded = current_status(told)
    assert (folded.status, folded.status_conflict) == ("returning", True)


def test_a_courier_who_gives_it_back_takes_it_back_to_waiting() -> None:
    steps = [("pending", ""), ("picking", ""), ("pending", "no_supply"), ("picking", "no_supply"), ("delivering", "")]
    seen = [current_status(history(*steps[: end + 1])).status for end in range(len(steps))]
    assert seen == ["booked", "pickup_in_progress", "booked", "pickup_in_progress", "out_for_delivery"]
    assert words(read("delivered", "no_supply")) == [("delivered", "delivered_to_recipient")]


@pytest.mark.parametrize("status", ["picking", "delivered", "cancelled"])
def test_a_reason_nobody_lists_is_never_guessed(status: str) -> None:
    assert words(read(status, "beamed_up")) == [("unknown", "unmapped_carrier_code")]


def test_a_stacked_delivery_lives_on_under_new_ids() -> None:
    old = {"id": 1, "deliveries": [{"id": 99, "client_reference": "tnd_1", "status": "cancelled"}]}
    new = {"id": 2, "deliveries": [{"id": 100, "client_reference": "tnd_1", "status": "picking"}]}
    others = {"id": 3, "deliveries": [{"id": 101, "client_reference": "tnd_2", "status": "picking"}]}
    for jobs in itertools.permutations([old, new, others]):
        found = answers.current(Reading(list(jobs)), "tnd_1")
        assert found is not None
        assert found.id == "100"
    told = [*pushed(delivery("cancelled", "manually_stacked"))[0].events, *read("picking", id_=100, minute=1).events]
    assert current_status(told).status == "pickup_in_progress"


def test_a_job_called_off_without_a_word_waits_for_the_next_look() -> None:
    (doubtful,) = pushed({"id": 1, "status": "canceled", "deliveries": [{"id": 7, "clientReference": "tnd_1"}]}, "job")
    assert current_status(doubtful.events).terminal is False
    assert current_status([*doubtful.events, *read("cancelled", minute=1).events]).status == "cancelled"


def test_a_job_webhook_tells_of_its_current_delivery_by_our_reference() -> None:
    now = delivery("picking", "end-customer_unreachable", driver={"name": "R", "latitude": 48.8, "longitude": 2.3})
    job = {"id": 1, "status": "in_progress", "deliveries": [{"id": 7, "clientReference": "tnd_1"}]}
    for current in (now, {**now, "clientReference": None}):
        (update,) = pushed({**job, "currentDelivery": current}, "job")
        assert (update.tracking_number, update.reference) == ("tnd_1", "tnd_1")
        assert words(update) == [("attempt_failed", "recipient_unreachable"), ("returning", "return_in_progress")]
    (unnamed,) = pushed({**job, "currentDelivery": {**now, "clientReference": None}, "deliveries": []}, "job")
    assert unnamed.tracking_number == "7"


def test_a_job_with_several_deliveries_and_none_under_way_tells_of_all() -> None:
    named = [{"id": 7, "clientReference": "tnd_1"}, {"id": 8, "clientReference": "tnd_2"}]
    updates = pushed({"id": 1, "status": "searching", "currentDelivery": None, "deliveries": named}, "job")
    assert {update.tracking_number for update in updates} == {"tnd_1", "tnd_2"}
    (finished, _) = pushed({"id": 1, "status": "finished", "currentDelivery": None, "deliveries": named}, "job")
    assert words(finished) == [("unknown", "carrier_message")]


def test_positions_tell_nothing_and_unknown_shapes_are_kept_for_a_person() -> None:
    assert pushed({"job": {"currentDelivery": {"driver": {"latitude": 1}}}}, "driver") == []
    for shape in ({"event": "package", "data": {}}, {"status": "package_delivered"}, {"event": "delivery"}):
        with pytest.raises(BadCarrierResponse):
            tracking.webhook(Reading(shape), TABLE, NOON)


def test_events_are_dated_by_when_we_were_told_and_say_so() -> None:
    (event,) = read("picking", minute=3).events
    assert (event.occurred_at, event.tz_source) == (NOON + timedelta(minutes=3), "assumed")
    (update,) = pushed(delivery("delivering", etaToDestination="2026-03-02T13:30:00.000+01:00"))
    assert update.deliver_by == datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
