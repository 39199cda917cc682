"""Waves: many shipments given to accounts at once, each by one of its offers, within what the accounts take.

Costs are in minor units of one currency. A limit counts shipments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from gateway.domain.values import Money, TimeWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One offer of a shipment: what it costs with which account, and when it would be delivered, if it says so."""

    id: str
    account: str
    cost: int
    deliver_from: datetime | None = None
    deliver_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """A shipment of a wave, by your name of it, with its offers."""

    name: str
    choices: tuple[Choice, ...]
    quote_id: str = ""


class LimitKind(StrEnum):
    """What a limit says: at most so many, at least so many, at most a share of all."""

    CAPACITY = "capacity"
    COMMITMENT = "commitment"
    SHARE = "share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many shipments an account takes, within a delivery window if one is named; `number` is of shipments.

    `pointer` is where the request says so; `percent` is what a share was written as.
    """

    kind: LimitKind
    account: str
    number: int
    pointer: str = ""
    window: TimeWindow | None = None
    percent: str = ""

    def counts(self, choice: Choice) -> bool:
        """Whether a shipment that goes by this choice counts."""
        if choice.account != self.account:
            return False
        if self.window is None:
            return True
        begins, ends = choice.deliver_from or choice.deliver_by, choice.deliver_by
        return begins is not None and ends is not None and self.window.start <= begins and ends <= self.window.end

    def broken_by(self, number: int) -> int:
        """How many shipments too many, or too few, a number of them is."""
        return max(0, self.number - number if self.kind is LimitKind.COMMITMENT else number - self.number)

    def said(self) -> str:
        """The limit in words."""
        shipments = f"{self.number} shipment{'' if self.number == 1 else 's'}"
        within = f" between {self.window.start:%d %b %H:%M} and {self.window.end:%d %b %H:%M}" if self.window else ""
        if self.kind is LimitKind.COMMITMENT:
            return f"{self.account} was promised at least {shipments}{within}"
        if self.kind is LimitKind.SHARE:
            return f"{self.account} gets at most {self.percent} %, which is {shipments}"
        return f"{self.account} takes at most {shipments}{within}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """What is to be assigned. Lots without a choice are told and left out."""

    currency: str
    lots: tuple[Lot, ...]
    limits: tuple[Limit, ...] = ()
    time_limit_s: float = 20

    @property
    def open_lots(self) -> tuple[Lot, ...]:
        """Those that can be assigned."""
        return tuple(lot for lot in self.lots if lot.choices)

    @property
    def offers(self) -> int:
        """How many choices there are in all."""
        return sum(len(lot.choices) for lot in self.lots)

    def money(self, minor: int) -> Money:
        """An amount of the wave's currency."""
        return Money.from_minor(minor, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """A limit that has to give way, and by how many shipments."""

    limit: Limit
    by: int

    @property
    def why(self) -> str:
        """In a sentence."""
        few = self.limit.kind is LimitKind.COMMITMENT
        needed = self.limit.number + (-self.by if few else self.by)
        verb = "is" if needed == 1 else "are"
        return f"{self.limit.said()}: {f'only {needed} {verb} possible' if few else f'{needed} {verb} needed'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Greedy:
    """What taking the cheapest offer that still has room comes to, one shipment after the other.

    `unassigned` found no room; `broken` are commitments that are missed.
    """

    cost: int
    unassigned: int
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What a solver found. `chosen` is the place of the choice of each open lot; empty where there is none.

    `bound` is what no assignment can undercut. Without any that keeps the limits, `relaxations` are the fewest
    shipments by which limits must give way, and `chosen`, `cost` and `bound` are what would be possible then.
    """

    state: str
    chosen: tuple[int, ...] = ()
    cost: int | None = None
    bound: int | None = None
    relaxations: tuple[Relaxation, ...] = field(default=())

    @property
    def gap(self) -> float | None:
        """How far the cost may be above the best, as a share of it."""
        if self.cost is None or self.bound is None:
            return None
        return (self.cost - self.bound) / self.cost if self.cost else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentRecord:
    """An assignment as it is kept; its wave and solution lie apart.

    `state` is waiting, solving, optimal, feasible, infeasible, out_of_time or failed; `progress` what is being done.
    """

    id: str
    merchant_id: str
    mode: Literal["test", "live"]
    state: str
    progress: str
    shipments: int
    offers: int
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None = None
    tries: int = 0


def greedy(wave: Wave) -> Greedy:
    """The cheapest offer with room for each shipment in the order in which they came: what a person would do."""
    taken = [0] * len(wave.limits)
    cost = unassigned = 0
    caps = [place for place, limit in enumerate(wave.limits) if limit.kind is not LimitKind.COMMITMENT]
    for lot in wave.open_lots:
        for choice in sorted(lot.choices, key=lambda each: (each.cost, each.account, each.id)):
            counted = [place for place, limit in enumerate(wave.limits) if limit.counts(choice)]
            if all(taken[place] < wave.limits[place].number for place in counted if place in caps):
                cost += choice.cost
                for place in counted:
                    taken[place] += 1
                break
        else:
            unassigned += 1
    missed = [
        f"{limit.said()}: {number} go there"
        for limit, number in zip(wave.limits, taken, strict=True)
        if limit.kind is LimitKind.COMMITMENT and limit.broken_by(number)
    ]
    return Greedy(cost=cost, unassigned=unassigned, broken=tuple(missed))


def counted(wave: Wave, chosen: Sequence[int]) -> list[int]:
    """How many shipments each limit counts of an assignment."""
    picked = [lot.choices[place] for lot, place in zip(wave.open_lots, chosen, strict=True)]
    return [sum(limit.counts(choice) for choice in picked) for limit in wave.limits]
