"""Outlooks of offers, emission profiles and the reliability report, over HTTP."""

from carriers.base.simulator import RunningSimulator
from gateway.api import examples
from tests.api.world import Merchant, pointers, problem


def quoted(merchant: Merchant) -> dict[str, dict]:
    answer = merchant.post("/v1/quotes", examples.QUOTE)
    assert answer.status_code == 201, answer.text
    return {offer["account"]: offer for offer in answer.get_json()["offers"]}


def test_an_offer_says_what_its_co2e_rests_on(merchant: Merchant, bring: RunningSimulator) -> None:
    merchant.with_account(bring)
    offers = quoted(merchant)
    assert offers["sandbox"]["outlook"]["co2e_tier"] == "carrier"
    assert offers["bring"]["outlook"]["co2e_tier"] == "default"
    assert offers["bring"]["co2e_g"] > 266
    assert offers["bring"]["outlook"]["p_on_time"] is None
    assert offers["bring"]["outlook"]["deliveries"] == 0


def test_an_emission_profile_changes_the_next_quote(merchant: Merchant, bring: RunningSimulator) -> None:
    account = merchant.with_account(bring)
    path = f"/v1/accounts/{account['id']}/emissions"
    own = {"vehicle_kg_per_km": 0.05, "round_km": 40, "stops": 100, "haul_km": 0, "measured": True}
    before = quoted(merchant)["bring"]["co2e_g"]
    assert merchant.put(path, own).get_json() == {"profile": own}
    assert merchant.get(path).get_json() == {"profile": own}
    changed = quoted(merchant)["bring"]
    assert (changed["co2e_g"], changed["outlook"]["co2e_tier"]) == (20, "primary")
    assert merchant.put(path, {}).get_json() == {"profile": {}}
    assert quoted(merchant)["bring"]["co2e_g"] == before > 266


def test_the_factors_are_told_with_their_sources(merchant: Merchant) -> None:
    found = merchant.get("/v1/emissions").get_json()
    assert set(found["defaults"]) == {"own", "courier", "crowd", "locker"}
    assert all(each["source"] and each["year"] for each in found["factors"])
    assert found["profile"] == {}


def test_a_profile_that_makes_no_sense_is_pointed_at(merchant: Merchant) -> None:
    assert pointers(merchant.put("/v1/emissions", {"vehicle": "zeppelin"})) == ["/vehicle"]
    assert pointers(merchant.put("/v1/emissions", {"stops": 0})) == ["/stops"]
    problem(merchant.put("/v1/accounts/acc_nobody/emissions", {}), 404, "not_found")
    problem(merchant.having("shipments:read").put("/v1/emissions", {}), 403, "missing_scope")


def test_a_report_without_deliveries_is_empty_and_a_bad_period_refused(merchant: Merchant) -> None:
    found = merchant.get("/v1/reports/reliability").get_json()
    assert (found["deliveries"], found["unpredicted"], found["slices"]) == (0, 0, [])
    backwards = merchant.get("/v1/reports/reliability", since="2026-02-01T00:00:00Z", until="2026-01-01T00:00:00Z")
    assert pointers(backwards) == ["/since"]
    assert pointers(merchant.get("/v1/reports/reliability", since="yesterday")) == ["/since"]
