"""Wave assignment: a batch of shipments given to accounts at once, as cheaply as their limits allow.

A small wave is solved while the caller waits, a large one by the worker. Nothing is booked by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

from gateway.domain.assignments import AssignmentRecord, Choice, Greedy, Limit, Lot, Solution, Wave, greedy
from gateway.domain.clock import Clock
from gateway.domain.errors import GatewayError, NotFound, Unprocessable
from gateway.domain.values import Money
from gateway.services.ids import new_id
from gateway.services.ports import Mode, Store, UnitOfWork

SMALL_OFFERS = 2000
"""Of at most so many offers a wave is solved at once: it takes a tenth of a second."""


EXACT = 2**53
"""Up to here the solver, which computes in binary floating point, adds whole numbers without rounding."""

LEASE = timedelta(minutes=10)
"""Longer than any wave may take: a worker that has one is not disturbed."""


class Solver(Protocol):
    """Finds the cheapest assignment."""

    def solve(self, wave: Wave, told: Callable[[str], None]) -> Solution:
        """`told` is called with what is being done. Raises Unavailable: no solver is installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One shipment of a wave as it is asked for: a stored quote, or a reference with priced offers."""

    quote_id: str = ""
    reference: str = ""
    offers: tuple[tuple[Choice, Money], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentAsk:
    """What to assign. The `number` of a share is still to be worked out of its `percent`."""

    shipments: tuple[Wanted, ...]
    limits: tuple[Limit, ...]
    time_limit_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An assignment with everything that is known of it."""

    record: AssignmentRecord
    wave: Wave
    solution: Solution | None = None

    @property
    def greedy(self) -> Greedy:
        """What taking the cheapest with room, one after the other, comes to."""
        return greedy(self.wave)

    @property
    def assigned(self) -> Sequence[tuple[Lot, Choice]]:
        """Each shipment with the offer by which it goes; nothing where no assignment is known."""
        if self.solution is None or self.solution.cost is None:
            return ()
        lots = self.wave.open_lots
        return [(lot, lot.choices[at]) for lot, at in zip(lots, self.solution.chosen, strict=True)]

    @property
    def idle_limits(self) -> Sequence[Limit]:
        """Those of accounts without any offer in the wave: a typing error, perhaps."""
        accounts = {choice.account for lot in self.wave.lots for choice in lot.choices}
        return [limit for limit in self.wave.limits if limit.account not in accounts]

    @property
    def by_account(self) -> Mapping[str, tuple[int, int]]:
        """Shipments and cost of each account, by name."""
        picked = [choice for _, choice in self.assigned]
        numbers, costs = Counter(each.account for each in picked), Counter[str]()
        for each in picked:
            costs[each.account] += each.cost
        return {account: (numbers[account], costs[account]) for account in sorted(numbers)}


class AssignmentBook:
    """Makes assignments, at once or by the worker, and finds them again."""

    def __init__(self, store: Store, solver: Solver, clock: Clock) -> None:
        self._store = store
        self._solver = solver
        self._clock = clock

    def make(self, merchant_id: str, mode: Mode, ask: AssignmentAsk, *, wait: bool = False) -> Result:
        """A new assignment: solved when it is small or when the caller waits, else left to the worker.

        Raises:
            Unprocessable: a quote that does not exist, offers in two currencies, a shipment named twice.
            Unavailable: no solver is installed.
        """
        now = self._clock()
        with self._store.look() as uow:
            wave = _wave(uow, merchant_id, mode, ask)
        at_once = wait or wave.offers <= SMALL_OFFERS
        record = AssignmentRecord(
            id=new_id("asg", now),
            merchant_id=merchant_id,
            mode=mode,
            state="waiting",
            progress="waiting for a worker",
            shipments=len(wave.lots),
            offers=wave.offers,
            created_at=now,
            updated_at=now,
            due_at=None if at_once else now,
        )
        solution = self._solver.solve(wave, lambda what: None) if at_once else None
        with self._store.work() as uow:
            uow.assignments.add(record, wave)
            if solution is not None:
                record = replace(record, state=solution.state, progress="", updated_at=self._clock())
                uow.assignments.settle(record, solution)
            uow.commit()
        return Result(record=record, wave=wave, solution=solution)

    def get(self, merchant_id: str, mode: Mode, assignment_id: str) -> Result:
        """An assignment as far as it has come. Raises NotFound."""
        with self._store.look() as uow:
            record = uow.assignments.get(merchant_id, assignment_id)
            if record is None or record.mode != mode:
                raise NotFound(f"no assignment {assignment_id}")
            return Result(
                record=record,
                wave=uow.assignments.wave(merchant_id, assignment_id),
                solution=uow.assignments.solution(merchant_id, assignment_id),
            )

    def claim(self) -> Sequence[AssignmentRecord]:
        """Waiting assignments, one at a time: each takes a processor for as long as it may."""
        with self._store.work() as uow:
            return uow.assignments.claim_due(self._clock(), LEASE, 1)

    def work(self, record: AssignmentRecord) -> None:
        """Solve one, telling how far it is."""
        with self._store.look() as uow:
            wave = uow.assignments.wave(record.merchant_id, record.id)
        try:
            solution = self._solver.solve(wave, lambda what: self._tell(record, what))
        except GatewayError as error:
            self.park(record, str(error))
            return
        self._settle(replace(record, state=solution.state, progress=""), solution)

    def park(self, record: AssignmentRecord, why: str) -> None:
        """One that cannot be solved here, or crashes its workers."""
        self._settle(replace(record, state="failed", progress=why), None)

    def _tell(self, record: AssignmentRecord, what: str) -> None:
        with self._store.work() as uow:
            uow.assignments.tell(replace(record, state="solving", progress=what, updated_at=self._clock()))
            uow.commit()

    def _settle(self, record: AssignmentRecord, solution: Solution | None) -> None:
        with self._store.work() as uow:
            uow.assignments.settle(replace(record, updated_at=self._clock(), due_at=None, tries=0), solution)
            uow.commit()


