"""What a shipment costs, promises, risks and emits with an offer: then and now, side by side, a row per shipment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from gateway.engines.replay.columns import Columns
from gateway.engines.replay.numbers import SECOND, Array, Numbers
from gateway.engines.replay.sequence import NOBODY
from gateway.services.ports.history import Kept

FEWEST_DELIVERIES = 20
"""Of an account's service, before their share of late ones is taken for what is to be expected."""

BELIEVED = 10**12
"""No price or weight of ours is more (see the API's own limit); millions of such still add up in 64 bits."""

MEASURES = ("cost", "promise_s", "late", "co2e")
HOUR = 3600 * SECOND


def side(columns: Columns, chosen: Array, kept: Mapping[tuple[str, str], Kept], name: str) -> dict[str, pl.Series]:
    """Of the chosen offers: the lane's names, cost, seconds to the promise, parts of 10,000 late, grams of CO2e."""
    there = chosen != NOBODY
    lanes = columns.part.lanes
    if not len(columns.of):
        empty = Numbers(np.zeros(len(chosen), dtype=np.int64), np.zeros(len(chosen), dtype=bool))
        measured = dict.fromkeys(MEASURES, empty)
        named = {word: pl.Series([None] * len(chosen), dtype=pl.String) for word in ("account", "service")}
    else:
        offer = np.where(there, chosen, 0)
        lane = pl.Series(np.where(there, columns.lane[offer], NOBODY))
        named = {word: lanes[word].gather(lane.replace(NOBODY, None)) for word in ("account", "service")}
        every = {
            "cost": columns.numbers("rate.price"),
            "promise_s": columns.numbers("rate.promise"),
            "late": _late(columns, kept),
            "co2e": columns.numbers("rate.co2e"),
        }
        measured = {word: Numbers(all_.values[offer], all_.known[offer] & there) for word, all_ in every.items()}
    found = {f"{name}_{word}": series for word, series in named.items()}
    return found | {f"{name}_{word}": series_of(numbers) for word, numbers in measured.items()}


def beside(columns: Columns, then: dict[str, pl.Series], now: dict[str, pl.Series]) -> pl.DataFrame:
    """One row per shipment; `changed` where another account has it, or another service of the same."""
    asked = columns.part.asked
    frame = pl.DataFrame(
        {
            "shipment_id": asked["shipment_id"],
            "quote_id": asked["quote_id"],
            "offer_id": asked["offer_id"],
            "day": pl.Series(columns.booked_days(), dtype=pl.Int64),
            "hour": asked["booked_at"] // HOUR,
            "zone": asked["destination.zone"],
            **then,
            **now,
        }
    )
    same = pl.col("then_account").eq_missing(pl.col("now_account")) & pl.col("then_service").eq_missing(
        pl.col("now_service")
    )
    return frame.with_columns((~same).alias("changed"))


def taken(columns: Columns) -> Array:
    """The offers that were taken then; `NOBODY` where it is not among those that lie with the quote."""
    place = columns.part.asked["taken"]
    found = place.fill_null(0).to_numpy() + columns.first
    return np.where(place.is_not_null().to_numpy(), found, NOBODY)


def paid(columns: Columns) -> pl.Series:
    """What was paid then, in the policy's currency: for a rate card is priced anew, but the past is not."""
    asked = columns.part.asked
    return series_of(columns.money(asked["paid_minor"], asked["paid_currency"].to_numpy()))


def series_of(numbers: Numbers) -> pl.Series:
    """As a column; what is not known, or is beyond belief, is null."""
    known = numbers.known & (np.abs(numbers.values) <= BELIEVED).astype(bool)
    values: Any = np.where(known, numbers.values, 0).astype(np.int64)
    return pl.select(pl.when(pl.Series(known)).then(pl.Series(values, dtype=pl.Int64)).otherwise(None)).to_series()


def _late(columns: Columns, kept: Mapping[tuple[str, str], Kept]) -> Numbers:
    """What the offer said; else how often that account's service was late in the period itself, if it has many."""
    lanes = columns.part.lanes
    found = [kept.get(key) for key in zip(lanes["account_id"], lanes["service"], strict=True)]
    many = [each is not None and each.deliveries >= FEWEST_DELIVERIES for each in found]
    shares = [round(10_000 * each.late / each.deliveries) if each and each.deliveries else 0 for each in found]
    on_time = columns.numbers("rate.on_time")
    of_lane, is_known = np.array(shares, dtype=np.int64)[columns.lane], np.array(many, dtype=bool)[columns.lane]
    return Numbers(np.where(on_time.known, 10_000 - on_time.values, of_lane), on_time.known | is_known)
