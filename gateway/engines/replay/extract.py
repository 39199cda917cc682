"""From stored shipments and quotes to columns that do not depend on any policy.

Three tables for each slice of history: `asked` (a row per shipment), `offers` (a row per offer, in the order of the
shipments) and `lanes` (a row per combination of account, carrier, service, currency and surcharge codes: everything
about an offer that is text, so that texts are compared a hundred times and not a million). What is asked is read by
the live engine's own readings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import chain, islice
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
import polars as pl

from carriers.base import Profile
from gateway.domain.quotes import ServiceLevel, Surcharge
from gateway.domain.shipments import Shipment
from gateway.domain.values import Money, currency_exponents
from gateway.engines.replay import stored
from gateway.engines.replay.numbers import Array
from gateway.engines.replay.stored import StoredOffer
from gateway.engines.replay.tables import ASKED, LANES, NEVER, OFFERS, STORED, Slice, micros, plain, words
from gateway.rules.candidate import Candidate
from gateway.rules.context import Context
from gateway.rules.fields import FIELDS
from gateway.rules.readings import CAPABILITIES
from gateway.services.origins import Placed
from gateway.services.ports.history import PastShipment

NOBODY = cast(Candidate, None)
"""Readings of what is asked look at no candidate."""

AT_ONCE = 25
"""Shipments that are nouns at the same time: what they leave behind is still in the processor's cache then."""

UNITS = {"on_time": 10_000, "first_attempt": 10_000, "transit_p50": 3600, "transit_p90": 3600}
RAW = ("lane", "price_minor", "price", "quoted", "deliver_by", "chargeable", "co2e", *UNITS)
"""What is gathered of offers, as it lies with them."""

Gathered = dict[str, list[Any]]
LaneKey = tuple[str, str, str, str, str, str, tuple[str, ...]]


class Pricing(Protocol):
    """Prices the offers of one account anew."""

    @property
    def account_id(self) -> str:
        """Whose offers."""

    def again(self, shipment: Shipment, service: ServiceLevel) -> tuple[Money, tuple[Surcharge, ...]] | None:
        """Another price, with its surcharges; None where the offer would not have been made."""


class Read(NamedTuple):
    """A past shipment, with the place of the offer that was taken."""

    past: PastShipment
    context: Context
    offers: Sequence[StoredOffer]
    taken: int | None


