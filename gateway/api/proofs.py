"""/v1/fleet/pictures, and the links to pictures."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from gateway.api import shapes_proofs
from gateway.api.auth import caller, open_to_all, requires, services
from gateway.api.metrics import refused_picture
from gateway.api.routes import ApiBlueprint, answer, larger
from gateway.api.schemas.proofs import PictureQuerySchema, PictureSchema
from gateway.domain.proof_files import PictureKind
from gateway.services.ports.proofs import PictureRefused
from gateway.services.proof_files import Sent

blueprint = ApiBlueprint("proofs", __name__, url_prefix="/v1")
TAKEN = ("image/jpeg", "image/png", "image/webp")
INSTEAD = {
    "image/heic": "let the phone take 'most compatible' pictures, or convert them to JPEG",
    "image/heif": "let the phone take 'most compatible' pictures, or convert them to JPEG",
    "image/svg+xml": "send the drawing as PNG",
    "multipart/form-data": "send the picture itself as the body",
}
BYTES = {"type": "string", "format": "binary"}
BODY = {media: {"schema": BYTES, "example": "the bytes of the picture"} for media in TAKEN}
SHOWN_WITH = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
"""A picture may stand in pages of others; opened by itself it can do nothing."""


@blueprint.route("/fleet/pictures", methods=["POST"])
@requires("shipments:write")
@larger("max_picture_bytes")
@blueprint.arguments(PictureQuerySchema, location="query")
@blueprint.doc(requestBody={"required": True, "content": BODY})
@blueprint.response(201, PictureSchema)
def add_picture(wanted: dict[str, Any]) -> Response:
    """Prove a delivery of the own fleet by a photo or a signature: the picture is the body.

    It is made anew, 1600 pixels long at most, without what a camera writes into it. Sending the same bytes again is
    harmless: the same picture is answered. Who took the parcel, codes and checks come with the scan.
    """
    if request.mimetype not in TAKEN:
        refused_picture("content_type")
        advice = INSTEAD.get(request.mimetype, "say which of them it is in Content-Type")
        raise UnsupportedMediaType(f"a picture comes as {', '.join(TAKEN)}: {advice}")
    who, kind = caller(), PictureKind(wanted["kind"])
    sent = Sent(request.get_data(), request.mimetype)
    try:
        made = services().fleet.picture(
            who.merchant_id, who.mode, wanted["account"], wanted["tracking_number"], kind, sent
        )
    except PictureRefused as error:
        refused_picture(error.reason)
        raise
    where = {"Location": f"/v1/shipments/{made.shipment_id}"}
    return answer(shapes_proofs.picture(made, services().proofs.link(made)), 201, where)


@blueprint.route("/pictures/<token>")
@open_to_all("the link itself, signed and good for minutes, is the permission")
@blueprint.response(200, BYTES, content_type="image/jpeg")
@blueprint.alt_response(200, schema=BYTES, content_type="image/png")
def show_picture(token: str) -> Response:
    """A picture, to whoever has a link of a shipment's `proof_of_delivery`. Links are good for minutes."""
    shown = services().proofs.show(token)
    left = max(0, int((shown.until - services().clock()).total_seconds()))
    file = shown.file
    named = f"{file.kind.value}-{file.id}.{file.media_type.rpartition('/')[2]}"
    headers = {
        **SHOWN_WITH,
        "Cache-Control": f"private, max-age={left}",
        "Content-Disposition": f'inline; filename="{named}"',
    }
    return Response(shown.content, 200, headers, content_type=file.media_type)
