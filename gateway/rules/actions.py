"""What a rule does to the candidates it applies to: `ACTIONS`, one class per action, whose fields are its parameters.

As data, an action is `{"do": NAME, ...parameters}`:

    drop                                        out
    keep                                        nothing; in a group that is "first" it keeps later rules away
    require      needs, min_age                 out, unless the carrier can; and carriers are asked for it (see below)
    prefer       minor                          counts so much less
    penalise     minor                          counts so much more
    max_price    minor                          out when the price is above
    cap_share    percent, period, from_bookings out when with this one the account had more than `percent` of the
                                                period's bookings; nothing before `from_bookings` bookings of all
                                                accounts, this one counted
    commit       bookings, period, minor        counts `minor` less while the account has fewer than `bookings`
    markup       percent, minor                 the buyer sees price + percent of it + minor, at least 0; no score

Amounts (`minor`) are minor units of the policy's currency, whole numbers; percentages too, and what comes of them is
rounded half up to a minor unit. A markup is made in the currency of the rate, which is what the buyer sees. `period`
is "day" or "week" (see `context.Volumes`). Without a price in the policy's currency, max_price and markup do nothing:
the candidate is out anyway. Where nobody counted, shares and commitments do nothing.

`require` speaks of what is asked, so its rule's condition may not ask about rates or accounts: what it needs is added
to the shipment's requirements before carriers are asked, and judged again as an action.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, NamedTuple

from gateway.domain.errors import Unprocessable
from gateway.rules.fields import Facts, Scope
from gateway.rules.market import amount_text, per

MAX_MINOR = 10**12


class Done(NamedTuple):
    """What an action did, in words: a penalty (negative: a bonus), a drop, or a markup in the rate's own currency."""

    why: str
    penalty: int = 0
    out: bool = False
    markup: int = 0


class Period(StrEnum):
    """Over what bookings are counted."""

    DAY = "day"
    WEEK = "week"


