"""What a worker tells the distributed engine: everything that is due, once; and again when it stays so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic

from gateway.services.dispatch import Dispatcher, Due


class Hints:
    """Remembers what was told. Every `sweep_s` the worker is to look for itself: a hint may have been lost."""

    def __init__(self, dispatcher: Dispatcher, sweep_s: float, clock: Callable[[], float] = monotonic) -> None:
        self._dispatcher = dispatcher
        self._sweep_s = sweep_s
        self._clock = clock
        self._told: dict[str, dict[str, datetime]] = defaultdict(dict)
        self._sweeps: dict[str, float] = {}

    def pass_on(self, job: str, due: Sequence[Due]) -> bool:
        """Tell of what is newly due; False when the worker must do it himself, for nobody hears or it is time to."""
        now = self._clock()
        if now >= self._sweeps.setdefault(job, now + self._sweep_s):
            self._sweeps[job] = now + self._sweep_s
            self._told[job].clear()
            return False
        told, lanes = self._told[job], defaultdict(list)
        for each in due:
            if told.get(each.id) != each.since:
                lanes[each.lane].append(each.id)
        if not all(self._dispatcher.tell(job, lane, ids) for lane, ids in lanes.items()):
            return False
        self._told[job] = {each.id: each.since for each in due}  # what is not due any more may become so again
        return True
