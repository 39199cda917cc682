"""From stored shipments and quotes to columns that do not depend on any policy.

Three tables for each slice of history: `asked` (a row per shipment), `offers` (a row per offer, in the order of the
shipments) and `lanes` (a row per combination of account, carrier, service, currency and surcharge codes: everything
about an offer that is text, so that texts are compared a hundred times and not a million). What is asked is read by
the live engine's own readings; the offers are read from their JSON, because making nouns of eight million would take
an hour.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

import orjson
import polars as pl

from carriers.base import Profile
from gateway.domain.codec import from_json
from gateway.domain.quotes import ServiceLevel
from gateway.domain.shipments import Shipment
from gateway.domain.values import TimeWindow, currency_exponents
from gateway.engines.replay.tables import ASKED, LANES, NEVER, OFFERS, STORED, Slice, micros, plain, words
from gateway.rules.candidate import Candidate
from gateway.rules.context import Context
from gateway.rules.fields import FIELDS
from gateway.rules.readings import CAPABILITIES, parts
from gateway.services.origins import Placed
from gateway.services.ports.history import PastShipment

Reprice = Callable[[Shipment, datetime, Mapping[str, Any]], Mapping[str, Any] | None]
"""An offer as JSON with another rate; None when it would not have been made."""


class Extractor:
    """Makes slices of past shipments."""

    def __init__(self, profiles: Callable[[str], Profile], placed: Placed, reprice: Reprice | None = None) -> None:
        self._profiles = profiles
        self._placed = placed
        self._reprice = reprice

    def slice(self, past: Iterable[PastShipment]) -> Slice:
        """The shipments as columns.

        Raises:
            Unprocessable: the carrier of an offer is no longer installed.
        """
        asked: dict[str, list[Any]] = {name: [] for name in ASKED}
        offers: dict[str, list[Any]] = {name: [] for name in OFFERS}
        lanes: dict[tuple[Any, ...], int] = {}
        for each in past:
            context = self._placed(context_of(each))
            found, taken = self._offers(each, context.shipment, context.ready_at)
            for row in self._rows(found, context.shipment, lanes):
                for name, value in zip(OFFERS, row, strict=True):
                    offers[name].append(value)
            for name, value in _asked(each, context, taken, len(found)).items():
                asked[name].append(value)
        described = [self._lane(key) for key in lanes]
        return Slice(
            pl.DataFrame(asked, schema=dict(ASKED)),
            pl.DataFrame(offers, schema=dict(OFFERS)),
            pl.DataFrame(described, schema=dict(LANES), orient="row"),
        )

    def _offers(
        self, past: PastShipment, shipment: Shipment, ready_at: datetime
    ) -> tuple[list[Mapping[str, Any]], int | None]:
        """The offers (priced anew, if asked), and the place of the one that was taken."""
        found: list[Mapping[str, Any]] = []
        taken = None
        for each in _data(past.offers):
            offer = each if self._reprice is None else self._reprice(shipment, ready_at, each)
            if each["id"] == past.offer_id and offer is not None:
                taken = len(found)
            if offer is not None:
                found.append(offer)
        return found, taken

    def _rows(
        self, offers: Sequence[Mapping[str, Any]], shipment: Shipment, lanes: dict[tuple[Any, ...], int]
    ) -> Iterable[tuple[Any, ...]]:
        chargeable: dict[int | None, int] = {}
        rows: list[tuple[Any, ...]] = []
        orders: list[tuple[Any, ...]] = []
        for offer in offers:
            rate = offer["rate"]
            minor, text = _price(rate["price"]["amount"], rate["price"]["currency"])
            by = rate.get("deliver_by")
            deliver_by = None if by is None else _moment(by)
            key = _lane_key(offer)
            divisor = self._profiles(offer["carrier"]).limits.dimensional_divisor_cm3_per_kg
            if divisor not in chargeable:
                chargeable[divisor] = sum(parcel.chargeable_weight_g(divisor) for parcel in shipment.parcels)
            lane = lanes.setdefault(key, len(lanes))
            rows.append((lane, minor, deliver_by, chargeable[divisor], *_expected(offer)))
            quoted = rate.get("carrier_quote_id", "")
            orders.append((NEVER if deliver_by is None else deliver_by, key[1], key[4], key[0], quoted, text))
        ties = [0] * len(rows)
        for tie, place in enumerate(sorted(range(len(rows)), key=orders.__getitem__)):
            ties[place] = tie
        return [(*row, tie) for row, tie in zip(rows, ties, strict=True)]

    def _lane(self, key: tuple[Any, ...]) -> tuple[Any, ...]:
        account_id, account, carrier, service, carrier_service, currency, codes = key
        profile = self._profiles(carrier)
        can = [name for name in CAPABILITIES if getattr(profile.features, name)]
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


def _lane_key(offer: Mapping[str, Any]) -> tuple[Any, ...]:
    rate = offer["rate"]
    return (
        offer["account_id"],
        offer["account"],
        offer["carrier"],
        rate["service"],
        rate["carrier_service"],
        rate["price"]["currency"],
        tuple(sorted({line["code"] for line in rate.get("surcharges", ())})),
    )


def _expected(offer: Mapping[str, Any]) -> tuple[int | None, ...]:
    """CO2e, chances and transit times, as their readings give them."""
    outlook, stated = offer.get("outlook") or {}, offer["rate"].get("co2e_g")
    return (
        outlook.get("co2e_g") if stated is None else stated,
        parts(outlook.get("p_on_time")),
        parts(outlook.get("p_first_attempt")),
        _seconds(outlook.get("transit_p50_h")),
        _seconds(outlook.get("transit_p90_h")),
    )


def context_of(past: PastShipment) -> Context:
    """What was asked, when it was asked; `services.origins` adds the clock and the calendar."""
    shipment = from_json(Shipment, _data(past.shipment))
    window = None if past.window is None else from_json(TimeWindow, _data(past.window))
    return Context(
        shipment=shipment,
        zone=past.zone,
        now=past.quoted_at,
        ready_at=past.ready_at or past.quoted_at,
        window=window,
        services=tuple(ServiceLevel(word) for word in _data(past.services)),
    )


def _asked(past: PastShipment, context: Context, taken: int | None, offers: int) -> dict[str, Any]:
    nobody = cast(Candidate, None)
    window, value = context.window, context.shipment.value
    row: dict[str, Any] = {
        "shipment_id": past.shipment_id,
        "quote_id": past.quote_id,
        "offer_id": past.offer_id,
        "booked_at": micros(past.booked_at),
        "now": micros(context.now),
        "ready_at": micros(context.ready_at),
        "window_start": None if window is None else micros(window.start),
        "window_end": None if window is None else micros(window.end),
        "timezone": None if context.timezone is None else str(context.timezone),
        "ready.holiday": context.holiday,
        "value_minor": None if value is None else value.minor,
        "value_currency": None if value is None else value.currency,
        "point": bool(context.shipment.service_point),
        "taken": taken,
        "paid_minor": past.paid_minor,
        "paid_currency": past.paid_currency,
        "offers": offers,
    }
    for name in STORED:
        found = FIELDS[name].read(context, nobody)
        if isinstance(found, frozenset):
            found = words(found)
        elif isinstance(found, str):
            found = plain(found)
        row[name] = found
    return row


def _data(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)  # lone surrogates, which orjson does not read


@lru_cache(maxsize=65536)
def _price(amount: str, currency: str) -> tuple[int, str]:
    """Minor units, and the price as text, which breaks the last ties."""
    digits, exact = currency_exponents()[currency], Decimal(amount)
    return int(exact.scaleb(digits)), f"{exact:.{digits}f} {currency}"


@lru_cache(maxsize=4096)
def _moment(text: str) -> int:
    return micros(datetime.fromisoformat(text))


def _seconds(hours: float | None) -> int | None:
    return None if hours is None else round(hours * 3600)
