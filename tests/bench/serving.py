"""B4, B5, B8 and B11: looking up, acknowledging, booking, starting."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from statistics import median
from typing import Any

import requests

from carriers.base import WebhookCall
from gateway.services.accounts import AccountDraft
from tests.bench.figures import Figure
from tests.bench.http1 import request
from tests.bench.load import Failed, Run, load
from tests.bench.quoting import CONSTANT, SHIPMENT
from tests.bench.stage import Stage, WORKERS

CONCURRENCY = 16
STARTS = 3
PLACES = 10**6
FLEET = {
    "zones": {"manhattan": ["US-100"]},
    "timezone": "America/New_York",
    "cut_offs": {"next_day": "23:59", "standard": "23:59"},
    "rate_card": "zone,service,max_weight_g,price_minor,currency\nmanhattan,standard,20000,690,USD\n",
}
BARE_APPLICATION = (
    "import flask, pathlib; print(int(pathlib.Path('/proc/self/statm').read_text().split()[1]) * 4096 / 1e6)"
)


def status_look_up(stage: Stage, seconds: float) -> Iterator[Figure]:
    """B4: one shipment by its id."""
    shop = _Shop(stage)
    shipment_id = shop.must("POST", "/v1/shipments", SHIPMENT, **{"Idempotency-Key": "B4"})["id"]
    ask = request("GET", f"/v1/shipments/{shipment_id}", authorization=f"Bearer {shop.key}")
    yield _compared(stage, "B4", "look-ups/s", seconds, lambda: ask, "a constant answer", lambda: CONSTANT)


def webhook(stage: Stage, seconds: float) -> Iterator[Figure]:
    """B5: a carrier's call is proved and stored; an empty call is proved only."""
    key = stage.merchant("webhooks", {"200": stage.carriers["200"]})
    merchant = stage.services.keys.caller(key).merchant_id
    account = stage.services.pool.of_merchant(merchant, "test")[0]
    numbers = count()

    def call(body: bytes) -> bytes:
        bare = WebhookCall(method="POST", headers={}, query={}, body=body, received_at=datetime.now(UTC))
        signed = account.carrier.webhook_proof.sign(bare, account.carrier.account)
        return request("POST", f"/v1/carriers/{account.record.id}/webhook", body, **signed.headers)

    stored = lambda: call(b'{"event": %d}' % next(numbers))
    yield _compared(stage, "B5", "calls/s", seconds, stored, "not stored", lambda: call(b""))
