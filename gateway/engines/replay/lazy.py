"""The replayer behind a door: its libraries are imported when the first replay is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from carriers.base import Profile
from carriers.base.registry import BrokenCarrier, carrier, installed
from gateway.domain.errors import Unavailable, Unprocessable
from gateway.services.origins import Origins
from gateway.services.ports import Store
from gateway.services.ports.backtests import Json, Progress, Replay
from gateway.services.ports.history import History
from gateway.services.repricing import CardPricing

HOW_TO_GET_IT = 'backtests need more libraries: pip install "doorstep[engines]"'


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
            lambda period: [_abilities(), self._origins.versions(period.merchant_id)],
            self._origins.of,
            lambda period, card: CardPricing(self._store, period, card),
            self._root,
        )
        return replayer.run(replay, progress)


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
