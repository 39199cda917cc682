"""Zones at the console: looked at, asked for an address, written in a form, kept as a version."""

from __future__ import annotations

import io
import json
import re

import pytest

from gateway.console.atlas.clipping import Box
from gateway.console.atlas.measuring import KM_A_DEGREE, bar, grid
from gateway.domain.people import Role
from tests.console.forms import fields_of, send
from tests.console.test_hostile import HOSTILE
from tests.console.world import Person, World
from tests.journeys.site import Merchant

SQUARE = {"type": "Polygon", "coordinates": [[[10.6, 59.8], [10.9, 59.8], [10.9, 60.0], [10.6, 60.0], [10.6, 59.8]]]}
TABLE = """zone,country,postcodes,priority,latitude,longitude,radius_m
oslo,NO,01*|0250-0299,10,,,
norway,NO,*,,,,
store,,,5,59.91,10.75,2500
"""
EDIT = "/zones/edit"


@pytest.fixture(scope="module")
def shop(world: World) -> Merchant:
    """One with zones of its own."""
    return world.site.merchant("Zone Shop")


@pytest.fixture(scope="module")
def admin_there(world: World, shop: Merchant) -> Person:
    return world.person(Role.ADMIN, shop)


@pytest.fixture
def boss(shop: Merchant, admin_there: Person) -> Person:
    """Somebody who finds the zones of the table."""
    put = shop.call("PUT", "/v1/zones", TABLE)
    assert put.status_code == 200, put.text
    return admin_there


def zones(shop: Merchant) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    for each in (shop.call("GET", "/v1/zones").json or {})["features"]:
        found.setdefault(each["properties"]["zone"], []).append(each)
    return found


def test_zones_are_listed_mapped_and_their_overlaps_told(boss: Person) -> None:
    page = boss.see("/zones")
    assert page.index("oslo</a>") < page.index("store</a>") < page.index("norway</a>")
    assert "2.5 km around a point" in page
    assert '<path class="zone zone-0"' in page
    assert "<strong>oslo</strong> before norway" in page
    assert "NO 01*: priority 10 is above 0." in page


def test_an_address_is_looked_up(boss: Person) -> None:
    found = boss.see("/zones", country="no", postcode="01 50")
    assert "postcode 0150 is in NO 01* (priority 10)" in found
    assert "Behind it: norway" in found
    by_place = boss.see("/zones", country="NO", postcode="0999", latitude="59.91", longitude="10.751")
    assert "from a point, within 2500 m (priority 5)" in by_place
    assert "No zone has this address." in boss.see("/zones", country="SE", postcode="11122")
    for wrong in (
        {"country": "Norway"},
        {"country": "NO", "latitude": "x"},
        {"country": "NO", "latitude": "999", "longitude": "1"},
    ):
        assert 'class="notice bad"' in boss.see("/zones", **wrong), wrong


def test_a_zone_is_changed_and_the_others_stay(boss: Person, shop: Merchant) -> None:
    before = zones(shop)
    page = boss.see(EDIT, zone="oslo")
    page = send(boss, EDIT, page, "add-area ").text
    page = send(boss, EDIT, page, "refresh", **{"__areas__1__kind": "outline"}).text
    page = send(
        boss, EDIT, page, "refresh", **{"__areas__1__geojson": json.dumps({"type": "Feature", "geometry": SQUARE})}
    ).text
    assert "Map of this zone" in page
    kept = send(boss, EDIT, page, "save", **{"__areas__0__postcodes": "01*, 0350"})
    assert kept.status_code == 303, kept.text
    after = zones(shop)
    assert [each["geometry"] for each in after["oslo"]] == [None, SQUARE]
    assert after["oslo"][0]["properties"] == {
        "zone": "oslo",
        "priority": 10,
        "country": ["NO"],
        "postcodes": "01*|0350",
    }
    assert (after["norway"], after["store"]) == (before["norway"], before["store"])


def test_a_zone_is_made_of_a_file_and_deleted(boss: Person, shop: Merchant) -> None:
    page = send(boss, EDIT, boss.see(EDIT), "refresh", **{"__zone": "city", "__areas__0__kind": "outline"}).text
    collection = json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": SQUARE}] * 1})
    fields = {name: value for name, value in fields_of(page)}
    file = (io.BytesIO(b"\xef\xbb\xbf" + collection.encode()), "city.geojson")
    data = {**fields, "act": "save", "/areas/0/file": file}
    kept = boss.client.post(f"/console{EDIT}", data=data, content_type="multipart/form-data")
    assert kept.status_code == 303, kept.text
    assert zones(shop)["city"][0]["geometry"] == SQUARE
    again = dict(fields_of(boss.see(EDIT, zone="city")))
    broken = {**again, "act": "save", "/areas/0/file": (io.BytesIO(b"\xff\xfe{"), "city.geojson")}
    answer = boss.client.post(f"/console{EDIT}", data=broken, content_type="multipart/form-data")
    assert "no text in UTF-8" in answer.text
    gone = send(boss, EDIT, boss.see(EDIT, zone="city"), "delete")
    assert gone.status_code == 303
    assert "city" not in zones(shop)


