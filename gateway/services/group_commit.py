"""Many threads, one commit: a commit that waits for the disk takes along whatever came while the last one waited.

Nobody is told "stored" before the commit that holds his item has returned. There is no thread of its own and no delay:
whoever comes when nothing is being written writes at once, with all who came meanwhile; the others wait for their turn.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from gateway.domain.errors import Unavailable

T = TypeVar("T")
AT_ONCE = 256


class _Entry(Generic[T]):
    """An item, and how its thread is woken: because it is stored (or failed), or to write."""

    def __init__(self, item: T) -> None:
        self.item = item
        self.woken = threading.Event()
        self.settled = False
        self.error: Exception | None = None

    def settle(self, error: Exception | None = None) -> None:
        self.error = error
        self.settled = True
        self.woken.set()


class GroupCommit(Generic[T]):
    """Stores items by `write`, which stores several at once, all or none."""

    def __init__(self, write: Callable[[Sequence[T]], None]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._waiting: list[_Entry[T]] = []
        self._writing = False

    def add(self, item: T) -> None:
        """Store one item; returns when it is stored. Raises whatever storing it raises."""
        entry = _Entry(item)
        with self._lock:
            self._waiting.append(entry)
            mine = not self._writing
            self._writing = True
        if not mine:
            entry.woken.wait()
        if not entry.settled:
            self._lead()
        if entry.error is not None:
            raise entry.error

    def _lead(self) -> None:
        """Write what waits, this thread's own item first among it; then let the next who came write."""
        with self._lock:
            batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
        try:
            self._store(batch)
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._writing = following is not None
            if following is not None:
                following.woken.set()

    def _store(self, batch: Sequence[_Entry[T]]) -> None:
        """All in one commit. When that fails each is tried alone: one that cannot be stored is nobody else's trouble.

        When the database itself is away, everybody is told so at once.
        """
        try:
            self._write([entry.item for entry in batch])
        except Exception as error:  # noqa: BLE001  # told to those who wait
            alone = len(batch) > 1 and not isinstance(error, Unavailable)
            for entry in batch:
                if alone:
                    self._store([entry])
                else:
                    entry.settle(error)
            return
        for entry in batch:
            entry.settle()
