"""Everything that is known of a shipment's way, and the same in other people's words."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from gateway.domain.tracking import Leg, Place
from tests.journeys.site import PARCEL, Merchant, Site
from tests.journeys.telling import told


def test_attempts_legs_and_who_must_act_are_told(site: Site, shop: Merchant) -> None:
    it = told(site, shop)
    it.tell(
        it.event("picked_up", ago=600),
        it.event("attempt_failed", "recipient_unavailable", ago=300, place=Place(city="Oslo", country="NO")),
        it.event("exception", "address_issue", ago=200),
    )
    way = shop.get(f"/v1/shipments/{it.id}/tracking")
    assert (way["status"], way["reason"], way["attributable_to"], way["action_required_by"]) == (
        "exception",
        "address_issue",
        "recipient",
        "recipient",
    )
    assert way["last_progress_status"] == "picked_up"
    assert [(each["number"], each["status"], each["reason"]) for each in way["attempts"]] == [
        (1, "attempt_failed", "recipient_unavailable")
    ]
    back = replace(it.event("in_transit", ago=20), leg=Leg.RETURN)
    it.tell(it.event("returning", "return_after_refusal", ago=60), back)
    way = shop.get(f"/v1/shipments/{it.id}/tracking")
    assert (way["leg"], way["eta"]) == ("return", None)
    assert [(each["leg"], each["status"]) for each in way["legs"]] == [
        ("outbound", "exception"),
        ("return", "returning"),
    ]
    assert way["attributable_to"] == shop.shipment(it.id)["attributable_to"]


def test_other_peoples_words_tell_the_same_story(site: Site, shop: Merchant) -> None:
    it = told(site, shop)
    site.clock.advance(hours=12)
    there = Place(city="Oslo", country="NO", postal_code="0154", latitude=59.9, longitude=10.7)
    it.tell(
        it.event("picked_up", "origin_scan", ago=600),
        it.event("attempt_failed", "recipient_unavailable", ago=300),
        it.event("unknown", "carrier_message", ago=200),
        it.event("delivered", "delivered_neighbour", ago=10, place=there),
    )
    path = f"/v1/shipments/{it.id}/tracking"
    easypost = shop.get(f"{path}/easypost")
    assert (easypost["status"], easypost["status_detail"], easypost["finalized"]) == (
        "delivered",
        "arrived_at_destination",
        True,
    )
    assert [each["status_detail"] for each in easypost["tracking_details"]][-3:] == [
        "received_at_origin_facility",
        "delivery_exception",
        "arrived_at_destination",
    ]
    assert easypost["tracking_details"][-1]["tracking_location"]["zip"] == "0154"
    aftership = shop.get(f"{path}/aftership")
    assert (aftership["tag"], aftership["subtag"], aftership["active"]) == ("Delivered", "Delivered_005", False)
    assert aftership["checkpoints"][-1]["coordinate"] == {"latitude": 59.9, "longitude": 10.7}
    shopify = shop.get(f"{path}/shopify")
    assert [each["status"] for each in shopify["fulfillment_events"]][-3:] == [
        "CARRIER_PICKED_UP",
        "ATTEMPTED_DELIVERY",
        "DELIVERED",
    ]


def test_a_way_back_that_is_scanned_like_any_other_is_no_delivery(site: Site, shop: Merchant) -> None:
    it = told(site, shop)
    site.clock.advance(hours=12)
    it.tell(
        it.event("picked_up", ago=600),
        it.event("exception", "recipient_refused", ago=500),
        it.event("returning", ago=400),
        it.event("out_for_delivery", ago=300),
    )
    way = shop.get(f"/v1/shipments/{it.id}/tracking")
    assert [(each["leg"], each["status"]) for each in way["legs"]] == [
        ("outbound", "exception"),
        ("return", "returning"),
    ]


def test_other_peoples_words_claim_nothing_that_is_not_so(site: Site, shop: Merchant) -> None:
    it = told(site, shop, parcels=[PARCEL] * 2)
    site.clock.advance(hours=12)
    first, second = (f"SBX000001-{place}" for place in (1, 2))
    it.tell(it.event("picked_up", ago=600), it.event("delivered", ago=300, piece=first))
    assert not {"DELIVERED", "Delivered", "delivered"} & set(words(shop, it.id))
    it.tell(it.event("delivered", ago=200, piece=second), it.event("assigned", ago=100))
    for name, last in (("easypost", "delivered"), ("aftership", "Delivered"), ("shopify", "DELIVERED")):
        assert words(shop, it.id, name)[-1] == last
        assert words(shop, it.id, name).count(last) == 1


def test_a_scan_that_moves_the_others_is_not_late_behind_the_first_parcel(site: Site, shop: Merchant) -> None:
    it = told(site, shop, parcels=[PARCEL] * 2)
    site.clock.advance(hours=12)
    it.tell(it.event("picked_up", ago=600), it.event("delivered", ago=300, piece="SBX000001-1"))
    it.tell(it.event("in_transit", ago=200))
    for path in ("events", "tracking"):
        found = shop.get(f"/v1/shipments/{it.id}/{path}")
        assert [each["late"] for each in found.get("data") or found["events"]] == [False] * 4, path
    assert it.shown()["status"] == "in_transit"


def test_what_a_person_says_and_takes_back_stays_in_the_house(site: Site, shop: Merchant) -> None:
    it = told(site, shop)
    it.tell(it.event("picked_up", ago=60))
    said = {"status": "failed", "reason": "lost", "author": "Berta Secret", "why": "the depot burnt down"}
    correction = shop.call("POST", f"/v1/shipments/{it.id}/corrections", said).json or {}
    path = f"/v1/shipments/{it.id}/tracking"
    views = [shop.call("GET", f"{path}/{name}").get_data(as_text=True) for name in ("easypost", "aftership", "shopify")]
    assert words(shop, it.id)[-1] == "FAILURE"
    back = {"author": "Berta Secret", "why": "it was another depot"}
    assert shop.call("POST", f"/v1/shipments/{it.id}/corrections/{correction['id']}/withdraw", back).status_code == 200
    assert words(shop, it.id)[-1] == "CARRIER_PICKED_UP"
    shown = site.gateway.app.test_client().get(urlsplit(it.shown()["tracking_url"]).path).text
    views += [shown, *(shop.call("GET", f"{path}/{name}").get_data(as_text=True) for name in ("easypost", "shopify"))]
    assert not [each for each in views if "Berta" in each or "depot" in each]
    assert "lost" not in shown


def words(shop: Merchant, shipment_id: str, name: str = "shopify") -> list[str]:
    """Of the events in a view, oldest first."""
    events, word = {
        "easypost": ("tracking_details", "status"),
        "aftership": ("checkpoints", "tag"),
        "shopify": ("fulfillment_events", "status"),
    }[name]
    return [each[word] for each in shop.get(f"/v1/shipments/{shipment_id}/tracking/{name}")[events]]


def test_hostile_text_of_a_carrier_is_shown_as_text(site: Site, shop: Merchant) -> None:
    it = told(site, shop)
    evil = replace(it.event("in_transit"), description="<script>alert(1)</script>\u202e", carrier_code="';--")
    it.tell(evil)
    for view in ("", "/easypost", "/aftership", "/shopify"):
        answer = shop.call("GET", f"/v1/shipments/{it.id}/tracking{view}")
        assert answer.status_code == 200
        assert answer.content_type == "application/json"
        assert "<script>alert(1)</script>" in answer.get_data(as_text=True)
