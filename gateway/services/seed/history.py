"""Writing the seeded history: quotes judged by the real policies, tenders, bookings, events and the facts of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from ulid import ULID

from carriers.base.registry import carrier
from gateway.domain.quotes import CarrierResult, Offer, Quote, ResultState
from gateway.domain.records import AccountRecord, DeliveryRecord, ShipmentRecord, Tender, TrackerRecord
from gateway.domain.shipments import BookingRef, ShipmentState, TenderState
from gateway.domain.timezones import local_day, recipient_zone
from gateway.domain.tracking import TrackingEvent
from gateway.domain.zones import ZoneMap
from gateway.rules.policy import Candidate, Context, Policy
from gateway.services.changes import record_change, record_created
from gateway.services.offers import candidate, offer
from gateway.services.ports import Store, UnitOfWork
from gateway.services.projection import project
from gateway.services.reliability.emissions import EmissionModel
from gateway.services.reliability.learner import Learner
from gateway.services.reliability.outlooks import OutlookBook
from gateway.services.seed.fresh import Fresh
from gateway.services.seed.world import SeedMerchant, World, accepted, read_world, scans

A_COMMIT = 1000
ID_RANDOM_BITS = 80
MOST_LEARNT = 20_000
LESSONS = 50
"""A history that is learnt from is written in so many parts, some eight days each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeding:
    """How much history, which one, and until when it reaches."""

    shipments: int
    seed: int
    until: datetime = datetime(2026, 11, 1, tzinfo=UTC)


