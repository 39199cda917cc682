"""Facts of key figures are read from rows as they lie, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from gateway.domain.claims import Claim, ClaimKind, ClaimState
from gateway.domain.diversions import Agreed
from gateway.domain.enquiries import Enquiry, EnquiryWay
from gateway.domain.notifications import Channel, NotificationState
from gateway.domain.plausibility import STUCK
from gateway.domain.proof_files import PictureKind, ProofFile, ProofFileState
from gateway.domain.recipients import NOT_RECEIVED, Rating
from gateway.domain.records import Case
from gateway.domain.shipments import ShipmentState, TenderState
from gateway.domain.tracking import ProofOfDelivery
from gateway.domain.values import Requirements, TimeWindow
from gateway.kpis.facts import Asked, Claimed, Delivery
from gateway.services.ports import Store, UnitOfWork
from gateway.storage.repositories import kpis
from tests.storage import made

DUE = made.NOW + timedelta(days=2)
SIGNED = made.goods(requirements=Requirements(signature=True))
DAY = DUE.date()


def found(store: Store, mode: str = "test", day: date = DAY) -> Sequence[Delivery]:
    with store.look() as uow:
        return [each for _, each in uow.kpi_facts.deliveries(made.MERCHANT, mode, day)]  # type: ignore[arg-type]  # a mode


def test_a_delivery_with_all_that_is_known_of_it(store: Store) -> None:
    window = TimeWindow(start=DUE - timedelta(hours=4), end=DUE)
    came = DUE - timedelta(hours=1)
    denied = came + timedelta(days=1)
    with store.work() as uow:
        made.merchant(uow)
        uow.shipments.add(
            made.shipment("shp_1", shipment=SIGNED, window=window, proof=ProofOfDelivery(received_by="Ola"))
        )
        uow.records.put(
            made.delivery_record(
                "shp_1",
                zone="city",
                promised_by=DUE,
                picked_up_at=made.NOW + timedelta(hours=5),
                delivered_at=came,
                attempts=1,
                outcome="delivered",
                quoted_minor=899,
                price_minor=900,
                currency="USD",
                co2e_g=250,
                estimates={"moving": DUE, "out": came},
            )
        )
        uow.ratings.add(Rating(merchant_id=made.MERCHANT, shipment_id="shp_1", mode="test", stars=4, created_at=came))
        uow.cases.open(
            Case(id="cas_1", merchant_id=made.MERCHANT, kind=NOT_RECEIVED, shipment_id="shp_1", created_at=denied)
        )
        uow.commit()
    told = Delivery(
        account=made.ACCOUNT,
        carrier="sandbox",
        service="same_day",
        zone="city",
        booked_at=made.NOW,
        due_from=window.start,
        due_by=DUE,
        picked_up_at=made.NOW + timedelta(hours=5),
        delivered_at=came,
        attempts=1,
        outcome="delivered",
        quoted=899,
        price=900,
        currency="USD",
        co2e_g=250,
        out_estimate=came,
        stars=4,
        proof_wanted=True,
        denied_at=denied,
    )
    assert found(store) == [told]  # a name is no signature
    with store.work() as uow:
        uow.proof_files.add(
            ProofFile(
                id="prf_1",
                merchant_id=made.MERCHANT,
                shipment_id="shp_1",
                kind=PictureKind.SIGNATURE,
                state=ProofFileState.STORED,
                source="carrier",
                origin="0" * 64,
                created_at=came,
            ),
            None,
        )
        uow.commit()
    assert found(store) == [replace(told, proof_shown=True)]


def test_what_was_asked_told_and_claimed_beside_it(store: Store) -> None:
    """Another time was agreed, it stalled, somebody asked, two messages went out, two claims stand and one does not."""
    picked_up, came = made.NOW + timedelta(hours=5), DUE + timedelta(hours=1)
    wished = TimeWindow(start=DUE, end=DUE + timedelta(hours=2))
    with store.work() as uow:
        made.merchant(uow)
        uow.shipments.add(made.shipment("shp_1", agreed=Agreed(window=wished, at=made.NOW)))
        uow.records.put(
            made.delivery_record(
                "shp_1",
                ordered_at=made.NOW - timedelta(hours=1),
                promised_by=DUE,
                picked_up_at=picked_up,
                delivered_at=came,
                outcome="delivered",
                weight_g=2500,
                declared=made.money("49.99"),
                apart_m=99,
            )
        )
        _beside(uow, picked_up)
        uow.commit()
    told = Delivery(
        account=made.ACCOUNT,
        carrier="sandbox",
        service="same_day",
        zone="",
        ordered_at=made.NOW - timedelta(hours=1),
        booked_at=made.NOW,
        due_by=DUE,
        wished_at=made.NOW,
        wished_from=wished.start,
        wished_by=wished.end,
        picked_up_at=picked_up,
        delivered_at=came,
        outcome="delivered",
        stalled=True,
        weight_g=2500,
        recommends=9,
        stars=4,
        enquiries=1,
        told=2,
        receipts=1,
        proof_wanted=True,
        apart_m=99,
        claims=frozenset({"damage", "missing"}),
        claimed=(Claimed("USD", 4000, 2500),),
        declared=4999,
        declared_currency="USD",
    )
    assert found(store) == [told]


def _beside(uow: UnitOfWork, picked_up: datetime) -> None:
    whose: Any = {"merchant_id": made.MERCHANT, "mode": "test", "shipment_id": "shp_1"}
    uow.ratings.add(Rating(**whose, stars=4, recommends=9, created_at=DUE))
    uow.enquiries.add(Enquiry(**whose, id="enq_1", way=EnquiryWay.CHAT, taken_by="Kari", at=DUE, created_at=DUE))
    for name, at in (("cas_before", picked_up - timedelta(hours=1)), ("cas_after", picked_up)):
        state = "closed" if name == "cas_before" else "open"
        case = Case(id=name, merchant_id=made.MERCHANT, kind=STUCK, shipment_id="shp_1", created_at=at, state=state)
        uow.cases.open(case)
    ways = ((Channel.SMS, "delivered"), (Channel.WHATSAPP, "failed"), (Channel.SMS, "pending"), (Channel.EMAIL, "sent"))
    uow.notifications.plan(
        [
            made.notification(
                f"ntf_{number}",
                channel=channel,
                state=NotificationState(state),
                sent_at=None if state == "pending" else DUE,
            )
            for number, (channel, state) in enumerate(ways)
        ]
    )
    claims = (
        (ClaimKind.DAMAGE, ClaimState.PAID, made.money("40.00"), made.money("25.00")),
        (ClaimKind.MISSING, ClaimState.OPEN, None, None),
        (ClaimKind.MISDELIVERY, ClaimState.WITHDRAWN, made.money("9.00"), None),
    )
    for kind, claim_state, amount, paid in claims:
        uow.claims.add(
            Claim(
                **whose,
                id=f"clm_{kind}",
                carrier="sandbox",
                kind=kind,
                state=claim_state,
                amount=amount,
                paid=paid,
                opened_by="Kari",
                created_at=DUE,
                updated_at=DUE,
            )
        )


def test_who_is_of_a_day(store: Store) -> None:
    """Without a promise of that of the booking; neither returns, nor the other mode's, nor what is due on another."""
    free = {"promised_by": None, "booked_at": DUE}
    with store.work() as uow:
        made.merchant(uow)
        for name, more, record in (
            ("shp_first", {}, {"promised_by": DUE}),
            ("shp_later", {}, {"promised_by": DUE, "due_on": DAY + timedelta(days=1)}),
            ("shp_free", {"state": ShipmentState.CANCELLED}, free),
            ("shp_live", {"mode": "live"}, {"promised_by": DUE}),
            ("shp_back", {"return_of": "shp_first"}, {"promised_by": DUE}),
        ):
            uow.shipments.add(made.shipment(name, **more))
            uow.records.put(made.delivery_record(name, zone=name, **record))
        uow.commit()
    assert [(each.zone, each.outcome) for each in found(store)] == [("shp_first", ""), ("shp_free", "cancelled")]
    assert [each.zone for each in found(store, "live")] == ["shp_live"]
    with store.look() as uow:
        some = uow.kpi_facts.deliveries(made.MERCHANT, "test", DAY, "zone", "shp_free")
        assert [shipment_id for shipment_id, _ in some] == ["shp_free"]


