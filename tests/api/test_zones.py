"""Zones over HTTP: put as GeoJSON or CSV, given back, versioned; every fault pointed at; the next quote knows them."""

import json
import subprocess
import sys
from typing import Any

import pytest

from gateway.api.examples import QUOTE, ZONE_TABLE, ZONES
from tests.api.conftest import Made
from tests.api.world import Json, Merchant, contract_of, new_merchant, pointers, problem

PATH = "/v1/zones"


def put(merchant: Merchant, given: Any, **headers: str) -> Json:
    made = send(merchant, given, **headers)
    assert made.status_code == 200, made.text
    found: Json = made.get_json()
    assert made.headers["ETag"] == f'"{found["version"]}"'
    return found


def send(merchant: Merchant, given: Any, **headers: str) -> Any:
    table = isinstance(given, str | bytes)
    data, kind = (given, "text/csv") if table else (json.dumps(given), "application/geo+json")
    return merchant("PUT", PATH, data=data, content_type=kind, headers=headers)


def collection(*features: Json) -> Json:
    return {"type": "FeatureCollection", "features": list(features)}


def shape(zone: str, *ring: tuple[float, float], **properties: Any) -> Json:
    geometry = {"type": "Polygon", "coordinates": [[list(each) for each in ring]]}
    return {"type": "Feature", "properties": {"zone": zone, **properties}, "geometry": geometry}


def quoted(merchant: Merchant, **destination: Any) -> str | None:
    body = {**QUOTE, "destination": {"country": "NO", "postal_code": "9999", **destination}}
    zone: str | None = merchant.post("/v1/quotes", body).get_json()["zone"]
    return zone


def test_the_shipped_zones_count_until_there_are_own_ones(newcomer: Merchant) -> None:
    shown = newcomer.get(PATH).get_json()
    assert (shown["version"], shown["zones"]) == (0, 4)
    assert quoted(newcomer, postal_code="0154") == "oslo-sentrum"
    made = put(newcomer, ZONES)
    assert {name: made[name] for name in ("version", "zones", "areas")} == {"version": 1, "zones": 3, "areas": 3}
    assert quoted(newcomer, postal_code="0154") == "oslo"
    assert quoted(newcomer, postal_code="0154", latitude=59.905, longitude=10.74) == "harbour"
    assert quoted(newcomer, latitude=59.93, longitude=10.75) == "near-the-store"
    assert quoted(newcomer, postal_code="5003") is None
    assert newcomer.get(PATH, version=0).get_json()["features"] == shown["features"]


def test_what_is_shown_may_be_put_again(newcomer: Merchant) -> None:
    put(newcomer, ZONES)
    shown = newcomer.get(PATH)
    assert put(newcomer, shown.get_json())["version"] == 1
    assert put(newcomer, ZONE_TABLE)["version"] == 2
    assert quoted(newcomer, postal_code="9999") == "nordics"
    assert newcomer.get(PATH, version=1).get_json() == shown.get_json()
    problem(newcomer.get(PATH, version=3), 404, "not_found")


def test_nobody_overwrites_what_he_has_not_seen(newcomer: Merchant) -> None:
    assert put(newcomer, ZONES, **{"If-Match": '"0"'})["version"] == 1
    problem(send(newcomer, ZONE_TABLE, **{"If-Match": '"0"'}), 412, "precondition_failed")
    problem(send(newcomer, ZONE_TABLE, **{"If-Match": "x"}), 400, "bad_header")
    assert put(newcomer, ZONE_TABLE, **{"If-Match": '"1"'})["version"] == 2


def test_every_bad_feature_is_named_and_nothing_is_changed(newcomer: Merchant) -> None:
    bow_tie = shape("bow-tie", (10, 59), (11, 60), (11, 59), (10, 60), (10, 59))
    swapped = shape("swapped", (59.9, 10.7), (59.95, 10.7), (59.95, 10.75), (59.9, 10.7), country="NO")
    right = shape("right", (10.7, 59.9), (10.75, 59.9), (10.75, 59.95), (10.7, 59.9), country="NO")
    same = {"type": "Feature", "properties": {"zone": "x", "country": "NO", "postcodes": "01*"}, "geometry": None}
    other = {"type": "Feature", "properties": {"zone": "y", "country": "NO", "postcodes": "01*"}, "geometry": None}
    refused = send(newcomer, collection(right, bow_tie, swapped, same, other))
    errors = {each["pointer"]: each["message"] for each in problem(refused, 422, "invalid")["errors"]}
    assert list(errors) == ["/features/1", "/features/2", "/features/4"]
    assert errors["/features/1"] == "bow-tie: its outline crosses itself at 10.5, 59.5"
    assert "are longitude and latitude swapped?" in errors["/features/2"]
    assert errors["/features/4"] == "01* of NO belongs to x already: give one of the zones a higher priority"
    assert newcomer.get(PATH).get_json()["version"] == 0


