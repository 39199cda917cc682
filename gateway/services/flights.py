"""Single flight: of many who want the same at the same time, one goes and all get what it brings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Flights(Generic[T]):
    """What is under way in this process, by what it depends on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, Future[T]] = {}

    def join(self, key: Hashable, go: Callable[[], T], longest_s: float) -> T:
        """What `go` brings, or what somebody's brings who went for the same before; an error is everybody's.

        Raises:
            TimeoutError: somebody else's took longer than that.
        """
        with self._lock:
            found = self._under_way.get(key)
            mine: Future[T] | None = None
            if found is None:
                found = mine = self._under_way[key] = Future()
        if mine is None:
            return found.result(timeout=longest_s)
        try:
            mine.set_result(go())
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._under_way[key]
        return mine.result()
