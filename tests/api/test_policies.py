"""Policies over HTTP: versions and stages, dry runs, and what decisions tell."""

from typing import Any

import pytest
from sqlalchemy import func, select

from carriers.base.simulator import RunningSimulator
from gateway.api import examples
from gateway.storage.tables.base import table_of
from gateway.storage.tables.quotes import QuoteRow
from tests.api.world import Json, Merchant, fresh, pointers, problem

NAME = "/v1/policies/default"
QUOTES = table_of(QuoteRow)
CHEAPEST: Json = {"currency": "NOK", "score": {}}
DROPS_SANDBOX: Json = {
    "currency": "NOK",
    "rules": [
        {
            "name": "not the sandbox",
            "when": {"field": "rate.carrier", "op": "is", "value": "sandbox"},
            "then": {"do": "drop"},
        }
    ],
}
FALLBACK = [{"name": "Standard delivery", "minor": 9900, "within_hours": 72}]


def stages(answer: Any) -> tuple[int, str, int | None, int | None]:
    found = answer.get_json()
    assert answer.status_code == 200, answer.text
    return found["version"], found["stage"], found["live_version"], found["shadow_version"]


def publish(merchant: Merchant, version: int, stage: str) -> Any:
    return merchant.post(f"{NAME}/publish", {"version": version, "stage": stage})


def quoted(merchant: Merchant, **more: Any) -> Json:
    answer = merchant.post("/v1/quotes", {**examples.QUOTE, **more})
    assert answer.status_code == 201, answer.text
    found: Json = answer.get_json()
    return found


def test_a_version_is_a_draft_on_trial_live_and_rolled_back(newcomer: Merchant) -> None:
    assert stages(newcomer.get(NAME)) == (0, "live", 0, None)
    assert stages(newcomer.put(NAME, {"data": CHEAPEST, "stage": "draft"})) == (1, "draft", 0, None)
    assert stages(newcomer.get(NAME, version=0)) == (0, "live", 0, None)
    assert stages(publish(newcomer, 1, "shadow")) == (1, "shadow", 0, 1)
    assert stages(publish(newcomer, 1, "live")) == (1, "live", 1, None)
    assert stages(newcomer.put(NAME, {"data": DROPS_SANDBOX, "stage": "shadow"})) == (2, "shadow", 1, 2)
    assert stages(publish(newcomer, 2, "draft")) == (2, "draft", 1, None)
    assert stages(newcomer.put(NAME, {"data": DROPS_SANDBOX})) == (3, "live", 3, None)
    assert stages(publish(newcomer, 1, "live")) == (1, "live", 1, None)
    assert stages(publish(newcomer, 0, "live")) == (0, "live", 0, None)
    assert stages(newcomer.get(NAME)) == (3, "draft", 0, None)


def test_what_decides_cannot_be_taken_away_and_versions_must_exist(newcomer: Merchant) -> None:
    problem(publish(newcomer, 0, "draft"), 409, "conflict")
    problem(publish(newcomer, 7, "live"), 404, "not_found")
    made = newcomer.put("/v1/policies/mine", {"data": CHEAPEST, "stage": "draft"})
    assert made.get_json()["live_version"] is None
    answer = newcomer.post("/v1/quotes", {**examples.QUOTE, "policy": "mine"})
    assert problem(answer, 422, "invalid")["errors"][0]["message"] == "policy 'mine' has only drafts"
    first_on_trial = newcomer.put("/v1/policies/yours", {"data": CHEAPEST, "stage": "shadow"})
    problem(first_on_trial, 409, "conflict")
    problem(newcomer.get("/v1/policies/yours"), 404, "not_found")


BAD: list[tuple[Json, str, str]] = [
    ({"field": "shipment.wait", "op": "above", "value": 1}, "/field", "unknown_field"),
    ({"field": "shipment.weight", "op": "heavier", "value": 1}, "/op", "unknown_operator"),
    ({"field": "shipment.weight", "op": "above", "value": 1, "unit": "stone"}, "/unit", "unknown_unit"),
    ({"field": "shipment.value", "op": "above", "value": 1, "unit": "USD"}, "/unit", "no_exchange_rate"),
    ({"field": "now.time", "op": "between", "value": ["18:00", "09:00"]}, "/value", "impossible"),
    (
        {"all": [{"field": "rate.account", "op": "is", "value": name} for name in ("a", "b")]},
        "",
        "impossible",
    ),
]


