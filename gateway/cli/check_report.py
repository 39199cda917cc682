"""What the conformance kit found, for somebody who writes a first carrier: by check, with what to do about each."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby

from carriers.base.conformance.checks import CHECKS
from carriers.base.conformance.suite import Failure

# A check can fail a thousand times for one reason: the first few cases of the first few checks show it.
CASES_SHOWN, CHECKS_SHOWN = 3, 3


@cache
def hints() -> Mapping[str, str]:
    """What to do about each check."""
    text = files("gateway.cli").joinpath("check_hints.csv").read_text("utf-8")
    return {row["check"]: row["what_to_do"] for row in csv.DictReader(text.splitlines())}


def told(code: str, failures: Sequence[Failure], *, all_of_it: bool = False) -> Iterator[str]:
    """The report, line by line: in the order of the kit, which begins with what the rest depends on."""
    if not failures:
        yield f"{code}: all checks pass"
        return
    groups = [(name, list(group)) for name, group in groupby(failures, key=lambda failure: failure.check)]
    shown = len(groups) if all_of_it else CHECKS_SHOWN
    for name, group in groups[:shown]:
        yield from _explained(name, group, len(group) if all_of_it else CASES_SHOWN)
    rest = ", ".join(name for name, _ in groups[shown:])
    if rest:
        yield f"Further down (--all shows them): {rest}"
        yield ""
    number = f"{len(groups)} check{'s fail' if len(groups) > 1 else ' fails'} of {len(CHECKS)}"
    yield f"{code}: {number}. Start at the top: what comes later often follows from it."


def _explained(name: str, failures: Sequence[Failure], shown: int) -> Iterator[str]:
    asks = {check.name: check.asks for check in CHECKS}
    yield f"{name}: {asks.get(name, 'The carrier can be imported.')}"
    # One of each case before the second of any: the cases differ more than what is wrong with one of them.
    first = {failure.case: failure for failure in reversed(failures)}
    varied = [*reversed(first.values()), *(each for each in failures if first[each.case] is not each)]
    for failure in varied[:shown]:
        yield f"    {f'[{failure.case}] ' if failure.case else ''}{failure.message}"
    if len(failures) > shown:
        yield f"    … and {len(failures) - shown} more"
    yield f"  → {hints()[name]}"
    yield ""
