"""Policies as they are stored: versions that are never edited, and which of them decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRecord:
    """One version of a policy; never edited, only superseded."""

    merchant_id: str
    name: str
    version: int
    data: Mapping[str, object]
    created_at: datetime
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Which version of a policy decides from then on, and which one (if any) is on trial; the newest `number` holds."""

    merchant_id: str
    name: str
    number: int
    live: int
    shadow: int | None
    at: datetime
    author: str = ""
    note: str = ""