@pytest.mark.parametrize(("when", "where", "code"), BAD)
def test_a_bad_policy_is_refused_with_a_pointer_and_the_live_one_stays(
    when: Json, where: str, code: str, merchant: Merchant
) -> None:
    merchant.put(NAME, {"data": CHEAPEST})
    data = {**CHEAPEST, "rules": [{"name": "x", "when": when, "then": {"do": "drop"}}]}
    refused = problem(merchant.put(NAME, {"data": data}), 422, "invalid")
    assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [(f"/data/rules/0/when{where}", code)]
    assert refused["errors"][0]["message"]
    assert stages(merchant.get(NAME)) == (1, "live", 1, None)
    assert quoted(merchant)["policy_version"] == 1


def test_names_that_mean_nothing_are_told_and_kept(newcomer: Merchant) -> None:
    newcomer.post("/v1/accounts", examples.ACCOUNT)
    newcomer.post("/v1/facilities", {**examples.FACILITY, "accounts": {}})
    there, zone, house = examples.ACCOUNT["name"], "oslo", examples.FACILITY["code"]
    data = {
        "currency": "NOK",
        "cover": {there: 1000, "a/b": 5},
        "rules": [
            {"kind": "prefer_accounts", "accounts": [there, f"{there}x"], "bonus_minor": 5},
            {"kind": "zone", "never": [zone, "osl"], "accounts": [there]},
            {
                "name": "group",
                "match": "first",
                "rules": [
                    {
                        "name": "far",
                        "when": {
                            "all": [
                                {"field": "origin.facility", "op": "in", "value": [house, "nowhere"]},
                                {"not": {"field": "rate.carrier", "op": "is", "value": "sandbocks"}},
                                {"field": "rate.account", "op": "starts_with", "value": [there[:3], "zz"]},
                            ]
                        },
                        "then": {"do": "drop"},
                    }
                ],
            },
        ],
        "fallback": [{"name": "x", "minor": 1, "when": {"field": "destination.zone", "op": "is", "value": "moon"}}],
    }
    told = newcomer.put("/v1/policies/mine", {"data": data})
    assert told.status_code == 200, told.text
    rule = "/data/rules/2/rules/0/when/all"
    assert [(each["pointer"], each["code"]) for each in told.get_json()["warnings"]] == [
        ("/data/cover/a~1b", "unknown_account"),
        ("/data/rules/0/accounts/1", "unknown_account"),
        ("/data/rules/1/never/1", "unknown_zone"),
        (f"{rule}/0/value/1", "unknown_facility"),
        (f"{rule}/1/not/value", "unknown_carrier"),
        (f"{rule}/2/value/1", "unknown_account"),
        ("/data/fallback/0/when/value", "unknown_zone"),
    ]
    assert f"did you mean '{there}'?" in told.get_json()["warnings"][1]["message"]
    assert newcomer.get("/v1/policies/mine").get_json()["warnings"] == told.get_json()["warnings"]
    tried = newcomer.post("/v1/policies/mine/evaluate", {"shipment": examples.QUOTE, "data": data})
    assert tried.get_json()["warnings"] == told.get_json()["warnings"]


def test_caps_that_leave_bookings_to_nobody_are_told(newcomer: Merchant) -> None:
    for name in ("north", "south"):
        newcomer.post("/v1/accounts", {**examples.ACCOUNT, "name": name})
    rules = [{"name": "at most", "then": {"do": "cap_share", "percent": 30}}]
    told = newcomer.put("/v1/policies/capped", {"data": {"currency": "NOK", "rules": rules}}).get_json()
    assert [(each["pointer"], each["code"]) for each in told["warnings"]] == [("/data/rules/0", "shares_below_all")]
    assert "in test that are not paused (2) may together have 60 %" in told["warnings"][0]["message"]
    newcomer.post("/v1/accounts", {**examples.ACCOUNT, "name": "third"})
    newcomer.post("/v1/accounts", {**examples.ACCOUNT, "name": "fourth"})
    assert newcomer.get("/v1/policies/capped").get_json()["warnings"] == []


def test_a_policy_that_is_always_empty_is_refused(newcomer: Merchant) -> None:
    data = {"currency": "NOK", "rules": [{"name": "all", "then": {"do": "drop"}}]}
    refused = problem(newcomer.put(NAME, {"data": data}), 422, "invalid")
    assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [("/data/rules/0", "always_empty")]


