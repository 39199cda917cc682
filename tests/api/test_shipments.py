"""Shipments over HTTP: book, find, read, print, explain, cancel, settle."""

from typing import Any

import pytest

from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from gateway.api import examples
from tests.api.world import Json, Merchant, fresh, pointers, problem


def order(**more: Any) -> Json:
    """The example's shipment under a reference of its own."""
    return {**examples.BOOK, "reference": fresh("order"), **more}


def to(postal_code: str, **more: Any) -> Json:
    """A shipment to a postcode that makes the sandbox behave in a certain way."""
    return order(destination={**examples.BOOK["destination"], "postal_code": postal_code}, **more)


def test_a_booked_shipment_says_everything(merchant: Merchant) -> None:
    body = order()
    made = merchant.post("/v1/shipments", body, key=fresh("key"))
    booked = made.get_json()
    assert made.status_code == 201
    assert made.headers["Location"] == f"/v1/shipments/{booked['id']}"
    assert (booked["state"], booked["status"], booked["carrier"]) == ("booked", "booked", "sandbox")
    assert booked["reference"] == body["reference"]
    assert booked["parcels"][0]["value"] == body["parcels"][0]["value"]
    assert booked["tracking_number"]
    assert booked["price"]["currency"] == "NOK"
    assert isinstance(booked["price"]["amount"], int)
    assert booked["promise"]["deliver_by"]
    assert [tender["state"] for tender in booked["tenders"]] == ["accepted"]
    assert merchant.get(made.headers["Location"]).get_json() == booked


def test_a_booking_whose_answer_was_lost_is_202_until_it_is_known(unlucky: Merchant) -> None:
    made = unlucky.post("/v1/shipments", to("0924"), key=fresh("key"))
    assert made.status_code == 202
    assert made.get_json()["state"] in ("uncertain", "needs_review")
    assert made.get_json()["label"] is None
    assert made.headers["Location"] == f"/v1/shipments/{made.get_json()['id']}"
    problem(unlucky.get(f"{made.headers['Location']}/label"), 409, "conflict")


@pytest.mark.parametrize("kind", ["pdf", "zpl", "png"])
def test_a_label_is_the_same_bytes_every_time(kind: str, merchant: Merchant) -> None:
    booked = merchant.book(order(label_format=kind))
    assert booked["label"]["format"] == kind
    first, again = (merchant.get(booked["label"]["href"]) for _ in range(2))
    assert first.status_code == 200
    assert first.mimetype == {"pdf": "application/pdf", "zpl": "application/zpl", "png": "image/png"}[kind]
    assert again.data == first.data
    assert first.headers["Content-Disposition"] == f'attachment; filename="{booked["id"]}.{kind}"'
    assert merchant.get(f"/v1/shipments/{booked['id']}/label").data == first.data


def test_another_label_format_can_be_had_later(merchant: Merchant) -> None:
    booked = merchant.book(order())
    zpl = merchant.get(f"/v1/shipments/{booked['id']}/label", format="zpl")
    assert zpl.mimetype == "application/zpl"
    assert zpl.data.startswith(b"^XA")


def test_an_unknown_label_format_is_pointed_at(merchant: Merchant) -> None:
    booked = merchant.book(order())
    for wrong in ("PDF", "exe", "pdf\x00"):
        assert pointers(merchant.get(f"/v1/shipments/{booked['id']}/label", format=wrong)) == ["/format"]
    assert pointers(merchant.post("/v1/shipments", order(label_format="exe"), fresh("key"))) == ["/label_format"]


def test_the_decision_tells_every_offer_and_every_tender(merchant: Merchant) -> None:
    booked = merchant.book(order())
    decision = merchant.get(f"/v1/shipments/{booked['id']}/decision").get_json()
    assert decision["shipment_id"] == booked["id"]
    chosen = next(offer for offer in decision["offers"] if offer["id"] == decision["chosen_offer_id"])
    assert (chosen["rank"], chosen["price"]) == (1, booked["price"])
    assert decision["policy"] == "cheapest"
    assert decision["tenders"] == booked["tenders"]


