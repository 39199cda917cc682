"""One carrier's flood is its own trouble: another's messages are taken in and applied as if it were not there."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import pytest
import requests

from carriers.base import WebhookCall
from carriers.base.simulator import RunningSimulator
from gateway.domain.clock import utc_now
from tests.conftest import TestDatabase
from tests.journeys.processes import Web, wait_until
from tests.journeys.scans import inbox, scan
from tests.journeys.site import Merchant, Site, environment

FLOOD = 2000
AT_ONCE = 12
"""Of the flood's messages, more than the web process has threads."""
CALLS = 15


def test_another_carriers_message_is_applied_in_the_very_next_round(
    site: Site, shop: Merchant, database: TestDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    flooding, other = site.carrier("sandbox"), site.carrier("sandbox", ledger="other")
    flood_id, other_id = shop.account("flooding", flooding), shop.account("other", other)
    for number in range(FLOOD):
        site.push(flood_id, scan(f"NOBODY{number}", "e", "PICKED_UP", site.clock().isoformat()), flooding)
    followed = shop.call("POST", "/v1/trackers", {"account": "other", "tracking_number": "OTHER1"})
    assert followed.status_code == 201
    assert site.push(other_id, scan("OTHER1", "e1", "PICKED_UP", site.clock().isoformat()), other).status_code == 200
    with caplog.at_level(logging.ERROR):
        batches = site.services.inbox.claim()
        assert site.services.inbox.more(batches), "the rest of the flood is due at once"
        for batch in batches:
            site.services.inbox.work(batch)
    tracker = shop.get(f"/v1/trackers/{(followed.json or {})['id']}")
    assert tracker["status"] == "picked_up"
    assert inbox(database)["new"] == FLOOD - site.services.settings.tracking.inbox_batch
    assert "tried one by one" not in caplog.text, "a batch is one transaction"
    site.work()
    assert site.push(other_id, scan("OTHER1", "e2", "AT_HUB", site.clock().isoformat()), other).status_code == 200
    few = site.services.inbox.claim()
    assert [len(batch.messages) for batch in few] == [1]
    assert not site.services.inbox.more(few), "what comes meanwhile gathers until the next tick"


def test_a_flood_of_one_carrier_puts_no_queue_before_anothers_messages(
    site: Site, shop: Merchant, database: TestDatabase, tmp_path: Path
) -> None:
    """At real processes. Told by the order of service, not by clocks: while a message waits for its acknowledgement,
    no more of the flood's are served than were on their way when it came, and as many that overtake it.
    """
    flooding, other = site.carrier("sandbox"), site.carrier("sandbox", ledger="other")
    flood_id, other_id = shop.account("flooding", flooding), shop.account("other", other)
    with Web(environment(database.url), tmp_path / "web.log") as web:
        web.wait_ready()
        flood = Flood(web, flood_id, flooding)
        with ThreadPoolExecutor(AT_ONCE) as threads, requests.Session() as session:
            floods = [threads.submit(flood.pour, number) for number in range(AT_ONCE)]
            try:
                wait_until(lambda: flood.served() >= AT_ONCE, "the flood runs")
                served_meanwhile = []
                for number in range(CALLS):
                    before = flood.served()
                    assert _push(session, web, other_id, other, f"CALM{number}").status_code == 200
                    served_meanwhile.append(flood.served() - before)
            finally:
                flood.over.set()
        for each in floods:
            each.result()
    assert median(served_meanwhile) <= 2 * AT_ONCE, served_meanwhile
    assert sum(served_meanwhile) > 0, "there was a flood"
    assert inbox(database) == {"new": flood.served() + CALLS}
    site.work()


class Flood:
    """One carrier's messages, so many at once, each followed by the next as soon as it is acknowledged."""

    def __init__(self, web: Web, account_id: str, running: RunningSimulator) -> None:
        self._to = (web, account_id, running)
        self._served = [0] * AT_ONCE
        self.over = threading.Event()

    def served(self) -> int:
        return sum(self._served)

    def pour(self, place: int) -> None:
        with requests.Session() as session:
            while not self.over.is_set():
                name = f"FLOOD{place}-{self._served[place]}"
                assert _push(session, *self._to, name).status_code == 200
                self._served[place] += 1


def _push(
    session: requests.Session, web: Web, account_id: str, running: RunningSimulator, number: str
) -> requests.Response:
    now = utc_now()
    body = scan(number, "e", "PICKED_UP", now.isoformat())
    call = WebhookCall(method="POST", headers={}, query={}, body=body, received_at=now)
    headers = running.simulator.carrier.webhook_proof.sign(call, running.account).headers  # type: ignore[attr-defined]  # the sandbox has one
    url = f"{web.url}/v1/carriers/{account_id}/webhook"
    return session.post(url, data=body, headers=dict(headers), timeout=60)
