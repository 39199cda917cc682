"""What is known of one shipment, and of one kind of answer to bookings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Claimed(NamedTuple):
    """What was asked of a carrier for a shipment, and what it has paid, in minor units of one currency."""

    currency: str
    asked: int
    paid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A shipment that was booked. None is not known; money in minor units of `currency`, mass in grams.

    `due_by` is the first promise, `due_from` the begin of the window where one was sold. `outcome` is a final status,
    "" on the way; `lost` says why it failed. `out_estimate` is when the carrier expected to deliver as it went out for
    delivery. `denied_at` is when it was first said that it had not come, or to a wrong door. `claims` are kinds of
    claims, None where nobody keeps them; `enquiries` how often somebody asked where it is, likewise. `wished_by` ends
    the time that the recipient wished, to which the carrier agreed at `wished_at`. `told` messages went to the
    recipient over ways that give receipts, of which `receipts` came. `apart_m`: the place of the proof from the
    address. `stalled`: once it had been picked up, nothing was heard of it for longer than of 19 in 20.
    """

    account: str = ""
    carrier: str
    service: str
    zone: str
    ordered_at: datetime | None = None
    booked_at: datetime
    due_from: datetime | None = None
    due_by: datetime | None = None
    wished_at: datetime | None = None
    wished_from: datetime | None = None
    wished_by: datetime | None = None
    picked_up_at: datetime | None = None
    delivered_at: datetime | None = None
    attempts: int = 0
    outcome: str = ""
    lost: bool = False
    stalled: bool = False
    weight_g: int = 0
    quoted: int | None = None
    price: int | None = None
    currency: str = ""
    co2e_g: int | None = None
    out_estimate: datetime | None = None
    stars: int | None = None
    recommends: int | None = None
    enquiries: int | None = None
    told: int = 0
    receipts: int = 0
    proof_wanted: bool = False
    proof_shown: bool = False
    apart_m: int | None = None
    denied_at: datetime | None = None
    claims: frozenset[str] | None = None
    damage_confirmed: bool = False
    claimed: tuple[Claimed, ...] = ()
    declared: int | None = None
    declared_currency: str = ""

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
    """So many bookings asked of one account for one zone, all with the same answer: the state of a tender.

    `passed_on`: another account was asked then. `answer_ms` is how long the answer took, None where it is not known.
    """

    account: str = ""
    carrier: str
    zone: str
    answer: str
    passed_on: bool = False
    answer_ms: int | None = None
    times: int
