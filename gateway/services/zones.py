"""Zones of merchants: versions are only superseded, never edited; the shipped ones (version 0) until there are any.

Zones belong to the merchant, not to a mode.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from gateway.domain.clock import Clock
from gateway.domain.errors import NotFound, StaleVersion, Unprocessable
from gateway.domain.geojson import as_features, from_features
from gateway.domain.zone_files import MOST_AREAS, MOST_POSITIONS, Complaints, Told, from_table
from gateway.domain.zone_overlaps import Overlap, overlaps
from gateway.domain.zones import Area, Position, ZoneMap, ZoneSetRecord, outlines_of
from gateway.services.ports import Store, UnitOfWork
from gateway.services.ports.places import Geometry, Towns

FAR_M = 2_000_000
NEARER = 4
"""A place farther than this from every town of its country that, with its coordinates swapped, would be four times as
near, has them swapped.
"""

MOST_COMPARED = 50_000
"""Positions of outlines that are compared with each other: more takes seconds."""

Read = Callable[[Told], list[Area]]


@dataclass(frozen=True, slots=True)
class ZoneSet:
    """One version of a merchant's zones."""

    record: ZoneSetRecord
    areas: Sequence[Area]


class ZoneBook:
    """The merchants' zones over the shipped ones."""

    def __init__(self, store: Store, shipped: str, geometry: Geometry, towns: Towns, clock: Clock) -> None:
        self._store = store
        self._geometry = geometry
        self._towns = towns
        self._clock = clock
        self._began = clock()
        self.shipped = self._map(self._table(shipped))
        self._live: dict[str, tuple[int, int, ZoneMap]] = {}
        self._building = threading.Lock()

    def live(self, merchant_id: str, settings_version: int) -> ZoneMap:
        """The zones that count at this version of the merchant's settings. Polygons are indexed once per version of
        the zones, however often other settings change.
        """
        known = self._live.get(merchant_id)
        if known is not None and known[0] == settings_version:
            return known[2]
        with self._building, self._store.look() as uow:
            newest = uow.zones.latest(merchant_id)
            version = newest.version if newest else 0
            if known is None or known[1] != version:
                zone_map = self._map(_stored(uow, merchant_id, version)) if version else self.shipped
            else:
                zone_map = known[2]
        self._live[merchant_id] = (settings_version, version, zone_map)
        return zone_map

    def now(self, merchant_id: str) -> ZoneMap:
        """The zones that count at this moment."""
        with self._store.look() as uow:
            settings_version = uow.keys.settings_version(merchant_id)
        return self.live(merchant_id, settings_version)

    def get(self, merchant_id: str, version: int | None = None) -> ZoneSet:
        """A version of the zones, the newest unless another is asked for. Raises NotFound."""
        with self._store.look() as uow:
            newest = uow.zones.latest(merchant_id)
            wanted = (newest.version if newest else 0) if version is None else version
            if wanted == 0:
                return self._as_shipped(merchant_id)
            record = uow.zones.version(merchant_id, wanted)
            if record is None:
                raise NotFound(f"no version {version} of the zones")
            return ZoneSet(record, _stored(uow, merchant_id, wanted))

    def put_table(self, merchant_id: str, text: str, author: str, based_on: int | None = None) -> ZoneSetRecord:
        """Supersede the zones by those of a CSV text. Raises BadZones, StaleVersion; see `put_features`."""
        areas = self._table(text)
        return self._put(merchant_id, areas, author, based_on)

    def put_features(self, merchant_id: str, data: object, author: str, based_on: int | None = None) -> ZoneSetRecord:
        """Supersede the zones by those of parsed GeoJSON. The newest ones again are no new version.

        Raises:
            BadZones: every feature at fault.
            StaleVersion: `based_on` is not the newest version any more.
        """
        areas = self._features(data)
        return self._put(merchant_id, areas, author, based_on)

    def check(self, given: str | object) -> ZoneMap:
        """The zones as they would be, of CSV text or parsed GeoJSON. Raises BadZones."""
        return self._map(self._table(given) if isinstance(given, str) else self._features(given))

    def overlaps(self, areas: Sequence[Area]) -> Sequence[Overlap]:
        """Which zones overlap, and which counts there. Raises Unprocessable: outlines too fine to compare on a page."""
        shapes = [(place, polygon) for place, area in enumerate(areas) for polygon in outlines_of(area)]
        positions = sum(len(ring) for _, polygon in shapes for ring in polygon)
        if positions > MOST_COMPARED:
            raise Unprocessable("", f"{positions} positions of outlines are not compared here: at most {MOST_COMPARED}")
        pairs = self._geometry.overlaps([polygon for _, polygon in shapes]) if shapes else ()
        return overlaps(areas, [(shapes[one][0], shapes[other][0]) for one, other in pairs])

    def _table(self, text: str) -> list[Area]:
        return self._read(lambda told: from_table(text, told), lambda row: f"/{row}", "line")

    def _features(self, data: object) -> list[Area]:
        return self._read(lambda told: from_features(data, told), lambda row: f"/features/{row}", "feature")

    def _read(self, read: Read, pointer: Callable[[int], str], rows: str) -> list[Area]:
        """Areas with nothing wrong. Raises BadZones."""
        told = Complaints()
        areas = read(told)
        positions = sum(len(ring) for area in areas for polygon in area.polygons for ring in polygon)
        if len(areas) > MOST_AREAS:
            told("", f"{len(areas)} areas: at most {MOST_AREAS}")
            told.stop()
        if positions > MOST_POSITIONS:
            told("", f"{positions} positions: at most {MOST_POSITIONS}; simplify the outlines")
            told.stop()
        for area in areas:
            for why in self._faults(area):
                told(pointer(area.row), f"{area.zone}: {why}")
        ZoneMap(
            [area for area in areas if area.postcodes],
            self._geometry.index,
            lambda row, why: told(f"{pointer(row)}", f"{why}: give one of the zones a higher priority"),
            rows,
        )
        told.stop()
        return areas

    def _faults(self, area: Area) -> list[str]:
        """What is wrong with the shapes of an area."""
        found = [why for polygon in area.polygons if (why := self._geometry.fault(polygon))]
        places: list[Position] = [polygon[0][0] for polygon in area.polygons[:1]]
        if area.circle:
            places.append((area.circle.longitude, area.circle.latitude))
        for longitude, latitude in places:
            if area.countries and self._swapped(area.countries, longitude, latitude):
                found.append(
                    f"{longitude:g}, {latitude:g} is far from {' and '.join(area.countries)}, but not the other way "
                    "round: are longitude and latitude swapped? Longitude comes first"
                )
        return found

    def _swapped(self, countries: Sequence[str], longitude: float, latitude: float) -> bool:
        if abs(longitude) > 90:
            return False
        here = [self._towns.away_m(country, latitude, longitude) for country in countries]
        there = [self._towns.away_m(country, longitude, latitude) for country in countries]
        away = [each for each in here if each is not None]
        swapped = [each for each in there if each is not None]
        return bool(away) and min(away) > FAR_M and min(swapped) * NEARER < min(away)

    def _map(self, areas: Sequence[Area]) -> ZoneMap:
        return ZoneMap(areas, self._geometry.index, lambda row, why: None)

    def _put(self, merchant_id: str, areas: Sequence[Area], author: str, based_on: int | None) -> ZoneSetRecord:
        text = json.dumps({"type": "FeatureCollection", "features": as_features(areas)}, separators=(",", ":"))
        digest = sha256(text.encode()).hexdigest()
        with self._store.work() as uow:
            newest = uow.zones.latest(merchant_id)
            version = newest.version if newest else 0
            if based_on is not None and based_on != version:
                raise StaleVersion(f"the zones are at version {version}, not {based_on}")
            if newest and newest.digest == digest:
                return newest
            record = ZoneSetRecord(
                merchant_id=merchant_id,
                version=version + 1,
                zones=len({area.zone for area in areas}),
                areas=len(areas),
                digest=digest,
                author=author,
                created_at=self._clock(),
            )
            if not uow.zones.add(record, text):
                raise StaleVersion(f"the zones got version {version + 1} from somebody else")
            uow.commit()
        return record

    def _as_shipped(self, merchant_id: str) -> ZoneSet:
        areas = self.shipped.areas
        record = ZoneSetRecord(
            merchant_id=merchant_id,
            version=0,
            zones=len(self.shipped.names),
            areas=len(areas),
            digest="",
            author="",
            created_at=self._began,
        )
        return ZoneSet(record, areas)


def _stored(uow: UnitOfWork, merchant_id: str, version: int) -> list[Area]:
    """What was found right when it was put in."""
    told = Complaints()
    areas = from_features(json.loads(uow.zones.text(merchant_id, version)), told)
    told.stop()
    return areas
