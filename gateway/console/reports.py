"""Reports: the key figures of the last days, how each went, what it means, and the very shipments behind it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from flask import Blueprint, Response, request, url_for

from gateway.console.figures import STEP, TALL, Told, lines, plotted, told
from gateway.console.gate import deed, may, services, who
from gateway.console.rendering import page
from gateway.console.sheets import safe
from gateway.console.telling import promise, standing
from gateway.domain.errors import NotFound
from gateway.domain.people import Permission
from gateway.kpis.boards import Board, Figure
from gateway.kpis.definitions import CUTS, LEAST, definitions
from gateway.kpis.sums import Cut
from gateway.services.kpi_cohorts import Cohort, Side
from gateway.services.kpi_reports import KpiReport

blueprint = Blueprint("reports", __name__, url_prefix="/reports")
PERIODS = (7, 28, 91)
COMPARED = ("on_time", "first_attempt", "delivered", "cost_per_delivery", "lead_time_median", "csat", "api_health")
PLOTTED = {definitions()[name].measure for name in COMPARED}
EXPORTED = ("from", "to", "as_of", "by", "part", "figure", "value", "unit", "currency", "numerator", "denominator", "n")
A_PAGE = 50
ONE_SIDED = ("quantile", "score")
"""Kinds of figures above whose line no shipments are: lengths, and one share less another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a reader wants to see; `value` of what figures are cut by, None for all."""

    days: int
    by: Cut
    value: str | None

    def url(self, endpoint: str = "reports.overview", **more: str) -> str:
        """An address with the same wish."""
        own = {} if self.value is None else {"value": self.value}
        return url_for(endpoint, days=self.days, by=self.by, **{**own, **more})  # type: ignore[arg-type]  # texts


@blueprint.get("")
@may(Permission.LOOK)
def overview() -> Response:
    """Whole days that are over, each where the recipient lives."""
    asked, found = _asked_and_found()
    names = _names(asked.by)
    part = found.whole if asked.value is None else found.parts.get(asked.value, Board())
    columns = [each for each in found.whole.figures() if each.definition.name in COMPARED]
    beside = {} if asked.value is None else _by_key(found.whole)
    figures = list(part.figures("" if asked.value is None else asked.by))
    return page(
        "reports.html",
        asked=asked,
        found=found.period,
        periods=PERIODS,
        cuts=CUTS,
        names=names,
        name=names.get(asked.value or "", asked.value or "none"),
        least=LEAST,
        figures=[(told(each), beside.get(_key(each))) for each in figures if each.state != "no_data"],
        untold=[each.definition for each in figures if each.state == "no_data"],
        columns=columns,
        parts=[(value, _row(board, asked.by, columns)) for value, board in found.parts.items()],
        plots=_plots(found) if asked.value is None else (),
        step=STEP,
        tall=TALL,
    )


@blueprint.get("/<figure>")
@may(Permission.LOOK)
def one(figure: str) -> Response:
    """The shipments behind a figure: those above its line, or below it."""
    of = definitions().get(figure)
    if of is None:
        raise NotFound("no such figure")
    asked = _asked()
    found = services().kpis.period(who().merchant_id, who().mode, _first(asked))
    side: Side = "above" if request.args.get("side") == "above" and of.kind not in ONE_SIDED else "below"
    cohort = Cohort(
        figure=of,
        side=side,
        currency=request.args.get("currency", "")[:3],
        first=max(_day("from", found.first), found.first),
        last=min(_day("to", found.last), found.last),
        by=None if asked.value is None else asked.by,
        value=asked.value or "",
    )
    signed, cursor = who(), request.args.get("cursor", "")[:40]
    listed = services().cohorts.page(signed.merchant_id, signed.mode, cohort, cursor, A_PAGE)
    now, names = services().clock(), _names(asked.by)
    return page(
        "behind.html",
        asked=asked,
        found=found,
        of=of,
        side=side,
        one_sided=of.kind in ONE_SIDED,
        cohort=cohort,
        name=None if asked.value is None else names.get(asked.value, asked.value or "none"),
        told=next(told(each) for each in listed.board.figures() if each.definition.name == of.name),
        rows=[(each, standing(each), promise(each, now)) for each in listed.shipments],
        next=listed.next,
        first=not cursor,
    )


@blueprint.get("/figures.csv")
@may(Permission.LOOK)
def export() -> Response:
    """All figures, of all and of each part, for spreadsheets."""
    asked, found = _asked_and_found()
    written = io.StringIO()
    sheet = csv.writer(written)
    sheet.writerow(EXPORTED)
    for by, part, board in (("", "", found.whole), *((asked.by, value, board) for value, board in found.parts.items())):
        for each in board.figures(by):
            sheet.writerow([safe(cell) for cell in _cells(found, by, part, each)])
    services().staff.audit.record(who().user, deed("exported figures", reason=f"{asked.days} days by {asked.by}"))
    headers = {"Content-Disposition": 'attachment; filename="figures.csv"'}
    return Response(written.getvalue().encode("utf-8-sig"), headers=headers, content_type="text/csv; charset=utf-8")


def _asked_and_found() -> tuple[Asked, KpiReport]:
    asked, signed = _asked(), who()
    return asked, services().kpis.report(
        signed.merchant_id, signed.mode, _first(asked), by=asked.by, daily=PLOTTED if asked.value is None else ()
    )


def _asked() -> Asked:
    args = request.args
    return Asked(
        days=int(args["days"]) if args.get("days", "") in map(str, PERIODS) else PERIODS[1],
        by=cast(Cut, args["by"]) if args.get("by") in CUTS else "carrier",
        value=args["value"][:200] if "value" in args else None,
    )


def _first(asked: Asked) -> date:
    return services().clock().date() - timedelta(days=asked.days)


def _day(name: str, otherwise: date) -> date:
    """A day of the address, within the period; one that is none is not asked for."""
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return otherwise


def _names(by: Cut) -> Mapping[str, str]:
    """What parts are called."""
    if by == "carrier":
        return services().catalogue.names()
    if by == "account":
        return {each.id: each.name for each in services().accounts.list(who().merchant_id, who().mode)}
    return {}


def _key(each: Figure) -> tuple[str, str]:
    return each.definition.name, each.currency


def _by_key(board: Board) -> Mapping[tuple[str, str], Told]:
    return {_key(each): told(each) for each in board.figures()}


def _row(board: Board, by: str, columns: Sequence[Figure]) -> Sequence[Told | None]:
    """What a part tells in each column; None where it tells nothing of it."""
    mine = {_key(each): told(each) for each in board.figures(by)}
    return [mine.get(_key(each)) for each in columns]


def _plots(found: KpiReport) -> Sequence[tuple[Told, Sequence[object], Sequence[str]]]:
    """How the compared figures went, day by day, as far as anything is told of them."""
    plots = []
    for each in found.whole.figures():
        if each.definition.name in COMPARED and each.value is not None:
            dots = plotted(each.definition, each.currency, found.days, found.period.first, found.period.last)
            if dots:
                plots.append((told(each), dots, lines(dots)))
    return plots


def _cells(found: KpiReport, by: str, part: str, each: Figure) -> list[str]:
    value = {"no_data": "no data", "too_few": "n too small"}.get(each.state, str(each.value))
    numbers = ("" if each.numerator is None else str(each.numerator), str(each.denominator), str(each.n))
    as_of = found.period.as_of.isoformat(timespec="minutes")
    name, unit = each.definition.name, each.definition.unit
    return [
        str(found.period.first),
        str(found.period.last),
        as_of,
        by,
        part,
        name,
        value,
        unit,
        each.currency,
        *numbers,
    ]
