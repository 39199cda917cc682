"""When it arrives, as far as the carrier promises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from gateway.domain.errors import Unprocessable
from gateway.domain.quotes import Verdict
from gateway.rules.candidate import Candidate
from gateway.rules.rule import Context, Rule, non_negative


@dataclass(frozen=True, slots=True, kw_only=True)
class Fastest(Rule):
    """Time has a price: so much for every hour until the promise, and a stated sum where there is no promise.

    The hours count from when the shipment is ready, or from the start of the window that was asked for.
    """

    kind: ClassVar[str] = "fastest"
    value_per_hour_minor: int
    without_promise_minor: int

    def __post_init__(self) -> None:
        non_negative("value_per_hour_minor", self.value_per_hour_minor)
        non_negative("without_promise_minor", self.without_promise_minor)

    def judge(self, candidate: Candidate, context: Context) -> Verdict:
        """Ranks by the time to the promise, rounded up to the minor unit."""
        promise = candidate.rate.deliver_by
        if promise is None:
            penalty = self.without_promise_minor
            return self.ranks(penalty, f"no promise: counts as {context.market.money(penalty)}")
        wait = max(promise - _start(context), timedelta())
        penalty = -(-self.value_per_hour_minor * int(wait.total_seconds()) // 3600)
        cost = context.market.money(penalty)
        return self.ranks(penalty, f"promised by {_clock(promise)}, a wait of {_span(wait)}: counts as {cost}")


class WithoutPromise(StrEnum):
    """What to do with a rate that promises no time."""

    DROP = "drop"
    PASS = "pass"  # noqa: S105 (a word, not a password)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverBy(Rule):
    """The promise must be kept by the end of the asked window, or within so many hours after it is ready."""

    kind: ClassVar[str] = "deliver_by"
    within_hours: int | None = None
    without_promise: WithoutPromise = WithoutPromise.DROP

    def __post_init__(self) -> None:
        if self.within_hours is not None and not 0 < self.within_hours <= 10_000:
            raise Unprocessable("/within_hours", "within_hours is from 1 to 10000", "out_of_range")

    def judge(self, candidate: Candidate, context: Context) -> Verdict:
        """Drops what comes later; without a time asked for it has nothing to say."""
        latest, promise = self._latest(context), candidate.rate.deliver_by
        if latest is None:
            return self.passes("no time was asked for")
        if promise is None:
            word = self.drops if self.without_promise is WithoutPromise.DROP else self.passes
            return word(f"no promise, wanted by {_clock(latest)}")
        if promise > latest:
            return self.drops(f"promised by {_clock(promise)}, wanted by {_clock(latest)}")
        return self.passes(f"promised by {_clock(promise)}, in time for {_clock(latest)}")

    def _latest(self, context: Context) -> datetime | None:
        limits = []
        if context.window is not None:
            limits.append(context.window.end)
        if self.within_hours is not None:
            limits.append(context.ready_at + timedelta(hours=self.within_hours))
        return min(limits, default=None)


def _start(context: Context) -> datetime:
    ready = max(context.now, context.ready_at)
    return ready if context.window is None else max(ready, context.window.start)


def _clock(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes")


def _span(wait: timedelta) -> str:
    minutes = int(wait.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60:02} min"
