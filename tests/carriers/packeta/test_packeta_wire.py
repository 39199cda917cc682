"""Packeta's words and ours, from the facts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from carriers.base import (
    Account,
    Address,
    AuthenticationFailed,
    BadCarrierResponse,
    BookRequest,
    CarrierError,
    LabelFormat,
    LabelKind,
    Leg,
    Money,
    Parcel,
    Reading,
    Requirements,
    ServiceLevel,
    ShipmentRejected,
    UnknownReference,
    XmlReading,
)
from carriers.packeta.adapter import Packeta
from carriers.packeta.wire import envelope, packets, points, tracking
from tests.carriers.packeta.conftest import TENDER, tendered

ACCOUNT = Account(
    id="a",
    name="packeta",
    mode="test",
    urls={},
    options={"eshop": "my-sender", "home_carriers": {"CZ": "106"}},
)
PRAGUE = ZoneInfo("Europe/Prague")


def answered(inner: str) -> XmlReading:
    return XmlReading.parse(f"<response>{inner}</response>".encode())


def faulted(fault: str, said: str = "x", detail: str = "") -> XmlReading:
    return answered(f"<status>fault</status><fault>{fault}</fault><string>{said}</string>{detail}")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("PacketAttributesFault", ShipmentRejected),
        ("PacketIdFault", UnknownReference),
        ("PacketIdsFault", UnknownReference),
        ("IncorrectApiPasswordFault", AuthenticationFailed),
        ("CancelNotAllowedFault", ShipmentRejected),
        ("InvalidCourierNumber", ShipmentRejected),
        ("NotSupportedFault", ShipmentRejected),
        ("BrandNewFault", BadCarrierResponse),
        ("", BadCarrierResponse),
    ],
)
def test_a_fault_means_what_its_name_says(fault: str, error: type[CarrierError]) -> None:
    for read in (envelope.response, envelope.confirmed):
        with pytest.raises(CarrierError) as raised:
            read(faulted(fault))
        assert type(raised.value) is error
        assert (raised.value.carrier_code or "", raised.value.carrier_message) == (fault, "x")


def test_an_account_that_is_not_approved_is_told_whatever_the_fault_is_called() -> None:
    with pytest.raises(AuthenticationFailed):
        envelope.response(faulted("AnyFault", "The client account is not approved for posting parcels"))


@pytest.mark.parametrize(
    ("detail", "reasons"),
    [
        ("", ["x"]),
        ("<detail><attributes/></detail>", ["x"]),
        ("<detail><attributes><fault><name>zip</name><fault>Bad.</fault></fault></attributes></detail>", ["zip: Bad."]),
        (
            "<detail><attributes><fault><name>zip</name><fault>Bad.</fault></fault>"
            "<fault><name>weight</name></fault><fault>odd</fault></attributes></detail>",
            ["zip: Bad.", "weight"],
        ),
    ],
)
def test_every_attribute_that_is_wrong_is_told(detail: str, reasons: list[str]) -> None:
    with pytest.raises(ShipmentRejected) as refused:
        envelope.response(faulted("PacketAttributesFault", detail=detail))
    assert list(refused.value.reasons) == reasons


@pytest.mark.parametrize(("ids", "told"), [("<id>1</id>", "packet 1"), ("<id>1</id><id>2</id>", "packet 1; packet 2")])
def test_packets_that_are_not_known_are_told(ids: str, told: str) -> None:
    with pytest.raises(UnknownReference, match=told):
        envelope.response(faulted("PacketIdsFault", detail=f"<detail><ids>{ids}</ids></detail>"))


def test_a_fault_is_one_in_other_words_too_but_not_beside_ok() -> None:
    with pytest.raises(UnknownReference):
        envelope.response(answered("<status>error</status><fault>PacketIdFault</fault>"))
    assert envelope.response(answered("<status>ok</status><fault>PacketIdFault</fault>")).has("fault")


@pytest.mark.parametrize("inner", ["<status>done</status><result/>", "<result><id>1</id></result>", "<status/>"])
def test_only_ok_confirms(inner: str) -> None:
    with pytest.raises(BadCarrierResponse):
        envelope.confirmed(answered(inner))


def test_the_password_comes_first_and_nothing_breaks_out() -> None:
    sent = envelope.request("createPacket", "p<&w", {"packetAttributes": {"name": "</name><cod>0</cod>"}})
    assert sent.split(b"\n", 1)[1] == (
        b"<createPacket><apiPassword>p&lt;&amp;w</apiPassword>"
        b"<packetAttributes><name>&lt;/name&gt;&lt;cod&gt;0&lt;/cod&gt;</name></packetAttributes></createPacket>"
    )


def test_what_is_asked_for_a_point() -> None:
    assert packets.attributes(tendered(), ACCOUNT) == {
        "number": TENDER,
        "name": "Jana Maria",
        "surname": "Nováková",
        "email": "jana@example.com",
        "phone": "+420777123456",
        "addressId": "79",
        "value": "1069",
        "currency": "CZK",
        "weight": Decimal("1.200"),
        "eshop": "my-sender",
        "note": "ORDER-1001",
    }


def test_what_is_asked_for_a_door() -> None:
    parcel = Parcel(weight_g=1, length_mm=300, width_mm=200, height_mm=100)
    cash = Requirements(cash_on_delivery=Money.parse("12.50", "EUR"), min_age=18)
    asked = packets.attributes(tendered(ServiceLevel.STANDARD, parcel=parcel, requirements=cash), ACCOUNT)
    wanted = {
        "addressId": "106",
        "street": "Hlavní",
        "houseNumber": "12a",
        "city": "Praha",
        "zip": "110 00",
        "cod": "12.50",
        "value": "12.50",
        "currency": "EUR",
        "adultContent": "1",
        "size": {"length": 300, "width": 200, "height": 100},
    }
    assert {name: asked[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("asked", "wrong", "is_point"),
    [
        (tendered(point="79"), ["addressId: Invalid branch."], True),
        (tendered(point="762/FAN-12"), ["carrierPickupPoint: Invalid.", "eshop: Sender does not exist"], True),
        (tendered(point="79"), ["eshop: Sender does not exist"], False),
        (tendered(ServiceLevel.STANDARD), ["addressId: Invalid branch."], False),
    ],
)
def test_a_wrong_point_is_told_from_a_wrong_carrier(asked: BookRequest, wrong: list[str], is_point: bool) -> None:
    assert packets.is_about_point(asked, wrong) is is_point


@pytest.mark.parametrize(
    ("name", "company", "told"),
    [("Jana", "", ("Jana", "Jana")), ("", "Firma s.r.o.", ("Firma", "s.r.o.")), ("", "", (None, None))],
)
def test_two_names_are_made_of_what_there_is(name: str, company: str, told: tuple[str, str]) -> None:
    asked = packets.attributes(tendered(name=name, company=company), ACCOUNT)
    assert (asked.get("name"), asked.get("surname"), asked.get("company", "")) == (*told, company)


def test_another_carriers_point_is_named_with_its_carrier() -> None:
    asked = packets.attributes(tendered(point="762/FAN-12"), ACCOUNT)
    assert (asked["addressId"], asked["carrierPickupPoint"]) == ("762", "FAN-12")


@pytest.mark.parametrize(
    "request_",
    [
        tendered(point=""),
        tendered(ServiceLevel.STANDARD, country="SK"),
        tendered(requirements=Requirements(min_age=21)),
        tendered(requirements=Requirements(cash_on_delivery=Money.parse("5", "EUR"))),
        replace(tendered(), shipment=replace(tendered().shipment, parcels=(Parcel(weight_g=1),) * 2)),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_sent(request_: Any) -> None:
    with pytest.raises(ShipmentRejected):
        packets.attributes(request_, ACCOUNT)


@pytest.mark.parametrize(
    ("result", "reference"),
    [
        ("<id>12</id><barcode>Z12</barcode>", "12"),
        ("<courierInfo><courierInfoItem><id>999</id></courierInfoItem></courierInfo><id>12</id>", "12"),
        ("<id> 12 </id><barcode/>", "12"),
        ("<barcode>Z12</barcode>", "12"),
    ],
)
def test_the_id_is_the_one_directly_in_the_result(result: str, reference: str) -> None:
    booking = packets.booking(envelope.response(answered(f"<status>ok</status><result>{result}</result>")), TENDER)
    assert (booking.ref.carrier_reference, booking.ref.tracking_number) == (reference, f"Z{reference}")


@pytest.mark.parametrize("result", ["<id>1</id><id>2</id>", "<id/>", "<item><id>1</id></item>", "7", ""])
def test_a_result_without_one_id_is_no_booking(result: str) -> None:
    with pytest.raises(BadCarrierResponse):
        packets.booking(envelope.response(answered(f"<status>ok</status><result>{result}</result>")), TENDER)


@pytest.mark.parametrize(("width_mm", "form"), [(102, "A6 on A6"), (210, "A6 on A4")])
def test_a_label_fits_its_paper(width_mm: int, form: str) -> None:
    assert packets.label_format(LabelFormat(width_mm=width_mm)) == form


@pytest.mark.parametrize("kind", [LabelKind.ZPL, LabelKind.PNG])
def test_labels_come_in_pdf_only(kind: LabelKind) -> None:
    with pytest.raises(ShipmentRejected):
        packets.label_format(LabelFormat(kind=kind))


def tracked(*records: str) -> Any:
    inner = "".join(f"<record>{record}</record>" for record in records)
    told = envelope.confirmed(answered(f"<status>ok</status><result>{inner}</result>"))
    return tracking.update(told, "Z1", Packeta.statuses, PRAGUE)


def record(code: object, at: str = "2024-01-08T09:15:00", more: str = "") -> str:
    return f"<dateTime>{at}</dateTime><statusCode>{code}</statusCode>{more}"


@pytest.mark.parametrize("row", Packeta.statuses.rows, ids=lambda row: f"{row.carrier_code}-{row.qualifier}")
def test_every_code_is_read_as_the_table_says(row: Any) -> None:
    more = "<isReturning>1</isReturning>" if row.qualifier else "<isReturning>0</isReturning>"
    (event,) = tracked(record(row.carrier_code, more=more)).events
    assert (event.status, event.reason, event.carrier_qualifier) == (row.status, row.reason, row.qualifier)
    assert event.leg is (Leg.RETURN if row.qualifier else Leg.OUTBOUND)


@pytest.mark.parametrize("code", ["8", "13", "007", "delivered", "-1"])
def test_an_unlisted_code_is_unknown(code: str) -> None:
    (event,) = tracked(record(code, more="<codeText>delivered</codeText>")).events
    assert (event.status, event.carrier_code) == ("unknown", code)


@pytest.mark.parametrize(
    ("code", "text", "status"),
    [
        (7, "delivered", "delivered"),
        (7, "Delivered", "delivered"),
        (7, "", "delivered"),
        (7, "a text nobody lists", "delivered"),
        (7, "collected", "unknown"),
        (12, "delivered", "unknown"),
        (4, "en route to destination", "in_transit"),
        (18, "rejected by recipient", "returning"),
    ],
)
def test_the_text_confirms_the_number_or_nothing_is_claimed(code: int, text: str, status: str) -> None:
    (event,) = tracked(record(code, more=f"<codeText>{text}</codeText>")).events
    assert event.status == status


@pytest.mark.parametrize(
    ("written", "utc", "source"),
    [
        ("2024-01-08T09:15:00", "2024-01-08T08:15:00", "assumed"),
        ("2024-07-08T09:15:00", "2024-07-08T07:15:00", "assumed"),
        ("2024-03-31T02:30:00", "2024-03-31T01:30:00", "assumed"),  # does not exist in Prague
        ("2024-10-27T02:30:00", "2024-10-27T00:30:00", "assumed"),  # comes twice in Prague
        ("2024-01-08 09:15:00", "2024-01-08T08:15:00", "assumed"),
        ("2024-01-08T09:15:00+02:00", "2024-01-08T07:15:00", "carrier"),
    ],
)
def test_a_local_time_is_read_in_prague_and_says_so(written: str, utc: str, source: str) -> None:
    (event,) = tracked(record(1, written)).events
    assert event.occurred_at == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert (event.tz_source, event.occurred_at_local) == (source, written if source == "assumed" else "")


@pytest.mark.parametrize("written", ["", "2024-01-08", "yesterday", "2024-13-08T09:15:00"])
def test_a_time_that_is_none_is_not_guessed(written: str) -> None:
    with pytest.raises(BadCarrierResponse):
        tracked(record(1, written))
    assert [event.carrier_code for event in tracked(record(1, written), record(7), record("")).events] == ["7"]


def test_records_in_any_order_and_twice_tell_the_same() -> None:
    first, second = record(1, "2024-01-07T10:00:00"), record(2, "2024-01-08T09:15:00")
    assert tracked(first, second) == tracked(second, first, second)
    assert [event.carrier_code for event in tracked(second, first).events] == ["1", "2"]


@pytest.mark.parametrize(
    ("code", "text", "cancelled"),
    [(11, "cancelled", True), (11, "", True), (11, "collected", False), (12, "cancelled", False), (21, "", False)],
)
def test_a_packet_is_cancelled_when_nothing_contradicts_it(code: int, text: str, cancelled: bool) -> None:
    inner = record(code, more=f"<codeText>{text}</codeText>")
    told = envelope.confirmed(answered(f"<status>ok</status><result>{inner}</result>"))
    assert tracking.is_cancelled(told, Packeta.statuses) is cancelled


def test_a_status_is_one_record() -> None:
    told = envelope.confirmed(answered(f"<status>ok</status><result>{record(7)}</result>"))
    update = tracking.update(told, "Z1", Packeta.statuses, PRAGUE)
    assert update == tracked(record(7))


def listed(**branches: dict[str, Any]) -> Any:
    return points.points(Reading(json.loads(json.dumps({"data": branches}))))


def test_points_are_read_with_whatever_is_there() -> None:
    box = {
        "id": "2",
        "name": "Z-BOX Praha",
        "country": "cz",
        "openingHours": {"regular": {"tuesday": "0:00-24:00", "friday": 7}},
    }
    only, locker = listed(a={"id": "1"}, b=box, c={"name": "nameless"}, d=7)  # type: ignore[arg-type]  # spoilt
    assert (only.kind, locker.kind, locker.address.country) == ("shop", "locker", "CZ")
    ((weekday, opens, closes),) = [(h.weekday, h.opens_min, h.closes_min) for h in locker.opening_hours]
    assert (weekday, timedelta(minutes=opens), timedelta(minutes=closes)) == (1, timedelta(), timedelta(days=1))


def test_points_elsewhere_are_not_near() -> None:
    known = listed(
        a={"id": "far", "zip": "602 00", "city": "Brno", "country": "cz"},
        b={"id": "near", "zip": "110 00", "city": "Praha 1", "country": "cz"},
        c={"id": "abroad", "zip": "110 00", "city": "Praha 1", "country": "sk"},
        d={"id": "same city", "zip": "199 00", "city": "Praha", "country": "cz"},
    )
    found = points.nearest(known, Address(country="CZ", postal_code="11005", city="praha"), 1000, 5)
    assert [point.id for point in found] == ["near", "same city"]
    assert points.nearest(known, Address(country="CZ", latitude=50.0, longitude=14.4), 1000, 5) == ()
