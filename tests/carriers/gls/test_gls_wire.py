"""GLS' words and ours, from the documented facts."""

from __future__ import annotations

import csv
import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader, PdfWriter

from carriers.base import (
    Account,
    Address,
    AuthenticationFailed,
    BadCarrierResponse,
    CancellationState,
    CarrierError,
    CarrierUnavailable,
    LabelFormat,
    LabelKind,
    OpeningHours,
    OutcomeUnknown,
    Parcel,
    RateLimited,
    Reading,
    Reply,
    ServiceLevel,
    ServicePointClosed,
    ShipmentRejected,
    UnknownReference,
)
from carriers.base.verdicts import by_status
from carriers.gls.adapter import Gls
from carriers.gls.wire import booking, handover, refusals, tracking
from tests.carriers.gls.conftest import MONDAY, TENDER, tendered

KINDS: dict[str, type[CarrierError]] = {
    kind.__name__: kind
    for kind in (AuthenticationFailed, CarrierUnavailable, ServicePointClosed, ShipmentRejected, UnknownReference)
}
# Source: ShipIT REST 5.0.11, every fault response in its documentation.
FAULTS = list(csv.DictReader(Path(__file__).with_name("documented_faults.csv").read_text("utf-8").splitlines()))
ACCOUNT = Account(id="a", name="gls", mode="test", urls={}, options={"contact_id": "2760000000"})


def meant(reply: Reply) -> CarrierError:
    return refusals.refusal(reply) or by_status(reply, repeatable=False)


@pytest.mark.parametrize("row", FAULTS, ids=lambda row: f"{row['error']}-{row['message'][:40]}")
def test_a_documented_fault_means_what_it_must(row: dict[str, str]) -> None:
    error = meant(
        Reply(status=int(row["status"]), headers={k: row[k] for k in ("error", "message") if row[k]}, body=b"")
    )
    assert type(error) is KINDS[row["means"]]
    assert (error.carrier_code or "", error.carrier_message or "") == (row["error"], row["message"])
    if isinstance(error, ShipmentRejected):
        assert error.reasons == (row["message"],)


APIGEE = b'{"fault": {"faultstring": "Rate limit quota violation", "detail": {"errorcode": "policies.quota"}}}'


@pytest.mark.parametrize(
    ("status", "url", "body", "headers", "error"),
    [
        (490, "https://gls/rs/tracking/parcels", b"", {}, CarrierUnavailable),
        (490, "https://gls/rs/shipments", b"", {}, OutcomeUnknown),
        (400, "", b"com.fasterxml.jackson.databind.exc.InvalidFormatException: ...", {}, ShipmentRejected),
        (400, "", b'{"title": "Bad Request", "status": 400, "detail": "too many"}', {}, ShipmentRejected),
        (400, "", b"", {"error": "BRAND_NEW_CODE"}, ShipmentRejected),
        (401, "", APIGEE, {}, AuthenticationFailed),
        (403, "", b"", {"error": "ACCESS_DENIED"}, AuthenticationFailed),
        (404, "", b'{"title": "Not Found", "detail": "No static resource"}', {}, UnknownReference),
        (409, "", b"", {}, ShipmentRejected),
        (422, "", b"<html>", {}, ShipmentRejected),
        (429, "", APIGEE, {}, RateLimited),
        (500, "", b"", {"error": "INVALID_FIELD_VALUE", "message": "x"}, OutcomeUnknown),
    ],
)
def test_other_answers_than_faults(
    status: int, url: str, body: bytes, headers: dict[str, str], error: type[CarrierError]
) -> None:
    assert type(meant(Reply(status=status, headers=headers, body=body, url=url))) is error


@pytest.mark.parametrize(
    ("grams", "kilograms"), [(1, "0.11"), (100, "0.11"), (110, "0.11"), (111, "0.12"), (1000, "1.00"), (24999, "25.00")]
)
def test_a_parcel_is_never_declared_lighter_than_it_is(grams: int, kilograms: str) -> None:
    assert str(booking.kilograms(Parcel(weight_g=grams))) == kilograms


