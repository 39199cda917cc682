"""/v1/shipments/{id}/diversions: another time or place for a delivery under way, asked for by a merchant or support."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response

from carriers.base import CarrierError
from gateway.api.auth import caller, requires, services
from gateway.api.handover_shapes import opening
from gateway.api.routes import ApiBlueprint, answer, once
from gateway.api.schemas.diversions import (
    DiversionAskSchema,
    DiversionListSchema,
    DiversionOffersSchema,
    DiversionSchema,
)
from gateway.api.shapes import Json, address
from gateway.domain.diversions import Diversion, DiversionKind, DiversionState, Slot
from gateway.domain.handover import ServicePoint
from gateway.domain.records import ShipmentRecord
from gateway.services.diversions.desk import DiversionRefused
from gateway.services.diversions.offers import NotDivertible
from gateway.services.idempotency import Run

blueprint = ApiBlueprint("diversions", __name__, url_prefix="/v1/shipments")
MERCHANT = "merchant"


@blueprint.route("/<shipment_id>/diversions/offers")
@requires("shipments:read")
@blueprint.response(200, DiversionOffersSchema)
def list_diversion_offers(shipment_id: str) -> Response:
    """Other times and service points that its carrier offers now; it is asked while you wait."""
    shipment, offers = _shipment(shipment_id), services().diversions.offers
    times, why_no_times = _offered(lambda: offers.times(shipment))
    points, why_no_points = _offered(lambda: offers.points(shipment))
    return answer(
        {
            "times": [_slot(each) for each in times],
            "why_no_times": why_no_times,
            "service_points": [_point(each) for each in points],
            "why_no_service_points": why_no_points,
        }
    )


@blueprint.route("/<shipment_id>/diversions")
@requires("shipments:read")
@blueprint.response(200, DiversionListSchema)
def list_diversions(shipment_id: str) -> Response:
    """What was asked for, by recipients too, and what its carrier said; oldest first."""
    found = services().diversions.of_shipment(_shipment(shipment_id))
    return answer({"data": [_diversion(each) for each in found]})


@blueprint.route("/<shipment_id>/diversions", methods=["POST"])
@requires("shipments:write")
@blueprint.arguments(DiversionAskSchema, example={"time": "2026-03-04T08"})
@blueprint.response(201, DiversionSchema, description="The carrier has agreed.")
@blueprint.alt_response(202, schema=DiversionSchema, description="Not confirmed yet: the carrier is asked again.")
@once()
def divert(_: Run, wanted: tuple[DiversionKind, str], shipment_id: str) -> Response:
    """Ask its carrier for another time or a service point; 409 says why not. The same again is the same wish."""
    kind, chosen = wanted
    wish = services().diversions.divert(_shipment(shipment_id), kind, chosen, MERCHANT)
    if wish.state in (DiversionState.REFUSED, DiversionState.GIVEN_UP):
        raise DiversionRefused(wish.why or "the carrier refuses it")
    return answer(_diversion(wish), 201 if wish.state is DiversionState.AGREED else 202)


def _shipment(shipment_id: str) -> ShipmentRecord:
    return services().diversions.shipment(caller().merchant_id, caller().mode, shipment_id)


def _offered(look: Callable[[], Sequence[Any]]) -> tuple[Sequence[Any], str | None]:
    """What is offered, or why nothing is."""
    try:
        found = look()
    except (NotDivertible, CarrierError) as error:
        return (), str(error)
    return found, None if found else "the carrier offers none"


def _diversion(wish: Diversion) -> Json:
    return {
        "id": wish.id,
        "kind": wish.kind.value,
        "time": _slot(wish.slot) if wish.slot else None,
        "service_point": _point(wish.point) if wish.point else None,
        "asked_by": wish.asker,
        "state": wish.state.value,
        "why": wish.why or None,
        "created_at": wish.created_at,
        "updated_at": wish.updated_at,
    }


def _slot(slot: Slot) -> Json:
    return {"id": slot.id, "start": slot.window.start, "end": slot.window.end}


def _point(point: ServicePoint) -> Json:
    return {
        "id": point.id,
        "name": point.name,
        "kind": point.kind,
        "address": address(point.address),
        "distance_m": point.distance_m,
        "opening_hours": [opening(hours) for hours in point.opening_hours],
    }
