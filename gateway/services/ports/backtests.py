"""What a backtest is asked, and who runs it: columns, elsewhere, because it needs heavy libraries."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

# a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from gateway.domain.backtests import BacktestRecord
from gateway.rules.policy import Policy
from gateway.services.ports.history import Period

Json = dict[str, Any]
Progress = Callable[[int, int], None]
"""Told how many steps are done of how many; a shipment is read once and judged once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTrial:
    """Prices of one account by a card (CSV text) that need not be imported; `digest` tells it from others."""

    account: str
    text: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What to replay: a period under `policy`, beside what was booked then or beside the policy `against`.

    `data` and `against_data` are the policies as they are written: they tell one replay from another.
    """

    period: Period
    policy: Policy
    data: Mapping[str, object]
    against: Policy | None = None
    against_data: Mapping[str, object] | None = None
    card: CardTrial | None = None
    examples: int = 50


class Backtests(Protocol):
    """Backtests that wait, run or are done."""

    def add(self, backtest: BacktestRecord) -> None: ...
    def get(self, merchant_id: str, backtest_id: str) -> BacktestRecord | None: ...
    def update(self, backtest: BacktestRecord) -> None: ...
    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[BacktestRecord]: ...
    def prune(self, merchant_id: str, before_id: str) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A picture of some totals: its title, the SVG (markup that is safe), what to know of it, and the same numbers as a
    table: its headings, and its rows.
    """

    title: str
    svg: str
    about: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


class Replays(Protocol):
    """Runs replays."""

    def run(self, replay: Replay, progress: Progress) -> Json:
        """The totals, in JSON. What an interrupted run had done is not done again.

        Raises:
            Unavailable: the libraries that it needs are not installed.
            Unprocessable: a carrier of an offer is no longer installed, or the card's account is none of the period's.
        """

    def page(self, result: Mapping[str, object]) -> str:
        """The totals for people: one HTML file that needs no network and no scripts."""

    def plots(self, result: Mapping[str, object]) -> Sequence[Plot]:
        """The same, drawn for a page of ours; those that have something to show."""
