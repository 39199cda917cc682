"""Whom the merchant wants, or does not want."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gateway.domain.errors import Unprocessable
from gateway.domain.quotes import Verdict
from gateway.rules.candidate import Candidate
from gateway.rules.rule import Context, Rule, non_negative


@dataclass(frozen=True, slots=True, kw_only=True)
class OfAccounts(Rule):
    """A rule about some accounts: named ones, and those of a kind (own, courier, crowd, locker)."""

    accounts: tuple[str, ...] = ()
    carrier_kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.accounts and not self.carrier_kinds:
            raise Unprocessable("/accounts", "name accounts, or carrier_kinds", "missing_parameter")

    def means(self, candidate: Candidate) -> bool:
        """Whether the rule is about this candidate: about all of them where it names nobody."""
        if not self.accounts and not self.carrier_kinds:
            return True
        return candidate.account in self.accounts or candidate.kind in self.carrier_kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowAccounts(OfAccounts):
    """Nobody but these."""

    kind: ClassVar[str] = "allow_accounts"

    def judge(self, candidate: Candidate, context: Context) -> Verdict:
        """Drops all others."""
        if self.means(candidate):
            return self.passes(f"{candidate.account} is allowed")
        return self.drops(f"{candidate.account} is not among the allowed accounts")


@dataclass(frozen=True, slots=True, kw_only=True)
class DenyAccounts(OfAccounts):
    """Anybody but these."""

    kind: ClassVar[str] = "deny_accounts"

    def judge(self, candidate: Candidate, context: Context) -> Verdict:
        """Drops them."""
        if self.means(candidate):
            return self.drops(f"{candidate.account} is among the denied accounts")
        return self.passes(f"{candidate.account} is not denied")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferAccounts(OfAccounts):
    """These may cost so much more than others and still win."""

    kind: ClassVar[str] = "prefer_accounts"
    bonus_minor: int

    def __post_init__(self) -> None:
        OfAccounts.__post_init__(self)
        non_negative("bonus_minor", self.bonus_minor)

    def judge(self, candidate: Candidate, context: Context) -> Verdict:
        """Takes the bonus off their score."""
        if not self.means(candidate):
            return self.passes(f"{candidate.account} is not preferred")
        bonus = context.market.money(self.bonus_minor)
        return self.ranks(-self.bonus_minor, f"{candidate.account} is preferred: counts {bonus} less")
