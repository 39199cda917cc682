"""Who stands for election: a rate of an account, with what its carrier can do and takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gateway.domain.quotes import NOTHING_KNOWN, Outlook, Rate


class Features(Protocol):
    """What a carrier can do at the door, as its profile says."""

    @property
    def signature(self) -> bool:
        """Collects a signature."""

    @property
    def age_check(self) -> bool:
        """Checks the recipient's age."""

    @property
    def id_check(self) -> bool:
        """Checks the recipient's identity."""

    @property
    def photo(self) -> bool:
        """Takes a photo."""

    @property
    def pin(self) -> bool:
        """Asks for a code."""

    @property
    def cash_on_delivery(self) -> bool:
        """Collects money."""

    @property
    def temperature(self) -> bool:
        """Keeps it chilled or frozen."""

    @property
    def two_person(self) -> bool:
        """Comes with two people."""

    @property
    def service_points(self) -> bool:
        """Delivers to service points."""


class Limits(Protocol):
    """What a carrier takes; None is no limit."""

    @property
    def max_weight_g(self) -> int | None:
        """Of one parcel."""

    @property
    def max_length_mm(self) -> int | None:
        """Of one parcel's longest side."""

    @property
    def max_parcels(self) -> int | None:
        """Of one shipment."""

    @property
    def dimensional_divisor_cm3_per_kg(self) -> int | None:
        """Volume over this is the dimensional weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One rate of one account. `kind` is the carrier's: own, courier, crowd or locker.

    Candidates of one account have the same carrier, features and limits: what concerns the account is judged once.
    `outlook` is what others than the carrier say about it: our own history, an emission model.
    """

    account_id: str
    account: str
    carrier: str
    kind: str
    features: Features
    limits: Limits
    rate: Rate
    outlook: Outlook = NOTHING_KNOWN
