"""What every error looks like (RFC 9457), and the small answers of the service routes."""

from __future__ import annotations

from marshmallow import fields

from gateway.api.schemas.fields import Shown


class ProblemErrorSchema(Shown):
    """One thing wrong with one field."""

    pointer = fields.String(required=True, metadata={"description": "JSON pointer (RFC 6901) of the field."})
    code = fields.String(required=True)
    message = fields.String(required=True)


class TenderReportSchema(Shown):
    """One carrier's answer to a tender."""

    account = fields.String(required=True)
    carrier = fields.String(required=True)
    state = fields.String(required=True)
    why = fields.String(required=True)
    carrier_code = fields.String(required=True, allow_none=True)
    carrier_message = fields.String(required=True, allow_none=True)


class ProblemSchema(Shown):
    """A problem document (RFC 9457)."""

    type = fields.String(required=True, metadata={"description": "Where the code is explained."})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "For machines; stays the same."})
    request_id = fields.String(required=True)
    errors = fields.List(fields.Nested(ProblemErrorSchema), metadata={"description": "Every field at fault (422)."})
    carrier = fields.String(metadata={"description": "The carrier that spoke, where one did."})
    carrier_code = fields.String(allow_none=True)
    carrier_message = fields.String(allow_none=True)
    retryable = fields.Boolean()
    tenders = fields.List(
        fields.Nested(TenderReportSchema), metadata={"description": "Every carrier's answer (no_carrier_available)."}
    )
    shipment_id = fields.String(allow_none=True)


class HealthSchema(Shown):
    """The process runs."""

    status = fields.String(required=True)


class ReadySchema(Shown):
    """Whether the database and the worker answer."""

    status = fields.String(required=True)
    worker = fields.String()
    silent_jobs = fields.List(fields.String())
