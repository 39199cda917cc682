"""Ways back: booked once by policy, linked both ways, refused with a reason; and what carriers bring back unasked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from carriers.base.simulator import Fault, FaultKind
from tests.journeys.fleet import add_fleet, scan
from tests.journeys.scans import parcel as at_sandbox
from tests.journeys.scans import scan as at_once
from tests.journeys.site import Merchant, Site

ON_ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For what storage has no part in."""
LATER = {"hours": 3}


def delivered(site: Site, shop: Merchant, **more: Any) -> Any:
    """A shipment that the sandbox has delivered."""
    shipment = shop.booked(**more)
    site.work(**LATER)
    found = shop.shipment(shipment["id"])
    assert found["status"] == "delivered"
    return found


def told(number: str, code: str, at: str, detail: str = "") -> bytes:
    """A webhook of the sandbox's."""
    return at_once(number, f"{number}-{code}", code, at, detail)


def send_back(shop: Merchant, shipment_id: str, key: str = "back", **ask: object) -> Any:
    return shop.call("POST", f"/v1/shipments/{shipment_id}/return", ask, Idempotency_Key=key)


@pytest.fixture
def running(site: Site, shop: Merchant) -> Any:
    running = site.carrier("sandbox")
    shop.account("sandbox-1", running)
    return running


def test_a_delivered_shipment_goes_back_the_way_that_will_do(site: Site, shop: Merchant, running: Any) -> None:
    ways = ("pickup", "drop_off", "code")
    booked = [shop.booked() for _ in ways]
    site.work(**LATER)
    backs = []
    for way, each in zip(ways, booked, strict=True):
        out = shop.shipment(each["id"])
        answer = send_back(shop, out["id"], way, ways=[way], metadata={"reason": "too small"})
        assert answer.status_code == 201, answer.text
        back = answer.json
        assert (back["return_of"], back["return_way"], back["state"]) == (out["id"], way, "booked")
        assert (back["origin"], back["destination"]) == (out["destination"], out["origin"])
        assert back["parcels"] == out["parcels"]
        assert answer.headers["Location"] == f"/v1/shipments/{back['id']}"
        assert bool(back["drop_off_codes"]) == (way == "code")
        label = shop.call("GET", f"/v1/shipments/{back['id']}/label")
        assert (label.status_code, back["label"] is None) == ((409, True) if way == "code" else (200, False))
        assert shop.shipment(out["id"])["returns"] == [{"id": back["id"], "state": "booked", "status": "booked"}]
        backs.append(back)
    site.work(**LATER)
    for out, back in zip(booked, backs, strict=True):
        assert shop.shipment(back["id"])["status"] == "delivered"
        assert shop.shipment(out["id"])["status"] == "delivered"
        assert shop.shipment(out["id"])["returns"][0]["status"] == "delivered"


@ON_ONE_DATABASE
def test_a_return_of_which_nothing_is_heard_is_stuck_like_any_other(site: Site, shop: Merchant) -> None:
    out = at_sandbox(site, shop)
    out.push(told(out.number, "DELIVERED", site.clock().isoformat(), "RECIPIENT"))
    site.work()
    back = send_back(shop, out.id).json
    out.push(told(back["tracking_number"], "PICKED_UP", site.clock().isoformat()))
    site.work()
    assert shop.shipment(back["id"])["eta"] is not None
    site.work(hours=24 * 8)
    assert "stuck" in shop.shipment(back["id"])["alarms"]


@ON_ONE_DATABASE
def test_the_policy_chooses_among_all_ways(site: Site, shop: Merchant, running: Any) -> None:
    out = delivered(site, shop)
    back = send_back(shop, out["id"], policy="cheapest").json
    quote = shop.get(f"/v1/quotes/{back['quote_id']}")
    assert {each["carrier_service"] for each in quote["offers"]} == {"INSTANT", "SAME_DAY", "NEXT_DAY"}
    assert {each["return_way"] for each in quote["offers"]} == {"pickup", "drop_off", "code"}
    assert back["return_way"] == "drop_off"
    assert back["price"]["amount"] == min(each["price"]["amount"] for each in quote["offers"])


