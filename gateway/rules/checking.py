"""Everything that is wrong with the data of a policy, where saving it tells the first fault only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.domain.errors import Unprocessable
from gateway.rules.market import Market
from gateway.rules.policy import Policy
from gateway.rules.reading import market as market_of
from gateway.rules.rule import Group, Rule
from gateway.rules.rule_data import FallbackRate, RuleReader

Fault = tuple[str, str]
"""A JSON pointer into the data, and what is wrong there."""


class Checked:
    """What can be read of data that may be wrong: its `faults`, and its rules and rates of last resort, None where one
    cannot be read. Nothing can be while the `market` cannot: amounts mean nothing without a currency.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.faults: list[Fault] = []
        self.rules: list[Rule | Group | None] = []
        self.fallback: list[FallbackRate | None] = []
        self.market = Market()
        try:
            self.market = market_of(data)
        except Unprocessable as refused:
            self.faults.append((refused.pointer, str(refused)))
            return
        reader = RuleReader(self.market)
        self.rules = [self._rule(reader, each, at) for at, each in enumerate(_of(data, "rules"))]
        self.fallback = [self._fallback(reader, each, at) for at, each in enumerate(_of(data, "fallback"))]
        self.faults += list(_fault(_without_rules(data))) or ([] if self.faults else list(_fault(data)))

    def _rule(self, reader: RuleReader, entry: object, at: int) -> Rule | Group | None:
        try:
            (step,) = reader.steps([entry])
        except Unprocessable as refused:
            self.faults.append((_moved(refused.pointer, "rules", at), str(refused)))
            return None
        return step

    def _fallback(self, reader: RuleReader, entry: object, at: int) -> FallbackRate | None:
        try:
            (rate,) = reader.fallback([entry])
        except Unprocessable as refused:
            self.faults.append((_moved(refused.pointer, "fallback", at), str(refused)))
            return None
        return rate


def _of(data: Mapping[str, Any], part: str) -> Sequence[object]:
    found = data.get(part)
    return found if isinstance(found, list) else ()


def _moved(pointer: str, part: str, at: int) -> str:
    return f"/{part}/{at}" + pointer.removeprefix(f"/{part}/0")


def _fault(data: Mapping[str, Any]) -> Iterator[Fault]:
    """What saving it would tell."""
    try:
        Policy.parse("checked", 0, data)
    except Unprocessable as refused:
        yield refused.pointer, str(refused)


def _without_rules(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The rest of it, whose faults are told beside those of rules."""
    return {"score": {}, **{name: value for name, value in data.items() if name not in ("rules", "fallback")}}
