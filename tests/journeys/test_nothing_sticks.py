"""Nothing stays half done for ever, and one broken part is nobody else's trouble."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

from carriers.base.simulator import Fault, FaultKind
from gateway.services.quotes import QuoteAsk
from gateway.services.shipments import BookAsk
from tests.journeys.scans import parcel
from tests.journeys.site import ORDER, Merchant, Site


def test_a_shipment_whose_process_died_before_its_first_tender_is_booked_by_the_worker(
    site: Site, shop: Merchant
) -> None:
    shop.account("sandbox-1", site.carrier("sandbox"))
    made = shop.booked(reference="template")
    quoted = site.services.shipments.get(shop.id, "test", made["id"]).shipment.shipment
    quote = site.services.quotes.quote(shop.id, "test", QuoteAsk(shipment=replace(quoted, reference="stranded")))
    shipments, ask = site.services.shipments, BookAsk(quote_id=quote.id, reference="stranded")
    with site.services.store.work() as uow:  # what a process has done when it dies right after beginning
        begun = shipments._begin(uow, shop.id, "test", ask, shipments._chosen(shop.id, "test", ask))
        uow.commit()
    site.work()
    assert shop.shipment(begun.id)["state"] == "booking", "somebody may still be at it"
    site.work(seconds=3)
    assert shop.shipment(begun.id)["state"] == "booked"
    assert len(site.active(shop.shipment(begun.id))) == 1


def test_a_cancellation_the_carrier_never_answers_goes_to_a_person_and_ends(site: Site, shop: Merchant) -> None:
    sandbox = site.carrier("sandbox")
    shop.account("sandbox-1", sandbox, without=["track"])
    shipment = shop.booked()
    sandbox.simulator.faults.add(Fault(kind=FaultKind.STATUS_500, operation="cancel", times=-1))
    answer = shop.call("POST", f"/v1/shipments/{shipment['id']}/cancel")
    assert (answer.status_code, (answer.json or {})["state"]) == (202, "cancelling")
    for _ in range(8):
        site.work(minutes=20)
    assert [case["kind"] for case in shop.shipment(shipment["id"])["cases"]] == ["recall_open"]
    for _ in range(13):
        site.work(hours=6)
    after = shop.shipment(shipment["id"])
    assert after["state"] == "booked"
    assert "gave up after 3 days" in after["why"]
    assert [case["kind"] for case in after["cases"] if case["state"] == "open"] == [
        "promise_at_risk",
        "recall_refused",
    ]
    asked = len(sandbox.simulator.calls)
    site.work(days=2)
    assert len(sandbox.simulator.calls) == asked, "nobody asks any more"


def test_an_account_that_breaks_its_adapter_is_named_and_the_others_quote(site: Site, shop: Merchant) -> None:
    shop.account("sandbox-1", site.carrier("sandbox"))
    broken = shop.account("uber-1", site.carrier("uber_direct"))
    with site.services.store.work() as uow:
        account = uow.accounts.get(shop.id, broken)
        assert account is not None
        uow.accounts.replace(replace(account, options={}, version=account.version + 1))
        uow.commit()
    order = {
        **ORDER,
        "origin": {**ORDER["origin"], "country": "US"},
        "destination": {**ORDER["destination"], "country": "US"},
    }
    answer = shop.call("POST", "/v1/quotes", order)
    assert answer.status_code == 201, answer.text
    results = {each["account"]: each for each in (answer.json or {})["carrier_results"]}
    assert results["sandbox-1"]["state"] == "ok"
    assert results["uber-1"]["state"] == "error"
    assert "customer_id" in results["uber-1"]["why"], "what it lacks is said in words"


def test_proof_is_asked_for_once_it_is_delivered(site: Site, shop: Merchant) -> None:
    sandbox = site.carrier("sandbox")
    shop.account("sandbox-1", sandbox)
    shipment = shop.booked()
    sandbox.simulator.move(shipment["tracking_number"].removesuffix("-1"), "DELIVERED")
    site.work(minutes=16)
    site.work(minutes=16)
    after = shop.shipment(shipment["id"])
    assert after["status"] == "delivered"
    assert after["proof_of_delivery"]


def test_a_delivered_parcel_is_not_cancelled(site: Site, shop: Merchant) -> None:
    sandbox = site.carrier("sandbox")
    shop.account("sandbox-1", sandbox)
    shipment = shop.booked()
    sandbox.simulator.move(shipment["tracking_number"].removesuffix("-1"), "DELIVERED")
    site.work(minutes=16)
    answer = shop.call("POST", f"/v1/shipments/{shipment['id']}/cancel")
    assert (answer.status_code, (answer.json or {})["code"]) == (409, "too_late")
    assert shop.shipment(shipment["id"])["state"] == "booked"


def test_an_account_that_breaks_its_adapter_is_not_polled_and_the_others_are(site: Site, shop: Merchant) -> None:
    sandbox, doomed = site.carrier("sandbox"), site.carrier("bring")
    shop.account("sandbox-1", sandbox)
    good = shop.booked()
    bring = shop.account("bring-1", doomed)
    answer = shop.call("POST", "/v1/trackers", {"account": "bring-1", "tracking_number": "370000000000000001"})
    assert answer.status_code == 201, answer.text
    with site.services.store.work() as uow:
        account = uow.accounts.get(shop.id, bring)
        assert account is not None
        gone = replace(account, carrier="no_longer_installed", version=account.version + 1)
        uow.accounts.replace(gone)
        uow.commit()
    sandbox.simulator.move(good["tracking_number"].removesuffix("-1"), "DELIVERED")
    site.work(minutes=16)
    assert shop.shipment(good["id"])["status"] == "delivered"
    assert shop.get(f"/v1/trackers/{(answer.json or {})['id']}")["status"] == "unknown"


def test_a_carrier_that_contradicts_itself_is_shown_and_a_person_looks(site: Site, shop: Merchant) -> None:
    sent = parcel(site, shop)
    site.clock.advance(hours=2)
    delivered = json.loads(sent.scans()[-1])
    goods = delivered["shipment"]
    later = (datetime.fromisoformat(goods["events"][0]["at"]) + timedelta(minutes=30)).isoformat()
    lost = {**goods, "events": [{**goods["events"][0], "id": "gone", "code": "LOST", "detail": None, "at": later}]}
    sent.push(json.dumps(delivered).encode(), json.dumps({**delivered, "id": "w2", "shipment": lost}).encode())
    site.work()
    shown = sent.shown()
    assert (shown["status"], shown["status_conflict"]) == ("delivered", True), "the first final word holds"
    assert [(case["kind"], case["state"]) for case in shown["cases"]] == [("status_conflict", "open")]


def test_what_is_said_at_booking_is_laid_over_what_the_quote_said(site: Site, shop: Merchant) -> None:
    shop.account("sandbox-1", site.carrier("sandbox"))
    quote = shop.call("POST", "/v1/quotes", {**ORDER, "metadata": {"cart": "7", "channel": "web"}}).json or {}
    wanted = {"quote_id": quote["id"], "metadata": {"channel": "phone"}}
    booked = shop.call("POST", "/v1/shipments", wanted, Idempotency_Key="laid-over").json or {}
    assert booked["metadata"] == {"cart": "7", "channel": "phone"}
