"""Key figures over HTTP."""

from gateway.api import examples
from gateway.kpis.definitions import definitions
from tests.api.world import Merchant, fresh, pointers, problem


def test_without_shipments_there_is_no_data_which_is_not_zero(merchant: Merchant) -> None:
    found = merchant.get("/v1/reports/kpis").get_json()
    assert [each["name"] for each in found["kpis"]] == list(definitions())
    assert {each["state"] for each in found["kpis"]} == {"no_data"}
    assert {each["value"] for each in found["kpis"]} == {None}
    assert [each["name"] for each in found["definitions"]] == list(definitions())
    assert all(each["numerator"] and each["denominator"] and each["source"] for each in found["definitions"])
    assert (found["by"], found["parts"]) == (None, [])


def test_a_booking_is_counted_with_its_carrier(merchant: Merchant) -> None:
    merchant.book({**examples.BOOK, "reference": fresh("kpi")})
    for by in ("carrier", "service", "zone"):
        found = merchant.get("/v1/reports/kpis", by=by).get_json()
        whole = {each["name"]: each for each in found["kpis"]}
        assert (whole["api_health"]["numerator"], whole["api_health"]["n"]) == (1, 1)
        assert whole["api_health"]["state"] == "too_few"
        assert found["by"] == by
        named = [name for part in found["parts"] for name in (each["name"] for each in part["kpis"])]
        assert ("api_health" in named) == (by != "service")
    other = {each["name"]: each for each in merchant.get("/v1/reports/kpis").get_json()["kpis"]}
    assert other["claims"]["state"] == "no_data"


def test_bad_periods_and_cuts_are_pointed_at(merchant: Merchant) -> None:
    period = {"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}
    assert pointers(merchant.get("/v1/reports/kpis", **period)) == ["/from"]
    assert pointers(merchant.get("/v1/reports/kpis", **{"from": "2020-01-01T00:00:00Z"})) == ["/from"]
    assert pointers(merchant.get("/v1/reports/kpis", **{"from": "2199-01-01T00:00:00Z"})) == ["/from"]
    assert pointers(merchant.get("/v1/reports/kpis", **{"to": "2026-01-01T00:00:00"})) == ["/to"]
    assert pointers(merchant.get("/v1/reports/kpis", by="weather")) == ["/by"]
    assert pointers(merchant.get("/v1/reports/kpis", since="2026-01-01T00:00:00Z")) == ["/since"]
    problem(merchant.having("quotes:write").get("/v1/reports/kpis"), 403, "missing_scope")
