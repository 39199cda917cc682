"""Carriers that misbehave while booking: never two paid bookings, and nobody else is asked before it is certain."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from socket import socket

import pytest

from carriers.base.simulator import Fault, FaultKind, Ledger, RunningSimulator
from tests.journeys.site import ORDER, Merchant, Site, states

ABILITIES: Mapping[str, tuple[str, ...]] = {
    "both": (),
    "look-up": ("idempotency",),
    "idempotency": ("find",),
    "neither": ("find", "idempotency"),
}
BOOKS = (
    FaultKind.TIMEOUT_AFTER,
    FaultKind.RESET_AFTER,
    FaultKind.STATUS_500_AFTER,
    FaultKind.GARBAGE,
    FaultKind.TRUNCATED,
    FaultKind.DRIP,
    FaultKind.HUGE,
)
"""The carrier books and its answer is of no use."""
DOES_NOT_BOOK = (FaultKind.TIMEOUT_BEFORE, FaultKind.STATUS_500, FaultKind.REDIRECT)
"""The carrier does nothing and its answer does not say so."""


@pytest.fixture
def first(site: Site) -> RunningSimulator:
    return site.carrier("sandbox", "first")


@pytest.fixture
def second(site: Site) -> RunningSimulator:
    return site.carrier("sandbox", "second")


def paid(site: Site, name: str) -> int:
    return len(Ledger.read(site.ledgers[name]).active())


@pytest.mark.parametrize(
    ("database", "kind", "ability"),
    [
        *product(["sqlite"], [*BOOKS, *DOES_NOT_BOOK], ABILITIES),
        *product(["postgresql"], [FaultKind.RESET_AFTER, FaultKind.STATUS_500], ABILITIES),
    ],
    indirect=["database"],
)
def test_a_lost_answer_ends_in_one_booking_and_nobody_else_is_asked_before(
    kind: FaultKind, ability: str, site: Site, shop: Merchant, first: RunningSimulator, second: RunningSimulator
) -> None:
    shop.account("a-first", first, without=list(ABILITIES[ability]))
    shop.account("b-second", second)
    first.simulator.faults.add(Fault(kind=kind, operation="book"))
    answer = shop.book(policy="fastest", services=["instant"])
    shipment = answer.json or {}
    assert shipment["tenders"][0]["account"] == "a-first"
    # The first look or the second sending may have told already; who cannot ask at all needs a person.
    assert (answer.status_code, shipment["state"]) in {(201, "booked"), (202, "uncertain"), (202, "needs_review")}
    assert paid(site, "second") == 0
    cancelled = shop.call("POST", f"/v1/shipments/{shipment['id']}/cancel")
    if shipment["state"] == "booked":
        assert cancelled.status_code in (200, 202)
        site.work(minutes=2)
        assert not site.all_active()
        return

    assert cancelled.status_code == 409
    shipment = site.settle(shop, shipment["id"])
    if ability == "neither":
        assert shipment["state"] == "needs_review"
        assert len(site.all_active()) == (kind in BOOKS)
        assert paid(site, "second") == 0
        return
    assert shipment["state"] == "booked"
    (booking,) = site.active(shipment)
    assert site.all_active() == [booking]
    # Only an absence that is proven lets the next carrier have it.
    moved_on = ability == "look-up" and kind in DOES_NOT_BOOK
    assert states(shipment) == (["refused", "accepted"] if moved_on else ["accepted"])
    assert paid(site, "second") == moved_on


LATE = ["processing-sim913", "lost-and-late-sim914"]


@pytest.mark.parametrize("ability", ["both", "idempotency"])
@pytest.mark.parametrize("reference", LATE)
def test_a_booking_that_shows_up_minutes_later_is_the_only_one(
    reference: str, ability: str, site: Site, shop: Merchant, first: RunningSimulator
) -> None:
    shop.account("first", first, without=list(ABILITIES[ability]))
    shipment = shop.book(reference=reference, services=["next_day"]).json or {}
    assert shipment["state"] == "uncertain"
    shipment = site.settle(shop, shipment["id"])
    assert shipment["state"] == "booked"
    assert site.all_active() == site.active(shipment)
    assert len(site.all_active()) == 1


@pytest.mark.parametrize(("minutes", "in_time"), [(9.25, True), (30, False)])
def test_a_booking_that_shows_up_after_two_look_ups_found_nothing_is_taken_back_or_a_case(
    minutes: float, in_time: bool, site: Site, shop: Merchant, first: RunningSimulator
) -> None:
    """The carrier says that it knows a booking after 5 seconds; this one it knows after 300, and picks up at 960."""
    shop.account("first", first, without=["idempotency"])
    shipment = shop.book(reference="lost-and-late-sim914", services=["next_day"]).json or {}
    shipment = site.settle(shop, shipment["id"])
    assert shipment["state"] == "failed"
    site.clock.advance(minutes=6)
    first.simulator.tick()
    assert len(site.active(shipment)) == 1
    site.work(minutes=minutes)
    shipment = shop.shipment(shipment["id"])
    assert len(site.active(shipment)) == (0 if in_time else 1)
    assert [case["kind"] for case in shipment["cases"]] == ([] if in_time else ["recall_refused"])


def test_a_definite_refusal_goes_to_the_next_carrier_at_once(
    site: Site, shop: Merchant, first: RunningSimulator, second: RunningSimulator
) -> None:
    shop.account("a-first", first)
    shop.account("b-second", second)
    for kind in (FaultKind.STATUS_429, FaultKind.STATUS_503):
        first.simulator.faults.add(Fault(kind=kind, operation="book", retry_after="1"))
    shipment = shop.booked(policy="fastest", services=["instant"])
    assert states(shipment) == ["unavailable", "accepted"]
    assert [tender["account"] for tender in shipment["tenders"]] == ["a-first", "b-second"]
    assert paid(site, "first") == 0
    assert paid(site, "second") == 1


def test_a_carrier_that_takes_no_connection_was_never_asked(
    site: Site, shop: Merchant, first: RunningSimulator, second: RunningSimulator
) -> None:
    shop.account("a-first", first)
    shop.account("b-second", second)
    quote = shop.call("POST", "/v1/quotes", _asked(policy="fastest", services=["instant"])).json or {}
    first.stop()
    shipment = (
        shop.call("POST", "/v1/shipments", {"quote_id": quote["id"], "reference": "o-1"}, Idempotency_Key="gone").json
        or {}
    )
    assert shipment["state"] == "booked"
    assert states(shipment) == ["unavailable", "accepted"]
    assert paid(site, "second") == 1


def test_a_carrier_that_listens_and_never_accepts_keeps_to_the_deadline(
    site: Site, shop: Merchant, first: RunningSimulator
) -> None:
    """Its answer may have been a booking: nobody else is asked, a person is."""
    with socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(1)
        shop.account("first", first, without=["find", "idempotency"])
        quote = shop.call("POST", "/v1/quotes", _asked(services=["next_day"])).json or {}
        account = shop.get("/v1/accounts")["data"][0]
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/v1"
        changed = shop.call("PATCH", f"/v1/accounts/{account['id']}", {"urls": {"api": url}})
        assert changed.status_code == 200, changed.text
        answer = shop.call("POST", "/v1/shipments", {"quote_id": quote["id"]}, Idempotency_Key="deaf")
    assert answer.status_code == 202
    assert (answer.json or {})["state"] == "needs_review"


@pytest.mark.parametrize(
    ("code", "carrier_code"),
    [("911", "address_not_deliverable"), ("917", "price_changed"), ("921", "unavailable")],
)
def test_refusals_are_told_in_the_carriers_words_and_cost_nothing(
    code: str, carrier_code: str, site: Site, shop: Merchant, first: RunningSimulator
) -> None:
    shop.account("first", first)
    answer = shop.book(reference=f"refused-sim{code}", services=["next_day"])
    problem = answer.json or {}
    assert answer.status_code == 422
    assert problem["code"] == "no_carrier_available"
    assert [tender["carrier_code"] for tender in problem["tenders"]] == [carrier_code]
    assert shop.shipment(problem["shipment_id"])["state"] == "failed"
    assert site.all_active() == []


@pytest.mark.parametrize("code", ["916", "922"])
def test_a_booking_at_a_price_nobody_agreed_to_is_taken_back_and_a_person_sees_it(
    code: str, site: Site, shop: Merchant, first: RunningSimulator
) -> None:
    """A quarter dearer than quoted, or in another currency."""
    shop.account("first", first)
    answer = shop.book(reference=f"dearer-sim{code}", services=["next_day"])
    assert answer.status_code == 422
    shipment = shop.shipment((answer.json or {})["shipment_id"])
    (case,) = shipment["cases"]
    assert (case["kind"], case["state"]) == ("price_variance", "open")
    assert "quoted" in case["why"]
    site.work()
    assert site.active(shipment) == []


def test_a_booking_number_given_twice_withholds_the_second_label(
    site: Site, shop: Merchant, first: RunningSimulator, second: RunningSimulator
) -> None:
    """One account whose carrier starts again with its first number, as after a restored backup."""
    account = shop.account("first", first, without=["find", "idempotency"])
    one = shop.booked(reference="one", services=["next_day"])
    moved = shop.call("PATCH", f"/v1/accounts/{account}", {"urls": dict(second.account.urls)})
    assert moved.status_code == 200, moved.text
    two = shop.book(reference="two", services=["next_day"]).json or {}
    assert one["tracking_number"] == "SBX000001-1"
    assert two["state"] == "needs_review"
    assert two["label"] is None
    assert [case["kind"] for case in two["cases"]] == ["needs_review"]
    assert shop.call("GET", f"/v1/shipments/{two['id']}/label").status_code == 409
    assert shop.shipment(one["id"])["state"] == "booked"


def _asked(**more: object) -> dict[str, object]:
    return {**ORDER, **more}
