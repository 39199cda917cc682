"""A shipment's tracking in the shape of EasyPost's Tracker, AfterShip's Tracking and Shopify's fulfillment events.

For software that reads one of these already. Members that need what we do not have are null. What their words cannot
say is in the tables of `gateway.domain.tracking_views` and at /docs/statuses. Events are the shipment's own moves: they
have no word for one parcel of several, or for what a carrier said that is not so.

Sources: the object references of docs.easypost.com/docs/trackers, aftership.com/docs/tracking/model/tracking (2025-07)
and shopify.dev FulfillmentEventInput (GraphQL Admin API 2026-01).
"""

from __future__ import annotations

from typing import Any

from gateway.api.shapes_tracking import eta
from gateway.domain.moves import Move
from gateway.domain.records import ShipmentRecord
from gateway.domain.tracking import Leg, Place, Source, TrackingEvent, reasons, statuses
from gateway.domain.tracking_views import rendered
from gateway.services.whereabouts import Whereabouts

Json = dict[str, Any]
NOWHERE = Place()


def easypost(found: Whereabouts) -> Json:
    """A `Tracker`. Its `status_detail` is ours in the nearest of their 28 words."""
    record, current = found.shipment, found.current
    word = rendered("easypost", current.status, current.reason)
    expected = eta(record)
    return {
        "object": "Tracker",
        "id": found.tracker.id if found.tracker else None,
        "mode": "production" if record.mode == "live" else "test",
        "tracking_code": record.tracking_number or None,
        "status": word.theirs,
        "status_detail": word.detail,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "signed_by": _signed_by(record),
        "est_delivery_date": expected["latest"] if expected else None,
        "shipment_id": record.id,
        "carrier": record.carrier or None,
        "tracking_details": [_easypost_detail(each, record) for each in found.moves],
        "public_url": record.carrier_tracking_url or None,
        "finalized": statuses()[current.status].terminal,
        "is_return": current.leg is Leg.RETURN,
    }


def _easypost_detail(move: Move, record: ShipmentRecord) -> Json:
    event = move.event
    word, place = rendered("easypost", move.status, move.reason), event.place or NOWHERE
    return {
        "object": "TrackingDetail",
        "message": _message(move),
        "description": _words(event) or None,
        "status": word.theirs,
        "status_detail": word.detail,
        "datetime": move.at,
        "source": record.carrier or None,
        "carrier_code": event.carrier_code or None,
        "tracking_location": {
            "object": "TrackingLocation",
            "city": place.city or None,
            "state": None,
            "country": place.country or None,
            "zip": place.postal_code or None,
        },
    }


def aftership(found: Whereabouts) -> Json:
    """A `Tracking`, newest checkpoint last as they have it."""
    record, current = found.shipment, found.current
    word, expected = rendered("aftership", current.status, current.reason), eta(record)
    return {
        "id": record.id,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "tracking_number": record.tracking_number or None,
        "slug": record.carrier or None,
        "active": not statuses()[current.status].terminal,
        "order_id": record.reference or None,
        "tag": word.theirs,
        "subtag": word.detail,
        "subtag_message": _sentence(current.status, current.reason),
        "shipment_package_count": len(record.shipment.parcels),
        "shipment_delivery_date": current.delivered_at,
        "return_to_sender": current.leg is Leg.RETURN,
        "signed_by": _signed_by(record),
        "latest_estimated_delivery": expected
        and {
            "type": "range",
            "source": "Doorstep",
            "datetime": None,
            "datetime_min": expected["earliest"],
            "datetime_max": expected["latest"],
        },
        "checkpoints": [_checkpoint(each, record) for each in found.moves],
    }


def _checkpoint(move: Move, record: ShipmentRecord) -> Json:
    event = move.event
    word, place = rendered("aftership", move.status, move.reason), event.place or NOWHERE
    located = place.latitude is not None and place.longitude is not None
    parts = (place.facility, place.postal_code, place.city, place.country)
    return {
        "created_at": event.received_at,
        "slug": record.carrier or None,
        "tag": word.theirs,
        "subtag": word.detail,
        "subtag_message": _sentence(move.status, move.reason),
        "checkpoint_time": move.at,
        "message": _message(move),
        "raw_tag": event.carrier_code or None,
        "location": ", ".join(filter(None, parts)) or None,
        "city": place.city or None,
        "state": None,
        "postal_code": place.postal_code or None,
        "country_region": None,
        "coordinate": {"latitude": place.latitude, "longitude": place.longitude} if located else None,
    }


def shopify(found: Whereabouts) -> Json:
    """Events as `fulfillmentEventCreate` takes them, but for `fulfillmentId`, which is the shop's to add."""
    record, expected = found.shipment, eta(found.shipment)
    latest = expected["latest"] if expected else None
    return {
        "status": rendered("shopify", found.current.status, found.current.reason).theirs,
        "tracking_number": record.tracking_number or None,
        "fulfillment_events": [_fulfillment_event(each, latest) for each in found.moves],
    }


def _fulfillment_event(move: Move, latest: object) -> Json:
    event = move.event
    place = event.place or NOWHERE
    return {
        "status": rendered("shopify", move.status, move.reason).theirs,
        "happenedAt": move.at,
        "message": _message(move),
        "city": place.city or None,
        "province": None,
        "country": place.country or None,
        "zip": place.postal_code or None,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "estimatedDeliveryAt": latest,
    }


def _message(move: Move) -> str:
    return _words(move.event) or _sentence(move.status, move.reason)


def _words(event: TrackingEvent) -> str:
    """The carrier's. What a person gives as a reason for a correction stays in the house, as does who it was."""
    return "" if event.source is Source.MANUAL else event.description


def _sentence(status: str, reason: str) -> str:
    return reasons()[reason].meaning if reason != "none" else statuses()[status].meaning


def _signed_by(record: ShipmentRecord) -> str | None:
    return (record.proof.received_by or None) if record.proof else None
