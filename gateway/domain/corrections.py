"""A person's word on where a shipment is, and who gave it why. It counts until it is withdrawn; neither is deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One correction: what it says, of which parcel ("" for all), and what was shown before.

    `author` is the person who gave it, `key_id` the API key it came with.
    """

    id: str
    merchant_id: str
    shipment_id: str
    tracker_id: str
    status: str
    reason: str
    author: str
    key_id: str
    why: str
    status_before: str
    reason_before: str
    created_at: datetime
    piece: str = ""
    withdrawn_at: datetime | None = None
    withdrawn_by: str = ""
    withdrawn_why: str = ""

    @property
    def event_id(self) -> str:
        """The id of its event among the tracker's."""
        return f"correction:{self.id}"

    @property
    def withdrawal_id(self) -> str:
        """The id of the event that takes it back."""
        return f"withdrawal:{self.id}"