class Extractor:
    """Makes slices of past shipments."""

    def __init__(self, profiles: Callable[[str], Profile], placed: Placed, pricing: Pricing | None = None) -> None:
        self._profiles = profiles
        self._placed = placed
        self._pricing = pricing
        self._divisors: dict[str, int | None] = {}

    def slice(self, past: Iterable[PastShipment]) -> Slice:
        """The shipments as columns.

        Raises:
            Unprocessable: the carrier of an offer is no longer installed.
            InvalidValue: a quote that cannot be read.
        """
        lanes: dict[LaneKey, int] = {}
        asked: Gathered = {name: [] for name in ASKED}
        offers: Gathered = {name: [] for name in RAW}
        rows = iter(past)
        while read := [self._read(each) for each in islice(rows, AT_ONCE)]:
            _gather(asked, _asked(read))
            _gather(offers, self._offers(read, lanes))
        columns = {**offers, **_worked_out(offers, asked, list(lanes))}
        return Slice(
            pl.DataFrame(asked, schema=dict(ASKED)),
            pl.DataFrame({name: columns[name] for name in OFFERS}, schema=dict(OFFERS)),
            pl.DataFrame([self._lane(key) for key in lanes], schema=dict(LANES), orient="row"),
        )

    def slices(self, past: Iterable[PastShipment], most: int) -> Iterator[Slice]:
        """The shipments as slices of so many at most; one at least. Raises as `slice`."""
        rows = iter(past)
        first = True
        while (some := list(islice(rows, AT_ONCE))) or first:
            yield self.slice(chain(some, islice(rows, most - len(some))))
            first = False

    def _read(self, past: PastShipment) -> Read:
        context = self._placed(context_of(past))
        offers = stored.offers(past)
        if self._pricing is not None:
            offers = [again for each in offers if (again := _priced(each, context.shipment, self._pricing)) is not None]
        taken = next((place for place, each in enumerate(offers) if each.id == past.offer_id), None)
        return Read(past._replace(shipment="", offers=""), context, offers, taken)  # the texts are large

    def _offers(self, read: Sequence[Read], lanes: dict[LaneKey, int]) -> Gathered:
        """What there is to know of offers, as it lies with them; see `RAW`."""
        offers = [offer for each in read for offer in each.offers]
        rates, outlooks = [each.rate for each in offers], [each.outlook for each in offers]
        prices = [_price(rate.price.amount, rate.price.currency) for rate in rates]
        return {
            "lane": [lanes.setdefault(_lane_key(each), len(lanes)) for each in offers],
            "price_minor": [minor for minor, _ in prices],
            "price": [text for _, text in prices],
            "quoted": [rate.carrier_quote_id for rate in rates],
            "deliver_by": [None if rate.deliver_by is None else _moment(rate.deliver_by) for rate in rates],
            "chargeable": [weight for each in read for weight in self._weights(each)],
            "co2e": [
                outlook.co2e_g if rate.co2e_g is None else rate.co2e_g
                for rate, outlook in zip(rates, outlooks, strict=True)
            ],
            "on_time": [each.p_on_time for each in outlooks],
            "first_attempt": [each.p_first_attempt for each in outlooks],
            "transit_p50": [each.transit_p50_h for each in outlooks],
            "transit_p90": [each.transit_p90_h for each in outlooks],
        }

    def _weights(self, read: Read) -> Iterator[int]:
        """What each offer's carrier would charge for, in g; asked once for each divisor."""
        known: dict[int | None, int] = {}
        for offer in read.offers:
            if offer.carrier not in self._divisors:
                limits = self._profiles(offer.carrier).limits
                self._divisors[offer.carrier] = limits.dimensional_divisor_cm3_per_kg
            divisor = self._divisors[offer.carrier]
            if divisor not in known:
                parcels = read.context.shipment.parcels
                known[divisor] = sum(parcel.chargeable_weight_g(divisor) for parcel in parcels)
            yield known[divisor]

    def _lane(self, key: LaneKey) -> tuple[Any, ...]:
        account_id, account, carrier, service, carrier_service, currency, codes = key
        profile = self._profiles(carrier)
        can = tuple(name for name in CAPABILITIES if getattr(profile.features, name))
        limits = profile.limits
        return (
            account_id,
            plain(account),
            carrier,
            profile.kind,
            words(can),
            limits.max_weight_g,
            limits.max_length_mm,
            limits.max_parcels,
            service,
            plain(carrier_service),
            currency,
            words(codes),
        )


def context_of(past: PastShipment) -> Context:
    """What was asked, when it was asked; `services.origins` adds the clock and the calendar."""
    return Context(
        shipment=stored.shipment(past),
        zone=past.zone,
        now=past.quoted_at,
        ready_at=past.ready_at or past.quoted_at,
        window=None if past.window is None else stored.window(past),
        services=() if past.services == "[]" else stored.services(past),
    )


def _priced(offer: StoredOffer, shipment: Shipment, pricing: Pricing) -> StoredOffer | None:
    if offer.account_id != pricing.account_id:
        return offer
    found = pricing.again(shipment, ServiceLevel(offer.rate.service))
    if found is None:
        return None
    price, lines = found
    offer.rate.price = stored.Price(str(price.amount), price.currency)
    offer.rate.surcharges = tuple(stored.Line(line.code) for line in lines)
    return offer


