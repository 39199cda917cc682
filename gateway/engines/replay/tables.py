"""The tables of a slice of history, and how values lie in them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from gateway.rules.fields import FIELDS, Scope

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = 2**62
"""After every promise."""

BY_POLICY = ("shipment.value", "ready.holiday")
"""Fields that are not stored as they read: money depends on the policy's currency, and calendars are asked less."""

STORED = tuple(
    name
    for name, field in FIELDS.items()
    if field.scope is Scope.ASKED and name not in BY_POLICY and not name.startswith(("now.", "ready."))
)
"""What is asked, as far as it is the same for every policy."""

KINDS: Mapping[str, Any] = {"text": pl.String, "word": pl.String, "flag": pl.Boolean, "set": pl.String}
ASKED: Mapping[str, Any] = {
    "shipment_id": pl.String,
    "quote_id": pl.String,
    "offer_id": pl.String,
    "booked_at": pl.Int64,
    "now": pl.Int64,
    "ready_at": pl.Int64,
    "window_start": pl.Int64,
    "window_end": pl.Int64,
    "timezone": pl.String,
    "ready.holiday": pl.Boolean,
    "value_minor": pl.Int64,
    "value_currency": pl.String,
    "point": pl.Boolean,
    "taken": pl.Int32,
    "paid_minor": pl.Int64,
    "paid_currency": pl.String,
    "offers": pl.Int32,
    **{name: KINDS.get(FIELDS[name].kind, pl.Int64) for name in STORED},
}
OFFERS: Mapping[str, Any] = {
    "lane": pl.Int32,
    "price_minor": pl.Int64,
    "deliver_by": pl.Int64,
    "chargeable": pl.Int64,
    "co2e": pl.Int64,
    "on_time": pl.Int64,
    "first_attempt": pl.Int64,
    "transit_p50": pl.Int64,
    "transit_p90": pl.Int64,
    "tie": pl.Int32,
}
LANES: Mapping[str, Any] = {
    "account_id": pl.String,
    "account": pl.String,
    "carrier": pl.String,
    "kind": pl.String,
    "can": pl.String,
    "max_weight_g": pl.Int64,
    "max_length_mm": pl.Int64,
    "max_parcels": pl.Int64,
    "service": pl.String,
    "carrier_service": pl.String,
    "currency": pl.String,
    "surcharges": pl.String,
}


class Slice(NamedTuple):
    """Some shipments in order of their booking."""

    asked: pl.DataFrame
    offers: pl.DataFrame
    lanes: pl.DataFrame

    def parts(self, most: int) -> Iterator[Slice]:
        """Slices of so many shipments at most, in their order."""
        ends = np.concatenate(([0], np.cumsum(self.asked["offers"].to_numpy())))
        for first in range(0, max(len(self.asked), 1), most):
            last = min(first + most, len(self.asked))
            offers = self.offers.slice(int(ends[first]), int(ends[last] - ends[first]))
            yield Slice(self.asked.slice(first, most), offers, self.lanes)


def joined(slices: Sequence[Slice]) -> Slice:
    """One slice of several that follow each other."""
    lanes: dict[tuple[Any, ...], int] = {}
    offers = []
    for each in slices:
        places = pl.Series([lanes.setdefault(row, len(lanes)) for row in each.lanes.iter_rows()], dtype=pl.Int32)
        offers.append(each.offers.with_columns(places.gather(each.offers["lane"]).alias("lane")))
    return Slice(
        pl.concat([each.asked for each in slices]),
        pl.concat(offers),
        pl.DataFrame(list(lanes), schema=dict(LANES), orient="row"),
    )


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


@lru_cache(maxsize=65536)
def words(found: frozenset[str] | tuple[str, ...]) -> str:
    """A set as one text that can be told from every other set's."""
    return plain(json.dumps(sorted(found)))


@lru_cache(maxsize=65536)
def unwords(text: str) -> frozenset[str]:
    """The set again."""
    return frozenset(json.loads(text))


def plain(text: str) -> str:
    """A text that columns can hold: what is no Unicode (lone surrogates) is a replacement character."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
