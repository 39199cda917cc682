"""The fields of conditions as columns of a slice, under one policy: `FIELDS` once more, read sideways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from gateway.domain.quotes import ServiceLevel
from gateway.domain.values import Money
from gateway.engines.replay.numbers import SECOND, Array, Numbers, local, mapped, seconds_up
from gateway.engines.replay.tables import STORED, Slice, unwords
from gateway.rules.fields import FIELDS, Field, Scope
from gateway.rules.market import Market
from gateway.rules.policy import Policy
from gateway.rules.quantities import KINDS
from gateway.rules.readings import WEEKDAYS

DAY = 86_400 * SECOND
EPOCH_ORDINAL = 719_163
"""`date(1970, 1, 1).toordinal()`."""

OF_LANES = {
    "rate.account": "account",
    "rate.carrier": "carrier",
    "rate.carrier_kind": "kind",
    "rate.can": "can",
    "rate.service": "service",
    "rate.carrier_service": "carrier_service",
    "rate.surcharges": "surcharges",
}
OF_OFFERS = {
    "rate.chargeable_weight": "chargeable",
    "rate.co2e": "co2e",
    "rate.on_time": "on_time",
    "rate.first_attempt": "first_attempt",
    "rate.transit_p50": "transit_p50",
    "rate.transit_p90": "transit_p90",
}
CLOCK: Mapping[str, Callable[[Array], Array]] = {
    "hour": lambda at: at % DAY // (3600 * SECOND),
    "time": lambda at: at % DAY // (60 * SECOND),
    "date": lambda at: at // DAY + EPOCH_ORDINAL,
    "weekday": lambda at: (at // DAY + 3) % 7,  # 1 January 1970 was a Thursday
}


class Columns:
    """What is known of the offers of a slice. `of` is each offer's shipment, `lane` its lane."""

    def __init__(self, part: Slice, policy: Policy) -> None:
        self.part = part
        self.policy = policy
        self.market: Market = policy.market
        counts = part.asked["offers"].to_numpy()
        self.of = np.repeat(np.arange(len(counts)), counts)
        self.first = np.concatenate(([0], np.cumsum(counts)[:-1])) if len(counts) else np.zeros(0, dtype=np.int64)
        self.lane = part.offers["lane"].to_numpy()
        self.needs = [unwords(text) for text in part.asked["shipment.needs"]]
        self._numbers: dict[str, Numbers] = {}

    @property
    def shipments(self) -> int:
        """How many."""
        return len(self.part.asked)

    def numbers(self, name: str) -> Numbers:
        """An ordered field; a row per shipment for what is asked, else per offer."""
        found = self._numbers.get(name)
        if found is None:
            found = self._numbers[name] = self._read(FIELDS[name])
        return found

    def held(self, name: str, holds: Callable[[Any], bool]) -> Array:
        """Where a text, flag or set is such that it holds, each distinct one asked once; None is asked about too."""
        field = FIELDS[name]
        if name == "shipment.needs":
            return np.array([holds(each) for each in self.needs], dtype=bool)
        if name.startswith(("now.", "ready.")) and name.endswith(".weekday"):
            days = self._clock(name)
            verdicts: Array = np.array([holds(word) for word in WEEKDAYS], dtype=bool)[days.values]
            verdicts[~days.known] = holds(None)
            found: Array = verdicts
            return found
        if name in OF_LANES:
            lanes: Array = _held(self.part.lanes[OF_LANES[name]], field, holds)[self.lane]
            return lanes
        return _held(self.part.asked[name], field, holds)

    def spread(self, name: str, mask: Array) -> Array:
        """A mask of a field's rows as one of offers."""
        return mask[self.of] if FIELDS[name].scope is Scope.ASKED else mask

    def moments(self, name: str) -> Numbers:
        """Microseconds of a column of what is asked, or of the promises."""
        frame = self.part.offers if name == "deliver_by" else self.part.asked
        return _numbers(frame[name])

    def money(self, minor: pl.Series, currency: Array) -> Numbers:
        """Amounts in the policy's currency."""
        raw = _numbers(minor)
        values, known = np.zeros(len(raw.values), dtype=np.int64), np.zeros(len(raw.values), dtype=bool)
        for code in {each for each in currency if each is not None}:
            here = (currency == code) & raw.known
            if code == self.market.currency:
                values, known = np.where(here, raw.values, values), known | here
            elif code in self.market.exchange:
                found = mapped(raw.values[here], _exchanger(self.market, code))
                values = values.astype(object) if found.values.dtype == object else values
                values[here], known[here] = found.values, found.known
        return Numbers(values, known)

    def compared(self) -> Numbers:
        """Prices as they are compared: in the policy's currency, or in the one that a shipment's offers share (see
        `Policy.compared_in`).
        """
        price = self.numbers("rate.price")
        if not self.policy.any_currency:
            return price
        code = self.part.lanes["currency"].cast(pl.Categorical).to_physical().to_numpy()[self.lane].astype(np.int64)
        code[price.known] = -1
        least, most = np.full(self.shipments, 2**31), np.full(self.shipments, -1)
        np.minimum.at(least, self.of, code)
        np.maximum.at(most, self.of, code)
        shared = ((least == most) & (least >= 0))[self.of]
        return Numbers(np.where(shared, self.part.offers["price_minor"].to_numpy(), price.values), price.known | shared)

    def calendars(self) -> Array:
        """By whose days each shipment's bookings are counted: the policy's zone, else its origin's, else UTC ("")."""
        zones = self._zones()
        return np.array(
            ["" if each is None or self.policy.timezone is not None else each for each in zones], dtype=object
        )

    def booked_days(self, calendar: str | None = None) -> Array:
        """The local day of each booking, in one calendar, or (None) each by its own."""
        at = self.part.asked["booked_at"].to_numpy()
        if calendar is None:
            zones = self._zones()
            zones[zones == ""] = None
            return self._local(at, zones) // DAY
        zone = self.policy.timezone or (ZoneInfo(calendar) if calendar else None)
        return (at if zone is None else local(at, zone)) // DAY

    def _read(self, field: Field) -> Numbers:
        name = field.name
        if name == "shipment.value":
            asked = self.part.asked
            return self.money(asked["value_minor"], asked["value_currency"].to_numpy())
        if name == "rate.price":
            currency = self.part.lanes["currency"].to_numpy()
            return self.money(self.part.offers["price_minor"], currency[self.lane])
        if name in STORED:
            return _numbers(self.part.asked[name])
        if name in OF_OFFERS:
            return _numbers(self.part.offers[OF_OFFERS[name]])
        return self._promised(name) if name.startswith("rate.") else self._clock(name)

    def _promised(self, name: str) -> Numbers:
        by, ready = self.moments("deliver_by"), self.moments("ready_at")
        if name == "rate.promise":
            return Numbers(seconds_up(by.values - ready.values[self.of]), by.known)
        if name == "rate.after_window":
            end = self.moments("window_end")
            return Numbers(seconds_up(by.values - end.values[self.of]), by.known & end.known[self.of])
        zones = self._zones()
        promised = self._local(np.where(by.known, by.values, ready.values[self.of]), zones[self.of])
        days = promised // DAY - self._local(ready.values, zones)[self.of] // DAY
        return Numbers(days, by.known & np.array([zone is not None for zone in zones], dtype=bool)[self.of])

    def _clock(self, name: str) -> Numbers:
        found = self._numbers.get(name)
        if found is not None:
            return found
        when, _, part = name.partition(".")
        zones = self._zones()
        at = self._local(self.moments("now" if when == "now" else "ready_at").values, zones)
        known = np.array([zone is not None for zone in zones], dtype=bool)
        self._numbers[name] = Numbers(CLOCK[part](at), known)
        return self._numbers[name]

    def _zones(self) -> Array:
        """Names of the shipments' zones; the policy's own counts for all."""
        if self.policy.timezone is not None:
            return np.full(self.shipments, "policy", dtype=object)
        return self.part.asked["timezone"].to_numpy().astype(object)

    def _local(self, micros: Array, zones: Array) -> Array:
        result = micros.copy()
        for name in {each for each in zones if each is not None}:
            here = zones == name
            zone: tzinfo = self.policy.timezone or ZoneInfo(name)
            result[here] = local(micros[here], zone)
        return result


def to_point(columns: Columns) -> Array:
    """Which offers go to a service point."""
    service = columns.part.lanes["service"].to_numpy()
    found: Array = np.array([each == ServiceLevel.SERVICE_POINT for each in service], dtype=bool)[columns.lane]
    return found


def _exchanger(market: Market, code: str) -> Callable[[int], int | None]:
    return lambda minor: market.minor(Money.from_minor(minor, code))


def _numbers(column: pl.Series) -> Numbers:
    known = column.is_not_null().to_numpy()
    return Numbers(column.fill_null(0).to_numpy(), known)


def _held(column: pl.Series, field: Field, holds: Callable[[Any], bool]) -> Array:
    """`holds` of a set is asked with the set, not with its text."""
    sets = KINDS[field.kind].family == "set"
    distinct = column.unique()
    answers = [holds(unwords(each) if sets and each is not None else each) for each in distinct]
    if len(distinct) == 1:
        return np.full(len(column), answers[0], dtype=bool)
    if not len(distinct):
        return np.zeros(0, dtype=bool)
    held = column.replace_strict(distinct, pl.Series(answers, dtype=pl.Boolean), return_dtype=pl.Boolean)
    return held.to_numpy()
