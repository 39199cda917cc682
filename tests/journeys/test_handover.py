"""The day's end: parcels are collected once, listed once, and what is not known waits for a person."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pypdfium2
import pytest
import zxingcpp

from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from gateway.domain.handovers import ManifestState, PickupState
from tests.journeys.fleet import add_fleet
from tests.journeys.site import ORDER, Gateway, Merchant, Site

UNSURE = (FaultKind.TIMEOUT_AFTER, FaultKind.RESET_AFTER, FaultKind.STATUS_500_AFTER, FaultKind.GARBAGE)
PICKUP, MANIFEST = "schedule_pickup", "close_manifest"


@pytest.fixture
def sandbox(site: Site, shop: Merchant) -> RunningSimulator:
    running = site.carrier("sandbox")
    shop.account("sandbox-1", running)
    return running


def window(site: Site, **more: object) -> dict[str, Any]:
    ready = site.clock() + timedelta(hours=1)
    return {"ready_at": ready.isoformat(), "closes_at": (ready + timedelta(hours=3)).isoformat(), **more}


def asked(running: RunningSimulator, operation: str) -> int:
    return sum(call.operation == operation for call in running.simulator.calls)


def states(answer: Any) -> list[str]:
    return [each["state"] for each in answer.json["data"]]


def cases(site: Site, shop: Merchant, state: str = "open") -> list[str]:
    with site.services.store.look() as uow:
        return [case.kind for case in uow.cases.list(shop.id, state, 100)]


def test_a_pickup_is_ordered_once_however_often_it_is_asked_for(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    booked = [shop.booked()["id"] for _ in range(3)]
    wish = window(site)
    first = shop.call("POST", "/v1/pickups", wish)
    assert (first.status_code, states(first)) == (200, ["scheduled"]), first.text
    pickup = (first.json or {})["data"][0]
    assert sorted(pickup["shipments"]) == sorted(booked)
    assert (pickup["parcels"], pickup["weight_g"]) == (3, 7500)
    assert pickup["carrier_reference"]
    shop.booked()
    again = shop.call("POST", "/v1/pickups", wish)
    assert [each["id"] for each in (again.json or {})["data"]] == [pickup["id"]]
    assert asked(sandbox, PICKUP) == 1
    assert shop.get(f"/v1/pickups/{pickup['id']}") == pickup
    assert [each["id"] for each in shop.get(f"/v1/pickups?day={pickup['day']}")["data"]] == [pickup["id"]]
    assert shop.get("/v1/pickups?day=1999-01-01")["data"] == []


def test_each_door_has_its_own_pickup_and_what_is_ready_later_waits(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    other = {**ORDER["origin"], "street1": "Torggata 1"}
    here, there = shop.booked()["id"], shop.booked(origin=other)["id"]
    later = shop.booked(ready_at=(site.clock() + timedelta(days=2)).isoformat())["id"]
    only = shop.call("POST", "/v1/pickups", window(site, origin=other)).json or {}
    assert [each["shipments"] for each in only["data"]] == [[there]]
    both = shop.call("POST", "/v1/pickups", window(site)).json or {}
    assert sorted(each["shipments"][0] for each in both["data"]) == sorted([here, there])
    next_week = site.clock() + timedelta(days=3)
    wish = {"ready_at": next_week.isoformat(), "closes_at": (next_week + timedelta(hours=2)).isoformat()}
    third = shop.call("POST", "/v1/pickups", wish).json or {}
    # The earlier ones count as not collected: no courier has scanned them on their day.
    assert {later} <= {each for pickup in third["data"] for each in pickup["shipments"]}


@pytest.mark.parametrize("kind", UNSURE)
def test_a_pickup_whose_answer_is_lost_is_never_ordered_again_and_a_person_decides(
    kind: FaultKind, site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    shop.booked()
    sandbox.simulator.faults.add(Fault(kind=kind, operation=PICKUP, times=9))
    unsure = shop.call("POST", "/v1/pickups", window(site))
    assert (unsure.status_code, states(unsure)) == (202, ["uncertain"]), unsure.text
    pickup = (unsure.json or {})["data"][0]
    calls = asked(sandbox, PICKUP)
    assert shop.call("POST", "/v1/pickups", window(site)).status_code == 202
    site.work(hours=30)
    assert asked(sandbox, PICKUP) == calls
    assert cases(site, shop) == ["pickup_uncertain"]
    assert shop.call("DELETE", f"/v1/pickups/{pickup['id']}").status_code == 409
    said = {"outcome": "scheduled", "carrier_reference": "P-1", "note": "the hotline has it"}
    settled = shop.call("POST", f"/v1/pickups/{pickup['id']}/resolve", said)
    assert (settled.json or {})["state"] == "scheduled"
    assert (cases(site, shop), cases(site, shop, "closed")) == ([], ["pickup_uncertain"])
    assert shop.call("POST", f"/v1/pickups/{pickup['id']}/resolve", said).status_code == 409


def test_a_pickup_that_was_surely_not_ordered_may_be_ordered_again(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    shop.booked()
    sandbox.simulator.faults.add(Fault(kind=FaultKind.STATUS_429, operation=PICKUP))
    failed = shop.call("POST", "/v1/pickups", window(site))
    assert (failed.status_code, states(failed)) == (200, ["unavailable"])
    assert [each["state"] for each in (failed.json or {})["carrier_results"]] == ["error"]
    resting = shop.call("POST", "/v1/pickups", window(site)).json or {}
    assert [each["code"] for each in resting["carrier_results"]] == ["resting"]
    site.work(seconds=31)
    again = shop.call("POST", "/v1/pickups", window(site))
    assert states(again) == ["scheduled"], again.text
    assert cases(site, shop) == []


def test_a_process_that_dies_while_ordering_leaves_a_case_and_no_second_order(
    site: Site, shop: Merchant, sandbox: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.booked()
    with monkeypatch.context() as dying:
        dying.setattr(site.services.pickups, "_ask", lambda begun: [])
        dead = shop.call("POST", "/v1/pickups", window(site))
    assert (dead.status_code, states(dead)) == (202, ["ordering"])
    site.work(minutes=1)
    assert (shop.get("/v1/pickups")["data"][0]["state"], cases(site, shop)) == ("uncertain", ["pickup_uncertain"])
    assert asked(sandbox, PICKUP) == 0


def test_a_late_yes_to_a_pickup_that_was_given_up_is_a_case(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    from carriers.base import Pickup

    shop.booked()
    sandbox.simulator.faults.add(Fault(kind=FaultKind.RESET_AFTER, operation=PICKUP, times=9))
    pickup = (shop.call("POST", "/v1/pickups", window(site)).json or {})["data"][0]
    said = {"outcome": "not_scheduled", "note": "the hotline does not have it"}
    assert shop.call("POST", f"/v1/pickups/{pickup['id']}/resolve", said).status_code == 200
    pickups = site.services.pickups
    record = pickups.get(shop.id, "test", pickup["id"]).pickup
    assert record.state is PickupState.REFUSED
    pickups._settle(record, Pickup(carrier_reference="P-late"))
    assert cases(site, shop) == ["pickup_unwanted"]


def test_a_pickup_is_called_off_and_off_again(site: Site, shop: Merchant, sandbox: RunningSimulator) -> None:
    shop.booked()
    pickup = (shop.call("POST", "/v1/pickups", window(site)).json or {})["data"][0]
    for _ in range(2):
        off = shop.call("DELETE", f"/v1/pickups/{pickup['id']}")
        assert (off.status_code, (off.json or {})["state"]) == (200, "cancelled")
    assert asked(sandbox, "cancel_pickup") == 1
    assert states(shop.call("POST", "/v1/pickups", window(site))) == ["scheduled"]


def test_a_cancellation_without_an_answer_goes_on_until_there_is_one(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    shop.booked()
    pickup = (shop.call("POST", "/v1/pickups", window(site)).json or {})["data"][0]
    sandbox.simulator.faults.add(Fault(kind=FaultKind.STATUS_500, operation="cancel_pickup", times=-1))
    off = shop.call("DELETE", f"/v1/pickups/{pickup['id']}")
    assert (off.status_code, (off.json or {})["state"]) == (202, "cancelling")
    for _ in range(8):
        site.work(minutes=16)
    assert cases(site, shop) == ["pickup_open"]
    sandbox.simulator.faults.clear()
    site.work(minutes=16)
    assert shop.get(f"/v1/pickups/{pickup['id']}")["state"] == "cancelled"
    assert cases(site, shop) == []


def test_a_cancellation_that_nobody_answers_ends_with_the_window(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    shop.booked()
    pickup = (shop.call("POST", "/v1/pickups", window(site)).json or {})["data"][0]
    sandbox.simulator.faults.add(Fault(kind=FaultKind.STATUS_503, operation="cancel_pickup", times=-1))
    assert shop.call("DELETE", f"/v1/pickups/{pickup['id']}").status_code == 202
    site.work(hours=5)
    kept = shop.get(f"/v1/pickups/{pickup['id']}")
    assert kept["state"] == "scheduled"
    assert "not called off in time" in kept["why"]


def test_a_carrier_that_takes_no_cancellation_says_so_and_own_vans_need_no_pickup(site: Site, shop: Merchant) -> None:
    shop.account("bring-1", site.carrier("bring"))
    shop.booked()
    ordered = shop.call("POST", "/v1/pickups", window(site))
    assert states(ordered) == ["scheduled"], ordered.text
    pickup = (ordered.json or {})["data"][0]
    assert shop.call("DELETE", f"/v1/pickups/{pickup['id']}").status_code == 409
    add_fleet(site, shop, "vans")
    results = (shop.call("POST", "/v1/pickups", window(site)).json or {})["carrier_results"]
    assert {each["account"]: each["code"] for each in results} == {"vans": "no_pickups"}


def test_a_shipment_is_on_one_manifest_and_late_ones_go_to_the_next(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    booked = {shop.booked()["id"] for _ in range(2)}
    dropped = shop.booked()["id"]
    assert shop.call("POST", f"/v1/shipments/{dropped}/cancel").status_code == 200
    first = shop.call("POST", "/v1/manifests", {})
    assert (first.status_code, states(first)) == (200, ["closed"]), first.text
    manifest = (first.json or {})["data"][0]
    assert (manifest["by"], bool(manifest["carrier_reference"])) == ("carrier", True)
    assert {line["shipment_id"] for line in manifest["shipments"]} == booked
    late = shop.booked()["id"]
    second = (shop.call("POST", "/v1/manifests", {}).json or {})["data"]
    assert second[0] == manifest
    assert [line["shipment_id"] for line in second[1]["shipments"]] == [late]
    third = shop.call("POST", "/v1/manifests", {})
    assert (third.json or {})["data"] == second
    assert [each["code"] for each in (third.json or {})["carrier_results"]] == ["nothing_to_close"]
    assert asked(sandbox, MANIFEST) == 2
    assert len(shop.get(f"/v1/manifests?day={manifest['day']}&account=sandbox-1")["data"]) == 2


def test_two_who_close_the_day_at_once_share_the_shipments(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    booked = {shop.booked()["id"] for _ in range(6)}
    with ThreadPoolExecutor(4) as hands:
        answers = list(hands.map(lambda _: shop.call("POST", "/v1/manifests", {}), range(4)))
    assert {answer.status_code for answer in answers} <= {200, 202, 409}
    listed = [
        line["shipment_id"]
        for each in shop.get("/v1/manifests")["data"]
        for line in shop.get(f"/v1/manifests/{each['id']}")["shipments"]
    ]
    assert Counter(listed) == Counter(booked)


@pytest.mark.parametrize("kind", UNSURE)
def test_a_manifest_whose_answer_is_lost_holds_its_shipments_until_a_person_decides(
    kind: FaultKind, site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    held = shop.booked()["id"]
    sandbox.simulator.faults.add(Fault(kind=kind, operation=MANIFEST, times=9))
    unsure = shop.call("POST", "/v1/manifests", {})
    assert (unsure.status_code, states(unsure)) == (202, ["uncertain"]), unsure.text
    manifest = (unsure.json or {})["data"][0]
    sandbox.simulator.faults.clear()
    calls = asked(sandbox, MANIFEST)
    assert states(shop.call("POST", "/v1/manifests", {})) == ["uncertain"]
    site.work(minutes=2)
    assert (asked(sandbox, MANIFEST), cases(site, shop)) == (calls, ["manifest_uncertain"])
    assert shop.call("GET", f"/v1/manifests/{manifest['id']}/document").status_code == 409
    said = {"outcome": "not_closed", "note": "not in the portal"}
    settled = shop.call("POST", f"/v1/manifests/{manifest['id']}/resolve", said)
    assert ((settled.json or {})["state"], (settled.json or {})["shipments"]) == ("refused", [])
    assert cases(site, shop) == []
    again = (shop.call("POST", "/v1/manifests", {}).json or {})["data"]
    assert [(each["state"], each["shipments"][0]["shipment_id"]) for each in again] == [("closed", held)]


def test_a_manifest_that_was_surely_not_closed_lets_its_shipments_go(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    shop.booked()
    sandbox.simulator.faults.add(Fault(kind=FaultKind.STATUS_429, operation=MANIFEST))
    failed = shop.call("POST", "/v1/manifests", {})
    assert [each["code"] for each in (failed.json or {})["carrier_results"]] == ["rate_limited"]
    site.work(seconds=31)
    again = (shop.call("POST", "/v1/manifests", {}).json or {})["data"]
    assert [(each["state"], len(each["shipments"])) for each in again] == [("closed", 1)]


def test_a_process_that_dies_while_closing_leaves_a_case(
    site: Site, shop: Merchant, sandbox: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.booked()
    with monkeypatch.context() as dying:
        dying.setattr(site.services.manifests, "_ask", lambda begun: [])
        dead = shop.call("POST", "/v1/manifests", {})
    assert (dead.status_code, states(dead)) == (202, ["closing"])
    site.work(minutes=1)
    assert (shop.get("/v1/manifests")["data"][0]["state"], cases(site, shop)) == (
        ManifestState.UNCERTAIN,
        ["manifest_uncertain"],
    )


def test_a_booking_the_carrier_leaves_out_goes_to_the_next_manifest(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    first, second = shop.booked(), shop.booked()
    sandbox.simulator._listed.add(first["tracking_number"])  # type: ignore[attr-defined]  # the sandbox's own books
    manifest = (shop.call("POST", "/v1/manifests", {}).json or {})["data"][0]
    assert [line["shipment_id"] for line in manifest["shipments"]] == [second["id"]]
    assert manifest["tracking_numbers"] == [second["tracking_number"]]


def test_without_an_api_the_list_is_the_manifest_and_its_barcodes_can_be_read(site: Site, shop: Merchant) -> None:
    add_fleet(site, shop, "vans")
    ready = (site.clock() + timedelta(days=3)).date().isoformat()
    booked = [shop.booked(reference=f"ørder-{number}") for number in range(2)]
    closed = shop.call("POST", "/v1/manifests", {"day": ready})
    assert states(closed) == ["closed"], closed.text
    manifest = (closed.json or {})["data"][0]
    assert manifest["by"] == "list"
    printed = [shop.call("GET", manifest["document"]) for _ in range(2)]
    assert printed[0].mimetype == "application/pdf"
    assert printed[0].get_data() == printed[1].get_data()
    page = pypdfium2.PdfDocument(printed[0].get_data())[0]
    read = {code.text for code in zxingcpp.read_barcodes(page.render(scale=200 / 72).to_pil())}
    assert read == {each["tracking_number"] for each in booked}
    words = page.get_textpage().get_text_range()
    assert "ørder-0" in words
    assert "5.000 kg" in words
    assert "Signature" in words


def test_what_is_ready_another_day_is_not_closed_today(site: Site, shop: Merchant, sandbox: RunningSimulator) -> None:
    shop.booked(ready_at=(site.clock() + timedelta(days=2)).isoformat())
    today = shop.call("POST", "/v1/manifests", {})
    assert (today.json or {})["data"] == []
    in_two_days = (site.clock() + timedelta(days=2)).date().isoformat()
    assert states(shop.call("POST", "/v1/manifests", {"day": in_two_days})) == ["closed"]


def test_a_repeated_request_is_answered_from_the_store(site: Site, shop: Merchant, sandbox: RunningSimulator) -> None:
    shop.booked()
    wish = window(site)
    first = shop.call("POST", "/v1/pickups", wish, Idempotency_Key="once")
    again = shop.call("POST", "/v1/pickups", wish, Idempotency_Key="once")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json == first.json
    assert datetime.fromisoformat(first.json["data"][0]["created_at"]) <= site.clock()  # type: ignore[index]  # JSON


def test_two_gateways_order_one_pickup(site: Site, shop: Merchant, sandbox: RunningSimulator, database: Any) -> None:
    shop.booked()
    other = Gateway(database.url)
    there = Merchant(id=shop.id, key=shop.key, app=other.app)
    wish = window(site)
    with ThreadPoolExecutor(2) as hands:
        answers = list(hands.map(lambda who: who.call("POST", "/v1/pickups", wish), (shop, there)))
    other.close()
    assert {answer.status_code for answer in answers} <= {200, 202}
    assert asked(sandbox, PICKUP) == 1
