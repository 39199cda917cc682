"""What a policy can say, for the page that tells it: from the tables that read policies, so that it cannot be wrong."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from gateway.rules.actions import ACTIONS
from gateway.rules.fields import FIELDS, Scope
from gateway.rules.operators import OPERATORS
from gateway.rules.quantities import KINDS
from gateway.rules.score import Score

TAKES = {"none": "none", "one": "one", "many": "a list, or one", "two": "a list of the least and the most"}
FAMILIES = {"ordered": "numbers and times", "text": "texts and words", "flag": "flags", "set": "sets"}
SCOPES = {
    Scope.ASKED: "What is asked: the same for all offers",
    Scope.ACCOUNT: "The account",
    Scope.RATE: "The rate",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A policy from life."""

    code: str
    title: str
    story: str
    text: str


@cache
def policy_examples() -> Sequence[Example]:
    """The policies of `config/policy_examples.toml`, as JSON to copy."""
    text = files("gateway.config").joinpath("policy_examples.toml").read_text("utf-8")
    return tuple(
        Example(
            code=code,
            title=found["title"],
            story=found["story"],
            text=json.dumps({"data": found["policy"]}, indent=2, ensure_ascii=False),
        )
        for code, found in tomllib.loads(text).items()
    )


@cache
def vocabulary() -> Mapping[str, Any]:
    """Fields by whose they are, operators, units, actions and weights."""
    return {
        "fields": [(what, [each for each in FIELDS.values() if each.scope is scope]) for scope, what in SCOPES.items()],
        "operators": [
            (each.name, TAKES[each.takes], ", ".join(FAMILIES[family] for family in each.families))
            for each in OPERATORS.values()
        ],
        "units": [(kind.name, tuple(kind.units)) for kind in KINDS.values() if kind.units],
        "actions": [
            (name, tuple(field.name for field in fields(action)), (action.__doc__ or "").split("\n", 1)[0])
            for name, action in ACTIONS.items()
        ],
        "weights": [(each.name, each.default) for each in fields(Score)],
    }
