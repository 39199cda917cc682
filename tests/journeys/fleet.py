"""An own fleet with room in its delivery windows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.journeys.site import Merchant, Site

IN_DAYS = 3
OPTIONS: dict[str, Any] = {
    "timezone": "Europe/Oslo",
    "cut_offs": {"standard": "12:00"},
    "rate_card": "[zones]\nzone,country,postcodes\noslo,NO,0*\n[prices]\n"
    "zone,service,max_weight_g,price_minor,currency\noslo,standard,30000,5900,NOK\n",
}


def add_fleet(site: Site, merchant: Merchant, name: str) -> str:
    """Add an account of the own fleet and a window to sell; the account's id."""
    made = merchant.call("POST", "/v1/accounts", {"name": name, "carrier": "own_fleet", "options": OPTIONS})
    assert made.status_code == 201, made.text
    start = site.clock() + timedelta(days=IN_DAYS)
    window = {
        "id": f"{name}-1",
        "zone": "oslo",
        "start": start.isoformat(),
        "end": (start + timedelta(hours=4)).isoformat(),
        "capacity": 10,
    }
    opened = merchant.call("PUT", "/v1/fleet/windows", {"account": name, "windows": [window]})
    assert opened.status_code == 204, opened.text
    return str((made.json or {})["id"])


def scan(number: str, event_id: str, code: str, at: str, **more: object) -> dict[str, object]:
    """One scan of a driver's device."""
    return {"event_id": event_id, "tracking_number": number, "code": code, "occurred_at": at, **more}
