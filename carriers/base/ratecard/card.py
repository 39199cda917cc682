"""One rate card: read from its CSV text, asked for prices."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from typing import Protocol, Self
from zoneinfo import ZoneInfo

from carriers.base.ratecard import surcharges
from carriers.base.ratecard.draft import Draft, ServiceTerms, Step
from carriers.base.ratecard.surcharges import SurchargeRule
from gateway.domain.postcodes import PostcodeIndex
from gateway.domain.quotes import ServiceLevel, Surcharge
from gateway.domain.sheets import BadSheet
from gateway.domain.shipments import Shipment
from gateway.domain.values import Address, Money, total


class BadRateCard(BadSheet):
    """A rate card with bad rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """How a shipment is priced: by which steps for which chargeable weights, and each line on top of the base."""

    level: ServiceLevel
    zone: str
    weights_g: tuple[int, ...]
    steps: tuple[Step, ...]
    base: Money
    lines: tuple[Surcharge, ...]

    @property
    def price(self) -> Money:
        """Base and lines."""
        return self.base + total((line.amount for line in self.lines), self.base.currency)

    @property
    def transit_days(self) -> int | None:
        """Working days until the slowest parcel arrives; None where the card does not say."""
        days = [step.transit_days for step in self.steps if step.transit_days is not None]
        return max(days) if len(days) == len(self.steps) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCard:
    """Prices by zone and service in steps of weight, with surcharges; see the package for the format."""

    name: str = ""
    valid_from: date = date.min
    valid_until: date = date.max
    timezone: ZoneInfo | None = None
    terms: Mapping[ServiceLevel, ServiceTerms] = field(default_factory=dict)
    rules: tuple[SurchargeRule, ...] = ()
    zones: PostcodeIndex[str] = field(default_factory=PostcodeIndex, repr=False)
    steps: Mapping[tuple[str, ServiceLevel], tuple[Step, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, text: str, where: str = "rate card") -> Self:
        """From CSV text.

        Raises:
            BadRateCard: names `where`, and line and column of every cell that is wrong.
        """
        draft = Draft.read(text)
        draft.faults.stop(where, BadRateCard)
        return cls(
            name=draft.name,
            valid_from=draft.valid_from or date.min,
            valid_until=draft.valid_until or date.max,
            timezone=draft.timezone,
            terms=draft.terms,
            rules=draft.surcharges(),
            zones=draft.zones,
            steps={key: tuple(found[weight] for weight in sorted(found)) for key, found in draft.steps.items()},
        )

    def at(self, moment: datetime, otherwise: tzinfo) -> RateCard | None:
        """Itself at moments at which it is valid, by its own time zone; `otherwise` where it has none."""
        day = moment.astimezone(self.timezone or otherwise).date()
        return self if self.valid_from <= day <= self.valid_until else None

    def cut_off(self, level: ServiceLevel) -> time | None:
        """The last time of day for a handover on that day."""
        return self.terms.get(level, ServiceTerms()).cut_off

    @property
    def services(self) -> frozenset[ServiceLevel]:
        """Those that have a price somewhere."""
        return frozenset(level for _, level in self.steps)

    def zone(self, address: Address) -> str | None:
        """The zone an address lies in; None outside all of them."""
        return self.zones.find(address)

    def price(self, shipment: Shipment, level: ServiceLevel, divisor_cm3_per_kg: int | None = None) -> Priced | None:
        """The price of a shipment; None where the card has none. The divisor is the carrier's, where the card's is
        blank.
        """
        zone = self.zone(shipment.destination)
        steps = self.steps.get((zone, level)) if zone is not None else None
        if zone is None or not steps:
            return None
        terms = self.terms.get(level, ServiceTerms())
        divisor = divisor_cm3_per_kg if terms.divisor_cm3_per_kg is None else terms.divisor_cm3_per_kg
        each = tuple(parcel.chargeable_weight_g(divisor, terms.weight_step_g) for parcel in shipment.parcels)
        weights_g = each if terms.per_parcel else (sum(each),)
        found = [bisect_left(steps, weight_g, key=lambda step: step.max_weight_g) for weight_g in weights_g]
        chosen = tuple(steps[at] for at in found if at < len(steps))
        currencies = {step.price.currency for step in chosen}
        if len(chosen) < len(weights_g) or len(currencies) != 1:
            return None
        base = total((step.price for step in chosen), currencies.pop())
        cash = shipment.requirements.cash_on_delivery
        if cash is not None and cash.currency != base.currency and self._takes_share_of_cash():
            return None
        lines = surcharges.lines(self.rules, shipment, level, zone, base)
        return Priced(level=level, zone=zone, weights_g=weights_g, steps=chosen, base=base, lines=lines)

    def _takes_share_of_cash(self) -> bool:
        return any(rule.when == "cash_on_delivery" and rule.percent is not None for rule in self.rules)


class RateCards(Protocol):
    """The cards of an account, of which one is valid at a time; one card is such a set too."""

    def at(self, moment: datetime, otherwise: tzinfo) -> RateCard | None:
        """The card valid at a moment, by its own time zone, or by `otherwise` where it has none."""
