"""Requests about recipients' pages as examples for the documentation; the tests send them."""

from __future__ import annotations

from typing import Any

BRAND: dict[str, Any] = {
    "name": "Fjord og Fjell",
    "colour": "#1d5c4d",
    "logo": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M/wHwAEBgIApD5fRAAAAABJRU5ErkJggg==",
    "language": "no",
    "help_email": "hjelp@fjord.example",
    "help_phone": "+4722334455",
    "help_url": "https://fjord.example/hjelp",
    "returns_url": "https://fjord.example/retur",
    "privacy_url": "https://fjord.example/personvern",
    "photo": True,
    "wishes": True,
}
