"""Ways back, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from gateway.api.schemas.fields import NAME, Given, Shown, coded, entries, moment, text, word
from gateway.api.schemas.quotes import MOST_PARCELS
from gateway.api.schemas.tracking import STATUSES
from gateway.api.schemas.values import AddressSchema, ParcelSchema, WindowSchema
from gateway.domain.shipments import LabelFormat, LabelKind, ReturnWay, ShipmentState
from gateway.services.returns import ReturnAsk

WAYS = [way.value for way in ReturnWay]


class ReturnSchema(Given):
    """How a delivered shipment is sent back. Left out is what is as on the way out; the addresses change places."""

    ways = fields.List(
        word(WAYS),
        load_default=lambda: list(ReturnWay),
        validate=validate.Length(min=1, max=len(WAYS)),
        metadata={
            "description": "In which the recipient may hand it over: fetched at the door, brought to a service point "
            "with a label, or with nothing but a code. The policy chooses among what carriers offer."
        },
    )
    parcels = fields.List(
        fields.Nested(ParcelSchema),
        load_default=list,
        validate=validate.Length(max=MOST_PARCELS),
        metadata={"description": "What goes back, where it is not everything as it came."},
    )
    destination = fields.Nested(
        AddressSchema,
        allow_none=True,
        load_default=None,
        metadata={"description": "Where it goes; left out: where it came from."},
    )
    policy = coded(NAME, "Which policy ranks the offers; left out: the default one.", allow_none=True)
    ready_at = moment("When it can be fetched; left out: now.", allow_none=True)
    window = fields.Nested(WindowSchema, allow_none=True, load_default=None)
    reference = text(100, "Your own number of the return: unique for the life of the shipment.", allow_none=True)
    label_format = word([kind.value for kind in LabelKind], load_default="pdf")
    metadata = entries(
        fields.String(validate=validate.Length(max=500)),
        "Whatever you want to have back, such as the reason.",
        pattern=r"^[^\x00-\x1f\x7f]{1,40}$",
        load_default=dict,
    )

    @validates_schema
    def addressable(self, data: dict[str, Any], **_: object) -> None:
        """A courier has to find the place."""
        place = data["destination"]
        if place is not None and not place.addressable:
            raise ValidationError("A booking needs name (or company), street1 and city.", "destination")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> ReturnAsk:
        """To a ReturnAsk."""
        ways = tuple(dict.fromkeys(ReturnWay(way) for way in data.pop("ways")))
        form = LabelFormat(kind=LabelKind(data.pop("label_format")))
        return ReturnAsk(**{**data, "parcels": tuple(data["parcels"])}, ways=ways, label_format=form)


class ReturnShownSchema(Shown):
    """A shipment that brings this one back, or was to."""

    id = fields.String(required=True)
    state = word([state.value for state in ShipmentState], required=True)
    status = word(STATUSES, required=True)
