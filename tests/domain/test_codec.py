from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gateway.domain.codec import from_json, to_json
from gateway.domain.errors import InvalidValue
from gateway.domain.quotes import Rate, ServiceLevel, Surcharge
from gateway.domain.shipments import Label, LabelKind, Shipment
from gateway.domain.values import Address, Money, Parcel, Requirements

OSLO = Address(country="NO", postal_code="0150", name="Kari", latitude=59.9, longitude=10)
SHIPMENT = Shipment(
    origin=OSLO,
    destination=OSLO,
    parcels=(Parcel(weight_g=100, value=Money.parse("1.10", "NOK")), Parcel(weight_g=5)),
    requirements=Requirements(signature=True, cash_on_delivery=Money.parse("5", "NOK")),
    metadata={"cart": "991"},
)
RATE = Rate(
    service=ServiceLevel.NEXT_DAY,
    carrier_service="5600",
    price=Money.parse("12.50", "USD"),
    surcharges=(Surcharge(code="fuel", label="Fuel", amount=Money.parse("0.50", "USD")),),
    deliver_by=datetime(2026, 11, 23, 12, tzinfo=UTC),
)


@dataclass(frozen=True, kw_only=True)
class Odd:
    day: date
    pair: tuple[int, str]
    share: Decimal
    ready: bool = False


@pytest.mark.parametrize(
    "noun", [SHIPMENT, RATE, Odd(day=date(2026, 1, 2), pair=(1, "a"), share=Decimal("0.10")), OSLO]
)
def test_what_is_written_reads_back_the_same(noun: object) -> None:
    assert from_json(type(noun), to_json(noun)) == noun


def test_bytes_and_enums_are_text() -> None:
    label = Label(kind=LabelKind.PDF, content=b"%PDF")
    assert to_json(label) == {"kind": "pdf", "content": "JVBERg=="}
    assert from_json(Label, to_json(label)) == label


def test_fields_at_their_default_are_left_out() -> None:
    assert to_json(Parcel(weight_g=1)) == {"weight_g": 1}
    assert to_json(Odd(day=date(2026, 1, 2), pair=(1, "a"), share=Decimal("1")))["pair"] == [1, "a"]


@pytest.mark.parametrize(
    ("kind", "data", "named"),
    [
        (Shipment, {"origin": {"country": 1}}, r"\$\.origin\.country: expected str"),
        (Shipment, {"parcels": [{"weight_g": 1}, {"weight_g": 1.5}]}, r"\$\.parcels\[1\]\.weight_g: expected int"),
        (Shipment, {"metadata": {"a": 1}}, r"\$\.metadata\.a: expected str"),
        (Shipment, {"colour": "red"}, "Shipment has no colour"),
        (Shipment, [], "expected an object"),
        (Parcel, {}, "weight_g"),
        (Parcel, {"weight_g": 0}, "at least one gram"),
        (Parcel, {"weight_g": True}, "expected int"),
        (Money, {"amount": "1.999", "currency": "USD"}, "more digits"),
        (Money, {"amount": "x", "currency": "USD"}, r"\$\.amount"),
        (Rate, {"service": "teleport"}, "teleport"),
        (Odd, {"pair": [1]}, "expected 2 items"),
        (Odd, {"day": "tomorrow"}, r"\$\.day"),
        (Label, {"kind": "pdf", "content": "?"}, r"\$\.content"),
        (Address, {"latitude": "north"}, "expected a number"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_path(kind: type, data: object, named: str) -> None:
    with pytest.raises(InvalidValue, match=named):
        from_json(kind, data)
