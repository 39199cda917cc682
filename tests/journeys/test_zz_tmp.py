from __future__ import annotations
import json
from typing import Any
import pytest
from carriers.base.simulator import Fault, FaultKind, WebhookTarget
from tests.journeys.site import Merchant, Served, Site, states

PLACES = {
 "lalamove": {"origin": {"name":"Store","street1":"1 Nathan Rd","city":"Kowloon","postal_code":"999077","country":"HK","phone":"+85255551212"},
              "destination":{"name":"Kari","street1":"8 Bowen Rd","city":"Central","country":"HK","postal_code":"999077","phone":"+85255551213"}},
 "onfleet": {"origin": {"name":"Store","street1":"929 Market St","city":"San Francisco","country":"US","postal_code":"94103","phone":"+18881787788"},
              "destination":{"name":"Kari","street1":"2695 East Katella","city":"Anaheim","country":"US","postal_code":"92806","phone":"+18881787789"}},
}

@pytest.mark.parametrize("code", ["lalamove","onfleet"])
def test_story(site: Site, shop: Merchant, code: str) -> None:
    running = site.carrier(code)
    with Served(site.gateway.app) as served:
        account = shop.account(code+"-1", running)
        path = f"/v1/carriers/{account}/webhook"
        if code == "lalamove":
            a = shop.call("PATCH", f"/v1/accounts/{account}", {"options": {**running.account.options, "webhook_path": path}})
            assert a.status_code == 200, a.text
        url = f"{served.url}{path}"
        sim = running.simulator
        sim.options = {**sim.options, "webhook_path": path}
        assert site.gateway.app.test_client().get(path+"?check=abc").get_data() == (b"abc" if code=="onfleet" else b"")
        sim.emitter.target = WebhookTarget(url=url)
        q = shop.call("POST", "/v1/quotes", {**PLACES[code], "parcels": [{"weight_g": 300}]})
        print(json.dumps(q.json["carrier_results"]), json.dumps([(o["verdicts"]) for o in q.json["offers"]])[:1500])
        s = shop.booked(**PLACES[code])
        pass
        ref = s["tracking_number"]
        for to in (["ON_GOING","PICKED_UP","delivered"] if code=="lalamove" else ["assigned","to_pickup","picked_up","out_for_delivery","delivered","proof"]):
            site.clock.advance(minutes=6)
            d = sim.move(ref, to)
            assert {x.status for x in d} == {200}, d
            site.work()
            now = shop.shipment(s["id"])
            print(to, now["status"], now["reason"], now.get("proof_of_delivery"))
        assert now["status"] == "delivered"
        # lost answer
        sim.faults.add(Fault(kind=FaultKind.STATUS_500_AFTER, operation="book"))
        a = shop.book(**PLACES[code])
        print(a.status_code, a.json["state"], states(a.json))
        b = site.settle(shop, a.json["id"])
        print(b["state"], states(b), b.get("why"))
        # cancel
        q = shop.call("POST", "/v1/quotes", {**PLACES[code], "parcels": [{"weight_g": 300}]})
        print(json.dumps(q.json["carrier_results"]), json.dumps([(o["verdicts"]) for o in q.json["offers"]])[:1500])
        c = shop.booked(**PLACES[code])
        a = shop.call("POST", f"/v1/shipments/{c['id']}/cancel", {}, Idempotency_Key="cancel-"+code)
        print(a.status_code, a.json["state"]); site.work(minutes=1)
        print(shop.shipment(c["id"])["state"])
