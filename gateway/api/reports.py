"""/v1/reports"""

from __future__ import annotations

from typing import Any

from flask import Response

from gateway.api.auth import caller, requires, services
from gateway.api.routes import ApiBlueprint, answer
from gateway.api.schemas.reports import KpiPeriodSchema, KpiReportSchema, ReliabilityReportSchema, ReportPeriodSchema
from gateway.api.shapes_foresight import reliability_slice
from gateway.api.shapes_kpis import kpi_report

blueprint = ApiBlueprint("reports", __name__, url_prefix="/v1/reports")


@blueprint.route("/reliability")
@requires("shipments:read")
@blueprint.arguments(ReportPeriodSchema, location="query")
@blueprint.response(200, ReliabilityReportSchema)
def reliability(period: dict[str, Any]) -> Response:
    """What offers had said about deliveries, beside what came of them: calibration, in all and slice by slice."""
    found = services().foresight.reports.report(caller().merchant_id, caller().mode, period["since"], period["until"])
    return answer(
        {
            "since": found.since,
            "until": found.until,
            "deliveries": found.deliveries,
            "unpredicted": found.unpredicted,
            "slices": [reliability_slice(each) for each in found.slices],
        }
    )


@blueprint.route("/kpis")
@requires("shipments:read")
@blueprint.arguments(KpiPeriodSchema, location="query")
@blueprint.response(200, KpiReportSchema)
def kpis(period: dict[str, Any]) -> Response:
    """Key figures of at most 92 days that are over, in all and by account, carrier, service or zone: each with its
    numerator, denominator and definition.
    """
    given = {name: period[name] for name in ("first", "last", "by")}
    return answer(kpi_report(services().kpis.report(caller().merchant_id, caller().mode, **given), period["by"]))
