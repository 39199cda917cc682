"""A POST happens once under one Idempotency-Key, however often it is sent."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from carriers.base.simulator import RunningSimulator
from gateway.api import examples
from tests.api.conftest import Made
from tests.api.world import Json, Merchant, contract_of, fresh, new_merchant, problem


@pytest.fixture
def order() -> Json:
    """A shipment to be booked, under a reference of its own."""
    return {**examples.BOOK, "reference": fresh("order")}


def bookings(running: RunningSimulator, shipment: Json) -> int:
    """How often the carrier was paid for a shipment's tenders."""
    active = running.simulator.ledger.view().active()
    return sum(len(active.get(tender["id"], ())) for tender in shipment["tenders"])


def test_booking_without_a_key_is_refused(merchant: Merchant, order: Json) -> None:
    body = problem(merchant.post("/v1/shipments", order), 400, "bad_header")
    assert "Idempotency-Key" in body["detail"]
    assert merchant.get("/v1/shipments", reference=order["reference"]).get_json()["data"] == []


def test_a_repeated_booking_is_answered_with_the_same_bytes(
    merchant: Merchant, sandbox: RunningSimulator, order: Json
) -> None:
    first = merchant.post("/v1/shipments", order, key="k")
    again = merchant.post("/v1/shipments", order, key="k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert again.headers["Location"] == first.headers["Location"] == f"/v1/shipments/{first.get_json()['id']}"
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert bookings(sandbox, first.get_json()) == 1


def test_the_order_of_members_and_blanks_make_no_other_body(merchant: Merchant, order: Json) -> None:
    first = merchant.post("/v1/shipments", order, key="k")
    turned = dict(reversed(order.items()))
    again = merchant.post("/v1/shipments", turned, key="k")
    assert again.data == first.data


def test_another_body_under_the_same_key_is_refused(merchant: Merchant, order: Json) -> None:
    assert merchant.post("/v1/shipments", order, key="k").status_code == 201
    other = {**order, "metadata": {"channel": "phone"}}
    problem(merchant.post("/v1/shipments", other, key="k"), 422, "idempotency_key_reused")


def test_a_key_may_be_quoted(merchant: Merchant, order: Json) -> None:
    first = merchant.post("/v1/shipments", order, key='"8e03978e-40d5-43dd-bc93-6894a57f9324"')
    again = merchant.post("/v1/shipments", order, key="8e03978e-40d5-43dd-bc93-6894a57f9324")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.data == first.data


@pytest.mark.parametrize("key", ["", '""', "k" * 256, "a b", "\xe6", "a\tb"])
def test_a_malformed_key_is_refused(key: str, merchant: Merchant, order: Json) -> None:
    answer = merchant("POST", "/v1/shipments", json=order, headers={"Idempotency-Key": key})
    problem(answer, 400, "bad_header")


def test_a_key_of_255_characters_is_taken(merchant: Merchant, order: Json) -> None:
    assert merchant.post("/v1/shipments", order, key="~" * 255).status_code == 201


def test_the_same_key_is_another_one_on_another_route_and_for_another_merchant(
    merchant: Merchant, stranger: Merchant
) -> None:
    assert merchant.post("/v1/quotes", examples.QUOTE, key="k").status_code == 201
    order = {**examples.BOOK, "reference": fresh("order")}
    assert merchant.post("/v1/shipments", order, key="k").status_code == 201
    theirs = stranger.post("/v1/quotes", examples.QUOTE, key="k")
    assert "Idempotent-Replayed" not in theirs.headers


def test_a_quote_is_repeated_when_it_has_a_key_and_made_anew_when_not(merchant: Merchant) -> None:
    first, again = (merchant.post("/v1/quotes", examples.QUOTE, key="k") for _ in range(2))
    assert again.data == first.data
    assert again.headers["Location"] == first.headers["Location"]
    anew = [merchant.post("/v1/quotes", examples.QUOTE).get_json()["id"] for _ in range(2)]
    assert len({first.get_json()["id"], *anew}) == 3


def test_what_was_refused_before_it_began_may_be_corrected_under_the_same_key(merchant: Merchant, order: Json) -> None:
    wrong = {**order, "policy": "no-such-policy"}
    problem(merchant.post("/v1/shipments", wrong, key="k"), 422, "invalid")
    assert merchant.post("/v1/shipments", order, key="k").status_code == 201


def test_a_refusal_by_every_carrier_is_repeated_and_a_new_key_tries_again(
    merchant: Merchant, sandbox: RunningSimulator, order: Json
) -> None:
    refused = {**order, "destination": {**order["destination"], "postal_code": "0911"}}
    first = merchant.post("/v1/shipments", refused, key="k1")
    body = problem(first, 422, "no_carrier_available")
    assert body["tenders"]
    assert body["tenders"][0]["state"] == "refused"
    again = merchant.post("/v1/shipments", refused, key="k1")
    assert again.data == first.data
    assert again.headers["Idempotent-Replayed"] == "true"
    booked = merchant.post("/v1/shipments", order, key="k2")
    assert booked.status_code == 201
    assert booked.get_json()["id"] == body["shipment_id"]
    assert bookings(sandbox, booked.get_json()) == 1


def test_the_same_request_from_many_threads_books_once(
    merchant: Merchant, sandbox: RunningSimulator, order: Json
) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: merchant.post("/v1/shipments", order, key="k"), range(16)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    running = [answer for answer in answers if answer.status_code == 409]
    for answer in running:
        problem(answer, 409, "still_running")
        assert int(answer.headers["Retry-After"]) > 0
    booked = {answer.get_json()["id"] for answer in answers if answer.status_code == 201}
    assert len(booked) == 1
    assert bookings(sandbox, merchant.get(f"/v1/shipments/{booked.pop()}").get_json()) == 1


def test_a_reference_names_one_living_shipment(merchant: Merchant, order: Json) -> None:
    booked = merchant.book(order)
    refused = problem(merchant.post("/v1/shipments", order, key=fresh("key")), 409, "duplicate_reference")
    assert refused["shipment_id"] == booked["id"]


def test_it_holds_on_either_database(made: Made, sandbox: RunningSimulator, order: Json) -> None:
    app = made()
    shop = new_merchant(app, contract_of(app))
    shop.with_account(sandbox)
    first, again = (shop.post("/v1/shipments", order, key="k") for _ in range(2))
    assert first.status_code == 201
    assert (again.data, again.headers["Idempotent-Replayed"]) == (first.data, "true")
    problem(shop.post("/v1/shipments", {**order, "metadata": {}}, key="k"), 422, "idempotency_key_reused")
    problem(shop.post("/v1/shipments", order, key="k2"), 409, "duplicate_reference")
    cancelled = [shop.post(f"{first.headers['Location']}/cancel", key="c") for _ in range(2)]
    assert [answer.status_code for answer in cancelled] == [200, 200]
    assert cancelled[1].data == cancelled[0].data


def test_other_posts_may_be_repeated_too(merchant: Merchant) -> None:
    tracker = {"account": "sandbox", "tracking_number": "SBX1"}
    first, again = (merchant.post("/v1/trackers", tracker, key="k") for _ in range(2))
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    account = {**examples.ACCOUNT, "name": "second"}
    first, again = (merchant.post("/v1/accounts", account, key="k") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
