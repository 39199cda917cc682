"""Service points, pickups and manifests as the JSON the API gives (see `gateway.api.shapes`)."""

from __future__ import annotations

from gateway.api.schemas.handover import WEEKDAYS
from gateway.api.shapes import Json, address
from gateway.domain.handover import OpeningHours
from gateway.domain.handovers import ManifestRecord, ManifestState, PickupRecord
from gateway.domain.records import ShipmentRecord
from gateway.services.manifests import ManifestFile
from gateway.services.pickups import PickupFile
from gateway.services.service_points import FoundPoint


def service_point(found: FoundPoint) -> Json:
    """A shop or locker; the hours of a span that ends at midnight close at 24:00."""
    point = found.point
    return {
        "id": found.id,
        "carrier": found.carrier,
        "accounts": list(found.accounts),
        "name": point.name,
        "kind": point.kind,
        "address": address(point.address),
        "distance_m": point.distance_m,
        "opening_hours": [opening(hours) for hours in point.opening_hours],
        "max_parcel_mm": list(point.limits_mm) if point.limits_mm else None,
    }


def opening(hours: OpeningHours) -> Json:
    """A span of a weekday."""
    return {
        "weekday": WEEKDAYS[hours.weekday],
        "opens": _clock(hours.opens_min),
        "closes": _clock(hours.closes_min),
    }


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def pickup(each: PickupRecord) -> Json:
    """A pickup."""
    promise = each.pickup
    return {
        "id": each.id,
        "account": each.account,
        "carrier": each.carrier,
        "state": each.state.value,
        "why": each.why or None,
        "day": each.day,
        "ready_at": each.ready_at,
        "closes_at": each.closes_at,
        "origin": address(each.address),
        "parcels": len(each.parcels),
        "weight_g": sum(parcel.weight_g for parcel in each.parcels),
        "carrier_reference": promise.carrier_reference if promise else None,
        "earliest": promise.earliest if promise else None,
        "latest": promise.latest if promise else None,
        "created_at": each.created_at,
        "updated_at": each.updated_at,
    }


def pickup_file(file: PickupFile) -> Json:
    """A pickup with its shipments."""
    return {**pickup(file.pickup), "shipments": list(file.shipment_ids)}


def manifest(each: ManifestRecord) -> Json:
    """A manifest."""
    closed = each.state is ManifestState.CLOSED
    return {
        "id": each.id,
        "account": each.account,
        "carrier": each.carrier,
        "day": each.day,
        "by": each.by,
        "state": each.state.value,
        "why": each.why or None,
        "carrier_reference": each.carrier_reference or None,
        "tracking_numbers": list(each.tracking_numbers),
        "document": f"/v1/manifests/{each.id}/document" if closed else None,
        "created_at": each.created_at,
        "updated_at": each.updated_at,
    }


def manifest_file(file: ManifestFile) -> Json:
    """A manifest with its shipments."""
    return {**manifest(file.manifest), "shipments": [_line(record) for record in file.shipments]}


def _line(record: ShipmentRecord) -> Json:
    return {
        "shipment_id": record.id,
        "reference": record.reference or None,
        "tracking_number": record.tracking_number or None,
        "parcels": len(record.shipment.parcels),
        "weight_g": record.shipment.weight_g,
    }
