"""A shipment's way over HTTP: every answer keeps the published contract, every mistake is pointed at."""

import pytest

from gateway.api.examples import BOOK
from gateway.api.examples_tracking import CORRECTION, WITHDRAWAL
from tests.api.world import Json, Merchant, fresh, pointers, problem


@pytest.fixture
def order() -> Json:
    return {**BOOK, "reference": fresh("order")}


def test_the_way_of_a_shipment_is_told_in_four_shapes(merchant: Merchant, order: Json) -> None:
    booked = merchant.book(order)
    way = merchant.get(f"/v1/shipments/{booked['id']}/tracking").get_json()
    assert (way["shipment_id"], way["status"]) == (booked["id"], "booked")
    assert way["promise"] == booked["promise"]
    for view in ("easypost", "aftership", "shopify"):
        assert merchant.get(f"/v1/shipments/{booked['id']}/tracking/{view}").status_code == 200
        problem(merchant.get(f"/v1/shipments/shp_x/tracking/{view}"), 404, "not_found")


def test_the_words_of_tracking_are_listed(merchant: Merchant) -> None:
    words = merchant.having("tracking:read").get("/v1/statuses").get_json()
    assert (len(words["statuses"]), len(words["reasons"])) == (17, 123)


def test_the_example_correction_is_taken_and_withdrawn(merchant: Merchant, order: Json) -> None:
    path = f"/v1/shipments/{merchant.book(order)['id']}/corrections"
    made = merchant.post(path, CORRECTION)
    assert made.status_code == 200, made.text
    assert made.get_json()["before"]["status"] == "booked"
    withdrawn = merchant.post(f"{path}/{made.get_json()['id']}/withdraw", WITHDRAWAL)
    assert withdrawn.get_json()["withdrawn"]["why"] == WITHDRAWAL["why"]
    assert [each["id"] for each in merchant.get(path).get_json()["data"]] == [made.get_json()["id"]]


def test_a_correction_says_who_and_how_they_know(merchant: Merchant, order: Json) -> None:
    path = f"/v1/shipments/{merchant.book(order)['id']}/corrections"
    assert sorted(pointers(merchant.post(path, {"status": "unknown"}))) == ["/author", "/status", "/why"]
    assert pointers(merchant.post(path, {**CORRECTION, "reason": "aliens"})) == ["/reason"]
    lost = {**CORRECTION, "status": "delivered", "reason": "lost"}
    assert pointers(merchant.post(path, lost)) == ["/reason"]
    problem(merchant.having("shipments:write").post(path, CORRECTION), 403, "missing_scope")
    problem(merchant.post(f"{path}/cor_x/withdraw", WITHDRAWAL), 404, "not_found")
