"""A page that follows a shipment over a socket of the real web process, which is stopped and started meanwhile."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import requests

from tests.conftest import TestDatabase
from tests.journeys.processes import Web
from tests.journeys.site import Merchant, Site, environment

LIMIT_S = 20
QUICK = {
    "GATEWAY__STREAMS__HEARTBEAT_S": "0.3",
    "GATEWAY__STREAMS__PER_PROCESS": "2",
    "GATEWAY__STREAMS__POLL_S": "0.1",
}


def follow(web: Web, who: Merchant, path: str, last: str = "") -> requests.Response:
    headers = {"Authorization": f"Bearer {who.key}", **({"Last-Event-ID": last} if last else {})}
    return requests.get(f"{web.url}{path}", headers=headers, stream=True, timeout=LIMIT_S)


def events(answer: requests.Response) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(id, data) of each event."""
    name, until = "", time.monotonic() + LIMIT_S
    for line in answer.iter_lines(chunk_size=1):
        assert time.monotonic() < until, "nothing but heartbeats"
        key, _, value = line.decode().partition(": ")
        if key == "id":
            name = value
        elif key == "data":
            yield name, json.loads(value)


def polled(site: Site, shop: Merchant, shipment_id: str, status: str) -> None:
    """Time goes on until the poller has seen it."""
    for _ in range(24):
        site.work(minutes=10)
        if shop.shipment(shipment_id)["status"] == status:
            return
    raise AssertionError(f"it is {shop.shipment(shipment_id)['status']}")


def accepted(web: Web, who: Merchant) -> bool:
    with follow(web, who, "/v1/stream?for_s=0") as answer:
        return answer.status_code == 200


def test_a_page_follows_a_shipment_over_restarts_while_events_come_in_disorder(
    site: Site, shop: Merchant, database: TestDatabase, tmp_path: Path
) -> None:
    sandbox = site.carrier("sandbox")
    shop.account("sandbox", sandbox)
    shipment = shop.booked(services=["instant"])
    path = f"/v1/shipments/{shipment['id']}/stream"
    [booking] = site.active(shop.shipment(shipment["id"]))
    settings = {**environment(database.url), **QUICK}
    with Web(settings, tmp_path / "web-1.log") as web:
        web.wait_ready()
        with follow(web, shop, path) as answer:
            assert answer.status_code == 200
            told = events(answer)
            sandbox.simulator.move(booking.carrier_reference, "picked_up")
            polled(site, shop, shipment["id"], "picked_up")
            position, first = next(told)
            assert (first["type"], first["data"]["status"]) == ("shipment.status_changed", "picked_up")
            begun = time.monotonic()
            web.process.terminate()
            assert list(told) == [], "the stream ends when the process is stopped"
            web.process.wait(LIMIT_S)
            assert time.monotonic() - begun < 8, "and does not hold it up"
    sandbox.simulator.move(booking.carrier_reference, "delivered")
    polled(site, shop, shipment["id"], "delivered")
    with Web(settings, tmp_path / "web-2.log") as web:
        web.wait_ready()
        with follow(web, shop, path, position) as answer:
            told = events(answer)
            missed = [next(told) for _ in range(2)]
    assert [int(name) for name, _ in missed] == [int(position) + 1, int(position) + 2]
    assert {data["data"]["status"] for _, data in missed} == {"delivered"}
    assert {data["type"] for _, data in missed} == {"shipment.status_changed", "shipment.proof_of_delivery"}


def test_a_client_that_leaves_makes_room_and_one_too_many_is_asked_to_wait(
    site: Site, shop: Merchant, database: TestDatabase, tmp_path: Path
) -> None:
    with Web({**environment(database.url), **QUICK}, tmp_path / "web.log") as web:
        web.wait_ready()
        open_ones = [follow(web, shop, "/v1/stream") for _ in range(2)]
        assert [answer.status_code for answer in open_ones] == [200, 200]
        with follow(web, shop, "/v1/stream") as refused:
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
        assert requests.get(f"{web.url}/healthz", timeout=5).ok, "others are served"
        open_ones[0].close()
        limit = time.monotonic() + LIMIT_S
        while not accepted(web, shop):
            assert time.monotonic() < limit, "the place was never free again"
            time.sleep(0.1)
        open_ones[1].close()
