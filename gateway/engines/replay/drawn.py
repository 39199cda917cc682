"""The plots of a backtest, for its report, and for a page of the console each with its numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from gateway.engines.replay import plots
from gateway.engines.replay.amounts import MEASURES, TITLES, Json, amount, count, per_cent, share, signed, week_of
from gateway.services.ports.backtests import Plot

MOST_ACCOUNTS = 15


def plots_of(result: Json) -> Sequence[Plot]:
    """Those that have something to show."""
    made = (_differences(result), _accounts(result), _weeks(result)) if result["shipments"] else ()
    return [plot for plot in made if plot.svg]


def _differences(result: Json) -> Plot:
    currency, rows = result["currency"], []
    for measure in MEASURES:
        told = result["measures"][measure]
        if told["n"]:
            ends = (
                "–" if told["low"] is None else " to ".join(signed(measure, told[e], currency) for e in ("low", "high"))
            )
            rows.append((TITLES[measure], signed(measure, told["difference"], currency), ends or "–", count(told["n"])))
    drawn = f"whole {result['drawn']}s out of the {count(result['clusters'])} {result['drawn']}s with shipments"
    return Plot(
        title="How much, and how sure",
        svg=differences_drawn(result),
        about=f"In per cent of before. The bar holds the middle 95 % of {count(result['draws'])} draws of {drawn}; a "
        "bar that crosses the middle line may be chance.",
        headings=("Measure", "Difference", "95 % sure from, to", "n"),
        rows=rows,
    )


def _accounts(result: Json) -> Plot:
    n = result["shipments"]
    rows = [
        (each["account"], *(f"{count(each[side])} ({share(each[side], n)})" for side in ("then", "now")))
        for each in result["accounts"][:MOST_ACCOUNTS]
    ]
    return Plot(
        title="Who would have carried them",
        svg=accounts_drawn(result),
        about=f"Shipments by account: the upper bar as it was, the lower one with this version; n = {count(n)}.",
        headings=("Account", "As booked", "With this version"),
        rows=rows,
    )


def _weeks(result: Json) -> Plot:
    rows = [
        (
            week_of(each["monday"]),
            *(amount("cost", each["cost"][side], result["currency"]) for side in ("then", "now")),
            signed("cost", each["cost"]["now"] - each["cost"]["then"], result["currency"]),
            count(each["cost"]["n"]),
        )
        for each in result["weeks"]
        if each["cost"]["n"]
    ]
    return Plot(
        title="Week by week",
        svg=weeks_drawn(result),
        about="The difference of the cost of carriage; downwards it would have been cheaper.",
        headings=("Week from", "As booked", "With this version", "Difference", "n"),
        rows=rows,
    )


def differences_drawn(result: Json) -> Markup:
    """Each measure's difference with its interval; nothing where none is known."""
    rows = []
    for measure in MEASURES:
        told = result["measures"][measure]
        value = per_cent(told, "difference")
        if told["n"] and value is not None:
            low, high = per_cent(told, "low"), per_cent(told, "high")
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
