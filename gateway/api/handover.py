"""/v1/service-points, /v1/pickups, /v1/manifests"""

from __future__ import annotations

from typing import Any

from flask import Response

from gateway.api import handover_shapes as shapes
from gateway.api.auth import caller, requires, services
from gateway.api.examples import CLOSE_DAY, PICKUP, RESOLVE_MANIFEST, RESOLVE_PICKUP
from gateway.api.routes import ApiBlueprint, answer, once, page
from gateway.api.schemas.handover import (
    ClosedDaysSchema,
    FoundPointsSchema,
    ManifestAskSchema,
    ManifestFileSchema,
    ManifestPageSchema,
    ManifestResolveSchema,
    ManifestSearchSchema,
    OrderedPickupsSchema,
    PickupAskSchema,
    PickupFileSchema,
    PickupPageSchema,
    PickupResolveSchema,
    PickupSearchSchema,
    PointQuerySchema,
)
from gateway.api.shapes import carrier_result
from gateway.domain.handover import Pickup
from gateway.domain.handovers import ManifestState, PickupState
from gateway.services.idempotency import Run
from gateway.services.manifests import ManifestFile
from gateway.services.pickups import PickupFile, PickupWish
from gateway.services.ports import HandoverSearch
from gateway.services.service_points import PointSearch

blueprint = ApiBlueprint("handover", __name__, url_prefix="/v1")
BYTES = {"type": "string", "format": "binary"}
UNDECIDED_PICKUPS = (PickupState.ORDERING, PickupState.UNCERTAIN, PickupState.CANCELLING)
UNDECIDED_MANIFESTS = (ManifestState.CLOSING, ManifestState.UNCERTAIN)
NOT_KNOWN = "A carrier's answer is not known yet."


@blueprint.route("/service-points")
@requires("quotes:write")
@blueprint.arguments(PointQuerySchema, location="query")
@blueprint.response(200, FoundPointsSchema)
def list_service_points(wanted: PointSearch) -> Response:
    """Shops and lockers near a place, of all carriers, nearest first; slow carriers are left out."""
    points, results = services().service_points.near(caller().merchant_id, caller().mode, wanted)
    return answer(
        {
            "data": [shapes.service_point(point) for point in points],
            "carrier_results": [carrier_result(result) for result in results],
        }
    )


def _shown_pickup(file: PickupFile) -> Response:
    return answer(shapes.pickup_file(file), 202 if file.pickup.state in UNDECIDED_PICKUPS else 200)


@blueprint.route("/pickups", methods=["POST"])
@requires("shipments:write")
@blueprint.arguments(PickupAskSchema, example=PICKUP)
@blueprint.response(200, OrderedPickupsSchema)
@blueprint.alt_response(202, schema=OrderedPickupsSchema, description=NOT_KNOWN)
@once()
def order_pickups(_: Run, wish: PickupWish) -> Response:
    """Have the day's parcels collected, by every account that wants to be asked. Asking again orders nothing twice."""
    files, results = services().pickups.order(caller().merchant_id, caller().mode, wish)
    undecided = any(file.pickup.state in UNDECIDED_PICKUPS for file in files)
    body = {
        "data": [shapes.pickup_file(file) for file in files],
        "carrier_results": [carrier_result(result) for result in results],
    }
    return answer(body, 202 if undecided else 200)


@blueprint.route("/pickups")
@requires("shipments:read")
@blueprint.arguments(PickupSearchSchema, location="query")
@blueprint.response(200, PickupPageSchema)
def list_pickups(narrowed: dict[str, Any]) -> Response:
    """Pickups, newest first."""
    found = services().pickups.search(caller().merchant_id, HandoverSearch(mode=caller().mode, **narrowed))
    return page([shapes.pickup(each) for each in found.items], found.next_cursor)


@blueprint.route("/pickups/<pickup_id>")
@requires("shipments:read")
@blueprint.response(200, PickupFileSchema)
def get_pickup(pickup_id: str) -> Response:
    """One pickup, with the shipments it was ordered for."""
    return answer(shapes.pickup_file(services().pickups.get(caller().merchant_id, caller().mode, pickup_id)))