def test_events_are_told_oldest_first(merchant: Merchant) -> None:
    booked = merchant.book(order())
    events = merchant.get(f"/v1/shipments/{booked['id']}/events").get_json()["data"]
    assert [event["status"] for event in events] == ["booked"]
    assert events[0]["source"] == "gateway"


def test_cancelling_is_200_and_may_be_repeated(merchant: Merchant) -> None:
    booked = merchant.book(order())
    path = f"/v1/shipments/{booked['id']}/cancel"
    first, again = merchant.post(path), merchant.post(path, key=fresh("key"))
    assert (first.status_code, first.get_json()["state"]) == (200, "cancelled")
    assert (again.status_code, again.get_json()["state"]) == (200, "cancelled")


def test_cancelling_too_late_is_a_conflict(merchant: Merchant) -> None:
    booked = merchant.book(to("0931"))
    problem(merchant.post(f"/v1/shipments/{booked['id']}/cancel"), 409, "too_late")
    assert merchant.get(f"/v1/shipments/{booked['id']}").get_json()["state"] == "booked"


def test_a_cancellation_that_is_not_known_yet_is_202(merchant: Merchant) -> None:
    booked = merchant.book(to("0932"))
    asked = merchant.post(f"/v1/shipments/{booked['id']}/cancel")
    assert (asked.status_code, asked.get_json()["state"]) == (202, "cancelling")


def test_only_what_waits_for_a_person_can_be_settled(merchant: Merchant) -> None:
    booked = merchant.book(order())
    problem(merchant.post(f"/v1/shipments/{booked['id']}/resolve", examples.RESOLVE), 409, "conflict")


def test_a_person_settles_an_unknown_outcome(unlucky: Merchant) -> None:
    unknown = unlucky.post("/v1/shipments", to("0924"), key=fresh("key")).get_json()
    number = fresh("SBX-found")
    word = {**examples.RESOLVE, "carrier_reference": number, "tracking_number": None}
    settled = unlucky.post(f"/v1/shipments/{unknown['id']}/resolve", word)
    assert settled.status_code == 200, settled.text
    assert (settled.get_json()["state"], settled.get_json()["tracking_number"]) == ("booked", number)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"outcome": "maybe"}, ["/outcome"]),
        ({"carrier_reference": None}, ["/carrier_reference"]),
        ({"carrier_reference": ""}, ["/carrier_reference"]),
        ({"note": "x"}, ["/note"]),
        ({"note": None}, ["/note"]),
    ],
)
def test_a_settlement_needs_its_facts(change: Json, where: list[str], merchant: Merchant) -> None:
    assert pointers(merchant.post("/v1/shipments/shp_x/resolve", {**examples.RESOLVE, **change})) == where


def test_a_booking_needs_a_door(merchant: Merchant) -> None:
    for side in ("origin", "destination"):
        for name in ("street1", "city", "name"):
            body = order(**{side: {**examples.BOOK[side], name: ""}})
            assert pointers(merchant.post("/v1/shipments", body, fresh("key"))) == [f"/{side}"]
    assert merchant.get("/v1/shipments").get_json()["data"] == []


def test_what_the_quote_said_is_not_said_again(merchant: Merchant) -> None:
    quote = merchant.post("/v1/quotes", examples.QUOTE).get_json()
    ids = {"quote_id": quote["id"], "offer_id": quote["recommended_offer_id"]}
    said = {
        "parcels": examples.QUOTE["parcels"],
        "ready_at": "2199-01-01T00:00:00Z",
        "services": ["same_day"],
        "requirements": {"signature": True},
        "policy": "cheapest",
        "deadline_ms": 100,
    }
    response = merchant.post("/v1/shipments", {**examples.BOOK_A_QUOTE, **ids, **said}, fresh("key"))
    assert sorted(pointers(response)) == sorted(f"/{name}" for name in said)


