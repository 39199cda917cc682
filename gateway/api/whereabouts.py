"""/v1/shipments/{id}/tracking in four shapes, and /v1/statuses"""

from __future__ import annotations

from flask import Response

from gateway.api import shapes_tracking, tracking_views
from gateway.api.auth import caller, requires, services
from gateway.api.routes import ApiBlueprint, answer
from gateway.api.schemas.tracking_views import AfterShipTrackingSchema, EasyPostTrackerSchema, ShopifyEventsSchema
from gateway.api.schemas.whereabouts import StatusListSchema, WhereaboutsSchema
from gateway.domain.tracking import StatusFacts, reasons, statuses
from gateway.services.whereabouts import Whereabouts

blueprint = ApiBlueprint("whereabouts", __name__, url_prefix="/v1")


def _found(shipment_id: str) -> Whereabouts:
    return services().whereabouts.of(caller().merchant_id, caller().mode, shipment_id)


@blueprint.route("/shipments/<shipment_id>/tracking")
@requires("tracking:read")
@blueprint.response(200, WhereaboutsSchema)
def get_tracking(shipment_id: str) -> Response:
    """Where it is and how it got there: legs, attempts, parcels, what was promised and what is expected."""
    return answer(shapes_tracking.whereabouts(_found(shipment_id)))


@blueprint.route("/shipments/<shipment_id>/tracking/easypost")
@requires("tracking:read")
@blueprint.response(200, EasyPostTrackerSchema)
def get_easypost_tracker(shipment_id: str) -> Response:
    """The same as EasyPost would tell it. What that loses is at /docs/statuses."""
    return answer(tracking_views.easypost(_found(shipment_id)))


@blueprint.route("/shipments/<shipment_id>/tracking/aftership")
@requires("tracking:read")
@blueprint.response(200, AfterShipTrackingSchema)
def get_aftership_tracking(shipment_id: str) -> Response:
    """The same as AfterShip would tell it. What that loses is at /docs/statuses."""
    return answer(tracking_views.aftership(_found(shipment_id)))


@blueprint.route("/shipments/<shipment_id>/tracking/shopify")
@requires("tracking:read")
@blueprint.response(200, ShopifyEventsSchema)
def get_shopify_events(shipment_id: str) -> Response:
    """The same as fulfillment events for Shopify. What that loses is at /docs/statuses."""
    return answer(tracking_views.shopify(_found(shipment_id)))


@blueprint.route("/statuses")
@requires("tracking:read")
@blueprint.response(200, StatusListSchema)
def list_statuses() -> Response:
    """The 17 statuses and all reasons: what they mean, who caused it, who must act, and what recipients are told."""
    return answer({"statuses": [_status(each) for each in statuses().values()], "reasons": _reasons()})


def _status(facts: StatusFacts) -> dict[str, object]:
    return {
        "status": facts.name,
        "phase": facts.phase,
        "terminal": facts.terminal,
        "rank": facts.rank,
        "meaning": facts.meaning,
        "recipient_sentence": facts.recipient_sentence,
    }


def _reasons() -> list[dict[str, object]]:
    return [
        {
            "reason": each.name,
            "attributable_to": each.attributable_to,
            "action_required_by": each.action_required_by,
            "meaning": each.meaning,
            "recipient_sentence": each.recipient_sentence,
        }
        for each in reasons().values()
    ]
