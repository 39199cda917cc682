"""What decisions need from elsewhere: stored policies, and what is known about candidates beyond their rates."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.domain.policy_versions import PolicyRecord, Publication
from gateway.domain.quotes import Outlook
from gateway.rules.candidate import Candidate
from gateway.rules.context import Context
from gateway.services.ports.answers import Mode


class Policies(Protocol):
    """Versions of policies, and which of them are published."""

    def latest(self, merchant_id: str, name: str) -> PolicyRecord | None: ...
    def version(self, merchant_id: str, name: str, version: int) -> PolicyRecord | None: ...
    def versions(self, merchant_id: str, name: str) -> Sequence[PolicyRecord]:
        """Newest first."""

    def names(self, merchant_id: str) -> Sequence[str]:
        """Of the merchant's own."""

    def add(self, policy: PolicyRecord) -> bool:
        """False when that version exists already (somebody else was first)."""

    def published(self, merchant_id: str, name: str) -> Publication | None:
        """The publication that holds."""

    def publications(self, merchant_id: str, name: str) -> Sequence[Publication]:
        """The newest first, at most fifty."""

    def publish(self, publication: Publication) -> bool:
        """False when that number exists already (somebody else was first)."""


class Outlooks(Protocol):
    """What our own history and models say about rates."""

    def of(
        self, merchant_id: str, mode: Mode, settings_version: int, context: Context, candidates: Sequence[Candidate]
    ) -> Sequence[Outlook]:
        """One for each candidate, in their order. It is asked on every quote: it must not take a millisecond."""


class Calendar(Protocol):
    """Which days are holidays where."""

    def enriched(self, context: Context) -> Context:
        """The context with `holiday` of the day on which it is ready, at the origin. It too is asked on every quote."""


class NoCalendar:
    """No holidays are known."""

    def enriched(self, context: Context) -> Context:
        """The same."""
        return context
