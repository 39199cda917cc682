"""Reports, in and out."""

from __future__ import annotations

from marshmallow import fields

from gateway.api.schemas.fields import Given, Shown, day, moment, word
from gateway.kpis.definitions import CUTS, LEAST


class ReportPeriodSchema(Given):
    """When the deliveries were booked."""

    since = moment("Left out: 90 days before `until`.")
    until = moment("Left out: now.")


class ReliabilityBinSchema(Shown):
    """Deliveries whose predicted chance lay in the same tenth."""

    count = fields.Integer(required=True)
    predicted = fields.Float(required=True, metadata={"description": "The mean of the chances."})
    observed = fields.Float(required=True, metadata={"description": "The share that came true."})


class ChanceCheckSchema(Shown):
    """A chance beside what came of it."""

    count = fields.Integer(required=True)
    brier = fields.Float(
        required=True, allow_none=True, metadata={"description": "Mean square of what the chances missed."}
    )
    brier_of_mean = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "What saying the observed share every time would have scored."},
    )
    calibration_error = fields.Float(
        required=True, allow_none=True, metadata={"description": "How far predicted and observed shares are apart."}
    )
    table = fields.List(fields.Nested(ReliabilityBinSchema), required=True)


class QuantileCheckSchema(Shown):
    """Transit quantiles beside what came, each a list for p50, p80 and p90; empty where there is nothing."""

    count = fields.Integer(required=True)
    coverage = fields.List(
        fields.Float(), required=True, metadata={"description": "The share of deliveries within each; right: .5 .8 .9."}
    )
    pinball_h = fields.List(fields.Float(), required=True, metadata={"description": "Mean pinball loss in hours."})


class ReliabilitySliceSchema(Shown):
    """Deliveries that have something in common; `by` null is all of them."""

    by = fields.String(required=True, allow_none=True)
    value = fields.String(required=True, allow_none=True)
    deliveries = fields.Integer(required=True)
    on_time = fields.Nested(ChanceCheckSchema, required=True)
    first_attempt = fields.Nested(ChanceCheckSchema, required=True)
    transit = fields.Nested(QuantileCheckSchema, required=True)


class ReliabilityReportSchema(Shown):
    """Predicted against observed, of deliveries booked in a period that have ended.

    `unpredicted` were booked when nothing was known.
    """

    since = fields.AwareDateTime(required=True)
    until = fields.AwareDateTime(required=True)
    deliveries = fields.Integer(required=True)
    unpredicted = fields.Integer(required=True)
    slices = fields.List(fields.Nested(ReliabilitySliceSchema), required=True)


class KpiPeriodSchema(Given):
    """The days on which shipments were due where their recipients live, and what the figures are cut by."""

    first = day("Left out: so that there are 28 days.", data_key="from")
    last = day("Included. Left out, or later: yesterday (UTC). What is not due yet says nothing.", data_key="to")
    by = word(list(CUTS), "Left out: the whole only.", load_default="")


class KpiSchema(Shown):
    """One figure. `value` is null unless `state` is `told`."""

    name = fields.String(required=True)
    title = fields.String(required=True)
    state = fields.String(
        required=True,
        metadata={
            "description": f"`told`; `too_few`: n is below {LEAST}; `no_data`: nothing is known, which is not zero."
        },
    )
    value = fields.Float(
        required=True, allow_none=True, metadata={"description": "A share, or an amount or quantile in `unit`."}
    )
    margin = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "Of a score: 19 times in 20 it is no further from what all would have said."},
    )
    unit = fields.String(
        required=True, metadata={"description": '"" for a share, `minor` (of `currency`), `minutes`, `ms` or `g`.'}
    )
    currency = fields.String(required=True, allow_none=True)
    n = fields.Integer(required=True, metadata={"description": "Of how many."})
    numerator = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Adds up over carriers, services and zones; null for quantiles, which do not."},
    )
    denominator = fields.Integer(required=True)
    better = fields.String(required=True, metadata={"description": "`high` or `low`."})


class KpiPartSchema(Shown):
    """The figures of one account (by its id), carrier, service or zone."""

    value = fields.String(required=True, metadata={"description": '"" where there is none, such as no zone.'})
    kpis = fields.List(fields.Nested(KpiSchema), required=True)


class KpiDefinitionSchema(Shown):
    """What a figure is: what is above the line, what below, and whose formula it follows."""

    name = fields.String(required=True)
    title = fields.String(required=True)
    kind = fields.String(required=True, metadata={"description": "`share`, `ratio`, `mean`, `score` or `quantile`."})
    numerator = fields.String(required=True)
    denominator = fields.String(required=True)
    source = fields.String(required=True)


class KpiReportSchema(Shown):
    """Key figures of the shipments that were due in a period (without a promise: booked in it)."""

    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to", metadata={"description": "Included."})
    as_of = fields.AwareDateTime(
        required=True,
        metadata={"description": "All that was known then is counted; what changed a day later may not be yet."},
    )
    missing = fields.List(
        fields.Date(),
        required=True,
        metadata={"description": "Days that are not summed up yet, minutes after their end."},
    )
    by = fields.String(required=True, allow_none=True)
    kpis = fields.List(fields.Nested(KpiSchema), required=True)
    parts = fields.List(fields.Nested(KpiPartSchema), required=True)
    definitions = fields.List(fields.Nested(KpiDefinitionSchema), required=True)
