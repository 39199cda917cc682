"""The load: each client draws from its own seed, repeats what was not answered, and remembers what was acknowledged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlsplit

import requests

from carriers.base import WebhookCall
from carriers.base.simulator import RunningSimulator
from gateway.domain.clock import utc_now
from tests.journeys.processes import connected
from tests.journeys.scans import scan
from tests.journeys.site import ORDER, Merchant
from tests.soak.rig import Rig

TROUBLES = ("", "", "", "", "sim911", "sim912", "sim919", "sim920", "sim923", "sim916")
"""What the sandbox does to a booking: see its README; only what is found out within seconds."""
CODES = ("PICKED_UP", "AT_HUB", "ON_VEHICLE", "RETURNED")
AGAIN_S = 0.3
SLOW = 4
LINES = 10


@dataclass
class Shop:
    """A merchant, its account at the sandbox, and all that it was told is done."""

    merchant: Merchant
    account_id: str
    running: RunningSimulator
    shipments: dict[str, str] = field(default_factory=dict)
    """Reference and id of every booking that was acknowledged."""
    numbers: list[str] = field(default_factory=list)
    pushed: set[bytes] = field(default_factory=set)
    imported: set[str] = field(default_factory=set)
    refused: int = 0
    repeats: int = 0


class Client:
    """One of many, until `over`."""

    def __init__(self, rig: Rig, shop: Shop, seed: str, over: threading.Event) -> None:
        self._rig = rig
        self._shop = shop
        self._dice = Random(seed)  # noqa: S311  # to be drawn again
        self._seed = seed
        self._over = over
        self._keys = {"Authorization": f"Bearer {shop.merchant.key}"}

    def buy(self) -> None:
        """Book; the same request again until it is answered for good."""
        for number in self._turns():
            reference = f"{self._seed}-{number}-{self._dice.choice(TROUBLES)}".rstrip("-")
            answer = self._insist(self._booked, reference)
            if answer is not None and answer.status_code in (201, 202):
                made = answer.json()
                self._shop.shipments[reference] = made["id"]
                if made.get("tracking_number"):
                    self._shop.numbers.append(made["tracking_number"])
            elif answer is not None:
                self._shop.refused += 1

    def push(self) -> None:
        """As the carrier: scans of parcels in no order, some twice, each until it is acknowledged."""
        for number in self._turns():
            known = self._shop.numbers or ["NOBODY1"]
            event = f"{self._seed}-{number}"
            body = scan(self._dice.choice(known), event, self._dice.choice(CODES), utc_now().isoformat())
            for _ in range(self._dice.choice((1, 1, 1, 2))):
                answer = self._insist(self._pushed, body)
                if answer is not None:
                    assert answer.status_code == 200, answer.text
                    self._shop.pushed.add(body)

    def bring_history(self) -> None:
        """Events of parcels that were booked elsewhere, in bulk, until they are taken."""
        for number in self._turns():
            names = [f"BULK-{self._seed}-{number}-{line}" for line in range(LINES)]
            rows = [f"{name},2026-03-01T10:00:00Z,in_transit" for name in names]
            table = "\n".join(["tracking_number,occurred_at,status", *rows, ""])
            answer = self._insist(self._brought, table)
            if answer is not None:
                assert answer.status_code == 200, answer.text
                self._shop.imported.update(names)

    def stall(self) -> None:
        """Begin requests and never end them."""
        where = urlsplit(self._rig.url)
        head = f"POST /v1/carriers/{self._shop.account_id}/webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n"
        while not self._over.is_set():
            try:
                opened = [connected(where, head) for _ in range(SLOW)]
            except OSError:
                opened = []
            self._over.wait(1)
            for each in opened:
                each.close()

    def _turns(self) -> Iterator[int]:
        number = 0
        while not self._over.wait(self._dice.uniform(0.05, 0.4)):
            yield (number := number + 1)

    def _pushed(self, body: bytes) -> requests.Response:
        running = self._shop.running
        call = WebhookCall(method="POST", headers={}, query={}, body=body, received_at=utc_now())
        headers = dict(running.simulator.carrier.webhook_proof.sign(call, running.account).headers)  # type: ignore[attr-defined]  # the sandbox has one
        url = f"{self._rig.url}/v1/carriers/{self._shop.account_id}/webhook"
        return requests.post(url, data=body, headers=headers, timeout=20)

    def _booked(self, reference: str) -> requests.Response:
        keys = {**self._keys, "Idempotency-Key": reference}
        body = {**ORDER, "reference": reference}
        return requests.post(f"{self._rig.url}/v1/shipments", json=body, headers=keys, timeout=20)

    def _brought(self, table: str) -> requests.Response:
        keys = {**self._keys, "Content-Type": "text/csv"}
        url = f"{self._rig.url}/v1/tracking-events/bulk?account=sandbox"
        return requests.post(url, data=table, headers=keys, timeout=20)

    def _insist(self, ask: Callable[[Any], requests.Response], about: object) -> requests.Response | None:
        """The answer, however often it takes; None when the soak ended before. A 500 is a bug of ours."""
        while not self._over.is_set():
            try:
                answer: requests.Response | None = ask(about)
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status_code not in (408, 503) and not _runs(answer):
                assert answer.status_code != 500, answer.text
                return answer
            self._shop.repeats += 1
            time.sleep(AGAIN_S)
        return None


def _runs(answer: requests.Response) -> bool:
    return answer.status_code == 409 and answer.json()["code"] == "still_running"
