"""People are forgotten: no canary that came in by any way is left in any column or file; what is counted is."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from gateway.domain.people import User
from gateway.storage.tables import metadata
from tests.conftest import TestDatabase
from tests.journeys.fleet import add_fleet
from tests.journeys.fleet import scan as driven
from tests.journeys.recipients import Street, street
from tests.journeys.scans import scan as scanned
from tests.journeys.site import ORDER, Merchant, Site
from tests.pictures import photo

CANARY, EMAIL, PHONE = "canary", "canary.kari@example.com", "+4791237654"
CANARIES = (CANARY, "91237654")
PLACE: dict[str, Any] = {
    **ORDER["destination"],
    "name": "Kari Canary",
    "company": "Canary AS",
    "street1": "Canarygata 7",
    "street2": "Canary floor",
    "phone": PHONE,
    "email": EMAIL,
    "instructions": "canary door code 4711",
}
PARCELS = [{"weight_g": 2500, "description": "canary seed"}]
PERSONAL: dict[str, Any] = {"destination": PLACE, "parcels": PARCELS, "metadata": {"gift": "from Canary"}}
ON_ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SEALED = ["audit_log.reason"]
"""What people themselves wrote into a log of which nothing is ever changed, as /docs/privacy says."""
BY_EMAIL = {"email": EMAIL.upper()}


def leaks(database: TestDatabase) -> list[str]:
    """Every column of every table in which a canary is, packed or not."""
    found = set()
    with database.engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.exec_driver_sql(f'SELECT * FROM "{table.name}"').mappings():  # noqa: S608
                for name, cell in row.items():
                    if any(canary in told for told in _read(cell) for canary in CANARIES):
                        found.add(f"{table.name}.{name}")
    return sorted(found)


def _read(cell: object) -> Iterator[str]:
    if not isinstance(cell, bytes | memoryview):
        yield str(cell).casefold()
        return
    yield bytes(cell).decode("latin-1").casefold()
    try:
        yield zlib.decompress(bytes(cell)).decode("latin-1").casefold()
    except zlib.error:
        return


def files(shop: Merchant) -> list[str]:
    store = MemoryFileSystem()
    return list(store.find(f"/journeys/{shop.id}")) if store.exists(f"/journeys/{shop.id}") else []


def chores(site: Site, **ahead: float) -> None:
    site.work(**ahead)
    site.services.retention.prune()
    site.services.proof_keeping.erase_old()
    site.services.privacy.forget()


def ask(shop: Merchant, what: str, body: object, **headers: str) -> Any:
    answer = shop.call("POST", f"/v1/privacy/{what}", body, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json


def page(site: Site, shipment: Any, form: str = "", **data: str) -> int:
    client, path = site.gateway.app.test_client(), urlsplit(shipment["tracking_url"]).path
    if not form:
        return client.get(path).status_code
    return client.post(f"{path}/{form}", data=data, headers={"Sec-Fetch-Site": "same-origin"}).status_code


def support(site: Site, shop: Merchant) -> User:
    return site.services.staff.people.add(shop.id, f"{shop.id}@shop.example", "Sam", "operations")[0]


def by_carrier(there: Street) -> Any:
    """Booked, scanned, told, delivered, rated, missed, noted, corrected, fetched and sent back."""
    site, shop = there.site, there.shop
    for account in shop.get("/v1/accounts")["data"]:
        enabled = {"enabled": account["carrier"] == "sandbox"}
        assert shop.call("PATCH", f"/v1/accounts/{account['id']}", enabled).status_code == 200
    parcel = there.parcel(**PERSONAL)
    quoted = shop.call("POST", "/v1/quotes", {**ORDER, **PERSONAL}, Idempotency_Key="quoted")
    assert quoted.status_code == 201, quoted.text
    assert shop.call("GET", f"/v1/shipments/{parcel.parcel.id}/label").status_code == 200
    ready = {"ready_at": site.clock().isoformat(), "closes_at": site.clock().replace(year=2099).isoformat()}
    shop.call("POST", "/v1/pickups", {**ready, "instructions": "ring"})
    shop.call("POST", "/v1/manifests", {})
    parcel.scan("COLLECTED", "at canary's").scan("OUT_FOR_DELIVERY", "to Canarygata 7")
    parcel.scan("DELIVERED", "RECIPIENT")
    shipment = shop.shipment(parcel.parcel.id)
    assert shipment["status"] == "delivered"
    assert page(site, shipment) == 200
    assert page(site, shipment, "rating", stars="4", recommends="9", comment="thanks, Canary") == 303
    assert page(site, shipment, "missing", looked="yes", asked="no", place="none", missing_note="canary?") == 303
    word = {"status": "delivered", "author": "Sam", "why": "canary rang us"}
    corrected = shop.call("POST", f"/v1/shipments/{shipment['id']}/corrections", word, Idempotency_Key="corrected")
    assert corrected.status_code == 200, corrected.text
    back = shop.call("POST", f"/v1/shipments/{shipment['id']}/return", {}, Idempotency_Key="back")
    assert back.status_code == 201, back.text
    site.work()
    return shop.shipment(shipment["id"])


def by_van(site: Site, shop: Merchant) -> Any:
    """Booked with the own fleet, with pictures."""
    add_fleet(site, shop, "vans")
    shipment = shop.booked(reference="van-1", key="van", **PERSONAL, policy="cheapest")
    assert shipment["account"] == "vans"
    where = f"account=vans&tracking_number={shipment['tracking_number']}&kind=photo"
    assert shop.call("POST", f"/v1/fleet/pictures?{where}", photo()).status_code == 201
    proof = {"received_by": "Canary", "relationship": "canary", "barcodes": ["canary"], "latitude": 59.9}
    place = {"city": "Canary", "facility": "canary's"}
    at = site.clock().isoformat()
    told = driven(shipment["tracking_number"], "e1", "delivered", at, proof={**proof, "longitude": 10.7}, place=place)
    answer = shop.call("POST", "/v1/fleet/scans", {"account": "vans", "scans": [told]})
    assert answer.status_code == 200, answer.text
    site.work()
    return shop.shipment(shipment["id"])


def close_cases(site: Site, shop: Merchant, user: User) -> None:
    for case in shop.call("GET", "/v1/shipments").json["data"]:
        for each in shop.shipment(case["id"])["cases"]:
            if each["state"] == "open":
                site.services.staff.desk.close(user, "test", each["id"], "", "canary has it after all")


def test_when_everything_is_long_over_no_canary_is_left(site: Site, shop: Merchant, database: TestDatabase) -> None:
    with street(site, shop, events={"booked": ["email"], "delivered": ["email", "sms"]}) as there:
        van, shipment = by_van(site, shop), by_carrier(there)
    assert len(leaks(database)) > 10
    assert files(shop) != []
    close_cases(site, shop, support(site, shop))
    chores(site, days=20)
    early = shop.shipment(shipment["id"])
    assert (early["destination"].get("instructions"), early["destination"]["name"]) == (None, "Kari Canary")
    for _ in range(2):  # what the first months end is forgotten in the next ones
        chores(site, days=190)
    assert leaks(database) == SEALED
    assert files(shop) == []
    for was in (van, shipment):
        left = shop.shipment(was["id"])
        kept = ("reference", "status", "price", "carrier", "tracking_number", "zone", "delivered_at")
        assert {name: left.get(name) for name in kept} == {name: was.get(name) for name in kept}
        assert (left["destination"]["country"], left["destination"]["postal_code"]) == ("NO", "01")
        assert left["parcels"][0]["weight_g"] == 2500
        assert page(site, was) == 410
        assert len(shop.get(f"/v1/shipments/{was['id']}/events")["data"]) > 1
        label = shop.call("GET", f"/v1/shipments/{was['id']}/label")
        assert label.status_code == 409, label.text
    assert shop.get("/v1/shipments?q=Canary")["data"] == []
    assert shop.get(f"/v1/shipments?q={shipment['reference']}")["data"] != []


def test_who_asks_is_told_everything_and_forgotten_at_once(site: Site, shop: Merchant, database: TestDatabase) -> None:
    stranger = site.merchant("Stranger")
    with street(site, shop, events={"delivered": ["email"]}) as there:
        van, shipment = by_van(site, shop), by_carrier(there)
        moving = there.parcel(**PERSONAL)
    told = ask(shop, "export", BY_EMAIL)["data"]
    assert {each["shipment"]["id"] for each in told} >= {van["id"], shipment["id"], moving.parcel.id}
    (known,) = (each for each in told if each["shipment"]["id"] == shipment["id"])
    assert known["comment"] == "thanks, Canary"
    assert known["shipment"]["destination"]["street1"] == "Canarygata 7"
    assert known["notifications"] != []
    assert ask(stranger, "export", BY_EMAIL)["data"] == []
    assert ask(stranger, "erase", BY_EMAIL)["erased"] == []

    site.clock.advance(hours=1)  # a quote that may still be booked is not touched
    rehearsed = ask(shop, "erase", {**BY_EMAIL, "dry_run": True})
    done = ask(shop, "erase", BY_EMAIL)
    assert {**rehearsed, "dry_run": False, "at": done["at"]} == done
    assert done["erased"] == [van["id"]]
    (back,) = shop.shipment(shipment["id"])["returns"]
    assert {each["shipment_id"]: each["why"].split(":")[0] for each in done["deferred"]} == {
        shipment["id"]: "a case about it is open",
        moving.parcel.id: "it is under way",
        back["id"]: "it is under way",
    }
    assert done["quotes"] > 0
    assert page(site, van) == 410
    assert files(shop) == []
    again = shop.book(reference="van-1", key="van", **PERSONAL, policy="cheapest")
    assert (again.status_code, again.json["code"]) == (410, "erased")
    assert shop.shipment(moving.parcel.id)["destination"]["name"] == "Kari Canary"

    close_cases(site, shop, support(site, shop))
    moving.scan("DELIVERED", "RECIPIENT")
    number = shop.shipment(back["id"])["tracking_number"]
    moving.parcel.push(scanned(number, "back-1", "DELIVERED", site.clock().isoformat(), "RECIPIENT"))
    chores(site)
    assert page(site, shipment) == page(site, shop.shipment(moving.parcel.id)) == 410
    assert ask(shop, "export", BY_EMAIL)["data"] == []
    assert leaks(database) == SEALED
    deeds = [entry.what for entry in site.services.staff.audit.list(shop.id, None, 50)]
    assert {"exported personal data", "erased personal data", "asked for personal data to be erased"} <= set(deeds)


@ON_ONE_DATABASE
def test_one_is_found_by_phone_and_by_reference(site: Site, shop: Merchant) -> None:
    add_fleet(site, shop, "vans")
    one, other = shop.booked(reference="one", **PERSONAL), shop.booked(reference="other")
    for subject in ({"phone": "0047 912 37 654"[2:]}, {"reference": "one"}):
        assert [each["shipment"]["id"] for each in ask(shop, "export", subject)["data"]] == [one["id"]]
    assert ask(shop, "export", {"reference": "other"})["data"][0]["shipment"]["id"] == other["id"]
    for wrong in ({}, {"email": EMAIL, "phone": PHONE}, {"phone": "+47"}, {"name": "Kari"}):
        assert shop.call("POST", "/v1/privacy/erase", wrong).status_code == 422


@ON_ONE_DATABASE
def test_what_is_told_late_of_the_forgotten_is_forgotten_too(
    site: Site, shop: Merchant, database: TestDatabase
) -> None:
    van = by_van(site, shop)
    ask(shop, "erase", BY_EMAIL)
    late = driven(van["tracking_number"], "e2", "sorted", "2026-01-02T10:00:00Z", detail="canary sent it back")
    assert shop.call("POST", "/v1/fleet/scans", {"account": "vans", "scans": [late]}).status_code == 200
    site.work()
    chores(site)
    assert leaks(database) == []
