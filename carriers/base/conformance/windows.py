"""Delivery windows in memory, for carriers that sell our own capacity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from carriers.base.messages import Window
from gateway.domain.codec import from_json


class MemoryWindows:
    """`DeliveryWindows` over a mapping of zones to windows, and of tender references to window ids."""

    def __init__(self, windows: Mapping[str, Any], reserved: Mapping[str, str]) -> None:
        self._windows = {
            window.id: (zone, window)
            for zone, listed in windows.items()
            for window in from_json(tuple[Window, ...], listed, f"windows.{zone}")
        }
        self._reserved = dict(reserved)
        self._released: set[str] = set()

    def open_windows(self, zone: str, since: datetime, until: datetime) -> tuple[Window, ...]:
        """Windows of a zone that start in [since, until) and have capacity left, earliest first."""
        here = [self._now(window) for place, window in self._windows.values() if place == zone]
        left = [window for window in here if since <= window.start < until and window.booked < window.capacity]
        return tuple(sorted(left, key=lambda window: window.start))

    def reserve(self, window_id: str, tender_reference: str) -> bool:
        """Take one place; True also when this tender has it already."""
        if tender_reference in self._reserved:
            return self._reserved[tender_reference] == window_id
        if window_id not in self._windows:
            return False
        window = self._now(self._windows[window_id][1])
        if window.booked >= window.capacity:
            return False
        self._reserved[tender_reference] = window_id
        return True

    def release(self, tender_reference: str) -> bool:
        """Give the place back; True also when it is given back already."""
        if self._reserved.pop(tender_reference, None) is None:
            return tender_reference in self._released
        self._released.add(tender_reference)
        return True

    def find(self, tender_reference: str) -> Window | None:
        """The window in which this tender holds a place."""
        held = self._reserved.get(tender_reference)
        return self._now(self._windows[held][1]) if held in self._windows else None

    def others(self, tender_reference: str, since: datetime, until: datetime) -> tuple[Window, ...]:
        """Windows of its zone with room, without its own."""
        held = self._reserved.get(tender_reference, "")
        zone, _ = self._windows.get(held, ("", None))
        return tuple(each for each in self.open_windows(zone, since, until) if each.id != held)

    def move(self, window_id: str, tender_reference: str) -> bool:
        """Give the place up for one in another window of its zone."""
        held = self._reserved.get(tender_reference, "")
        if held not in self._windows or window_id not in self._windows:
            return False
        (zone, _), (new_zone, window) = self._windows[held], self._windows[window_id]
        if held != window_id and (zone != new_zone or self._now(window).booked >= window.capacity):
            return False
        self._reserved[tender_reference] = window_id
        return True

    def _now(self, window: Window) -> Window:
        taken = sum(1 for held in self._reserved.values() if held == window.id)
        return replace(window, booked=window.booked + taken)
