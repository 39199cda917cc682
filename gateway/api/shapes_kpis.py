"""Key figures, as plain JSON."""

from __future__ import annotations

from typing import Any

from gateway.kpis.boards import Figure
from gateway.kpis.definitions import Definition, definitions
from gateway.services.kpi_reports import KpiReport

Json = dict[str, Any]


def kpi_report(found: KpiReport, by: str) -> Json:
    """The whole, its parts, and what the figures mean."""
    return {
        "from": found.period.first,
        "to": found.period.last,
        "as_of": found.period.as_of,
        "missing": list(found.period.missing),
        "by": by or None,
        "kpis": [_figure(each) for each in found.whole.figures()],
        "parts": [
            {"value": value, "kpis": [_figure(each) for each in board.figures(by)]}
            for value, board in found.parts.items()
        ],
        "definitions": [_definition(each) for each in definitions().values()],
    }


def _figure(each: Figure) -> Json:
    return {
        "name": each.definition.name,
        "title": each.definition.title,
        "state": each.state,
        "value": each.value,
        "margin": each.margin,
        "unit": each.definition.unit,
        "currency": each.currency or None,
        "n": each.n,
        "numerator": each.numerator,
        "denominator": each.denominator,
        "better": each.definition.better,
    }


def _definition(each: Definition) -> Json:
    return {
        "name": each.name,
        "title": each.title,
        "kind": each.kind,
        "numerator": each.numerator,
        "denominator": each.denominator,
        "source": each.source,
    }
