"""Waves over HTTP: solved at once or by the worker, compared with greedy, and said in words where limits contradict."""

from typing import Any

from flask import Flask

from gateway.api.examples import ASSIGNMENT, QUOTE
from gateway.background import worker
from gateway.services.assignments import SMALL_OFFERS
from tests.api.world import Json, Merchant, fresh, pointers, problem

PATH = "/v1/assignments"


def made(merchant: Merchant, body: Json, status: int = 201, key: str = "") -> Json:
    response = merchant.post(PATH, body, key)
    assert response.status_code == status, response.text
    found: Json = response.get_json()
    assert response.headers["Location"] == f"{PATH}/{found['id']}"
    return found


def shipment(reference: str, **prices: int) -> Json:
    offers = [
        {"id": f"{reference}-{account}", "account": account, "price": {"amount": amount, "currency": "NOK"}}
        for account, amount in prices.items()
    ]
    return {"reference": reference, "offers": offers}


def test_the_example_is_assigned_and_compared_with_greedy(newcomer: Merchant) -> None:
    found = made(newcomer, ASSIGNMENT)
    assert (found["state"], found["gap"], found["progress"]) == ("optimal", 0.0, None)
    assert found["cost"] == found["bound"] == {"amount": 4901 + 4902 + 7900, "currency": "NOK"}
    assert found["greedy"] == {"cost": found["cost"], "unassigned": 0, "broken": []}
    assert [(each["shipment"], each["account"]) for each in found["assigned"]] == [
        ("order-1", "bikes"),
        ("order-2", "bikes"),
        ("order-3", "vans"),
    ]
    assert [(each["account"], each["shipments"], each["cost"]["amount"]) for each in found["accounts"]] == [
        ("bikes", 2, 9803),
        ("vans", 1, 7900),
    ]
    assert newcomer.get(f"{PATH}/{found['id']}").get_json() == found


def test_the_same_request_gives_the_same_assignment(newcomer: Merchant) -> None:
    first, second = made(newcomer, ASSIGNMENT, key="wave-1"), made(newcomer, ASSIGNMENT)
    assert made(newcomer, ASSIGNMENT, key="wave-1") == first
    assert first["assigned"] == second["assigned"]
    assert first["id"] != second["id"]


def test_limits_that_contradict_are_named_with_the_least_that_must_give_way(newcomer: Merchant) -> None:
    shipments = [shipment(f"o{number}", bikes=100) for number in range(3)]
    body = {"shipments": shipments, "capacities": [{"account": "bikes", "most": 2}], "shares": []}
    found = made(newcomer, body)
    assert found["state"] == "infeasible"
    assert found["relaxations"] == [
        {"pointer": "/capacities/0", "by": 1, "why": "bikes takes at most 2 shipments: 3 are needed"}
    ]
    assert (found["cost"]["amount"], found["greedy"]["unassigned"]) == (300, 1)
    share = made(newcomer, {"shipments": shipments, "shares": [{"account": "bikes", "most_percent": 50}]})
    (only,) = share["relaxations"]
    assert only["why"] == "bikes gets at most 50 %, which is 1 shipment: 3 are needed"


def test_limits_of_accounts_that_offer_nothing_are_told(newcomer: Merchant) -> None:
    body = {
        "shipments": [shipment("o1", bikes=100)],
        "capacities": [{"account": "bikes", "most": 0}, {"account": "bykes", "most": 3}],
        "shares": [{"account": "bikes", "most_percent": 30}],
    }
    found = made(newcomer, body)
    assert found["idle_limits"] == ["/capacities/1"]
    assert {each["pointer"]: each["by"] for each in found["relaxations"]} == {"/capacities/0": 1, "/shares/0": 1}
    assert {each["why"].rpartition(": ")[2] for each in found["relaxations"]} == {"1 is needed"}
    assert found["cost"]["amount"] == 100


def test_a_commitment_beyond_the_wave_says_how_many_are_possible(newcomer: Merchant) -> None:
    shipments = [shipment("o1", bikes=100, vans=90), shipment("o2", vans=80), {"reference": "o3", "offers": []}]
    found = made(newcomer, {"shipments": shipments, "commitments": [{"account": "bikes", "least": 5}]})
    assert found["state"] == "infeasible"
    assert [each["why"].rpartition(": ")[2] for each in found["relaxations"]] == ["only 1 is possible"]
    assert (found["cost"]["amount"], found["without_offers"]) == (180, ["o3"])


def test_a_quote_goes_once_and_prices_add_up_exactly(merchant: Merchant) -> None:
    quote = merchant.post("/v1/quotes", QUOTE).get_json()
    twice = [{"quote_id": quote["id"], "reference": name} for name in ("a", "b")]
    refused = merchant.post(PATH, {"shipments": twice})
    assert pointers(refused) == ["/shipments/1/quote_id"]
    dear = [shipment(f"o{number}", bikes=10**12) for number in range(9_008)]
    refused = merchant.post(PATH, {"shipments": dear})
    assert pointers(refused) == ["/shipments"]


