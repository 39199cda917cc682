"""Rate cards, out."""

from __future__ import annotations

from marshmallow import fields

from gateway.api.schemas.fields import Given, Shown, word


class RateCardUploadSchema(Given):
    """How a new card stands to those that are there."""

    supersede = word(
        ["true", "false"],
        "Take over on the days on which another version is valid too; refused otherwise.",
        load_default="false",
    )


class RateCardSchema(Shown):
    """One version of an account's rate card. Where versions overlap, the newest counts."""

    version = fields.Integer(required=True)
    name = fields.String(required=True)
    valid_from = fields.Date(required=True, allow_none=True, metadata={"description": "At the origin; null is open."})
    valid_until = fields.Date(required=True, allow_none=True, metadata={"description": "This day included."})
    prices = fields.Integer(required=True, metadata={"description": "How many rows [prices] has."})
    author = fields.String(required=True, metadata={"description": "The key that added it."})
    created_at = fields.AwareDateTime(required=True)
    href = fields.String(required=True, metadata={"description": "Where its CSV is."})


class RateCardListSchema(Shown):
    """The versions of an account's card, newest first."""

    data = fields.List(fields.Nested(RateCardSchema), required=True)
