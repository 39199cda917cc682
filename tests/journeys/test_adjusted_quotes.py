"""What a served gateway says of near and far once its worker has learnt how time follows distance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from carriers.base.registry import carrier
from carriers.base.simulator import Ledger, serve, simulator_class
from gateway.domain.clock import utc_now
from tests.conftest import TestDatabase
from tests.journeys.processes import Web
from tests.journeys.site import ORDER, Gateway, Site, environment
from tests.services.test_adjusting import KM, ROWS, deliveries


def quoted(url: str, key: str, km: float, **more: Any) -> requests.Response:
    """The answer for a parcel that goes so far north."""
    ends = {
        "origin": {**ORDER["origin"], "latitude": 59.9, "longitude": 10.7},
        "destination": {**ORDER["destination"], "latitude": 59.9 + km * KM, "longitude": 10.7},
    }
    path = "/v1/shipments" if more else "/v1/quotes"
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": f"{path}-{km}"}
    return requests.post(url + path, json={**ORDER, **ends, **more}, headers=headers, timeout=30)


def next_day(answer: requests.Response) -> dict[str, Any]:
    assert answer.ok, answer.text
    return next(each for each in answer.json()["offers"] if each["service"] == "next_day")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_near_and_far_are_told_apart_by_a_served_process(database: TestDatabase, tmp_path: Path) -> None:
    ledger = tmp_path / "sandbox.jsonl"
    ledger.touch()
    with (
        serve(simulator_class(carrier("sandbox"))(ledger=Ledger(ledger))) as running,
        Site(Gateway(database.url), tmp_path) as site,
    ):
        shop = site.merchant()
        account_id = shop.account("main", running)
        with site.services.store.work() as uow:
            deliveries(uow, ROWS, utc_now(), shop.id, account_id)
            uow.commit()
        site.services.foresight.learner.chore()
        with Web(environment(database.url), tmp_path / "web.log") as web:
            url = web.wait_ready().url
            near, far = (next_day(quoted(url, shop.key, km)) for km in (4, 48))
            booked = quoted(url, shop.key, 48, services=["next_day"])
            why = requests.get(
                f"{url}/v1/shipments/{booked.json()['id']}/decision",
                headers={"Authorization": f"Bearer {shop.key}"},
                timeout=30,
            )
        site.gateway.close()
    assert near["outlook"]["adjusted"].startswith(f"what {ROWS} deliveries from ")
    assert near["outlook"]["transit_p50_h"] < far["outlook"]["transit_p50_h"] / 2
    assert near["outlook"]["p_on_time"] > far["outlook"]["p_on_time"]
    assert any(
        each.startswith("The hours are adjusted for this distance and area by what") for each in why.json()["sentences"]
    )