@pytest.mark.parametrize(
    ("line", "apart"),
    [
        ("Testgasse 3", ("Testgasse", "3")),
        ("Straße des 17. Juni 135a", ("Straße des 17. Juni", "135a")),
        ("Testallee", ("Testallee", "")),
        ("12 Rue du Test", ("12 Rue du Test", "")),
        ("", ("", "")),
    ],
)
def test_a_house_number_is_told_apart(line: str, apart: tuple[str, str]) -> None:
    assert booking.street_and_number(line) == apart


def test_an_address_has_nothing_gls_refuses() -> None:
    place = Address(
        country="DE",
        postal_code="65760",
        company='Test; "Söhne" (GmbH) | {Co}',
        name="Laura\nTest",
        street1="A" * 60 + " 12",
        street2="c/o Test, 3. Stock",
        city="Frankfurt",
        email="x" * 80 + "@example.com",
        phone="+4961961234",
    )
    assert booking.address(place) == {
        "Name1": "Test Söhne GmbH Co",
        "Name2": "Laura Test",
        "Name3": "c/o Test 3. Stock",
        "CountryCode": "DE",
        "ZIPCode": "65760",
        "City": "Frankfurt",
        "Street": "A" * 40,
        "StreetNumber": "12",
        "MobilePhoneNumber": "+4961961234",
    }


@pytest.mark.parametrize(
    ("kind", "template", "form"), [("pdf", "NONE", "PDF"), ("png", "NONE", "PNG"), ("zpl", "ZPL_200", "ZEBRA")]
)
def test_a_label_is_asked_for_in_the_wanted_form(kind: str, template: str, form: str) -> None:
    request = replace(tendered(), label_format=LabelFormat(kind=LabelKind(kind)))
    body: Any = booking.shipment_request(request, ACCOUNT, MONDAY.date())
    assert body["PrintingOptions"] == {"ReturnLabels": {"TemplateSet": template, "LabelFormat": form}}


def test_what_an_account_adds_to_a_shipment() -> None:
    options = {**ACCOUNT.options, "middleware": "Doorstep1", "incoterms": {"CH": "20"}}
    abroad: Any = booking.shipment_request(tendered(country="CH"), replace(ACCOUNT, options=options), MONDAY.date())
    at_home: Any = booking.shipment_request(tendered(), replace(ACCOUNT, options=options), MONDAY.date())
    assert abroad["Shipment"]["Middleware"] == "Doorstep1"
    assert abroad["Shipment"]["IncotermCode"] == "20"
    assert "IncotermCode" not in at_home["Shipment"]


def test_no_parcelshop_is_guessed() -> None:
    with pytest.raises(ShipmentRejected):
        booking.shipment_request(tendered(ServiceLevel.SERVICE_POINT), ACCOUNT, MONDAY.date())


def created(*parcels: dict[str, Any], **more: Any) -> Reading:
    return Reading({"CreatedShipment": {"ParcelData": list(parcels), **more}})


@pytest.mark.parametrize(
    ("parcel", "reference", "number"),
    [
        ({"TrackID": "T1", "ParcelNumber": "202800010060"}, "T1", "202800010060"),
        ({"TrackID": "T1", "Barcodes": {"Primary1D": "202800010060"}}, "T1", "202800010060"),
        ({"TrackID": "T1", "Barcodes": []}, "T1", "T1"),
        ({"ParcelNumber": "202800010060", "RoutingInfo": [7]}, "202800010060", "202800010060"),
    ],
)
def test_one_number_of_a_parcel_is_enough(parcel: dict[str, Any], reference: str, number: str) -> None:
    made = booking.booking(created(parcel, PrintData=[{"Data": "%%%", "LabelFormat": "PDF"}]), tendered())
    assert (made.ref.carrier_reference, made.ref.tracking_number, made.label) == (reference, number, None)


def blank_pdf() -> bytes:
    writer, whole = PdfWriter(), BytesIO()
    writer.add_blank_page(288, 432)
    writer.write(whole)
    return whole.getvalue()


PDF, OTHER = b64encode(blank_pdf()).decode(), b64encode(b"^XA^XZ").decode()


