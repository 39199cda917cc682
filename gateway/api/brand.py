"""/v1/brand and /v1/ratings: in whose name recipients are spoken to, and what they think of deliveries."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response

from gateway.api.auth import caller, requires, services
from gateway.api.examples_of_recipients import BRAND
from gateway.api.routes import ApiBlueprint, answer, page
from gateway.api.schemas.recipients import BrandPutSchema, BrandSchema, GivenBrand, RatingPageSchema, RatingQuerySchema
from gateway.api.versions import IF_MATCH, unless_changed
from gateway.domain.errors import NotFound
from gateway.domain.recipients import BrandRecord, Rating

blueprint = ApiBlueprint("brand", __name__, url_prefix="/v1")
BYTES = {"type": "string", "format": "binary"}


@blueprint.route("/brand")
@requires("shipments:read")
@blueprint.response(200, BrandSchema)
def get_brand() -> Response:
    """In whose name recipients are spoken to; what was never said has its default."""
    return _answer(services().recipients.brands.get(caller().merchant_id))


@blueprint.route("/brand", methods=["PUT"])
@requires("admin")
@blueprint.arguments(BrandPutSchema, example=BRAND)
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.response(200, BrandSchema)
def put_brand(given: GivenBrand) -> Response:
    """Say anew in whose name recipients are spoken to. Open pages show it when they are loaded again."""
    brands, merchant_id = services().recipients.brands, caller().merchant_id
    return _answer(unless_changed(lambda seen: brands.put(merchant_id, given.brand, given.logo, seen)))


@blueprint.route("/brand/logo")
@requires("shipments:read")
@blueprint.response(200, BYTES, content_type="image/png")
def get_logo() -> Response:
    """The logo as recipients get it: a PNG of at most 480 x 144 pixels."""
    content = services().recipients.brands.logo(caller().merchant_id)
    if not content:
        raise NotFound("there is no logo")
    return Response(content, content_type="image/png")


@blueprint.route("/ratings")
@requires("shipments:read")
@blueprint.arguments(RatingQuerySchema, location="query")
@blueprint.response(200, RatingPageSchema)
def list_ratings(wanted: dict[str, Any]) -> Response:
    """What recipients think of deliveries, newest first: one word each, once."""
    found = services().recipients.answers.ratings(caller().merchant_id, caller().mode, **wanted)
    return page([_rating(each) for each in found.items], found.next_cursor)


def _answer(record: BrandRecord) -> Response:
    return answer(_shown(record), headers={"ETag": f'"{record.version}"'})


def _shown(record: BrandRecord) -> dict[str, Any]:
    told = {name: None if value == "" else value for name, value in asdict(record.brand).items()}
    logo = {"href": "/v1/brand/logo", "sha256": record.logo_sha256} if record.logo_sha256 else None
    return {**told, "logo": logo, "version": record.version, "updated_at": record.updated_at}


def _rating(each: Rating) -> dict[str, Any]:
    return {
        "shipment_id": each.shipment_id,
        "stars": each.stars,
        "recommends": each.recommends,
        "comment": each.comment or None,
        "created_at": each.created_at,
    }
