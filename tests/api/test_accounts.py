"""Carriers, accounts, policies."""

import pytest

from carriers.base.registry import installed
from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from gateway.api import examples
from tests.api.world import Json, Merchant, pointers, problem


def test_every_installed_carrier_is_listed_with_what_it_can_do(newcomer: Merchant) -> None:
    listed = {carrier["code"]: carrier for carrier in newcomer.get("/v1/carriers").get_json()["data"]}
    assert set(listed) == set(installed())
    assert {"quotes", "books", "cancels"} <= set(listed["sandbox"]["capabilities"])
    assert listed["sandbox"]["limits"]["max_weight_g"] == 30000
    assert "api_key" in listed["sandbox"]["secrets"]
    assert listed["bring"]["countries"] == ["NO", "SE", "DK", "FI"]


def test_the_grade_of_a_carrier_is_the_one_that_was_computed(newcomer: Merchant) -> None:
    catalogue = newcomer.services.catalogue
    waiting = {ungraded.carrier.profile.code: ungraded for ungraded in catalogue.claim()}
    own = waiting["own_fleet"]
    newcomer.services.store.keep_grade("own_fleet", own.fingerprint, "silver")
    grades = {carrier["code"]: carrier["grade"] for carrier in newcomer.get("/v1/carriers").get_json()["data"]}
    assert grades["own_fleet"] == "silver"
    assert grades["uber_direct"] is None
    newcomer.services.store.keep_grade("own_fleet", "of other code", "gold")
    grades = {carrier["code"]: carrier["grade"] for carrier in newcomer.get("/v1/carriers").get_json()["data"]}
    assert grades["own_fleet"] is None


def test_an_account_is_added_read_changed_and_listed(newcomer: Merchant) -> None:
    made = newcomer.post("/v1/accounts", examples.ACCOUNT)
    account = made.get_json()
    assert made.headers["Location"] == f"/v1/accounts/{account['id']}"
    assert (account["mode"], account["version"], account["enabled"]) == ("test", 1, True)
    assert account["webhook_url"].endswith(f"/v1/carriers/{account['id']}/webhook")
    changed = newcomer.patch(made.headers["Location"], {"enabled": False, "secrets": {"api_key": "other"}}).get_json()
    assert (changed["version"], changed["enabled"]) == (2, False)
    assert changed["secrets"] == account["secrets"]
    assert newcomer.get(made.headers["Location"]).get_json() == changed
    assert newcomer.get("/v1/accounts").get_json()["data"] == [changed]


def test_secrets_are_never_given_back(newcomer: Merchant) -> None:
    secret = "very-secret-canary"
    body = {**examples.ACCOUNT, "secrets": {"api_key": secret}}
    answers = [newcomer.post("/v1/accounts", body, key="k") for _ in range(2)]
    location = answers[0].headers["Location"]
    answers += [newcomer.get(location), newcomer.get("/v1/accounts"), newcomer.patch(location, {"enabled": True})]
    answers.append(newcomer.post("/v1/accounts", {**body, "carrier": "none-such", "name": "x"}))
    for answer in answers:
        assert secret not in answer.text


def test_a_disabled_account_is_not_asked(merchant: Merchant) -> None:
    account = merchant.get("/v1/accounts").get_json()["data"][0]
    merchant.patch(f"/v1/accounts/{account['id']}", {"enabled": False})
    assert merchant.post("/v1/quotes", examples.QUOTE).get_json()["carrier_results"] == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"carrier": "nobody"}, ["/carrier"]),
        ({"carrier": "Sandbox"}, ["/carrier"]),
        ({"name": "Two Words"}, ["/name"]),
        ({"name": "a\n"}, ["/name"]),
        ({"secrets": {"password": "x"}}, ["/secrets/password"]),
        ({"secrets": {"api_key": ""}}, ["/secrets/api_key"]),
        ({"secrets": {"api_key": 1}}, ["/secrets/api_key"]),
        ({"secrets": {"a/b": "x"}}, ["/secrets/a~1b"]),
        ({"options": {"colour": "red"}}, ["/options/colour"]),
        ({"options": {"settle_s": "soon"}}, ["/options/settle_s"]),
        ({"options": {"without": {"find": True}}}, ["/options/without"]),
        ({"urls": {"api": "ftp://127.0.0.1"}}, ["/urls/api"]),
        ({"urls": {"api": "nonsense"}}, ["/urls/api"]),
        ({"urls": {"api": "http://127.0.0.1/" + "x" * 3000}}, ["/urls/api"]),
        ({"id": "acc_mine"}, ["/id"]),
        ({"merchant_id": "mer_other"}, ["/merchant_id"]),
        ({"mode": "live"}, ["/mode"]),
    ],
)
def test_an_account_that_makes_no_sense_is_pointed_at(change: Json, where: list[str], newcomer: Merchant) -> None:
    assert pointers(newcomer.post("/v1/accounts", {**examples.ACCOUNT, **change})) == where


def test_names_of_accounts_are_taken_once(newcomer: Merchant, stranger: Merchant) -> None:
    first = newcomer.post("/v1/accounts", examples.ACCOUNT)
    problem(newcomer.post("/v1/accounts", examples.ACCOUNT), 409, "conflict")
    assert stranger.post("/v1/accounts", examples.ACCOUNT).status_code == 201
    second = newcomer.post("/v1/accounts", {**examples.ACCOUNT, "name": "second"})
    problem(newcomer.patch(second.headers["Location"], {"name": "sandbox-oslo"}), 409, "conflict")
    assert newcomer.patch(first.headers["Location"], {"name": "sandbox-oslo"}).status_code == 200


