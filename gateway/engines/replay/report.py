"""A backtest as a page for people: one HTML file that needs no network and no scripts, and as a few lines of text.

It is made of the result alone (see `services.backtests`), so it needs none of the libraries that computed it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, Template
from markupsafe import Markup

from gateway.domain.values import Money
from gateway.engines.replay import plots

Json = Mapping[str, Any]
MEASURES = ("cost", "promise_s", "late", "co2e")
TITLES: Mapping[str, str] = {
    "cost": "Cost of carriage",
    "promise_s": "Promised delivery time",
    "late": "Expected late deliveries",
    "co2e": "Greenhouse gases",
}
LESS: Mapping[str, tuple[str, str]] = {
    "cost": ("less", "more"),
    "promise_s": ("faster", "slower"),
    "late": ("fewer", "more"),
    "co2e": ("less", "more"),
}
MOST_ACCOUNTS, MOST_ZONES, SHOWN_AT_ONCE = 15, 30, 5
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


def share(part: int, whole: int) -> str:
    """In per cent; what is little is not nothing, and what is nearly all is not all."""
    rounded = round(100 * part / whole)
    if rounded == 0 and part:
        return "under 1 %"
    return "over 99 %" if rounded == 100 and part < whole else f"{rounded} %"


def count(number: int) -> str:
    """Digits in groups of three."""
    return f"{number:,}".replace(",", "\u202f")


def amount(measure: str, value: float, currency: str) -> str:
    """A value of a measure with its unit."""
    if measure == "cost":
        money = Money.from_minor(round(value), currency)
        digits = str(money).partition(" ")[0]
        whole, dot, rest = digits.partition(".")
        return f"{count(int(whole)) if int(whole) else whole}{dot}{rest} {currency}"
    if measure == "promise_s":
        return f"{value / 3600:.1f} h"
    if measure == "late":
        return f"{value / 100:.1f} %"
    if abs(value) < 1000:
        return f"{value:.0f} g CO\u2082e"
    return f"{value / 1000:,.1f} kg CO\u2082e".replace(",", "\u202f")


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
    share = _per_cent(told, "difference")
    shared = f" ({abs(share):.1f} %)" if share is not None and measure != "late" else ""
    return f"{size}{shared} {word}"


def _per_cent(told: Json, name: str) -> float | None:
    """Of what it was then."""
    return 100 * told[name] / told["then"] if told["then"] and told[name] is not None else None


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


def signed(measure: str, value: float, currency: str) -> str:
    """A difference, with its sign."""
    sign = "\u2212" if value < 0 else "+"
    told = amount(measure, abs(value), currency)
    return f"{sign}{told.replace(' %', ' points') if measure == 'late' else told}"


def differences_drawn(result: Json) -> Markup:
    """Each measure's difference with its interval; nothing where none is known."""
    rows = []
    for measure in MEASURES:
        told = result["measures"][measure]
        value = _per_cent(told, "difference")
        if told["n"] and value is not None:
            low, high = _per_cent(told, "low"), _per_cent(told, "high")
            words = f"{value:+.1f} %".replace("-", "\u2212")
            if measure == "late":  # a share of shares says little by itself
                words = signed(measure, told["difference"], result["currency"])
            rows.append((TITLES[measure], float(value), low, high, words))
    return plots.interval(rows, "Differences in per cent of what it was, with 95 % intervals") if rows else Markup("")


def accounts_drawn(result: Json) -> Markup:
    """How many each account had and would have had."""
    n = max(result["shipments"], 1)
    rows = [
        (
            each["account"],
            each["then"],
            each["now"],
            f"{share(each['then'], n)} \u00b7 {count(each['then'])}",
            f"{share(each['now'], n)} \u00b7 {count(each['now'])}",
        )
        for each in result["accounts"][:MOST_ACCOUNTS]
    ]
    return plots.pairs(rows, "Shipments by carrier account, as it was and with this policy") if rows else Markup("")


def weeks_drawn(result: Json) -> Markup:
    """The difference of cost by week; nothing of fewer than two."""
    known = [each for each in result["weeks"] if each["cost"]["n"]]
    if len(known) < 2:
        return Markup("")
    values = [float(each["cost"]["now"] - each["cost"]["then"]) for each in known]
    most = amount("cost", max(abs(each) for each in values), result["currency"])
    first, last = (week_of(known[end]["monday"]) for end in (0, -1))
    title = "Difference of the cost of carriage by week"
    return plots.columns(values, f"week of {first}", f"week of {last}", f"highest bar: {most} a week", title)


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


def week_of(number: int) -> str:
    """A day that is counted from 1970."""
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


@cache
def _template() -> Template:
    text = files("gateway.engines.replay").joinpath("templates/report.html").read_text("utf-8")
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
