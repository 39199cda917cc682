"""The Group API's words, from its documentation rather than from examples."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from carriers.base import Address, BadCarrierResponse, Leg, Reading
from carriers.inpost_group.adapter import InPostGroup
from carriers.inpost_group.wire import booking, handover, parties, tracking
from gateway.domain.fold import current_status

TABLE, WARSAW = InPostGroup.statuses, InPostGroup.profile.polling.zone
AT = "2025-03-30T01:00:00.123456789Z"


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: row.carrier_code)
def test_every_code_is_told_as_the_table_says(row: Any) -> None:
    event = {"trackingNumber": "1", "eventId": f"u#{row.carrier_code}", "eventCode": row.carrier_code, "timestamp": AT}
    (pushed,) = tracking.pushed(Reading(event), TABLE, WARSAW).events
    (polled,) = tracking.updates(Reading({"parcels": [{"trackingNumber": "1", "events": [event]}]}), TABLE, WARSAW)
    assert polled.events == (pushed,)
    assert (pushed.status, pushed.reason) == (row.status, row.reason)
    assert pushed.occurred_at.microsecond == 123456
    assert row.source


def test_every_code_of_a_final_word_is_one_of_delivery_loss_or_cancellation() -> None:
    final = {
        row.carrier_code: row.status
        for row in TABLE.rows
        if row.status in ("delivered", "failed", "cancelled", "returned")
    }
    assert {code for code in final if not code.startswith("EOL")} == {"RTS.1002"}
    assert {status for code, status in final.items() if code.startswith("EOL.1")} == {"delivered"}


def test_the_way_back_is_no_delivery_and_proves_none() -> None:
    event = {"trackingNumber": "1", "eventCode": "EOL.1001", "timestamp": AT, "delivery": {"recipientName": "Shop"}}
    back = tracking.pushed(Reading({**event, "shipment": {"type": "RETURN"}}), TABLE, WARSAW)
    out = tracking.pushed(Reading({**event, "shipment": {"type": None}}), TABLE, WARSAW)
    assert (back.events[0].leg, back.proof) == (Leg.RETURN, None)
    assert out.events[0].leg is Leg.OUTBOUND
    assert out.proof is not None
    # Without an id an event is named by what it says.
    assert out.events[0].event_id == "1:EOL.1001:2025-03-30T01:00:00.123456+00:00"


@pytest.mark.parametrize(
    ("gone", "instead"), [("trackingNumber", None), ("eventCode", ""), ("timestamp", None), ("timestamp", "soon")]
)
def test_an_event_about_nothing_is_kept_for_a_person_and_left_out_of_a_history(gone: str, instead: object) -> None:
    event = {"trackingNumber": "1", "eventId": "u", "eventCode": "MMD.1001", "timestamp": AT, gone: instead}
    with pytest.raises(BadCarrierResponse):
        tracking.pushed(Reading(event), TABLE, WARSAW)
    good = {"eventId": "v", "eventCode": "MMD.1001", "timestamp": AT}
    (update,) = tracking.updates(
        Reading({"parcels": [{"trackingNumber": "1", "events": [event, good]}]}), TABLE, WARSAW
    )
    named = gone == "trackingNumber"
    assert (len(update.events), len(update.unread)) == ((2, 0) if named else (1, 1))


@pytest.mark.parametrize(("code", "terminal"), [("EOL.1001", True), ("LMD.9014", False), ("LMD.1001", False)])
def test_the_end_of_one_parcel_is_not_that_of_its_shipment(code: str, terminal: bool) -> None:
    """A shipment of several is answered with one number; whether it is all of theirs is not documented."""
    event = {"trackingNumber": "1", "eventId": "u", "eventCode": code, "timestamp": AT}
    (told,) = tracking.pushed(Reading(event), TABLE, WARSAW).events
    assert current_status([told], (), 1).terminal is terminal
    several = current_status([told], (), 2)
    assert not several.terminal
    assert several.status == ("out_for_delivery" if code == "LMD.1001" else "unknown")


def test_a_parcel_without_a_number_holds_up_no_other() -> None:
    odd: list[dict[str, Any]] = [{"trackingNumber": None, "events": []}, {"trackingNumber": "2", "events": [7]}]
    assert [
        (each.tracking_number, each.events) for each in tracking.updates(Reading({"parcels": odd}), TABLE, WARSAW)
    ] == [("2", ()), ("", ())]
    with pytest.raises(BadCarrierResponse, match="trackingNumber"):
        tracking.updates(Reading({"parcels": odd[:1]}), TABLE, WARSAW)


def test_a_time_without_a_zone_is_never_taken_for_utc() -> None:
    """The documentation calls it local."""
    event = {"trackingNumber": "1", "eventCode": "EOL.1001", "timestamp": "2025-03-30T04:30:00.123456789"}
    (polled,) = tracking.updates(Reading({"parcels": [{"trackingNumber": "1", "events": [event]}]}), TABLE, WARSAW)
    (pushed,) = tracking.pushed(Reading(event), TABLE, WARSAW).events
    assert polled.events == (pushed,)
    assert pushed.occurred_at == datetime(2025, 3, 30, 2, 30, 0, 123456, tzinfo=UTC)
    assert (pushed.occurred_at_local, pushed.tz_source) == (event["timestamp"], "assumed")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Nowy Swiat 10", {"street": "Nowy Swiat", "houseNumber": "10"}),
        ("Testowa 12/23", {"street": "Testowa", "houseNumber": "12", "flatNumber": "23"}),
        ("ul. 3 Maja 5a", {"street": "ul. 3 Maja", "houseNumber": "5a"}),
        ("Rynek", {"street": "Rynek"}),
    ],
)
def test_street_house_and_flat_are_told_apart(line: str, told: dict[str, str]) -> None:
    assert parties.address(Address(country="PL", street1=line)) == {"countryCode": "PL", **told}


@pytest.mark.parametrize(
    ("amount", "places", "text"), [(205, -1, "20.5"), (1000, -1, "100"), (1, -3, "0.001"), (25000, -3, "25")]
)
def test_centimetres_and_kilograms_are_exact(amount: int, places: int, text: str) -> None:
    assert booking._shifted(amount, places) == text


def test_opening_hours_that_make_no_sense_are_none() -> None:
    week = {
        "monday": "00:00-24:00",
        "tuesday": "18:00-08:00",
        "wednesday": "closed",
        "thursday": 7,
        "friday": "08:00-25:00",
    }
    item = {"id": "PL_1", "type": "APM", "operatingHours": week}
    (point,) = handover.service_points(Reading({"items": [item]}), 1, 1)
    assert [(hours.weekday, hours.closes_min) for hours in point.opening_hours] == [(0, 1440)]
