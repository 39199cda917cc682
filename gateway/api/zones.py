"""/v1/zones"""

from __future__ import annotations

from typing import Any

from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from gateway.api.auth import caller, requires, services
from gateway.api.errors import problem
from gateway.api.examples import ZONE_TABLE, ZONES
from gateway.api.routes import JSON, ApiBlueprint, answer, larger
from gateway.api.schemas.zones import ZoneCollectionSchema, ZoneQuerySchema, ZoneSetSchema
from gateway.api.strict import parsed
from gateway.api.versions import IF_MATCH, unless_changed
from gateway.domain.errors import Unprocessable
from gateway.domain.geojson import as_features
from gateway.domain.zone_files import BadZones
from gateway.domain.zones import ZoneSetRecord

blueprint = ApiBlueprint("zones", __name__, url_prefix="/v1/zones")
CSV = "text/csv"
GEOJSON = "application/geo+json"
"""Source: RFC 7946, section 12."""
COLLECTION: dict[str, Any] = {"schema": {"type": "object"}, "example": ZONES}
TABLE: dict[str, Any] = {"schema": {"type": "string"}, "example": ZONE_TABLE}


@blueprint.route("")
@requires("shipments:read")
@blueprint.arguments(ZoneQuerySchema, location="query")
@blueprint.response(200, ZoneCollectionSchema)
def get_zones(wanted: dict[str, int | None]) -> Response:
    """The zones, as GeoJSON: the newest version unless another is asked for."""
    found = services().zones.get(caller().merchant_id, wanted["version"])
    body = {"type": "FeatureCollection", **_shown(found.record), "features": as_features(found.areas)}
    return answer(body, headers={"ETag": f'"{found.record.version}"'})


@blueprint.route("", methods=["PUT"])
@requires("admin")
@larger("max_zones_bytes")
@blueprint.doc(
    parameters=[IF_MATCH],
    requestBody={"required": True, "content": {GEOJSON: COLLECTION, JSON: COLLECTION, CSV: TABLE}},
)
@blueprint.response(200, ZoneSetSchema)
def put_zones() -> Response:
    """Supersede all zones with their next version: GeoJSON, or a CSV table.

    Every feature or row at fault is told, with its place in the pointer (`/features/3/geometry/coordinates/0/2`,
    `/5/postcodes`), and nothing is changed. The newest version again makes no new one, so that repeating is harmless.
    A feature's geometry is null for postcodes, a Point with `radius_m`, a Polygon or a MultiPolygon. The highest
    `priority` wins; within one priority coordinates come before postcodes, and the smaller area before the larger.
    """
    book, who = services().zones, caller()
    given = _given()
    put = book.put_table if isinstance(given, str) else book.put_features
    try:
        made = unless_changed(lambda seen: put(who.merchant_id, given, who.key_id, seen))
    except BadZones as error:
        return _refused(error)
    return answer(_shown(made), headers={"ETag": f'"{made.version}"'})


def _given() -> Any:
    """The text of a table, or parsed JSON. Raises UnsupportedMediaType, BadRequest, Unprocessable."""
    if request.mimetype in (GEOJSON, JSON):
        return parsed(request.get_data())
    if request.mimetype != CSV:
        raise UnsupportedMediaType(f"zones come as {GEOJSON}, {JSON} or {CSV}")
    content = request.get_data()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unprocessable(f"/{line}", f"line {line} is not UTF-8: save the sheet as CSV UTF-8") from None


def _refused(error: BadZones) -> Response:
    faults = [{"pointer": pointer, "code": "invalid", "message": why} for pointer, why in error.faults]
    shown = "" if error.count == len(faults) else f", of which {len(faults)} are listed"
    return problem("invalid", f"{error.count} faults in the zones{shown}", errors=faults)


def _shown(record: ZoneSetRecord) -> dict[str, Any]:
    return {
        "version": record.version,
        "zones": record.zones,
        "areas": record.areas,
        "author": record.author or None,
        "created_at": record.created_at,
    }
