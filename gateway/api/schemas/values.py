"""Money, addresses, parcels, windows, requirements."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from gateway.domain.errors import InvalidValue
from gateway.domain.values import Address, Money, Parcel, Requirements, TimeWindow

GRAMS = {"g": Decimal(1), "kg": Decimal(1000), "oz": Decimal("28.349523125"), "lb": Decimal("453.59237")}
"""Grams of a unit of mass. Source: the international avoirdupois pound, 0.45359237 kg exactly (1959)."""

MILLIMETRES = {"mm": Decimal(1), "cm": Decimal(10), "in": Decimal("25.4")}
"""Millimetres of a unit of length. Source: the international inch, 25.4 mm exactly (1959)."""

LARGEST_INT = 2**31 - 1
PHONE = r"^\+[1-9][0-9]{4,14}$"
COUNTRY = r"^[A-Z]{2}$"


def text(longest: int, **kwargs: Any) -> fields.String:
    """A string of at most so many characters, without control characters."""
    return fields.String(validate=[validate.Length(max=longest), _printable], load_default="", **kwargs)


def _printable(value: str) -> None:
    if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in value):
        raise ValidationError("Control characters are not allowed.")


def whole(least: int = 0, most: int = LARGEST_INT, **kwargs: Any) -> fields.Integer:
    """A whole number, given as a JSON integer."""
    return fields.Integer(strict=True, validate=validate.Range(min=least, max=most), **kwargs)


class MoneySchema(Schema):
    """An amount in integer minor units: {"amount": 899, "currency": "USD"} is 8.99 USD."""

    amount = fields.Integer(strict=True, required=True, validate=validate.Range(min=0, max=10**12))
    currency = fields.String(required=True, validate=validate.Regexp(r"^[A-Z]{3}$"))

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Money:
        """To the domain's Money."""
        try:
            return Money.from_minor(data["amount"], data["currency"])
        except InvalidValue as error:
            raise ValidationError(str(error), "currency") from error


class AddressSchema(Schema):
    """A place and whom to ask for there."""

    name = text(100)
    company = text(100)
    street1 = text(100)
    street2 = text(100, allow_none=True)
    city = text(100)
    subdivision = text(3, allow_none=True)
    postal_code = fields.String(required=True, validate=[validate.Length(min=1, max=16), _printable])
    country = fields.String(required=True, validate=validate.Regexp(COUNTRY, error="ISO 3166-1 alpha-2, such as NO."))
    phone = fields.String(
        allow_none=True, load_default="", validate=validate.Regexp(PHONE, error="E.164, such as +4791234567.")
    )
    email = fields.Email(allow_none=True, load_default="", validate=validate.Length(max=254))
    latitude = fields.Float(allow_none=True, load_default=None, validate=validate.Range(min=-90, max=90))
    longitude = fields.Float(allow_none=True, load_default=None, validate=validate.Range(min=-180, max=180))
    residential = fields.Boolean(allow_none=True, load_default=None, truthy={True}, falsy={False})
    instructions = text(280, allow_none=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Address:
        """To the domain's Address; null is the same as left out."""
        return Address(**{key: value for key, value in data.items() if value is not None})


class MassSchema(Schema):
    """A weight in other units; rounded up to grams."""

    value = fields.Decimal(required=True, validate=validate.Range(min=Decimal(0), max=Decimal(10**7)))
    unit = fields.String(required=True, validate=validate.OneOf(sorted(GRAMS)))


class DimensionsSchema(Schema):
    """Dimensions in other units; rounded up to millimetres."""

    length = fields.Decimal(required=True, validate=validate.Range(min=Decimal(0), max=Decimal(10**6)))
    width = fields.Decimal(required=True, validate=validate.Range(min=Decimal(0), max=Decimal(10**6)))
    height = fields.Decimal(required=True, validate=validate.Range(min=Decimal(0), max=Decimal(10**6)))
    unit = fields.String(required=True, validate=validate.OneOf(sorted(MILLIMETRES)))


class ParcelSchema(Schema):
    """One package: `weight_g` or `weight`, and `length_mm` ... or `dimensions`."""

    weight_g = whole(least=1, most=10_000_000)
    weight = fields.Nested(MassSchema)
    length_mm = whole(most=100_000)
    width_mm = whole(most=100_000)
    height_mm = whole(most=100_000)
    dimensions = fields.Nested(DimensionsSchema)
    value = fields.Nested(MoneySchema, allow_none=True, load_default=None)
    description = text(200, allow_none=True)

    @validates_schema
    def one_weight(self, data: dict[str, Any], **_: object) -> None:
        """A weight is needed, once."""
        if ("weight_g" in data) == ("weight" in data):
            raise ValidationError("Give weight_g or weight.", "weight_g")
        if "dimensions" in data and any(f"{side}_mm" in data for side in ("length", "width", "height")):
            raise ValidationError("Give millimetres or dimensions, not both.", "dimensions")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Parcel:
        """To the domain's Parcel, in grams and millimetres."""
        mass, sides = data.pop("weight", None), data.pop("dimensions", None)
        if mass:
            data["weight_g"] = _up(mass["value"] * GRAMS[mass["unit"]])
        if sides:
            unit = MILLIMETRES[sides.pop("unit")]
            data |= {f"{side}_mm": _up(value * unit) for side, value in sides.items()}
        try:
            return Parcel(**{key: value for key, value in data.items() if value is not None})
        except InvalidValue as error:
            raise ValidationError(str(error), "weight") from error


def _up(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_CEILING))


class WindowSchema(Schema):
    """A span of time, both ends with an offset."""

    start = fields.AwareDateTime(required=True, format="iso")
    end = fields.AwareDateTime(required=True, format="iso")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> TimeWindow:
        """To the domain's TimeWindow."""
        try:
            return TimeWindow(**data)
        except InvalidValue as error:
            raise ValidationError(str(error), "end") from error


class RequirementsSchema(Schema):
    """What the handover must include."""

    signature = fields.Boolean(truthy={True}, falsy={False})
    min_age = whole(least=1, most=120, allow_none=True)
    photo = fields.Boolean(truthy={True}, falsy={False})
    pin = fields.Boolean(truthy={True}, falsy={False})
    id_check = fields.Boolean(truthy={True}, falsy={False})
    temperature = fields.String(validate=validate.OneOf(["ambient", "chilled", "frozen"]))
    two_person = fields.Boolean(truthy={True}, falsy={False})
    cash_on_delivery = fields.Nested(MoneySchema, allow_none=True)
    undeliverable_action = fields.String(validate=validate.OneOf(["return", "leave", "discard"]))

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Requirements:
        """To the domain's Requirements."""
        return Requirements(**data)
