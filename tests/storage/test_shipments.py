"""Quotes, shipments, labels, and finding them again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.errors import StaleVersion, Unprocessable
from gateway.domain.quotes import ServiceLevel
from gateway.domain.shipments import Label, LabelFormat, LabelKind, ShipmentState
from gateway.domain.tracking import ProofOfDelivery
from gateway.domain.values import Address, TimeWindow
from gateway.services.ports import ShipmentSearch
from gateway.storage import SqlStore
from tests.storage import made
from tests.storage.made import ACCOUNT, HOME, MERCHANT, NOW


def test_a_quote_comes_back_with_its_offers_in_their_order(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        uow.quotes.add(made.quote())
        uow.quotes.add(made.quote("qte_2", offers=(), zone="nyc", mode="test"))
        uow.commit()
    with store.look() as uow:
        assert uow.quotes.get(MERCHANT, "qte_1") == made.quote()
        assert uow.quotes.get(MERCHANT, "qte_2") == made.quote("qte_2", offers=(), zone="nyc", mode="test")
        assert uow.quotes.get(MERCHANT, "qte_none") is None


FULL = made.shipment(
    "shp_full",
    reference="cart-991",
    state=ShipmentState.BOOKED,
    quote_id="qte_1",
    chosen_offer_id="off_1",
    zone="nyc",
    label_format=LabelFormat(kind=LabelKind.ZPL, width_mm=100, height_mm=150),
    ready_at=NOW,
    window=TimeWindow(start=NOW, end=NOW + timedelta(hours=1)),
    why="because",
    account_id=ACCOUNT,
    account="main",
    carrier="sandbox",
    service=ServiceLevel.INSTANT,
    price=made.money("1.234", "KWD"),
    quoted_price=made.money("899", "JPY"),
    deliver_by=NOW,
    tracking_number="TN-1",
    carrier_tracking_url="https://track.example.com/TN-1",
    status="delivered",
    reason="delivered_to_neighbor",
    phase="final",
    attempts=2,
    status_conflict=True,
    status_at=NOW,
    delivered_at=NOW,
    last_progress_status="delivered",
    proof=ProofOfDelivery(delivered_at=NOW, received_by="Zoë", photo=b"\x89PNG", pin_matched=True, latitude=1.5),
    booking=made.booking("CR-1", "TN-1", "P-1", "P-2"),
    version=7,
)


@pytest.mark.parametrize("shipment", [made.shipment(), FULL], ids=["bare", "full"])
def test_a_shipment_comes_back_as_it_was_given(store: SqlStore, shipment: Any) -> None:
    made.begin(store)
    with store.work() as uow:
        assert uow.shipments.add(shipment)
        uow.commit()
    with store.look() as uow:
        assert uow.shipments.get(MERCHANT, shipment.id) == shipment
        assert uow.shipments.get(MERCHANT, shipment.id, lock=False) == shipment
    with store.work() as uow:
        assert uow.shipments.get(MERCHANT, shipment.id, lock=True) == shipment


def test_every_field_of_a_shipment_can_be_changed(store: SqlStore) -> None:
    made.begin(store, shipments=1)
    changed = replace(FULL, id="shp_1")
    with store.work() as uow:
        uow.shipments.update(changed)
        uow.commit()
    with store.look() as uow:
        assert uow.shipments.get(MERCHANT, "shp_1") == changed


def test_an_older_version_of_a_shipment_never_overwrites_a_newer_one(store: SqlStore) -> None:
    made.begin(store, shipments=1)
    with store.work() as uow:
        uow.shipments.update(made.shipment(version=3))
        uow.commit()
    with pytest.raises(StaleVersion), store.work() as uow:
        uow.shipments.update(made.shipment(version=2))


def test_a_reference_is_unique_per_merchant_and_mode(store: SqlStore) -> None:
    made.begin(store)
    first = made.shipment(reference="cart-1")
    with store.work() as uow:
        assert uow.shipments.add(first)
        assert not uow.shipments.add(made.shipment("shp_2", reference="cart-1"))
        assert uow.shipments.add(made.shipment("shp_3", reference="cart-1", mode="live"))
        assert uow.shipments.add(made.shipment("shp_4"))
        assert uow.shipments.add(made.shipment("shp_5")), "having none is no reference"
        uow.commit()
    with store.look() as uow:
        assert uow.shipments.by_reference(MERCHANT, "test", "cart-1") == first
        assert uow.shipments.by_reference(MERCHANT, "test", "cart-2") is None


def test_the_first_label_of_a_kind_stays(store: SqlStore) -> None:
    made.begin(store, shipments=1)
    pdf, again = Label(kind=LabelKind.PDF, content=b"%PDF-1"), Label(kind=LabelKind.PDF, content=b"%PDF-2")
    with store.work() as uow:
        uow.shipments.add_label(MERCHANT, "shp_1", pdf)
        uow.shipments.add_label(MERCHANT, "shp_1", again)
        uow.commit()
    with store.look() as uow:
        assert uow.shipments.label(MERCHANT, "shp_1", LabelKind.PDF) == pdf
        assert uow.shipments.label(MERCHANT, "shp_1", LabelKind.ZPL) is None


def ids(store: SqlStore, **search: Any) -> list[str]:
    with store.look() as uow:
        found = uow.shipments.search(MERCHANT, ShipmentSearch(mode="test", **search))
    return [shipment.id for shipment in found.items]


@pytest.mark.parametrize(
    "text",
    [
        "shp_full",
        "cart-991",
        "CART 991",
        "Zoë Müller-Smith",
        "zoë",
        "müller-smith",
        "zoe@EXAMPLE.org",
        "sw1a1aa",
        "SW1A 1AA",
        "+44 20 7946 0123",
        "0123",
        "946 0123",
        "TN-1",
    ],
)
def test_a_shipment_is_found_by_what_people_have_in_hand(store: SqlStore, text: str) -> None:
    made.begin(store)
    stranger = Address(country="DE", postal_code="10115", name="Someone Else", phone="+4930999999")
    with store.work() as uow:
        uow.shipments.add(FULL)
        uow.shipments.add(made.shipment("shp_other", shipment=made.goods(destination=stranger)))
        uow.commit()
    assert ids(store, text=text) == ["shp_full"]
    assert ids(store, text="nothing like it") == []
    assert ids(store, text="--") == []


def test_numbers_that_become_known_at_booking_are_found_too(store: SqlStore) -> None:
    made.begin(store, shipments=1)
    with store.work() as uow:
        booked = made.shipment(tracking_number="TN-9", booking=made.booking("CR-9", "TN-9", "P-91", "P-92"), version=2)
        uow.shipments.update(booked)
        uow.shipments.update(replace(booked, version=3))
        uow.commit()
    for text in ("tn9", "P-91", "P-92"):
        assert ids(store, text=text) == ["shp_1"]


def test_a_list_is_narrowed_by_each_field(store: SqlStore) -> None:
    made.begin(store, shipments=2)
    with store.work() as uow:
        uow.shipments.add(FULL)
        uow.shipments.add(made.shipment("shp_live", mode="live"))
        uow.commit()
    assert ids(store) == ["shp_full", "shp_2", "shp_1"]
    for narrowed in (
        {"reference": "cart-991"},
        {"tracking_number": "TN-1"},
        {"status": "delivered"},
        {"state": "booked"},
        {"account": "main"},
    ):
        assert ids(store, **narrowed) == ["shp_full"], narrowed
    assert ids(store, created_after=NOW) == []
    assert len(ids(store, created_after=NOW - timedelta(seconds=1))) == 3
    assert ids(store, status="delivered", account="other") == []


def test_pages_list_everything_once_newest_first(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        for number in range(25):  # three at each moment: the id decides between them
            uow.shipments.add(made.shipment(f"shp_{number:02}", created_at=NOW + timedelta(seconds=number // 3)))
        uow.commit()
    for text in ("", "zoë"):
        seen: list[str] = []
        cursor = None
        while True:
            with store.look() as uow:
                search = ShipmentSearch(mode="test", text=text, limit=4, cursor=cursor)
                page = uow.shipments.search(MERCHANT, search)
            seen += [shipment.id for shipment in page.items]
            assert len(page.items) <= 4
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == [f"shp_{number:02}" for number in reversed(range(25))]


@pytest.mark.parametrize("cursor", ["x", "", "ü", "MjAyNi0xMS0yMw==", "MjAyNi0xMS0yM1QxNDowMDowMCBzaHBfMQ=="])
def test_a_cursor_that_is_not_ours_is_refused(store: SqlStore, cursor: str) -> None:
    with pytest.raises(Unprocessable, match="cursor"), store.look() as uow:
        uow.shipments.search(MERCHANT, ShipmentSearch(mode="test", cursor=cursor))


def test_a_deleted_recipient_field_is_no_search_word(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        uow.shipments.add(made.shipment(shipment=made.goods(destination=replace(HOME, name="", phone="12"))))
        uow.commit()
    assert ids(store, text="12") == ["shp_1"]
