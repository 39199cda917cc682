"""Sums of days are those of their shipments, whatever happens to these, in whatever order it is told."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from gateway.domain.claims import Claim, ClaimKind, ClaimState
from gateway.domain.diversions import Agreed
from gateway.domain.enquiries import Enquiry, EnquiryWay
from gateway.domain.notifications import NotificationState
from gateway.domain.plausibility import STUCK
from gateway.domain.proof_files import PictureKind, ProofFile, ProofFileState
from gateway.domain.recipients import NOT_RECEIVED, Rating
from gateway.domain.records import Case
from gateway.domain.shipments import ShipmentState, TenderState
from gateway.domain.values import Requirements, TimeWindow
from gateway.kpis.asking import asked_sides
from gateway.kpis.boards import Board, Figure
from gateway.kpis.measures import sides
from gateway.services.kpi_cohorts import Cohort, Cohorts, Side
from gateway.services.kpi_reports import KpiReport, KpiReports
from gateway.services.kpi_sums import KpiSummer
from gateway.services.ports import Store, UnitOfWork
from tests.storage import made

FIRST = made.NOW.date() + timedelta(days=1)
DAYS = [FIRST + timedelta(days=number) for number in range(4)]
LATER = made.NOW + timedelta(days=9)
SHIPMENTS = 24
CUTS = ("account", "carrier", "service", "zone")
SIGNED = made.goods(requirements=Requirements(signature=True))


class Past:
    """Shipments of four days, to which things happen."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store, self.dice = store, random.Random(seed)  # noqa: S311  # no secret
        self.now = LATER
        self.made = 0
        with store.work() as uow:
            made.merchant(uow)
            for number in range(SHIPMENTS):
                self._book(uow, f"shp_{number}")
            uow.commit()

    def report(self, by: str = "carrier") -> KpiReport:
        kpis = KpiReports(self.store, lambda: self.now)
        return kpis.report(made.MERCHANT, "test", made.NOW.date(), DAYS[-1], by)  # type: ignore[arg-type]  # a cut

    def sum_up(self) -> int:
        return KpiSummer(self.store, lambda: self.now).catch_up()

    def direct(self, by: str = "", value: str = "") -> Board:
        board = Board()
        with self.store.look() as uow:
            for day in (made.NOW.date(), *DAYS):
                for _, each in uow.kpi_facts.deliveries(made.MERCHANT, "test", day):
                    if not by or getattr(each, by) == value:
                        board.add(each)
                for asked in uow.kpi_facts.asked(made.MERCHANT, "test", day):
                    if not by or getattr(asked, by, None) == value:
                        board.add_asked(asked)
        return board

    def listed(self, each: Figure, side: Side) -> list[str]:
        """Page by page."""
        cohort = Cohort(figure=each.definition, side=side, currency=each.currency, first=made.NOW.date(), last=DAYS[-1])
        found, cursor = list[str](), ""
        while True:
            page = Cohorts(self.store).page(made.MERCHANT, "test", cohort, cursor, 20)
            found += [shipment.id for shipment in page.shipments]
            if page.next is None:
                return sorted(found)
            cursor = page.next

    def members(self, each: Figure, side: Side) -> list[str]:
        """By the facts of each."""
        found, at = list[str](), 0 if side == "above" else 1
        measure, currency = each.definition.measure, each.currency
        with self.store.look() as uow:
            for day in (made.NOW.date(), *DAYS):
                if "account" in each.definition.cuts and "service" not in each.definition.cuts:
                    asked = uow.kpi_facts.asked_for(made.MERCHANT, "test", day)
                    found += [name for name, one in asked if asked_sides(measure, one)[at]]
                    continue
                facts = uow.kpi_facts.deliveries(made.MERCHANT, "test", day)
                found += [name for name, one in facts if sides(measure, one, currency)[at]]
        return sorted(found)

    def happen(self) -> None:
        """Something, to one of them."""
        name = f"shp_{self.dice.randrange(SHIPMENTS)}"
        ways: tuple[Callable[[UnitOfWork, str], None], ...] = (
            self._scanned, self._scanned, self._rated, self._denied, self._called_off, self._shown, self._claimed,
            self._decided, self._answered, self._moved, self._went_missing, self._enquired, self._stalled, self._told,
            self._wished, self._asked_next, self._weighed,
        )  # fmt: skip
        with self.store.work() as uow:
            self.dice.choice(ways)(uow, name)
            uow.commit()

    def _book(self, uow: UnitOfWork, name: str) -> None:
        due = made.NOW + timedelta(days=self.dice.randrange(1, 5))
        carrier, zone = self.dice.choice(("north", "south")), self.dice.choice(("", "city"))
        window = TimeWindow(start=due - timedelta(hours=4), end=due) if self.dice.random() < 0.3 else None
        more = {"window": window, "shipment": SIGNED} if self.dice.random() < 0.5 else {}
        uow.shipments.add(made.shipment(name, zone=zone, carrier=carrier, **more))
        uow.tenders.add(made.tender(f"tnd_{name}", name, carrier=carrier, state=TenderState.ACCEPTED))
        price = {"quoted_minor": 900, "price_minor": self.dice.choice((900, 905, 1200)), "currency": "USD"}
        uow.records.put(made.delivery_record(name, zone=zone, carrier=carrier, promised_by=due, co2e_g=90, **price))

    def _id(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}_{self.made}"

    def _scanned(self, uow: UnitOfWork, name: str) -> None:
        record = uow.records.get(made.MERCHANT, name)
        assert record is not None
        came = made.NOW + timedelta(hours=self.dice.randrange(2, 150))
        outcome = self.dice.choice(("", "delivered", "delivered", "failed", "returned"))
        uow.records.put(
            replace(
                record,
                picked_up_at=made.NOW + timedelta(minutes=self.dice.randrange(100)),
                delivered_at=came if outcome == "delivered" else None,
                attempts=self.dice.randrange(3),
                outcome=outcome,
                estimates={"out": came - timedelta(minutes=self.dice.randrange(90))},
            )
        )

    def _rated(self, uow: UnitOfWork, name: str) -> None:
        stars = self.dice.randrange(1, 6)
        uow.ratings.add(
            Rating(
                merchant_id=made.MERCHANT,
                shipment_id=name,
                mode="test",
                stars=stars,
                recommends=2 * stars,
                created_at=made.NOW,
            )
        )

    def _denied(self, uow: UnitOfWork, name: str) -> None:
        at = made.NOW + timedelta(days=self.dice.randrange(30))
        uow.cases.open(
            Case(id=self._id("cas"), merchant_id=made.MERCHANT, kind=NOT_RECEIVED, shipment_id=name, created_at=at)
        )

    def _called_off(self, uow: UnitOfWork, name: str) -> None:
        shipment = uow.shipments.get(made.MERCHANT, name)
        assert shipment is not None
        state = self.dice.choice((ShipmentState.CANCELLED, ShipmentState.BOOKED))
        uow.shipments.update(replace(shipment, state=state, version=shipment.version + 1))

    def _went_missing(self, uow: UnitOfWork, name: str) -> None:
        """Or was found again."""
        shipment = uow.shipments.get(made.MERCHANT, name)
        assert shipment is not None
        reason = self.dice.choice(("lost", "stolen", "origin_scan", ""))
        uow.shipments.update(replace(shipment, reason=reason, version=shipment.version + 1))

    def _shown(self, uow: UnitOfWork, name: str) -> None:
        picture = ProofFile(
            id=self._id("prf"),
            merchant_id=made.MERCHANT,
            shipment_id=name,
            kind=PictureKind.SIGNATURE,
            state=ProofFileState.STORED,
            source="carrier",
            origin=f"{self.made:064}",
            created_at=made.NOW,
        )
        uow.proof_files.add(picture, None)

    def _claimed(self, uow: UnitOfWork, name: str) -> None:
        claim = Claim(
            id=self._id("clm"),
            merchant_id=made.MERCHANT,
            mode="test",
            shipment_id=name,
            carrier="north",
            kind=self.dice.choice(list(ClaimKind)),
            amount=made.money("40.00"),
            opened_by="Kari",
            created_at=made.NOW,
            updated_at=made.NOW,
        )
        first = not uow.claims.kept(made.MERCHANT, "test")
        if uow.claims.add(claim) and first:
            uow.kpi_sums.all_stale(made.MERCHANT, "test", self.now)

    def _decided(self, uow: UnitOfWork, name: str) -> None:
        for claim in uow.claims.of_shipment(made.MERCHANT, name):
            state = self.dice.choice((ClaimState.DECIDED, ClaimState.WITHDRAWN))
            decision = self.dice.choice(("granted", "refused"))
            paid = made.money(self.dice.choice(("40.00", "10.00")))
            uow.claims.update(replace(claim, state=state, decision=decision, paid=paid, version=claim.version + 1))

    def _answered(self, uow: UnitOfWork, name: str) -> None:
        tender = uow.tenders.of_shipment(made.MERCHANT, name)[-1]
        state = self.dice.choice((TenderState.ACCEPTED, TenderState.CANCELLED))
        uow.tenders.close(replace(tender, state=state), [tender.state])

    def _enquired(self, uow: UnitOfWork, name: str) -> None:
        whose: Any = {"merchant_id": made.MERCHANT, "mode": "test", "shipment_id": name}
        times: Any = {"at": made.NOW, "created_at": made.NOW}
        if not uow.enquiries.kept(made.MERCHANT, "test"):
            uow.kpi_sums.all_stale(made.MERCHANT, "test", self.now)
        uow.enquiries.add(Enquiry(**whose, **times, id=self._id("enq"), way=EnquiryWay.PHONE, taken_by="Kari"))

    def _stalled(self, uow: UnitOfWork, name: str) -> None:
        at = made.NOW + timedelta(days=1)
        uow.cases.open(Case(id=self._id("cas"), merchant_id=made.MERCHANT, kind=STUCK, shipment_id=name, created_at=at))

    def _told(self, uow: UnitOfWork, name: str) -> None:
        """Planned, sent and received: each is news."""
        known = uow.notifications.get(made.MERCHANT, f"ntf_{name}")
        if known is None:
            uow.notifications.plan([made.notification(f"ntf_{name}", shipment_id=name)])
            return
        states = (NotificationState.SENT, NotificationState.DELIVERED)
        uow.notifications.keep(replace(known, state=self.dice.choice(states), sent_at=made.NOW))

    def _wished(self, uow: UnitOfWork, name: str) -> None:
        shipment = uow.shipments.get(made.MERCHANT, name)
        assert shipment is not None
        window = TimeWindow(start=made.NOW, end=made.NOW + timedelta(hours=self.dice.randrange(1, 150)))
        agreed = Agreed(window=window, at=made.NOW)
        uow.shipments.update(replace(shipment, agreed=agreed, version=shipment.version + 1))

    def _asked_next(self, uow: UnitOfWork, name: str) -> None:
        """On another day than the first."""
        first, *others = uow.tenders.of_shipment(made.MERCHANT, name)
        if others:
            return
        uow.tenders.close(replace(first, state=TenderState.REFUSED, answer_ms=self.dice.randrange(500)), [first.state])
        more: Any = {"created_at": made.NOW + timedelta(days=1), "answer_ms": 70}
        uow.tenders.add(made.tender(self._id(f"tnd_{name}_"), name, state=TenderState.ACCEPTED, **more))

    def _weighed(self, uow: UnitOfWork, name: str) -> None:
        record = uow.records.get(made.MERCHANT, name)
        assert record is not None
        facts: Any = {"weight_g": self.dice.randrange(1, 9000), "apart_m": 10, "declared": made.money("12.00")}
        uow.records.put(replace(record, ordered_at=made.NOW, **facts))

    def _moved(self, uow: UnitOfWork, name: str) -> None:
        """Booked anew elsewhere, with another promise."""
        record = uow.records.get(made.MERCHANT, name)
        assert record is not None
        day: date = self.dice.choice(DAYS)
        uow.records.put(replace(record, due_on=day, carrier=self.dice.choice(("north", "south"))))


