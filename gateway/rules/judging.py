"""One decision: gate, score and rules over its candidates, each sentence made once for all whom it concerns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.domain.quotes import ServiceLevel, Verdict
from gateway.rules.fields import Facts, Scope
from gateway.rules.gate import ACCOUNT_GATE, one_currency
from gateway.rules.rule import Group, Rule
from gateway.rules.score import Score
from gateway.rules.verdicts import Said, stands_aside


class Judge:
    """Judges the candidates of one decision, one after the other."""

    def __init__(self, score: Score, steps: Sequence[Rule | Group]) -> None:
        self._parts = score.parts()
        self._steps = steps
        self._gate: dict[object, tuple[Verdict, ...]] = {}
        self._said: dict[object, Said] = {}

    def all_said(self, facts: Facts) -> tuple[tuple[Verdict, ...], int | None]:
        """Every verdict on a candidate, and by how much the price for the buyer differs; None where no rule says."""
        verdicts = [*self._at_the_gate(facts), *[part(facts) for part in self._parts]]
        markup: int | None = None
        for step in self._steps:
            for said in (self._rule(step, facts),) if isinstance(step, Rule) else self._group(step, facts):
                verdicts.append(said.verdict)
                if said.markup:
                    markup = (markup or 0) + said.markup
        return tuple(verdicts), markup

    def _at_the_gate(self, facts: Facts) -> tuple[Verdict, ...]:
        candidate = facts.candidate
        key = candidate.account_id, candidate.rate.service is ServiceLevel.SERVICE_POINT
        of_account = self._gate.get(key)
        if of_account is None:
            of_account = self._gate[key] = tuple(judge(facts) for judge in ACCOUNT_GATE)
        return (one_currency(facts), *of_account)

    def _group(self, group: Group, facts: Facts) -> Iterator[Said]:
        winner = ""
        for rule in group.rules:
            if winner:
                yield Said(stands_aside(rule.name, f"not looked at: {winner} applied before"))
                continue
            said = self._rule(rule, facts)
            if said.verdict.applied and group.first:
                winner = rule.name
            yield said

    def _rule(self, rule: Rule, facts: Facts) -> Said:
        if rule.scope is Scope.RATE:
            return rule.judge(facts)
        key = (rule.name, facts.candidate.account_id if rule.scope is Scope.ACCOUNT else None)
        said = self._said.get(key)
        if said is None:
            said = self._said[key] = rule.judge(facts)
        return said
