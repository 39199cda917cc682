"""Facilities over HTTP: made, changed, forgotten; quotes leave from them by their clocks and calendars."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.api.examples import FACILITY, QUOTE
from gateway.domain.facilities import Facility, Handover
from gateway.domain.shipments import Shipment
from gateway.domain.values import Address
from tests.api.world import Json, Merchant, fresh, pointers, problem

PATH = "/v1/facilities"
OSLO = ZoneInfo("Europe/Oslo")


def made(merchant: Merchant, **more: Any) -> Json:
    response = merchant.post(PATH, {**FACILITY, **more})
    assert response.status_code == 201, response.text
    assert response.headers["Location"] == f"{PATH}/{response.get_json()['id']}"
    found: Json = response.get_json()
    return found


def test_a_facility_is_made_shown_changed_and_forgotten(newcomer: Merchant) -> None:
    first = made(newcomer)
    path = f"{PATH}/{first['id']}"
    assert first["handover"]["cut_off"] == "16:00"
    assert first["handover"]["closing_days"] == [{"day": "2026-12-24", "why": "Christmas Eve", "closes_at": None}]
    assert newcomer.get(path).get_json() == first
    assert newcomer.get(PATH).get_json() == {"data": [first]}
    changed = newcomer.put(path, {**FACILITY, "name": "Store 13", "handover": {}}, headers={"If-Match": '"1"'})
    assert changed.headers["ETag"] == '"2"'
    assert (changed.get_json()["name"], changed.get_json()["handover"]["cut_off"]) == ("Store 13", None)
    problem(newcomer.put(path, FACILITY, headers={"If-Match": '"1"'}), 412, "precondition_failed")
    assert pointers(newcomer.put(path, {**FACILITY, "code": "other"})) == ["/code"]
    problem(newcomer.post(PATH, FACILITY), 409, "conflict")
    assert newcomer.delete(path).status_code == 204
    problem(newcomer.get(path), 404, "not_found")
    problem(newcomer.delete(path), 404, "not_found")
    problem(newcomer.put(path, FACILITY), 404, "not_found")


def test_what_means_nothing_is_pointed_at(newcomer: Merchant) -> None:
    wrong: list[tuple[Json, list[str]]] = [
        ({"timezone": "Mars/Olympus"}, ["/timezone"]),
        ({"opens": "17:00"}, ["/handover/cut_off"]),
        ({"opens": "7"}, ["/opens"]),
        ({"handover": {"cut_off": "25:00", "working_days": [7]}}, ["/handover/cut_off", "/handover/working_days/0"]),
        ({"handover": {"working_days": []}}, ["/handover/working_days"]),
        ({"accounts": {"nobody": {}}}, ["/accounts/nobody"]),
        ({"code": "Oslo 1"}, ["/code"]),
    ]
    for more, expected in wrong:
        assert sorted(pointers(newcomer.post(PATH, {**FACILITY, **more}))) == expected, more
    assert newcomer.get(PATH).get_json() == {"data": []}


def test_an_origin_is_an_address_or_a_facility(merchant: Merchant) -> None:
    facility = made(merchant)
    for name in (facility["code"], facility["id"]):
        quoted = merchant.post("/v1/quotes", {**QUOTE, "origin": {"facility": name}})
        assert quoted.status_code == 201, quoted.text
    body = {
        **QUOTE,
        "origin": {"facility": "oslo-1"},
        "destination": {**FACILITY["address"], "name": "Kari"},
        "reference": fresh("order"),
    }
    booked = merchant.book(body)
    assert booked["facility"] == "oslo-1"
    assert booked["origin"] == facility["address"]
    assert pointers(merchant.post("/v1/quotes", {**QUOTE, "origin": {"facility": "nowhere"}})) == ["/origin/facility"]
    twice = {"facility": "oslo-1", "country": "NO"}
    assert pointers(merchant.post("/v1/quotes", {**QUOTE, "origin": twice})) == ["/origin/country"]
    none: Json = {}
    assert sorted(pointers(merchant.post("/v1/quotes", {**QUOTE, "origin": none}))) == [
        "/origin/country",
        "/origin/postal_code",
    ]
    quote_id = merchant.post("/v1/quotes", QUOTE).get_json()["id"]
    again = merchant.post("/v1/shipments", {"quote_id": quote_id, "origin": {"facility": "oslo-1"}}, fresh("key"))
    assert pointers(again) == ["/origin/facility"]


def test_a_dry_run_leaves_from_the_facility_that_it_names(merchant: Merchant) -> None:
    code = fresh("shop")
    made(merchant, code=code)

    def tried(name: str) -> Any:
        return merchant.post("/v1/policies/default/evaluate", {"shipment": {**QUOTE, "origin": {"facility": name}}})

    rated = {each["account"] for each in tried(code).get_json()["offers"]}
    assert rated
    assert rated == {each["account"] for each in merchant.post("/v1/quotes", QUOTE).get_json()["offers"]}
    assert pointers(tried("nowhere")) == ["/shipment/origin/facility"]


def test_vans_come_only_after_the_facility_hands_over(newcomer: Merchant) -> None:
    newcomer.with_fleet()
    now = datetime.now(OSLO)
    other_day = (now.weekday() + 4) % 7  # after the first window, before the second
    hours = {"working_days": [other_day], "cut_off": None}
    made(newcomer, observes_holidays=False, handover=hours, opens="00:00", accounts={})
    made(newcomer, code="always", observes_holidays=False, handover={"working_days": list(range(7))})
    # not two days ahead: that window's cut-off is on the evening of today, and over when the tests run late
    starts = {ahead: (now + timedelta(days=ahead)).replace(hour=12, minute=0) for ahead in (3, 6)}
    windows = [
        {
            "id": fresh("w"),
            "zone": "oslo",
            "capacity": 9,
            "start": start.isoformat(),
            "end": (start + timedelta(hours=2)).isoformat(),
        }
        for start in starts.values()
    ]
    assert newcomer.put("/v1/fleet/windows", {"account": "own-fleet", "windows": windows}).status_code == 204

    def offered(code: str) -> set[int]:
        body = {**QUOTE, "origin": {"facility": code}, "requirements": {}}
        offers = newcomer.post("/v1/quotes", body).get_json()["offers"]
        begun = {datetime.fromisoformat(offer["deliver_from"]).astimezone(OSLO).date() for offer in offers}
        return {ahead for ahead, start in starts.items() if start.date() in begun}

    assert offered("always") == {3, 6}
    assert offered("oslo-1") == {6}
    own = {**FACILITY, "code": "oslo-1", "observes_holidays": False, "handover": hours, "opens": "00:00"}
    path = f"{PATH}/{newcomer.get(PATH).get_json()['data'][1]['id']}"
    assert newcomer.put(path, {**own, "accounts": {"own-fleet": {"working_days": list(range(7))}}}).status_code == 200
    assert offered("oslo-1") == {3, 6}, "this account comes every day, and the next quote knows it"


def test_hours_are_those_of_the_facility_and_its_accounts(newcomer: Merchant) -> None:
    newcomer.with_fleet()
    made(newcomer, accounts={"own-fleet": {"cut_off": "20:00"}})
    book = newcomer.services.facilities
    shipment = Shipment(origin=Address(country=""), facility="oslo-1", destination=Address(country="NO"), parcels=())
    placed = book.placed(newcomer.id, shipment)
    with newcomer.services.store.look() as uow:
        version = uow.keys.settings_version(newcomer.id)
    hours = book.hours(newcomer.id, placed, version)
    wednesday = datetime(2026, 4, 1, 19, tzinfo=OSLO)  # Maundy Thursday, Good Friday and Easter Monday follow
    assert hours.handed_over(wednesday, "own-fleet") == wednesday
    assert hours.handed_over(wednesday, "bring") == datetime(2026, 4, 4, 8, tzinfo=OSLO), "a Saturday is worked here"
    assert hours.holiday(datetime(2026, 4, 1, 22, 30, tzinfo=UTC)) == "Maundy Thursday", (
        "in Oslo it is Thursday already"
    )
    assert str(hours.timezone) == "Europe/Oslo"
    without = book.hours(
        newcomer.id, Shipment(origin=Address(country="US"), destination=Address(country="US"), parcels=()), 0
    )
    assert without.timezone is None
    assert without.handed_over(wednesday, "bring") == wednesday


def test_a_facility_is_no_other_merchants(newcomer: Merchant, stranger: Merchant) -> None:
    made(newcomer)
    assert pointers(stranger.post("/v1/quotes", {**QUOTE, "origin": {"facility": "oslo-1"}})) == ["/origin/facility"]


def test_a_stored_facility_is_the_same_again(newcomer: Merchant) -> None:
    facility = Facility(code="x", address=Address(country="NO"), timezone="Europe/Oslo", handover=Handover())
    record = newcomer.services.facilities.add(newcomer.id, facility)
    assert newcomer.services.facilities.get(newcomer.id, record.id) == record
