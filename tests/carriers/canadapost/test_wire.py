"""Canada Post's words and ours, from the facts: codes, local times, units, links, and payloads no sample shows."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import pytest

from carriers.base import (
    Address,
    BadCarrierResponse,
    Parcel,
    Reading,
    Requirements,
    ServiceLevel,
    ShipmentRejected,
    StatusRow,
)
from carriers.canadapost.adapter import CanadaPost
from carriers.canadapost.wire import rating, shipping, tracking, words
from carriers.canadapost.wire.local import written_day, zone_of
from gateway.domain.fold import current_status
from tests.carriers.canadapost.conftest import WINNIPEG, quoted, shipment, tendered

ZONE = CanadaPost.profile.polling.zone
TABLE = list(csv.DictReader(files("carriers.canadapost").joinpath("statuses.csv").read_text("utf-8").splitlines()))
BASE = "https://api.canadapost-postescanada.ca/prod/devportal-portaildesdeveloppeurs"


def told(*events: dict[str, Any], **more: Any) -> Any:
    body = json.dumps({"pin": "1", "significantEvents": list(events), **more}).encode()
    return tracking.update(Reading.parse(body), "1", CanadaPost.statuses, ZONE)


def event(
    code: Any, day: str = "2026-03-02", clock: str = "10:00:00", zone: str = "EST", **more: Any
) -> dict[str, Any]:
    return {"eventIdentifier": code, "eventDate": day, "eventTime": clock, "eventTimeZone": zone, **more}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row['carrier_code']}{row['qualifier']}")
def test_every_code_is_read_as_number_and_as_padded_text(row: dict[str, str]) -> None:
    code, said = row["carrier_code"], "returned to sender" if row["qualifier"] else ""
    for written in (int(code), code.zfill(4), code):
        (read,) = told(event(written, eventDescription=said)).events
        assert (read.status, read.reason, read.carrier_qualifier) == (row["status"], row["reason"], row["qualifier"])
        assert read.event_id == f"1/{code}/2026-03-02T15:00:00Z"


def test_a_line_for_a_code_as_it_was_sent_counts_too() -> None:
    body = Reading.parse(json.dumps({"significantEvents": [event("0777")]}).encode())
    (unlisted,) = tracking.update(body, "1", CanadaPost.statuses, ZONE).events
    assert (unlisted.reason, unlisted.carrier_code) == ("unmapped_carrier_code", "0777")
    for code in ("0777", "777"):
        table = CanadaPost.statuses.overridden([StatusRow(carrier_code=code, status="in_transit")])
        assert tracking.update(body, "1", table, ZONE).events[0].status == "in_transit"


@pytest.mark.parametrize(
    ("zone", "province", "day", "clock", "at", "source"),
    [
        ("EST", "", "2023-12-11T00:00:00.000Z", "23:59:59", "2023-12-12T04:59:59Z", "carrier"),
        ("MDT", "ON", "2026-07-01", "08:15", "2026-07-01T14:15:00Z", "carrier"),
        ("NST", "", "2026-01-05", "09:00:00", "2026-01-05T12:30:00Z", "carrier"),
        ("", "BC", "2026-07-01", "09:00:00", "2026-07-01T16:00:00Z", "location"),
        ("ISRAEL", "", "2026-07-01", "09:00:00", "2026-07-01T13:00:00Z", "assumed"),
        ("", "ON", "2026-03-08", "02:30:00", "2026-03-08T07:30:00Z", "location"),  # an hour that the clocks skip
        ("", "SK", "2026-07-01", "12:00:00", "2026-07-01T18:00:00Z", "location"),  # no summer time there
        ("EDT", "", "2026-07-01", "noon", "2026-07-01T04:00:00Z", "carrier"),
    ],
)
def test_local_times(zone: str, province: str, day: str, clock: str, at: str, source: str) -> None:
    (read,) = told(event(1300, day, clock, zone, eventProvince=province)).events
    assert read.occurred_at == datetime.fromisoformat(at)
    assert (read.tz_source, read.occurred_at_local) == (source, f"{day[:10]} {clock} {zone}".strip())


def test_a_day_is_never_shifted() -> None:
    assert str(written_day("2023-12-11T00:00:00.000Z")) == str(written_day("2023-12-11")) == "2023-12-11"
    assert str(written_day("20231211:101500")) == "2023-12-11"
    for none in ("2023-13-45", "", "0001-01-01", "9999-12-31"):
        assert written_day(none) is None
    assert zone_of(Address(country="CA", postal_code="v6b 1a1"), ZONE).key == "America/Vancouver"
    written_out = Address(country="CA", subdivision="British Columbia", postal_code="V6B1A1")
    assert zone_of(written_out, ZONE).key == "America/Vancouver"
    assert zone_of(replace(written_out, subdivision="ab"), ZONE).key == "America/Edmonton"
    assert zone_of(Address(country="CA", postal_code="??"), ZONE) == ZONE


def test_a_photo_newer_than_the_delivery_leaves_it_delivered_and_a_return_is_none() -> None:
    photo = [event(2001, clock="12:00:00"), event("1496", clock="11:59:00"), event(20, clock="09:00:00")]
    assert current_status(told(*photo).events).status == "delivered"
    back = [event(1498, clock="12:00:00", eventDescription="L'article a été renvoyé avec succès à l'expéditeur")]
    assert current_status(told(*back, event(1417, clock="09:00:00")).events).status == "returned"
    silent = told(event(1496, clock="12:00:00", eventDescription="Delivered"), event(1417, clock="09:00:00"))
    unsure = current_status(silent.events)
    assert (unsure.status, unsure.status_conflict) == ("returning", True)


def test_what_a_scan_lacks_loses_no_other_scan() -> None:
    scans = [
        event(1300),
        event(1300),
        event(None),
        event(1301, day="soon"),
        event(1301, day="9999-12-31", clock="23:59:59"),
        {"eventIdentifier": 9, "eventDate": "2026-03-02"},
    ]
    update = told(*scans, pin=None, extra=[1])
    assert [read.carrier_code for read in update.events] == ["9", "1300", "1301"]
    assert update.unread == (
        "$.significantEvents[3] has no day that can be read",
        "$.significantEvents[2] has no code that can be read",
    )
    assert told().events == ()


@pytest.mark.parametrize("scans", [None, {}, {"occurrence": [event(1300)]}, event(1300), "none"])
def test_scans_of_another_form_are_not_no_scans(scans: Any) -> None:
    with pytest.raises(BadCarrierResponse, match="without events"):
        tracking.update(Reading({"significantEvents": scans}), "1", CanadaPost.statuses, ZONE)


def test_units_and_words() -> None:
    parcel = Parcel(weight_g=1, length_mm=104, width_mm=301, height_mm=200)
    assert json.dumps(words.characteristics(parcel), default=str) == (
        '{"weight": "0.001", "dimensions": {"length": "30.1", "width": "20.0", "height": "10.4"}}'
    )
    assert words.characteristics(Parcel(weight_g=30000, length_mm=10)) == {"weight": 30}
    long = replace(WINNIPEG, street1="Apartment 1204, The Very Long Named Residence, 12345 Example Avenue North West")
    lines = words.address_details(long)
    assert f"{lines['addressLine1']} {lines['addressLine2']}" == long.street1
    assert lines["postalZipCode"] == "R3W1A1"


@pytest.mark.parametrize(
    ("needs", "codes"),
    [
        (Requirements(), ()),
        (Requirements(signature=True), ("SO",)),
        (Requirements(min_age=16), ("PA18",)),
        (Requirements(min_age=19, signature=True), ("SO", "PA19")),
        (Requirements(min_age=21), None),
    ],
)
def test_requirements_become_options(needs: Requirements, codes: tuple[str, ...] | None) -> None:
    assert rating.options(needs) == codes
    offered = rating.levels(quoted(shipment(needs=needs)), CanadaPost.profile.services)
    assert bool(offered) is (codes is not None)
    assert ServiceLevel.SERVICE_POINT not in offered


def test_what_canada_post_cannot_take_is_neither_offered_nor_booked() -> None:
    abroad = replace(WINNIPEG, country="US", postal_code="10038")
    account = CanadaPost  # only its profile is needed
    for what in (shipment(to=abroad), shipment(n=2), shipment(needs=Requirements(min_age=21))):
        assert rating.levels(quoted(what), account.profile.services) == {}
        with pytest.raises(ShipmentRejected):
            shipping.shipment_request(tendered(what), None)  # type: ignore[arg-type]
    with pytest.raises(ShipmentRejected, match="post office"):
        shipping.shipment_request(tendered(shipment(), ServiceLevel.SERVICE_POINT), None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("href", "path"),
    [
        (f"{BASE}/shipping/v1/artifacts/6e93/shipping/1000/0", "/shipping/v1/artifacts/6e93/shipping/1000/0"),
        (f"{BASE}.evil.example/shipping/v1/artifacts/1/shipping/1/0", ""),
        (f"{BASE}/shipping/v1/artifacts/../../../token", ""),
        (f"{BASE}/shipping/v1/artifacts/1?x=https://evil.example", ""),
        (f"{BASE}/tracking/v1/pins/1/details", ""),
        ("https://api.canadapost-postescanada.ca/other/shipping/v1/artifacts/1/shipping/1/0", ""),
        ("", ""),
    ],
)
def test_only_the_apis_own_artifacts_are_followed(href: str, path: str) -> None:
    assert shipping.artifact(href, BASE) == path


HERE = f"{BASE}/shipping/v1/1/1/shipments/545"
LABEL = {"rel": "label", "href": f"{BASE}/shipping/v1/artifacts/6e93/shipping/1000/0"}
PARTS = [
    {"rel": rel, "href": f"{HERE}{part}"} for rel, part in (("self", ""), ("details", "/details"), ("price", "/price"))
]


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        (PARTS[:1], ("545",)),
        ([*PARTS, LABEL], ("545",)),
        ({"links": [*PARTS, {"rel": "self", "href": f"{BASE}/shipping/v1/1/1/shipments/546"}]}, ("545", "546")),
        ({"shipments": [{"shipmentId": 545}]}, ("545",)),
        ([], ()),
    ],
)
def test_a_list_names_each_shipment_once(body: Any, ids: tuple[str, ...]) -> None:
    assert shipping.listed(Reading(body)) == ids


@pytest.mark.parametrize("body", [{}, {"items": []}, [{"rel": "self", "href": f"{BASE}/elsewhere"}], [{}]])
def test_a_list_that_cannot_be_read_is_not_an_empty_one(body: Any) -> None:
    with pytest.raises(BadCarrierResponse):
        shipping.listed(Reading(body))


def test_a_shipment_without_an_id_is_known_by_its_links() -> None:
    ref = shipping.booking(Reading({"trackingPin": "123", "links": [LABEL, *PARTS]}), "tnd_1", BASE).ref
    assert (ref.carrier_reference, ref.tracking_number, ref.label_url) == ("545", "123", LABEL["href"])
    with pytest.raises(BadCarrierResponse, match="no id"):
        shipping.booking(Reading({"trackingPin": "123", "links": [LABEL]}), "tnd_1", BASE)


def test_summaries_as_recorded_are_read() -> None:
    recorded = b'[{"serviceName": "Flat rate box", "expectedDeliveryDate": "2026-09-25", "eventDescription": "Photo"}]'
    expected = tracking.expected(tracking.item(Reading.parse(recorded)), ZONE)
    assert expected is not None
    assert expected.astimezone(UTC).isoformat() == "2026-09-26T03:59:00+00:00"
