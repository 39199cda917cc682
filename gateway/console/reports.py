"""Reports: the key figures of the last days, what each means, and the shipments behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, cast

from flask import Blueprint, Response, request, url_for

from gateway.console.gate import may, services, who
from gateway.console.rendering import digits, page
from gateway.console.telling import span
from gateway.domain.people import Permission
from gateway.domain.values import Money
from gateway.kpis.boards import Board, Figure
from gateway.kpis.definitions import LEAST

blueprint = Blueprint("reports", __name__, url_prefix="/reports")
PERIODS = (7, 28, 91)
CUTS = ("carrier", "service")
"""What the search can narrow by too, so that every figure leads to its shipments."""

COMPARED = ("on_time", "first_attempt", "delivered", "cost_per_delivery", "lead_time_median", "csat", "api_health")
FULL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A figure in words; `bar` is how much of a hundred, None where it is no share. `soft`: nothing to tell."""

    figure: Figure
    text: str
    bar: float | None
    soft: bool


@blueprint.get("")
@may(Permission.LOOK)
def overview() -> Response:
    """Whole days that are over, in UTC."""
    signed, args = who(), request.args
    days = int(args["days"]) if args.get("days", "") in map(str, PERIODS) else PERIODS[1]
    by = cast(Literal["carrier", "service"], args["by"] if args.get("by") in CUTS else CUTS[0])
    until = services().clock().replace(hour=0, minute=0, second=0, microsecond=0)
    since = until - timedelta(days=days)
    found = services().kpis.report(signed.merchant_id, signed.mode, since, until, by)
    within = f"promise:{since:%Y-%m-%d}..{until - timedelta(days=1):%Y-%m-%d}"
    return page(
        "reports.html",
        days=days,
        by=by,
        periods=PERIODS,
        cuts=CUTS,
        names={each["code"]: each["name"] for each in services().catalogue.listed()},
        since=since,
        last=until - timedelta(days=1),
        least=LEAST,
        behind=_shipments(within),
        figures=[told(each) for each in found.whole.figures()],
        columns=_compared(found.whole),
        parts=[
            (value, _shipments(f"{within} {by}:{value}"), _row(board, by, found.whole))
            for value, board in found.parts.items()
        ],
    )


def told(each: Figure) -> Told:
    """In words."""
    if each.value is None:
        text = "no data" if each.state == "no_data" else "too few to tell"
        return Told(figure=each, text=text, bar=None, soft=True)
    if each.definition.kind == "share":
        share = each.value * FULL
        return Told(figure=each, text=f"{share:.1f} %", bar=min(share, FULL), soft=False)
    amount = int(each.value)
    if each.definition.unit == "minor":
        text = str(Money.from_minor(amount, each.currency))
    elif each.definition.unit == "minutes":
        text = span(timedelta(minutes=amount))
    else:
        text = f"{digits(amount)} g"
    return Told(figure=each, text=text, bar=None, soft=False)


def _compared(board: Board) -> Sequence[Figure]:
    """One column for each figure, and for each currency of one about money."""
    return [each for each in board.figures() if each.definition.name in COMPARED]


def _row(board: Board, by: str, whole: Board) -> Sequence[Told | None]:
    """What a part tells in each column; None where it tells nothing of it."""
    mine = {(each.definition.name, each.currency): told(each) for each in board.figures(by)}
    return [mine.get((each.definition.name, each.currency)) for each in _compared(whole)]


def _shipments(query: str) -> str:
    return url_for("shipments.grid", q=query)
