"""What carriers answer to wishes for another time or place, and who may have them. On SQLite: that matters to none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from carriers.base.simulator import Fault, FaultKind
from gateway.domain.diversions import Diversion
from gateway.domain.records import ShipmentRecord
from tests.journeys.diverting import PROOF, at_sandbox, offers, page, seen, send, types, willing, wishes
from tests.journeys.scans import parcel as booked_at_sandbox
from tests.journeys.scans import scan
from tests.journeys.site import ORDER, Merchant, Site


@pytest.fixture
def site(sqlite_site: Site) -> Site:
    return sqlite_site


@pytest.fixture
def shop(shop: Merchant) -> Merchant:
    return willing(shop)


@pytest.fixture
def parcel(site: Site, shop: Merchant) -> Any:
    return at_sandbox(site, shop)


def test_the_recipient_has_it_taken_to_a_point_and_sees_where_and_when_it_is_open(
    site: Site, shop: Merchant, parcel: Any
) -> None:
    choices = page(site, parcel, "points").text
    assert "Sandbox point 2" in choices
    assert "Monday" in choices
    point = offers(shop, parcel)["service_points"][1]
    assert send(site, parcel, "points", point["id"]).status_code == 303
    after = shop.shipment(parcel["id"])
    assert after["service_point"] == f"sandbox:{point['id']}"
    shown = page(site, parcel).text
    assert "Where you collect it" in shown
    assert "Sandbox street 2" in shown
    assert "Another time" not in shown, "it waits at the point"


def test_a_later_wish_replaces_what_was_agreed_before(site: Site, shop: Merchant, parcel: Any) -> None:
    found = offers(shop, parcel)
    early, late = found["times"][1], found["times"][2]
    for time in (early, late):
        assert send(site, parcel, "times", time["id"]).status_code == 303
    assert [each["state"] for each in wishes(shop, parcel)] == ["superseded", "agreed"]
    assert shop.shipment(parcel["id"])["eta"]["latest"] == late["end"]
    assert send(site, parcel, "points", found["service_points"][1]["id"]).status_code == 303
    assert [each["state"] for each in wishes(shop, parcel)] == ["superseded", "superseded", "agreed"]
    site.work()
    after, shown = shop.shipment(parcel["id"]), page(site, parcel).text
    assert (after["eta"] or {}).get("source") != "agreed"
    assert after["promise"] == parcel["promise"]
    assert "The carrier has confirmed: Sandbox point 2." in shown
    assert "The time you chose" not in shown


def test_what_was_agreed_holds_when_a_later_wish_is_refused(site: Site, shop: Merchant, parcel: Any) -> None:
    (reference,) = (booking.carrier_reference for booking in site.active(parcel))
    found = offers(shop, parcel)
    assert send(site, parcel, "times", found["times"][1]["id"]).status_code == 303
    seen(site).advance(reference, "on_vehicle")  # which the gateway has not heard yet
    assert send(site, parcel, "points", found["service_points"][1]["id"]).status_code == 409
    assert [each["state"] for each in wishes(shop, parcel)] == ["agreed", "refused"]
    told = page(site, parcel).text.partition('id="diverted"')[2].partition("</div>")[0]
    assert told.index("The carrier has confirmed") < told.index("could not do what you asked for")


def test_what_was_agreed_to_is_expected_also_on_the_last_miles_and_after_the_promise(
    site: Site, shop: Merchant
) -> None:
    there = booked_at_sandbox(site, shop)
    parcel = shop.shipment(there.id)
    time = offers(shop, parcel)["times"][-1]
    assert send(site, parcel, "times", time["id"]).status_code == 303
    begins = datetime.fromisoformat(time["start"])
    site.work(seconds=(begins - site.clock()).total_seconds())
    there.push(scan(there.number, "out", "ON_VEHICLE", site.clock().isoformat()))
    site.work()
    shown = page(site, parcel).text
    assert "Out for delivery" in shown
    assert "The time you chose." in shown
    assert "Later than planned" not in shown
    site.work(days=1)
    assert "The carrier has confirmed" not in page(site, parcel).text, "that time is over"


def test_what_the_carrier_takes_its_time_for_is_told_when_it_has_decided(site: Site, shop: Merchant) -> None:
    shop.account("sandbox-1", site.carrier("sandbox"))
    parcel = shop.booked(reference="order-sim963")
    time = offers(shop, parcel)["times"][0]
    asked = shop.call("POST", f"/v1/shipments/{parcel['id']}/diversions", {"time": time["id"]})
    assert (asked.status_code, asked.json["state"]) == (202, "asked")
    again = shop.call("POST", f"/v1/shipments/{parcel['id']}/diversions", {"time": time["id"]})
    assert (again.status_code, again.json["id"]) == (202, asked.json["id"])
    site.work(seconds=310)
    assert [each["state"] for each in wishes(shop, parcel)] == ["agreed"]


def test_a_carrier_that_is_down_changes_nothing_and_the_page_says_so(site: Site, shop: Merchant, parcel: Any) -> None:
    seen(site).faults.add(Fault(kind=FaultKind.STATUS_503, operation="other_times", times=-1))
    away = page(site, parcel, "times")
    assert away.status_code == 503
    assert "Nothing was changed" in away.text
    assert wishes(shop, parcel) == []
    assert offers(shop, parcel)["why_no_times"]


def test_what_comes_too_late_is_refused_in_words(site: Site, shop: Merchant, parcel: Any) -> None:
    """The gateway has not heard yet that it is out for delivery; its carrier has."""
    (reference,) = (booking.carrier_reference for booking in site.active(parcel))
    time, point = offers(shop, parcel)["times"][0], offers(shop, parcel)["service_points"][0]
    seen(site).advance(reference, "on_vehicle")
    late = page(site, parcel, "times")
    assert (late.status_code, "can no longer be changed" in late.text) == (409, True)
    assert send(site, parcel, "times", time["id"]).status_code == 409
    assert "on_vehicle" in offers(shop, parcel)["why_no_times"]
    refused = send(site, parcel, "points", point["id"])
    assert (refused.status_code, "The carrier cannot do that" in refused.text) == (409, True)
    told = shop.call("POST", f"/v1/shipments/{parcel['id']}/diversions", {"service_point": point["id"]})
    assert (told.status_code, told.json["code"]) == (409, "diversion_refused")
    assert told.json["detail"] == "It is on the vehicle already."
    assert [each["state"] for each in wishes(shop, parcel)] == ["refused", "refused"]


def test_a_refusal_after_the_offer_is_told_and_nothing_changes(site: Site, shop: Merchant) -> None:
    shop.account("sandbox-1", site.carrier("sandbox"))
    parcel = shop.booked(reference="order-sim966")
    time = offers(shop, parcel)["times"][0]
    refused = send(site, parcel, "times", time["id"])
    assert refused.status_code == 409
    assert "The carrier cannot do that" in refused.text
    (wish,) = wishes(shop, parcel)
    assert (wish["state"], wish["why"]) == ("refused", "That time is no longer to be had.")
    assert "could not do what you asked for" in page(site, parcel).text


def test_a_carrier_that_never_answers_becomes_a_case_and_is_given_up(site: Site, shop: Merchant) -> None:
    shop.account("sandbox-1", site.carrier("sandbox"))
    parcel = shop.booked(reference="order-sim943")
    time = offers(shop, parcel)["times"][-1]
    seen(site).faults.add(Fault(kind=FaultKind.STATUS_500, operation="reschedule", times=-1))
    assert send(site, parcel, "times", time["id"]).status_code == 303
    for _ in range(3):
        site.work(minutes=31)
    assert [case["kind"] for case in shop.shipment(parcel["id"])["cases"]] == ["diversion_open"]
    site.work(hours=25)
    (wish,) = wishes(shop, parcel)
    assert wish["state"] == "given_up"
    assert "did not confirm what you asked for" in page(site, parcel).text
    assert "shipment.diversion_refused" in types(site, shop, parcel)


def test_an_answer_that_comes_after_the_delivery_changes_nothing(
    site: Site, shop: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = booked_at_sandbox(site, shop)
    parcel = shop.shipment(there.id)
    carrier, ask = site.services.diversions.offers, site.services.diversions.offers.divert

    def delivered_meanwhile(shipment: ShipmentRecord, wish: Diversion) -> None:
        ask(shipment, wish)
        there.push(scan(there.number, "door", "DELIVERED", site.clock().isoformat(), "RECIPIENT"))
        site.work()

    monkeypatch.setattr(carrier, "divert", delivered_meanwhile)
    assert send(site, parcel, "times", offers(shop, parcel)["times"][2]["id"]).status_code == 409
    after = shop.shipment(parcel["id"])
    assert (after["status"], after["eta"], after["cases"]) == ("delivered", None, [])
    (wish,) = wishes(shop, parcel)
    assert (wish["state"], wish["why"]) == ("given_up", "it was delivered before the carrier had answered")
    assert "shipment.rescheduled" not in types(site, shop, parcel)


def test_what_is_cancelled_meanwhile_is_nobodys_open_question(
    site: Site, shop: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.account("sandbox-1", site.carrier("sandbox"))
    parcel = shop.booked(reference="order-sim932")  # its carrier takes minutes to cancel it
    carrier, ask = site.services.diversions.offers, site.services.diversions.offers.divert

    def cancelled_meanwhile(shipment: ShipmentRecord, wish: Diversion) -> None:
        ask(shipment, wish)
        assert shop.call("POST", f"/v1/shipments/{parcel['id']}/cancel", {}).status_code == 202

    monkeypatch.setattr(carrier, "divert", cancelled_meanwhile)
    assert send(site, parcel, "times", offers(shop, parcel)["times"][2]["id"]).status_code == 409
    (wish,) = wishes(shop, parcel)
    assert (wish["state"], wish["why"]) == ("given_up", "it was cancelling before the carrier had answered")
    assert "diversion_open" not in [case["kind"] for case in shop.shipment(parcel["id"])["cases"]]


def test_only_who_knows_what_the_recipient_knows_may_ask(site: Site, shop: Merchant, parcel: Any) -> None:
    time = offers(shop, parcel)["times"][0]
    for _ in range(5):
        wrong = send(site, parcel, "times", time["id"], proof="1234")
        assert wrong.status_code == 422
        assert "That is not what we have." in wrong.text
    assert "Too many wrong tries." in send(site, parcel, "times", time["id"]).text
    assert wishes(shop, parcel) == []


def test_what_is_wrong_with_a_form_is_named(site: Site, shop: Merchant, parcel: Any) -> None:
    for choice, proof, fault in (("", PROOF, "choice"), ("2026-01-01T08", PROOF, "choice"), ("x", "", "proof")):
        refused = send(site, parcel, "times", choice, proof)
        assert refused.status_code == 422
        assert f'id="{fault}-fault"' in refused.text


def test_merchants_switch_each_off(site: Site, shop: Merchant, parcel: Any) -> None:
    assert shop.call("PUT", "/v1/brand", {"redirect": True}).status_code == 200
    shown = page(site, parcel).text
    assert "Another time" not in shown
    assert "pickup point" in shown
    assert page(site, parcel, "times").status_code == 409
    assert send(site, parcel, "times", "2026-03-04T08").status_code == 409
    assert shop.call("PUT", "/v1/brand", {}).status_code == 200
    assert "Change the delivery" not in page(site, parcel).text


def test_what_must_be_handed_over_in_person_goes_to_no_point(site: Site, shop: Merchant) -> None:
    shop.account("sandbox-1", site.carrier("sandbox"))
    parcel = shop.booked(**{**ORDER, "requirements": {"min_age": 18}})
    assert "in person" in offers(shop, parcel)["why_no_service_points"]
    shown = page(site, parcel).text
    assert "Another time" in shown
    assert "pickup point" not in shown


def test_a_carrier_without_the_role_offers_nothing(site: Site, shop: Merchant) -> None:
    shop.account("sandbox-1", site.carrier("sandbox"), without="diversions")
    parcel = shop.booked()
    assert "Change the delivery" not in page(site, parcel).text
    refused = shop.call("POST", f"/v1/shipments/{parcel['id']}/diversions", {"time": "2026-03-04T08"})
    assert (refused.status_code, refused.json["code"]) == (409, "not_divertible")
