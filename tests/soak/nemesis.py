"""The faults, drawn from a seed: what is done to whom, and for how long."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from random import Random

from tests.soak.rig import Rig

PAUSE_S = (1.0, 4.0)
LONG_S = (4.0, 6.0)
"""Longer than a lease."""


class Nemesis:
    """One fault after another, each healed before the next but for what it left behind."""

    def __init__(self, rig: Rig, seed: int, over: threading.Event) -> None:
        self._rig = rig
        self._dice = Random(seed)  # noqa: S311  # to be drawn again
        self._over = over
        self.done: Counter[str] = Counter()

    def run(self) -> None:
        """Until the soak is over."""
        names = list(self._faults())
        while not self._over.wait(self._dice.uniform(*PAUSE_S)):
            self._do(self._dice.choice(names))

    def each(self, names: Sequence[str]) -> None:
        """These, one after the other; then the soak is over."""
        try:
            for name in names:
                self._over.wait(PAUSE_S[0])
                self._do(name)
        finally:
            self._over.set()

    def _do(self, name: str) -> None:
        self._faults()[name]()
        self.done[name] += 1

    def _faults(self) -> Mapping[str, Callable[[], None]]:
        faults = {
            "killed": self._kill,
            "stopped": self._stop,
            "database crashed": self._crash_database,
            "merchant down": self._merchant_down,
        }
        if self._rig.broker is not None:
            faults["broker killed"] = self._kill_broker
        return faults

    def _kill(self) -> None:
        self._rig.signal(self._dice.choice(list(self._rig.commands)), signal.SIGKILL)

    def _stop(self) -> None:
        """Longer than its lease; then it goes on with what it had in hand."""
        name = self._dice.choice(list(self._rig.commands))
        self._rig.signal(name, signal.SIGSTOP)
        self._over.wait(self._dice.uniform(*LONG_S))
        self._rig.signal(name, signal.SIGCONT)

    def _crash_database(self) -> None:
        self._rig.database.stop(crash=True)
        self._over.wait(self._dice.uniform(0.0, 2.0))
        self._rig.database.start()

    def _kill_broker(self) -> None:
        assert self._rig.broker is not None
        self._rig.broker.kill()
        self._over.wait(self._dice.uniform(0.0, 2.0))
        self._rig.broker.start()

    def _merchant_down(self) -> None:
        self._rig.receiver.down = True
        self._over.wait(self._dice.uniform(*LONG_S))
        self._rig.receiver.down = False
