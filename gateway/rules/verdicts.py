"""How rules speak: one verdict per candidate, with a sentence that a person can read.

The same words are said of many candidates, so the verdicts without a number are kept and shared.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from gateway.domain.quotes import Effect, Verdict


class Said(NamedTuple):
    """A rule's verdict, and what it adds to the price that the buyer sees, in minor units of the rate's currency."""

    verdict: Verdict
    markup: int = 0


def ranks(rule: str, penalty: int, why: str) -> Verdict:
    """It counts for or against the candidate, in minor units of the policy's currency."""
    return Verdict(rule=rule, effect=Effect.RANK, penalty=penalty, why=why)


@lru_cache(maxsize=4096)
def drops(rule: str, why: str) -> Verdict:
    """The candidate is out."""
    return Verdict(rule=rule, effect=Effect.DROP, penalty=None, why=why)


@lru_cache(maxsize=4096)
def passes(rule: str, why: str) -> Verdict:
    """It has nothing against the candidate."""
    return Verdict(rule=rule, effect=Effect.PASS, penalty=0, why=why)


@lru_cache(maxsize=4096)
def stands_aside(rule: str, why: str) -> Verdict:
    """The rule does not apply to the candidate."""
    return Verdict(rule=rule, effect=Effect.PASS, penalty=0, why=why, applied=False)
