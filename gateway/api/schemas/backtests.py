"""Backtests, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from gateway.api.schemas.fields import Given, Shown, text, whole, word
from gateway.api.schemas.policies import LARGEST_VERSION
from gateway.domain.backtests import BacktestState

MOST_CARD = 1_000_000
STATES = [state.value for state in BacktestState]


class CardTrialSchema(Given):
    """Prices of one account by a card that need not be imported."""

    account = text(64, "Its name or id.", least=1, required=True)
    text = fields.String(
        required=True, validate=validate.Length(min=1, max=MOST_CARD), metadata={"description": "The CSV."}
    )


class BacktestAskSchema(Given):
    """A period to replay, by which version, and beside what."""

    since = fields.AwareDateTime(required=True, metadata={"description": "Booked from then on."})
    until = fields.AwareDateTime(required=True, metadata={"description": "Booked before that; at most 400 days later."})
    version = whole(0, LARGEST_VERSION, "Left out: the one that decides.", allow_none=True, load_default=None)
    data = fields.Dict(
        keys=fields.String(),
        allow_none=True,
        load_default=None,
        metadata={"description": "A policy that is not saved, in place of a version."},
    )
    against = whole(
        0,
        LARGEST_VERSION,
        "The version to compare with, judged on the same offers; left out: what was booked.",
        allow_none=True,
        load_default=None,
    )
    rate_card = fields.Nested(CardTrialSchema, allow_none=True, load_default=None)

    @validates_schema
    def one_of_each(self, given: dict[str, Any], **_: object) -> None:
        """At most one candidate."""
        if given.get("version") is not None and given.get("data") is not None:
            raise ValidationError("Give either a version or data.", "data")


class BacktestSchema(Shown):
    """A backtest: how far it is, and what came of it."""

    id = fields.String(required=True)
    policy = fields.String(required=True)
    state = word(STATES, "`failed` says `why`.", required=True)
    done = fields.Integer(required=True, metadata={"description": "Steps: each shipment is read once, judged once."})
    total = fields.Integer(required=True, metadata={"description": "0 until it has begun."})
    why = fields.String(required=True, allow_none=True)
    result = fields.Dict(
        required=True,
        allow_none=True,
        metadata={
            "description": "When it is done. `measures`: cost (minor units of `currency`) and co2e (g) in total, "
            "promise_s (seconds) and late (parts of 10,000) on average; each with `then`, `now`, `difference`, the "
            "95 % interval of the difference from `low` to `high`, and on how many shipments it rests (`n`). "
            "`accounts`, `zones`, `weeks` and `flows` tell the same of parts; `changes` are shipments that move, "
            "with both reasons."
        },
    )
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)
