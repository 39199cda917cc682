"""/v1/claims"""

from __future__ import annotations

from typing import Any

from flask import Response

from gateway.api.auth import caller, requires, services
from gateway.api.examples_claims import CLAIM, EVIDENCE, STEP
from gateway.api.prices import money
from gateway.api.routes import ApiBlueprint, answer, once, page
from gateway.api.schemas.claims import (
    ClaimDraftSchema,
    ClaimListSchema,
    ClaimSchema,
    ClaimsQuerySchema,
    EvidenceSchema,
    StepSchema,
)
from gateway.domain.claims import NEXT, Claim, ClaimState
from gateway.services.audit_trail import KeyHolder
from gateway.services.claims import ClaimDraft, Step
from gateway.services.idempotency import Run

blueprint = ApiBlueprint("claims", __name__, url_prefix="/v1")


@blueprint.route("/shipments/<shipment_id>/claims", methods=["POST"])
@requires("shipments:write")
@blueprint.arguments(ClaimDraftSchema, example=CLAIM)
@blueprint.response(201, ClaimSchema)
@once(made_at="/v1/claims/{id}")
def open_claim(_: Run, draft: ClaimDraft, shipment_id: str) -> Response:
    """Open a claim about a shipment; one of a kind for each. 409 where nothing of the kind can have happened."""
    return answer(shape(services().claims.open(_holder(), caller().mode, shipment_id, draft)), 201)


@blueprint.route("/claims")
@requires("shipments:read")
@blueprint.arguments(ClaimsQuerySchema, location="query")
@blueprint.response(200, ClaimListSchema)
def list_claims(query: dict[str, Any]) -> Response:
    """Claims, newest first."""
    state = ClaimState(query["state"]) if query["state"] else None
    found = services().claims.list(caller().merchant_id, caller().mode, state, query["limit"], query["cursor"])
    return page([shape(each) for each in found.items], found.next_cursor)


@blueprint.route("/claims/<claim_id>")
@requires("shipments:read")
@blueprint.response(200, ClaimSchema)
def get_claim(claim_id: str) -> Response:
    """One claim."""
    return answer(shape(services().claims.get(caller().merchant_id, caller().mode, claim_id)))


@blueprint.route("/claims/<claim_id>/evidence", methods=["POST"])
@requires("shipments:write")
@blueprint.arguments(EvidenceSchema, example=EVIDENCE)
@blueprint.response(200, ClaimSchema)
@once()
def add_evidence(_: Run, given: dict[str, str], claim_id: str) -> Response:
    """Add what speaks for a claim."""
    claims = services().claims
    return answer(shape(claims.add_evidence(_holder(), caller().mode, claim_id, given["kind"], given["text"])))


@blueprint.route("/claims/<claim_id>/steps", methods=["POST"])
@requires("shipments:write")
@blueprint.arguments(StepSchema, example=STEP)
@blueprint.response(200, ClaimSchema)
@once()
def move_claim(_: Run, step: Step, claim_id: str) -> Response:
    """Say what happened to a claim: submitted, decided, paid or withdrawn. 409 where that does not follow."""
    return answer(shape(services().claims.go_on(_holder(), caller().mode, claim_id, step)))


def shape(each: Claim) -> dict[str, Any]:
    """A claim as it is shown."""
    return {
        "id": each.id,
        "shipment_id": each.shipment_id,
        "carrier": each.carrier,
        "kind": each.kind.value,
        "state": each.state.value,
        "next": [state.value for state in NEXT[each.state]],
        "amount": money(each.amount),
        "awarded": money(each.awarded),
        "paid": money(each.paid),
        "decision": each.decision or None,
        "reference": each.reference or None,
        "note": each.note,
        "evidence": [
            {
                "at": piece.at,
                "who": piece.who,
                "kind": piece.kind,
                "text": piece.text,
                "file": piece.file.name if piece.file else None,
            }
            for piece in each.evidence
        ],
        "opened_by": each.opened_by,
        "created_at": each.created_at,
        "submit_by": each.submit_by,
        "submit_by_why": each.submit_by_why,
        "submitted_at": each.submitted_at,
        "decided_at": each.decided_at,
        "paid_at": each.paid_at,
    }


def _holder() -> KeyHolder:
    return KeyHolder(merchant_id=caller().merchant_id, key_id=caller().key_id)
