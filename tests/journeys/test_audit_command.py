"""`gateway audit` as it is typed: 0 while everything holds, 1 with a line for each thing that does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from carriers.base.simulator import Ledger
from gateway.domain.values import Money
from tests.conftest import TestDatabase
from tests.journeys.site import Merchant, Site, environment


def audit(database: TestDatabase, *ledgers: Path) -> subprocess.CompletedProcess[str]:
    arguments = [argument for path in ledgers for argument in ("--ledger", str(path))]
    return subprocess.run(
        [sys.executable, "-m", "gateway", "audit", *arguments],
        env={**os.environ, **environment(database.url)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_audit_ends_with_0_while_books_agree_and_with_1_when_a_carrier_holds_more(
    database: TestDatabase, site: Site, shop: Merchant
) -> None:
    shop.account("sandbox-1", site.carrier("sandbox"))
    shipment = shop.booked()
    held = audit(database, site.ledgers["sandbox"])
    assert (held.returncode, held.stdout.strip()) == (0, "all invariants hold"), held.stderr

    twice = site.folder / "twice.jsonl"
    twice.write_text(site.ledgers["sandbox"].read_text())
    accepted = shipment["tenders"][0]["id"]
    books = Ledger(twice)
    books.booked(
        carrier="sandbox",
        account="",
        carrier_reference="SBX999999",
        tender_reference=accepted,
        price=Money.from_minor(1000, "NOK"),
    )
    books.booked(
        carrier="sandbox",
        account="",
        carrier_reference="SBX999998",
        tender_reference="tnd_of_nobody",
        price=None,
    )
    books.acknowledged(carrier="sandbox", event_id="evt_that_was_lost", body=b'{"nobody": "kept it"}')
    broken = audit(database, twice)
    assert broken.returncode == 1
    assert "I1" in broken.stdout
    assert "SBX999999" in broken.stdout
    assert "I2" in broken.stdout
    assert "tnd_of_nobody" in broken.stdout
    assert "I3" in broken.stdout
    assert "evt_that_was_lost" in broken.stdout
    assert broken.stdout.strip().endswith("3 violations")