@pytest.mark.parametrize("seed", range(3))
def test_sums_are_what_the_shipments_say_after_everything_that_happens(store: Store, seed: int) -> None:
    past = Past(store, seed)
    for _ in range(6):
        past.sum_up()
        assert past.report().period.missing == []
        assert list(past.report().whole.figures()) == list(past.direct().figures())
        for by in CUTS:
            for value, board in past.report(by).parts.items():
                assert list(board.figures(by)) == list(past.direct(by, value).figures(by)), (by, value)
        for _ in range(6):
            past.happen()


def test_every_figure_leads_to_exactly_its_shipments(store: Store) -> None:
    past = Past(store, 6)
    for _ in range(200):
        past.happen()
    past.sum_up()
    wanted = {"otif", "wish_kept", "recovery", "claim_value", "stalled", "wismo", "notified", "nps", "failover"}
    told = {each.definition.name: each for each in past.report().whole.figures() if each.n}
    assert wanted <= set(told)
    for each in (told[name] for name in sorted(wanted)):
        for side in ("above", "below"):
            assert past.listed(each, side) == past.members(each, side), (each.definition.name, side)


def test_a_booking_passed_on_the_day_after_is_news_of_the_day_before(store: Store) -> None:
    past = Past(store, 4)
    with store.work() as uow:
        first = uow.tenders.get(made.MERCHANT, "tnd_shp_1")
        assert first is not None
        uow.tenders.close(replace(first, state=TenderState.UNAVAILABLE), [first.state])
        uow.commit()
    past.sum_up()
    assert past.report().whole.tallies["failover", ""].above == 0
    with store.work() as uow:
        tomorrow = made.NOW + timedelta(days=1)
        uow.tenders.add(made.tender("tnd_shp_1_next", "shp_1", state=TenderState.ACCEPTED, created_at=tomorrow))
        uow.commit()
    past.sum_up()
    assert past.report().whole.tallies["failover", ""].above == 1


