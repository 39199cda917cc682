"""A policy: a named, versioned list of rules that puts candidates in order and says why.

As data (TOML in `config/policies.toml`, JSON in the API and in the database):

    currency = "USD"                  # penalties are its minor units, so that rules add up

    [exchange.NOK]                    # optional: 1 NOK in that currency, and who says so
    rate = "0.0990"
    source = "Norges Bank, 2 March 2026"

    [[rules]]
    kind = "fastest"                  # the rest are the fields of the rule's class
    value_per_hour_minor = 20
    without_promise_minor = 1500
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self, get_type_hints

from gateway.domain.codec import from_json, to_json
from gateway.domain.errors import InvalidValue, Unprocessable
from gateway.domain.quotes import Verdict
from gateway.domain.values import Money, currency_exponents
from gateway.rules import ALWAYS, RULES
from gateway.rules.candidate import Candidate
from gateway.rules.rule import Context, ExchangeRate, Market, Rule

__all__ = ["Candidate", "Context", "Judged", "Policy"]

KINDS: Mapping[str, type[Rule]] = {rule.kind: rule for rule in RULES}
RATE = re.compile(r"[0-9]{1,7}(\.[0-9]{1,12})?")
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A candidate with every rule's verdict. `rank` 1 is best; rank and score are None when it is dropped."""

    candidate: Candidate
    rank: int | None
    score: int | None
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Which rules decide, in which currency. Version 0 is the one that is shipped."""

    name: str
    version: int
    currency: str
    rules: tuple[Rule, ...]
    exchange: Mapping[str, ExchangeRate] = dataclasses.field(default_factory=dict)

    @classmethod
    def parse(cls, name: str, version: int, data: Mapping[str, object]) -> Self:
        """A policy from plain data.

        Raises:
            Unprocessable: with a JSON pointer into `data` at what is unknown, missing or wrong.
        """
        _refuse_unknown(data, ("currency", "exchange", "rules"), "", "policy")
        currency = _currency(data.get("currency"), "/currency")
        rules = data.get("rules")
        if not isinstance(rules, list | tuple) or not rules:
            raise Unprocessable("/rules", "a policy has a list of rules, at least one", "missing_parameter")
        return cls(
            name=name,
            version=version,
            currency=currency,
            rules=tuple(_rule(rule, f"/rules/{index}") for index, rule in enumerate(rules)),
            exchange=_exchange(data.get("exchange", {}), currency),
        )

    def as_data(self) -> dict[str, Any]:
        """The plain data of which `parse` makes this policy again."""
        return {
            "currency": self.currency,
            "exchange": {code: to_json(rate) for code, rate in self.exchange.items()},
            "rules": [{"kind": rule.kind, **to_json(rule)} for rule in self.rules],
        }

    def decide(self, candidates: Sequence[Candidate], context: Context) -> tuple[Judged, ...]:
        """Every candidate judged by every rule: the ranked ones best first, then the dropped ones.

        The lowest sum of penalties wins; of equal sums the lower price, then the earlier promise, then the
        account's name. The order in which candidates come does not matter.
        """
        market = Market(currency=self.currency, exchange=self.exchange)
        worths = [market.worth(candidate.rate.price) for candidate in candidates]
        market = replace(market, prices=_ascending(worths))
        context = replace(context, market=market)
        judged = sorted((self._judge(candidate, context) for candidate in candidates), key=_order(market))
        return tuple(replace(one, rank=place) if one.score is not None else one for place, one in enumerate(judged, 1))

    def _judge(self, candidate: Candidate, context: Context) -> Judged:
        verdicts = tuple(rule.judge(candidate, context) for rule in (*ALWAYS, *self.rules))
        penalties = [verdict.penalty for verdict in verdicts if verdict.penalty is not None]
        score = sum(penalties) if len(penalties) == len(verdicts) else None
        return Judged(candidate=candidate, rank=None, score=score, verdicts=verdicts)


def _ascending(worths: Iterable[Money | None]) -> tuple[Money, ...]:
    return tuple(sorted((worth for worth in worths if worth is not None), key=lambda worth: worth.amount))


def _order(market: Market) -> Callable[[Judged], tuple[object, ...]]:
    """Sort key of judged candidates: dropped ones last, nothing left to chance."""

    def key(judged: Judged) -> tuple[object, ...]:
        candidate, rate = judged.candidate, judged.candidate.rate
        worth = market.worth(rate.price)
        return (
            judged.score is None,
            judged.score or 0,
            worth.minor if worth else 0,
            rate.deliver_by or NEVER,
            candidate.account,
            rate.carrier_service,
            candidate.account_id,
            rate.carrier_quote_id,
            str(rate.price),
        )

    return key


def _parameters(rule: type[Rule]) -> Mapping[str, tuple[Any, bool]]:
    """Parameters of a rule by name: their type, and whether they must be given."""
    hints = get_type_hints(rule)
    return {field.name: (hints[field.name], field.default is dataclasses.MISSING) for field in dataclasses.fields(rule)}


def _rule(data: object, pointer: str) -> Rule:
    if not isinstance(data, Mapping):
        raise Unprocessable(pointer, "a rule is an object with a kind")
    rule = KINDS.get(str(data.get("kind")))
    if rule is None:
        raise Unprocessable(
            f"{pointer}/kind", f"no rule {data.get('kind')!r}; there are {', '.join(KINDS)}", "unknown_rule"
        )
    parameters = _parameters(rule)
    _refuse_unknown(data, ("kind", *parameters), pointer, f"rule {rule.kind}")
    for name, (_, required) in parameters.items():
        if required and name not in data:
            raise Unprocessable(f"{pointer}/{name}", f"{rule.kind} needs {name}", "missing_parameter")
    given = {
        name: _value(hint, data[name], f"{pointer}/{name}") for name, (hint, _) in parameters.items() if name in data
    }
    try:
        return rule(**given)
    except Unprocessable as refused:
        raise Unprocessable(pointer + refused.pointer, str(refused), refused.code) from None


def _value(hint: Any, data: object, pointer: str) -> Any:
    try:
        return from_json(hint, data, pointer.rpartition("/")[2])
    except InvalidValue as error:
        raise Unprocessable(pointer, str(error)) from None


def _refuse_unknown(data: Mapping[str, object], known: Sequence[str], pointer: str, owner: str) -> None:
    for name in data:
        if name not in known:
            escaped = str(name).replace("~", "~0").replace("/", "~1")
            raise Unprocessable(
                f"{pointer}/{escaped}",
                f"{owner} has no {name!r}; it has {', '.join(known)}",
                "unknown_parameter",
            )


def _currency(code: object, pointer: str) -> str:
    if not isinstance(code, str) or code not in currency_exponents():
        raise Unprocessable(pointer, f"{code!r} is not an ISO 4217 currency", "unknown_currency")
    return code


def _exchange(data: object, currency: str) -> Mapping[str, ExchangeRate]:
    if not isinstance(data, Mapping):
        raise Unprocessable("/exchange", "exchange has one object per currency")
    result = {}
    for code, entry in data.items():
        pointer = f"/exchange/{code}"
        if _currency(code, pointer) == currency:
            raise Unprocessable(pointer, f"{currency} is the policy's own currency")
        result[code] = _exchange_rate(entry, pointer)
    return result


def _exchange_rate(data: object, pointer: str) -> ExchangeRate:
    if not isinstance(data, Mapping):
        raise Unprocessable(pointer, "an exchange rate is an object with rate and source")
    _refuse_unknown(data, ("rate", "source"), pointer, "an exchange rate")
    rate, source = data.get("rate"), data.get("source")
    if not isinstance(source, str) or not source:
        raise Unprocessable(f"{pointer}/source", "say where the rate comes from", "missing_parameter")
    if not isinstance(rate, str) or not RATE.fullmatch(rate) or not Decimal(rate):
        raise Unprocessable(f"{pointer}/rate", f'{rate!r} is not a rate: a decimal in quotes, such as "0.099"')
    return ExchangeRate(rate=Decimal(rate), source=source)
