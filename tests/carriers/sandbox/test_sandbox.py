"""The sandbox carrier: its adapter against its own server, outcome by outcome."""

from __future__ import annotations

import csv
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, TypeVar

import pypdfium2
import pytest

from carriers.base import (
    Address,
    AuthenticationFailed,
    BadCarrierResponse,
    Booking,
    BookRequest,
    CancellationState,
    CarrierError,
    CarrierUnavailable,
    FindsBookings,
    LabelFormat,
    LabelKind,
    OutcomeUnknown,
    Parcel,
    PickupRequest,
    QuoteRequest,
    Rate,
    RateLimited,
    ServiceLevel,
    Shipment,
    ShipmentRejected,
    UnknownReference,
)
from carriers.base.drive import run
from carriers.base.simulator import Fault, FaultKind, RunningSimulator, serve
from carriers.base.transports import RequestsTransport
from carriers.sandbox.adapter import Sandbox
from carriers.sandbox.simulator import SimulatorSandbox

T = TypeVar("T")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PATIENT_S = 0.4
TRANSPORT = RequestsTransport()


@pytest.fixture
def running() -> Iterator[RunningSimulator]:
    with serve(SimulatorSandbox(clock=lambda: NOON)) as running:
        yield running


@pytest.fixture
def sandbox(running: RunningSimulator) -> Sandbox:
    return account_of(running)


def account_of(running: RunningSimulator, **options: object) -> Sandbox:
    return Sandbox(replace(running.account, options=options), lambda: NOON)


def do(coroutine: Coroutine[Any, Any, T], patient_s: float = 5) -> T:
    return run(coroutine, TRANSPORT, deadline_s=patient_s)


def shipment(reference: str = "order-1", postal_code: str = "10038", **more: Any) -> Shipment:
    return Shipment(
        origin=Address(country="US", postal_code="10001", name="Store", street1="1 Broadway", city="New York"),
        destination=Address(
            country="US", postal_code=postal_code, name="Ada (3rd floor)", street1="100 Maiden Ln", city="New York"
        ),
        parcels=(Parcel(weight_g=2500),),
        reference=reference,
        **more,
    )


def rates(sandbox: Sandbox, goods: Shipment, **more: Any) -> list[Rate]:
    return list(do(sandbox.quote(QuoteRequest(shipment=goods, ready_at=NOON, **more)), PATIENT_S * 10))


def book(sandbox: Sandbox, goods: Shipment, tender: str = "tnd_1", patient_s: float = 5) -> Booking:
    rate = rates(sandbox, goods)[0]
    request = BookRequest(shipment=goods, rate=rate, tender_reference=tender, ready_at=NOON)
    return do(sandbox.book(request), patient_s)


def sim(code: int) -> Shipment:
    return shipment(f"order-sim{code}")


def paid(running: RunningSimulator) -> dict[str, int]:
    return {tender: len(found) for tender, found in running.simulator.ledger.view().active().items()}


def later(running: RunningSimulator, seconds: float) -> None:
    running.simulator.advance_clock(seconds)


def advance(running: RunningSimulator, booking: Booking, to: str) -> None:
    running.simulator.move(booking.ref.carrier_reference, to)


def statuses(sandbox: Sandbox, booking: Booking) -> list[str]:
    (update,) = do(sandbox.track([booking.ref.tracking_number]))
    return [event.status for event in update.events]


def test_a_shipment_is_quoted_booked_labelled_tracked_and_proven(running: RunningSimulator, sandbox: Sandbox) -> None:
    offered = rates(sandbox, shipment())
    assert [rate.service for rate in offered] == ["instant", "same_day", "next_day"]
    assert all(rate.expires_at == NOON + timedelta(minutes=15) for rate in offered)
    booking = book(sandbox, shipment())
    assert (booking.price, booking.ref.tender_reference) == (offered[0].price, "tnd_1")
    assert do(sandbox.find("tnd_1")) == booking
    advance(running, booking, "delivered")
    assert statuses(sandbox, booking)[-1] == "delivered"
    assert do(sandbox.proof_of_delivery(booking.ref)).received_by == "Ada (3rd floor)"
    assert paid(running) == {"tnd_1": 1}


def test_services_and_window_are_honoured(sandbox: Sandbox) -> None:
    (rate,) = rates(sandbox, shipment(), services=(ServiceLevel.NEXT_DAY,))
    assert rate.carrier_service == "NEXT_DAY"
    (point,) = rates(sandbox, shipment(service_point="US-10038-1"))
    assert point.service is ServiceLevel.SERVICE_POINT


def test_the_postcode_chooses_as_the_reference_does(sandbox: Sandbox) -> None:
    assert rates(sandbox, shipment(postal_code="10901")) == []
    assert rates(sandbox, shipment("order-sim000", postal_code="10901")) != [], "the reference wins"