def test_an_offer_is_booked_or_nothing(merchant: Merchant, sandbox: RunningSimulator) -> None:
    quote = merchant.post("/v1/quotes", examples.QUOTE).get_json()
    first = {**examples.BOOK_A_QUOTE, "quote_id": quote["id"], "offer_id": quote["recommended_offer_id"]}
    sandbox.simulator.faults.add(Fault(kind=FaultKind.STATUS_429, operation="book"))
    refused = problem(
        merchant.post("/v1/shipments", {**first, "reference": fresh("order")}, fresh("key")),
        422,
        "no_carrier_available",
    )
    assert [tender["state"] for tender in refused["tenders"]] == ["unavailable"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"quote_id": "qte_none"}, 404, "not_found"),
        ({"offer_id": "off_none"}, 422, "invalid"),
        ({"quote_id": None, "offer_id": "off_none"}, 422, "invalid"),
        ({"destination": {**examples.BOOK["destination"], "postal_code": "0001"}}, 422, "invalid"),
    ],
)
def test_what_does_not_fit_the_quote_is_refused(change: Json, status: int, code: str, merchant: Merchant) -> None:
    quote = merchant.post("/v1/quotes", examples.QUOTE).get_json()
    body = {**examples.BOOK_A_QUOTE, "quote_id": quote["id"], "offer_id": quote["recommended_offer_id"], **change}
    problem(merchant.post("/v1/shipments", body, fresh("key")), status, code)


def test_shipments_are_found_by_what_people_know(merchant: Merchant) -> None:
    booked = merchant.book(order())
    merchant.book(order(destination={**examples.BOOK["destination"], "name": "Ola", "email": None, "phone": None}))
    for query in (
        {"reference": booked["reference"]},
        {"tracking_number": booked["tracking_number"]},
        {"q": "nordmann"},
        {"q": "KARI@example.com"},
        {"q": "7766"},
        {"q": booked["id"]},
    ):
        found = merchant.get("/v1/shipments", **query).get_json()
        assert [each["id"] for each in found["data"]] == [booked["id"]], query
        assert found["next_cursor"] is None
    for query in ({"status": "booked"}, {"state": "booked"}, {"account": "sandbox"}, {"q": "0354"}):
        assert len(merchant.get("/v1/shipments", **query).get_json()["data"]) == 2, query
    for query in ({"status": "delivered"}, {"state": "failed"}, {"account": "bring"}, {"reference": "none"}):
        assert merchant.get("/v1/shipments", **query).get_json()["data"] == []


def test_a_list_is_walked_by_its_links(merchant: Merchant) -> None:
    booked = [merchant.book(order(reference=f"{fresh('order')} ø&=?"))["id"] for _ in range(5)]
    seen: list[str] = []
    answer = merchant.get("/v1/shipments", limit=2, q="Kari", created_after="2020-01-01T00:00:00+01:00")
    while True:
        seen += [each["id"] for each in answer.get_json()["data"]]
        link = answer.headers.get("Link")
        assert (link is None) == (answer.get_json()["next_cursor"] is None)
        if link is None:
            break
        assert link.endswith('>; rel="next"')
        answer = merchant("GET", link[1:].partition(">")[0])
        assert answer.status_code == 200
    assert seen == booked[::-1]


def test_the_cursor_and_the_link_lead_to_the_same_page(merchant: Merchant) -> None:
    for _ in range(2):
        merchant.book(order())
    first = merchant.get("/v1/shipments", limit=1)
    by_cursor = merchant.get("/v1/shipments", limit=1, cursor=first.get_json()["next_cursor"])
    by_link = merchant("GET", first.headers["Link"][1:].partition(">")[0])
    assert by_cursor.get_json() == by_link.get_json()
