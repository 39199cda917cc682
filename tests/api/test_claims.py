"""Claims over HTTP: opened, proven, submitted, decided, paid; and what does not follow."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.api.examples import BOOK
from gateway.api.examples_claims import CLAIM, EVIDENCE, STEP
from tests.api.world import Json, Merchant, fresh, pointers, problem

NOK = {"amount": 100000, "currency": "NOK"}


@pytest.fixture
def claim(merchant: Merchant) -> Json:
    """A claim for damage, opened."""
    return opened(merchant)


def opened(merchant: Merchant, **more: Any) -> Json:
    shipment = merchant.book({**BOOK, "reference": fresh("claim")})
    made = merchant.post(f"/v1/shipments/{shipment['id']}/claims", {**CLAIM, **more})
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == f"/v1/claims/{made.get_json()['id']}"
    found: Json = made.get_json()
    return found


def step(merchant: Merchant, claim: Json, **given: Any) -> Any:
    return merchant.post(f"/v1/claims/{claim['id']}/steps", given)


def test_a_claim_goes_its_way(merchant: Merchant, claim: Json) -> None:
    path = f"/v1/claims/{claim['id']}"
    assert (claim["state"], claim["next"]) == ("open", ["submitted", "withdrawn"])
    assert claim["submit_by"] is None  # nothing is delivered, so nothing counts down yet
    assert "article 30" in claim["submit_by_why"]
    assert pointers(merchant.post(f"{path}/steps", STEP)) == ["/to"]  # nothing speaks for it
    proven = merchant.post(f"{path}/evidence", EVIDENCE).get_json()
    assert [(each["kind"], each["text"]) for each in proven["evidence"]] == [("photo", EVIDENCE["text"])]
    assert proven["evidence"][0]["who"].startswith("API key ")
    assert merchant.post(f"{path}/steps", STEP).get_json()["reference"] == "SKADE-2041"
    problem(step(merchant, claim, to="paid"), 409, "conflict")
    assert pointers(step(merchant, claim, to="decided")) == ["/decision"]
    assert pointers(step(merchant, claim, to="decided", decision="partly")) == ["/awarded"]
    other = {"amount": 1, "currency": "EUR"}
    assert pointers(step(merchant, claim, to="decided", decision="partly", awarded=other)) == ["/awarded"]
    more = step(merchant, claim, to="decided", decision="partly", awarded={**NOK, "amount": 129901})
    assert pointers(more) == ["/awarded"]
    assert "1299.01 NOK is more than the 1299.00 NOK that are claimed" in more.text
    decided = step(merchant, claim, to="decided", decision="partly", awarded=NOK).get_json()
    assert (decided["decision"], decided["awarded"], decided["next"]) == ("partly", NOK, ["paid", "submitted"])
    paid = step(merchant, claim, to="paid").get_json()
    assert (paid["state"], paid["paid"], paid["next"]) == ("paid", NOK, [])
    assert merchant.get(path).get_json() == paid
    problem(merchant.post(f"{path}/evidence", EVIDENCE), 409, "conflict")


def test_a_refused_claim_is_objected_to(merchant: Merchant, claim: Json) -> None:
    merchant.post(f"/v1/claims/{claim['id']}/evidence", EVIDENCE)
    step(merchant, claim, **STEP)
    assert step(merchant, claim, to="decided", decision="refused").get_json()["awarded"] is None
    problem(step(merchant, claim, to="paid"), 409, "conflict")
    again = step(merchant, claim, to="submitted").get_json()
    assert (again["state"], again["decision"], again["reference"]) == ("submitted", None, "SKADE-2041")
    assert pointers(step(merchant, claim, to="withdrawn")) == ["/note"]
    assert step(merchant, claim, to="withdrawn", note="they paid by goodwill").get_json()["next"] == []


def test_only_what_can_have_happened_is_claimed_and_once(merchant: Merchant, claim: Json) -> None:
    path = f"/v1/shipments/{claim['shipment_id']}/claims"
    problem(merchant.post(path, CLAIM), 409, "conflict")
    for kind in ("missing", "misdelivery"):
        assert "not delivered" in problem(merchant.post(path, {"kind": kind}), 409, "conflict")["detail"]
    assert merchant.post(path, {"kind": "loss"}).get_json()["submit_by"] is not None
    problem(merchant.post("/v1/shipments/shp_none/claims", CLAIM), 404, "not_found")
    problem(merchant.get("/v1/claims/clm_none"), 404, "not_found")
    problem(merchant.having("shipments:read").post(path, CLAIM), 403, "missing_scope")
    problem(merchant.having("quotes:write").get("/v1/claims"), 403, "missing_scope")
    assert pointers(merchant.post(path, {"kind": "late"})) == ["/kind"]
    assert pointers(merchant.get("/v1/claims", state="lost")) == ["/state"]


def test_without_an_amount_nothing_is_submitted(merchant: Merchant) -> None:
    claim = opened(merchant, amount=None, submit_by="2027-01-01T00:00:00Z")
    assert (claim["submit_by"], claim["submit_by_why"]) == ("2027-01-01T00:00:00Z", "as given")
    merchant.post(f"/v1/claims/{claim['id']}/evidence", EVIDENCE)
    assert pointers(step(merchant, claim, to="submitted")) == ["/amount"]


def test_claims_are_listed_newest_first_page_by_page(merchant: Merchant) -> None:
    ids = [opened(merchant)["id"] for _ in range(3)]
    first = merchant.get("/v1/claims", limit="2").get_json()
    assert [each["id"] for each in first["data"]] == ids[:0:-1]
    rest = merchant.get("/v1/claims", limit="2", cursor=first["next_cursor"]).get_json()
    assert rest["data"][0]["id"] == ids[0]
    assert {each["state"] for each in merchant.get("/v1/claims", state="open").get_json()["data"]} == {"open"}
