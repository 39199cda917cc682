"""A person knows better than the carrier, says so under their name, and may take it back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.journeys.site import Merchant, Site
from tests.journeys.telling import Told, told

WORD = {"status": "in_transit", "reason": "missorted", "author": "Berit", "why": "The driver scanned the wrong one."}
BACK = {"author": "Ola", "why": "It was another order."}


def correct(it: Told, **more: str) -> Any:
    answer = it.shop.call("POST", f"/v1/shipments/{it.id}/corrections", {**WORD, **more})
    assert answer.status_code == 200, answer.text
    it.site.work()
    return answer.json


def test_a_correction_overrides_the_carrier_and_its_withdrawal_restores_it(site: Site, shop: Merchant) -> None:
    it = told(site, shop)
    it.tell(it.event("picked_up", ago=90), it.event("delivered", "delivered_signed", ago=-5))  # its clock is ahead
    before = it.shop.get(f"/v1/shipments/{it.id}/events")["data"]
    made = correct(it)
    shown = it.shown()
    assert (shown["status"], shown["reason"], shown["phase"]) == ("in_transit", "missorted", "in_transit")
    assert shown["delivered_at"] is None
    assert made["before"] == {"status": "delivered", "reason": "delivered_signed"}
    assert it.messages()[-2:] == ["shipment.status_changed", "shipment.status_corrected"]

    path = f"/v1/shipments/{it.id}/corrections"
    taken_back = shop.call("POST", f"{path}/{made['id']}/withdraw", BACK)
    assert taken_back.status_code == 200, taken_back.text
    assert (taken_back.json or {})["withdrawn"]["author"] == "Ola"
    shown = it.shown()
    assert (shown["status"], shown["reason"], shown["attempts"]) == ("delivered", "delivered_signed", 1)
    assert it.messages().count("shipment.status_corrected") == 2
    again = shop.call("POST", f"{path}/{made['id']}/withdraw", BACK)
    assert (again.status_code, (again.json or {})["code"]) == (409, "conflict")

    (listed,) = shop.get(path)["data"]
    assert (listed["author"], listed["why"], listed["withdrawn"]["why"]) == ("Berit", WORD["why"], BACK["why"])
    events = it.shop.get(f"/v1/shipments/{it.id}/events")["data"]
    assert [event["id"] for event in events[: len(before)]] == [event["id"] for event in before], "nothing is deleted"
    assert [(event["correction"], event["source"]) for event in events[len(before) :]] == [
        (True, "manual"),
        (False, "manual"),
    ]
    assert site.violations() == []


@pytest.mark.parametrize("how", ["another copy of the same scan", "what came late"])
def test_a_final_word_that_its_carrier_takes_back_is_told_as_corrected(how: str, site: Site, shop: Merchant) -> None:
    it = told(site, shop)
    if how == "another copy of the same scan":
        final = it.event("delivered", ago=5)
        other = replace(it.event("in_transit", ago=9), event_id=final.event_id)
    else:
        final, other = it.event("cancelled", "cancelled_by_carrier", ago=5), it.event("failed", "lost", ago=9)
    it.tell(it.event("picked_up", ago=90), final)
    assert it.shown()["status"] == final.status
    it.tell(other)
    assert it.shown()["status"] == other.status
    assert it.messages()[-2:] == ["shipment.status_changed", "shipment.status_corrected"]
    assert it.messages().count("shipment.status_corrected") == 1
    assert site.violations() == []


def test_nobody_takes_the_place_of_a_persons_word_by_its_name(site: Site, shop: Merchant) -> None:
    it = told(site, shop)
    it.tell(it.event("picked_up", ago=90))
    named = correct(it, status="delivered", reason="delivered_signed")["id"]
    booking = next(
        each["id"] for each in shop.get(f"/v1/shipments/{it.id}/events")["data"] if each["source"] == "gateway"
    )
    for name in (f"correction:{named}", booking):
        it.tell(replace(it.event("in_transit", ago=500), event_id=name))
    assert it.shown()["status"] == "delivered"
    events = {each["id"]: each["source"] for each in shop.get(f"/v1/shipments/{it.id}/events")["data"]}
    assert (events[f"correction:{named}"], events[booking]) == ("manual", "gateway"), "nothing is deleted"
    assert {name for name, source in events.items() if source == "scan" and name.startswith("told:")} == {
        f"told:correction:{named}",
        f"told:{booking}",
    }
    assert site.violations() == []


def test_the_carriers_next_scan_goes_on_from_a_correction(site: Site, shop: Merchant) -> None:
    it = told(site, shop)
    it.tell(it.event("picked_up", ago=90), it.event("delivered", ago=10))
    correct(it)
    it.tell(it.event("out_for_delivery", ago=5))
    assert it.shown()["status"] == "in_transit", "it happened before the correction"
    site.clock.advance(hours=1)
    it.tell(it.event("delivered"))
    assert it.shown()["status"] == "delivered"
    assert site.violations() == []


def test_a_correction_settles_a_conflict_and_its_case(site: Site, shop: Merchant) -> None:
    it = told(site, shop)
    it.tell(it.event("returned", ago=20), it.event("delivered", ago=10))
    assert it.shown()["status_conflict"]
    assert ("status_conflict", "open") in it.cases()
    correct(it, status="delivered", reason="delivered_to_recipient")
    assert not it.shown()["status_conflict"]
    assert ("status_conflict", "closed") in it.cases()


def test_a_parcel_that_is_not_of_the_shipment_is_pointed_at(site: Site, shop: Merchant) -> None:
    it = told(site, shop)
    answer = shop.call("POST", f"/v1/shipments/{it.id}/corrections", {**WORD, "parcel": "NOBODYS"})
    assert answer.status_code == 422
    assert [error["pointer"] for error in (answer.json or {})["errors"]] == ["/parcel"]
    assert shop.get(f"/v1/shipments/{it.id}/corrections") == {"data": []}


def test_nothing_is_corrected_that_was_never_booked(site: Site, shop: Merchant) -> None:
    shop.account("sandbox-1", site.carrier("sandbox"))
    refused = shop.book(reference="never-sim911")
    assert refused.status_code == 422
    (failed,) = shop.get("/v1/shipments?reference=never-sim911")["data"]
    answer = shop.call("POST", f"/v1/shipments/{failed['id']}/corrections", WORD)
    assert (answer.status_code, (answer.json or {})["code"]) == (409, "conflict")
