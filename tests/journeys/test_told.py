"""What a merchant is told of a parcel whose scans are read in batches: every kind of message, numbered without gaps."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from gateway.domain.message_types import message_types
from tests.conftest import TestDatabase
from tests.journeys.scans import parcel
from tests.journeys.site import Merchant, Site


def told(database: TestDatabase, shipment_id: str) -> list[Any]:
    asked = text("SELECT sequence, type FROM outbox WHERE subject_id = :subject ORDER BY sequence")
    with database.engine.connect() as connection:
        return list(connection.execute(asked, {"subject": shipment_id}).all())


@pytest.mark.parametrize(
    ("life", "kinds"),
    [
        ("941", {"shipment.status_changed", "shipment.attempted"}),
        ("944", {"shipment.status_changed", "shipment.exception"}),
    ],
    ids=["nobody is at home", "damaged on the way"],
)
def test_batches_tell_what_single_messages_tell(
    life: str, kinds: set[str], site: Site, shop: Merchant, database: TestDatabase
) -> None:
    sent = parcel(site, shop, life)
    before = len(told(database, sent.id))
    for _ in range(12):
        site.clock.advance(minutes=15)
        sent.push(*sent.scans())
        site.work()
    messages = told(database, sent.id)
    assert [sequence for sequence, _ in messages] == list(range(1, len(messages) + 1))
    assert len(messages) == sent.shown()["version"]
    new = {kind for _, kind in messages[before:]}
    assert kinds <= new <= set(message_types())
    assert site.services.store.audit(site.clock()) == []
