"""Batches of labels, in."""

from __future__ import annotations

from marshmallow import fields, validate

from gateway.api.schemas.fields import Given, text
from gateway.services.labels import MOST_IN_A_BATCH


class PrintSchema(Given):
    """Whose labels to print, in this order."""

    shipments = fields.List(
        text(64, least=1, required=True),
        required=True,
        validate=validate.Length(min=1, max=MOST_IN_A_BATCH),
        metadata={"description": "Ids of shipments."},
    )
