"""The audit is silent on a good history and names what is broken in a bad one: one planted wrong per
promise.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from gateway.services.ports import Violation
from gateway.storage import SqlStore, audit
from gateway.storage.audit import found
from gateway.storage.tables.handover import ONE_LIVE_PICKUP
from gateway.storage.tables.shipments import ONE_OPEN_TENDER
from tests.conftest import TestDatabase
from tests.storage import made
from tests.storage.made import NOW

LATER = NOW + timedelta(minutes=5)


CARELESS = {"sqlite": "PRAGMA foreign_keys = OFF", "postgresql": "SET session_replication_role = replica"}
CAREFUL = {"sqlite": "PRAGMA foreign_keys = ON", "postgresql": "SET session_replication_role = DEFAULT"}


def plant(database: TestDatabase, statements: tuple[str, ...]) -> None:
    """Break it as no code of ours could: with foreign keys switched off."""
    dialect = database.engine.dialect.name
    raw = database.engine.raw_connection()
    for statement in (CARELESS[dialect], *statements, CAREFUL[dialect]):
        raw.cursor().execute(statement)
    raw.commit()
    raw.close()


PICTURE = (
    "INSERT INTO proof_files (merchant_id, id, shipment_id, kind, state, source, origin, created_at, media_type, width,"
    " height, size_bytes, sha256, why, failures, tries) VALUES ('mer_1', 'pof_1', 'shp_1', 'photo', '{}', 'driver',"
    " 'o', '2026-11-23 14:00:00.000000', 'image/jpeg', 1, 1, 1, '{}', '', 0, 0)"
)
BYTES = "INSERT INTO proof_contents (merchant_id, file_id, content) VALUES ('mer_1', 'pof_1', 'x')"

BROKEN: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "a picture whose bytes are nowhere": ("I11", "pof_1", (PICTURE.format("held", "abc"),)),
    "a picture kept in the database for ever": ("I11", "pof_1", (PICTURE.format("stored", "abc"), BYTES)),
    "a picture that lies nowhere": ("I11", "pof_1", (PICTURE.format("stored", ""),)),
    "a return of nothing": ("I17", "shp_1", ("UPDATE shipments SET return_of = 'shp_0' WHERE id = 'shp_1'",)),
    "a return of itself": ("I17", "shp_1", ("UPDATE shipments SET return_of = 'shp_1' WHERE id = 'shp_1'",)),
    "a second open tender": (
        "I1",
        "shp_1",
        ("DROP INDEX tenders_one_open", "UPDATE tenders SET state = 'uncertain' WHERE id = 'tnd_0'"),
    ),
    "a closed tender with a booking": (
        "I1",
        "tnd_0",
        ("UPDATE tenders SET carrier_reference = 'CR-0' WHERE id = 'tnd_0'",),
    ),
    "a compensation refused in silence": ("I1", "rcl_1", ("UPDATE recalls SET state = 'refused'",)),
    "booked without an accepted tender": (
        "I1",
        "shp_1",
        ("UPDATE tenders SET state = 'refused', carrier_reference = NULL WHERE id = 'tnd_1'",),
    ),
    "cancelled with an open tender": ("I1", "shp_1", ("UPDATE shipments SET state = 'cancelled'",)),
    "a message nobody reads": (
        "I3",
        "inb_1",
        ("UPDATE inbox SET received_at = '2026-11-01 00:00:00.000000', due_at = '2026-11-01 00:00:00.000000'",),
    ),
    "a message parked for ever": (
        "I3",
        "inb_1",
        ("UPDATE inbox SET state = 'parked', received_at = '2026-11-01 00:00:00.000000'",),
    ),
    "a message that is never due": ("I3", "inb_1", ("UPDATE inbox SET due_at = NULL",)),
    "a change nobody is told of": ("I4", "shp_1", ("UPDATE shipments SET version = 3",)),
    "a change told under a wrong number": ("I4", "shp_1", ("UPDATE outbox SET sequence = 7 WHERE id = 'msg_2'",)),
    "a message not passed on": ("I4", "msg_2", ("DELETE FROM webhook_deliveries WHERE id = 'dlv_2'",)),
    "a delivery that is never due": (
        "I4",
        "dlv_1",
        ("UPDATE webhook_deliveries SET due_at = NULL WHERE id = 'dlv_1'",),
    ),
    "a delivery tried for ever": (
        "I4",
        "dlv_1",
        ("UPDATE webhook_deliveries SET begun_at = '2026-11-01 00:00:00.000000' WHERE id = 'dlv_1'",),
    ),
    "a gap in the history": ("I5", "trk_1", ("DELETE FROM status_history WHERE version = 1",)),
    "a history that goes back": (
        "I5",
        "trk_1",
        ("UPDATE status_history SET at = '2026-11-01 00:00:00.000000' WHERE version = 2",),
    ),
    "a final status that did not hold": (
        "I5",
        "trk_1",
        (
            "UPDATE status_history SET status = 'delivered' WHERE version = 1",
            "UPDATE status_history SET status = 'in_transit' WHERE version = 2",
        ),
    ),
    "a status that is not its fold": ("I6", "trk_1", ("UPDATE trackers SET attempts = 5",)),
    "an event that cannot be": ("I6", "trk_1", ("UPDATE tracking_events SET status = 'teleported'",)),
    "a shipment that shows another status": ("I6", "shp_1", ("UPDATE shipments SET status = 'lost'",)),
    "an amount without a currency": ("I7", "shp_1", ("UPDATE shipments SET price_currency = NULL",)),
    "a negative amount": ("I7", "shp_1", ("UPDATE shipments SET price_minor = -1, quoted_price_minor = -1",)),
    "a currency that does not exist": ("I7", "shp_1", ("UPDATE delivery_records SET currency = 'XXQ'",)),
    "a price that is not its rate's": ("I7", "tnd_1", ("UPDATE tenders SET price_minor = 1 WHERE id = 'tnd_1'",)),
    "lines that exceed their price": (
        "I7",
        "qte_1",
        ("UPDATE quotes SET offers = replace(offers, '\"0.50\"', '\"99.00\"') WHERE id = 'qte_1'",),
    ),
    "verdicts on more offers than there are": ("I7", "qte_1", ("UPDATE quotes SET verdicts = '[[]]'",)),
    "offers that cannot be read": ("I7", "qte_1", ("UPDATE quotes SET offers = '{' WHERE id = 'qte_1'",)),
    "a silent difference in price": ("I7", "shp_1", ("UPDATE shipments SET price_minor = 950",)),
    "a finished key without an answer": ("I8", "k-1", ("UPDATE idempotency SET status = NULL",)),
    "a key of a shipment that is not there": ("I8", "k-1", ("UPDATE idempotency SET resource_id = 'shp_x'",)),
    "a row of nobody": ("I9", "labels", ("UPDATE labels SET merchant_id = ''",)),
    "a tender of another shipment": ("I9", "shp_1", ("UPDATE shipments SET tender_id = 'tnd_x', state = 'failed'",)),
    "a tender unknown for too long": (
        "I10",
        "tnd_1",
        ("UPDATE tenders SET state = 'uncertain', lease_until = '2026-11-01 00:00:00.000000' WHERE id = 'tnd_1'",),
    ),
    "a manifest of another account's shipment": ("I15", "shp_1", ("UPDATE manifests SET mode = 'live'",)),
    "held by a manifest that was refused": ("I15", "shp_1", ("UPDATE manifests SET state = 'refused'",)),
    "closed without the carrier's number": ("I15", "man_1", ("UPDATE manifests SET carrier_reference = NULL",)),
    "a manifest asked for ever": (
        "I15",
        "man_1",
        ("UPDATE manifests SET state = 'closing', updated_at = '2026-11-01 00:00:00.000000'",),
    ),
    "a manifest uncertain in silence": ("I15", "man_1", ("UPDATE manifests SET state = 'uncertain'",)),
    "scheduled without the carrier's number": ("I16", "pck_1", ("UPDATE pickups SET pickup = NULL",)),
    "a pickup of nothing": ("I16", "pck_1", ("DELETE FROM pickup_entries",)),
    "a pickup asked for ever": (
        "I16",
        "pck_1",
        ("UPDATE pickups SET state = 'ordering', updated_at = '2026-11-01 00:00:00.000000'",),
    ),
    "a pickup uncertain in silence": ("I16", "pck_1", ("UPDATE pickups SET state = 'uncertain'",)),
    "a second courier": (
        "I16",
        "pck_1",
        (
            "DROP INDEX pickups_one_live",
            "INSERT INTO pickups SELECT merchant_id, 'pck_2', mode, account_id, account, carrier, day, door, address, "
            "ready_at, closes_at, parcels, instructions, state, why, pickup, cancel_asked_at, created_at, updated_at, "
            "due_at, tries FROM pickups",
        ),
    ),
}
DROPPED = {"DROP INDEX tenders_one_open": ONE_OPEN_TENDER, "DROP INDEX pickups_one_live": ONE_LIVE_PICKUP}


@pytest.fixture
def history(store: SqlStore) -> SqlStore:
    """A good history with a bit of everything."""
    made.delivered(store)
    made.and_more(store)
    return store


def test_a_good_history_breaks_no_promise(history: SqlStore) -> None:
    assert history.audit(LATER) == []


def test_an_empty_database_breaks_no_promise(store: SqlStore) -> None:
    assert store.audit(LATER) == []


@pytest.mark.parametrize(("invariant", "subject", "statements"), BROKEN.values(), ids=list(BROKEN))
def test_a_broken_promise_is_named(
    history: SqlStore, database: TestDatabase, invariant: str, subject: str, statements: tuple[str, ...]
) -> None:
    try:
        plant(database, statements)
        named = {(violation.invariant, violation.subject_id) for violation in history.audit(LATER)}
        assert (invariant, subject) in named
    finally:
        if statements[0] in DROPPED:
            database.empty()
            DROPPED[statements[0]].create(database.engine)


def test_every_promise_has_a_planted_wrong() -> None:
    assert {invariant for invariant, _, _ in BROKEN.values()} == {
        f"I{n}" for n in (1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 16, 17)
    }


def test_what_is_being_settled_breaks_no_promise(history: SqlStore, database: TestDatabase) -> None:
    plant(
        database,
        (
            "UPDATE tenders SET state = 'uncertain', lease_until = '2026-11-01 00:00:00.000000' WHERE id = 'tnd_1'",
            "UPDATE shipments SET state = 'needs_review'",
            "UPDATE webhook_endpoints SET types = '[\"shipment.failed\"]'",
            "DELETE FROM webhook_deliveries",
        ),
    )
    assert history.audit(LATER) == []


def test_an_endpoint_of_the_other_mode_waits_for_nothing(history: SqlStore, database: TestDatabase) -> None:
    plant(database, ("UPDATE webhook_endpoints SET mode = 'live'", "DELETE FROM webhook_deliveries"))
    assert history.audit(LATER) == []


def test_large_tables_are_read_in_chunks(history: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found, "CHUNK", 1)
    assert history.audit(LATER) == []


def test_what_is_written_meanwhile_is_no_contradiction(
    history: SqlStore, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database at work is audited as it was at one moment: its statuses beside the events of that very moment."""
    seen = []

    def look(connection: Connection, now: datetime) -> list[Violation]:
        seen.append(connection.execute(text("SELECT count(*) FROM merchants")).scalar_one())
        with database.store.work() as uow:
            uow.keys.add_merchant(f"mer_meanwhile_{len(seen)}", "written meanwhile", NOW)
            uow.commit()
        return []

    monkeypatch.setattr(audit, "CHECKS", (look, look))
    assert history.audit(LATER) == []
    assert seen[0] == seen[1]
