"""Running a replay: history to slices, slices to judged parts, parts to totals and examples. Every step is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from carriers.base import Profile
from gateway.engines.replay import crew, spans
from gateway.engines.replay.columns import Columns
from gateway.engines.replay.extract import Extractor, Pricing
from gateway.engines.replay.judge import judged
from gateway.engines.replay.measures import MEASURES, beside, paid, side, taken
from gateway.engines.replay.reading import SpanReader
from gateway.engines.replay.sequence import Booked, Calendars, winners
from gateway.engines.replay.shelf import Folder, digest, tidy
from gateway.engines.replay.spans import Span
from gateway.engines.replay.tables import Slice
from gateway.engines.replay.totals import totals
from gateway.rules.policy import Policy
from gateway.services.origins import Placed
from gateway.services.ports.backtests import CardTrial, Json, Progress, Replay
from gateway.services.ports.history import Extent, History, Kept, PastDay, Period, whole

SPANS = "spans.json"
NO_COLUMNS = ""
"""What no columns are made of."""


class Replayer:
    """Replays. `pricings` makes a pricing of offers from a card on trial, `profiles` say what a carrier can do today,
    `placed` gives a merchant's shipments clock and calendar; `made_of` tells all that columns are made of besides
    shipments. A card on trial prices rows: it needs what columns have not.

    History and slices that are read may be read by other processes: what they are made of can be pickled.
    """

    def __init__(
        self,
        history: History,
        profiles: Callable[[str], Profile],
        made_of: Callable[[str], str],
        placed: Callable[[str], Placed],
        pricings: Callable[[Period, CardTrial], Pricing],
        root: Path,
    ) -> None:
        self._history = history
        self._profiles = profiles
        self._made_of = made_of
        self._placed = placed
        self._pricings = pricings
        self._root = root

    def run(self, replay: Replay, progress: Progress) -> Json:
        """The totals and the rows of the examples. See `Replays`."""
        days = {each.day: each for each in self._history.days(replay.period)}
        extent = whole(days.values())
        folder = self.folder(replay, extent)
        kept = self._history.kept(replay.period)
        told = [replay.data, replay.against_data, sorted((*key, *each) for key, each in kept.items())]
        judging = Judging(replay, Folder(folder.path / digest([replay.policy.name, *told])), kept)
        found = self._spans(replay, folder, days)
        reader, steps = self._reader(replay, folder), _Steps(extent.shipments, progress)
        for number in _in_order(_read(reader, found, steps)):
            judging.judge(number, reader.slices(found[number], days))
            steps.done(found[number])
        rows = judging.rows()
        without = max(extent.shipments - len(rows), 0)
        return {**totals(rows), "without_offers": without, "examples": _examples(rows, replay)}

    def folder(self, replay: Replay, extent: Extent) -> Folder:
        """Where what is read for it lies."""
        card = None if replay.card is None else (replay.card.account, replay.card.digest)
        made_of = self._made_of(replay.period.merchant_id)
        name = digest([asdict(replay.period), list(extent), made_of, card, spans.SLICE])
        root = self._root.absolute()  # for processes that may run elsewhere
        folder = Folder(root / name)
        folder.path.touch()
        tidy(root)
        return folder

    def _spans(self, replay: Replay, folder: Folder, days: Mapping[date, PastDay]) -> Sequence[Span]:
        """Which shipments make which slice."""
        noted = folder.noted(SPANS)
        if noted is None:
            made_of = self._made_of(replay.period.merchant_id) if replay.card is None else NO_COLUMNS
            found = spans.planned(self._history, replay.period, days, made_of)
            noted = {"spans": [each.data() for each in found]}
            folder.note(SPANS, noted)
        return [Span.of(each) for each in noted["spans"]]

    def _reader(self, replay: Replay, folder: Folder) -> SpanReader:
        pricing = None if replay.card is None else self._pricings(replay.period, replay.card)
        extractor = Extractor(self._profiles, self._placed(replay.period.merchant_id), pricing)
        return SpanReader(self._history, replay.period, extractor, folder)


def _read(reader: SpanReader, found: Sequence[Span], steps: _Steps) -> Iterator[int]:
    """The numbers of all spans, once they can be judged."""
    missing = [each for each in found if not each.days and not reader.folder.has_slice(each.number)]
    yield from steps.told(sorted({each.number for each in found} - {each.number for each in missing}), found)
    yield from steps.told(crew.read(reader, missing), found)


class _Steps:
    """How far it is: every shipment is read once and judged once."""

    def __init__(self, shipments: int, progress: Progress) -> None:
        self._total = 2 * shipments
        self._progress = progress
        self._done = 0
        progress(0, self._total)

    def told(self, numbers: Iterable[int], found: Sequence[Span]) -> Iterator[int]:
        """The numbers of spans that are read."""
        for number in numbers:
            self.done(found[number])
            yield number

    def done(self, span: Span) -> None:
        """One is read, or judged."""
        self._done = min(self._done + span.shipments, self._total)
        self._progress(self._done, self._total)


class Judging:
    """Judges slices in their order, and keeps what comes of each in a folder. What was booked so far goes along."""

    def __init__(self, replay: Replay, folder: Folder, kept: Mapping[tuple[str, str], Kept]) -> None:
        self._replay = replay
        self._folder = folder
        self._kept = kept
        self._booked: Calendars = {}
        self._against: Calendars = {}
        self._parts: list[Path] = []

    def judge(self, number: int, read: Iterable[Slice]) -> None:
        """The next span, if it is not there yet."""
        name = f"{number:06}.rows"
        state = self._folder.noted(f"{number:06}.json")
        if state is None:
            self._folder.write(name, pl.concat([self._judged(part) for part in read]))
            self._folder.note(f"{number:06}.json", {"now": _data(self._booked), "then": _data(self._against)})
        else:
            self._booked, self._against = _calendars(state["now"]), _calendars(state["then"])
        self._parts.append(self._folder.path / name)

    def rows(self) -> pl.DataFrame:
        """A row for each shipment judged."""
        found = [pl.read_parquet(path) for path in self._parts]
        return pl.concat(found) if found else _no_rows()

    def _judged(self, part: Slice) -> pl.DataFrame:
        replay, columns = self._replay, Columns(part, self._replay.policy)
        chosen = winners(judged(columns), self._booked)
        now = side(columns, chosen, self._kept, "now")
        if replay.against is None:
            then = side(columns, taken(columns), self._kept, "then")
            then["then_cost"] = _first(paid(columns), then["then_cost"])
            return beside(columns, then, now)
        # both sides are told in the candidate's currency
        other = winners(judged(Columns(part, replay.against)), self._against)
        return beside(columns, side(columns, other, self._kept, "then"), now)


def _in_order(numbers: Iterable[int]) -> Iterator[int]:
    """From 0 on; a number that comes early waits for those before it."""
    early, following = set[int](), 0
    for number in numbers:
        early.add(number)
        while following in early:
            early.remove(following)
            yield following
            following += 1


def _data(calendars: Calendars) -> dict[str, Any]:
    return {zone: each.data() for zone, each in calendars.items()}


def _calendars(data: Mapping[str, Any]) -> Calendars:
    return {zone: Booked.read(each) for zone, each in data.items()}


def _first(paid: pl.Series, quoted: pl.Series) -> pl.Series:
    return pl.select(pl.coalesce(paid, quoted)).to_series().rename(quoted.name)


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