def seed_history(
    store: Store,
    seeding: Seeding,
    policies: Mapping[str, Policy],
    zones: ZoneMap,
    emissions: EmissionModel,
    progress: Callable[[int], None],
) -> None:
    """Write the history; `policies` decide by currency. `progress` is told how many shipments were written.

    Up to `MOST_LEARNT` shipments, what has ended is learnt from time and again, so that each offer says what was known
    at its time; a larger history is left to the worker, which learns from it once.
    """
    world, dice = read_world(), Random(seeding.seed)  # noqa: S311  # a made-up history needs no secrets
    days = [seeding.until - timedelta(days=ahead) for ahead in range(world.days, 0, -1)]
    chosen = dice.choices(days, [world.busyness(day) for day in days], k=seeding.shipments)
    moments = sorted(day + timedelta(seconds=dice.randrange(86_400)) for day in chosen)
    writer = _Writer(world, seeding, policies, zones, OutlookBook(store, emissions), dice)
    with store.work() as uow:
        writer.enter(uow)
        uow.commit()
    store.make_room(days[0], seeding.until)
    learns = seeding.shipments <= MOST_LEARNT
    size = -(-seeding.shipments // LESSONS) if learns else A_COMMIT
    for start in range(0, len(moments), size):
        batch = moments[start : start + size]
        with store.work() as uow:
            fresh = Fresh(uow)
            for number, moment in enumerate(batch, start + 1):
                writer.write(fresh.unit, number, moment)
            fresh.commit()
        if learns:
            writer.learn(store, batch[-1])
        progress(len(batch))


class _Writer:
    """Draws shipments and writes all that hangs on each."""

    def __init__(
        self,
        world: World,
        seeding: Seeding,
        policies: Mapping[str, Policy],
        zones: ZoneMap,
        outlooks: OutlookBook,
        dice: Random,
    ) -> None:
        self._world = world
        self._seeding = seeding
        self._policies = policies
        self._zones = zones
        self._outlooks = outlooks
        self._dice = dice
        self._ids: dict[str, str] = {}
        self._learnt = 0

    def enter(self, uow: UnitOfWork) -> None:
        """The merchants and their accounts."""
        begin = self._seeding.until - timedelta(days=self._world.days + 1)
        for merchant in self._world.merchants:
            self._ids[merchant.name] = self._id("mer", begin)
            uow.keys.add_merchant(self._ids[merchant.name], merchant.name, begin)
            for lane in merchant.lanes:
                self._ids[lane.account] = self._id("acc", begin)
                uow.accounts.add(
                    AccountRecord(
                        id=self._ids[lane.account],
                        merchant_id=self._ids[merchant.name],
                        name=lane.account,
                        carrier=lane.carrier,
                        mode="test",
                        enabled=False,
                        created_at=begin,
                    )
                )

    def learn(self, store: Store, now: datetime) -> None:
        """Learn from what has ended by now."""
        learner, self._learnt = Learner(store, lambda: now), self._learnt + 1
        for merchant in self._world.merchants:
            learner.learn(self._ids[merchant.name], "test")

    def write(self, uow: UnitOfWork, number: int, at: datetime) -> None:
        """One shipment with its quote, tender, tracker, events and facts."""
        merchant = self._dice.choice(self._world.merchants)
        quote = self._quote(merchant, number, at)
        uow.quotes.add(quote)
        best = quote.ranked[0]
        lane = next(lane for lane in merchant.lanes if lane.account == best.account)
        shipment = self._shipment(quote, at)
        record_created(uow, shipment)
        tender = self._tender(shipment, best, at)
        uow.tenders.add(tender)
        shipment = record_change(uow, self._booked(shipment, tender, best), "shipment.booked", at)
        happened = scans(
            lane, self._world, quote.zone, at, self._seeding.until, ZoneInfo(merchant.timezone), self._dice
        )
        self._follow(uow, shipment, tender, [event for event in happened if event.occurred_at < self._seeding.until])

    def _quote(self, merchant: SeedMerchant, number: int, at: datetime) -> Quote:
        shipment = merchant.shipment(number, self._dice)
        zone = self._zones.zone(shipment.destination)
        policy = self._policies[merchant.currency]
        candidates = [
            candidate(
                self._ids[lane.account],
                lane.account,
                carrier(lane.carrier).profile,
                lane.rate(shipment, merchant.currency, at, self._dice),
            )
            for lane in merchant.lanes
        ]
        context = Context(shipment=shipment, zone=zone, now=at, ready_at=at)
        judged = policy.decide(self._foreseen(merchant, context, candidates), context)
        return Quote(
            id=self._id("qte", at),
            merchant_id=self._ids[merchant.name],
            mode="test",
            shipment=shipment,
            created_at=at,
            expires_at=at + timedelta(minutes=30),
            policy=policy.name,
            policy_version=policy.version,
            policy_currency=policy.currency,
            zone=zone,
            offers=tuple(offer(self._id("off", at), each) for each in judged),
            carrier_results=tuple(
                CarrierResult(
                    account_id=self._ids[lane.account],
                    account=lane.account,
                    carrier=lane.carrier,
                    state=ResultState.OK,
                    latency_ms=round(self._dice.lognormvariate(5, 0.4)),
                )
                for lane in merchant.lanes
            ),
            ready_at=at,
        )

    def _foreseen(
        self, merchant: SeedMerchant, context: Context, candidates: Sequence[Candidate]
    ) -> Sequence[Candidate]:
        known = self._outlooks.of(self._ids[merchant.name], "test", self._learnt, context, candidates)
        return [replace(each, outlook=outlook) for each, outlook in zip(candidates, known, strict=True)]

    def _shipment(self, quote: Quote, at: datetime) -> ShipmentRecord:
        return ShipmentRecord(
            id=self._id("shp", at),
            merchant_id=quote.merchant_id,
            mode="test",
            state=ShipmentState.BOOKING,
            shipment=quote.shipment,
            reference=quote.shipment.reference,
            policy=quote.policy,
            policy_version=quote.policy_version,
            quote_id=quote.id,
            zone=quote.zone or "",
            ready_at=at,
            created_at=at,
            updated_at=at,
        )

    def _tender(self, shipment: ShipmentRecord, offer: Offer, at: datetime) -> Tender:
        tender_id = self._id("tnd", at)
        number = f"SEED{tender_id[-16:]}"
        return Tender(
            id=tender_id,
            merchant_id=shipment.merchant_id,
            shipment_id=shipment.id,
            account_id=offer.account_id,
            account=offer.account,
            carrier=offer.carrier,
            offer_id=offer.id,
            rate=offer.rate,
            state=TenderState.ACCEPTED,
            why="accepted",
            created_at=at,
            updated_at=at,
            lease_until=at,
            booking=BookingRef(carrier_reference=number, tracking_number=number, tender_reference=tender_id),
            answer_ms=round(Random(tender_id).lognormvariate(5.7, 0.5)),  # noqa: S311  # made up, like all of it
        )

    def _booked(self, shipment: ShipmentRecord, tender: Tender, offer: Offer) -> ShipmentRecord:
        return replace(
            shipment,
            state=ShipmentState.BOOKED,
            account_id=tender.account_id,
            account=tender.account,
            carrier=tender.carrier,
            service=offer.rate.service,
            tender_id=tender.id,
            price=offer.rate.price,
            quoted_price=offer.rate.price,
            deliver_by=offer.rate.deliver_by,
            tracking_number=tender.booking.tracking_number if tender.booking else "",
            booking=tender.booking,
        )

    def _follow(
        self, uow: UnitOfWork, shipment: ShipmentRecord, tender: Tender, events: Sequence[TrackingEvent]
    ) -> None:
        at = tender.created_at
        tracker = TrackerRecord(
            id=self._id("trk", at),
            merchant_id=shipment.merchant_id,
            account_id=tender.account_id,
            carrier=tender.carrier,
            mode="test",
            tracking_number=shipment.tracking_number,
            shipment_id=shipment.id,
            tender_id=tender.id,
            promised_by=shipment.deliver_by,
            timezone=recipient_zone(shipment.shipment),
            created_at=at,
        )
        uow.trackers.add(tracker)
        for event in (accepted(tender), *events):
            uow.trackers.append(tracker, event, "")
        uow.records.put(_facts(shipment))
        project(uow, tracker, max((event.received_at or at for event in events), default=at), "seed")

    def _id(self, prefix: str, at: datetime) -> str:
        """An id like those of `services.ids`, but drawn from the seed."""
        drawn = self._dice.getrandbits(ID_RANDOM_BITS).to_bytes(10, "big")
        return f"{prefix}_{ULID.from_bytes(round(at.timestamp() * 1000).to_bytes(6, 'big') + drawn)}"


def _facts(shipment: ShipmentRecord) -> DeliveryRecord:
    price = shipment.price
    return DeliveryRecord(
        merchant_id=shipment.merchant_id,
        shipment_id=shipment.id,
        account_id=shipment.account_id,
        carrier=shipment.carrier,
        service=shipment.service.value if shipment.service else "",
        zone=shipment.zone,
        booked_at=shipment.created_at,
        due_on=local_day(shipment.deliver_by or shipment.created_at, recipient_zone(shipment.shipment)),
        ready_at=shipment.ready_at,
        promised_by=shipment.deliver_by,
        quoted_minor=price.minor if price else None,
        price_minor=price.minor if price else None,
        currency=price.currency if price else "",
        parcels=len(shipment.shipment.parcels),
        weight_g=shipment.shipment.weight_g,
        declared=shipment.shipment.value,
    )