def test_a_return_is_booked_once_however_often_it_is_asked(site: Site, shop: Merchant, running: Any) -> None:
    out = delivered(site, shop)
    keys = ["one", "one", "one", "other", "another", "third"]
    with ThreadPoolExecutor(len(keys)) as threads:
        answers = list(threads.map(lambda key: send_back(shop, out["id"], key), keys))
    booked, refused = [], []
    for answer in answers:  # a slow machine may leave the outcome to be found out: 202
        (booked if answer.status_code in (201, 202) else refused).append(answer.json)
    (made,) = {each["id"] for each in booked}
    assert {each["code"] for each in refused} <= {"returned_already", "still_running"}
    assert {each["shipment_id"] for each in refused if each["code"] == "returned_already"} <= {made}
    site.settle(shop, made)
    assert [each["id"] for each in shop.shipment(out["id"])["returns"]] == [made]
    for key in dict.fromkeys(keys):
        again = send_back(shop, out["id"], key).json
        assert made in (again.get("id"), again.get("shipment_id"))
    assert len(site.all_active()) == 2


def test_a_lost_answer_is_found_and_paid_once(site: Site, shop: Merchant, running: Any) -> None:
    out = delivered(site, shop)
    running.simulator.faults.add(Fault(kind=FaultKind.RESET_AFTER, operation="book"))
    answer = send_back(shop, out["id"], ways=["code"])
    assert answer.status_code in (201, 202), answer.text
    back = site.settle(shop, answer.json["id"])
    assert (back["state"], back["return_of"]) == ("booked", out["id"])
    assert back["drop_off_codes"] != []
    assert len(site.active(back)) == 1


@ON_ONE_DATABASE
def test_a_refusal_goes_to_the_next_carrier(site: Site, shop: Merchant, running: Any) -> None:
    out = delivered(site, shop)
    shop.account("sandbox-2", site.carrier("sandbox", "second"))
    running.simulator.faults.add(Fault(kind=FaultKind.STATUS_429, operation="book", times=6))
    back = send_back(shop, out["id"], policy="cheapest").json
    assert (back["state"], back["account"]) == ("booked", "sandbox-2")
    assert {(each["account"], each["state"]) for each in back["tenders"]} >= {("sandbox-2", "accepted")}

    lost = delivered(site, shop)
    nobody = send_back(shop, lost["id"], "nobody", reference="back-sim911", policy="cheapest")
    assert (nobody.status_code, nobody.json["code"]) == (422, "no_carrier_available")
    assert "refused" in {each["state"] for each in nobody.json["tenders"]}
    running.simulator.faults.clear()
    assert send_back(shop, lost["id"], "again", policy="cheapest").status_code == 201
    assert [each["state"] for each in shop.shipment(lost["id"])["returns"]] == ["failed", "booked"]


@ON_ONE_DATABASE
def test_what_cannot_be_sent_back_is_refused_with_the_reason(site: Site, shop: Merchant, running: Any) -> None:
    fresh = shop.booked()
    cancelled = shop.booked()
    assert shop.call("POST", f"/v1/shipments/{cancelled['id']}/cancel").status_code == 200
    out = delivered(site, shop)
    back = send_back(shop, out["id"], "first").json
    reasons = {
        cancelled["id"]: "cancelled",
        back["id"]: f"return of {out['id']}",
        out["id"]: back["id"],
    }
    for number, (shipment_id, why) in enumerate(reasons.items()):
        answer = send_back(shop, shipment_id, f"key-{number}")
        assert (answer.status_code, why in answer.json["detail"]) == (409, True), answer.text
    assert send_back(shop, "shp_nobody", "nobody").status_code == 404
    late = shop.booked()
    early = send_back(shop, late["id"], "early")
    assert early.json["code"] == "not_returnable"
    assert "not delivered yet" in early.json["detail"]
    site.work(**LATER)
    site.clock.advance(days=31)
    over = send_back(shop, late["id"], "late")
    assert (over.status_code, "30 days" in over.json["detail"]) == (409, True)
    assert send_back(shop, fresh["id"], "fresh").status_code == 409
    assert len(site.all_active()) == 4


def test_a_cancelled_return_is_in_nobodys_way(site: Site, shop: Merchant, running: Any) -> None:
    out = delivered(site, shop)
    first = send_back(shop, out["id"], "first").json
    assert shop.call("POST", f"/v1/shipments/{first['id']}/cancel").status_code == 200
    second = send_back(shop, out["id"], "second", ways=["code"])
    assert second.status_code == 201, second.text
    assert [each["state"] for each in shop.shipment(out["id"])["returns"]] == ["cancelled", "booked"]


