"""The plots of a backtest for a page of the console: those of the report, each with its numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.engines.replay.report import (
    MEASURES,
    MOST_ACCOUNTS,
    TITLES,
    Json,
    accounts_drawn,
    amount,
    count,
    differences_drawn,
    share,
    signed,
    week_of,
    weeks_drawn,
)
from gateway.services.ports.backtests import Plot


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
