"""The catalogue of what recipients are told, and whether it is true of a shipment right now."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from gateway.domain.plausibility import AT_RISK as RISK
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import ShipmentState

AT_RISK = "shipment.promise_at_risk"
CAUSES = ("shipment.status_changed", AT_RISK)
"""The types of outbox messages that may be a reason to tell a recipient something."""
REMINDER_H, KEEP_DAYS = "reminder_h", "keep_days"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationEvent:
    """One thing that recipients are told; the members are those of `notification_events.toml`."""

    name: str
    when: str
    statuses: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    but_not: tuple[str, ...] = ()
    each: str = ""
    after: str = ""
    channels: tuple[str, ...] = ()
    useful: timedelta

    def matches(self, status: str, reason: str) -> bool:
        """Whether a shipment of this status and reason is what the event says."""
        fits = not self.reasons or reason in self.reasons
        return status in self.statuses and fits and reason not in self.but_not

    def occurrence(self, reason: str, attempts: int) -> str:
        """What tells one time of it from the next; "" for what is told once."""
        return {"attempt": str(attempts), "reason": reason}.get(self.each, "")


def _data() -> Mapping[str, Any]:
    return tomllib.loads(files("gateway.domain").joinpath("notification_events.toml").read_text("utf-8"))


@cache
def notification_events() -> Mapping[str, NotificationEvent]:
    """Every event by name, in the order of the data file."""
    data = _data()
    groups: Mapping[str, Sequence[str]] = data["reasons"]
    return {
        name: NotificationEvent(
            name=name,
            when=row["when"],
            statuses=tuple(row["statuses"]),
            reasons=tuple(groups.get(row.get("reasons", ""), ())),
            but_not=tuple(groups.get(row.get("but_not", ""), ())),
            each=row.get("each", ""),
            after=row.get("after", ""),
            channels=tuple(row["channels"]),
            useful=timedelta(minutes=row["useful_min"]),
        )
        for name, row in data["events"].items()
    }


@cache
def _advice() -> Mapping[str, str]:
    return {reason: advice for advice, found in _data()["what_now"].items() for reason in found}


def advice_for(reason: str) -> str:
    """Which advice fits a reason: a key of `[what_now]`, or `default`."""
    return _advice().get(reason, "default")


@cache
def _languages() -> Mapping[str, str]:
    return {country: language for language, countries in _data()["languages"].items() for country in countries}


def language_of(country: str) -> str:
    """The language of most people in a country, "" where we have no texts in it."""
    return _languages().get(country, "")


def events_of(cause: str, status: str, reason: str) -> Sequence[NotificationEvent]:
    """What a message of this type about a shipment of this status tells, what follows later included."""
    events = notification_events()
    if cause == AT_RISK:
        return [events["delayed"]] if status in events["delayed"].statuses else []
    return [event for event in events.values() if event.matches(status, reason)]


def holds(event: NotificationEvent, occurrence: str, cause: str, shipment: ShipmentRecord) -> bool:
    """Whether it is still true: nothing is told that is not so at the moment of sending."""
    if shipment.state is not ShipmentState.BOOKED or shipment.status_conflict:
        return False
    if cause == AT_RISK:
        return RISK in shipment.alarms and shipment.status in event.statuses
    same = event.occurrence(shipment.reason, shipment.attempts) == occurrence
    return same and event.matches(shipment.status, shipment.reason)
