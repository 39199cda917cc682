"""What the console asks of accounts and of policies' past, on both kinds of database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gateway.domain.policy_versions import Publication
from gateway.domain.shipments import ShipmentState, TenderState
from gateway.storage import SqlStore
from tests.storage import made
from tests.storage.made import ACCOUNT, MERCHANT, NOW


def test_answers_of_an_account_are_counted_and_its_newest_shipments_found(store: SqlStore) -> None:
    outcomes = [TenderState.ACCEPTED, TenderState.REFUSED, TenderState.UNCERTAIN, TenderState.REFUSED]
    made.begin(store)
    with store.work() as uow:
        for number, state in enumerate(outcomes):
            at = NOW + timedelta(minutes=number)
            booked = made.shipment(
                f"shp_{number}", state=ShipmentState.BOOKED, account_id=ACCOUNT, reference=f"r{number}"
            )
            uow.shipments.add(replace(booked, created_at=at, quote_id=""))
            assert uow.tenders.add(
                made.tender(f"tnd_{number}", f"shp_{number}", state=state, why=f"why {number}", created_at=at)
            )
        uow.commit()
    later = NOW + timedelta(minutes=1)
    with store.look() as uow:
        counted = uow.desk.outcomes(MERCHANT, ACCOUNT, NOW)
        assert counted == {TenderState.ACCEPTED: 1, TenderState.REFUSED: 2, TenderState.UNCERTAIN: 1}
        assert sum(uow.desk.outcomes(MERCHANT, ACCOUNT, later).values()) == 3
        assert uow.desk.last_trouble(MERCHANT, ACCOUNT, NOW) == (NOW + timedelta(minutes=3), "why 3")
        assert uow.desk.last_trouble(MERCHANT, ACCOUNT, NOW + timedelta(hours=1)) is None
        assert uow.desk.outcomes("mer_other", ACCOUNT, NOW) == {}
        newest = uow.desk.booked_with(MERCHANT, "test", ACCOUNT, later, 2)
        assert [each.id for each in newest] == ["shp_3", "shp_2"]
        assert uow.desk.booked_with(MERCHANT, "live", ACCOUNT, NOW, 2) == []
        assert uow.desk.since_newest(MERCHANT, "test", 3) == later
        assert uow.desk.since_newest(MERCHANT, "test", 5) is None


def test_publications_are_told_newest_first_with_their_notes(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        for number, note in ((1, "first"), (2, "")):
            told = Publication(
                merchant_id=MERCHANT,
                name="p",
                number=number,
                live=number,
                shadow=None,
                at=NOW,
                author="Kari",
                note=note,
            )
            assert uow.policies.publish(told)
        uow.commit()
    with store.look() as uow:
        assert [(each.number, each.note) for each in uow.policies.publications(MERCHANT, "p")] == [
            (2, ""),
            (1, "first"),
        ]
        assert uow.policies.publications("mer_other", "p") == []