@ON_ONE_DATABASE
def test_a_return_that_its_carrier_called_off_is_in_nobodys_way(site: Site, shop: Merchant, running: Any) -> None:
    out = delivered(site, shop)
    first = send_back(shop, out["id"], "first", reference="back-sim946").json
    site.work(**LATER)
    called_off = shop.shipment(first["id"])
    assert (called_off["state"], called_off["status"]) == ("booked", "cancelled")
    again = send_back(shop, out["id"], "again")
    assert again.status_code == 201, again.text
    assert [(each["id"], each["state"]) for each in shop.shipment(out["id"])["returns"]] == [
        (first["id"], "cancelled"),
        (again.json["id"], "booked"),
    ]
    assert site.violations() == []
    assert send_back(shop, out["id"], "thrice").json["code"] == "returned_already"


@ON_ONE_DATABASE
def test_carriers_that_bring_nothing_back_are_not_asked(site: Site, shop: Merchant) -> None:
    shop.account("sandbox-1", site.carrier("sandbox"), without="returns")
    out = delivered(site, shop)
    answer = send_back(shop, out["id"])
    assert answer.status_code == 422
    assert answer.json["code"] == "no_carrier_available"
    assert "bring parcels back" in answer.json["detail"]


@ON_ONE_DATABASE
def test_who_sent_it_back_is_not_asked_whether_it_arrived(site: Site, shop: Merchant, running: Any) -> None:
    out = delivered(site, shop)
    back = send_back(shop, out["id"], ways=["code"]).json
    site.work(**LATER)
    assert shop.shipment(back["id"])["status"] == "delivered"
    client, path = site.gateway.app.test_client(), urlsplit(back["tracking_url"]).path
    page = client.get(path).text
    assert ('id="rating"' in page, 'id="missing"' in page) == (False, False)
    missing = {"looked": "yes", "asked": "yes", "place": "none"}
    for what, said in (("rating", {"stars": "1"}), ("missing", missing)):
        assert client.post(f"{path}/{what}", data=said, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 409
    assert shop.get("/v1/ratings")["data"] == []
    assert client.get(urlsplit(out["tracking_url"]).path).text.count('id="rating"') == 1


@ON_ONE_DATABASE
def test_own_vans_fetch_it_at_the_door(site: Site, shop: Merchant) -> None:
    add_fleet(site, shop, "vans")
    out = shop.booked()
    arrived = scan(out["tracking_number"], "e1", "delivered", site.clock().isoformat())
    shop.call("POST", "/v1/fleet/scans", {"account": "vans", "scans": [arrived]})
    back = send_back(shop, out["id"]).json
    assert (back["return_way"], back["carrier"]) == ("pickup", "own_fleet")
    for number, code in enumerate(("picked_up", "delivered")):
        at = (site.clock() + timedelta(seconds=number)).isoformat()
        shop.call(
            "POST",
            "/v1/fleet/scans",
            {"account": "vans", "scans": [scan(back["tracking_number"], f"b{number}", code, at)]},
        )
    assert shop.shipment(back["id"])["status"] == "delivered"


@ON_ONE_DATABASE
def test_what_its_carrier_brings_back_by_itself_is_the_same_shipments_way_back(site: Site, shop: Merchant) -> None:
    refused = at_sandbox(site, shop, "942", polled=True)
    price = refused.shown()["price"]
    seen = []
    for _ in range(4):
        site.work(hours=12)
        now = refused.shown()
        seen.append(now["status"])
        assert now["delivered_at"] is None
        assert now["price"] == price
        if now["status"] in ("returning", "returned"):
            answer = send_back(shop, refused.id, f"key-{now['status']}")
            assert answer.json["code"] == "not_returnable"
            assert "carrier" in answer.json["detail"]
    assert list(dict.fromkeys(seen))[-1] == "returned"
    events = refused.events()
    assert [each["leg"] for each in events if each["status"] in ("returning", "returned")] != []
    assert refused.shown()["proof_of_delivery"] is None
    assert refused.shown()["returns"] == []