@pytest.mark.parametrize("postal_code", ["", "0901 AB"])
def test_any_postcode_can_be_read(sandbox: Sandbox, postal_code: str) -> None:
    assert len(rates(sandbox, shipment(postal_code=postal_code))) == (0 if postal_code else 3)


def test_nothing_is_quoted_where_the_sandbox_does_not_go(sandbox: Sandbox) -> None:
    there = replace(shipment(), destination=Address(country="AQ", postal_code="1"))
    assert rates(sandbox, there) == []


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (902, ShipmentRejected),
        (903, CarrierUnavailable),
        (905, CarrierUnavailable),
        (906, BadCarrierResponse),
    ],
)
def test_a_quote_goes_wrong_as_chosen(sandbox: Sandbox, code: int, error: type[CarrierError]) -> None:
    request = QuoteRequest(shipment=sim(code), ready_at=NOON)
    with pytest.raises(error):
        do(sandbox.quote(request), PATIENT_S)


@pytest.mark.parametrize(
    ("code", "error", "booked"),
    [
        (911, ShipmentRejected, 0),
        (912, OutcomeUnknown, 1),
        (913, OutcomeUnknown, 0),
        (914, OutcomeUnknown, 0),
        (915, OutcomeUnknown, 0),
        (917, ShipmentRejected, 0),
        (918, RateLimited, 0),
        (919, OutcomeUnknown, 1),
        (920, BadCarrierResponse, 1),
        (921, CarrierUnavailable, 0),
        (923, OutcomeUnknown, 1),
        (924, OutcomeUnknown, 0),
    ],
)
def test_a_booking_goes_wrong_as_chosen_and_the_books_know(
    running: RunningSimulator, sandbox: Sandbox, code: int, error: type[CarrierError], booked: int
) -> None:
    with pytest.raises(error) as raised:
        book(sandbox, sim(code), patient_s=PATIENT_S)
    assert type(raised.value) is error
    assert sum(paid(running).values()) == booked
    assert (do(sandbox.find("tnd_1")) is not None) == bool(booked)


@pytest.mark.parametrize("code", [912, 915, 919, 920, 923, 924])
def test_sent_again_under_the_same_reference_it_is_booked_once(
    running: RunningSimulator, sandbox: Sandbox, code: int
) -> None:
    with pytest.raises(CarrierError):
        book(sandbox, sim(code), patient_s=PATIENT_S)
    assert book(sandbox, sim(code)).ref.carrier_reference == "SBX000001"
    assert paid(running) == {"tnd_1": 1}


def test_without_idempotency_the_same_reference_is_paid_twice(running: RunningSimulator) -> None:
    forgetful = account_of(running, without=["idempotency"])
    book(forgetful, shipment())
    book(forgetful, shipment())
    assert paid(running) == {"tnd_1": 2}


@pytest.mark.parametrize("code", [913, 914])
def test_a_late_booking_appears_when_its_time_has_come(running: RunningSimulator, sandbox: Sandbox, code: int) -> None:
    with pytest.raises(OutcomeUnknown):
        book(sandbox, sim(code), patient_s=PATIENT_S)
    later(running, 299)
    assert (do(sandbox.find("tnd_1")), paid(running)) == (None, {})
    later(running, 2)
    assert do(sandbox.find("tnd_1")) is not None
    assert paid(running) == {"tnd_1": 1}


def test_a_dearer_booking_says_so(sandbox: Sandbox) -> None:
    booking, offered = book(sandbox, sim(916)), rates(sandbox, sim(916))[0]
    assert booking.price is not None
    assert booking.price.amount > offered.price.amount
    assert booking.price.currency == "USD"


def test_a_booking_may_come_in_another_currency(sandbox: Sandbox) -> None:
    booking = book(sandbox, sim(922))
    assert booking.price is not None
    assert booking.price.currency == "EUR"


def test_a_quote_ends_after_a_quarter_of_an_hour(running: RunningSimulator, sandbox: Sandbox) -> None:
    rate = rates(sandbox, shipment())[0]
    later(running, 15 * 60)
    request = BookRequest(shipment=shipment(), rate=rate, tender_reference="tnd_1", ready_at=NOON)
    with pytest.raises(ShipmentRejected) as raised:
        do(sandbox.book(request))
    assert raised.value.carrier_code == "quote_expired"


def test_a_cancelled_booking_costs_nothing_and_cancelling_twice_is_harmless(
    running: RunningSimulator, sandbox: Sandbox
) -> None:
    booking = book(sandbox, shipment())
    for _ in range(2):
        assert do(sandbox.cancel(booking.ref)).state is CancellationState.ACCEPTED
    assert (paid(running), do(sandbox.find("tnd_1"))) == ({}, None)
    assert statuses(sandbox, booking)[-1] == "cancelled"


