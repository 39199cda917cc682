"""What cannot be applied waits, is seen, is explained, and is applied after all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.message_types import message_types
from gateway.domain.sheets import BadSheet
from gateway.domain.status_tables import StatusTableRecord
from gateway.services.status_tables import CodeMeaning
from tests.conftest import TestDatabase
from tests.journeys.scans import Parcel, inbox, parcel, scan
from tests.journeys.site import Merchant, Site

NEW_CODE = "947"
TABLE = "carrier_code,qualifier,status,reason,note,source\n"
DRONE = "DRONE_HANDOVER,,out_for_delivery,none,by drone,our contract\n"


def unmapped(site: Site, shop: Merchant) -> Parcel:
    """A parcel one of whose scans has a code in no table."""
    sent = parcel(site, shop, NEW_CODE)
    site.clock.advance(minutes=31)
    sent.push(*sent.scans())
    site.work()
    return sent


def put(shop: Merchant, account_id: str, rows: str) -> Any:
    answer = shop.call("PUT", f"/v1/accounts/{account_id}/status-table", TABLE + rows)
    assert answer.status_code == 200, answer.text
    return answer.json


def reread(shop: Merchant, account_id: str, **body: object) -> Any:
    answer = shop.call("POST", f"/v1/accounts/{account_id}/status-table/replay", body)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_code_is_explained_looked_at_and_then_moves_what_it_should_have_moved(site: Site, shop: Merchant) -> None:
    sent = unmapped(site, shop)
    (code,) = shop.get("/v1/quarantine/codes")["data"]
    assert (code["carrier_code"], code["events"], code["trackers"]) == ("DRONE_HANDOVER", 1, 1)
    before = sent.shown()
    assert put(shop, sent.account_id, DRONE)["version"] == 1
    assert put(shop, sent.account_id, DRONE)["version"] == 1, "the same text is the same version"

    seen = reread(shop, sent.account_id)
    (moved,) = seen["moved"]
    assert (moved["from_status"], moved["to_status"], moved["shipment_id"]) == (
        "picked_up",
        "out_for_delivery",
        sent.id,
    )
    assert not seen["applied"]
    assert sent.shown() == before, "looking changes nothing"

    assert reread(shop, sent.account_id, apply=seen["digest"])["applied"]
    after = sent.shown()
    assert (after["status"], after["version"]) == ("out_for_delivery", before["version"] + 2), "changed, and corrected"
    event = sent.events()[-1]
    assert (event["status"], event["carrier_code"]) == ("out_for_delivery", "DRONE_HANDOVER")
    assert shop.get("/v1/quarantine/codes")["data"] == []
    assert reread(shop, sent.account_id)["events"] == 0


def test_what_was_seen_is_what_is_applied_or_nothing_is(site: Site, shop: Merchant) -> None:
    sent = unmapped(site, shop)
    put(shop, sent.account_id, DRONE)
    seen = reread(shop, sent.account_id)
    put(shop, sent.account_id, DRONE.replace("out_for_delivery", "exception").replace("none", "damaged"))
    answer = shop.call("POST", f"/v1/accounts/{sent.account_id}/status-table/replay", {"apply": seen["digest"]})
    assert answer.status_code == 409
    assert sent.shown()["status"] == "picked_up"


def test_a_correction_of_a_final_word_is_told_as_one(site: Site, shop: Merchant, database: TestDatabase) -> None:
    sent = parcel(site, shop)
    site.clock.advance(hours=2)
    sent.push(*sent.scans())
    site.work()
    assert sent.shown()["status"] == "delivered"
    put(shop, sent.account_id, "DELIVERED,RECIPIENT,available_for_pickup,at_pickup_point,a locker,our contract\n")
    seen = reread(shop, sent.account_id)
    assert [each["to_status"] for each in seen["moved"]] == ["available_for_pickup"]
    reread(shop, sent.account_id, apply=seen["digest"])
    assert sent.shown()["status"] == "available_for_pickup"
    with database.engine.connect() as connection:
        told = connection.exec_driver_sql("SELECT type FROM outbox ORDER BY sequence DESC").scalars().all()
        history = connection.exec_driver_sql("SELECT correction FROM status_history ORDER BY version DESC").scalar()
    assert told[:2] == ["shipment.status_corrected", "shipment.status_changed"]
    assert set(told) <= set(message_types())
    assert history

    put(shop, sent.account_id, "")
    back = reread(shop, sent.account_id)
    reread(shop, sent.account_id, apply=back["digest"])
    assert sent.shown()["status"] == "delivered", "the carrier's own reading again"


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("code,status\n", "/1"),
        (TABLE + "X,,no_such_status,none,,\n", "/2"),
        (TABLE + "X,,delivered,none,,\nX,,delivered,none,,\n", "/3"),
        (TABLE + "X,,delivered,none,,\nY,,delivered,recipient_unavailable,,\n", "/3"),
        (TABLE + "X,,gone,none,,\nY,,delivered,none,,\n,,delivered,none,,\nZ,,delivered,no,,\nY,,lost", "/2 /4 /5 /6"),
        (TABLE + 'X,,delivered,none,"a"b,\nY,,gone,none,,\n', "/2 /3"),
    ],
)
def test_every_row_at_fault_of_a_table_is_told(text: str, pointer: str, site: Site, shop: Merchant) -> None:
    account_id = shop.account("sandbox-1", site.carrier("sandbox"))
    answer = shop.call("PUT", f"/v1/accounts/{account_id}/status-table", text)
    assert answer.status_code == 422
    assert [each["pointer"] for each in (answer.json or {})["errors"]] == pointer.split()


def test_a_stored_row_that_contradicts_itself_is_shown_and_wants_a_new_version(site: Site, shop: Merchant) -> None:
    """Of a time when such rows were taken: the account goes on, and the next version must be without them."""
    account_id = shop.account("sandbox-1", site.carrier("sandbox"))
    text = TABLE + "X,,delivered,recipient_unavailable,,\n"
    with site.services.store.work() as uow:
        uow.status_tables.add(
            StatusTableRecord(
                merchant_id=shop.id,
                account_id=account_id,
                version=1,
                text=text,
                rows=1,
                author="somebody",
                created_at=site.clock(),
            )
        )
        uow.commit()
    tables = site.services.status_tables
    (row,) = tables.doubtful(tables.get(shop.id, "test", account_id))
    assert row.contradiction.startswith("recipient_unavailable contradicts delivered: it is a reason of")
    meaning = CodeMeaning(code="Y", qualifier="", status="delivered", reason="none", note="")
    with pytest.raises(BadSheet, match="'X': recipient_unavailable contradicts delivered"):
        tables.explain(shop.id, "test", account_id, meaning, "somebody")
    mended = tables.explain(shop.id, "test", account_id, replace(meaning, code="X"), "somebody")
    assert (mended.version, mended.rows, list(tables.doubtful(mended))) == (2, 1, [])


def test_what_cannot_be_read_is_seen_and_read_again_when_asked(
    site: Site, shop: Merchant, database: TestDatabase
) -> None:
    sent = parcel(site, shop)
    sent.push(b"<b>no json</b>\x00\xff", scan("SBX999999-1", "e1", "PICKED_UP", site.clock().isoformat()))
    site.work()
    listed = {each["state"]: each for each in shop.get("/v1/quarantine")["data"]}
    assert set(listed) == {"quarantined", "parked"}
    assert [each["id"] for each in shop.get("/v1/quarantine?state=parked")["data"]] == [listed["parked"]["id"]]
    broken = listed["quarantined"]["id"]
    assert shop.get(f"/v1/quarantine/{broken}")["body"] == "<b>no json</b>\x00\ufffd"
    assert shop.call("POST", f"/v1/quarantine/{broken}/replay").status_code == 202
    assert inbox(database)["new"] == 1
    site.work()
    assert shop.call("POST", "/v1/quarantine/replay", {}).json == {"replayed": 1}
    site.work()
    assert inbox(database) == {"quarantined": 1, "parked": 1}
    said = {"author": "Berit Hansen", "why": "a test of the carrier's"}
    assert shop.call("POST", f"/v1/quarantine/{listed['parked']['id']}/dismiss", said).status_code == 409
    dismissed = shop.call("POST", f"/v1/quarantine/{broken}/dismiss", said)
    assert "by Berit Hansen: a test of the carrier's" in (dismissed.json or {})["why"]
    assert inbox(database) == {"dismissed": 1, "parked": 1}
    assert shop.call("POST", f"/v1/quarantine/{broken}/replay").status_code == 404
    assert shop.call("POST", "/v1/quarantine/replay", {}).json == {"replayed": 0}
