"""Another time or another place for a delivery under way: what carriers offer, and what became of asking for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.domain.errors import InvalidValue
from gateway.domain.handover import ServicePoint
from gateway.domain.values import TimeWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A time at which a carrier would deliver; `id` is the carrier's own, `window` aware."""

    id: str
    window: TimeWindow


class DiversionKind(StrEnum):
    """`reschedule`: at another time; `redirect`: to a service point."""

    RESCHEDULE = "reschedule"
    REDIRECT = "redirect"


class DiversionState(StrEnum):
    """What the carrier has said.

    `asked`: nothing that counts; it may have agreed, and is asked again. `superseded`: it agreed, and later to another
    wish, which holds instead: a parcel goes to one place at one time. `given_up`: the delivery ended, or days went by,
    without a word.
    """

    ASKED = "asked"
    AGREED = "agreed"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diversion:
    """One wish for another time or place. Its id is the reference the carrier gets: asked twice under it, it is one.

    `slot` or `point` is what was chosen; `asker` is the recipient, on his page, or the merchant. `asked` counts the
    times its carrier was asked.
    """

    id: str
    merchant_id: str
    shipment_id: str
    kind: DiversionKind
    slot: Slot | None = None
    point: ServicePoint | None = None
    asker: str = "recipient"
    state: DiversionState = DiversionState.ASKED
    why: str = ""
    asked: int = 0
    tries: int = 0
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None

    @property
    def goal(self) -> Slot | ServicePoint:
        """What was chosen. Raises InvalidValue: neither a time nor a place."""
        goal = self.slot or self.point
        if goal is None:
            raise InvalidValue("a diversion names a time or a place")
        return goal


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """The time that a recipient wished and the carrier agreed to at `at`. The promise stays what it was."""

    window: TimeWindow
    at: datetime
