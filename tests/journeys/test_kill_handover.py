"""SIGKILL while a pickup or a manifest is under way: it is asked for once, and a person hears of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from gateway.services.faultpoints import Purpose
from tests.conftest import TestDatabase
from tests.journeys.processes import Web
from tests.journeys.site import Merchant, Site, environment

LIMIT_S = 30


@pytest.mark.parametrize(
    ("path", "point", "operation", "case"),
    [
        ("/v1/pickups", Purpose.PICKUP.value, "schedule_pickup", "pickup_uncertain"),
        ("/v1/manifests", Purpose.MANIFEST.value, "close_manifest", "manifest_uncertain"),
    ],
)
def test_a_web_process_killed_after_it_sent_the_order_leaves_one_order_and_one_case(
    path: str,
    point: str,
    operation: str,
    case: str,
    site: Site,
    shop: Merchant,
    database: TestDatabase,
    tmp_path: Path,
) -> None:
    sandbox = site.carrier("sandbox")
    shop.account("sandbox-1", sandbox)
    shop.booked()
    ready = site.clock() + timedelta(hours=1)
    window = {"ready_at": ready.isoformat(), "closes_at": (ready + timedelta(hours=2)).isoformat()}
    body: dict[str, Any] = window if path == "/v1/pickups" else {}
    headers = {"Authorization": f"Bearer {shop.key}"}
    settings = {**environment(database.url), "GATEWAY__FAULTS__KILL_AT": point}
    with Web(settings, tmp_path / "doomed.log") as web:
        url = web.wait_ready().url
        with pytest.raises(requests.ConnectionError):
            requests.post(f"{url}{path}", json=body, headers=headers, timeout=LIMIT_S)
        web.wait_killed()
    site.work(minutes=1)
    again = shop.call("POST", path, body)
    assert (again.status_code, [each["state"] for each in (again.json or {})["data"]]) == (202, ["uncertain"])
    assert sum(call.operation == operation for call in sandbox.simulator.calls) == 1
    with site.services.store.look() as uow:
        assert [each.kind for each in uow.cases.list(shop.id, "open", 9)] == [case]