@pytest.mark.parametrize(
    ("printed", "pages"),
    [
        ([{"Data": PDF, "LabelFormat": "PDF"}], 1),
        ([{"Data": PDF}], 1),
        ([{"Data": PDF, "LabelFormat": "PDF"}, {"Data": PDF, "LabelFormat": "PDF"}], 2),
        ([{"Data": OTHER, "LabelFormat": "ZEBRA"}, {"Data": PDF, "LabelFormat": "PDF"}], 1),
        ([{"Data": OTHER}], None),
        ([{"Data": PDF, "LabelFormat": "PDF"}, {"Data": "%%%", "LabelFormat": "PDF"}], None),
        ([], None),
    ],
)
def test_all_documents_of_a_label_are_kept(printed: list[dict[str, str]], pages: int | None) -> None:
    """GLS prints a label once: what is left out here is gone."""
    label = booking.booking(created({"TrackID": "T1"}, PrintData=printed), tendered()).label
    assert (label and len(PdfReader(BytesIO(label.content)).pages)) == pages


@pytest.mark.parametrize(
    "body", [created(), created({}), Reading({}), Reading({"CreatedShipment": {"ParcelData": {}}})]
)
def test_a_shipment_without_a_parcel_is_no_booking(body: Reading) -> None:
    with pytest.raises(BadCarrierResponse):
        booking.booking(body, tendered())


BERLIN = ZoneInfo(Gls.profile.polling.timezone)


def parcel(number: str, **more: Any) -> dict[str, Any]:
    at = "2024-10-11T15:24:57+0200"
    return {"requested": number, "unitno": number[:-1], "status": "INTRANSIT", "statusDateTime": at, **more}


def test_a_parcel_is_known_by_the_number_asked_for() -> None:
    found = tracking.parcels(Reading({"parcels": [parcel("202800020052"), parcel("202800010060")]}))
    update = tracking.update("202800010060", found, Gls.statuses, BERLIN)
    assert update is not None
    assert [event.piece for event in update.events] == ["202800010060"]
    assert update.events[0].occurred_at == datetime(2024, 10, 11, 13, 24, 57, tzinfo=UTC)
    assert tracking.update("20280001006", found, Gls.statuses, BERLIN) is None


def test_a_reference_may_be_that_of_several_parcels() -> None:
    both = [parcel("REF_1", unitno="20280001006"), parcel("REF_1", unitno="20280001008", status=None)]
    update = tracking.update("REF_1", tracking.parcels(Reading({"parcels": both})), Gls.statuses, BERLIN)
    assert update is not None
    assert [(event.piece, event.status) for event in update.events] == [("20280001006", "in_transit")]


@pytest.mark.parametrize("code", ["E_400_01", "E_400_02", "E_400_03", "E_404_01", "E_404_02", "E_500_01"])
def test_an_error_beside_a_parcel_leaves_the_parcel(code: str) -> None:
    error = {"requested": "1", "errorCode": code, "errorMessage": "no"}
    assert set(tracking.parcels(Reading({"parcels": [error, parcel("202800020052")]}))) == {"202800020052"}
    alone = Reading({"parcels": [error]})
    if code == "E_500_01":
        with pytest.raises(CarrierUnavailable):
            tracking.parcels(alone)
    else:
        assert tracking.parcels(alone) == {}


def test_a_time_without_a_zone_is_read_in_an_assumed_one() -> None:
    update = tracking.update(
        "1", {"1": [Reading(parcel("1", statusDateTime="2024-10-11T15:24:57"))]}, Gls.statuses, BERLIN
    )
    assert update is not None
    (event,) = update.events
    assert event.occurred_at == datetime(2024, 10, 11, 13, 24, 57, tzinfo=UTC)
    assert (event.occurred_at_local, event.tz_source) == ("2024-10-11T15:24:57", "assumed")


