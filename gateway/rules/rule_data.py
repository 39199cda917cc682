"""Rules, groups, scores and fallback rates read from plain data (the form is in `policy`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.domain.errors import Unprocessable
from gateway.domain.quotes import ServiceLevel
from gateway.rules.actions import ACTIONS, Action, Require
from gateway.rules.condition_data import read_condition
from gateway.rules.conditions import ALWAYS_TRUE, MOST, Condition, checks, scope_of
from gateway.rules.fields import Scope
from gateway.rules.gate import GATE
from gateway.rules.market import Market
from gateway.rules.reading import built, listed, mapping, refuse_unknown, title, word_of
from gateway.rules.rule import Group, Rule
from gateway.rules.score import PARTS, Score
from gateway.rules.shorthand import KINDS, PARAMETERS

MOST_RULES = 200
MOST_ACTIONS = 20
MOST_FALLBACKS = 50
RESERVED = frozenset({*PARTS, *GATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackRate:
    """What the buyer is shown when no offer is left. Nobody has promised it: a person arranges the delivery."""

    name: str
    minor: int
    service: ServiceLevel = ServiceLevel.STANDARD
    within_hours: int | None = None
    when: Condition = ALWAYS_TRUE

    def __post_init__(self) -> None:
        if not 0 <= self.minor <= 10**12:
            raise Unprocessable("/minor", f"minor is from 0 to {10**12}", "out_of_range")
        if self.within_hours is not None and not 0 < self.within_hours <= 10_000:
            raise Unprocessable("/within_hours", "within_hours is from 1 to 10000", "out_of_range")


class RuleReader:
    """Reads the rules of one policy: names are unique, and short forms add to the score."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._names: set[str] = set(RESERVED)
        self._kinds: Counter[str] = Counter()
        self._weights: Counter[str] = Counter()
        self._comparisons = 0

    def steps(self, data: object) -> tuple[Rule | Group, ...]:
        """The entries of `rules`, in their order. Raises Unprocessable."""
        if data is None:
            return ()
        return tuple(self._steps(listed(data, "/rules", "rules", MOST_RULES), "/rules"))

    def score(self, data: object) -> Score:
        """The weights: those of `score`, or those of the short forms. Raises Unprocessable."""
        if data is not None:
            given = mapping(data, "/score", "score")
            if self._weights:
                raise Unprocessable(
                    "/score", "short forms (cheapest, fastest) and a score exclude each other", "conflict"
                )
            return built(Score, given, "/score", "score")
        if not self._kinds:
            return Score()
        return Score(**{"price_percent": 0, **self._weights})

    def fallback(self, data: object) -> tuple[FallbackRate, ...]:
        """The rates of last resort. Raises Unprocessable."""
        if data is None:
            return ()
        return tuple(
            self._fallback(each, f"/fallback/{index}")
            for index, each in enumerate(listed(data, "/fallback", "fallback", MOST_FALLBACKS))
        )

    def _fallback(self, data: object, pointer: str) -> FallbackRate:
        given = mapping(data, pointer, "a fallback rate")
        title(given.get("name"), f"{pointer}/name")
        when = self._when(given, pointer)
        if scope_of(when) is not Scope.ASKED:
            raise Unprocessable(
                f"{pointer}/when", "there are no rates to ask about when nothing is left", "wrong_scope"
            )
        rest = {name: value for name, value in given.items() if name != "when"}
        made = built(FallbackRate, rest, pointer, "a fallback rate")
        return replace(made, when=when)

    def _steps(self, entries: Sequence[Any], pointer: str) -> Iterator[Rule | Group]:
        for index, entry in enumerate(entries):
            at = f"{pointer}/{index}"
            given = mapping(entry, at, "a rule")
            if "match" in given:
                yield self._group(given, at)
            elif "kind" in given:
                yield from self._short(given, at)
            else:
                yield self._rule(given, at)

    def _group(self, data: Mapping[str, Any], pointer: str) -> Group:
        refuse_unknown(data, ("name", "match", "rules"), pointer, "a group")
        first = word_of(data, "match", {"first": True, "all": False}, pointer, "unknown_word")
        name = self._name(data, pointer)
        entries = listed(data.get("rules"), f"{pointer}/rules", "rules", MOST_RULES)
        rules: list[Rule] = []
        for index, entry in enumerate(entries):
            at = f"{pointer}/rules/{index}"
            given = mapping(entry, at, "a rule")
            if "match" in given or "kind" in given:
                raise Unprocessable(at, "a group holds rules of the full form, no groups and no short forms", "invalid")
            rule = self._rule(given, at)
            before = [scope_of(each.when) for each in rules] if first else []
            if _requires(rule) and any(scope is not Scope.ASKED for scope in before):
                raise Unprocessable(
                    at, "a rule before it asks about rates: whether it applies is not known in time", "wrong_scope"
                )
            rules.append(rule)
        return Group(name=name, first=first, rules=tuple(rules))

    def _rule(self, data: Mapping[str, Any], pointer: str) -> Rule:
        refuse_unknown(data, ("name", "when", "then"), pointer, "a rule")
        name, when = self._name(data, pointer), self._when(data, pointer)
        given = data.get("then")
        entries = [given] if isinstance(given, Mapping) else listed(given, f"{pointer}/then", "then", MOST_ACTIONS)
        below = f"{pointer}/then" if isinstance(given, Mapping) else ""
        then = tuple(_action(entry, below or f"{pointer}/then/{index}") for index, entry in enumerate(entries))
        rule = Rule(name, when, then)
        if _requires(rule) and scope_of(when) is not Scope.ASKED:
            raise Unprocessable(
                f"{pointer}/when", "what is required is asked of carriers before there are rates", "wrong_scope"
            )
        return rule

    def _short(self, data: Mapping[str, Any], pointer: str) -> Iterator[Rule]:
        made = word_of(data, "kind", KINDS, pointer, "unknown_rule")
        kind = str(data["kind"])
        long = built(made, data, pointer, f"rule {kind}", ("kind",)).long()
        self._kinds[kind] += 1
        built(Score, long.score, pointer, f"rule {kind}")
        self._weights.update(long.score)
        if long.then is None:
            return
        name = kind if self._kinds[kind] == 1 else f"{kind} {self._kinds[kind]}"
        self._names.add(name)
        try:
            yield Rule(name, self._when({"when": long.when}, pointer), (_action(long.then, pointer),))
        except Unprocessable as refused:
            below = refused.pointer.removeprefix(pointer).lstrip("/")
            member = next((short for short, full in PARAMETERS.items() if full == below and short in data), "")
            raise Unprocessable(f"{pointer}/{member}".rstrip("/"), str(refused), refused.code) from None

    def _when(self, data: Mapping[str, Any], pointer: str) -> Condition:
        if "when" not in data:
            return ALWAYS_TRUE
        when = read_condition(data["when"], self._market, f"{pointer}/when")
        self._comparisons += len(list(checks(when)))
        if self._comparisons > MOST:
            raise Unprocessable(f"{pointer}/when", f"a policy has at most {MOST} comparisons", "out_of_range")
        return when

    def _name(self, data: Mapping[str, Any], pointer: str) -> str:
        if "name" not in data:
            raise Unprocessable(
                f"{pointer}/name", "a rule has a name, or else the kind of a short form", "missing_parameter"
            )
        name = title(data["name"], f"{pointer}/name")
        if name in self._names:
            why = "is the name of a part of every decision" if name in RESERVED else "is the name of another rule"
            raise Unprocessable(f"{pointer}/name", f"{name!r} {why}", "taken")
        self._names.add(name)
        return name


def _requires(rule: Rule) -> bool:
    return any(isinstance(action, Require) for action in rule.then)


def _action(data: object, pointer: str) -> Action:
    given = mapping(data, pointer, "an action")
    made = word_of(given, "do", ACTIONS, pointer, "unknown_action")
    return built(made, given, pointer, f"action {given['do']}", ("do",))
