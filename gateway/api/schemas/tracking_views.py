"""A shipment's tracking in other people's shapes, with all members that we fill."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from gateway.api.schemas.fields import Shown, word
from gateway.domain.tracking_views import VIEWS, view

THEIRS = {name: sorted({each.theirs for each in view(name).values()}) for name in VIEWS}
DETAILS = {name: sorted({each.detail for each in view(name).values()}) for name in VIEWS}


def said() -> fields.String:
    """A text that nobody may have told."""
    return fields.String(required=True, allow_none=True)


def when() -> Any:
    """A moment that nobody may have told."""
    return fields.AwareDateTime(required=True, allow_none=True)


def degrees() -> fields.Float:
    """A coordinate that nobody may have told."""
    return fields.Float(required=True, allow_none=True)


class EasyPostLocationSchema(Shown):
    """EasyPost's `TrackingLocation`; we know no state."""

    object = fields.String(required=True)
    city = said()
    state = said()
    country = said()
    zip = said()


class EasyPostDetailSchema(Shown):
    """EasyPost's `TrackingDetail`."""

    object = fields.String(required=True)
    message = fields.String(required=True)
    description = said()
    status = word(THEIRS["easypost"], required=True)
    status_detail = word(DETAILS["easypost"], required=True)
    datetime = fields.AwareDateTime(required=True)
    source = said()
    carrier_code = said()
    tracking_location = fields.Nested(EasyPostLocationSchema, required=True)


class EasyPostTrackerSchema(Shown):
    """EasyPost's `Tracker`, without `weight`, `carrier_detail` and `fees`. `est_delivery_date` is the ETA's end."""

    object = fields.String(required=True)
    id = said()
    mode = word(["production", "test"], required=True)
    tracking_code = said()
    status = word(THEIRS["easypost"], required=True)
    status_detail = word(DETAILS["easypost"], required=True)
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)
    signed_by = said()
    est_delivery_date = when()
    shipment_id = fields.String(required=True)
    carrier = said()
    tracking_details = fields.List(fields.Nested(EasyPostDetailSchema), required=True)
    public_url = said()
    finalized = fields.Boolean(required=True)
    is_return = fields.Boolean(required=True)


class AfterShipCoordinateSchema(Shown):
    """Where a checkpoint was."""

    latitude = fields.Float(required=True)
    longitude = fields.Float(required=True)


class AfterShipCheckpointSchema(Shown):
    """AfterShip's checkpoint. `country_region`, which they want in three letters, and `state` are not filled."""

    created_at = when()
    slug = said()
    tag = word(THEIRS["aftership"], required=True)
    subtag = word(DETAILS["aftership"], required=True)
    subtag_message = fields.String(required=True)
    checkpoint_time = fields.AwareDateTime(required=True)
    message = fields.String(required=True)
    raw_tag = said()
    location = said()
    city = said()
    state = said()
    postal_code = said()
    country_region = said()
    coordinate = fields.Nested(AfterShipCoordinateSchema, required=True, allow_none=True)


class AfterShipEstimateSchema(Shown):
    """AfterShip's estimated delivery, as a range."""

    type = word(["range"], required=True)
    source = fields.String(required=True)
    datetime = when()
    datetime_min = fields.AwareDateTime(required=True)
    datetime_max = fields.AwareDateTime(required=True)


class AfterShipTrackingSchema(Shown):
    """AfterShip's `Tracking`, as far as we fill it. `slug` is our code of the carrier."""

    id = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)
    tracking_number = said()
    slug = said()
    active = fields.Boolean(required=True)
    order_id = said()
    tag = word(THEIRS["aftership"], required=True)
    subtag = word(DETAILS["aftership"], required=True)
    subtag_message = fields.String(required=True)
    shipment_package_count = fields.Integer(required=True)
    shipment_delivery_date = when()
    return_to_sender = fields.Boolean(required=True)
    signed_by = said()
    latest_estimated_delivery = fields.Nested(AfterShipEstimateSchema, required=True, allow_none=True)
    checkpoints = fields.List(fields.Nested(AfterShipCheckpointSchema), required=True)


class ShopifyEventSchema(Shown):
    """Shopify's `FulfillmentEventInput` without `fulfillmentId`."""

    status = word(THEIRS["shopify"], required=True)
    happenedAt = fields.AwareDateTime(required=True)  # noqa: N815  (their spelling)
    message = fields.String(required=True)
    city = said()
    province = said()
    country = said()
    zip = said()
    latitude = degrees()
    longitude = degrees()
    estimatedDeliveryAt = when()  # noqa: N815  (their spelling)


class ShopifyEventsSchema(Shown):
    """Shopify's fulfillment events as `fulfillmentEventCreate` takes them, oldest first."""

    status = word(THEIRS["shopify"], required=True)
    tracking_number = said()
    fulfillment_events = fields.List(fields.Nested(ShopifyEventSchema), required=True)
