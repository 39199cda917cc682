"""Delivery windows in memory: what the adapter is tested with, checked by the suite that storage passes too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from carriers.base import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A tender's place in a window."""

    window_id: str
    released: bool = False


class WindowsInMemory:
    """`DeliveryWindows` of one process."""

    def __init__(self, windows: Iterable[tuple[str, str, datetime, datetime, int]]) -> None:
        self._lock = Lock()
        self._places: dict[str, Place] = {}
        self._windows = {
            window_id: (zone, Window(id=window_id, start=start, end=end, capacity=capacity, booked=0))
            for window_id, zone, start, end, capacity in windows
        }

    def open_windows(self, zone: str, since: datetime, until: datetime) -> tuple[Window, ...]:
        """Windows with room."""
        with self._lock:
            here = [window for place, window in self._windows.values() if place == zone]
        found = [each for each in here if since <= each.start < until and each.booked < each.capacity]
        return tuple(sorted(found, key=lambda window: (window.start, window.id)))

    def reserve(self, window_id: str, tender_reference: str) -> bool:
        """Take one place."""
        with self._lock:
            held = self._places.get(tender_reference)
            if held:
                return held == Place(window_id=window_id)
            if window_id not in self._windows or not self._has_room(window_id):
                return False
            self._count(window_id, 1)
            self._places[tender_reference] = Place(window_id=window_id)
            return True

    def release(self, tender_reference: str) -> bool:
        """Give it back."""
        with self._lock:
            held = self._places.get(tender_reference)
            if held and not held.released:
                self._count(held.window_id, -1)
                self._places[tender_reference] = replace(held, released=True)
            return held is not None

    def find(self, tender_reference: str) -> Window | None:
        """Where it is held."""
        with self._lock:
            held = self._places.get(tender_reference)
            return self._windows[held.window_id][1] if held and not held.released else None

    def others(self, tender_reference: str, since: datetime, until: datetime) -> tuple[Window, ...]:
        """Windows of its zone with room, without its own."""
        held = self.find(tender_reference)
        if held is None:
            return ()
        found = self.open_windows(self._windows[held.id][0], since, until)
        return tuple(each for each in found if each.id != held.id)

    def move(self, window_id: str, tender_reference: str) -> bool:
        """Give the place up for one in another window of its zone."""
        with self._lock:
            held = self._places.get(tender_reference)
            if held is None or held.released or window_id not in self._windows:
                return False
            if held.window_id == window_id:
                return True
            if self._windows[window_id][0] != self._windows[held.window_id][0] or not self._has_room(window_id):
                return False
            self._count(held.window_id, -1)
            self._count(window_id, 1)
            self._places[tender_reference] = Place(window_id=window_id)
            return True

    def _has_room(self, window_id: str) -> bool:
        window = self._windows[window_id][1]
        return window.booked < window.capacity

    def _count(self, window_id: str, places: int) -> None:
        zone, window = self._windows[window_id]
        self._windows[window_id] = (zone, replace(window, booked=window.booked + places))
