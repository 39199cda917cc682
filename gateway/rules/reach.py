"""Whether the carrier can do it at all: what the handover needs, what it takes, where it may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gateway.domain.errors import Unprocessable
from gateway.domain.quotes import ServiceLevel, Verdict
from gateway.rules.candidate import Candidate
from gateway.rules.preference import OfAccounts
from gateway.rules.rule import Context, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Capable(Rule):
    """The carrier can do what the handover must include."""

    kind: ClassVar[str] = "requirements"

    def judge(self, candidate: Candidate, context: Context) -> Verdict:
        """Drops a carrier that lacks something, naming all of it."""
        needs, can = context.shipment.requirements, candidate.features
        to_point = bool(context.shipment.service_point) or candidate.rate.service is ServiceLevel.SERVICE_POINT
        wanted = (
            ("a signature", needs.signature, can.signature),
            (f"an age check ({needs.min_age})", needs.min_age is not None, can.age_check),
            ("an identity check", needs.id_check, can.id_check),
            ("a photo", needs.photo, can.photo),
            ("a code at the door", needs.pin, can.pin),
            (
                f"cash on delivery ({needs.cash_on_delivery})",
                needs.cash_on_delivery is not None,
                can.cash_on_delivery,
            ),
            (f"{needs.temperature} transport", needs.temperature != "ambient", can.temperature),
            ("two people", needs.two_person, can.two_person),
            ("a service point", to_point, can.service_points),
        )
        asked = [name for name, needed, _ in wanted if needed]
        lacking = [name for name, needed, able in wanted if needed and not able]
        if lacking:
            return self.drops(f"cannot do {', '.join(lacking)}")
        return self.passes(f"can do {', '.join(asked)}" if asked else "nothing special is needed")


@dataclass(frozen=True, slots=True, kw_only=True)
class WithinLimits(Rule):
    """The carrier takes parcels of this weight and length, and this many."""

    kind: ClassVar[str] = "limits"

    def judge(self, candidate: Candidate, context: Context) -> Verdict:
        """Drops a carrier for which something is too heavy, too long or too much."""
        parcels, limits = context.shipment.parcels, candidate.limits
        measured = (
            ("heaviest parcel", max(parcel.weight_g for parcel in parcels), limits.max_weight_g, " g"),
            (
                "longest side",
                max(max(parcel.dimensions_mm) for parcel in parcels),
                limits.max_length_mm,
                " mm",
            ),
            ("number of parcels", len(parcels), limits.max_parcels, ""),
        )
        over = [
            f"{name} is {value}{unit}, limit {limit}{unit}"
            for name, value, limit, unit in measured
            if limit is not None and value > limit
        ]
        return self.drops("; ".join(over)) if over else self.passes("within the carrier's limits")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorOrPoint(Rule):
    """The parcel goes where the recipient expects it: to the door, unless a service point was asked for."""

    kind: ClassVar[str] = "door_or_point"

    def judge(self, candidate: Candidate, context: Context) -> Verdict:
        """Drops service points nobody asked for, and the door when a service point was chosen."""
        point = context.shipment.service_point
        to_point = candidate.rate.service is ServiceLevel.SERVICE_POINT
        if point and not to_point:
            return self.drops(f"goes to the door, but service point {point} was chosen")
        if to_point and not point and ServiceLevel.SERVICE_POINT not in context.services:
            return self.drops("goes to a service point, which was not asked for")
        return self.passes("goes to a service point, as asked" if to_point else "goes to the door")


@dataclass(frozen=True, slots=True, kw_only=True)
class InZones(OfAccounts):
    """These accounts deliver only in, or not in, these zones."""

    kind: ClassVar[str] = "zone"
    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.only) == bool(self.never):
            raise Unprocessable("/only", "give the zones either in `only` or in `never`", "missing_parameter")

    def judge(self, candidate: Candidate, context: Context) -> Verdict:
        """Drops the accounts meant (all, where none is named) when the recipient's zone is not for them."""
        zone = context.zone or "outside all zones"
        if not self.means(candidate):
            return self.passes(f"{candidate.account} is not bound to zones")
        if self.only and context.zone not in self.only:
            return self.drops(f"{zone}: {candidate.account} delivers only in {', '.join(self.only)}")
        if context.zone in self.never:
            return self.drops(f"{zone}: {candidate.account} does not deliver in {', '.join(self.never)}")
        return self.passes(f"{zone}: {candidate.account} delivers there")
