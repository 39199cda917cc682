"""Zones: which there are, on a map and in words, which overlap, which one a postcode is in; and writing one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, make_response, request, url_for

from gateway.console.atlas.drawing import drawn
from gateway.console.builder.edits import edited
from gateway.console.builder.tree import grown
from gateway.console.gate import deed, may, services, who
from gateway.console.rendering import go, page, partial
from gateway.console.zone_sheets import KINDS, ZoneSheet, blank, sheet_of
from gateway.domain.countries import countries
from gateway.domain.errors import InvalidValue, NotFound, StaleVersion, Unprocessable
from gateway.domain.people import Permission
from gateway.domain.values import Address
from gateway.domain.zone_files import BadZones, misplaced
from gateway.domain.zone_overlaps import Overlap
from gateway.domain.zones import Area, Match
from gateway.services.zones import ZoneSet

blueprint = Blueprint("zones", __name__, url_prefix="/zones")
OK = 200
LARGEST = 4 << 20
DONE = {"kept": "It counts from now on.", "deleted": "It is gone; addresses in it are in the next zone, or in none."}
LISTED = 500
NARROW = 480
"""Pixels of the map beside the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A zone in the list."""

    name: str
    priority: int
    countries: Sequence[str]
    how: str
    areas: int


@blueprint.before_request
def _larger() -> None:
    """Outlines are larger than other forms."""
    request.max_content_length = request.max_form_memory_size = LARGEST


@blueprint.get("")
@may(Permission.LOOK)
def overview() -> Response:
    """All of them."""
    found = services().zones.get(who().merchant_id)
    listed = _listed(found.areas)
    told, overlapping = _overlapping(found.areas)
    asked, matches, error = _asked()
    return page(
        "zones.html",
        found=found,
        zones=listed[:LISTED],
        more=len(listed) - LISTED,
        overlaps=told,
        overlapping=overlapping,
        map=drawn(found.areas),
        asked=asked,
        matches=matches,
        error=error,
        said=DONE.get(request.args.get("done", ""), ""),
    )


@blueprint.get("/edit")
@may(Permission.POLICIES)
def form() -> Response:
    """One of them, or a new one."""
    found, name = services().zones.get(who().merchant_id), request.args.get("zone", "")
    mine = [area for area in found.areas if area.zone == name]
    if name and not mine:
        raise NotFound(f"no zone {name}")
    return _shown(sheet_of(found.record.version, name, mine) if name else blank(found.record.version), found)


@blueprint.post("/edit")
@may(Permission.POLICIES)
def button() -> Response:
    """Every button of the form: it comes back as that makes it, and is kept when it shall be and nothing is wrong."""
    found = services().zones.get(who().merchant_id)
    based_on, act = request.form.get("based_on", ""), request.form.get("act", "")
    sheet = ZoneSheet(
        based_on=int(based_on) if based_on.isdecimal() and len(based_on) < 10 else 0,
        was=request.form.get("was", ""),
        tree=grown(request.form.items(multi=True)),
        focus=request.form.get("focus", ""),
    )
    sheet.take_files({name: each.read() for name, each in request.files.items(multi=True)})
    if act.startswith(("remove /areas/", "add-area")):
        sheet.focus = edited(sheet.tree, act, {})
    if act == "save":
        return _kept(sheet, found, sheet.features())
    if act == "delete" and sheet.was:
        return _kept(sheet, found, [], "deleted")
    return _shown(sheet, found)


def _kept(sheet: ZoneSheet, found: ZoneSet, features: Sequence[object], done: str = "kept") -> Response:
    """Kept as the next version of all zones; or the form again, with what is wrong or who was faster."""
    signed, book = who(), services().zones
    if found.record.version != sheet.based_on:
        sheet.seen, sheet.based_on = sheet.based_on, found.record.version
        return _shown(sheet, found, 409)
    if sheet.name != sheet.was and sheet.name in {area.zone for area in found.areas}:
        sheet.faults["/zone"] = f"there is a zone {sheet.name} already"
    if sheet.faults:
        return _shown(sheet, found, 422)
    try:
        book.put_features(signed.merchant_id, sheet.collection(found.areas, features), signed.user.name, sheet.based_on)
    except BadZones as error:
        sheet.blame(error.faults, found.areas)
        return _shown(sheet, found, 422)
    except StaleVersion:
        return _kept(sheet, book.get(signed.merchant_id), features, done)
    services().staff.audit.record(signed.user, deed(f"{done} a zone", sheet.was or sheet.name))
    if partial():
        return make_response("", 204, {"HX-Redirect": url_for("zones.overview", done=done)})
    return go("zones.overview", done=done)


def _shown(sheet: ZoneSheet, found: ZoneSet, status: int = 200) -> Response:
    """The form, with the map and the overlaps of what it says, where that can be read."""
    if status != OK:  # what must be read first has the focus
        sheet.focus = ""
    others = [area for area in found.areas if area.zone not in (sheet.was, sheet.name)]
    areas, told = list[Area](), list[Overlap]()
    try:
        areas = list(services().zones.check({"type": "FeatureCollection", "features": list(sheet.features())}).areas)
        told = [each for each in _overlapping([*others, *areas])[0] if sheet.name in (each.winner, each.loser)]
    except InvalidValue:  # what is wrong is told when it shall be kept, or was told already
        areas = []
    return page(
        "zone_part.html" if partial() else "zone.html",
        status,
        sheet=sheet,
        kinds=KINDS,
        faults=sheet.faults,
        warnings={},
        author=found.record.author,
        version=found.record.version,
        map=drawn(areas, NARROW, others) if areas else None,
        overlaps=told,
    )


def _listed(areas: Sequence[Area]) -> list[Listed]:
    found: dict[str, list[Area]] = {}
    for area in areas:
        found.setdefault(area.zone, []).append(area)
    rows = [
        Listed(
            name=name,
            priority=mine[0].priority,
            countries=sorted({country for area in mine for country in area.countries}),
            how=", ".join(dict.fromkeys(_how(area) for area in mine)),
            areas=len(mine),
        )
        for name, mine in found.items()
    ]
    return sorted(rows, key=lambda each: (-each.priority, each.name))


def _how(area: Area) -> str:
    if area.circle:
        return f"{area.circle.radius_m / 1000:g} km around a point"
    if area.polygons:
        return "an outline"
    short = area.postcodes if len(area.postcodes) <= 40 else area.postcodes[:39] + "…"
    return "the whole country" if area.postcodes == "*" else f"postcodes {short.replace('|', ' ')}"


def _overlapping(areas: Sequence[Area]) -> tuple[Sequence[Overlap], str]:
    """Which overlap; or why that is not told."""
    try:
        return services().zones.overlaps(areas), ""
    except Unprocessable as error:
        return (), f"{error}."


def _asked() -> tuple[dict[str, str], Sequence[Match] | None, str]:
    """Of which address the zone is asked for, the zones around it, and what is wrong with it."""
    asked = {name: request.args.get(name, "").strip()[:40] for name in ("country", "postcode", "latitude", "longitude")}
    if not any(asked.values()):
        return asked, None, ""
    if asked["country"].upper() not in countries():
        return asked, None, "A country has two letters, such as NO."
    try:
        latitude, longitude = (float(asked[each]) if asked[each] else None for each in ("latitude", "longitude"))
    except ValueError:
        return asked, None, "A latitude and a longitude are degrees, such as 59.91 and 10.75."
    why = "give both, latitude and longitude" if (latitude is None) != (longitude is None) else ""
    if latitude is not None and longitude is not None and not why:
        why = misplaced((longitude, latitude)) if math.isfinite(latitude + longitude) else "degrees are finite"
    if why:
        return asked, None, f"{why[:1].upper()}{why[1:]}."
    address = Address(
        country=asked["country"].upper(), postal_code=asked["postcode"], latitude=latitude, longitude=longitude
    )
    return asked, list(services().zones.now(who().merchant_id).matches(address)), ""
