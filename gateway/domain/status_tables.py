"""Accounts' own readings of their carriers' codes, as they are stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusTableRecord:
    """One version of an account's own status table: CSV whose `rows` stand over those of the carrier's table.

    Never edited: a correction is a new version. A version without rows gives the account its carrier's table back.
    """

    merchant_id: str
    account_id: str
    version: int
    text: str = field(repr=False)
    rows: int
    author: str
    created_at: datetime
