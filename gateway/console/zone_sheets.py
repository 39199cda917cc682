"""The form of one zone: its areas as fields, and those as the features of GeoJSON that the zones are kept as."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.console.builder.tree import Tree, branches, text
from gateway.domain.geojson import as_features
from gateway.domain.zones import Area

KINDS = {"postcodes": "Postcodes", "circle": "A circle", "outline": "An outline (GeoJSON)"}
SHAPES = ("Polygon", "MultiPolygon")
FIELDS = ("kind", "country", "postcodes", "latitude", "longitude", "radius_km", "geojson")
OF_PROPERTIES = {"country": "country", "postcodes": "postcodes", "radius_m": "radius_km"}


def blank(based_on: int) -> ZoneSheet:
    """A new zone."""
    return ZoneSheet(based_on=based_on, tree={"zone": [""], "priority": ["0"], "areas": [{"kind": ["postcodes"]}]})


def sheet_of(based_on: int, name: str, areas: Sequence[Area]) -> ZoneSheet:
    """A zone as it is."""
    tree = {"zone": [name], "priority": [str(areas[0].priority)], "areas": [_branch(each) for each in areas]}
    return ZoneSheet(based_on=based_on, was=name, tree=tree)


@dataclass(kw_only=True)
class ZoneSheet:
    """The form as it is now. `was` is the zone's name when it was opened, "" for a new one; `faults` by field."""

    based_on: int
    tree: Tree
    was: str = ""
    focus: str = ""
    seen: int | None = None
    faults: dict[str, str] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        """As it is called now."""
        return text(self.tree, "zone")

    @property
    def areas(self) -> Sequence[Mapping[str, str]]:
        """What is typed of each."""
        return [{name: text(each, name) for name in FIELDS} for each in branches(self.tree, "areas")]

    def take_files(self, files: Mapping[str, bytes]) -> None:
        """What was uploaded is what is typed."""
        for at, branch in enumerate(branches(self.tree, "areas")):
            if content := files.get(f"/areas/{at}/file"):
                try:
                    branch["geojson"] = [content.decode("utf-8-sig")]
                except UnicodeDecodeError:
                    self.faults[f"/areas/{at}/geojson"] = "the file is no text in UTF-8, which GeoJSON is"

    def features(self) -> list[dict[str, Any]]:
        """Of each area its feature, or those that its GeoJSON has; what cannot be read is among the `faults`."""
        self.rows = []
        found = []
        for at, area in enumerate(self.areas):
            for geometry, said in self._shapes(at, area):
                properties = {"zone": self.name, "priority": _whole(text(self.tree, "priority")), **said}
                found.append({"type": "Feature", "properties": properties, "geometry": geometry})
                self.rows.append(at)
        if not found and not self.faults:
            self.faults["/areas"] = "a zone has at least one area"
        return found

    def collection(self, areas: Sequence[Area], features: Sequence[object]) -> dict[str, Any]:
        """All zones, with these features for what the zone was."""
        return {"type": "FeatureCollection", "features": [*self._others(areas), *features]}

    def blame(self, faults: Sequence[tuple[str, str]], areas: Sequence[Area]) -> None:
        """Put what is wrong with all zones to the fields of this one."""
        others = len(self._others(areas))
        for pointer, why in faults:
            self.faults.setdefault(
                self._place(pointer.strip("/").split("/"), others), why.removeprefix(f"{self.name}: ")
            )

    def _others(self, areas: Sequence[Area]) -> list[dict[str, Any]]:
        return as_features([area for area in areas if area.zone not in ({self.was} - {""})])

    def _place(self, steps: Sequence[str], others: int) -> str:
        """Where a pointer into the collection leads in the form."""
        if steps[-1] in ("zone", "priority"):
            return f"/{steps[-1]}"
        row = int(steps[1]) - others if len(steps) > 1 and steps[1].isdecimal() else -1
        if not 0 <= row < len(self.rows):
            return "/areas"
        at = self.rows[row]
        if steps[2:3] == ["properties"] and steps[-1] in OF_PROPERTIES:
            return f"/areas/{at}/{OF_PROPERTIES[steps[-1]]}"
        kind = self.areas[at]["kind"]
        return f"/areas/{at}/{ {'postcodes': 'postcodes', 'circle': 'latitude'}.get(kind, 'geojson') }"

    def _shapes(self, at: int, area: Mapping[str, str]) -> Iterator[tuple[Any, dict[str, Any]]]:
        """The geometries of an area, with what else is said of it."""
        said: dict[str, Any] = {"country": _split(area["country"].upper())}
        if area["kind"] == "circle":
            point = [_number(area["longitude"]), _number(area["latitude"])]
            radius_km = _number(area["radius_km"])
            metres = radius_km * 1000 if isinstance(radius_km, float) else radius_km
            yield {"type": "Point", "coordinates": point}, {**said, "radius_m": metres}
        elif area["kind"] == "outline":
            try:
                yield from ((each, said) for each in _geometries(json.loads(area["geojson"])))
            except (ValueError, RecursionError) as error:
                self.faults[f"/areas/{at}/geojson"] = f"this is no GeoJSON of outlines: {error}"
        else:
            yield None, {**said, "postcodes": "|".join(_split(area["postcodes"]))}


def _branch(area: Area) -> Tree:
    found = {"country": ", ".join(area.countries)}
    if area.circle:
        found |= {"kind": "circle", "latitude": str(area.circle.latitude), "longitude": str(area.circle.longitude)}
        found["radius_km"] = f"{area.circle.radius_m / 1000:g}"
    elif area.polygons:
        (feature,) = as_features([area])
        found |= {"kind": "outline", "geojson": json.dumps(feature["geometry"])}
    else:
        found |= {"kind": "postcodes", "postcodes": area.postcodes.replace("|", ", ")}
    return {name: [value] for name, value in found.items()}


def _geometries(data: object) -> Iterator[Mapping[str, Any]]:
    """The outlines of a geometry, a feature or a collection of them. Raises ValueError."""
    kind = data.get("type") if isinstance(data, Mapping) else None
    if isinstance(data, Mapping) and kind == "FeatureCollection" and isinstance(data.get("features"), list):
        for each in data["features"]:
            yield from _geometries(each)
    elif isinstance(data, Mapping) and kind == "Feature":
        yield from _geometries(data.get("geometry"))
    elif isinstance(data, Mapping) and kind in SHAPES:
        yield data
    else:
        raise ValueError(
            f"a Polygon, a MultiPolygon, or features of such are needed, not {kind or 'nothing of the kind'}"
        )


def _split(typed: str) -> list[str]:
    """Several in a field, parted by commas, bars or ends of lines."""
    return [each.strip() for each in typed.replace("|", ",").replace("\n", ",").split(",") if each.strip()]


def _whole(typed: str) -> Any:
    return int(typed) if typed.lstrip("-").isdecimal() and len(typed) < 10 else typed or 0


def _number(typed: str) -> Any:
    try:
        return float(typed)
    except ValueError:
        return typed
