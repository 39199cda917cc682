"""An order as people write it, field by field in text: a line of a file, or a form. Read into a shipment, or told what
is wrong with which field and how to repair it. `order_cells` writes one.

The fields are in `order_columns.csv`. What a spreadsheet does to a file is undone where only one reading is possible
(zeros it dropped from postcodes, the quote it puts before texts), and told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_CEILING, Decimal, InvalidOperation

from gateway.domain.errors import InvalidValue
from gateway.domain.order_columns import Fault, columns, plain
from gateway.domain.order_moments import moment
from gateway.domain.postcodes import has_postcodes, postcode_digits
from gateway.domain.quotes import ServiceLevel
from gateway.domain.shipments import Shipment
from gateway.domain.timezones import timezone_of
from gateway.domain.values import Address, Money, Parcel, Requirements

Cells = Mapping[str, str]
PARCEL_FIELDS = ("weight_kg", "length_cm", "width_cm", "height_cm", "contents", "value", "currency")
SIDES = ("length_cm", "width_cm", "height_cm")
MOST_PARCELS = 50
HEAVIEST_KG, LONGEST_CM = 10_000, 10_000
OLDEST = 120
PHONE = re.compile(r"\+[1-9][0-9]{4,14}")
COUNTRY = re.compile(r"[A-Z]{2}")
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
POINT = re.compile(r"[a-z][a-z0-9_]{0,31}:[!-~]{1,64}")
NUMBER = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,6})?")
YES, NO = ("yes", "y", "1", "true", "x", "on"), ("", "no", "n", "0", "false")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was read. Without a shipment there are faults. `mended`: what was repaired on the way, by field."""

    shipment: Shipment | None = None
    services: tuple[ServiceLevel, ...] = ()
    faults: tuple[Fault, ...] = ()
    mended: Mapping[str, str] = field(default_factory=dict)


def read(cells: Cells, parcels: Sequence[Cells] = (), sender: Address | None = None) -> Order:
    """An order of its cells. `parcels`, where they are told one by one, stand in for the fields about each; `sender` is
    from where it goes if the cells say nothing of it.
    """
    line = _Line(cells)
    shipment = line.shipment(parcels, sender)
    if line.faults or shipment is None:
        return Order(faults=tuple(line.faults), mended=line.mended)
    return Order(shipment=shipment, services=line.services(), mended=line.mended)