def test_an_account_stays_with_its_carrier(newcomer: Merchant) -> None:
    made = newcomer.post("/v1/accounts", examples.ACCOUNT)
    assert pointers(newcomer.patch(made.headers["Location"], {"carrier": "bring"})) == ["/carrier"]


def test_checking_an_account_says_in_a_sentence_whether_it_works(merchant: Merchant, sandbox: RunningSimulator) -> None:
    account = merchant.get("/v1/accounts").get_json()["data"][0]
    path = f"/v1/accounts/{account['id']}/check"
    assert merchant.post(path).get_json()["ok"] is True
    sandbox.simulator.faults.add(Fault(kind=FaultKind.STATUS_500, operation="quote"))
    failed = merchant.post(path).get_json()
    assert (failed["ok"], failed["code"]) == (False, "carrier_unavailable")
    merchant.patch(f"/v1/accounts/{account['id']}", {"secrets": {"api_key": "wrong"}})
    refused = merchant.post(path).get_json()
    assert (refused["ok"], refused["code"]) == (False, "authentication_failed")
    assert "wrong" not in refused["why"]


def test_the_shipped_policies_are_version_0(newcomer: Merchant) -> None:
    for name in ("default", "cheapest", "fastest"):
        shipped = newcomer.get(f"/v1/policies/{name}")
        assert shipped.get_json()["version"] == 0
        assert shipped.headers["ETag"] == '"0"'
        assert newcomer.get(f"/v1/policies/{name}", version=0).get_json()["data"] == shipped.get_json()["data"]


def test_a_policy_is_superseded_and_old_versions_stay(newcomer: Merchant) -> None:
    first = newcomer.put("/v1/policies/default", examples.POLICY)
    assert (first.status_code, first.get_json()["version"], first.headers["ETag"]) == (200, 1, '"1"')
    dearer = {"data": {"currency": "NOK", "rules": [{"kind": "cheapest"}]}}
    assert newcomer.put("/v1/policies/default", dearer).get_json()["version"] == 2
    assert newcomer.get("/v1/policies/default").get_json()["data"] == dearer["data"]
    assert newcomer.get("/v1/policies/default", version=1).get_json()["data"] == examples.POLICY["data"]
    problem(newcomer.get("/v1/policies/default", version=3), 404, "not_found")
    problem(newcomer.get("/v1/policies/none"), 404, "not_found")


def test_a_policy_that_changed_meanwhile_is_not_overwritten(newcomer: Merchant) -> None:
    tag = newcomer.get("/v1/policies/default").headers["ETag"]
    won = newcomer.put("/v1/policies/default", examples.POLICY, headers={"If-Match": tag})
    assert won.headers["ETag"] == '"1"'
    lost = newcomer.put("/v1/policies/default", examples.POLICY, headers={"If-Match": tag})
    problem(lost, 412, "precondition_failed")
    assert newcomer.get("/v1/policies/default").get_json()["version"] == 1


def test_if_none_match_writes_only_what_is_not_there_yet(newcomer: Merchant) -> None:
    new = {"If-None-Match": "*"}
    assert newcomer.put("/v1/policies/default", examples.POLICY, headers=new).headers["ETag"] == '"1"'
    problem(newcomer.put("/v1/policies/default", examples.POLICY, headers=new), 412, "precondition_failed")
    for odd in ({"If-None-Match": '"1"'}, {**new, "If-Match": '"1"'}):
        problem(newcomer.put("/v1/policies/default", examples.POLICY, headers=odd), 400, "bad_header")


@pytest.mark.parametrize("given", ["", "1", "*", 'W/"1"', '"x"', '"-1"', '"1", "2"', '"' + "9" * 30 + '"'])
def test_an_if_match_that_is_no_version_is_refused(given: str, newcomer: Merchant) -> None:
    refused = newcomer.put("/v1/policies/default", examples.POLICY, headers={"If-Match": given})
    problem(refused, 400, "bad_header")


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({}, "/data/currency"),
        ({"currency": "NOK"}, "/data/rules"),
        ({"currency": "NOK", "rules": []}, "/data/rules"),
        ({"currency": "NOK", "rules": [{"kind": "magic"}]}, "/data/rules/0/kind"),
        ({"currency": "NOK", "rules": [{"kind": "cheapest"}, {"kind": "fastest"}]}, "/data/rules/1"),
        ({"currency": "NOK", "rules": [{"kind": "cheapest", "x/y": 1}]}, "/data/rules/0/x~1y"),
        ({"currency": "NOK", "rules": [{"kind": "cheapest"}], "extra": 1}, "/data/extra"),
        ({"currency": "nok", "rules": [{"kind": "cheapest"}]}, "/data/currency"),
        ({"currency": "NOK", "rules": [{"kind": "cheapest"}], "exchange": {"USD": {"rate": 1}}}, "/data/exchange/USD"),
    ],
)
def test_a_policy_that_makes_no_sense_is_pointed_at(data: Json, where: str, newcomer: Merchant) -> None:
    found = pointers(newcomer.put("/v1/policies/mine", {"data": data}))
    assert found[0].startswith(where)


def test_a_policy_with_huge_numbers_breaks_no_quote(merchant: Merchant) -> None:
    for size in (10**9, 2**53, 2**63 - 1):
        rule = {"kind": "fastest", "value_per_hour_minor": size, "without_promise_minor": size}
        made = merchant.put("/v1/policies/huge", {"data": {"currency": "NOK", "rules": [rule]}})
        assert made.status_code in (200, 422)
        if made.status_code == 200:
            quoted = merchant.post("/v1/quotes", {**examples.QUOTE, "policy": "huge"})
            assert quoted.status_code == 201, size
