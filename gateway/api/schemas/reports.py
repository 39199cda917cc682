"""Reports, in and out."""

from __future__ import annotations

from marshmallow import fields

from gateway.api.schemas.fields import Given, Shown, moment


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