@pytest.mark.parametrize(
    "odd", [{"statusDateTime": at} for at in ("", "yesterday", None, 1728653097)] + [{"status": 7}, {"requested": None}]
)
def test_what_cannot_be_read_holds_up_nothing_else(odd: dict[str, Any]) -> None:
    alone, scan = [parcel("1", **odd)], {"code": "INTIAL.NORMAL", "eventDateTime": "2024-10-11T15:24:52+0200"}
    numbers = ["1", "202800020052"]

    def told(parcels: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
        found = tracking.parcels(Reading({"parcels": parcels}))
        updates = tracking.updates(numbers, found, Gls.statuses, BERLIN)
        return [(update.tracking_number, [event.carrier_code for event in update.events]) for update in updates]

    other = ("202800020052", ["INTRANSIT"])
    assert told([*alone, parcel("202800020052")]) == [other, ("", [])]
    if odd.get("requested", "1"):
        assert told([parcel("1", **odd, events=[{"code": "X"}, scan])]) == [("1", ["INTIAL.NORMAL"])]
    with pytest.raises(BadCarrierResponse):
        told(alone)


@pytest.mark.parametrize("row", Gls.statuses.rows, ids=lambda row: f"{row.carrier_code}-{row.qualifier}")
def test_every_code_is_read_as_the_table_says(row: Any) -> None:
    if row.qualifier == tracking.SHIPIT:
        history = [{"Date": "2023-09-05T14:35:46+02:00", "StatusCode": row.carrier_code}]
        answer = tracking.settled(Reading({"UnitDetail": {"History": history}}), Gls.statuses)
        done = {"CANCELLED": CancellationState.ACCEPTED, "DATA_RECEIVED": CancellationState.PENDING}
        assert answer.state is done.get(row.carrier_code, CancellationState.TOO_LATE)
        return
    scan = {"code": row.carrier_code, "eventDateTime": "2024-10-11T15:24:52+0200"}
    update = tracking.update("1", {"1": [Reading(parcel("1", events=[scan]))]}, Gls.statuses, BERLIN)
    assert update is not None
    event = next(event for event in update.events if event.carrier_code == row.carrier_code)
    assert (event.status, event.reason) == (row.status, row.reason)


@pytest.mark.parametrize(
    ("result", "state"), [("CANCELLED", "accepted"), ("CANCELLATION_PENDING", "pending"), ("SCANNED", "too_late")]
)
def test_only_cancelled_is_cancelled(result: str, state: str) -> None:
    assert tracking.cancelled(Reading({"TrackID": "T", "result": result})).state == state


@pytest.mark.parametrize("body", [{}, {"result": "OK"}, {"Result": "CANCELLED"}, {"result": None}])
def test_an_answer_in_other_words_cancels_nothing(body: dict[str, object]) -> None:
    with pytest.raises(BadCarrierResponse):
        tracking.cancelled(Reading(body))


@pytest.mark.parametrize("references", [TENDER, f"{TENDER}, R7", ["R7", TENDER]])
def test_our_parcels_are_found_however_their_references_are_written(references: object) -> None:
    item = {"TrackID": "T1", "ShipmentReference": references, "Status": "HUB"}
    others = [
        {**item, "TrackID": "T2", "ShipmentReference": f"{TENDER}X"},
        {**item, "TrackID": "T3", "Status": "CANCELLED"},
    ]
    found = tracking.found(Reading({"UnitItems": [item, *others, {**item, "TrackID": "T4"}]}), TENDER)
    assert found is not None
    assert found.ref.carrier_reference == "T1,T4"


def test_opening_hours_are_an_hour_behind_and_cut_at_breaks() -> None:
    nine_to_six = {"OpeningHours": [{"From": 28800000, "To": "61200000"}]}
    days = [
        {
            "DayOfWeek": "SAT",
            "OpeningHours": nine_to_six,
            "Breaks": {"OpeningHours": [{"From": 39600000, "To": 43200000}]},
        },
        {"DayOfWeek": "SUN", "OpeningHours": {"OpeningHours": [{"From": -3600000, "To": 82800000}]}},
        {"DayOfWeek": "MON", "OpeningHours": {"OpeningHours": [{"From": -3600000, "To": -3600000}]}},
        {"DayOfWeek": "HOL", "OpeningHours": nine_to_six},
        {"DayOfWeek": "TUE"},
    ]
    shops = Reading({"ParcelShop": [{"ParcelShopID": "GLS_DE-1", "WorkingDay": days}]})
    (point,) = handover.service_points(shops, Address(country="DE"), 1000, 5)
    assert point.opening_hours == (
        OpeningHours(weekday=5, opens_min=540, closes_min=720),
        OpeningHours(weekday=5, opens_min=780, closes_min=1080),
        OpeningHours(weekday=6, opens_min=0, closes_min=1440),
    )


def test_the_documented_faults_are_in_the_headers_only() -> None:
    said = Reply(
        status=400, headers={"error": "INVALID_FIELD_VALUE", "message": "x\x00y"}, body=json.dumps({}).encode()
    )
    error = refusals.refusal(said)
    assert error is not None
    assert error.carrier_message == "xy"
