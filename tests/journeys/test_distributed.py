"""The distributed engine, a real RabbitMQ and real Celery processes: it carries hints only, the rows are the truth."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from carriers.base import WebhookCall
from carriers.base.simulator import RunningSimulator
from gateway.domain.clock import utc_now
from tests.conftest import TestDatabase
from tests.journeys.processes import Web, children_of, gateway, wait_until
from tests.journeys.scans import scan
from tests.journeys.site import Merchant, Site, environment
from tests.rabbitmq import Rabbit

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
NEVER = "86400"


@pytest.fixture
def settings(database: TestDatabase, rabbit: Rabbit) -> Mapping[str, str]:
    """Nobody looks for himself: what is done was hinted, or the broker was away."""
    return environment(
        database.url,
        WORK__ENGINE="celery",
        WORK__BROKER_URL=rabbit.url,
        WORK__SWEEP_S=NEVER,
        WORK__PROCESSES="1",
        WORKER__TICK_S="0.2",
        WORKER__LEASE_S="2",
    )


@pytest.fixture
def web(settings: Mapping[str, str], tmp_path: Path) -> Iterator[Web]:
    with Web(settings, tmp_path / "web.log") as running:
        yield running.wait_ready()


@dataclass
class Told:
    """A parcel that is followed, and its carrier, which calls the web process."""

    web: Web
    shop: Merchant
    running: RunningSimulator
    account_id: str
    tracker_id: str

    def push(self, code: str) -> None:
        now = utc_now()
        body = scan("FOLLOWED1", code, code, now.isoformat())
        call = WebhookCall(method="POST", headers={}, query={}, body=body, received_at=now)
        headers = dict(self.running.simulator.carrier.webhook_proof.sign(call, self.running.account).headers)  # type: ignore[attr-defined]  # the sandbox has one
        url = f"{self.web.url}/v1/carriers/{self.account_id}/webhook"
        answer = requests.post(url, data=body, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text

    def status(self) -> str:
        return str(self.shop.get(f"/v1/trackers/{self.tracker_id}")["status"])


def follow(web: Web, shop: Merchant, running: RunningSimulator, name: str) -> Told:
    """A parcel of a new account."""
    account_id = shop.account(name, running, without="track")
    followed = shop.call("POST", "/v1/trackers", {"account": name, "tracking_number": "FOLLOWED1"})
    assert followed.status_code == 201, followed.text
    return Told(web, shop, running, account_id, (followed.json or {})["id"])


class Endpoint:
    """A merchant's server, whose first call waits until it is let go."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/hook")
        self.called, self.go_on = threading.Event(), threading.Event()
        self.heard: list[str] = []
        server.expect_request("/hook").respond_with_handler(self._receive)

    def _receive(self, request: Request) -> Response:
        if not self.called.is_set():
            self.called.set()
            assert self.go_on.wait(60)
        self.heard.append(request.headers["webhook-id"])
        return Response(status=204)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield (made := Endpoint(server))
        made.go_on.set()


def test_hints_bring_work_to_celery_and_nothing_is_lost_with_its_process_or_the_broker(
    web: Web,
    site: Site,
    shop: Merchant,
    endpoint: Endpoint,
    rabbit: Rabbit,
    settings: Mapping[str, str],
    tmp_path: Path,
) -> None:
    sandbox = site.carrier("sandbox")
    told = follow(web, shop, sandbox, "sandbox-1")
    with (
        gateway("consume", settings, tmp_path / "consume.log") as celery,
        gateway("worker", settings, tmp_path / "log"),
    ):
        told.push("PICKED_UP")
        wait_until(lambda: told.status() == "picked_up", "workers only tell what is due: this was done by Celery")

        later = follow(web, shop, sandbox, "sandbox-2")
        later.push("PICKED_UP")
        wait_until(lambda: later.status() == "picked_up", "an account that came later has a queue of its own")

        site.services.webhooks.add_endpoint(told.shop.id, "test", endpoint.url, ())
        told.push("AT_HUB")
        wait_until(endpoint.called.is_set, "it is told to the merchant")
        for pid in children_of(celery):
            os.kill(pid, signal.SIGKILL)
        endpoint.go_on.set()
        wait_until(
            lambda: len(endpoint.heard) > len(set(endpoint.heard)),
            "what a killed process was about is done again by another one",
        )

        rabbit.kill()
        told.push("ON_VEHICLE")
        wait_until(lambda: told.status() == "out_for_delivery", "without a broker workers do it themselves")
        rabbit.start()
        told.push("LOST")
        wait_until(lambda: told.status() == "failed", "and with it again they need not")
        wait_until(lambda: len(set(endpoint.heard)) >= 3, "everything was told")
