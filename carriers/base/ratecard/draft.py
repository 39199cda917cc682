"""A rate card while its rows are read, and what they say together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Self, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from carriers.base.ratecard import surcharges
from carriers.base.ratecard.surcharges import SurchargeRule
from gateway.domain.errors import InvalidValue
from gateway.domain.postcodes import PostcodeIndex
from gateway.domain.quotes import ServiceLevel
from gateway.domain.sheets import BadCell, Columns, Faults, Row, rows
from gateway.domain.values import Money

SECTIONS: Mapping[str, Columns] = {
    "card": (frozenset(), frozenset({"name", "valid_from", "valid_until", "timezone"})),
    "zones": (frozenset({"zone", "country", "postcodes"}), frozenset()),
    "services": (
        frozenset({"service"}),
        frozenset({"dimensional_divisor_cm3_per_kg", "weight_step_g", "priced_per", "cut_off"}),
    ),
    "prices": (frozenset({"zone", "service", "max_weight_g", "price_minor", "currency"}), frozenset({"transit_days"})),
    "surcharges": surcharges.COLUMNS,
}
LEVELS = tuple(ServiceLevel)
COUNTRY = re.compile(r"[A-Z]{2}")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A price up to and with a weight."""

    max_weight_g: int
    price: Money
    transit_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTerms:
    """How a service is weighed and sold; a divisor of None is the carrier's own, 0 is none."""

    divisor_cm3_per_kg: int | None = None
    weight_step_g: int = 1
    per_parcel: bool = False
    cut_off: time | None = None


@dataclass(slots=True)
class Draft:
    """What has been read so far. `named` keeps the line on which a zone was first given prices or a surcharge."""

    faults: Faults = field(default_factory=Faults)
    described: bool = False
    name: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    timezone: ZoneInfo | None = None
    zones: PostcodeIndex[str] = field(default_factory=PostcodeIndex)
    zone_names: set[str] = field(default_factory=set)
    named: dict[str, int] = field(default_factory=dict)
    terms: dict[ServiceLevel, ServiceTerms] = field(default_factory=dict)
    steps: dict[tuple[str, ServiceLevel], dict[int, Step]] = field(default_factory=dict)
    rules: dict[tuple[SurchargeRule, bool], PostcodeIndex[bool]] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Self:
        """All rows of a text; what is wrong is in `faults`."""
        draft = cls()
        readers = {
            "card": draft.card,
            "zones": draft.zone,
            "services": draft.service,
            "prices": draft.price,
            "surcharges": draft.surcharge,
        }
        for section, row in rows(text, SECTIONS, draft.faults):
            try:
                readers[section](row)
            except BadCell as bad:
                draft.faults.add(row.line, bad.column, bad.why)
        draft.settle()
        return draft

    def card(self, row: Row) -> None:
        """The row of `[card]`."""
        if self.described:
            raise BadCell("", "a card has one row in [card]")
        self.described = True
        self.name = row.maybe("name")
        self.valid_from, self.valid_until = row.maybe_day("valid_from"), row.maybe_day("valid_until")
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise BadCell("valid_until", f"is before {self.valid_from}")
        try:
            self.timezone = ZoneInfo(row.text("timezone")) if row.maybe("timezone") else None
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise BadCell("timezone", f"{row.maybe('timezone')!r} is not an IANA time zone") from None

    def zone(self, row: Row) -> None:
        """A row of `[zones]`."""
        zone = row.text("zone")
        self.zone_names.add(zone)
        _put(self.zones, row, zone)

    def service(self, row: Row) -> None:
        """A row of `[services]`."""
        level = ServiceLevel(row.choice("service", LEVELS))
        if level in self.terms:
            raise BadCell("service", f"{level} is listed twice")
        self.terms[level] = ServiceTerms(
            divisor_cm3_per_kg=row.maybe_count("dimensional_divisor_cm3_per_kg", 0),
            weight_step_g=row.maybe_count("weight_step_g", 1) or 1,
            per_parcel=row.choice("priced_per", ("shipment", "parcel"), "shipment") == "parcel",
            cut_off=row.maybe_time("cut_off"),
        )

    def price(self, row: Row) -> None:
        """A row of `[prices]`."""
        zone, level = row.text("zone"), ServiceLevel(row.choice("service", LEVELS))
        max_weight_g, minor = row.count("max_weight_g", 1), row.count("price_minor", 0)
        step = Step(
            max_weight_g=max_weight_g,
            price=surcharges.money(row, minor),
            transit_days=row.maybe_count("transit_days", 0),
        )
        if self.steps.setdefault((zone, level), {}).setdefault(max_weight_g, step) is not step:
            raise BadCell("max_weight_g", "this step is listed twice")
        self.named.setdefault(zone, row.line)

    def surcharge(self, row: Row) -> None:
        """A row of `[surcharges]`; rows that differ only in their postcodes are one rule."""
        rule = surcharges.read(row)
        somewhere = bool(row.maybe("postcodes") or row.maybe("country"))
        areas = self.rules.setdefault((rule, somewhere), PostcodeIndex())
        if somewhere:
            _put(areas, row, True)
        if rule.zone:
            self.named.setdefault(rule.zone, row.line)

    def settle(self) -> None:
        """What only all rows together can show."""
        for zone, line in self.named.items():
            if zone not in self.zone_names:
                self.faults.add(line, "zone", f"{zone!r} is not in [zones]")
        if not self.steps and not self.faults.count:
            self.faults.add(1, "", "there are no [prices]")
        self.zones.settle(lambda line, why: self.faults.add(line, "postcodes", why))
        for areas in self.rules.values():
            areas.settle(lambda line, why: self.faults.add(line, "postcodes", why))

    def surcharges(self) -> tuple[SurchargeRule, ...]:
        """The rules in the order of the card, each with where it is due."""
        return tuple(
            replace(rule, areas=areas) if somewhere else rule for (rule, somewhere), areas in self.rules.items()
        )


def _put(index: PostcodeIndex[T], row: Row, value: T) -> None:
    country, postcodes = row.text("country"), row.text("postcodes")
    if not COUNTRY.fullmatch(country):
        raise BadCell("country", f"{country!r} is not a country of two capitals")
    try:
        index.add(country, postcodes, value, row.line)
    except InvalidValue as error:
        raise BadCell("postcodes", str(error)) from None
