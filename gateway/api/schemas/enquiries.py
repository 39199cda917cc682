"""Enquiries in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load

from gateway.api.schemas.fields import Given, Shown, moment, text, word
from gateway.domain.enquiries import EnquiryWay
from gateway.services.enquiries import Asking

WAYS = [way.value for way in EnquiryWay]


class AskingSchema(Given):
    """Somebody asked where it is."""

    way = word(WAYS, "How they asked.", required=True)
    reference = text(100, "Your help desk's number of it. No names, no words: they are not needed.", allow_none=True)
    at = moment("When; left out: now.", allow_none=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Asking:
        """To an Asking."""
        return Asking(**{**data, "way": EnquiryWay(data["way"])})


class EnquirySchema(Shown):
    """Once that somebody asked where it is."""

    id = fields.String(required=True)
    shipment_id = fields.String(required=True)
    way = word(WAYS, required=True)
    reference = fields.String(required=True, allow_none=True)
    taken_by = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


class EnquiryListSchema(Shown):
    """A shipment's enquiries, oldest first."""

    data = fields.List(fields.Nested(EnquirySchema), required=True)
