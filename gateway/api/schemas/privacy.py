"""Wishes to be forgotten, and copies of what is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema

from gateway.api.schemas.fields import Given, Shown, flag, text
from gateway.api.schemas.notifications import NotificationSchema
from gateway.api.schemas.shipments import ShipmentSchema
from gateway.api.schemas.tracking import EventSchema
from gateway.domain.privacy import Subject

NAMES = ("email", "phone", "reference")


class SubjectSchema(Given):
    """Whose data are meant; exactly one of the three."""

    email = text(254, "Of a recipient, or of who sends something back.", allow_none=True)
    phone = text(32, "The same by phone, in international form.", allow_none=True)
    reference = text(100, "Your own number of one order.", allow_none=True)

    @validates_schema
    def one_name(self, data: Mapping[str, Any], **_: object) -> None:
        """Raises ValidationError: none, or more than one."""
        given = [name for name in NAMES if data.get(name)]
        if len(given) != 1:
            why = "Name them by email, phone or reference." if not given else "Name them by one of the three only."
            raise ValidationError(why, given[1] if given else "email")
        if given == ["phone"] and sum(letter.isdigit() for letter in data["phone"]) < 5:
            raise ValidationError("A phone number has more digits.", "phone")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Any:
        """To a Subject."""
        return Subject(**data)


class EraseSchema(SubjectSchema):
    """Who wants to be forgotten."""

    dry_run = flag("Only say what would be erased.", load_default=False)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> tuple[Subject, bool]:
        """To a Subject, and whether this is a rehearsal."""
        dry_run = data.pop("dry_run")
        return Subject(**data), dry_run


class DeferredSchema(Shown):
    """A shipment that is erased later."""

    shipment_id = fields.String(required=True)
    why = fields.String(required=True, metadata={"description": "What it waits for. Nobody needs to ask again."})


class ErasureSchema(Shown):
    """What became of it: the certificate. It names nobody, and the audit log of the console keeps each deed."""

    dry_run = fields.Boolean(required=True)
    at = fields.AwareDateTime(required=True)
    erased = fields.List(fields.String(), required=True, metadata={"description": "Shipments."})
    deferred = fields.List(fields.Nested(DeferredSchema), required=True)
    quotes = fields.Integer(required=True, metadata={"description": "Expired quotes that named them."})
    more = fields.Boolean(required=True, metadata={"description": "There may be more: ask again."})


class NoteSchema(Shown):
    """What somebody wrote about a shipment at the console."""

    at = fields.AwareDateTime(required=True)
    who = fields.String(required=True)
    text = fields.String(required=True)


class KnownSchema(Shown):
    """One shipment, with everything that is known of its people."""

    shipment = fields.Nested(ShipmentSchema, required=True)
    events = fields.List(fields.Nested(EventSchema), required=True)
    notifications = fields.List(fields.Nested(NotificationSchema), required=True)
    notes = fields.List(fields.Nested(NoteSchema), required=True)
    comment = fields.String(
        required=True, allow_none=True, metadata={"description": "What the recipient wrote with the rating."}
    )


class ExportSchema(Shown):
    """Everything that is known of somebody."""

    at = fields.AwareDateTime(required=True)
    data = fields.List(fields.Nested(KnownSchema), required=True)
