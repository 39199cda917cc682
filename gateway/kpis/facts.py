"""What is known of one shipment, and of one kind of answer to bookings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A shipment that was booked. None is not known; money in minor units of `currency`, mass in grams.

    `due_by` is the first promise, `due_from` the begin of the window where one was sold. `outcome` is a final status,
    "" on the way; `lost` says why it failed. `out_estimate` is when the carrier expected to deliver as it went out for
    delivery. `denied_at` is when it was first said that it had not come, or to a wrong door. `claims` are kinds of
    claims, None where nobody keeps them.
    """

    account: str = ""
    carrier: str
    service: str
    zone: str
    booked_at: datetime
    due_from: datetime | None = None
    due_by: datetime | None = None
    picked_up_at: datetime | None = None
    delivered_at: datetime | None = None
    attempts: int = 0
    outcome: str = ""
    lost: bool = False
    quoted: int | None = None
    price: int | None = None
    currency: str = ""
    co2e_g: int | None = None
    out_estimate: datetime | None = None
    stars: int | None = None
    proof_wanted: bool = False
    proof_shown: bool = False
    denied_at: datetime | None = None
    claims: frozenset[str] | None = None
    damage_confirmed: bool = False

    @property
    def counts(self) -> bool:
        """Not when it was called off before anybody had it."""
        return self.outcome != "cancelled" or self.picked_up_at is not None

    @property
    def arrived(self) -> datetime | None:
        """When it was delivered; None unless it was."""
        return self.delivered_at if self.outcome == "delivered" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """So many bookings asked of one account for one zone, all with the same answer: the state of a tender."""

    account: str = ""
    carrier: str
    zone: str
    answer: str
    times: int
