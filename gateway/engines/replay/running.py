"""Running a replay: history to slices, slices to judged parts, parts to totals and examples. Every step is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from carriers.base import Profile
from gateway.engines.replay.columns import Columns
from gateway.engines.replay.extract import Extractor, Reprice
from gateway.engines.replay.judge import judged
from gateway.engines.replay.measures import MEASURES, beside, paid, side, taken
from gateway.engines.replay.sequence import Booked, Calendars, winners
from gateway.engines.replay.shelf import DONE, Folder, digest, tidy
from gateway.engines.replay.tables import EPOCH, Slice
from gateway.engines.replay.totals import totals
from gateway.rules.policy import Policy
from gateway.services.origins import Placed
from gateway.services.ports.backtests import CardTrial, Json, Progress, Replay
from gateway.services.ports.history import History, Kept, PastShipment, Period

SLICE = 10_000
"""Shipments of a slice: with eight offers each some 30 MB while it is judged."""


class Replayer:
    """Replays. `reprices` makes a pricing of offers from a card on trial, `profiles` say what a carrier can do today,
    `placed` gives a merchant's shipments clock and calendar; `depends` tells all that these depend on.
    """

    def __init__(
        self,
        history: History,
        profiles: Callable[[str], Profile],
        depends: Callable[[Period], object],
        placed: Callable[[str], Placed],
        reprices: Callable[[Period, CardTrial], Reprice],
        root: Path,
    ) -> None:
        self._history = history
        self._profiles = profiles
        self._depends = depends
        self._placed = placed
        self._reprices = reprices
        self._root = root

    def run(self, replay: Replay, progress: Progress) -> Json:
        """The totals and the rows of the examples. See `Replays`."""
        extent = self._history.extent(replay.period)
        read = self.folder(replay)
        progress(0, 2 * extent.shipments)
        slices, shipments = self._extracted(replay, read, lambda done: progress(done, 2 * extent.shipments))
        kept = self._history.kept(replay.period)
        told = [replay.data, replay.against_data, sorted((*key, *each) for key, each in kept.items())]
        run = Folder(read.path / digest([replay.policy.name, *told]))
        parts = self._parts(
            replay, read, run, slices, kept, lambda done: progress(shipments + done, extent.shipments + shipments)
        )
        rows = pl.concat([pl.read_parquet(path) for path in parts]) if parts else _no_rows()
        result = totals(rows)
        return {**result, "without_offers": extent.shipments - shipments, "examples": _examples(rows, replay)}

    def folder(self, replay: Replay) -> Folder:
        """Where what is read for it lies."""
        extent = self._history.extent(replay.period)
        card = None if replay.card is None else (replay.card.account, replay.card.digest)
        name = digest([asdict(replay.period), list(extent), self._depends(replay.period), card, SLICE])
        folder = Folder(self._root / name)
        tidy(self._root, folder.path)
        return folder

    def _extracted(self, replay: Replay, folder: Folder, progress: Callable[[int], None]) -> tuple[int, int]:
        """How many slices and shipments there are, read from the database as far as they were not yet."""
        done = folder.noted(DONE)
        if done is not None:
            return done["slices"], done["shipments"]
        number, shipments, after = folder.slices(), 0, None
        if number:
            last = folder.slice(number - 1).asked
            shipments = (number - 1) * SLICE + len(last)
            after = (EPOCH + timedelta(microseconds=last["booked_at"][-1]), last["shipment_id"][-1])
        reprice = None if replay.card is None else self._reprices(replay.period, replay.card)
        extractor = Extractor(self._profiles, self._placed(replay.period.merchant_id), reprice)
        for part in _sliced(self._history.shipments(replay.period, after), extractor):
            folder.write_slice(number, part)
            number, shipments = number + 1, shipments + len(part.asked)
            progress(shipments)
        folder.note(DONE, {"slices": number, "shipments": shipments})
        return number, shipments

    def _parts(
        self,
        replay: Replay,
        read: Folder,
        run: Folder,
        slices: int,
        kept: Mapping[tuple[str, str], Kept],
        progress: Callable[[int], None],
    ) -> list[Path]:
        """A part for each slice: judged, if it is not there yet. What was booked so far goes along."""
        booked: Calendars = {}
        against: Calendars = {}
        done = 0
        paths = []
        for number in range(slices):
            name = f"{number:06}.rows"
            state = run.noted(f"{number:06}.json")
            if state is None:
                part = read.slice(number)
                rows = _judged(replay, part, kept, booked, against)
                run.write(name, rows)
                run.note(f"{number:06}.json", {"n": len(rows), "now": _data(booked), "then": _data(against)})
                done += len(rows)
            else:
                booked, against = _calendars(state["now"]), _calendars(state["then"])
                done += state["n"]
            paths.append(run.path / name)
            progress(done)
        return paths


def _data(calendars: Calendars) -> dict[str, Any]:
    return {zone: each.data() for zone, each in calendars.items()}


def _calendars(data: Mapping[str, Any]) -> Calendars:
    return {zone: Booked.read(each) for zone, each in data.items()}


def _judged(
    replay: Replay, part: Slice, kept: Mapping[tuple[str, str], Kept], booked: Calendars, against: Calendars
) -> pl.DataFrame:
    columns = Columns(part, replay.policy)
    chosen = winners(judged(columns), booked)
    now = side(columns, chosen, kept, "now")
    if replay.against is None:
        then = side(columns, taken(columns), kept, "then")
        then["then_cost"] = _first(paid(columns), then["then_cost"])
        return beside(columns, then, now)
    # both sides are told in the candidate's currency
    other = winners(judged(Columns(part, replay.against)), against)
    return beside(columns, side(columns, other, kept, "then"), now)


def _first(paid: pl.Series, quoted: pl.Series) -> pl.Series:
    return pl.select(pl.coalesce(paid, quoted)).to_series().rename(quoted.name)


def _sliced(past: Iterator[PastShipment], extractor: Extractor) -> Iterator[Slice]:
    while True:
        part = extractor.slice(islice(past, SLICE))
        if len(part.asked):
            yield part
        if len(part.asked) < SLICE:
            return


def _examples(rows: pl.DataFrame, replay: Replay) -> list[Json]:
    """Shipments that change carrier: those that save most and those that cost most more, then any; with the bookings
    that counted when they were judged, where the policy counts.
    """
    moved = rows.with_row_index("row").filter("changed")
    moved = moved.with_columns((pl.col("now_cost") - pl.col("then_cost")).alias("more"))
    ranked = moved.sort(["more", "shipment_id"], nulls_last=True)
    known = ranked.filter(pl.col("more").is_not_null())
    half = replay.examples // 2
    chosen = pl.concat([known.head(half), known.tail(half), ranked]).unique("row", maintain_order=True)
    counted = {name: each for name, each in (("now", replay.policy), ("then", replay.against)) if each is not None}
    return [
        {**row, "volumes": {name: _volumes(rows, row, name, each) for name, each in counted.items()}}
        for row in chosen.head(replay.examples).sort(["more", "shipment_id"], nulls_last=True).iter_rows(named=True)
    ]


def _volumes(rows: pl.DataFrame, row: Mapping[str, Any], name: str, policy: Policy) -> Json | None:
    """Bookings by account of the day and the week, before the row's."""
    if not policy.counts_bookings:
        return None
    account = f"{name}_account"
    before = rows.slice(0, row["row"]).drop_nulls(account)
    monday = (row["day"] + 3) // 7 * 7 - 3
    return {
        period: dict(before.filter(pl.col("day") >= since).group_by(account).len().sort(account).iter_rows())
        for period, since in (("day", row["day"]), ("week", monday))
    }


def _no_rows() -> pl.DataFrame:
    text = ("shipment_id", "quote_id", "offer_id", "zone", "then_account", "then_service", "now_account", "now_service")
    whole = ("day", "hour", *(f"{s}_{m}" for s in ("then", "now") for m in MEASURES))
    schema: dict[str, Any] = {**dict.fromkeys(text, pl.String), **dict.fromkeys(whole, pl.Int64), "changed": pl.Boolean}
    return pl.DataFrame(schema=schema)
