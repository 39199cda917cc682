"""Claims in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load

from gateway.api.schemas.fields import Given, Shown, counted, cursor, moment, text, word
from gateway.api.schemas.values import MoneySchema
from gateway.domain.claims import EVIDENCE_KINDS, ClaimKind, ClaimState
from gateway.services.claims import ClaimDraft, Step

KINDS = [kind.value for kind in ClaimKind]
STATES = [state.value for state in ClaimState]
DECISIONS = ["granted", "partly", "refused"]


def _money(what: str) -> fields.Nested:
    return fields.Nested(MoneySchema, load_default=None, allow_none=True, metadata={"description": what})


class ClaimDraftSchema(Given):
    """What went wrong. Loss is of what was not delivered; missing content and misdelivery of what was."""

    kind = word(KINDS, required=True)
    amount = _money("What is asked for; needed when it is submitted.")
    note = text(2000, allow_none=True)
    submit_by = moment("Where your contract says otherwise than what is known of the carrier.", allow_none=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> ClaimDraft:
        """To a ClaimDraft."""
        return ClaimDraft(**{**data, "kind": ClaimKind(data["kind"])})


class EvidenceSchema(Given):
    """One thing that speaks for a claim."""

    kind = word(list(EVIDENCE_KINDS), required=True)
    text = text(1000, "What it says, or where it is.", least=1, required=True)


class StepSchema(Given):
    """What happened to a claim. Decided ones may be submitted again: an objection."""

    to = word([state for state in STATES if state != "open"], required=True)
    amount = _money("With `submitted`: what is asked for, if it was not said before.")
    reference = text(100, "With `submitted`: the carrier's number of it.", allow_none=True)
    decision = word(DECISIONS, "With `decided`.", load_default="")
    awarded = _money("With `decided`: what the carrier grants; left out with `granted`: all.")
    paid = _money("With `paid`: what has come; left out: what was granted.")
    note = text(2000, "With `withdrawn`: why.", allow_none=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Step:
        """To a Step."""
        return Step(**{**data, "to": ClaimState(data["to"])})


class ClaimsQuerySchema(Given):
    """Which claims."""

    state = word(STATES, load_default=None)
    limit = counted(1, 100, load_default=20)
    cursor = cursor()


class EvidenceShownSchema(Shown):
    """One thing that speaks for a claim, and who said so."""

    at = fields.AwareDateTime(required=True)
    who = fields.String(required=True)
    kind = fields.String(required=True)
    text = fields.String(required=True)
    file = fields.String(
        required=True, allow_none=True, metadata={"description": "What a file sent at the console is called."}
    )


class ClaimSchema(Shown):
    """A claim against a carrier."""

    id = fields.String(required=True)
    shipment_id = fields.String(required=True)
    carrier = fields.String(required=True)
    kind = word(KINDS, required=True)
    state = word(STATES, required=True)
    next = fields.List(fields.String(), required=True, metadata={"description": "States that may follow."})
    amount = fields.Nested(MoneySchema, required=True, allow_none=True)
    awarded = fields.Nested(MoneySchema, required=True, allow_none=True)
    paid = fields.Nested(MoneySchema, required=True, allow_none=True)
    decision = fields.String(required=True, allow_none=True, metadata={"description": ", ".join(DECISIONS)})
    reference = fields.String(required=True, allow_none=True)
    note = fields.String(required=True)
    evidence = fields.List(fields.Nested(EvidenceShownSchema), required=True)
    opened_by = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    submit_by = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "Null until what it counts from has happened."}
    )
    submit_by_why = fields.String(required=True, metadata={"description": "The source of the deadline."})
    submitted_at = fields.AwareDateTime(required=True, allow_none=True)
    decided_at = fields.AwareDateTime(required=True, allow_none=True)
    paid_at = fields.AwareDateTime(required=True, allow_none=True)


class ClaimListSchema(Shown):
    """A page of claims, newest first."""

    data = fields.List(fields.Nested(ClaimSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
