"""Proofs of delivery: taken from drivers and carriers, made anew, kept, shown by link, erased; nothing is lost."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from PIL import Image
from pytest_httpserver import HTTPServer
from werkzeug.test import TestResponse

from gateway.services.faultpoints import Purpose
from tests.conftest import TestDatabase
from tests.journeys.fleet import add_fleet, scan
from tests.journeys.site import ORDER, Gateway, Merchant, Site, environment
from tests.pictures import photo, telling_photo

ON_ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For what storage has no part in."""
JPEG = "image/jpeg"
DOOR = {**ORDER["destination"], "latitude": 59.9139, "longitude": 10.7522}


def upload(
    shop: Merchant, number: str, content: bytes, media_type: str = JPEG, kind: str = "photo", account: str = "vans"
) -> TestResponse:
    return shop.app.test_client().post(
        "/v1/fleet/pictures",
        query_string={"account": account, "tracking_number": number, "kind": kind},
        data=content,
        content_type=media_type,
        headers={"Authorization": f"Bearer {shop.key}"},
    )


def uploaded(shop: Merchant, number: str, content: bytes, media_type: str = JPEG, kind: str = "photo") -> Any:
    answer = upload(shop, number, content, media_type, kind)
    assert answer.status_code == 201, answer.text
    return answer.json


def look(shop: Merchant, href: str) -> TestResponse:
    """As a browser does, without a key."""
    return shop.app.test_client().get(href)


@pytest.fixture
def parcel(site: Site, shop: Merchant) -> Any:
    """A shipment of the own fleet that is to be signed for and photographed."""
    add_fleet(site, shop, "vans")
    needs = {"signature": True, "photo": True, "min_age": 18}
    return shop.booked(destination=DOOR, requirements=needs)


def delivered(site: Site, shop: Merchant, parcel: Any, **proof: object) -> Any:
    told = scan(parcel["tracking_number"], "e1", "delivered", site.clock().isoformat(), proof=proof)
    answer = shop.call("POST", "/v1/fleet/scans", {"account": "vans", "scans": [told]})
    assert answer.status_code == 200, answer.text
    return shop.shipment(parcel["id"])["proof_of_delivery"]


def test_a_driver_proves_a_delivery_step_by_step(site: Site, shop: Merchant, parcel: Any) -> None:
    number = parcel["tracking_number"]
    before = delivered(site, shop, parcel, received_by="Kari", latitude=59.9140, longitude=10.7522)
    assert (before["wanted"], before["missing"]) == (["signature", "photo", "age"],) * 2
    assert (before["received_by"], before["distance_m"], before["pictures"]) == ("Kari", 11, [])

    picture = uploaded(shop, number, telling_photo())
    assert (picture["state"], picture["width"], picture["height"]) == ("ready", 300, 400)
    uploaded(shop, number, photo((2400, 800), "white", "PNG"), "image/png", "signature")
    shop.call(
        "POST",
        "/v1/fleet/scans",
        {
            "account": "vans",
            "scans": [
                scan(
                    number,
                    "e2",
                    "delivered",
                    site.clock().isoformat(),
                    proof={"min_age_verified": 21, "barcodes": ["7"]},
                )
            ],
        },
    )
    proof = shop.shipment(parcel["id"])["proof_of_delivery"]
    assert proof["missing"] == []
    assert (proof["received_by"], proof["barcodes"], proof["min_age_verified"]) == ("Kari", ["7"], 21)
    assert [(each["kind"], each["width"]) for each in proof["pictures"]] == [("photo", 300), ("signature", 1600)]


def test_a_delivery_without_the_proof_it_was_booked_with_becomes_a_case_after_a_day(
    site: Site, shop: Merchant, parcel: Any
) -> None:
    delivered(site, shop, parcel, min_age_verified=20)
    uploaded(shop, parcel["tracking_number"], photo())
    site.work(hours=20)
    assert "unproven" not in shop.shipment(parcel["id"])["alarms"]
    site.work(hours=5)
    (case,) = [each for each in shop.shipment(parcel["id"])["cases"] if each["kind"] == "unproven"]
    assert (case["state"], case["why"]) == ("open", "delivered without signature, which it was booked with")
    uploaded(shop, parcel["tracking_number"], photo(colour="white"), kind="signature")
    site.work(minutes=1)
    (case,) = [each for each in shop.shipment(parcel["id"])["cases"] if each["kind"] == "unproven"]
    assert (case["state"], shop.shipment(parcel["id"])["alarms"]) == ("closed", [])


