"""A backtest as a page for people: one HTML file that needs no network and no scripts, and as a few lines of text.

It is made of the result alone (see `services.backtests`), so it needs none of the libraries that computed it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, Template

from gateway.engines.replay.amounts import MEASURES, TITLES, Json, amount, count, per_cent, share, signed
from gateway.engines.replay.drawn import accounts_drawn, differences_drawn, weeks_drawn

LESS: Mapping[str, tuple[str, str]] = {
    "cost": ("less", "more"),
    "promise_s": ("faster", "slower"),
    "late": ("fewer", "more"),
    "co2e": ("less", "more"),
}
MOST_ZONES, SHOWN_AT_ONCE = 30, 5
NO_NAME = "nobody"


def page(result: Json) -> str:
    """The report."""
    return _template().render(
        result=result,
        headline=_headline(result),
        notes=list(_notes(result)),
        cards=[_card(result, measure) for measure in MEASURES],
        interval=differences_drawn(result),
        accounts=accounts_drawn(result),
        weeks=weeks_drawn(result),
        zones=[_zone(result, each) for each in result["zones"][:MOST_ZONES]],
        more_zones=max(len(result["zones"]) - MOST_ZONES, 0),
        flows=[_flow(result, each) for each in result["flows"]],
        changes=_changes(result["changes"]),
        count=count,
        days=_days(result),
        shown_at_once=SHOWN_AT_ONCE,
        subject=_subject(result),
        against="what was booked" if result["against"] == "booked" else result["against"],
    )


def summary(result: Json) -> Iterator[str]:
    """What came of it, in sentences."""
    n = result["shipments"]
    yield _moved(result)
    if not n:
        return
    for measure in MEASURES:
        told = result["measures"][measure]
        if told["n"]:
            yield f"{TITLES[measure]}: {_compared(result, measure)} ({_known(told['n'], n)})."
        else:
            yield f"{TITLES[measure]}: not known for any of these shipments."
    yield from _notes(result)


def _moved(result: Json) -> str:
    n, changed = result["shipments"], result["changed"]
    if not n:
        return "There are no booked shipments with stored offers in this period: nothing could be replayed."
    went = "would have gone with another carrier or service"
    return f"{count(changed)} of {count(n)} shipments ({share(changed, n)}) {went}."


def _headline(result: Json) -> str:
    """What to remember: how many move, and what that does to money and time."""
    told = [_by(result, each) for each in ("cost", "promise_s") if result["measures"][each]["difference"]]
    if not (result["shipments"] and told):
        return _moved(result)
    return f"{_moved(result)[:-1]}: {' and '.join(told)}."


def _notes(result: Json) -> Iterator[str]:
    """What is left out of the figures."""
    if result["nobody_now"]:
        yield f"For {count(result['nobody_now'])} of them no offer would have been left."
    if result["without_offers"]:
        yield f"{count(result['without_offers'])} more were booked, but their offers are not kept (any more)."


def _known(n: int, of: int) -> str:
    return f"n = {count(n)}" if n == of else f"n = {count(n)} of {count(of)}"


def _compared(result: Json, measure: str) -> str:
    told, currency = result["measures"][measure], result["currency"]
    now, then = (amount(measure, told[side], currency) for side in ("now", "then"))
    if not told["difference"]:
        return f"{now}, the same as before"
    return f"{now} instead of {then}, {_by(result, measure)}"


def _by(result: Json, measure: str) -> str:
    """The difference in words, with its interval."""
    told = result["measures"][measure]
    word = LESS[measure][0 if told["difference"] < 0 else 1]
    size = amount(measure, abs(told["difference"]), result["currency"])
    if measure == "late":
        size = size.replace(" %", " percentage points")
    share = per_cent(told, "difference")
    shared = f" ({abs(share):.1f} %)" if share is not None and measure != "late" else ""
    return f"{size}{shared} {word}"


def _card(result: Json, measure: str) -> Json:
    told, currency = result["measures"][measure], result["currency"]
    if not told["n"]:
        return {"title": TITLES[measure], "n": 0}
    sure = "too few days to say how sure this is"
    if told["low"] is not None:
        low, high = (signed(measure, told[end], currency) for end in ("low", "high"))
        sure = f"95 % interval of the difference: {low} to {high}"
        if told["low"] <= 0 <= told["high"] and told["difference"]:
            sure += "; it may be chance"
    difference = told["difference"]
    return {
        "title": TITLES[measure],
        "n": _known(told["n"], result["shipments"]),
        "now": amount(measure, told["now"], currency),
        "then": amount(measure, told["then"], currency),
        "by": _by(result, measure) if difference else "no difference",
        "tone": "good" if difference < 0 else "bad" if difference > 0 else "same",
        "sure": sure,
        "kind": "in total" if measure in ("cost", "co2e") else "on average",
    }


def _zone(result: Json, each: Json) -> Json:
    cells: list[str] = []
    for measure in MEASURES:
        told = each[measure]
        if not told["n"]:
            cells.append("not known")
            continue
        # totals of zones are told per shipment, so that large and small ones can be compared
        scale = told["n"] if measure in ("cost", "co2e") else 1
        then, now = (amount(measure, told[side] / scale, result["currency"]) for side in ("then", "now"))
        number, _, unit = then.partition(" ")
        cells.append(then if then == now else f"{number if now.endswith(unit) else then} \u2192 {now}")
    name = each["zone"] or "in no zone"
    return {"name": name, "n": count(each["n"]), "changed": share(each["changed"], each["n"]), "cells": cells}


def _flow(result: Json, each: Json) -> Json:
    cost = each["cost"]
    more = None if not cost["n"] else cost["now"] - cost["then"]
    return {
        "then": each["then_account"] or NO_NAME,
        "now": each["now_account"] or NO_NAME,
        "n": count(each["n"]),
        "more": "not known" if more is None else signed("cost", more, result["currency"]),
    }


def _changes(changes: Sequence[Json]) -> Sequence[tuple[str, Sequence[Json]]]:
    """In groups: those that save most, those that cost most more, and the others."""
    saved = [each for each in changes if (each["more_minor"] or 0) < 0]
    dearer = [each for each in reversed(changes) if (each["more_minor"] or 0) > 0]
    others = [each for each in changes if not each["more_minor"]]
    groups = (("Those that save most", saved), ("Those that cost most more", dearer), ("For the same price", others))
    return [(title, [_change(each) for each in group]) for title, group in groups if group]


def _change(each: Json) -> Json:
    tone = "same" if not each["more_minor"] else "good" if each["more_minor"] < 0 else "bad"
    more = each["more"]
    if more is not None and each["more_minor"] > 0:
        more = f"+{more}"
    return {**each, "tone": tone, "more": (more or "not known").replace("-", "\u2212"), "sides": _sides(each)}


def _sides(each: Json) -> Sequence[tuple[str, str, str]]:
    return tuple(
        (title, _carried(each[name]), each[name]["why"]) for title, name in (("Was", "then"), ("Would be", "now"))
    )


def _carried(side: Json) -> str:
    if side["account"] is None:
        return "no offer left"
    promise = "" if side["promise_s"] is None else f", promised within {amount('promise_s', side['promise_s'], '')}"
    return f"{side['account']}, {str(side['service']).replace('_', ' ')}, {side['cost'] or 'price not known'}{promise}"


def _subject(result: Json) -> str:
    version = "not saved" if result["policy_version"] is None else f"version {result['policy_version']}"
    card = f", with new prices of {result['rate_card_account']}" if result["rate_card_account"] else ""
    return f"{result['policy']} ({version}){card}"


def _days(result: Json) -> str:
    return f"{result['since'][:10]} to {result['until'][:10]}"


@cache
def _template() -> Template:
    text = files("gateway.engines.replay").joinpath("templates/report.html").read_text("utf-8")
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
