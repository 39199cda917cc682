"""One search over all carriers, and booking to the point that was chosen: at its carrier or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from carriers.base import Address, Carrier, OpeningHours, ServicePoint
from carriers.base.registry import installed
from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from carriers.sandbox.adapter import Sandbox
from tests.journeys.fleet import add_fleet
from tests.journeys.site import ORDER, Merchant, Site

NEAR = "/v1/service-points?country=NO&postal_code=0150"


@pytest.fixture
def sandbox(site: Site, shop: Merchant) -> RunningSimulator:
    running = site.carrier("sandbox")
    shop.account("sandbox-1", running)
    return running


def results(found: Any) -> dict[str, tuple[str, str | None]]:
    return {each["account"]: (each["state"], each["code"]) for each in found["carrier_results"]}


def refused(answer: Any) -> tuple[int, str, str]:
    fault = answer.json["errors"][0]
    return answer.status_code, fault["pointer"], fault["code"]


def first(shop: Merchant) -> str:
    """The nearest of the sandbox's points."""
    return str(shop.get(f"{NEAR}&account=sandbox-1")["data"][0]["id"])


def test_points_of_all_carriers_nearest_first_and_every_account_answers(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    shop.account("sandbox-2", sandbox)
    shop.account("bring-1", site.carrier("bring"))
    add_fleet(site, shop, "vans")
    found = shop.get(f"{NEAR}&radius_m=100000&limit=100")
    points = found["data"]
    assert {point["carrier"] for point in points} == {"sandbox", "bring"}
    assert results(found) == {
        "sandbox-1": ("ok", None),
        "sandbox-2": ("ok", None),
        "bring-1": ("ok", None),
        "vans": ("ineligible", "ineligible"),
    }
    known = [point["distance_m"] for point in points if point["distance_m"] is not None]
    assert known == sorted(known)
    ids = [point["id"] for point in points]
    assert len(ids) == len(set(ids))
    by_carrier = {point["carrier"]: point["accounts"] for point in points}
    assert by_carrier == {"sandbox": ["sandbox-1", "sandbox-2"], "bring": ["bring-1"]}
    monday = {"weekday": "monday", "opens": "08:00", "closes": "22:00"}
    assert monday in next(point for point in points if point["carrier"] == "sandbox")["opening_hours"]
    assert len(shop.get(f"{NEAR}&limit=2")["data"]) == 2
    assert {point["carrier"] for point in shop.get(f"{NEAR}&account=bring-1&radius_m=100000")["data"]} == {"bring"}
    assert all(point["distance_m"] <= 900 for point in shop.get(f"{NEAR}&radius_m=900&account=sandbox-1")["data"])


@pytest.mark.parametrize("kind", [FaultKind.STATUS_503, FaultKind.GARBAGE, FaultKind.HUGE, FaultKind.TIMEOUT_BEFORE])
def test_one_carriers_failure_is_nobody_elses(
    kind: FaultKind, site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    other = site.carrier("sandbox", "other")
    shop.account("other", other)
    sandbox.simulator.faults.add(Fault(kind=kind, operation="service_points", times=-1))
    found = shop.get(f"{NEAR}&deadline_ms=700")
    assert results(found)["sandbox-1"][0] in ("error", "timeout")
    assert results(found)["other"] == ("ok", None)
    assert {tuple(point["accounts"]) for point in found["data"]} == {("other",)}


def test_distances_are_computed_and_hours_made_normal_where_the_carrier_does_neither(
    site: Site, shop: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def point(name: str, latitude: float | None, distance_m: int | None = None) -> ServicePoint:
        where = Address(country="NO", latitude=latitude, longitude=latitude and 10.75)
        hours = (OpeningHours(weekday=4, opens_min=1200, closes_min=60),)
        return ServicePoint(id=name, name=name, address=where, distance_m=distance_m, opening_hours=hours)

    class Vague(Carrier):
        profile, statuses, webhook_proof = Sandbox.profile, Sandbox.statuses, Sandbox.webhook_proof

        async def service_points(self, near: Address, radius_m: int, limit: int) -> Sequence[ServicePoint]:
            return (point("far", 60.5), point("mute", None), point("b", 59.93), point("a", 59.915), point("told", 1, 5))

    patched = {**installed(), "sandbox": Vague}
    monkeypatch.setattr(site.services.pool, "_installed", lambda: patched)
    shop.account("vague", site.carrier("sandbox"))
    found = shop.get("/v1/service-points?country=NO&latitude=59.91&longitude=10.75")["data"]
    assert [(each["name"], each["distance_m"]) for each in found] == [
        ("told", 5),
        ("a", 556),
        ("b", 2224),
        ("mute", None),
    ]
    assert found[0]["opening_hours"] == [
        {"weekday": "friday", "opens": "20:00", "closes": "24:00"},
        {"weekday": "saturday", "opens": "00:00", "closes": "01:00"},
    ]


def test_a_chosen_point_binds_its_carrier(site: Site, shop: Merchant, sandbox: RunningSimulator) -> None:
    shop.account("bring-1", site.carrier("bring"))
    quoted = shop.call("POST", "/v1/quotes", {**ORDER, "service_point": first(shop)}).json or {}
    assert {offer["carrier"] for offer in quoted["offers"]} == {"sandbox"}
    told = {each["account"]: each["why"] for each in quoted["carrier_results"]}
    assert told["bring-1"] == "the chosen service point is one of sandbox"
    booked = shop.booked(service_point=first(shop))
    assert (booked["account"], booked["service"]) == ("sandbox-1", "service_point")
    job = next(iter(sandbox.simulator._jobs._by_id.values()))  # type: ignore[attr-defined]  # the sandbox's own books
    assert f"sandbox:{job.order['service_point']}" == first(shop)


def test_a_point_nobody_can_book_is_refused_with_a_pointer(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    at = "/service_point"
    for point, code in (("bring:1", "not_your_carrier"), ("nobody:1", "not_your_carrier"), ("P1", "invalid")):
        assert refused(shop.call("POST", "/v1/quotes", {**ORDER, "service_point": point})) == (422, at, code)
        assert refused(shop.book(service_point=point)) == (422, at, code)
    add_fleet(site, shop, "vans")
    answer = shop.call("POST", "/v1/quotes", {**ORDER, "service_point": "own_fleet:1"})
    assert refused(answer) == (422, at, "no_service_points")


def test_a_point_may_be_chosen_after_the_quote_if_it_is_of_the_offers_carrier(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    shop.account("bring-1", site.carrier("bring"))
    wanted = {**ORDER, "services": ["service_point", "same_day"]}
    quoted = shop.call("POST", "/v1/quotes", wanted).json or {}
    offers = {(each["carrier"], each["service"]): each["id"] for each in quoted["offers"] if each["eligible"]}
    point, at = first(shop), "/service_point"

    def book(offer: str = "", **more: object) -> Any:
        chosen = {"quote_id": quoted["id"], "service_point": point, **({"offer_id": offer} if offer else {}), **more}
        number = str(len(shop.get("/v1/shipments?limit=200")["data"])) + offer + str(more)
        return shop.call("POST", "/v1/shipments", chosen, Idempotency_Key=str(abs(hash(number))))

    assert ("bring", "service_point") in offers
    assert refused(book(offers["bring", "service_point"])) == (422, at, "point_of_another_carrier")
    assert refused(book(offers["sandbox", "same_day"])) == (422, at, "not_to_a_service_point")
    booked = book()
    assert booked.status_code == 201, booked.text
    assert ((booked.json or {})["carrier"], (booked.json or {})["service"]) == ("sandbox", "service_point")
    pinned = shop.call("POST", "/v1/quotes", {**ORDER, "service_point": point}).json or {}
    other = point[:-1] + "2"
    assert refused(book(quote_id=pinned["id"], service_point=other)) == (422, at, "not_as_quoted")


def test_a_closed_point_ends_the_failover_and_another_one_may_be_chosen(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    shop.account("sandbox-2", sandbox)
    closed = shop.book(service_point=first(shop), reference="order-sim925")
    assert closed.status_code == 422, closed.text
    told = closed.json or {}
    assert told["code"] == "no_carrier_available"
    assert "is closed, choose another" in told["detail"]
    assert [each["carrier_code"] for each in told["tenders"]] == ["service_point_closed"]
    assert sum(call.operation == "book" for call in sandbox.simulator.calls) == 1


def test_another_account_of_the_same_carrier_takes_over_when_it_is_not_the_point(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    other = site.carrier("sandbox", "other")
    shop.account("sandbox-2", other)
    shop.account("bring-1", site.carrier("bring"))
    for running in (sandbox, other):
        running.simulator.faults.add(Fault(kind=FaultKind.STATUS_429, operation="book"))
    answer = shop.book(service_point=first(shop))
    assert answer.status_code == 422, answer.text
    tried = {each["account"] for each in (answer.json or {})["tenders"]}
    assert tried == {"sandbox-1", "sandbox-2"}