PERIODS = {Period.DAY: "today", Period.WEEK: "this week"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(ABC):
    """One action with its parameters. `scope`: what it looks at besides the rule's condition."""

    do: ClassVar[str]
    scope: ClassVar[Scope]

    @abstractmethod
    def act(self, facts: Facts) -> Done:
        """On a candidate to which the rule applies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(Action):
    """Out."""

    do: ClassVar[str] = "drop"
    scope: ClassVar[Scope] = Scope.ASKED

    def act(self, facts: Facts) -> Done:
        """Always."""
        return Done("dropped", out=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep(Action):
    """Nothing; in a group of which the first rule counts, it keeps the later ones away."""

    do: ClassVar[str] = "keep"
    scope: ClassVar[Scope] = Scope.ASKED

    def act(self, facts: Facts) -> Done:
        """Says so."""
        return Done("kept")


class Need(StrEnum):
    """What can be required; all but insurance are capabilities of carriers."""

    SIGNATURE = "signature"
    AGE_CHECK = "age_check"
    ID_CHECK = "id_check"
    PHOTO = "photo"
    PIN = "pin"
    CHILLED = "chilled"
    FROZEN = "frozen"
    TWO_PERSON = "two_person"
    INSURANCE = "insurance"


FEATURES: Mapping[Need, str] = {
    need: "temperature" if need in (Need.CHILLED, Need.FROZEN) else need.value for need in Need if need != "insurance"
}
"""The carriers' capability behind each need, by its name in `readings.CAPABILITIES`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Require(Action):
    """Out, unless the carrier can do all of it. Insurance is what the policy says that an account's contract covers."""

    do: ClassVar[str] = "require"
    scope: ClassVar[Scope] = Scope.ACCOUNT
    needs: tuple[Need, ...]
    min_age: int = 18

    def __post_init__(self) -> None:
        if not self.needs:
            raise Unprocessable("/needs", f"name what is needed: {', '.join(Need)}", "missing_parameter")
        if {Need.CHILLED, Need.FROZEN} <= set(self.needs):
            raise Unprocessable("/needs", "chilled and frozen at once is impossible", "impossible")
        if not 1 <= self.min_age <= 99:
            raise Unprocessable("/min_age", "min_age is from 1 to 99", "out_of_range")

    @property
    def abilities(self) -> frozenset[str]:
        """What a carrier must be able to do, by the names in `readings.CAPABILITIES`."""
        return frozenset(FEATURES[need] for need in self.needs if need in FEATURES)

    def act(self, facts: Facts) -> Done:
        """Names what is lacking."""
        able, words = facts["rate.can"], [need.value.replace("_", " ") for need in self.needs]
        lacking = [
            need.value.replace("_", " ") for need in self.needs if need in FEATURES and FEATURES[need] not in able
        ]
        if Need.INSURANCE in self.needs:
            cover, value = facts.context.market.cover.get(facts.candidate.account), facts["shipment.value"]
            if cover is None or (value is not None and cover < value):
                lacking.append("insurance" if cover is None else f"insurance beyond {_text(facts, cover)}")
        if lacking:
            return Done(f"required, but {facts.candidate.account} cannot do: {', '.join(lacking)}", out=True)
        return Done(f"required, and possible: {', '.join(words)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefer(Action):
    """Counts so much less."""

    do: ClassVar[str] = "prefer"
    scope: ClassVar[Scope] = Scope.ASKED
    minor: int

    def __post_init__(self) -> None:
        _within("minor", self.minor, 0, MAX_MINOR)

    def act(self, facts: Facts) -> Done:
        """A bonus."""
        return Done(f"preferred: counts {_text(facts, self.minor)} less", penalty=-self.minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalise(Action):
    """Counts so much more."""

    do: ClassVar[str] = "penalise"
    scope: ClassVar[Scope] = Scope.ASKED
    minor: int

    def __post_init__(self) -> None:
        _within("minor", self.minor, 0, MAX_MINOR)

    def act(self, facts: Facts) -> Done:
        """A penalty."""
        return Done(f"penalised: counts {_text(facts, self.minor)} more", penalty=self.minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxPrice(Action):
    """A limit on the price."""

    do: ClassVar[str] = "max_price"
    scope: ClassVar[Scope] = Scope.RATE
    minor: int

    def __post_init__(self) -> None:
        _within("minor", self.minor, 0, MAX_MINOR)

    def act(self, facts: Facts) -> Done:
        """Drops what is dearer."""
        price, limit = facts["rate.price"], _text(facts, self.minor)
        if price is None:
            return Done(f"{facts.candidate.rate.price} is not compared")
        if price > self.minor:
            return Done(f"{_text(facts, price)} is above the limit of {limit}", out=True)
        return Done(f"{_text(facts, price)} is within the limit of {limit}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CapShare(Action):
    """An account gets at most this share of the period's bookings."""

    do: ClassVar[str] = "cap_share"
    scope: ClassVar[Scope] = Scope.ACCOUNT
    percent: int
    period: Period = Period.DAY
    from_bookings: int = 20

    def __post_init__(self) -> None:
        _within("percent", self.percent, 1, 99)
        _within("from_bookings", self.from_bookings, 1, MAX_MINOR)

    def act(self, facts: Facts) -> Done:
        """Drops an account that would go beyond with this booking."""
        volumes, account = facts.context.volumes, facts.candidate.account
        if not volumes.known:
            return Done("bookings were not counted, so its share is not capped")
        counts = volumes.of(self.period)
        own, everybody = counts.get(account, 0) + 1, sum(counts.values()) + 1
        share = f"with this one {account} has {own} of {everybody} bookings {PERIODS[self.period]}"
        if everybody < self.from_bookings:
            return Done(f"{share}; its share is capped from {self.from_bookings} bookings on")
        if own * 100 > self.percent * everybody:
            return Done(f"{share}, more than {self.percent} %", out=True)
        return Done(f"{share}, at most {self.percent} %")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit(Action):
    """So many bookings are promised to the account: until it has them, it counts so much less."""

    do: ClassVar[str] = "commit"
    scope: ClassVar[Scope] = Scope.ACCOUNT
    bookings: int
    minor: int
    period: Period = Period.WEEK

    def __post_init__(self) -> None:
        _within("bookings", self.bookings, 1, MAX_MINOR)
        _within("minor", self.minor, 0, MAX_MINOR)

    def act(self, facts: Facts) -> Done:
        """A bonus while the commitment is open."""
        volumes, account = facts.context.volumes, facts.candidate.account
        if not volumes.known:
            return Done("bookings were not counted, so no commitment counts")
        have = volumes.of(self.period).get(account, 0)
        so_far = f"{account} has {have} of {self.bookings} committed bookings {PERIODS[self.period]}"
        if have >= self.bookings:
            return Done(f"{so_far}: the commitment is met")
        return Done(f"{so_far}: counts {_text(facts, self.minor)} less", penalty=-self.minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup(Action):
    """What the buyer sees is not what the carrier charges. Negative amounts make it cheaper for the buyer."""

    do: ClassVar[str] = "markup"
    scope: ClassVar[Scope] = Scope.RATE
    percent: int = 0
    minor: int = 0

    def __post_init__(self) -> None:
        _within("percent", self.percent, -100, 1000)
        _within("minor", self.minor, -MAX_MINOR, MAX_MINOR)
        if not self.percent and not self.minor:
            raise Unprocessable("/percent", "give percent, minor, or both", "missing_parameter")

    def act(self, facts: Facts) -> Done:
        """Adds to what the buyer sees."""
        price = facts.candidate.rate.price
        if facts["rate.price"] is None:
            return Done(f"{price} is not compared")
        more = per(self.percent, price.minor, 100) + facts.context.market.minor_in(self.minor, price.currency)
        words = "more" if more >= 0 else "less"
        return Done(f"shown to the buyer for {amount_text(abs(more), price.currency)} {words}", markup=more)


ACTIONS: Mapping[str, type[Action]] = {
    action.do: action for action in (Drop, Keep, Require, Prefer, Penalise, MaxPrice, CapShare, Commit, Markup)
}


def _within(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise Unprocessable(f"/{name}", f"{name} is from {least} to {most}", "out_of_range")


def _text(facts: Facts, minor: int) -> str:
    return facts.context.market.text(minor)
