"""Tenders, recalls, cases, delivery records: what keeps a shipment from being paid twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from gateway.domain.errors import StaleVersion
from gateway.domain.records import Case
from gateway.domain.shipments import TenderState
from gateway.storage import SqlStore
from tests.conftest import TestDatabase
from tests.storage import made
from tests.storage.made import ACCOUNT, MERCHANT, NOW


def test_a_tender_comes_back_as_it_was_given(store: SqlStore) -> None:
    made.begin(store, shipments=1)
    full = made.tender(
        state=TenderState.ACCEPTED,
        why="accepted",
        carrier_code="OK",
        carrier_message="done",
        booking=made.booking(),
        due_at=NOW,
        lookups=2,
        tries=3,
    )
    with store.work() as uow:
        assert uow.tenders.add(full)
        uow.commit()
    with store.look() as uow:
        assert uow.tenders.get(MERCHANT, "tnd_1") == full
        assert uow.tenders.of_shipment(MERCHANT, "shp_1") == [full]
        assert uow.tenders.get(MERCHANT, "tnd_none") is None


@pytest.mark.parametrize("state", ["offered", "uncertain", "accepted"])
def test_a_shipment_has_at_most_one_open_tender(store: SqlStore, database: TestDatabase, state: str) -> None:
    made.begin(store, shipments=2, tenders=1)
    with store.work() as uow:
        assert uow.tenders.close(made.tender(state=TenderState(state)), ("offered",))
        assert not uow.tenders.add(made.tender("tnd_2"))
        assert uow.tenders.add(made.tender("tnd_3", "shp_2")), "another shipment may have one"
        uow.commit()
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(text("UPDATE tenders SET shipment_id = 'shp_1' WHERE id = 'tnd_3'"))


@pytest.mark.parametrize("state", ["refused", "unavailable", "cancelled"])
def test_a_closed_tender_makes_room_for_the_next(store: SqlStore, state: str) -> None:
    made.begin(store, shipments=1, tenders=1)
    with store.work() as uow:
        assert uow.tenders.close(made.tender(state=TenderState(state)), ("offered",))
        later = made.tender("tnd_2", created_at=NOW + timedelta(seconds=1))
        assert uow.tenders.add(later)
        assert [tender.id for tender in uow.tenders.of_shipment(MERCHANT, "shp_1")] == ["tnd_1", "tnd_2"]


def test_only_the_first_to_close_a_tender_closes_it(store: SqlStore) -> None:
    made.begin(store, shipments=1, tenders=1)
    with store.work() as uow:
        assert uow.tenders.close(made.tender(state=TenderState.REFUSED, why="first"), ("offered", "uncertain"))
        assert not uow.tenders.close(made.tender(state=TenderState.ACCEPTED), ("offered", "uncertain"))
        uow.commit()
    with store.look() as uow:
        stored = uow.tenders.get(MERCHANT, "tnd_1")
        assert stored == made.tender(state=TenderState.REFUSED, why="first")


def test_a_booking_that_another_tender_holds_is_noticed(store: SqlStore) -> None:
    made.begin(store, shipments=2, tenders=2)
    with store.work() as uow:
        uow.tenders.close(made.tender(state=TenderState.ACCEPTED, booking=made.booking("CR-7")), ("offered",))
        assert uow.tenders.booked_elsewhere(MERCHANT, ACCOUNT, "CR-7", "tnd_2") == "tnd_1"
        assert uow.tenders.booked_elsewhere(MERCHANT, ACCOUNT, "CR-7", "tnd_1") is None
        assert uow.tenders.booked_elsewhere(MERCHANT, ACCOUNT, "CR-8", "tnd_2") is None
        assert uow.tenders.booked_elsewhere(MERCHANT, "acc_other", "CR-7", "tnd_2") is None
        uow.commit()
    same = made.tender("tnd_2", "shp_2", state=TenderState.ACCEPTED, booking=made.booking("CR-7"))
    with pytest.raises(StaleVersion), store.work() as uow:
        uow.tenders.close(same, ("offered",))
    with store.look() as uow:
        untouched = uow.tenders.get(MERCHANT, "tnd_2")
        assert untouched is not None
        assert untouched.state is TenderState.OFFERED


def test_one_booking_is_recalled_once_at_a_time(store: SqlStore) -> None:
    made.begin(store, shipments=1, tenders=1)
    with store.work() as uow:
        assert uow.recalls.add(made.recall())
        assert not uow.recalls.add(made.recall("rcl_2"))
        assert uow.recalls.add(made.recall("rcl_3", booking=made.booking("CR-2")))
        uow.recalls.update(made.recall(state="done", why="cancelled"))
        uow.commit()
    with store.look() as uow:
        expected = [
            made.recall(state="done", why="cancelled"),
            made.recall("rcl_3", booking=made.booking("CR-2")),
        ]
        assert uow.recalls.of_shipment(MERCHANT, "shp_1") == expected
    with store.work() as uow:
        assert uow.recalls.add(made.recall("rcl_4")), "what turns up again is recalled again"


def test_a_late_worker_does_not_reopen_a_recall(store: SqlStore) -> None:
    made.begin(store, shipments=1, tenders=1)
    with store.work() as uow:
        uow.recalls.add(made.recall())
        uow.recalls.update(made.recall(state="done"))
        uow.recalls.update(made.recall(state="due", why="timed out", due_at=NOW + timedelta(minutes=1)))
        uow.commit()
        assert uow.recalls.of_shipment(MERCHANT, "shp_1") == [made.recall(state="done")]


def test_one_open_case_of_a_kind_per_tender(store: SqlStore) -> None:
    made.begin(store, shipments=1, tenders=1)
    first = Case(
        id="cas_1",
        merchant_id=MERCHANT,
        kind="needs_review",
        shipment_id="shp_1",
        tender_id="tnd_1",
        created_at=NOW,
    )
    with store.work() as uow:
        uow.cases.open(first)
        uow.cases.open(replace(first, id="cas_2"))
        uow.cases.open(replace(first, id="cas_3", kind="recall_refused"))
        uow.cases.open(replace(first, id="cas_4", kind="poisoned", shipment_id="", tender_id=""))
        uow.commit()
    with store.look() as uow:
        assert [case.id for case in uow.cases.of_shipment(MERCHANT, "shp_1")] == ["cas_1", "cas_3"]
        assert [case.id for case in uow.cases.list(MERCHANT, "open", 2)] == ["cas_1", "cas_3"]
        assert len(uow.cases.list(MERCHANT, "open", 9)) == 3
    with store.work() as uow:
        uow.cases.close(MERCHANT, "shp_1", "needs_review", NOW, "booked", "found it")
        uow.cases.open(replace(first, id="cas_5"))
        uow.commit()
        closed = replace(first, state="closed", closed_at=NOW, resolution="booked", note="found it")
        (found,) = uow.cases.list(MERCHANT, "closed", 9)
        assert found == replace(closed, subject_id="tnd_1", due_at=found.due_at)
        assert found.due_at is not None
        assert found.due_at > NOW, "its kind says by when"
        assert "cas_5" in {case.id for case in uow.cases.list(MERCHANT, "open", 9)}


def test_a_delivery_record_is_written_and_rewritten(store: SqlStore) -> None:
    made.begin(store, shipments=1)
    first = made.delivery_record()
    later = replace(first, delivered_at=NOW, attempts=1, quoted_minor=899, price_minor=950, currency="USD", co2e_g=3)
    for record in (first, later):
        with store.work() as uow:
            uow.records.put(record)
            uow.commit()
            assert uow.records.get(MERCHANT, "shp_1") == record
