"""The grade of a carrier: computed, not claimed.

bronze: the kit finds nothing. silver: also, a booking whose answer was lost can be cleared up, and news come by push or
at most 15 minutes late. gold: also, every sample is genuine, with its source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from carriers.base.conformance.stage import Subject
from carriers.base.conformance.suite import check
from carriers.base.contract import Capability, Carrier

FRESH_S = 15 * 60


class Level(StrEnum):
    """Grades, worst first."""

    NONE = "none"
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """A level, what is missing for the next one, and which checks the profile takes out, with its reasons."""

    level: Level
    missing: tuple[str, ...]
    exempt: Mapping[str, str]


def grade(carrier: type[Carrier]) -> Grade:
    """The grade of a carrier; runs the whole kit on it."""
    subject = Subject.of(carrier)
    steps = (
        (Level.NONE, [str(failure) for failure in check(carrier)]),
        (Level.BRONZE, list(_not_silver(subject))),
        (Level.SILVER, list(_not_gold(subject))),
    )
    for level, missing in steps:
        if missing:
            return Grade(level=level, missing=tuple(missing), exempt=carrier.profile.exempt)
    return Grade(level=Level.GOLD, missing=(), exempt=carrier.profile.exempt)


def _not_silver(subject: Subject) -> Iterator[str]:
    profile = subject.carrier.profile
    books = Capability.BOOKS in subject.has
    if books and not profile.booking.idempotent and Capability.FINDS_BOOKINGS not in subject.has:
        yield "bookings are neither idempotent nor can they be found"
    polled = Capability.TRACKS in subject.has and profile.polling.min_interval_s <= FRESH_S
    # The scans of our own drivers come in through the gateway itself.
    told = profile.kind == "own" or Capability.RECEIVES_WEBHOOKS in subject.has
    if not polled and not told:
        yield "news come neither by push nor by polling every 15 minutes"


def _not_gold(subject: Subject) -> Iterator[str]:
    for sample in subject.samples:
        if not sample.genuine:
            yield f"sample {sample.name} is not genuine"
