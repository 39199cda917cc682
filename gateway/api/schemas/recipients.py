"""Brands and ratings: what recipients are shown in a merchant's name, and what they answer."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from gateway.api.schemas.fields import Given, Shown, coded, counted, cursor, flag, text
from gateway.api.schemas.values import PHONE
from gateway.domain.recipients import Brand

COLOUR = r"^#[0-9a-f]{6}$"
LANGUAGE = r"^[a-z]{2,3}$"
WEB = r"^https://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?(/[A-Za-z0-9/._~%!&()*+,;=:@?#-]*)?$"
BASE64 = r"^[A-Za-z0-9+/]{0,700000}={0,2}$"
"""Half a megabyte of picture at most."""

NOTHING: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class GivenBrand:
    """A brand as it comes; `logo` None: the one there is stays."""

    brand: Brand
    logo: bytes | None


class BrandPutSchema(Given):
    """In whose name recipients are spoken to. Members that are left out are as if they had never been said."""

    name = text(60, "The merchant's own name when left out.")
    colour = coded(
        COLOUR,
        "Lower case. Where text in it could not be read, the nearest shade that can is used (WCAG 2.2, 4.5:1).",
        error="A colour such as #0b57b0.",
        allow_none=True,
    )
    logo = coded(
        BASE64,
        "PNG, JPEG or WebP in base64, at most 4 million pixels; it is made anew and kept small. Left out: the one "
        "there is stays; null: none.",
        error="A picture in base64.",
        allow_none=True,
    )
    language = coded(LANGUAGE, "For those whose browser asks for none we speak; en when left out.", allow_none=True)
    help_email = fields.Email(allow_none=True, load_default=None, validate=validate.Length(max=254))
    help_phone = coded(PHONE, "E.164.", error="E.164, such as +4791234567.", allow_none=True)
    help_url = coded(WEB, "https.", error="An https address.", allow_none=True)
    returns_url = coded(WEB, "https: where things are given back.", error="An https address.", allow_none=True)
    privacy_url = coded(WEB, "https.", error="An https address.", allow_none=True)
    photo = flag("Recipients may see the photo of the delivery.", load_default=False)
    wishes = flag("Recipients may instruct couriers of carriers that take it.", load_default=False)
    reschedule = flag("Recipients may ask for another time, where the carrier offers any.", load_default=False)
    redirect = flag("Recipients may ask for a service point instead, where the carrier has any.", load_default=False)

    proof_code = flag(
        "Whoever wishes something proves to be the recipient by a six-digit code, sent to the e-mail address (else by "
        "text message) the parcel was booked with. Needs a sender; without one, or an address, nothing can be wished.",
        load_default=False,
    )

    @post_load(pass_original=True)
    def make(self, data: dict[str, Any], original: Mapping[str, object] = NOTHING, **_: object) -> GivenBrand:
        """To the domain's Brand, and the logo's bytes."""
        given = data.pop("logo")
        logo = given if "logo" in original else None
        return GivenBrand(Brand(**{name: value for name, value in data.items() if value}), _decoded(logo))


def _decoded(logo: str | None) -> bytes | None:
    try:
        return None if logo is None else base64.b64decode(logo, validate=True)
    except binascii.Error:
        raise ValidationError({"logo": ["A picture in base64."]}) from None


class LogoSchema(Shown):
    """The logo as it is kept."""

    href = fields.String(required=True)
    sha256 = fields.String(required=True)


class BrandSchema(Shown):
    """In whose name recipients are spoken to."""

    name = fields.String(required=True)
    colour = fields.String(required=True)
    logo = fields.Nested(LogoSchema, required=True, allow_none=True)
    language = fields.String(required=True)
    help_email = fields.String(required=True, allow_none=True)
    help_phone = fields.String(required=True, allow_none=True)
    help_url = fields.String(required=True, allow_none=True)
    returns_url = fields.String(required=True, allow_none=True)
    privacy_url = fields.String(required=True, allow_none=True)
    photo = fields.Boolean(required=True)
    wishes = fields.Boolean(required=True)
    reschedule = fields.Boolean(required=True)
    redirect = fields.Boolean(required=True)
    proof_code = fields.Boolean(required=True)
    version = fields.Integer(required=True)
    updated_at = fields.AwareDateTime(required=True, allow_none=True)


class RatingQuerySchema(Given):
    """Which page."""

    limit = counted(1, 200, load_default=50)
    cursor = cursor()


class RatingSchema(Shown):
    """What a recipient thinks of a delivery."""

    shipment_id = fields.String(required=True)
    stars = fields.Integer(required=True, metadata={"description": "1 to 5."})
    recommends = fields.Integer(required=True, allow_none=True, metadata={"description": "0 to 10 (Net Promoter)."})
    comment = fields.String(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)


class RatingPageSchema(Shown):
    """One page of ratings, newest first."""

    data = fields.List(fields.Nested(RatingSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
