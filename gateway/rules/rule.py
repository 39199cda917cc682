"""A rule: under a condition, it does something to a candidate. A group: of its rules the first that applies, or all.

For every candidate a rule says one sentence, applied or not: "preferred: counts 5.00 USD less, because account is van".
A dropped candidate is still judged by the rules that follow, so that a person sees all that speaks against it; only in
a group that is "first" are those after the first that applied not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gateway.rules.actions import Action, Drop
from gateway.rules.conditions import Condition, reason, scope_of
from gateway.rules.fields import Facts, Scope
from gateway.rules.verdicts import Said, drops, passes, ranks, stands_aside


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Its `scope` says for whom a sentence is the same: it is judged once for them."""

    name: str
    when: Condition
    then: tuple[Action, ...]
    scope: Scope = field(init=False)

    def __post_init__(self) -> None:
        scope = max(scope_of(self.when), *(action.scope for action in self.then))
        object.__setattr__(self, "scope", scope)

    def judge(self, facts: Facts) -> Said:
        """This rule's word on one candidate."""
        if not self.when.test(facts):
            return Said(stands_aside(self.name, f"does not apply: {reason(self.when, facts)}"))
        done = [action.act(facts) for action in self.then]
        because = reason(self.when, facts)
        why = "; ".join(each.why for each in done) + (f", because {because}" if because else "")
        markup = sum(each.markup for each in done)
        if any(each.out for each in done):
            return Said(drops(self.name, why), markup=markup)
        penalty = sum(each.penalty for each in done)
        if any(each.penalty for each in done):
            return Said(ranks(self.name, penalty, why), markup=markup)
        return Said(passes(self.name, why), markup=markup)

    @property
    def drops(self) -> bool:
        """Whether it drops whatever it applies to."""
        return any(isinstance(action, Drop) for action in self.then)


@dataclass(frozen=True, slots=True)
class Group:
    """Rules of which, for each candidate, only the `first` that applies does anything, or all do."""

    name: str
    first: bool
    rules: tuple[Rule, ...]


def placed(steps: Sequence[Rule | Group]) -> Iterator[tuple[str, Rule]]:
    """All rules in order, those of groups too, with JSON pointers to them."""
    for index, step in enumerate(steps):
        if isinstance(step, Rule):
            yield f"/rules/{index}", step
        else:
            yield from ((f"/rules/{index}/rules/{place}", rule) for place, rule in enumerate(step.rules))
