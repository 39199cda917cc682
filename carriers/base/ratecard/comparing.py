"""What is different between two rate cards, line by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from zlib import crc32

from carriers.base.ratecard.card import RateCard
from carriers.base.ratecard.draft import ServiceTerms, Step
from carriers.base.ratecard.surcharges import SurchargeRule
from gateway.domain.values import Money

What = Literal["added", "removed", "changed"]
LONGEST = 160
"""Letters of a list of postcodes that are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChange:
    """One line: of which section (`part`) and what it is for; `percent` is by how much a price rises, where it can be
    said.
    """

    what: What
    part: str
    name: str
    before: str = ""
    after: str = ""
    percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    amount: Money | None = None


def changes(before: RateCard | None, after: RateCard) -> list[CardChange]:
    """From one card to another; all is added where there was none. Prices come first, in the order of their zones."""
    old = RateCard() if before is None else before
    return [
        *_compared("price", _prices(old), _prices(after)),
        *_compared("surcharge", _surcharges(old), _surcharges(after)),
        *_compared("service", _services(old), _services(after)),
        *_compared("zone", _zones(old), _zones(after)),
    ]


def _compared(part: str, old: Mapping[str, _Line], new: Mapping[str, _Line]) -> Iterator[CardChange]:
    for name in [*new, *(each for each in old if each not in new)]:
        before, after = old.get(name), new.get(name)
        if before is None or after is None:
            told = (before or after or _Line("")).text
            yield (
                CardChange(what="added", part=part, name=name, after=told)
                if before is None
                else CardChange(what="removed", part=part, name=name, before=told)
            )
        elif before.text != after.text:
            percent = _rise(before.amount, after.amount)
            yield CardChange(
                what="changed", part=part, name=name, before=before.text, after=after.text, percent=percent
            )


def _rise(before: Money | None, after: Money | None) -> Decimal | None:
    if before is None or after is None or before.currency != after.currency or not before.minor:
        return None
    return (Decimal(after.minor - before.minor) * 100 / before.minor).quantize(Decimal("0.1"))


def _prices(card: RateCard) -> Mapping[str, _Line]:
    return {
        f"{zone}, {level.value.replace('_', ' ')}, up to {step.max_weight_g / 1000:g} kg": _step(step)
        for (zone, level), steps in card.steps.items()
        for step in steps
    }


def _step(step: Step) -> _Line:
    days = "" if step.transit_days is None else f", {step.transit_days} working day{'s' * (step.transit_days != 1)}"
    return _Line(f"{step.price}{days}", step.price)


def _surcharges(card: RateCard) -> Mapping[str, _Line]:
    """By code, when and for what; several of the same are numbered."""
    found: dict[str, _Line] = {}
    for rule in card.rules:
        words = [rule.code, *(each for each in (rule.service.replace("_", " "), rule.zone) if each)]
        name = ", ".join([*words, rule.when.replace("_", " ")])
        number = 1 + sum(each == name or each.startswith(f"{name} (") for each in found)
        found[name if number == 1 else f"{name} ({number})"] = _surcharge(rule)
    return found


def _surcharge(rule: SurchargeRule) -> _Line:
    percent = "" if rule.percent is None else f"{rule.percent.normalize():f} %{' of all so far' * rule.of_subtotal}"
    least = "" if rule.least is None else f"at least {rule.least}" if percent else str(rule.least)
    over = [f"over {limit}" for limit in rule.over if limit is not None]
    places = "" if rule.areas is None else _told([f"{country} {area}" for country, area, _ in rule.areas.areas()])
    parts = [rule.label, percent, least, "a parcel" if rule.per_parcel else "", *over, places]
    return _Line(", ".join(filter(None, parts)), None if percent else rule.least)


def _services(card: RateCard) -> Mapping[str, _Line]:
    return {level.value.replace("_", " "): _Line(_terms(terms)) for level, terms in card.terms.items()}


def _terms(terms: ServiceTerms) -> str:
    divisor = "" if terms.divisor_cm3_per_kg is None else f"{terms.divisor_cm3_per_kg} cm3 a kg"
    cut_off = "" if terms.cut_off is None else f"until {terms.cut_off:%H:%M}"
    per = "priced by parcel" if terms.per_parcel else "priced by shipment"
    return ", ".join(filter(None, [per, f"in steps of {terms.weight_step_g} g", divisor, cut_off]))


def _zones(card: RateCard) -> Mapping[str, _Line]:
    found: dict[str, list[str]] = defaultdict(list)
    for country, area, zone in card.zones.areas():
        found[zone].append(f"{country} {area}")
    return {zone: _Line(_told(areas)) for zone, areas in found.items()}


def _told(areas: list[str]) -> str:
    text = ", ".join(areas)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(areas)} areas, {_mark(text)})"


def _mark(text: str) -> str:
    """A few letters that differ where long lists differ beyond what is told of them."""
    return f"mark {crc32(text.encode()):08x}"
