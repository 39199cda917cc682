"""/v1/facilities"""

from __future__ import annotations

from datetime import time
from typing import Any

from flask import Response

from gateway.api import shapes
from gateway.api.auth import caller, requires, services
from gateway.api.examples import FACILITY
from gateway.api.routes import ApiBlueprint, answer, once
from gateway.api.schemas.facilities import FacilityListSchema, FacilityPutSchema, FacilitySchema
from gateway.api.versions import IF_MATCH, unless_changed
from gateway.domain.facilities import Facility, FacilityRecord, Handover
from gateway.services.idempotency import Run

blueprint = ApiBlueprint("facilities", __name__, url_prefix="/v1/facilities")


@blueprint.route("")
@requires("shipments:read")
@blueprint.response(200, FacilityListSchema)
def list_facilities() -> Response:
    """The merchant's places of origin, by code."""
    return answer({"data": [_shown(each) for each in services().facilities.list(caller().merchant_id)]})


@blueprint.route("", methods=["POST"])
@requires("admin")
@blueprint.arguments(FacilityPutSchema, example=FACILITY)
@blueprint.response(201, FacilitySchema)
@once(made_at="/v1/facilities/{id}")
def create_facility(_: Run, given: Facility) -> Response:
    """Add a place of origin. A quote's `origin` may then name it: `{"facility": "oslo-1"}`."""
    return _answer(services().facilities.add(caller().merchant_id, given), 201)


@blueprint.route("/<facility_id>")
@requires("shipments:read")
@blueprint.response(200, FacilitySchema)
def get_facility(facility_id: str) -> Response:
    """One place of origin."""
    return _answer(services().facilities.get(caller().merchant_id, facility_id))


@blueprint.route("/<facility_id>", methods=["PUT"])
@requires("admin")
@blueprint.arguments(FacilityPutSchema, example=FACILITY)
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.response(200, FacilitySchema)
def put_facility(given: Facility, facility_id: str) -> Response:
    """Say anew what a place of origin is; its code stays. Quotes that were given stay as they are."""
    book, merchant_id = services().facilities, caller().merchant_id
    return _answer(unless_changed(lambda seen: book.put(merchant_id, facility_id, given, seen)))


@blueprint.route("/<facility_id>", methods=["DELETE"])
@requires("admin")
@blueprint.response(204)
def delete_facility(facility_id: str) -> Response:
    """Forget a place of origin; shipments keep its address and code."""
    services().facilities.delete(caller().merchant_id, facility_id)
    return Response(status=204)


def _answer(record: FacilityRecord, status: int = 200) -> Response:
    return answer(_shown(record), status, {"ETag": f'"{record.version}"'})


def _shown(record: FacilityRecord) -> dict[str, Any]:
    facility = record.facility
    return {
        "id": record.id,
        "code": record.code,
        "name": facility.name,
        "address": shapes.address(facility.address),
        "timezone": facility.timezone,
        "opens": f"{facility.opens:%H:%M}",
        "observes_holidays": facility.observes_holidays,
        "handover": _handover(facility.handover),
        "accounts": {name: _handover(each) for name, each in facility.accounts.items()},
        "version": record.version,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }


def _handover(terms: Handover) -> dict[str, Any]:
    return {
        "cut_off": _clock(terms.cut_off),
        "working_days": list(terms.working_days),
        "closing_days": [
            {"day": each.day, "why": each.why, "closes_at": _clock(each.closes_at)} for each in terms.closing_days
        ],
    }


def _clock(at: time | None) -> str | None:
    return None if at is None else f"{at:%H:%M}"
