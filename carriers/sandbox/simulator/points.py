"""Shops and lockers that do not exist, one every 400 metres."""

from __future__ import annotations

from typing import Any

MOST = 5
EVERY_M = 400
OPENS_MIN, CLOSES_MIN = 8 * 60, 22 * 60


def points(country: str, postal_code: str, radius_m: int, limit: int) -> list[dict[str, Any]]:
    """Nearest first."""
    count = min(MOST, limit, radius_m // EVERY_M)
    return [_point(country, postal_code, number) for number in range(1, count + 1)]


def _point(country: str, postal_code: str, number: int) -> dict[str, Any]:
    street = {"street1": f"Sandbox street {number}", "city": "Sandbox"}
    return {
        "id": f"{country}-{postal_code}-{number}",
        "name": f"Sandbox point {number}",
        "kind": "locker" if number % 2 else "shop",
        "distance_m": number * EVERY_M,
        "address": {**street, "postal_code": postal_code, "country": country},
        "opening_hours": [{"weekday": day, "opens_min": OPENS_MIN, "closes_min": CLOSES_MIN} for day in range(7)],
    }
