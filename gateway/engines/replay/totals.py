"""Totals of a replay, and how sure they are.

Intervals: a cluster bootstrap. Whole days are drawn with replacement (`DRAWS` times, from a fixed seed), because
shipments of a day share their prices, staff and weather; drawn one by one they would look surer than they are. Of
periods with fewer than `FEWEST_DAYS` days, hours are drawn. The interval holds the middle 95 % of the draws.

Source: Cameron, Gelbach and Miller, "Bootstrap-based improvements for inference with clustered errors", Review of
Economics and Statistics 90 (2008); Efron and Tibshirani, An Introduction to the Bootstrap (1993), percentile interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from gateway.engines.replay.measures import MEASURES
from gateway.engines.replay.numbers import Array

DRAWS = 2000
SEED = 1
FEWEST_DAYS = 20
LARGEST_GROUP = 20
SUMMED = ("cost", "co2e")
"""Measures of which the sum is told; of the others the mean."""

Json = dict[str, Any]


def totals(rows: pl.DataFrame) -> Json:
    """Everything that is counted over all shipments."""
    unit = "day" if rows["day"].n_unique() >= FEWEST_DAYS else "hour"
    return {
        "shipments": len(rows),
        "changed": int(rows["changed"].sum()),
        "nobody_then": int(rows["then_account"].null_count()),
        "nobody_now": int(rows["now_account"].null_count()),
        "drawn": unit,
        "clusters": rows[unit].n_unique(),
        "draws": DRAWS,
        "measures": {measure: compared(rows, measure, unit) for measure in MEASURES},
        "accounts": _accounts(rows),
        "zones": _zones(rows),
        "weeks": _weeks(rows),
        "flows": _flows(rows),
    }


def compared(rows: pl.DataFrame, measure: str, unit: str) -> Json:
    """Then, now and their difference over the shipments where both are known, with its interval."""
    then, now = f"then_{measure}", f"now_{measure}"
    both = rows.filter(pl.col(then).is_not_null() & pl.col(now).is_not_null())
    sums = both.group_by(unit).agg(pl.col(then).sum(), pl.col(now).sum(), pl.len().alias("n")).sort(unit)
    n = len(both)
    if n == 0:
        return {"n": 0, "then": None, "now": None, "difference": None, "low": None, "high": None}
    before, after = int(sums[then].sum()), int(sums[now].sum())
    if measure in SUMMED:
        told: Json = {"n": n, "then": before, "now": after, "difference": after - before}
    else:
        told = {"n": n, "then": before / n, "now": after / n, "difference": (after - before) / n}
    low, high = _interval(sums[then].to_numpy(), sums[now].to_numpy(), sums["n"].to_numpy(), measure in SUMMED)
    return {**told, "low": low, "high": high}


def _interval(then: Array, now: Array, n: Array, summed: bool) -> tuple[float | None, float | None]:
    clusters = len(n)
    if clusters < 2:
        return None, None
    dice = np.random.default_rng(SEED)
    weights = dice.multinomial(clusters, np.full(clusters, 1 / clusters), size=DRAWS)
    differences = weights @ (now - then).astype(float)
    found = differences if summed else differences / (weights @ n)
    low, high = np.percentile(found, (2.5, 97.5))
    return float(low), float(high)


def _accounts(rows: pl.DataFrame) -> list[Json]:
    """How many each account had and would have had, the busiest first."""
    counts: dict[str, dict[str, int]] = {}
    for name in ("then", "now"):
        grouped = rows.drop_nulls(f"{name}_account").group_by(f"{name}_account").len()
        for account, number in grouped.iter_rows():
            counts.setdefault(account, {"then": 0, "now": 0})[name] = number
    listed = [{"account": account, **both} for account, both in counts.items()]
    return sorted(listed, key=lambda each: (-max(each["then"], each["now"]), each["account"]))


def _zones(rows: pl.DataFrame) -> list[Json]:
    """By zone of the destination, the busiest first; each measure over shipments where both sides are known."""
    found = rows.group_by("zone").agg(pl.len().alias("n"), pl.col("changed").sum(), *_pairs())
    return [_told(row) for row in found.sort(["n", "zone"], descending=[True, False]).iter_rows(named=True)]


def _weeks(rows: pl.DataFrame) -> list[Json]:
    """By week (from Monday; its first day as days since 1970), in order."""
    monday = (pl.col("day") + 3) // 7 * 7 - 3
    found = rows.with_columns(monday.alias("monday")).group_by("monday").agg(pl.len().alias("n"), *_pairs())
    return [_told(row) for row in found.sort("monday").iter_rows(named=True)]


def _flows(rows: pl.DataFrame) -> list[Json]:
    """From which account to which, the commonest first."""
    moved = rows.filter("changed").group_by("then_account", "now_account").agg(pl.len().alias("n"), *_pairs())
    keys = ["n", "then_account", "now_account"]
    ordered = moved.sort(keys, descending=[True, False, False], nulls_last=True).head(LARGEST_GROUP)
    return [_told(row) for row in ordered.iter_rows(named=True)]


def _pairs() -> list[pl.Expr]:
    found = []
    for measure in MEASURES:
        then, now = pl.col(f"then_{measure}"), pl.col(f"now_{measure}")
        both = then.is_not_null() & now.is_not_null()
        found.append(both.sum().alias(f"{measure}_n"))
        for name, column in (("then", then), ("now", now)):
            kept = column.filter(both)
            found.append((kept.sum() if measure in SUMMED else kept.mean()).alias(f"{measure}_{name}"))
    return found


def _told(row: Mapping[str, Any]) -> Json:
    """Measures as members of their own; those of which nothing is known are None."""
    plain = {name: value for name, value in row.items() if not name.startswith(tuple(f"{m}_" for m in MEASURES))}
    for measure in MEASURES:
        known = row[f"{measure}_n"]
        told = {name: row[f"{measure}_{name}"] if known else None for name in ("then", "now")}
        plain[measure] = {"n": known, **told}
    return plain
