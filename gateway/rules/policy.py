"""A policy: a named, versioned set of weights and rules that puts candidates in order and says why.

As data (TOML in `config/policies.toml`, JSON in the API and in the database); only `currency`, and one of `score` and
`rules`, are needed:

    currency = "USD"                  # all `minor` amounts are its minor units
    timezone = "Europe/Oslo"          # of now.* and ready.*; left out: the origin's, as far as it is known

    [exchange.NOK]                    # 1 NOK in that currency, and who says so
    rate = "0.0990"
    source = "Norges Bank, 2 March 2026"

    [cover]                           # up to which value an account's contract insures the goods
    bring-oslo = 50000

    [score]                           # weights, see `score`; left out: the price alone
    price_percent = 100
    value_per_hour_minor = 20
    without_promise_minor = 1500

    [[rules]]                         # in order; names are unique
    name = "no crowd for fragile goods"
    when = {all = [...]}              # see `conditions`; left out: always
    then = {do = "drop"}              # one action or a list of them, see `actions`

    [[rules]]                         # a group: per candidate the first rule that applies, or all of them
    name = "peak surcharge"
    match = "first"
    rules = [{name = ..., when = ..., then = ...}, ...]

    [[rules]]                         # a short form, see `shorthand`
    kind = "max_price"
    limit_minor = 2500

    [[fallback]]                      # shown when no offer is left: the first whose `when` holds
    name = "Standard delivery"
    minor = 990
    within_hours = 72

How a decision is made: every candidate is judged by the gate (`gate`), then by each part of the score, then by each
rule in order. One drop and it is out, whoever else prefers it. The score of the others is the sum of all penalties. The
lowest wins; of equal ones the lower price, then the earlier promise, then the names (account, the carrier's service,
account id, carrier's quote id, price as text). All sums are integers. Prices are compared in the policy's currency; a
policy that states no amount, only percentages, compares those of another one that all candidates share in that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.domain.errors import Unprocessable
from gateway.domain.quotes import Verdict
from gateway.domain.shipments import Shipment
from gateway.domain.values import Money
from gateway.rules.actions import CapShare, Commit
from gateway.rules.amounts import states_no_amount
from gateway.rules.candidate import Candidate
from gateway.rules.conditions import checks
from gateway.rules.context import Context
from gateway.rules.fields import Facts, asked_facts
from gateway.rules.judging import Judge
from gateway.rules.market import Market
from gateway.rules.naming import refuse_ranges
from gateway.rules.reading import market as market_of
from gateway.rules.reading import refuse_unknown
from gateway.rules.requiring import required
from gateway.rules.rule import Group, Rule
from gateway.rules.rule_data import FallbackRate, RuleReader
from gateway.rules.score import Score
from gateway.rules.soundness import refuse_contradictions, refuse_idle
from gateway.rules.turning import turn_after

__all__ = ["Candidate", "Context", "Judged", "Policy"]

MEMBERS = ("currency", "timezone", "exchange", "cover", "score", "rules", "fallback")
NEVER = datetime.max.replace(tzinfo=UTC)
_Word = tuple[Candidate, int | None, tuple[Verdict, ...], int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A candidate with every verdict. `rank` 1 is best; rank and score are None when it is dropped.

    `shown_minor` is what the buyer sees, in the rate's currency; None where no rule marks the price up.
    """

    candidate: Candidate
    rank: int | None
    score: int | None
    verdicts: tuple[Verdict, ...]
    shown_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Which weights and rules decide, in which currency. Version 0 is the one that is shipped."""

    name: str
    version: int
    market: Market
    score: Score = field(default_factory=Score)
    steps: tuple[Rule | Group, ...] = ()
    fallback: tuple[FallbackRate, ...] = ()
    timezone: tzinfo | None = None
    any_currency: bool = False

    @classmethod
    def parse(cls, name: str, version: int, data: Mapping[str, Any], *, stored: bool = False) -> Self:
        """A policy from plain data. What is `stored` has been accepted once: it may contradict itself.

        Raises:
            Unprocessable: with a JSON pointer into `data` at what is unknown, missing, wrong or contradicts itself.
        """
        refuse_unknown(data, MEMBERS, "", "policy")
        money = market_of(data)
        if data.get("rules") is None and data.get("score") is None:
            raise Unprocessable("/rules", "a policy has rules, a score or both", "missing_parameter")
        reader = RuleReader(money)
        steps = reader.steps(data.get("rules"))
        score, fallback = reader.score(data.get("score")), reader.fallback(data.get("fallback"))
        if not stored:
            refuse_ranges(data)
            refuse_contradictions(steps, money.cover)
            refuse_idle([each.when for each in fallback])
        zone = _timezone(data.get("timezone"))
        return cls(
            name=name,
            version=version,
            market=money,
            score=score,
            steps=steps,
            fallback=fallback,
            timezone=zone,
            any_currency=not money.cover and states_no_amount(score, steps),
        )

    @property
    def currency(self) -> str:
        """The one of its amounts, in which it compares."""
        return self.market.currency

    def compared_in(self, candidates: Sequence[Candidate]) -> Market:
        """The market of a decision: the policy's, unless it can do without and they share another currency."""
        if self.any_currency:
            shared = {candidate.rate.price.currency for candidate in candidates}
            if len(shared) == 1 and shared.isdisjoint((self.currency, *self.market.exchange)):
                return Market(currency=shared.pop())
        return self.market

    def money(self, minor: int) -> Money:
        """An amount of its currency."""
        return Money.from_minor(minor, self.currency)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules in order, those of groups too."""
        return tuple(rule for step in self.steps for rule in (step.rules if isinstance(step, Group) else (step,)))

    @property
    def counts_bookings(self) -> bool:
        """Whether it needs the context's volumes."""
        return any(isinstance(action, CapShare | Commit) for rule in self.rules for action in rule.then)

    def requires(self, context: Context) -> Shipment:
        """The shipment as carriers must be asked for it: with what the rules require of its handover."""
        return required(self.steps, self._within(context, self.market))

    def decide(self, candidates: Sequence[Candidate], context: Context) -> tuple[Judged, ...]:
        """Every candidate judged by everything: the ranked ones best first, then the dropped ones.

        The order in which candidates come does not matter.
        """
        market = self.compared_in(candidates)
        prices = [market.minor(candidate.rate.price) for candidate in candidates]
        known = tuple(sorted(price for price in prices if price is not None))
        within = self._within(context, replace(market, prices=known))
        judge, asked = Judge(self.score, self.steps), asked_facts(within)
        found: list[tuple[tuple[object, ...], _Word]] = []
        for candidate, price in zip(candidates, prices, strict=True):
            facts = Facts(within, candidate, asked)
            facts["rate.price"] = price
            verdicts, markup = judge.all_said(facts)
            score = _sum(verdicts)
            shown = None if markup is None or price is None else max(candidate.rate.price.minor + markup, 0)
            found.append((_order(candidate, score, price), (candidate, score, verdicts, shown)))
        found.sort(key=lambda each: each[0])
        return tuple(
            Judged(
                candidate=candidate,
                rank=None if score is None else place,
                score=score,
                verdicts=verdicts,
                shown_minor=shown,
            )
            for place, (_, (candidate, score, verdicts, shown)) in enumerate(found, 1)
        )

    def turns_at(self, now: datetime, zone: tzinfo | None) -> datetime | None:
        """When it may decide otherwise by the clock alone; None where it never does. `zone` is the origin's."""
        whens = [rule.when for rule in self.rules] + [each.when for each in self.fallback]
        local = now.astimezone(self.timezone or zone or UTC)
        return turn_after((check for when in whens for check in checks(when)), local)

    def last_resort(self, context: Context) -> FallbackRate | None:
        """What to show when nothing is left; None where the policy has nothing for it."""
        within = self._within(context, self.market)
        return next((each for each in self.fallback if each.when.test(asked_facts(within))), None)

    def _within(self, context: Context, market: Market) -> Context:
        return replace(context, market=market, timezone=self.timezone or context.timezone)


def _sum(verdicts: tuple[Verdict, ...]) -> int | None:
    """The score; None when a verdict drops."""
    score = 0
    for verdict in verdicts:
        if verdict.penalty is None:
            return None
        score += verdict.penalty
    return score


def _order(candidate: Candidate, score: int | None, price: int | None) -> tuple[object, ...]:
    """Sort key: dropped ones last, nothing left to chance."""
    rate = candidate.rate
    return (
        score is None,
        score or 0,
        price or 0,
        rate.deliver_by or NEVER,
        candidate.account,
        rate.carrier_service,
        candidate.account_id,
        rate.carrier_quote_id,
        str(rate.price),
    )


def _timezone(name: object) -> tzinfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Unprocessable("/timezone", f'{name!r} is no IANA time zone such as "Europe/Oslo"', "invalid") from None
