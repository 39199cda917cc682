"""Short forms of common rules, by `kind`: each is read as weights of the score and a rule of the full form.

    {"kind": "cheapest"}                                       price_percent + 100
    {"kind": "fastest", "value_per_hour_minor": 20,
     "without_promise_minor": 1500}                            both weights
    {"kind": "max_price", "limit_minor": 900}                  max_price
    {"kind": "deliver_by", "within_hours": 4,
     "without_promise": "drop"}                                drop what is promised after the window or the hours
    {"kind": "zone", "only" or "never": ["oslo"], ACCOUNTS}    drop outside, or inside, those zones
    {"kind": "allow_accounts", ACCOUNTS}                       drop all others
    {"kind": "deny_accounts", ACCOUNTS}                        drop these
    {"kind": "prefer_accounts", ACCOUNTS, "bonus_minor": 5}    prefer

ACCOUNTS is `accounts` (names), `carrier_kinds` (own, courier, crowd, locker) or both. A policy that has short forms and
no `score` ranks by those of its short forms that have weights, and by the price where they come to the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gateway.domain.errors import Unprocessable

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Long:
    """The full form: weights that are added to the score, a condition, and an action (none where only weights)."""

    score: Mapping[str, int] = field(default_factory=dict)
    when: Json = field(default_factory=lambda: {"all": []})
    then: Json | None = None


class WithoutPromise(StrEnum):
    """What to do with a rate that promises no time."""

    DROP = "drop"
    PASS = "pass"  # noqa: S105  # a word, not a password


@dataclass(frozen=True, slots=True, kw_only=True)
class Cheapest:
    """The price is the penalty."""

    def long(self) -> Long:
        """Weights only."""
        return Long(score={"price_percent": 100})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fastest:
    """So much for every hour until the promise, a stated sum where there is none."""

    value_per_hour_minor: int
    without_promise_minor: int

    def long(self) -> Long:
        """Weights only."""
        return Long(
            score={
                "value_per_hour_minor": self.value_per_hour_minor,
                "without_promise_minor": self.without_promise_minor,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxPrice:
    """A limit on the price."""

    limit_minor: int

    def long(self) -> Long:
        """An action."""
        return Long(then={"do": "max_price", "minor": self.limit_minor})


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverBy:
    """The promise must be kept by the end of the asked window, and within so many hours after it is ready."""

    within_hours: int | None = None
    without_promise: WithoutPromise = WithoutPromise.DROP

    def __post_init__(self) -> None:
        if self.within_hours is not None and not 0 < self.within_hours <= 10_000:
            raise Unprocessable("/within_hours", "within_hours is from 1 to 10000", "out_of_range")

    def long(self) -> Long:
        """A drop."""
        hours = self.within_hours
        late: list[Json] = [_check("rate.after_window", "above", 0)]
        asked: list[Json] = [{"field": "asked.window_end", "op": "present"}]
        if hours is not None:
            late.append(_check("rate.promise", "above", hours))
            asked = []
        if self.without_promise is WithoutPromise.DROP:
            late.append({"all": [*asked, {"field": "rate.promise", "op": "missing"}]})
        return Long(when={"any": late}, then={"do": "drop"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Some accounts: named ones, and those of a kind."""

    accounts: tuple[str, ...] = ()
    carrier_kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.accounts and not self.carrier_kinds:
            raise Unprocessable("/accounts", "name accounts, or carrier_kinds", "missing_parameter")

    def meant(self) -> Json:
        """The condition that a candidate is among them."""
        named = (("rate.account", self.accounts), ("rate.carrier_kind", self.carrier_kinds))
        return {"any": [_check(name, "in", list(words)) for name, words in named if words]}


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowAccounts(Accounts):
    """Nobody but these."""

    def long(self) -> Long:
        """A drop of the others."""
        return Long(when={"not": self.meant()}, then={"do": "drop"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DenyAccounts(Accounts):
    """Anybody but these."""

    def long(self) -> Long:
        """A drop."""
        return Long(when=self.meant(), then={"do": "drop"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferAccounts(Accounts):
    """These may cost so much more than others and still win."""

    bonus_minor: int

    def long(self) -> Long:
        """A bonus."""
        return Long(when=self.meant(), then={"do": "prefer", "minor": self.bonus_minor})


@dataclass(frozen=True, slots=True, kw_only=True)
class InZones(Accounts):
    """These accounts, or all where none is named, deliver only in, or never in, these zones."""

    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.only) == bool(self.never):
            raise Unprocessable("/only", "give the zones either in `only` or in `never`", "missing_parameter")

    def long(self) -> Long:
        """A drop; outside all zones is not in any of them."""
        inside = _check("destination.zone", "in", list(self.only or self.never))
        wrong: Json = {"not": inside} if self.only else inside
        meant = [self.meant()] if self.accounts or self.carrier_kinds else []
        return Long(when={"all": [*meant, wrong]}, then={"do": "drop"})


KINDS: Mapping[str, type[Any]] = {
    "cheapest": Cheapest,
    "max_price": MaxPrice,
    "fastest": Fastest,
    "deliver_by": DeliverBy,
    "zone": InZones,
    "allow_accounts": AllowAccounts,
    "deny_accounts": DenyAccounts,
    "prefer_accounts": PreferAccounts,
}
"""By their `kind`; the fields of the class are the members of the short form."""

PARAMETERS: Mapping[str, str] = {"limit_minor": "minor", "bonus_minor": "minor"}
"""Members of short forms whose name differs in the action."""


def _check(name: str, op: str, value: object) -> Json:
    return {"field": name, "op": op, "value": value}