def _wave(uow: UnitOfWork, merchant_id: str, mode: Mode, ask: AssignmentAsk) -> Wave:
    """Everything that the request says or names, checked. Raises Unprocessable."""
    lots, currency, names, quotes = list[Lot](), "", set[str](), set[str]()
    for place, wanted in enumerate(ask.shipments):
        pointer = f"/shipments/{place}"
        lot, prices = _lot(uow, merchant_id, mode, wanted, pointer)
        for price in prices:
            currency = currency or price.currency
            if price.currency != currency:
                raise Unprocessable(pointer, f"{price.currency} beside {currency}: a wave has one currency")
        if lot.name in names:
            raise Unprocessable(pointer, f"{lot.name} is there twice")
        if lot.quote_id in quotes:
            raise Unprocessable(f"{pointer}/quote_id", f"quote {lot.quote_id} is there twice: a shipment goes once")
        names.add(lot.name)
        quotes |= {lot.quote_id} - {""}
        lots.append(lot)
    if not currency:
        raise Unprocessable("/shipments", "no shipment has an offer that may be booked")
    open_lots = sum(1 for lot in lots if lot.choices)
    if sum(max((each.cost for each in lot.choices), default=0) for lot in lots) > EXACT:
        raise Unprocessable("/shipments", "the prices add up to more than can be compared exactly", "out_of_range")
    limits = tuple(_counted(limit, open_lots) for limit in ask.limits)
    return Wave(currency=currency, lots=tuple(lots), limits=limits, time_limit_s=ask.time_limit_s)


def _lot(uow: UnitOfWork, merchant_id: str, mode: Mode, wanted: Wanted, pointer: str) -> tuple[Lot, list[Money]]:
    """A shipment and the prices of its offers; of a stored quote, the offers that the policy lets be booked."""
    if not wanted.quote_id:
        return Lot(name=wanted.reference, choices=tuple(choice for choice, _ in wanted.offers)), [
            price for _, price in wanted.offers
        ]
    quote = uow.quotes.get(merchant_id, wanted.quote_id)
    if quote is None or quote.mode != mode:
        raise Unprocessable(f"{pointer}/quote_id", f"there is no quote {wanted.quote_id}", "unknown_quote")
    choices = tuple(
        Choice(
            id=offer.id,
            account=offer.account,
            cost=offer.rate.price.minor,
            deliver_from=offer.rate.deliver_from,
            deliver_by=offer.rate.deliver_by,
        )
        for offer in quote.ranked
    )
    name = wanted.reference or quote.shipment.reference or quote.id
    return Lot(name=name, quote_id=quote.id, choices=choices), [offer.rate.price for offer in quote.ranked]


def _counted(limit: Limit, shipments: int) -> Limit:
    """A share as a number of shipments, rounded down: at most is at most."""
    if not limit.percent:
        return limit
    return replace(limit, number=int(Decimal(limit.percent) * shipments / 100))
