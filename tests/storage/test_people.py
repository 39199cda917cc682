"""People, their deeds, and what only they ask, on both kinds of database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from gateway.domain.errors import StaleVersion
from gateway.domain.people import AuditEntry, Note, Role, Session, User
from gateway.domain.records import Case
from gateway.domain.values import Address
from gateway.services.ports import ShipmentSearch
from gateway.services.ports.desk import CaseSearch
from gateway.storage import SqlStore
from tests.conftest import TestDatabase
from tests.storage import made
from tests.storage.made import MERCHANT, NOW

USER = User(
    id="usr_1",
    merchant_id=MERCHANT,
    email="kari@shop.example",
    name="Kari",
    role=Role.ADMIN,
    password_hash="$argon2id$…",
    secrets={"codes": "JBSWY3DPEHPK3PXP"},
    created_at=NOW,
)
SESSION = Session(
    id="digest",
    merchant_id=MERCHANT,
    user_id="usr_1",
    mode="test",
    proved=True,
    created_at=NOW,
    seen_at=NOW,
    ends_at=NOW + timedelta(hours=12),
)
NAMES = ("Kari Nordmann", "Karin Andersen", "Anders Lie", "Zoë Müller-Smith")


@pytest.fixture
def shop(store: SqlStore) -> SqlStore:
    """A merchant with shipments to four people and one user."""
    with store.work() as uow:
        made.merchant(uow)
        uow.users.add(USER)
        for number, name in enumerate(NAMES):
            shipment = made.shipment(f"shp_{number}")
            to = replace(
                shipment.shipment.destination, name=name, phone=f"+4790{number}04417", postal_code=f"035{number}"
            )
            anew = replace(shipment.shipment, destination=to)
            at = NOW + timedelta(minutes=number)
            uow.shipments.add(replace(shipment, shipment=anew, reference=f"r-{number}", created_at=at, quote_id=""))
        uow.commit()
    return store


def found(store: SqlStore, words: str, match: str = "whole", **narrowed: object) -> list[str]:
    search = ShipmentSearch(mode="test", text=words, match=match, **narrowed)  # type: ignore[arg-type]  # by name
    with store.look() as uow:
        page = uow.shipments.search(MERCHANT, search)
        assert uow.desk.count_shipments(MERCHANT, search, 10) == len(page.items)
        assert uow.desk.count_shipments(MERCHANT, search, 1) == min(len(page.items), 1)
    return [each.id for each in page.items]


def test_shipments_are_found_whole_by_each_word_and_by_a_beginning(shop: SqlStore) -> None:
    assert found(shop, "4417") == ["shp_3", "shp_2", "shp_1", "shp_0"]
    assert found(shop, "kari") == ["shp_0"]
    assert found(shop, "kar", "beginning") == ["shp_1", "shp_0"]
    assert found(shop, "ander", "beginning") == ["shp_2", "shp_1"]
    assert found(shop, "zoë mü", "beginning") == ["shp_3"]
    assert found(shop, "MÜLLERS", "beginning") == ["shp_3"]
    assert found(shop, "0350 nordmann", "words") == ["shp_0"]
    assert found(shop, "0351 nordmann", "words") == []
    assert found(shop, "0350 4417 kari", "words") == ["shp_0"]
    assert found(shop, "4417", carrier="nobody") == []
    assert found(shop, "GB-0350") == ["shp_0"]


def test_of_a_word_that_very_many_have_the_newest_are_looked_through(
    shop: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.storage.repositories.finding.MANY", 2)
    assert found(shop, "4417 kari", "words") == []
    assert found(shop, "kari 4417", "words") == ["shp_0"]
    assert found(shop, "4417 0353", "words") == ["shp_3"]
    with shop.look() as uow:
        assert uow.shipments.led_to(MERCHANT, ["4417"]) == {"4417": 2}


def test_those_with_most_of_some_words_come_first(shop: SqlStore) -> None:
    assert found(shop, "anders karin andersen 0352", "most") == ["shp_2", "shp_1"]
    assert found(shop, "4417 0351 karin", "most") == ["shp_1", "shp_3", "shp_2", "shp_0"]
    assert found(shop, "0351 karin", "most", carrier="nobody") == []
    with shop.look() as uow:
        best = uow.shipments.search(MERCHANT, ShipmentSearch(mode="test", text="4417 0351", match="most", limit=2))
        assert ([each.id for each in best.items], best.next_cursor) == (["shp_1", "shp_3"], None)
        told = uow.shipments.led_to(MERCHANT, ["4417", "KARIN", "sw1a 1aa"])
        assert told == {"4417": 4, "KARIN": 1, "sw1a 1aa": 0}


def test_pages_of_what_begins_so_follow_each_other(shop: SqlStore) -> None:
    search = ShipmentSearch(mode="test", text="035", match="beginning", limit=3)
    with shop.look() as uow:
        first = uow.shipments.search(MERCHANT, search)
        rest = uow.shipments.search(MERCHANT, replace(search, cursor=first.next_cursor))
    assert [each.id for each in (*first.items, *rest.items)] == ["shp_3", "shp_2", "shp_1", "shp_0"]
    assert rest.next_cursor is None


def test_promises_narrow_and_what_has_ended_is_left_out(shop: SqlStore) -> None:
    with shop.work() as uow:
        ended = uow.shipments.get(MERCHANT, "shp_0")
        assert ended is not None
        uow.shipments.update(replace(ended, deliver_by=NOW, phase="final", status="delivered", version=2))
        due = uow.shipments.get(MERCHANT, "shp_1")
        assert due is not None
        uow.shipments.update(replace(due, deliver_by=NOW + timedelta(hours=1), version=2))
        uow.commit()
    assert found(shop, "", promised_before=NOW + timedelta(seconds=1)) == ["shp_0"]
    assert found(shop, "", promised_before=NOW + timedelta(days=1), unfinished=True) == ["shp_1"]
    assert found(shop, "", promised_from=NOW + timedelta(minutes=1)) == ["shp_1"]


def test_shipments_are_counted_by_day(shop: SqlStore) -> None:
    with shop.look() as uow:
        assert uow.desk.made_by_day(MERCHANT, "test", NOW - timedelta(days=1)) == {NOW.date(): 4}
        assert uow.desk.made_by_day(MERCHANT, "live", NOW - timedelta(days=1)) == {}


def test_cases_are_listed_counted_taken_and_closed_by_whoever_is_first(shop: SqlStore) -> None:
    about = Case(id="cas_1", merchant_id=MERCHANT, kind="price_variance", shipment_id="shp_0", why="x", created_at=NOW)
    nobodys = Case(id="cas_2", merchant_id=MERCHANT, kind="pickup_open", subject_id="pck_1", why="y", created_at=NOW)
    with shop.work() as uow:
        uow.cases.open(about)
        uow.cases.open(nobodys)
        uow.commit()
        mine = replace(about, owner_id="usr_1")
        assert uow.desk.change_case(mine, "")
        assert not uow.desk.change_case(mine, "")
        uow.commit()
        assert [each.id for each in uow.desk.cases(MERCHANT, CaseSearch(mode="test")).items] == ["cas_2", "cas_1"]
        assert [each.id for each in uow.desk.cases(MERCHANT, CaseSearch(mode="live")).items] == ["cas_2"]
        assert [each.id for each in uow.desk.cases(MERCHANT, CaseSearch(mode="test", nobodys=True)).items] == ["cas_2"]
        assert [each.id for each in uow.desk.cases(MERCHANT, CaseSearch(mode="test", owner_id="usr_1")).items] == [
            "cas_1"
        ]
        assert {name: each.cases for name, each in uow.desk.waiting(MERCHANT, "test", NOW).items()} == {
            "price_variance": 1,
            "pickup_open": 1,
        }
        closed = replace(mine, state="closed", closed_at=NOW, resolution="settled by hand", note="z")
        assert uow.desk.change_case(closed, "usr_1")
        assert not uow.desk.change_case(closed, "usr_1")
        due_at = NOW + timedelta(hours=72)
        assert uow.desk.case(MERCHANT, "cas_1") == replace(closed, subject_id="shp_0", due_at=due_at)


def test_the_queue_is_walked_by_its_clock_a_page_at_a_time(shop: SqlStore) -> None:
    kinds = ("price_variance", "needs_review", "stuck", "price_variance", "not_received")
    with shop.work() as uow:
        for number, kind in enumerate(kinds):
            at = NOW + timedelta(minutes=number)
            about = {"shipment_id": f"shp_{number % 2}", "subject_id": f"sub_{number}"}
            assert uow.cases.open(
                Case(id=f"cas_{number}", merchant_id=MERCHANT, kind=kind, why="x", created_at=at, **about)
            )
        uow.commit()
    told: list[str] = []
    cursor: str | None = None
    with shop.look() as uow:
        for _ in range(3):
            page = uow.desk.cases(MERCHANT, CaseSearch(mode="test", limit=2, cursor=cursor))
            told += [each.id for each in page.items]
            cursor = page.next_cursor
        assert (told, cursor) == (["cas_1", "cas_4", "cas_2", "cas_0", "cas_3"], None)
        over = CaseSearch(mode="test", due_before=NOW + timedelta(hours=9))
        assert [each.id for each in uow.desk.cases(MERCHANT, over).items] == ["cas_1", "cas_4"]
        assert uow.desk.cases(MERCHANT, replace(over, kind="stuck")).items == ()
        assert uow.desk.cases(MERCHANT, CaseSearch(mode="live")).items == ()
        waiting = uow.desk.waiting(MERCHANT, "test", NOW + timedelta(hours=24, minutes=3))
        assert {name: (each.cases, each.overdue) for name, each in waiting.items()} == {
            "price_variance": (2, 0),
            "needs_review": (1, 1),
            "stuck": (1, 1),
            "not_received": (1, 1),
        }
        assert uow.desk.waiting(MERCHANT, "live", NOW) == {}


def test_a_user_is_who_has_the_address_and_their_secrets_are_encrypted(shop: SqlStore, database: TestDatabase) -> None:
    with shop.work() as uow:
        assert not uow.users.add(replace(USER, id="usr_2"))
        assert uow.users.by_email(USER.email) == USER
        assert uow.users.by_email("nobody@shop.example") is None
        assert uow.users.list(MERCHANT) == [replace(USER, secrets={})]
        uow.users.update(replace(USER, name="Kari N", version=2))
        with pytest.raises(StaleVersion):
            uow.users.update(replace(USER, version=1))
        uow.commit()
    with database.engine.connect() as connection:
        assert "JBSWY3" not in str(connection.scalar(text("SELECT secrets FROM users")))


def test_sessions_are_found_kept_ended_and_forgotten(shop: SqlStore) -> None:
    with shop.work() as uow:
        uow.users.add_session(SESSION)
        uow.users.add_session(replace(SESSION, id="other", ends_at=NOW))
        uow.users.keep_session(replace(SESSION, mode="live"))
        assert uow.users.session("digest") == replace(SESSION, mode="live")
        assert uow.users.prune_sessions(NOW + timedelta(seconds=1)) == 1
        assert uow.users.session("other") is None
        uow.users.end_sessions_of(MERCHANT, "usr_1")
        assert uow.users.session("digest") is None


def test_notes_are_newest_first(shop: SqlStore) -> None:
    with shop.work() as uow:
        for number in range(2):
            at = NOW + timedelta(minutes=number)
            uow.notes.add(
                Note(
                    id=f"not_{number}",
                    merchant_id=MERCHANT,
                    shipment_id="shp_0",
                    at=at,
                    user_id="usr_1",
                    who="K",
                    text="t",
                )
            )
        assert [each.id for each in uow.notes.of_shipment(MERCHANT, "shp_0")] == ["not_1", "not_0"]


def test_the_audit_log_is_a_chain_and_whoever_alters_it_is_found_out(shop: SqlStore, database: TestDatabase) -> None:
    seal = ""
    with shop.work() as uow:
        for number in range(1, 4):
            entry = AuditEntry(merchant_id=MERCHANT, number=number, at=NOW, user_id="usr_1", who="Kari", what="looked")
            entry = replace(entry, seal=entry.sealed(seal))
            assert uow.audit.add(entry)
            assert not uow.audit.add(entry)
            seal = entry.seal
        uow.commit()
        assert uow.audit.last(MERCHANT) == entry
        assert [each.number for each in uow.audit.list(MERCHANT, 3, 10)] == [2, 1]
    assert [each.why for each in shop.audit(NOW) if each.invariant == "I18"] == []
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE audit_log SET who = 'Ola' WHERE number = 2"))
    assert [each.subject_id for each in shop.audit(NOW) if each.invariant == "I18"] == ["2"]
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_log WHERE number = 2"))
    assert "entries 2 to 2 of the audit log are gone" in [each.why for each in shop.audit(NOW)]


def test_addresses_without_a_name_are_found_too(shop: SqlStore) -> None:
    with shop.work() as uow:
        shipment = made.shipment("shp_9")
        anew = replace(shipment.shipment, destination=Address(country="NO", company="Fjell AS", postal_code="9999"))
        uow.shipments.add(replace(shipment, shipment=anew, reference="r-9", quote_id=""))
        uow.commit()
    assert found(shop, "fjell", "beginning") == ["shp_9"]