def test_stored_quotes_bring_their_offers(merchant: Merchant) -> None:
    quotes = [merchant.post("/v1/quotes", {**QUOTE, "reference": fresh("cart")}).get_json() for _ in range(3)]
    body: Json = {"shipments": [{"quote_id": quote["id"]} for quote in quotes]}
    found = made(merchant, body)
    cheapest = {
        quote["reference"]: min(offer["price"]["amount"] for offer in quote["offers"] if offer["eligible"])
        for quote in quotes
    }
    assert {each["shipment"]: each["price"]["amount"] for each in found["assigned"]} == cheapest
    assert [each["quote_id"] for each in found["assigned"]] == [quote["id"] for quote in quotes]
    offered = {offer["id"] for quote in quotes for offer in quote["offers"]}
    assert {each["offer_id"] for each in found["assigned"]} <= offered


def test_a_window_counts_what_is_delivered_within_it(newcomer: Merchant) -> None:
    def timed(reference: str, hour: int) -> Json:
        early, late = shipment(reference, vans=100)["offers"][0], shipment(f"{reference}-late", vans=150)["offers"][0]
        begin = f"2026-03-02T{hour:02}:00:00Z"
        return {
            "reference": reference,
            "offers": [
                {**early, "deliver_from": begin, "deliver_by": f"2026-03-02T{hour + 2:02}:00:00Z"},
                {**late, "deliver_by": "2026-03-02T21:00:00Z"},
            ],
        }

    window = {"start": "2026-03-02T12:00:00Z", "end": "2026-03-02T16:00:00Z"}
    body = {
        "shipments": [timed("a", 12), timed("b", 13), timed("c", 15)],
        "capacities": [{"account": "vans", "most": 1, "window": window}],
    }
    found = made(newcomer, body)
    assert found["cost"]["amount"] == 100 + 150 + 100, "c comes too late to count"


def test_a_large_wave_is_the_workers(newcomer: Merchant, app: Flask) -> None:
    number = SMALL_OFFERS // 2 + 1
    shipments = [shipment(f"o{place}", bikes=100 + place % 7, vans=104) for place in range(number)]
    body = {"shipments": shipments, "capacities": [{"account": "bikes", "most": 300}]}
    waiting = made(newcomer, body, 202)
    path = f"{PATH}/{waiting['id']}"
    assert (waiting["state"], waiting["assigned"], waiting["cost"]) == ("waiting", [], None)
    loop = worker(newcomer.services)
    jobs = {job.name: job for job in loop._jobs}
    seen = []
    for record in jobs["assignments"].claim():
        newcomer.services.assignments._tell(record, "looking")
        seen.append(newcomer.get(f"{PATH}/{record.id}").get_json())
        jobs["assignments"].work(record)
    assert [(each["state"], each["progress"]) for each in seen] == [("solving", "looking")]
    done = newcomer.get(path).get_json()
    assert (done["state"], done["gap"]) == ("optimal", 0.0)
    assert len(done["assigned"]) == number
    assert {each["account"]: each["shipments"] for each in done["accounts"]}["bikes"] <= 300
    assert done["cost"]["amount"] < done["greedy"]["cost"]["amount"]
    assert not jobs["assignments"].claim()
    jobs["assignments"].park(record, "too late")
    assert newcomer.get(path).get_json()["state"] == "optimal", "what is settled stays"


def test_what_means_nothing_is_pointed_at(newcomer: Merchant) -> None:
    one = shipment("one", bikes=1)
    dollars = {"id": "x", "account": "vans", "price": {"amount": 1, "currency": "USD"}}
    wrong: list[tuple[Any, list[str]]] = [
        ({"shipments": []}, ["/shipments"]),
        ({"shipments": [{"reference": "bare"}]}, ["/shipments"]),
        ({"shipments": [one, one]}, ["/shipments/1"]),
        ({"shipments": [one, {"quote_id": "qte_x"}]}, ["/shipments/1/quote_id"]),
        ({"shipments": [{**one, "quote_id": "qte_x"}]}, ["/shipments/0/offers"]),
        ({"shipments": [{"offers": one["offers"]}]}, ["/shipments/0/reference"]),
        ({"shipments": [one, {"reference": "two", "offers": [dollars]}]}, ["/shipments/1"]),
        ({"shipments": [one], "shares": [{"account": "bikes", "most_percent": 101}]}, ["/shares/0/most_percent"]),
        ({"shipments": [one], "capacities": [{"account": "bikes", "most": -1}]}, ["/capacities/0/most"]),
    ]
    for body, expected in wrong:
        refused = newcomer.post(PATH, body)
        found = [each["pointer"] for each in problem(refused, 422, refused.get_json()["code"])["errors"]]
        assert found == expected, body
    assert pointers(newcomer.post(PATH, {"shipments": [one], "surprise": 1})) == ["/surprise"]


def test_a_shipment_without_offers_is_told_and_left_out(newcomer: Merchant) -> None:
    found = made(newcomer, {"shipments": [shipment("one", bikes=1), {"reference": "nobody"}]})
    assert found["without_offers"] == ["nobody"]
    assert [each["shipment"] for each in found["assigned"]] == ["one"]


def test_an_assignment_is_no_other_merchants(newcomer: Merchant, stranger: Merchant) -> None:
    found = made(newcomer, ASSIGNMENT)
    problem(stranger.get(f"{PATH}/{found['id']}"), 404, "not_found")
    problem(newcomer.having("shipments:read").get(f"{PATH}/{found['id']}"), 403, "missing_scope")
