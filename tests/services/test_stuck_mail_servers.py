"""A merchant's mail server that never comes to an end takes a thread or two, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.services.notifications.book import CHECKS_AT_ONCE
from tests.conftest import TestDatabase
from tests.engines.notices.stuck import stuck
from tests.journeys.recipients import mails, street
from tests.journeys.site import Gateway, Site

CHECK = "/v1/notification-senders/email/check"


@pytest.fixture
def patient(sqlite_database: TestDatabase, tmp_path: Path) -> Iterator[Site]:
    """A gateway that speaks to mail servers for longer than these tests take: here nobody ends it but they."""
    gateway = Gateway(sqlite_database.url, NOTIFICATIONS__SESSION_S="50")
    with Site(gateway, tmp_path) as site:
        yield site
    gateway.close()
    sqlite_database.empty()


def test_only_so_many_senders_are_checked_at_a_time(patient: Site) -> None:
    shop = patient.merchant()
    with stuck() as server, ThreadPoolExecutor(CHECKS_AT_ONCE) as threads, street(patient, shop) as here:
        mails(shop, here.sink, port=server.port)
        running = [
            threads.submit(shop.call, "POST", CHECK, **{"Idempotency-Key": f"check-{n}"}) for n in range(CHECKS_AT_ONCE)
        ]
        for _ in running:
            assert server.called.acquire(timeout=20)
        refused = shop.call("POST", CHECK, **{"Idempotency-Key": "one-too-many"})
        assert (refused.status_code, refused.json["code"]) == (503, "unavailable")
        assert refused.headers["Retry-After"]
        server.over.set()
        assert [each.result().json["ok"] for each in running] == [False] * CHECKS_AT_ONCE
        again = shop.call("POST", CHECK, **{"Idempotency-Key": "later"})
        assert again.status_code == 200


def test_a_lane_that_is_still_worked_when_its_lease_ends_is_not_begun_again(patient: Site) -> None:
    lanes = patient.services.recipient_lanes
    with stuck() as server, ThreadPoolExecutor(1) as threads, street(patient, patient.merchant()) as here:
        mails(here.shop, here.sink, port=server.port)
        here.parcel().scan("PICKED_UP", work=False)
        for message in patient.services.inbox.claim():
            patient.services.inbox.work(message)
        patient.services.lanes.claim()  # fans messages out
        (lane,) = [each for each in lanes.claim() if each.channel == "email"]
        visit = threads.submit(lanes.work, lane)
        assert server.called.acquire(timeout=20)
        patient.clock.advance(seconds=61)
        assert lane.id not in [each.id for each in lanes.claim()]
        server.over.set()
        visit.result()
        patient.clock.advance(seconds=61)
        assert lane.id in [each.id for each in lanes.claim()], "afterwards it is anybody's again"
