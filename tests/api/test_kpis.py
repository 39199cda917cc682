"""Key figures over HTTP."""

from dataclasses import replace
from datetime import timedelta

from gateway.api import examples
from gateway.api.examples_claims import ENQUIRY
from gateway.domain.shipments import TenderState
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


def test_what_was_asked_yesterday_is_counted_with_its_carrier(merchant: Merchant) -> None:
    booked = merchant.book({**examples.BOOK, "reference": fresh("kpi")})
    services = merchant.services
    with services.store.work() as uow:
        (tender,) = uow.tenders.of_shipment(merchant.id, booked["id"])
        yesterday = tender.created_at - timedelta(days=1)
        uow.tenders.add(replace(tender, id="tnd_of_before", state=TenderState.REFUSED, created_at=yesterday))
        uow.commit()
    before = merchant.get("/v1/reports/kpis").get_json()
    assert (before["missing"], before["kpis"][0]["n"]) == ([f"{yesterday:%Y-%m-%d}"], 0)
    services.kpi_summer.catch_up()
    for by in ("account", "carrier", "service", "zone"):
        found = merchant.get("/v1/reports/kpis", by=by).get_json()
        whole = {each["name"]: each for each in found["kpis"]}
        assert (whole["api_health"]["numerator"], whole["api_health"]["n"]) == (0, 1)
        assert whole["api_health"]["state"] == "too_few"
        assert (found["by"], found["missing"], found["to"]) == (by, [], f"{yesterday:%Y-%m-%d}")
        named = [name for part in found["parts"] for name in (each["name"] for each in part["kpis"])]
        assert ("api_health" in named) == (by != "service")
    other = {each["name"]: each for each in merchant.get("/v1/reports/kpis").get_json()["kpis"]}
    assert other["claims"]["state"] == "no_data"


def test_who_asks_where_it_is_is_written_down(merchant: Merchant) -> None:
    booked = merchant.book({**examples.BOOK, "reference": fresh("kpi")})
    path = f"/v1/shipments/{booked['id']}/enquiries"
    made = merchant.post(path, {**ENQUIRY, "at": "2026-01-02T10:00:00+01:00"})
    assert made.status_code == 201, made.text
    assert made.get_json()["taken_by"].startswith("API key ")
    merchant.post(path, {"way": "chat"})
    asked = merchant.get(path).get_json()["data"]
    assert [(each["way"], each["reference"]) for each in asked] == [("phone", "ticket-2041"), ("chat", None)]
    assert pointers(merchant.post(path, {"way": "pigeon"})) == ["/way"]
    assert pointers(merchant.post(path, {"way": "chat", "at": "2198-01-01T00:00:00Z"})) == ["/at"]
    problem(merchant.post("/v1/shipments/shp_none/enquiries", ENQUIRY), 404, "not_found")
    problem(merchant.get("/v1/shipments/shp_none/enquiries"), 404, "not_found")
    problem(merchant.having("shipments:read").post(path, ENQUIRY), 403, "missing_scope")


def test_an_order_has_its_time_and_a_booking_the_time_it_took(merchant: Merchant) -> None:
    ordered = {"ordered_at": "2026-01-02T10:00:00+01:00"}
    booked = merchant.book({**examples.BOOK, "reference": fresh("kpi"), **ordered})
    shown = merchant.get(f"/v1/shipments/{booked['id']}").get_json()
    assert shown["ordered_at"] == "2026-01-02T10:00:00+01:00"
    with merchant.services.store.look() as uow:
        record = uow.records.get(merchant.id, booked["id"])
        (tender,) = uow.tenders.of_shipment(merchant.id, booked["id"])
    assert record is not None
    assert f"{record.ordered_at:%H:%M}" == "09:00"
    assert tender.answer_ms is not None
    assert tender.answer_ms >= 0
    later = {**examples.BOOK, "reference": fresh("kpi"), "ordered_at": "2198-01-01T00:00:00Z"}
    answer = merchant.post("/v1/shipments", later, key=fresh("key"))
    assert pointers(answer) == ["/ordered_at"]


def test_bad_periods_and_cuts_are_pointed_at(merchant: Merchant) -> None:
    period = {"from": "2026-02-01", "to": "2026-01-01"}
    assert pointers(merchant.get("/v1/reports/kpis", **period)) == ["/from"]
    assert pointers(merchant.get("/v1/reports/kpis", **{"from": "2020-01-01"})) == ["/from"]
    assert pointers(merchant.get("/v1/reports/kpis", **{"from": "2198-01-01"})) == ["/from"]
    assert pointers(merchant.get("/v1/reports/kpis", **{"to": "2026-01-01T00:00:00Z"})) == ["/to"]
    assert pointers(merchant.get("/v1/reports/kpis", by="weather")) == ["/by"]
    assert pointers(merchant.get("/v1/reports/kpis", since="2026-01-01")) == ["/since"]
    problem(merchant.having("quotes:write").get("/v1/reports/kpis"), 403, "missing_scope")
