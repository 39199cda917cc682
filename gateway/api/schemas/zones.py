"""Zones, in and out."""

from __future__ import annotations

from marshmallow import fields

from gateway.api.schemas.fields import Given, Shown, counted

LARGEST_VERSION = 2**31 - 1


class ZoneQuerySchema(Given):
    """Which version."""

    version = counted(0, LARGEST_VERSION, "Left out: the newest.", load_default=None)


class ZoneSetSchema(Shown):
    """One version of the zones; version 0 came with the gateway."""

    version = fields.Integer(required=True)
    zones = fields.Integer(required=True, metadata={"description": "How many names there are."})
    areas = fields.Integer(required=True, metadata={"description": "How many features or rows they have."})
    author = fields.String(required=True, allow_none=True, metadata={"description": "The key that put it."})
    created_at = fields.AwareDateTime(required=True)


class ZoneCollectionSchema(ZoneSetSchema):
    """A GeoJSON FeatureCollection of one version of the zones, which may be put again as it is."""

    type = fields.String(required=True, metadata={"description": "FeatureCollection."})
    features = fields.List(fields.Dict(), required=True)