@pytest.mark.parametrize("how", ["chosen", "picked up"])
def test_it_can_be_too_late_to_cancel(running: RunningSimulator, sandbox: Sandbox, how: str) -> None:
    booking = book(sandbox, sim(931) if how == "chosen" else shipment())
    if how == "picked up":
        advance(running, booking, "picked_up")
    assert do(sandbox.cancel(booking.ref)).state is CancellationState.TOO_LATE
    assert paid(running) == {"tnd_1": 1}


def test_a_cancellation_can_take_its_time(running: RunningSimulator, sandbox: Sandbox) -> None:
    booking = book(sandbox, sim(932))
    assert do(sandbox.cancel(booking.ref)).state is CancellationState.PENDING
    assert paid(running) == {"tnd_1": 1}
    later(running, 301)
    assert paid(running) == {}
    assert do(sandbox.cancel(booking.ref)).state is CancellationState.ACCEPTED


def test_a_cancellation_whose_answer_is_lost_can_be_asked_again(running: RunningSimulator, sandbox: Sandbox) -> None:
    booking = book(sandbox, sim(933))
    with pytest.raises(CarrierUnavailable):
        do(sandbox.cancel(booking.ref), PATIENT_S)
    assert paid(running) == {}
    assert do(sandbox.cancel(booking.ref)).state is CancellationState.ACCEPTED


@pytest.mark.parametrize(
    ("code", "last", "reasons"),
    [
        (941, "delivered", {"recipient_unavailable", "delivered_to_recipient"}),
        (942, "returned", {"recipient_refused", "return_completed"}),
        (943, "failed", {"lost"}),
        (944, "delivered", {"damaged"}),
        (945, "delivered", {"at_pickup_point", "delivered_collected_by_recipient"}),
        (946, "cancelled", {"no_courier_found"}),
        (947, "delivered", {"unmapped_carrier_code"}),
        (948, "delivered", {"delivered_neighbour"}),
        (949, "in_transit", {"delivered_to_recipient"}),
    ],
)
def test_a_life_passes_as_chosen(
    running: RunningSimulator, sandbox: Sandbox, code: int, last: str, reasons: set[str]
) -> None:
    booking = book(sandbox, sim(code))
    later(running, 8 * 24 * 3600)
    (update,) = do(sandbox.track([booking.ref.tracking_number]))
    assert update.events[-1].status == last
    assert reasons <= {event.reason for event in update.events}
    times = [event.occurred_at for event in update.events]
    assert times == sorted(times)


def test_a_life_passes_with_the_clock(running: RunningSimulator, sandbox: Sandbox) -> None:
    booking = book(sandbox, shipment())
    assert statuses(sandbox, booking) == ["booked"]
    later(running, 700)
    assert statuses(sandbox, booking) == ["booked", "assigned", "pickup_in_progress", "picked_up"]


def test_a_code_that_is_not_planned_happens_by_itself(running: RunningSimulator, sandbox: Sandbox) -> None:
    booking = book(sandbox, shipment())
    advance(running, booking, "damaged")
    assert statuses(sandbox, booking) == ["booked", "exception"]


def test_push_and_poll_name_a_scan_alike(running: RunningSimulator, sandbox: Sandbox) -> None:
    booking = book(sandbox, shipment())
    pushed: list[str] = []
    running.simulator.emitter.emit = lambda pushes, *_: pushed.extend(push.event_id for push in pushes) or []  # type: ignore[method-assign]
    later(running, 3600)
    (update,) = do(sandbox.track([booking.ref.tracking_number]))
    assert pushed == [event.event_id for event in update.events][1:]


def test_unknown_numbers_are_left_out(sandbox: Sandbox) -> None:
    booking = book(sandbox, shipment())
    updates = do(sandbox.track(["SBX999999-1", booking.ref.tracking_number, "nonsense"]))
    assert [update.tracking_number for update in updates] == [booking.ref.tracking_number]


def test_labels_print(sandbox: Sandbox) -> None:
    booking = book(sandbox, shipment())
    made = {kind: do(sandbox.label(booking.ref, LabelFormat(kind=kind))).content for kind in LabelKind}
    document = pypdfium2.PdfDocument(made[LabelKind.PDF])
    page = document[0]
    try:
        size_mm = [round(points / 72 * 25.4) for points in page.get_size()]
        shown = page.get_textpage().get_text_range()
    finally:
        document.close()
    assert (len(document_pages(made[LabelKind.PDF])), size_mm) == (1, [102, 152])
    assert booking.ref.tracking_number in shown
    assert "Ada (3rd floor)" in shown
    assert booking.ref.tracking_number.encode() in made[LabelKind.ZPL]
    assert (made[LabelKind.ZPL][:3], made[LabelKind.ZPL][-3:]) == (b"^XA", b"^XZ")


