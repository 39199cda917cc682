"""Policies: which version decides, what another would have done with the last shipments, and publishing it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request

from gateway.console.builder.words import words
from gateway.console.gate import deed, may, services, who
from gateway.console.rendering import go, page
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.people import Permission
from gateway.domain.values import Money
from gateway.rules.differences import differences
from gateway.rules.market import Market
from gateway.rules.policy import Policy
from gateway.rules.rule import Group, Rule
from gateway.rules.wording import fallback_told, rule_told, score_told
from gateway.services.backtests import BacktestAsk
from gateway.services.policies import Stage

blueprint = Blueprint("policies", __name__, url_prefix="/policies")
LONGEST_NOTE = 300
DAYS = {"7": 7, "30": 30, "90": 90, "400": 400}
NEWEST = {"newest-100": 100, "newest-1000": 1000, "newest-10000": 10_000}
PERIODS = {
    "newest-100": "the last 100 shipments",
    "newest-1000": "the last 1,000 shipments",
    "newest-10000": "the last 10,000 shipments",
    "7": "the last 7 days",
    "30": "the last 30 days",
    "90": "the last 90 days",
    "400": "all that is kept",
}
"""What a simulation is made with, by what the form says."""
DONE = {
    "live": "That version decides from now on.",
    "shadow": "That version is on trial, without effect.",
    "draft": "It is a draft again.",
    "kept": "It is kept as a draft. See what it would have done, then let it decide.",
}
SHOWN: Mapping[str, tuple[str, int, str]] = {
    "promise_s": ("Promised after, hours", 3600, "{:.1f}"),
    "late": ("Expected late, %", 100, "{:.2f}"),
    "co2e": ("CO2e, kg", 1000, "{:.1f}"),
}
"""Measures of a backtest: title, what of its unit makes one of ours, and how it is written. Cost has a currency."""


@blueprint.get("")
@may(Permission.LOOK)
def overview() -> Response:
    """Every policy, and which version of it decides."""
    signed, book = who(), services().policies
    found = []
    for name in book.all_names(signed.merchant_id):
        latest = book.latest(signed.merchant_id, name)
        found.append((name, latest, book.published(signed.merchant_id, name)))
    return page("policies.html", policies=found)


@blueprint.get("/<name>")
@may(Permission.LOOK)
def detail(name: str) -> Response:
    """One policy with its versions."""
    signed, book = who(), services().policies
    versions = book.versions(signed.merchant_id, name)
    asked = request.args.get("version", "")
    shown = next((each for each in versions if str(each.version) == asked), versions[0])
    read = Policy.parse(name, shown.version, shown.data, stored=True)
    return page(
        "policy.html",
        name=name,
        versions=versions,
        shown=shown,
        text=json.dumps(shown.data, indent=2, ensure_ascii=False),
        weights=list(score_told(read.score, read.market)),
        steps=[_step(step, read.market) for step in read.steps],
        fallback=[(each.name, fallback_told(each, read.market)) for each in read.fallback],
        published=book.published(signed.merchant_id, name),
        publications=book.publications(signed.merchant_id, name),
        periods=PERIODS,
        said=DONE.get(request.args.get("done", ""), ""),
    )


@blueprint.get("/<name>/differences")
@may(Permission.LOOK)
def compare(name: str) -> Response:
    """What is different between two versions."""
    book, merchant_id = services().policies, who().merchant_id
    versions = book.versions(merchant_id, name)
    numbers = [str(each.version) for each in versions]
    old, new = request.args.get("old", ""), request.args.get("new", "")
    new = new if new in numbers else numbers[0]
    old = old if old in numbers else numbers[min(numbers.index(new) + 1, len(numbers) - 1)]
    before, after = (versions[numbers.index(each)] for each in (old, new))
    found = differences(before.data, after.data)
    return page(
        "policy_differences.html",
        name=name,
        versions=versions,
        before=before,
        after=after,
        found=found,
        weights=words()["weights"],
    )


@blueprint.post("/<name>/publish")
@may(Permission.POLICIES)
def publish(name: str) -> Response:
    """Let a version decide, or put it on trial."""
    form, signed = request.form, who()
    version, stage = form.get("version", ""), form.get("stage", "")
    if not version.isdecimal() or stage not in tuple(Stage) or len(version) > 9:
        raise NotFound(f"no version {version} of policy {name}")
    seen, now = form.get("live", ""), services().policies.published(signed.merchant_id, name)
    if seen != str(now.live):
        raise Conflict("somebody else has published another version since you opened the page: look at it again")
    note = " ".join(form.get("note", "").split())[:LONGEST_NOTE]
    services().policies.publish(signed.merchant_id, name, int(version), Stage(stage), signed.user.name, note)
    said = f"{name}, version {version}: {stage}" + (f" ({note})" if note else "")
    services().staff.audit.record(signed.user, deed("published a policy", name, said))
    return go("policies.detail", name=name, done=stage)


@blueprint.post("/<name>/simulate")
@may(Permission.POLICIES)
def simulate(name: str) -> Response:
    """Replay the shipments of a period under a version; a worker does it."""
    form, signed, now = request.form, who(), services().clock()
    version = form.get("version", "")
    if not version.isdecimal() or len(version) > 9:
        raise NotFound(f"no version {version} of policy {name}")
    since = _since(form.get("days", ""), now)
    ask = BacktestAsk(policy=name, since=since, until=now, version=int(version))
    made = services().backtests.begin(signed.merchant_id, signed.mode, ask, signed.user.name)
    return go("policies.simulation", name=name, backtest_id=made.id)


@blueprint.get("/<name>/simulations/<backtest_id>")
@may(Permission.LOOK)
def simulation(name: str, backtest_id: str) -> Response:
    """How far it is, and what came of it."""
    signed = who()
    found = services().backtests.get(signed.merchant_id, signed.mode, backtest_id)
    if found.policy != name:
        raise NotFound(f"no backtest {backtest_id} of policy {name}")
    result: Any = found.result or {}
    measures = _measures(result) if found.result else []
    plots = services().backtests.plots(found)
    return page("simulation.html", name=name, job=found, result=result, measures=measures, plots=plots)


def _since(period: str, now: datetime) -> datetime:
    """When the period begins; as many days as quotes are kept where there are fewer shipments than asked for."""
    most = now - timedelta(days=max(DAYS.values()))
    if period in NEWEST:
        found = services().staff.desk.since_newest(who().merchant_id, who().mode, NEWEST[period])
        return most if found is None else max(found, most)
    return now - timedelta(days=DAYS.get(period, min(DAYS.values())))


def _step(step: Rule | Group, market: Market) -> tuple[str, bool | None, list[tuple[str, str]]]:
    """The name of a group (whether its first rule counts), or of none, and the sentences of its rules."""
    if isinstance(step, Rule):
        return "", None, [(step.name, rule_told(step, market))]
    return step.name, step.first, [(each.name, rule_told(each, market)) for each in step.rules]


def _measures(result: Any) -> list[dict[str, Any]]:
    cost = ("Cost", lambda minor: str(Money.from_minor(round(minor), result["currency"])))
    others = {
        key: (title, lambda each, scale=scale, form=form: form.format(each / scale))
        for key, (title, scale, form) in SHOWN.items()
    }
    return [
        _measure(title, write, result["measures"][key])
        for key, (title, write) in {"cost": cost, **others}.items()
        if result["measures"].get(key, {}).get("n")
    ]


def _measure(title: str, write: Callable[[Any], str], each: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: write(each[name]) for name in ("then", "now", "difference")}
    between = "–" if each["low"] is None else f"{write(each['low'])}, {write(each['high'])}"
    return {"title": title, **told, "between": between, "n": each["n"]}