@blueprint.route("/pickups/<pickup_id>", methods=["DELETE"])
@requires("shipments:write")
@blueprint.response(200, PickupFileSchema, description="Called off.")
@blueprint.alt_response(202, schema=PickupFileSchema, description="The carrier's answer is not known yet.")
def cancel_pickup(pickup_id: str) -> Response:
    """Call a pickup off, also twice; 409 where its carrier cannot or will not."""
    return _shown_pickup(services().pickups.cancel(caller().merchant_id, caller().mode, pickup_id))


@blueprint.route("/pickups/<pickup_id>/resolve", methods=["POST"])
@requires("admin")
@blueprint.arguments(PickupResolveSchema, example=RESOLVE_PICKUP)
@blueprint.response(200, PickupFileSchema)
@once()
def resolve_pickup(_: Run, said: dict[str, str], pickup_id: str) -> Response:
    """A person settles a pickup whose outcome is unknown: the courier comes, or does not."""
    number = said["carrier_reference"]
    ordered = Pickup(carrier_reference=number) if number else None
    who = caller()
    return _shown_pickup(services().pickups.resolve(who.merchant_id, who.mode, pickup_id, ordered, said["note"]))


def _shown_manifest(file: ManifestFile) -> Response:
    return answer(shapes.manifest_file(file))


@blueprint.route("/manifests", methods=["POST"])
@requires("shipments:write")
@blueprint.arguments(ManifestAskSchema, example=CLOSE_DAY)
@blueprint.response(200, ClosedDaysSchema)
@blueprint.alt_response(202, schema=ClosedDaysSchema, description=NOT_KNOWN)
@once()
def close_day(_: Run, wanted: dict[str, Any]) -> Response:
    """Close the day: per account one manifest over its bookings that are on none yet. Late ones go to the next."""
    files, results = services().manifests.close(
        caller().merchant_id, caller().mode, wanted["day"], tuple(wanted["accounts"])
    )
    undecided = any(file.manifest.state in UNDECIDED_MANIFESTS for file in files)
    body = {
        "data": [shapes.manifest_file(file) for file in files],
        "carrier_results": [carrier_result(result) for result in results],
    }
    return answer(body, 202 if undecided else 200)


@blueprint.route("/manifests")
@requires("shipments:read")
@blueprint.arguments(ManifestSearchSchema, location="query")
@blueprint.response(200, ManifestPageSchema)
def list_manifests(narrowed: dict[str, Any]) -> Response:
    """Manifests, newest first."""
    found = services().manifests.search(caller().merchant_id, HandoverSearch(mode=caller().mode, **narrowed))
    return page([shapes.manifest(each) for each in found.items], found.next_cursor)


@blueprint.route("/manifests/<manifest_id>")
@requires("shipments:read")
@blueprint.response(200, ManifestFileSchema)
def get_manifest(manifest_id: str) -> Response:
    """One manifest, with the shipments it holds."""
    return _shown_manifest(services().manifests.get(caller().merchant_id, caller().mode, manifest_id))


@blueprint.route("/manifests/<manifest_id>/document")
@requires("shipments:read")
@blueprint.response(200, BYTES, content_type="application/pdf")
def get_manifest_document(manifest_id: str) -> Response:
    """The PDF to hand over: the carrier's own, else our list with a barcode per parcel and lines to sign on."""
    content = services().manifests.document(caller().merchant_id, caller().mode, manifest_id)
    headers = {"Content-Disposition": f'attachment; filename="{manifest_id}.pdf"'}
    return Response(content, 200, headers, content_type="application/pdf")


@blueprint.route("/manifests/<manifest_id>/resolve", methods=["POST"])
@requires("admin")
@blueprint.arguments(ManifestResolveSchema, example=RESOLVE_MANIFEST)
@blueprint.response(200, ManifestFileSchema)
@once()
def resolve_manifest(_: Run, said: dict[str, str], manifest_id: str) -> Response:
    """A person settles a manifest whose outcome is unknown: closed, or not (its shipments go to the next one)."""
    who = caller()
    number = said["carrier_reference"]
    return _shown_manifest(services().manifests.resolve(who.merchant_id, who.mode, manifest_id, number, said["note"]))