class _Line:
    """One order being read; what is wrong with it is collected."""

    def __init__(self, cells: Cells) -> None:
        self.faults: list[Fault] = []
        self.mended: dict[str, str] = {}
        self._cells = {name: self._clean(name, cells[name]) if cells.get(name) else "" for name in columns()}

    def shipment(self, parcels: Sequence[Cells], sender: Address | None) -> Shipment | None:
        """The shipment; None where anything is wrong."""
        cells = self._cells
        origin = self._origin(sender)
        to = self._place("")
        packed = self._parcels(parcels)
        wishes = self._requirements()
        carrier, _, point = cells["service_point"].partition(":")
        if cells["service_point"] and not POINT.fullmatch(cells["service_point"]):
            self._fault("service_point", "is no service point")
        self.services()
        ordered_at = self._ordered_at(origin, to)
        if self.faults or origin is None or to is None or wishes is None:
            return None
        return Shipment(
            origin=origin,
            destination=to,
            parcels=packed,
            requirements=wishes,
            reference=cells["reference"],
            facility=cells["facility"],
            service_point=point,
            service_point_carrier=carrier,
            ordered_at=ordered_at,
        )

    def services(self) -> tuple[ServiceLevel, ...]:
        """The one that was asked for, if any."""
        wanted = plain(self._cells["service"]).replace(" ", "_")
        if not wanted:
            return ()
        if wanted not in {level.value for level in ServiceLevel}:
            self._fault("service", f"“{self._cells['service']}” is no service")
            return ()
        return (ServiceLevel(wanted),)

    def _ordered_at(self, origin: Address | None, to: Address | None) -> datetime | None:
        """By the sender's clock, else by the recipient's, where the text has no offset."""
        text = self._cells["ordered_at"]
        if not text:
            return None
        clock = next((zone for each in (origin, to) if each and (zone := timezone_of(each))), None)
        try:
            told = moment(text, clock)
        except ValueError as error:
            self._fault("ordered_at", str(error))
            return None
        if told.tzinfo is clock:
            self.mended["ordered_at"] = f"times without an offset were read by the clock of {clock}"
        return told

    def _fault(self, column: str, why: str) -> None:
        fault = Fault(column=column, why=why, repair=columns()[column].repair)
        if all((each.column, each.why) != (column, why) for each in self.faults):
            self.faults.append(fault)

    def _clean(self, name: str, text: str) -> str:
        found = " ".join(text.split())
        if found[:1] == "'":  # as we and spreadsheets write texts that look like formulas
            found = found[1:].strip()
        if not found.isprintable():
            found = "".join(letter for letter in found if letter.isprintable())
            self.mended[name] = "letters that cannot be printed were left out"
        if len(found) > columns()[name].longest:
            self._fault(name, f"has {len(found)} characters")
        return found

    def _origin(self, sender: Address | None) -> Address | None:
        given = [name for name, column in columns().items() if column.part == "from" and self._cells[name]]
        if "facility" in given:
            return Address(country="")  # until it is known where that is
        return self._place("from_") if given or sender is None else sender

    def _place(self, side: str) -> Address | None:
        cells, before = self._cells, len(self.faults)
        country = cells[f"{side}country"].upper()
        if not COUNTRY.fullmatch(country):
            self._fault(f"{side}country", "is missing" if not country else f"“{country}” is no code of a country")
        for name in ("street", "city"):
            if not cells[f"{side}{name}"]:
                self._fault(f"{side}{name}", "is missing")
        company = "" if side else cells["company"]
        if not cells[f"{side}name"] and not company:
            self._fault(f"{side}name", "is missing")
        postcode, phone = self._postcode(side, country), self._phone(side)
        email = "" if side else cells["email"]
        if email and not EMAIL.fullmatch(email):
            self._fault("email", f"“{email}” is no e-mail address")
        if len(self.faults) > before:
            return None
        return Address(
            country=country,
            postal_code=postcode,
            name=cells[f"{side}name"],
            company=company,
            street1=cells[f"{side}street"],
            street2="" if side else cells["street2"],
            city=cells[f"{side}city"],
            phone=phone,
            email=email,
            instructions="" if side else cells["instructions"],
        )

    def _postcode(self, side: str, country: str) -> str:
        name = f"{side}postal_code"
        text, digits = self._cells[name], postcode_digits().get(country, 0)
        if not text and has_postcodes(country):
            self._fault(name, "is missing")
        if text.isascii() and text.isdigit() and len(text) < digits:
            self.mended[name] = "zeros that spreadsheets drop from postcodes were put back"
            return text.zfill(digits)
        return text

    def _phone(self, side: str) -> str:
        text = re.sub(r"[\s()./-]", "", self._cells[f"{side}phone"])
        text = f"+{text[2:]}" if text.startswith("00") else text
        if text and not PHONE.fullmatch(text):
            self._fault(
                f"{side}phone", f"“{text}” has no country's code" if text.isdigit() else f"“{text}” is no number"
            )
        return text

    def _parcels(self, parcels: Sequence[Cells]) -> tuple[Parcel, ...]:
        told = [{name: self._clean(name, each.get(name, "")) for name in PARCEL_FIELDS} for each in parcels]
        count = self._cells["parcels"] or "1"
        if not told and not (count.isascii() and count.isdigit() and 0 < int(count) <= MOST_PARCELS):
            self._fault("parcels", f"“{count}” is no number from 1 to {MOST_PARCELS}")
            return ()
        if len(told) > MOST_PARCELS:
            self._fault("parcels", f"{len(told)} parcels are too many")
            return ()
        made = [self._made(each) for each in (told or [self._cells])]
        found = [each for each in made if each is not None]
        return tuple(found if told else found * int(count))

    def _made(self, cells: Cells) -> Parcel | None:
        weight = self._measure("weight_kg", cells, HEAVIEST_KG, 1000)
        sides = [self._measure(side, cells, LONGEST_CM, 10) for side in SIDES]
        if any(sides) and not all(sides):
            self._fault(SIDES[sides.index(0)], "is missing beside the other two")
        if not cells["weight_kg"]:
            self._fault("weight_kg", "is missing")
        value = self._value(cells)
        if not weight or self.faults:
            return None
        length, width, height = sides
        return Parcel(
            weight_g=weight,
            length_mm=length,
            width_mm=width,
            height_mm=height,
            value=value,
            description=cells["contents"],
        )

    def _measure(self, name: str, cells: Cells, most: int, scale: int) -> int:
        """In grams or millimetres, rounded up; 0 for nothing."""
        text = cells[name]
        if not text:
            return 0
        amount = Decimal(text.replace(",", ".")) if NUMBER.fullmatch(text) else Decimal(0)
        if not 0 < amount <= most:
            self._fault(name, f"“{text}” is no number above 0 and up to {most}")
            return 0
        return int((amount * scale).to_integral_value(rounding=ROUND_CEILING))

    def _value(self, cells: Cells) -> Money | None:
        if not cells["value"]:
            return None
        try:
            worth = Money.parse(cells["value"].replace(",", "."), cells["currency"].upper())
        except (InvalidValue, InvalidOperation) as error:
            self._fault("value", str(error))
            return None
        if worth.amount < 0:
            self._fault("value", "is below zero")
        return worth

    def _requirements(self) -> Requirements | None:
        signature, photo, pin = (self._flag(name) for name in ("signature", "photo", "pin"))
        age = self._cells["min_age"]
        if age and not (age.isascii() and age.isdigit() and 0 < int(age) <= OLDEST):
            self._fault("min_age", f"“{age}” is no age from 1 to {OLDEST}")
            return None
        return Requirements(signature=signature, photo=photo, pin=pin, min_age=int(age) if age else None)

    def _flag(self, name: str) -> bool:
        text = self._cells[name].casefold()
        if text not in YES + NO:
            self._fault(name, f"“{text}” is neither yes nor no")
        return text in YES