def test_nothing_stale_is_told_as_new(store: Store) -> None:
    past = Past(store, 1)
    assert set(past.report().period.missing) == {made.NOW.date(), *DAYS}
    past.sum_up()
    assert past.report().period.as_of == past.now
    with store.work() as uow:
        past._scanned(uow, "shp_1")
        uow.commit()
    told = past.report()
    assert told.period.missing == []
    assert told.period.as_of < past.now or past.now > made.NOW  # by the database's own clock
    with store.look() as uow:
        stands = uow.kpi_sums.standing(made.MERCHANT, "test", made.NOW.date(), DAYS[-1])
    assert stands.stale_since is not None
    assert past.sum_up() == 2  # the day in both modes
    assert past.sum_up() == 0


def test_what_no_figure_counts_makes_no_day_stale(store: Store) -> None:
    past = Past(store, 1)
    past.sum_up()
    for reason, days in (("origin_scan", 0), ("facility_departure", 0), ("lost", 2), ("origin_scan", 2)):
        with store.work() as uow:
            shipment = uow.shipments.get(made.MERCHANT, "shp_1")
            assert shipment is not None
            moved = replace(shipment, reason=reason, state=ShipmentState.NEEDS_REVIEW, version=shipment.version + 1)
            uow.shipments.update(moved)
            uow.commit()
        assert past.sum_up() == days, reason  # the day in both modes


def test_days_that_are_not_over_are_left_alone(store: Store) -> None:
    past = Past(store, 2)
    past.now = made.NOW + timedelta(days=2)
    past.sum_up()
    with store.look() as uow:
        stands = uow.kpi_sums.standing(made.MERCHANT, "test", made.NOW.date(), DAYS[-1])
    assert set(stands.missing) == set(DAYS[1:])
    assert past.report().period.last == DAYS[0]


def test_promises_further_west_are_waited_for(store: Store) -> None:
    """Its last promise of yesterday is kept today, in UTC."""
    past = Past(store, 3)
    west = made.delivery_record("shp_1", promised_by=past.now + timedelta(hours=2), due_on=LATER.date() - timedelta(1))
    with store.work() as uow:
        uow.records.put(west)
        uow.commit()
    past.sum_up()
    kpis = KpiReports(store, lambda: past.now)
    assert kpis.report(made.MERCHANT, "test").period.last == LATER.date() - timedelta(2)
    past.now += timedelta(hours=3)
    assert kpis.report(made.MERCHANT, "test").period.last == LATER.date() - timedelta(1)
