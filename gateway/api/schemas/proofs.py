"""Proofs of delivery, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from gateway.api.schemas.fields import Given, Shown, degrees, flag, text, whole, word
from gateway.domain.proof_files import PictureKind
from gateway.domain.tracking import ProofOfDelivery

KINDS = [kind.value for kind in PictureKind]
PROVABLE = ["signature", "photo", "pin", "age", "id_check"]


class ProofSchema(Given):
    """What the driver collected at the door; pictures by link, or uploaded by POST /v1/fleet/pictures."""

    received_by = text(100, allow_none=True)
    relationship = text(64, "Of that person to the recipient.", allow_none=True)
    signature_url = text(2048, "A public https address from which the picture is fetched.", allow_none=True)
    photo_url = text(2048, "A public https address from which the picture is fetched.", allow_none=True)
    pin_matched = flag(allow_none=True, load_default=None)
    min_age_verified = whole(1, 120, "The age that a document proved.", allow_none=True, load_default=None)
    id_checked = flag("Whether the document was the recipient's.", allow_none=True, load_default=None)
    barcodes = fields.List(
        text(64, least=1),
        load_default=list,
        validate=validate.Length(max=50),
        metadata={"description": "What was scanned at the door."},
    )
    latitude = degrees(90)
    longitude = degrees(180)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> ProofOfDelivery:
        """To the domain's ProofOfDelivery."""
        return ProofOfDelivery(**{**data, "barcodes": tuple(data["barcodes"])})


class PictureQuerySchema(Given):
    """Whose picture it is, and what it shows."""

    account = text(64, "The fleet account's name or id.", least=1, required=True)
    tracking_number = text(64, "What stands on the parcel.", least=1, required=True)
    kind = word(KINDS, required=True)


class PictureSchema(Shown):
    """A photo or signature. Nothing of the bytes that were sent is in it: no position, no camera, no comments."""

    id = fields.String(required=True)
    kind = word(KINDS, required=True)
    source = word(["carrier", "driver"], required=True)
    state = word(
        ["waiting", "ready", "refused", "erased"],
        "`waiting`: to be fetched or looked at. `refused`: it never will be a picture, see `why`. `erased`: too old.",
        required=True,
    )
    why = fields.String(required=True, allow_none=True)
    media_type = fields.String(required=True, allow_none=True)
    width = fields.Integer(required=True, allow_none=True)
    height = fields.Integer(required=True, allow_none=True)
    size_bytes = fields.Integer(required=True, allow_none=True)
    sha256 = fields.String(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    href = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Shows it to anybody who has the link, for minutes. Read the shipment for a new one."},
    )
    expires_at = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "Until when the link is good."}
    )


class ProofShownSchema(Shown):
    """What shows that it was handed over. What is not known is left out, but for the lists."""

    delivered_at = fields.AwareDateTime()
    received_by = fields.String()
    relationship = fields.String()
    pin_matched = fields.Boolean()
    min_age_verified = fields.Integer()
    id_checked = fields.Boolean()
    barcodes = fields.List(fields.String())
    latitude = fields.Float()
    longitude = fields.Float()
    distance_m = fields.Integer(metadata={"description": "From there to the address, where both are known."})
    pictures = fields.List(fields.Nested(PictureSchema), required=True)
    wanted = fields.List(word(PROVABLE), required=True, metadata={"description": "What it was booked with."})
    missing = fields.List(word(PROVABLE), required=True, metadata={"description": "What of that nobody has shown."})