def test_a_policy_on_trial_is_judged_beside_and_changes_nothing(merchant: Merchant) -> None:
    merchant.put(NAME, {"data": CHEAPEST})
    merchant.put(NAME, {"data": DROPS_SANDBOX, "stage": "shadow"})
    booked = merchant.book({**examples.BOOK, "policy": "default", "reference": fresh("order")})
    assert booked["policy_version"] == 1
    decision = merchant.get(f"/v1/shipments/{booked['id']}/decision").get_json()
    assert decision["policy_version"] == 1
    assert decision["shadow"]["policy_version"] == 2
    assert {place["rank"] for place in decision["shadow"]["offers"]} == {None}
    assert {place["offer_id"] for place in decision["shadow"]["offers"]} == {each["id"] for each in decision["offers"]}
    assert all("carrier is sandbox" in place["why"] for place in decision["shadow"]["offers"])
    assert "Version 2, on trial without effect, would have left no offer." in decision["sentences"]


def test_a_policy_that_leaves_nothing_says_why_each_offer_fell(merchant: Merchant) -> None:
    merchant.put(NAME, {"data": DROPS_SANDBOX})
    empty = quoted(merchant)
    assert (empty["recommended_offer_id"], empty["last_resort"]) == (None, None)
    assert empty["offers"]
    assert {each["verdicts"][-1]["why"] for each in empty["offers"]} == {"dropped, because carrier is sandbox"}
    refused = merchant.post(
        "/v1/shipments", {**examples.BOOK, "policy": "default", "reference": fresh("order")}, fresh("key")
    )
    told = problem(refused, 422, "no_carrier_available")
    assert "was out: not the sandbox: dropped, because carrier is sandbox." in told["detail"]


def test_the_fallback_table_is_shown_when_nothing_is_left_and_only_then(merchant: Merchant) -> None:
    merchant.put(NAME, {"data": {**CHEAPEST, "fallback": FALLBACK}})
    assert quoted(merchant)["last_resort"] is None
    merchant.put(NAME, {"data": {**DROPS_SANDBOX, "fallback": FALLBACK}})
    empty = quoted(merchant)
    assert empty["last_resort"] == {
        "name": "Standard delivery",
        "service": "standard",
        "price": {"amount": 9900, "currency": "NOK"},
        "within_hours": 72,
    }
    assert merchant.get(f"/v1/quotes/{empty['id']}").get_json() == empty


def test_a_dry_run_judges_a_shipment_and_stores_nothing(merchant: Merchant, sandbox: RunningSimulator) -> None:
    asked, before = len(sandbox.simulator.calls), _quotes(merchant)
    tried = merchant.post(f"{NAME}/evaluate", {"shipment": examples.QUOTE, "data": DROPS_SANDBOX})
    assert tried.status_code == 200, tried.text
    found = tried.get_json()
    assert (found["policy_version"], found["recommended_offer_id"]) == (None, None)
    assert found["matched_rules"] == [{"rule": "not the sandbox", "offers": len(found["offers"])}]
    assert {call.operation for call in list(sandbox.simulator.calls)[asked:]} == {"quote"}
    assert stages(merchant.get(NAME)) == (0, "live", 0, None)
    assert _quotes(merchant) == before
    quoted(merchant)
    assert _quotes(merchant) == before + 1


def _quotes(merchant: Merchant) -> int:
    """How many quotes of the merchant are stored."""
    with merchant.services.store.look() as uow:
        return int(uow._connection.scalar(select(func.count()).where(QUOTES.c.merchant_id == merchant.id)))


def test_a_dry_run_judges_a_stored_quote_without_asking_carriers(merchant: Merchant, sandbox: RunningSimulator) -> None:
    stored = quoted(merchant)
    asked = len(sandbox.simulator.calls)
    again = merchant.post(f"{NAME}/evaluate", {"quote_id": stored["id"]}).get_json()
    assert again["recommended_offer_id"] == stored["recommended_offer_id"]
    assert [(each["id"], each["rank"], each["score"]) for each in again["offers"]] == [
        (each["id"], each["rank"], each["score"]) for each in stored["offers"]
    ]
    merchant.put(NAME, {"data": DROPS_SANDBOX, "stage": "draft"})
    draft = merchant.post(f"{NAME}/evaluate", {"quote_id": stored["id"], "version": 1}).get_json()
    assert (draft["policy_version"], draft["recommended_offer_id"]) == (1, None)
    assert merchant.get(f"/v1/quotes/{stored['id']}").get_json() == stored
    assert len(sandbox.simulator.calls) == asked


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, ["/quote_id"]),
        ({"shipment": examples.QUOTE, "quote_id": "qte_1"}, ["/quote_id"]),
        ({"quote_id": "qte_1", "version": 1, "data": CHEAPEST}, ["/data"]),
        ({"quote_id": "qte_1", "data": {"currency": "NOK", "rules": []}}, ["/data/rules"]),
        ({"quote_id": "shp_1"}, ["/quote_id"]),
        ({"shipment": {**examples.QUOTE, "policy": "cheapest"}}, ["/shipment/policy"]),
        ({"shipment": {**examples.QUOTE, "parcels": []}}, ["/shipment/parcels"]),
    ],
)
def test_a_dry_run_of_nonsense_is_pointed_at(body: Json, where: list[str], newcomer: Merchant) -> None:
    assert pointers(newcomer.post(f"{NAME}/evaluate", body)) == where


