"""The replayer, and who writes what it reads, behind a door: their libraries are imported when they are needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from carriers.base import Profile
from carriers.base.registry import BrokenCarrier, carrier, installed
from gateway.domain.errors import Unavailable, Unprocessable
from gateway.services.origins import Origins
from gateway.services.ports import Mode, Store
from gateway.services.ports.backtests import Json, Plot, Progress, Replay
from gateway.services.ports.history import DayColumns, History, PastDay
from gateway.services.repricing import CardPricing

HOW_TO_GET_IT = 'backtests need more libraries: pip install "doorstep[engines]"'
WORTH = 2_000
"""Shipments that are worth a process of their own: it starts in a second, in which so many are read."""
NICENESS = 15


class LazyReplays:
    """Implements `Replays`."""

    def __init__(self, store: Store, history: History, origins: Origins, root: Path) -> None:
        self._store = store
        self._history = history
        self._origins = origins
        self._root = root

    def run(self, replay: Replay, progress: Progress) -> Json:
        """See `Replays`."""
        try:
            from gateway.engines.replay.running import Replayer  # polars and numpy: heavy, and not always installed
        except ModuleNotFoundError as error:
            raise Unavailable(HOW_TO_GET_IT) from error
        replayer = Replayer(
            self._history,
            _profile,
            lambda merchant_id: _made_of(self._origins, merchant_id),
            self._origins.of,
            lambda period, card: CardPricing(self._store, period, card),
            self._root,
        )
        return replayer.run(replay, progress)

    def page(self, result: Mapping[str, object]) -> str:
        """See `Replays`."""
        from gateway.engines.replay import report  # compiles its template, which only this needs

        return report.page(result)

    def plots(self, result: Mapping[str, object]) -> Sequence[Plot]:
        """See `Replays`."""
        from gateway.engines.replay import drawn  # as above

        return drawn.plots_of(result)


class LazyDayWriter:
    """Implements `DayWriter`, for what `LazyReplays` reads; old files of replays at `root` go with it."""

    def __init__(self, history: History, origins: Origins, root: Path) -> None:
        self._history = history
        self._origins = origins
        self._root = root

    @property
    def installed(self) -> bool:
        """See `DayWriter`."""
        return all(find_spec(name) for name in ("polars", "numpy", "msgspec", "orjson"))

    def made_of(self, merchant_id: str) -> str:
        """See `DayWriter`."""
        return _made_of(self._origins, merchant_id)

    def write(self, merchant_id: str, mode: Mode, days: Sequence[PastDay]) -> Iterator[tuple[date, DayColumns | str]]:
        """See `DayWriter`. Much is read by a process that gives way to all others, for others wait for this one."""
        from gateway.engines.replay import crew
        from gateway.engines.replay.extract import Extractor
        from gateway.engines.replay.reading import DayReader
        from gateway.engines.replay.shelf import tidy

        tidy(self._root)
        reader = DayReader(self._history, merchant_id, mode, Extractor(_profile, self._origins.of(merchant_id)))
        wanted = [each.day for each in days]
        if sum(each.extent.shipments for each in days) < WORTH:
            yield from map(reader.read, wanted)
        else:
            yield from crew.apart(reader, wanted, processes=1, niceness=NICENESS)


def _made_of(origins: Origins, merchant_id: str) -> str:
    from gateway.engines.replay.shelf import digest

    return digest([_abilities(), origins.versions(merchant_id)])


def _profile(code: str) -> Profile:
    try:
        return carrier(code).profile
    except BrokenCarrier as error:
        raise Unprocessable("/since", str(error), "carrier_not_installed") from error


def _abilities() -> Mapping[str, object]:
    """What carriers can do and take: columns hold it, so another one makes other columns."""
    return {
        code: [each.profile.kind, asdict(each.profile.features), asdict(each.profile.limits)]
        for code, each in installed().items()
    }
