"""The short forms of a policy written out: the same policy with rules of the full form and a score only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.domain.errors import Unprocessable
from gateway.rules.reading import built, word_of
from gateway.rules.shorthand import KINDS

Json = dict[str, Any]


def lengthened(data: Mapping[str, Any]) -> Json:
    """The data of a policy that has been accepted, without short forms; it decides the same, in the same words.

    Raises:
        Unprocessable: a short form that is none.
    """
    weights: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    rules = [rule for entry in data.get("rules") or () for rule in _written_out(entry, weights, kinds)]
    result = {name: value for name, value in data.items() if name not in ("rules", "score")}
    if data.get("score") is not None:
        result["score"] = dict(data["score"])
    elif kinds:
        result["score"] = {"price_percent": 0, **weights}
    else:
        result["score"] = {}
    return {**result, "rules": rules} if rules else result


def _written_out(entry: Mapping[str, Any], weights: Counter[str], kinds: Counter[str]) -> Iterator[Json]:
    """A rule as it is, or the one that a short form stands for, if it stands for one; its weights are counted."""
    if "kind" not in entry:
        yield dict(entry)
        return
    made, kind = word_of(entry, "kind", KINDS, "", "unknown_rule"), str(entry["kind"])
    try:
        long = built(made, entry, "", f"rule {kind}", ("kind",)).long()
    except Unprocessable as refused:
        raise Unprocessable("", str(refused), refused.code) from None
    kinds[kind] += 1
    weights.update(long.score)
    if long.then is not None:
        name = kind if kinds[kind] == 1 else f"{kind} {kinds[kind]}"
        yield {"name": name, "when": long.when, "then": long.then}