@pytest.mark.parametrize(
    ("typed", "path", "said"),
    [
        ({"__zone": "Bad Name"}, "/zone", "is no name"),
        ({"__zone": "norway"}, "/zone", "there is a zone norway already"),
        ({"__priority": "high"}, "/priority", "whole number"),
        ({"__areas__0__country": "Norway"}, "/areas/0/country", "is no country of two capitals"),
        ({"__areas__0__country": ""}, "/areas/0/country", "of which country"),
        ({"__areas__0__postcodes": "zero!"}, "/areas/0/postcodes", "is no postcode"),
        (
            {"__areas__0__kind": "circle", "__areas__0__latitude": "95", "__areas__0__longitude": "1"},
            "/areas/0/latitude",
            "95",
        ),
        (
            {"__areas__0__kind": "outline", "__areas__0__geojson": "{"},
            "/areas/0/geojson",
            "this is no GeoJSON of outlines",
        ),
        ({"__areas__0__kind": "outline", "__areas__0__geojson": '{"type": "Point"}'}, "/areas/0/geojson", "not Point"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(
    boss: Person, shop: Merchant, typed: dict[str, str], path: str, said: str
) -> None:
    before = zones(shop)
    answer = send(boss, EDIT, boss.see(EDIT, zone="oslo"), "save", **typed)
    assert answer.status_code == 422
    assert f'href="#{path}"' in answer.text, answer.text
    assert said in answer.text
    sent = dict(fields_of(answer.text))
    assert all(sent[name.replace("__", "/")] == value for name, value in typed.items())
    assert zones(shop) == before


def test_whoever_is_overtaken_is_told_and_loses_nothing(boss: Person, shop: Merchant) -> None:
    page = boss.see(EDIT, zone="oslo")
    other = shop.call("PUT", "/v1/zones", TABLE.replace("norway", "nordic"))
    assert other.status_code == 200
    late = send(boss, EDIT, page, "save", **{"__priority": "77"})
    assert late.status_code == 409
    assert "has kept version" in late.text
    assert dict(fields_of(late.text))["/priority"] == "77"
    assert send(boss, EDIT, late.text, "save").status_code == 303
    assert set(zones(shop)) == {"oslo", "nordic", "store"}


def test_hostile_strings_are_told_as_text(boss: Person) -> None:
    areas = {
        f"__areas__{at}__{name}": text for at, text in enumerate(HOSTILE) for name in ("kind", "country", "postcodes")
    }
    answer = send(boss, EDIT, boss.see(EDIT), "save", **{"__zone": HOSTILE[0], "__priority": HOSTILE[1], **areas})
    assert answer.status_code == 422
    sent = dict(fields_of(answer.text))
    assert [sent[f"/areas/{at}/postcodes"] for at in range(len(HOSTILE))] == [text.strip() for text in HOSTILE]
    assert (sent["/zone"], sent["/priority"]) == HOSTILE[:2]
    assert not re.search(r"<(script(?! src)|iframe|img|base|math)", answer.text)


def test_support_looks_and_changes_nothing(world: World, shop: Merchant, boss: Person) -> None:
    support = world.person(Role.SUPPORT, shop)
    assert "New zone" not in support.see("/zones")
    assert support.get(EDIT, zone="oslo").status_code == 403
    assert boss.get(EDIT, zone="atlantis").status_code == 404


@pytest.mark.parametrize("span", [0.02, 0.3, 7.0, 80.0, 340.0])
def test_a_map_says_where_it_lies_and_how_large_it_is(span: float) -> None:
    marks = list(grid(Box(10.7, 50.0, 10.7 + span, 50.0 + min(span, 30.0))))
    for upright in (True, False):
        texts = [each.text for each in marks if each.upright is upright]
        assert 1 <= len(texts) <= 12
        assert len(set(texts)) == len(texts)
    pixels, text = bar(360 / span, 360)
    km = float(text.replace("\u202f", "").removesuffix(" km"))
    assert pixels == pytest.approx(km / KM_A_DEGREE * 360 / span, abs=0.1)
    assert pixels <= 0.3 * 360 or km == 0.5
