"""Couriers on demand and a fleet's own software, through the whole gateway: lost answers, two tasks, one story."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from carriers.base.simulator import Fault, FaultKind, RunningSimulator, WebhookTarget
from tests.journeys.site import Merchant, Served, Site, states


def places(country: str, phone: str) -> Mapping[str, Any]:
    def address(name: str) -> Mapping[str, str]:
        town = {"city": "Town", "postal_code": "94103", "country": country, "phone": phone}
        return {"name": name, "street1": f"{name} Street 1", **town}

    return {"origin": address("Store"), "destination": address("Kari")}


HONG_KONG, UNITED_STATES = places("HK", "+85255551212"), places("US", "+18881787788")


def listens(shop: Merchant, running: RunningSimulator, served: Served) -> None:
    """Add the account, and have the carrier call its webhook."""
    account_id = shop.account(f"{running.simulator.code}-1", running)
    path = f"/v1/carriers/{account_id}/webhook"
    shop.call("PATCH", f"/v1/accounts/{account_id}", {"options": {**running.account.options, "webhook_path": path}})
    # A simulator signs for the address that it was given, as Lalamove does.
    vars(running.simulator)["options"] = {**running.simulator.options, "webhook_path": path}
    running.simulator.emitter.target = WebhookTarget(url=f"{served.url}{path}")


def test_an_order_nobody_can_look_up_waits_for_a_person_and_its_webhooks_wait_with_it(
    site: Site, shop: Merchant
) -> None:
    shop.call("PUT", "/v1/policies/default", {"data": {"currency": "HKD", "rules": [{"kind": "cheapest"}]}})
    running = site.carrier("lalamove")
    with Served(site.gateway.app) as served:
        listens(shop, running, served)
        running.simulator.faults.add(Fault(kind=FaultKind.STATUS_500_AFTER, operation="book"))
        sent = shop.book(**HONG_KONG).json or {}
        assert (sent["state"], states(sent)) == ("needs_review", ["uncertain"])
        (order,) = site.all_active()
        assert {delivery.status for delivery in running.simulator.move(order.carrier_reference, "PICKED_UP")} == {200}
        site.work()
        assert shop.shipment(sent["id"])["status"] != "picked_up"
        found = {"outcome": "booked", "carrier_reference": order.carrier_reference, "note": "seen in the portal"}
        answer = shop.call("POST", f"/v1/shipments/{sent['id']}/resolve", found, Idempotency_Key="resolve-1")
        assert answer.status_code == 200, answer.text
        site.work(minutes=10)
        assert shop.shipment(sent["id"])["status"] == "picked_up"
        assert len(site.active(shop.shipment(sent["id"]))) == 1


def test_two_tasks_are_one_delivery_and_a_lost_half_is_gone_on_with(site: Site, shop: Merchant) -> None:
    running = site.carrier("onfleet")
    with Served(site.gateway.app) as served:
        listens(shop, running, served)
        running.simulator.faults.add(Fault(kind=FaultKind.RESET_AFTER, operation="book"))
        sent = shop.booked(**UNITED_STATES)
        seen = []
        for to in ("assigned", "to_pickup", "picked_up", "out_for_delivery", "delivered", "proof"):
            site.clock.advance(minutes=6)
            assert {delivery.status for delivery in running.simulator.move(sent["tracking_number"], to)} == {200}
            site.work()
            seen.append(shop.shipment(sent["id"])["status"])
        assert seen == ["assigned", "pickup_in_progress", "picked_up", "out_for_delivery", "delivered", "delivered"]
        shown = shop.shipment(sent["id"])
        assert (shown["attempts"], shown["proof_of_delivery"]["received_by"]) == (1, "Joan P.")
        assert len(site.active(shown)) == 1