@ON_ONE_DATABASE
def test_nothing_of_what_a_phone_writes_into_a_photo_is_kept(site: Site, shop: Merchant, parcel: Any) -> None:
    picture = uploaded(shop, parcel["tracking_number"], telling_photo())
    for kept_in in ("database", "file store"):
        shown = look(shop, picture["href"])
        assert shown.status_code == 200, kept_in
        assert b"canary" not in shown.data.lower()
        with Image.open(BytesIO(shown.data)) as image:
            assert (image.format, image.size, dict(image.getexif()), image.info.get("comment")) == (
                "JPEG",
                (300, 400),
                {},
                None,
            )
        site.work()
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert shown.headers["Content-Disposition"] == f'inline; filename="photo-{picture["id"]}.jpeg"'
    assert shown.headers["Cache-Control"].startswith("private, max-age=")


def test_the_same_picture_again_is_the_same_one(site: Site, shop: Merchant, parcel: Any) -> None:
    first = uploaded(shop, parcel["tracking_number"], photo())
    site.work()
    again = uploaded(shop, parcel["tracking_number"], photo())
    assert (again["id"], again["sha256"]) == (first["id"], first["sha256"])
    assert len(shop.shipment(parcel["id"])["proof_of_delivery"]["pictures"]) == 1


@ON_ONE_DATABASE
def test_a_link_is_over_after_minutes_and_nobody_makes_one_up(site: Site, shop: Merchant, parcel: Any) -> None:
    href = uploaded(shop, parcel["tracking_number"], photo())["href"]
    named, seal = href.rsplit(".", 1)
    file, merchant, until = named.rsplit("/", 1)[1].split(".")
    forged = (
        f"{named}.{'0' * 64}",
        f"/v1/pictures/{file}.{merchant}.{int(until) + 3600}.{seal}",
        f"/v1/pictures/{file}.{shop.id}x.{until}.{seal}",
        f"/v1/pictures/{file}",
        f"{href}.",
        href.replace("pof_", "pof_\u0661"),
    )
    assert [look(shop, each).status_code for each in forged] == [404] * len(forged)
    assert look(shop, href).status_code == 200
    site.clock.advance(seconds=301)
    assert look(shop, href).status_code == 404
    again = shop.shipment(parcel["id"])["proof_of_delivery"]["pictures"][0]["href"]
    assert look(shop, again).status_code == 200


def test_pictures_are_erased_when_they_are_old_and_what_they_proved_stays_known(
    site: Site, shop: Merchant, parcel: Any
) -> None:
    picture = uploaded(shop, parcel["tracking_number"], photo())
    site.work()
    files, folder = MemoryFileSystem(), f"/journeys/{shop.id}/{parcel['id']}"
    assert files.ls(folder, detail=False) == [f"{folder}/{picture['sha256']}.jpeg"]
    site.clock.advance(days=91)
    site.services.proof_keeping.erase_old()
    assert not files.exists(folder)
    (after,) = shop.shipment(parcel["id"])["proof_of_delivery"]["pictures"]
    assert (after["state"], after["href"], after["sha256"]) == ("erased", None, picture["sha256"])
    assert look(shop, picture["href"]).status_code == 404
    site.services.proof_keeping.erase_old()


def test_a_carriers_signature_in_bytes_is_kept_and_told(site: Site, shop: Merchant) -> None:
    running = site.carrier("sandbox")
    shop.account("sandbox-1", running)
    shipment = shop.booked(requirements={"signature": True})
    site.work(hours=3)
    proof = shop.shipment(shipment["id"])["proof_of_delivery"]
    (picture,) = proof["pictures"]
    assert (picture["kind"], picture["source"], picture["state"]) == ("signature", "carrier", "ready")
    assert (proof["missing"], proof["received_by"]) == ([], "Kari")
    assert "signature" not in proof
    assert look(shop, picture["href"]).mimetype == "image/png"
    site.work(hours=3)
    assert len(shop.shipment(shipment["id"])["proof_of_delivery"]["pictures"]) == 1


@ON_ONE_DATABASE
def test_a_picture_by_link_is_fetched_with_patience_but_not_for_ever(
    site: Site, shop: Merchant, parcel: Any, httpserver: HTTPServer
) -> None:
    httpserver.expect_ordered_request("/a.jpg").respond_with_data("later", status=503)
    httpserver.expect_ordered_request("/a.jpg").respond_with_data("", status=302, headers={"Location": "/b.jpg"})
    httpserver.expect_ordered_request("/b.jpg").respond_with_data(photo(), content_type=JPEG)
    delivered(site, shop, parcel, photo_url=httpserver.url_for("/a.jpg"), signature_url="https://nowhere.invalid/s.png")
    states = []
    for _ in range(12):
        site.work(hours=4)
        pictures = shop.shipment(parcel["id"])["proof_of_delivery"]["pictures"]
        states.append({each["kind"]: each["state"] for each in pictures})
    assert states[0] == {"signature": "waiting", "photo": "waiting"}
    assert states[1] == {"signature": "waiting", "photo": "ready"}
    assert states[-1] == {"signature": "refused", "photo": "ready"}
    why = next(each["why"] for each in pictures if each["state"] == "refused")
    assert "10 tries" in why
    assert site.services.store.counts()["pictures_refused"] == 1


