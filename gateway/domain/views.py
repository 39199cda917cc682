"""Saved views: a way of looking at the list of shipments, under a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """What the list's address says (`state`: what is looked for, columns, density), kept for its owner or, `shared`,
    for everybody at the merchant's. `position` orders an owner's own views, and all shared ones.
    """

    id: str
    merchant_id: str
    owner_id: str
    name: str
    shared: bool
    state: Mapping[str, str] = field(default_factory=dict)
    position: int
    created_at: datetime
    version: int = 1
