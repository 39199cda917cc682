"""What is expected of a shipment in flight, and what the watch says when its story is hard to believe."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.domain.tracking import Place
from tests.journeys.site import ORDER, PARCEL, Merchant, Site
from tests.journeys.telling import told


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def test_the_eta_follows_the_carrier_and_the_promise_stays(site: Site, shop: Merchant) -> None:
    it = told(site, shop)
    first = it.shown()
    assert first["eta"]["source"] in ("carrier", "promise")
    later = at(first["promise"]["deliver_by"]) + timedelta(hours=20)
    it.tell(it.event("picked_up"), deliver_by=later)
    moved = it.shown()
    assert moved["promise"] == first["promise"]
    assert moved["eta"]["source"] == "carrier"
    assert later <= at(moved["eta"]["latest"]) < later + timedelta(minutes=5)
    assert at(moved["eta"]["earliest"]) <= at(moved["eta"]["latest"])
    assert it.messages().count("shipment.eta_changed") == 1
    it.tell(deliver_by=later + timedelta(minutes=4))  # without any event, and nobody would want to know
    assert it.shown()["eta"] == moved["eta"]
    it.tell(deliver_by=later + timedelta(hours=30))
    assert at(it.shown()["eta"]["latest"]) >= later + timedelta(hours=30)
    assert it.messages().count("shipment.eta_changed") == 2
    it.tell(it.event("delivered"))
    assert (it.shown()["eta"], it.shown()["promise"]) == (None, first["promise"])
    assert site.violations() == []


def test_the_promise_is_that_of_the_offer_the_buyer_chose(site: Site, shop: Merchant) -> None:
    shop.account("sandbox-1", site.carrier("sandbox"))
    quoted = shop.call("POST", "/v1/quotes", dict(ORDER)).json or {}
    chosen = next(offer for offer in quoted["offers"] if offer["id"] == quoted["recommended_offer_id"])
    site.clock.advance(minutes=3)
    booked = shop.call(
        "POST", "/v1/shipments", {"quote_id": quoted["id"], "offer_id": chosen["id"]}, Idempotency_Key="chosen"
    )
    assert (booked.json or {})["promise"] == {"deliver_by": chosen["deliver_by"]}


def test_a_promise_that_will_be_broken_is_told_once_and_settled_by_the_delivery(site: Site, shop: Merchant) -> None:
    it = told(site, shop)
    promise = at(it.booked["promise"]["deliver_by"])
    it.tell(it.event("picked_up"), deliver_by=promise + timedelta(hours=5))
    assert it.shown()["alarms"] == ["promise_at_risk"]
    it.tell(it.event("in_transit"), deliver_by=promise + timedelta(hours=9))
    site.work(minutes=40)
    assert it.messages().count("shipment.promise_at_risk") == 1
    assert it.cases() == [("promise_at_risk", "open")]
    it.tell(it.event("delivered"))
    assert it.shown()["alarms"] == []
    assert it.cases() == [("promise_at_risk", "closed")]


def test_a_silent_shipment_is_stuck_once_and_the_next_event_settles_it(site: Site, shop: Merchant) -> None:
    it = told(site, shop)
    it.tell(it.event("in_transit"))
    site.work(hours=71)
    assert "stuck" not in it.shown()["alarms"]
    site.work(hours=2)
    assert "stuck" in it.shown()["alarms"]
    site.work(hours=80)
    assert it.messages().count("shipment.stuck") == 1
    it.tell(it.event("in_transit", "facility_arrival"))
    assert "stuck" not in it.shown()["alarms"]
    assert ("stuck", "closed") in it.cases()
    assert site.violations() == []


def test_what_is_not_due_is_not_looked_at(site: Site, shop: Merchant) -> None:
    it = told(site, shop)
    it.tell(it.event("in_transit"))
    assert site.services.watch.claim() == []
    it.tell(it.event("delivered", ago=-1))
    site.work(days=30)
    assert site.services.watch.claim() == []


def test_a_delivery_too_fast_and_far_away_is_doubted_once(site: Site, shop: Merchant) -> None:
    destination = {**ORDER["destination"], "latitude": 59.9139, "longitude": 10.7522}
    it = told(site, shop, destination=destination)
    there = Place(latitude=60.3913, longitude=5.3221)
    it.tell(it.event("picked_up", ago=1), it.event("delivered", "delivered_safe_place", place=there))
    assert it.shown()["alarms"] == ["too_fast", "delivered_far"]
    assert it.messages().count("shipment.delivery_doubted") == 1
    far = next(case for case in it.shown()["cases"] if case["kind"] == "delivered_far")
    assert far["why"].startswith("delivered 30")
    assert far["why"].endswith("m from the address")


def test_a_delivery_at_the_door_after_a_day_is_believed(site: Site, shop: Merchant) -> None:
    destination = {**ORDER["destination"], "latitude": 59.9139, "longitude": 10.7522}
    it = told(site, shop, destination=destination)
    near = Place(latitude=59.9141, longitude=10.7520, country="no")
    it.tell(it.event("picked_up", ago=1440), it.event("delivered", place=near))
    assert it.shown()["alarms"] == []


def test_of_three_parcels_each_is_seen_and_the_last_one_delivers(site: Site, shop: Merchant) -> None:
    it = told(site, shop, parcels=[PARCEL] * 3)
    with site.services.store.look() as uow:
        shipment = uow.shipments.get(shop.id, it.id)
    assert shipment is not None
    assert shipment.booking is not None
    numbers = shipment.booking.parcel_numbers
    assert len(numbers) == 3
    it.tell(*(it.event("out_for_delivery", ago=60, piece=number) for number in numbers))
    it.tell(*(it.event("delivered", ago=30 - place, piece=numbers[place]) for place in (0, 1)))
    shown = it.shown()
    assert shown["status"] == "out_for_delivery"
    assert shown["delivered_at"] is None
    assert shown["recipient_sentence"].startswith("2 of 3 parcels delivered. ")
    assert [each["status"] for each in shown["parcel_statuses"]].count("delivered") == 2
    assert "shipment.parcel_status_changed" in it.messages()
    it.tell(it.event("delivered", piece=numbers[2]))
    shown = it.shown()
    assert (shown["status"], shown["phase"]) == ("delivered", "final")
    assert "of 3" not in shown["recipient_sentence"]
    assert site.violations() == []
