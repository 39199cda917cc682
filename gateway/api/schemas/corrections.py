"""Corrections in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema

from gateway.api.schemas.fields import Given, Shown, text, word
from gateway.api.schemas.tracking import STATUSES
from gateway.domain.tracking import reasons
from gateway.services.corrections import Word

CORRECTABLE = [status for status in STATUSES if status not in ("unknown", "created")]
REASONS = list(reasons())


class CorrectSchema(Given):
    """Where a shipment is, whatever its carrier says. It counts until it is withdrawn or the carrier tells more."""

    status = word(CORRECTABLE, required=True)
    reason = word(REASONS, load_default="none")
    parcel = text(64, "The tracking number of the one parcel that is meant; left out: all of them.", allow_none=True)
    author = text(100, "The person who says so.", least=2, required=True)
    why = text(500, "How they know.", least=3, required=True)

    @validates_schema
    def _agree(self, data: dict[str, Any], **_: object) -> None:
        if why := reasons()[data["reason"]].contradicts(data["status"]):
            raise ValidationError(why, "reason")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Word:
        """To a Word."""
        return Word(piece=data.pop("parcel"), **data)


class WithdrawSchema(Given):
    """Who takes a correction back, and why."""

    author = text(100, "The person who says so.", least=2, required=True)
    why = text(500, least=3, required=True)


class WithdrawalSchema(Shown):
    """Who took it back."""

    at = fields.AwareDateTime(required=True)
    author = fields.String(required=True)
    why = fields.String(required=True)


class BeforeSchema(Shown):
    """What was shown before."""

    status = word(STATUSES, required=True)
    reason = fields.String(required=True)


class CorrectionSchema(Shown):
    """A person's word. Its event has the id `correction:` and its own."""

    id = fields.String(required=True)
    shipment_id = fields.String(required=True)
    status = word(STATUSES, required=True)
    reason = fields.String(required=True)
    parcel = fields.String(required=True, allow_none=True)
    author = fields.String(required=True)
    key_id = fields.String(required=True, metadata={"description": "The API key it came with."})
    why = fields.String(required=True)
    before = fields.Nested(BeforeSchema, required=True)
    created_at = fields.AwareDateTime(required=True)
    withdrawn = fields.Nested(WithdrawalSchema, required=True, allow_none=True)


class CorrectionListSchema(Shown):
    """A shipment's corrections, oldest first, withdrawn ones too."""

    data = fields.List(fields.Nested(CorrectionSchema), required=True)