def test_every_bad_row_is_named(newcomer: Merchant) -> None:
    text = ZONE_TABLE + "a,norge,*,,,,\nb,NO,0199-0100,,,,\nc,NO,0100-0199,,,,\nd,NO,0150-0250,,,,\n"
    assert pointers(send(newcomer, text)) == ["/5/country", "/6", "/8"]
    assert pointers(send(newcomer, text.replace("norge", "FI"))) == ["/6", "/8"]
    assert pointers(send(newcomer, b"zone,country\n\xff")) == ["/2"]
    assert pointers(send(newcomer, "zone\n" * 3)) == ["/1/country", "/1/postcodes"]
    many = send(newcomer, "zone,country,postcodes\n" + "a,x,1\n" * 500)
    assert len(pointers(many)) == 100
    assert "500 faults in the zones, of which 100 are listed" in many.text


def test_there_is_a_most_of_everything(newcomer: Merchant, made: Made) -> None:
    rows = "zone,country,postcodes\n" + "a,NO,01*\n" * 20_001
    assert pointers(send(newcomer, rows)) == [""]
    app = made(GATEWAY__WEB__MAX_ZONES_BYTES="500")
    problem(send(new_merchant(app, contract_of(app)), ZONES), 413, "payload_too_large")


@pytest.mark.parametrize("body", [b"", b"{", b'{"type": "FeatureCollection", "type": 1}', b"[" * 500_000])
def test_what_is_no_json_is_refused(body: bytes, newcomer: Merchant) -> None:
    problem(newcomer("PUT", PATH, data=body, content_type="application/geo+json"), 400, "bad_request")


@pytest.mark.parametrize("given", [1, [], {}, "x", None, {"type": "FeatureCollection", "features": [{}, None, []]}])
def test_json_that_is_no_collection_is_refused(given: Any, newcomer: Merchant) -> None:
    refused = newcomer("PUT", PATH, data=json.dumps(given), content_type="application/json")
    assert pointers(refused)
    problem(newcomer("PUT", PATH, data="x", content_type="text/plain"), 415, "unsupported_media_type")


def test_zones_are_for_administrators_to_put_and_for_others_to_read(newcomer: Merchant) -> None:
    reader = newcomer.having("shipments:read")
    assert reader.get(PATH).status_code == 200
    problem(send(reader, ZONES), 403, "missing_scope")


def test_shapely_is_imported_only_for_polygons() -> None:
    program = (
        "import sys\nfrom gateway.app import create_app\nfrom gateway.bootstrap import shipped_zones\n"
        "from gateway.domain.zone_files import from_table\nfrom gateway.domain.zones import ZoneMap\n"
        "from gateway.engines.geometry import ShapelyGeometry\nfrom gateway.domain.values import Address\n"
        "found = ZoneMap(from_table(shipped_zones(), print), ShapelyGeometry().index, print)\n"
        "print(found.zone(Address(country='NO', postal_code='0150')), 'shapely' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "oslo-sentrum False\n"


ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    "x",
    "\ud83d\ude00",
    [],
    [[]],
    {},
    {"a": 1},
    [None],
    2**63,
    "a" * 5000,
)


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Any:
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in inside:
        yield from nodes(inner, (*path, step))


def test_whatever_stands_where_it_should_not_is_pointed_at(newcomer: Merchant) -> None:
    tried = 0
    for path in nodes(ZONES):
        for odd in ODD:
            given: Any = json.loads(json.dumps(ZONES))
            owner = given
            for step in path[:-1]:
                owner = owner[step]
            owner[path[-1]] = odd
            answer = send(newcomer, given)
            tried += 1
            assert answer.status_code in (200, 422), (path, odd, answer.text)
            if answer.status_code == 422:
                assert all(each.startswith("/") for each in pointers(answer)), (path, odd)
    assert tried > 500