def _lane_key(offer: StoredOffer) -> LaneKey:
    rate = offer.rate
    codes = tuple(sorted({line.code for line in rate.surcharges})) if rate.surcharges else ()
    return (
        offer.account_id,
        offer.account,
        offer.carrier,
        rate.service,
        rate.carrier_service,
        rate.price.currency,
        codes,
    )


def _gather(into: Gathered, more: Gathered) -> None:
    for name, values in more.items():
        into[name].extend(values)


def _worked_out(raw: Gathered, asked: Gathered, lanes: Sequence[LaneKey]) -> dict[str, Any]:
    """Chances and transit times in whole numbers, as their readings give them; and who comes first among equals."""
    whole = {name: _whole(raw[name], unit) for name, unit in UNITS.items()}
    counts = np.array(asked["offers"], dtype=np.int64)
    lane = np.array(raw["lane"], dtype=np.int64)
    of_lanes = (_ranks([key[member] for key in lanes])[lane] for member in (0, 4, 1))
    ends = np.array([NEVER if moment is None else moment for moment in raw["deliver_by"]], dtype=np.int64)
    shipment = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((_ranks(raw["price"]), _ranks(raw["quoted"]), *of_lanes, ends, shipment))
    places = np.empty(len(order), dtype=np.int32)
    places[order] = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    return {**whole, "tie": places}


def _ranks(values: Sequence[Any]) -> Array:
    """Where each value comes in the order of them."""
    places = {value: place for place, value in enumerate(sorted(set(values)))}
    return np.array([places[value] for value in values], dtype=np.int64)


def _whole(values: Sequence[float | None], unit: int) -> pl.Series:
    """In whole parts of a unit, a half to the even one."""
    return (pl.Series(values, dtype=pl.Float64) * unit).round(mode="half_to_even").cast(pl.Int64)


def _asked(read: Sequence[Read]) -> Gathered:
    """Columns of what was asked, and of what came of it."""
    past, contexts = [each.past for each in read], [each.context for each in read]
    windows, values = [each.window for each in contexts], [each.shipment.value for each in contexts]
    columns: Gathered = {
        "shipment_id": [each.shipment_id for each in past],
        "quote_id": [each.quote_id for each in past],
        "offer_id": [each.offer_id for each in past],
        "booked_at": [micros(each.booked_at) for each in past],
        "now": [micros(each.now) for each in contexts],
        "ready_at": [micros(each.ready_at) for each in contexts],
        "window_start": [None if each is None else micros(each.start) for each in windows],
        "window_end": [None if each is None else micros(each.end) for each in windows],
        "timezone": [None if each.timezone is None else str(each.timezone) for each in contexts],
        "ready.holiday": [each.holiday for each in contexts],
        "value_minor": [None if each is None else each.minor for each in values],
        "value_currency": [None if each is None else each.currency for each in values],
        "point": [bool(each.shipment.service_point) for each in contexts],
        "taken": [each.taken for each in read],
        "paid_minor": [each.paid_minor for each in past],
        "paid_currency": [each.paid_currency for each in past],
        "offers": [len(each.offers) for each in read],
    }
    told: dict[str, Callable[[Any], Any]] = {"set": words, "text": _plain, "word": _plain}
    for name in STORED:
        reading, tell = FIELDS[name].read, told.get(FIELDS[name].kind)
        found = [reading(context, NOBODY) for context in contexts]
        columns[name] = found if tell is None else [tell(each) for each in found]
    return columns


def _plain(text: str | None) -> str | None:
    return None if text is None else plain(text)


@lru_cache(maxsize=4096)
def _moment(text: str) -> int:
    return micros(datetime.fromisoformat(text))


@lru_cache(maxsize=65536)
def _price(amount: str, currency: str) -> tuple[int, str]:
    """Minor units, and the price as text, which breaks the last ties."""
    digits, exact = currency_exponents()[currency], Decimal(amount)
    return int(exact.scaleb(digits)), f"{exact:.{digits}f} {currency}"