def test_a_dry_run_of_what_is_not_there_is_not_found(newcomer: Merchant) -> None:
    problem(newcomer.post(f"{NAME}/evaluate", {"quote_id": "qte_1"}), 404, "not_found")
    problem(newcomer.post(f"{NAME}/evaluate", {"shipment": examples.QUOTE, "version": 9}), 404, "not_found")
    problem(newcomer.post("/v1/policies/none/evaluate", {"shipment": examples.QUOTE}), 404, "not_found")


def test_a_decision_tells_the_runner_up_and_by_how_much_it_lost(merchant: Merchant) -> None:
    data = {"currency": "NOK", "score": {"value_per_hour_minor": 100, "without_promise_minor": 9000}}
    merchant.put(NAME, {"data": data})
    booked = merchant.book({**examples.BOOK, "policy": "default", "reference": fresh("order")})
    told = merchant.get(f"/v1/shipments/{booked['id']}/decision").get_json()
    first, second = told["offers"][:2]
    assert told["chosen_offer_id"] == first["id"]
    assert told["runner_up"]["offer_id"] == second["id"]
    assert told["runner_up"]["lost_by"] == {"amount": second["score"] - first["score"], "currency": "NOK"}
    assert sum(each["penalty"] for each in told["runner_up"]["over"]) == second["score"] - first["score"]
    for each in (first, second):
        assert [part["part"] for part in each["score_parts"]] == ["price", "time"]
        assert sum(part["penalty"] for part in each["score_parts"]) == each["score"]
    assert told["sentences"][0].startswith("Policy default, version 1, judged ")
    assert any(sentence.startswith(f"{first['account']} (") and "took it" in sentence for sentence in told["sentences"])
    assert any(sentence.startswith("Runner-up is ") for sentence in told["sentences"])
    assert told["tenders"][0]["state"] == "accepted"


def test_what_a_policy_requires_reaches_the_carrier(merchant: Merchant) -> None:
    data = {
        "currency": "NOK",
        "rules": [{"name": "signed for", "then": {"do": "require", "needs": ["signature"]}}],
    }
    merchant.put(NAME, {"data": data})
    stored = quoted(merchant, requirements={})
    kept = merchant.services.quotes.get(merchant.id, merchant.mode, stored["id"])
    assert kept.shipment.requirements.signature
    assert quoted(merchant, requirements={}, policy="cheapest")["policy"] == "cheapest"


def test_the_buyers_price_is_marked_up_and_the_carriers_is_not(merchant: Merchant) -> None:
    markup = {"name": "handling", "then": {"do": "markup", "minor": 1500}}
    merchant.put(NAME, {"data": {"currency": "NOK", "rules": [markup]}})
    for each in quoted(merchant)["offers"]:
        if each["eligible"] and each["price"]["currency"] == "NOK":
            assert each["shown_price"]["amount"] == each["price"]["amount"] + 1500
            assert each["score"] == each["price"]["amount"]


def test_the_page_about_policies_names_every_word(merchant: Merchant) -> None:
    text = merchant.client.get("/docs/policies").text
    for word in ("rate.price", "starts_with", "cap_share", "redelivery_minor", "Peak season", "no_crowd", "14:00"):
        assert (word in text) is (word != "no_crowd"), word


def test_a_card_on_trial_that_cannot_be_read_is_pointed_at(newcomer: Merchant) -> None:
    asked = {**examples.BACKTEST, "rate_card": {"account": "sandbox", "text": "no card"}}
    answer = newcomer.post(f"{NAME}/backtest", asked, fresh("key"))
    assert pointers(answer) == ["/rate_card/text"]
    assert "line 1: a section such as [prices] comes first" in answer.text


def test_a_backtest_is_told_as_a_page_once_it_is_done(newcomer: Merchant) -> None:
    made = newcomer.post(f"{NAME}/backtest", examples.BACKTEST, fresh("key")).json
    assert made is not None
    path = f"/v1/backtests/{made['id']}/report"
    problem(newcomer.get(path), 409, "conflict")
    while waiting := newcomer.services.backtests.claim():  # others' too
        newcomer.services.backtests.work(waiting[0])
    answer = newcomer.get(path)
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    assert "nothing could be replayed" in answer.text
    assert "script" not in answer.headers["Content-Security-Policy"]
