"""/v1/shipments/{id}/corrections"""

from __future__ import annotations

from typing import Any

from flask import Response

from gateway.api.auth import caller, requires, services
from gateway.api.examples_tracking import CORRECTION, WITHDRAWAL
from gateway.api.routes import ApiBlueprint, answer, once
from gateway.api.schemas.corrections import CorrectionListSchema, CorrectionSchema, CorrectSchema, WithdrawSchema
from gateway.domain.corrections import Correction
from gateway.services.corrections import Word
from gateway.services.idempotency import Run

blueprint = ApiBlueprint("corrections", __name__, url_prefix="/v1/shipments/<shipment_id>/corrections")


@blueprint.route("", methods=["POST"])
@requires("admin")
@blueprint.arguments(CorrectSchema, example=CORRECTION)
@blueprint.response(200, CorrectionSchema)
@once()
def correct_shipment(_: Run, word: Word, shipment_id: str) -> Response:
    """Say where it is, whatever its carrier says, under your name. 409 where nothing is booked."""
    who = caller()
    return answer(shape(services().corrections.correct(who.merchant_id, who.mode, shipment_id, word, who.key_id)))


@blueprint.route("")
@requires("tracking:read")
@blueprint.response(200, CorrectionListSchema)
def list_corrections(shipment_id: str) -> Response:
    """Who corrected what and why, oldest first. Withdrawn ones stay."""
    found = services().corrections.of_shipment(caller().merchant_id, caller().mode, shipment_id)
    return answer({"data": [shape(each) for each in found]})


@blueprint.route("/<correction_id>/withdraw", methods=["POST"])
@requires("admin")
@blueprint.arguments(WithdrawSchema, example=WITHDRAWAL)
@blueprint.response(200, CorrectionSchema)
@once()
def withdraw_correction(_: Run, given: dict[str, str], shipment_id: str, correction_id: str) -> Response:
    """Take it back: what the carrier says counts again."""
    who = caller()
    return answer(
        shape(services().corrections.withdraw(who.merchant_id, who.mode, shipment_id, correction_id, **given))
    )


def shape(each: Correction) -> dict[str, Any]:
    """A correction as it is shown."""
    withdrawal = {"at": each.withdrawn_at, "author": each.withdrawn_by, "why": each.withdrawn_why}
    return {
        "id": each.id,
        "shipment_id": each.shipment_id,
        "status": each.status,
        "reason": each.reason,
        "parcel": each.piece or None,
        "author": each.author,
        "key_id": each.key_id,
        "why": each.why,
        "before": {"status": each.status_before, "reason": each.reason_before},
        "created_at": each.created_at,
        "withdrawn": withdrawal if each.withdrawn_at else None,
    }
