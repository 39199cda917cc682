"""What is different between two versions of a policy, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from typing import Any, Literal

from gateway.rules.lengthening import lengthened
from gateway.rules.policy import Policy
from gateway.rules.rule import Group
from gateway.rules.wording import fallback_told, rule_told

What = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One of them: of what (`part`), which, and how it was told before and is now; "" where there is none."""

    what: What
    part: str
    name: str
    before: str = ""
    after: str = ""


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Between the data of two versions that have been accepted. Amounts are told in each version's own currency."""
    old, new = (Policy.parse("compared", 0, lengthened(each), stored=True) for each in (before, after))
    return [
        *_of_texts("money and time", _settings(old), _settings(new)),
        *_of_texts("weight", _weights(old), _weights(new)),
        *_of_texts("rule", _rules(old), _rules(new)),
        *_of_texts("fallback", _fallback(old), _fallback(new)),
    ]


def _of_texts(part: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Difference]:
    """By name. What is told the same but comes elsewhere among those that are in both has moved."""
    kept = [name for name in old if name in new]
    moved = set(_moved(kept, [name for name in new if name in old])) if part in ("rule", "fallback") else set()
    for name, text in new.items():
        if name not in old:
            yield Difference(what="added", part=part, name=name, after=text)
        elif old[name] != text:
            yield Difference(what="changed", part=part, name=name, before=old[name], after=text)
        elif name in moved:
            yield Difference(what="moved", part=part, name=name, before=text, after=text)
    for name, text in old.items():
        if name not in new:
            yield Difference(what="removed", part=part, name=name, before=text)


def _moved(old: list[str], new: list[str]) -> list[str]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    stayed = {old[at] for first, _, size in matcher.get_matching_blocks() for at in range(first, first + size)}
    return [name for name in new if name not in stayed]


def _settings(policy: Policy) -> Mapping[str, str]:
    market = policy.market
    return {
        "currency": market.currency,
        "time zone": str(policy.timezone or "of the origin"),
        **{f"1 {code}": f"{each.rate} {market.currency}, by {each.source}" for code, each in market.exchange.items()},
        **{f"cover of {account}": market.text(minor) for account, minor in market.cover.items()},
    }


def _weights(policy: Policy) -> Mapping[str, str]:
    """Those that are not 0: that one counts at all is news."""
    found = {each.name: int(getattr(policy.score, each.name)) for each in fields(policy.score)}
    return {
        name: policy.market.text(value) if name.endswith("_minor") else f"{value}{_unit(name)}"
        for name, value in found.items()
        if value
    }


def _unit(name: str) -> str:
    return " %" if name.endswith("percent") else " g"


def _rules(policy: Policy) -> Mapping[str, str]:
    """Sentences by name, those of groups too."""
    found: dict[str, str] = {}
    for step in policy.steps:
        for rule in step.rules if isinstance(step, Group) else (step,):
            found[rule.name] = rule_told(rule, policy.market)
            if isinstance(step, Group):
                found[rule.name] += f" ({'The first that applies' if step.first else 'All that apply'} of {step.name}.)"
    return found


def _fallback(policy: Policy) -> Mapping[str, str]:
    return {rate.name: fallback_told(rate, policy.market) for rate in policy.fallback}