@ON_ONE_DATABASE
def test_a_link_that_is_not_public_is_never_called(database_url: str, tmp_path: Path) -> None:
    links = {
        "https://169.254.169.254/latest": "not public",
        "https://[::1]/p.jpg": "not public",
        "file:///etc/passwd": "https",
        "http://x.example/p.jpg": "https",
        "nonsense": "https",
    }
    gateway = Gateway(database_url, CARRIERS__ALLOW_PLAIN_HTTP="false")
    with closing(gateway), Site(gateway, tmp_path) as site:
        shop = site.merchant()
        add_fleet(site, shop, "vans")
        parcel = shop.booked()
        for link in links:
            delivered(site, shop, parcel, photo_url=link)
        site.work()
        pictures = shop.shipment(parcel["id"])["proof_of_delivery"]["pictures"]
        assert {each["state"] for each in pictures} == {"refused"}
        for picture, why in zip(pictures, links.values(), strict=True):
            assert why in picture["why"]
        assert site.violations() == []


COLOURS = {"full": "red", "half": "green", "away": "blue"}


class Away(MemoryFileSystem):
    """A file system that answers only sometimes, and now and then keeps half of what it is given."""

    protocol = "away"
    trouble = ""

    def pipe_file(self, path: str, value: bytes, **more: object) -> None:
        if self.trouble == "full":
            raise OSError(errno.ENOSPC, "No space left on device")
        super().pipe_file(path, value[: len(value) // 2] if self.trouble == "half" else value, **more)

    def cat_file(self, path: str, **more: object) -> bytes:
        if self.trouble == "away":
            raise ConnectionError("no route to the bucket")
        content: bytes = super().cat_file(path, **more)
        return content


def test_a_file_store_in_trouble_loses_nothing_and_holds_nobody_up(database_url: str, tmp_path: Path) -> None:
    fsspec.register_implementation("away", Away, clobber=True)
    gateway = Gateway(database_url, FILES__URL="away://pictures")
    with closing(gateway), Site(gateway, tmp_path) as site:
        shop = site.merchant()
        add_fleet(site, shop, "vans")
        parcel = shop.booked()
        for trouble in ("full", "half", "away"):
            Away.trouble = trouble
            picture = uploaded(shop, parcel["tracking_number"], photo(colour=COLOURS[trouble]))
            assert picture["state"] == "ready"
            for _ in range(3):
                site.work(minutes=20)
                assert look(shop, fresh_link(shop, parcel, picture)).status_code == 200
        assert site.services.store.counts()["pictures_waiting"] == 3
        assert site.violations() == []
        Away.trouble = ""
        site.work(minutes=20)
        assert site.services.store.counts()["pictures_waiting"] == 0
        assert [*site.violations(), *site.services.proof_keeping.missing()] == []
        assert look(shop, fresh_link(shop, parcel, picture)).status_code == 200
        Away.trouble = "away"
        assert look(shop, fresh_link(shop, parcel, picture)).status_code == 503
        Away.trouble = ""


def fresh_link(shop: Merchant, parcel: Any, picture: Any) -> str:
    shown = shop.shipment(parcel["id"])["proof_of_delivery"]["pictures"]
    return str(next(each["href"] for each in shown if each["id"] == picture["id"]))


def test_a_worker_killed_between_file_store_and_database_leaves_one_file(
    sqlite_database: TestDatabase, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    gateway = Gateway(sqlite_database.url, FILES__URL=str(folder))
    with closing(gateway), Site(gateway, tmp_path) as site:
        shop = site.merchant()
        add_fleet(site, shop, "vans")
        uploaded(shop, shop.booked()["tracking_number"], photo())
        settings = environment(sqlite_database.url, FILES__URL=str(folder), FAULTS__KILL_AT=Purpose.PROOF_FILE_KEPT)
        killed = subprocess.run([sys.executable, "-m", "gateway", "worker"], env={**os.environ, **settings}, timeout=60)
        assert killed.returncode == -signal.SIGKILL
        assert site.services.store.counts()["pictures_waiting"] == 1
        site.work(minutes=2)
        assert site.services.store.counts()["pictures_waiting"] == 0
        assert len([path for path in folder.rglob("*") if path.is_file()]) == 1
        assert [*site.violations(), *site.services.proof_keeping.missing()] == []
    sqlite_database.empty()