def document_pages(pdf: bytes) -> list[bytes]:
    return pdf.split(b"/Type /Page ")[1:]


def test_a_label_may_not_be_ready_yet(running: RunningSimulator, sandbox: Sandbox) -> None:
    booking = book(sandbox, sim(951))
    with pytest.raises(UnknownReference):
        do(sandbox.label(booking.ref, LabelFormat()))
    later(running, 60)
    assert do(sandbox.label(booking.ref, LabelFormat())).content


def test_a_label_may_be_unreadable(sandbox: Sandbox) -> None:
    label = do(sandbox.label(book(sandbox, sim(952)).ref, LabelFormat()))
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(label.content)


def test_pickups_and_service_points(sandbox: Sandbox) -> None:
    there = shipment().origin
    request = PickupRequest(
        address=there,
        day=NOON.date(),
        ready_at=NOON,
        closes_at=None,
        parcels=shipment().parcels,
        reference="pck_1",
    )
    pickup = do(sandbox.schedule_pickup(request))
    assert do(sandbox.schedule_pickup(request)) == pickup
    for _ in range(2):
        do(sandbox.cancel_pickup(pickup))
    points = do(sandbox.service_points(there, radius_m=1000, limit=9))
    assert [point.distance_m for point in points] == [400, 800]


@pytest.mark.parametrize(
    ("without", "finds", "idempotent"),
    [
        ((), True, True),
        (["idempotency"], True, False),
        ("find", False, True),
        ("find, idempotency", False, False),
    ],
)
def test_an_account_says_what_its_carrier_lacks(
    running: RunningSimulator, without: object, finds: bool, idempotent: bool
) -> None:
    sandbox = account_of(running, without=without)
    assert isinstance(sandbox, FindsBookings) == finds
    assert sandbox.profile.booking.idempotent == idempotent
    assert isinstance(account_of(running), FindsBookings), "the others are as they were"


def test_the_server_lacks_what_the_account_lacks(running: RunningSimulator) -> None:
    lacking = account_of(running, without="find")
    with pytest.raises(UnknownReference):
        do(Sandbox.find(lacking, "tnd_1"))


def test_a_misspelt_lack_stops_the_account(running: RunningSimulator) -> None:
    with pytest.raises(AuthenticationFailed):
        rates(account_of(running, without="fnid"), shipment())


def test_another_key_is_refused(running: RunningSimulator) -> None:
    stranger = Sandbox(replace(running.account, secrets={"api_key": "stranger"}), lambda: NOON)
    with pytest.raises(AuthenticationFailed):
        rates(stranger, shipment())


def test_an_ordered_fault_comes_before_the_chosen_one(running: RunningSimulator, sandbox: Sandbox) -> None:
    running.simulator.faults.add(Fault(kind=FaultKind.STATUS_500, operation="quote"))
    with pytest.raises(CarrierUnavailable):
        rates(sandbox, shipment())


def test_numbers_are_not_given_twice_when_a_ledger_is_continued(running: RunningSimulator, sandbox: Sandbox) -> None:
    book(sandbox, shipment())
    with serve(SimulatorSandbox(ledger=running.simulator.ledger, clock=lambda: NOON)) as again:
        assert book(account_of(again), shipment(), "tnd_2").ref.carrier_reference == "SBX000002"


def _table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files("carriers.sandbox.simulator").joinpath(name).read_text().splitlines()))


def test_the_readme_lists_every_outcome() -> None:
    text = files("carriers.sandbox").joinpath("README.md").read_text("utf-8")
    for row in _table("outcomes.csv"):
        assert f"| {row['code']} | {row['operation']} | {row['happens']} |" in text


def test_every_country_of_the_profile_has_prices() -> None:
    assert {row["country"] for row in _table("prices.csv")} == set(Sandbox.profile.countries)


def test_every_life_begins_with_the_booking() -> None:
    first: dict[str, str] = {}
    for row in _table("lives.csv"):
        first.setdefault(row["life"], row["code"] + row["after_s"])
    assert set(first.values()) == {"BOOKED0"}


def test_every_outcome_of_a_life_is_a_life() -> None:
    lives = {row["life"] for row in _table("lives.csv")}
    assert {row["word"] for row in _table("outcomes.csv") if row["operation"] == "life"} <= lives


def test_code_39_has_three_wide_elements_of_nine() -> None:
    patterns = [row["elements"] for row in _table("code39.csv")]
    assert all(len(pattern) == 9 and pattern.count("w") == 3 for pattern in patterns)
    assert len(set(patterns)) == len(patterns)
