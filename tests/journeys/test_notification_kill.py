"""A worker that is killed right after a mail went out: it went out once, is told as unknown, and the rest follows."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

from tests.conftest import TestDatabase
from tests.journeys.recipients import street
from tests.journeys.site import Merchant, Site
from tests.journeys.test_webhook_kill import LIMIT_S, started


def test_a_worker_killed_after_sending_costs_one_doubt_and_no_second_mail(
    site: Site, shop: Merchant, database: TestDatabase, tmp_path: Path
) -> None:
    allowed = {"NOTIFICATIONS__ALLOW_PRIVATE": "true"}
    with street(site, shop, events={"out_for_delivery": ["email"]}) as here:
        told = [here.parcel().scan("PICKED_UP", work=False) for _ in range(4)]
        with started(database, tmp_path / "log", FAULTS__KILL_AT="notification_sent", **allowed) as killed:
            assert killed.wait(LIMIT_S) == -signal.SIGKILL, (tmp_path / "log").read_text()
        assert len(here.sink.mails) == 1
        site.work(seconds=60)
        site.work(seconds=60)
        assert len(here.sink.mails) == 4, "each once"
        assert Counter(state for each in told for _, state in each.states()) == {"sent": 3, "unknown": 1}
        (doubt,) = [each["why"] for one in told for each in one.log() if each["state"] == "unknown"]
        assert "may have arrived" in doubt
