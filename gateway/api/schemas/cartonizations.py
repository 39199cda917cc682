"""Cartonizations, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from gateway.api.schemas.checkouts import MOST_BOXES, BoxSchema
from gateway.api.schemas.fields import Given, Shown, flag, text, whole
from gateway.api.schemas.values import HEAVIEST_G, LONGEST_MM
from gateway.domain.carts import MOST_UNITS

MOST_LINES = 100


class PieceSchema(Given):
    """Some pieces of one article."""

    sku = text(100, least=1, required=True)
    quantity = whole(1, MOST_UNITS, load_default=1)
    weight_g = whole(0, HEAVIEST_G, "Of one piece.", required=True)
    length_mm = whole(1, LONGEST_MM, required=True)
    width_mm = whole(1, LONGEST_MM, required=True)
    height_mm = whole(1, LONGEST_MM, required=True)
    keep_upright = flag("Its height stays upright.", load_default=False)
    nothing_on_top = flag("The space above it stays free.", load_default=False)


class CartonizeSchema(Given):
    """What to pack into what: boxes of your own, or those of a checkout connection."""

    items = fields.List(fields.Nested(PieceSchema), required=True, validate=validate.Length(min=1, max=MOST_LINES))
    boxes = fields.List(fields.Nested(BoxSchema), load_default=list, validate=validate.Length(max=MOST_BOXES))
    connection = text(64, "The id of a checkout connection whose boxes are meant.", allow_none=True)
    dimensional_divisor = whole(
        1000, 20_000, "cm3 a kilogram, by which carriers turn volume into weight.", load_default=5000
    )

    @validates_schema
    def fits(self, data: dict[str, Any], **_: object) -> None:
        """Boxes are needed, once, and not too many pieces."""
        if bool(data["boxes"]) == bool(data["connection"]):
            raise ValidationError("Give boxes or connection.", "boxes")
        if sum(piece["quantity"] for piece in data["items"]) > MOST_UNITS:
            raise ValidationError(f"More than {MOST_UNITS} pieces in all.", "items")


class PlacementSchema(Shown):
    """Where one piece lies: its corner nearest the box's, and its sides as it was turned. Millimetres, z upwards."""

    sku = fields.String(required=True)
    x_mm = fields.Integer(required=True)
    y_mm = fields.Integer(required=True)
    z_mm = fields.Integer(required=True)
    length_mm = fields.Integer(required=True)
    width_mm = fields.Integer(required=True)
    height_mm = fields.Integer(required=True)


class CartonSchema(Shown):
    """One parcel, by its outer sides."""

    box = fields.String(required=True)
    weight_g = fields.Integer(required=True)
    length_mm = fields.Integer(required=True)
    width_mm = fields.Integer(required=True)
    height_mm = fields.Integer(required=True)
    dimensional_weight_g = fields.Integer(required=True)
    chargeable_weight_g = fields.Integer(required=True)
    filled_percent = fields.Integer(required=True)
    items = fields.List(fields.Nested(PlacementSchema), required=True)


class UnplacedSchema(Shown):
    """Pieces that go into no box, and why."""

    sku = fields.String(required=True)
    quantity = fields.Integer(required=True)
    why = fields.String(required=True)


class CartonizationSchema(Shown):
    """The parcels, and what goes into none."""

    parcels = fields.List(fields.Nested(CartonSchema), required=True)
    unplaced = fields.List(fields.Nested(UnplacedSchema), required=True)
