"""Money, addresses, parcels, windows, requirements: the input of everything, and the output of some."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from gateway.api.schemas.fields import Given, coded, degrees, flag, measure, moment, text, whole, word
from gateway.domain.errors import InvalidValue
from gateway.domain.postcodes import has_postcodes
from gateway.domain.values import Address, Money, Parcel, Requirements, TimeWindow

GRAMS = {"g": Decimal(1), "kg": Decimal(1000), "oz": Decimal("28.349523125"), "lb": Decimal("453.59237")}
"""Grams of a unit of mass. Source: the international avoirdupois pound, 0.45359237 kg exactly (1959)."""

MILLIMETRES = {"mm": Decimal(1), "cm": Decimal(10), "in": Decimal("25.4")}
"""Millimetres of a unit of length. Source: the international inch, 25.4 mm exactly (1959)."""

HEAVIEST_G = 10_000_000
LONGEST_MM = 100_000
MOST_MONEY = 10**12
PHONE = r"^\+[1-9][0-9]{4,14}$"
COUNTRY = r"^[A-Z]{2}$"
CURRENCY = r"^[A-Z]{3}$"
SUBDIVISION = r"^[A-Z0-9]{0,3}$"
SIDES = ("length", "width", "height")


class MoneySchema(Given):
    """An amount in integer minor units: {"amount": 899, "currency": "USD"} is 8.99 USD."""

    amount = whole(
        most=MOST_MONEY, required=True, what="In the currency's smallest unit: 899 is 8.99 USD, 899 JPY or 0.899 KWD."
    )
    currency = coded(CURRENCY, "ISO 4217.", error="ISO 4217, such as NOK.", required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Money:
        """To the domain's Money."""
        try:
            return Money.from_minor(data["amount"], data["currency"])
        except InvalidValue as error:
            raise ValidationError(str(error), "currency") from error


class AddressSchema(Given):
    """A place and whom to ask for there. Quotes need only country and postcode; bookings need a door.

    Some countries, such as Hong Kong (HK), have no postcodes.
    """

    name = text(100, "Whom to ask for. A booking needs `name` or `company`.")
    company = text(100, allow_none=True)
    street1 = text(100, "Street and number. Needed to book.")
    street2 = text(100, "Floor, flat, building.", allow_none=True)
    city = text(100, "Needed to book.")
    subdivision = coded(
        SUBDIVISION, "ISO 3166-2 without the country: NY.", error="ISO 3166-2 without the country.", allow_none=True
    )
    postal_code = text(16, "Needed wherever there are postcodes.")
    country = coded(COUNTRY, "ISO 3166-1 alpha-2.", error="ISO 3166-1 alpha-2, such as NO.", required=True)
    phone = coded(PHONE, "E.164.", error="E.164, such as +4791234567.", allow_none=True)
    email = fields.Email(allow_none=True, load_default=None, validate=validate.Length(max=254))
    latitude = degrees(90, "WGS 84.")
    longitude = degrees(180, "WGS 84.")
    residential = flag("Whether somebody lives there; null when you do not know.", allow_none=True, load_default=None)
    instructions = text(280, "For the driver: door code, where to leave it.", allow_none=True)

    @validates_schema
    def is_somewhere(self, data: dict[str, Any], **_: object) -> None:
        """A country, and a postcode unless the country has none."""
        needed = ("country", "postal_code") if has_postcodes(data["country"]) else ("country",)
        if missing := [name for name in needed if not data[name]]:
            raise ValidationError({name: ["Missing data for required field."] for name in missing})

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Address:
        """To the domain's Address; null is the same as left out."""
        return Address(**{key: value for key, value in data.items() if value is not None})


class MassSchema(Given):
    """A weight in a unit of your own; rounded up to grams."""

    value = measure(HEAVIEST_G)
    unit = word(sorted(GRAMS), required=True)


class DimensionsSchema(Given):
    """Dimensions in a unit of your own; each rounded up to millimetres."""

    length = measure(LONGEST_MM)
    width = measure(LONGEST_MM)
    height = measure(LONGEST_MM)
    unit = word(sorted(MILLIMETRES), required=True)


class ParcelSchema(Given):
    """One package. Its weight is `weight_g` or `weight`; its size, if known, `length_mm` ... or `dimensions`."""

    weight_g = whole(1, HEAVIEST_G, "Grams.")
    weight = fields.Nested(MassSchema)
    length_mm = whole(0, LONGEST_MM, "Millimetres; 0 or left out: not known.")
    width_mm = whole(0, LONGEST_MM, "Millimetres.")
    height_mm = whole(0, LONGEST_MM, "Millimetres.")
    dimensions = fields.Nested(DimensionsSchema)
    value = fields.Nested(MoneySchema, allow_none=True, load_default=None)
    description = text(200, "What is in it, for customs and couriers.", allow_none=True)

    @validates_schema
    def one_weight(self, data: dict[str, Any], **_: object) -> None:
        """A weight is needed, once."""
        if ("weight_g" in data) == ("weight" in data):
            raise ValidationError("Give weight_g or weight.", "weight_g")
        if "dimensions" in data and any(f"{side}_mm" in data for side in SIDES):
            raise ValidationError("Give millimetres or dimensions, not both.", "dimensions")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Parcel:
        """To the domain's Parcel, in grams and millimetres."""
        mass, sides = data.pop("weight", None), data.pop("dimensions", None)
        if mass:
            data["weight_g"] = _up(mass["value"] * GRAMS[mass["unit"]], HEAVIEST_G, "weight")
        if sides:
            unit = MILLIMETRES[sides["unit"]]
            data |= {f"{side}_mm": _up(sides[side] * unit, LONGEST_MM, "dimensions") for side in SIDES}
        return Parcel(**data)


def _up(value: Decimal, most: int, name: str) -> int:
    whole_units = int(value.to_integral_value(rounding=ROUND_CEILING))
    if whole_units > most:
        raise ValidationError(f"More than {most} g or mm.", name)
    return whole_units


class WindowSchema(Given):
    """A span of time, both ends with an offset."""

    start = moment(required=True)
    end = moment(required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> TimeWindow:
        """To the domain's TimeWindow."""
        try:
            return TimeWindow(**data)
        except InvalidValue as error:
            raise ValidationError(str(error), "end") from error


class RequirementsSchema(Given):
    """What the handover must include; a carrier that cannot do one of them is not eligible."""

    signature = flag()
    min_age = whole(1, 120, "The recipient's age is checked.", allow_none=True)
    photo = flag("A photo of where it was left.")
    pin = flag("The recipient tells the driver a number.")
    id_check = flag("The recipient shows an identity document.")
    temperature = word(["ambient", "chilled", "frozen"])
    two_person = flag("Too heavy for one.")
    cash_on_delivery = fields.Nested(MoneySchema, allow_none=True)
    undeliverable_action = word(["return", "leave", "discard"])

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Requirements:
        """To the domain's Requirements."""
        return Requirements(**data)