def test_pages_leave_out_none_and_tell_none_twice(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kpis, "PAGE", 2)
    with store.work() as uow:
        made.merchant(uow)
        for number in range(7):
            uow.shipments.add(made.shipment(f"shp_{number}"))
            uow.records.put(made.delivery_record(f"shp_{number}", promised_by=DUE, zone=str(number)))
        uow.commit()
    assert [each.zone for each in found(store)] == list("0123456")


def test_what_carriers_answered_is_counted(store: Store) -> None:
    with store.work() as uow:
        made.merchant(uow)
        for name, zone, states in (
            ("shp_1", "city", (TenderState.REFUSED, TenderState.ACCEPTED)),
            ("shp_2", "city", (TenderState.REFUSED,)),
        ):
            uow.shipments.add(made.shipment(name, zone=zone))
            for number, state in enumerate(states):
                uow.tenders.add(made.tender(f"tnd_{name}_{number}", name, state=state, answer_ms=90))
        uow.commit()
    today = made.NOW.date()
    with store.look() as uow:
        asked = uow.kpi_facts.asked(made.MERCHANT, "test", today)
        one_by_one = list(uow.kpi_facts.asked_for(made.MERCHANT, "test", today, "zone", "city"))
        for some in (1, 2, 3):
            assert (
                list(uow.kpi_facts.asked_for(made.MERCHANT, "test", today, "zone", "city", at_once=some)) == one_by_one
            )
        assert uow.kpi_facts.asked(made.MERCHANT, "live", today) == []
        assert list(uow.kpi_facts.asked_for(made.MERCHANT, "test", today, "account", "acc_2")) == []
    those: Any = {"account": made.ACCOUNT, "carrier": "sandbox", "zone": "city", "answer_ms": 90}
    assert sorted(asked, key=lambda each: (each.answer, each.passed_on)) == [
        Asked(**those, answer="accepted", times=1),
        Asked(**those, answer="refused", times=1),
        Asked(**those, answer="refused", passed_on=True, times=1),
    ]
    assert [shipment_id for shipment_id, _ in one_by_one] == ["shp_1", "shp_1", "shp_2"]
