"""Policies, dry runs and decisions, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from gateway.api.schemas.fields import Given, Shown, coded, counted, text, whole, word
from gateway.api.schemas.quotes import (
    CarrierResultSchema,
    LastResortSchema,
    OfferSchema,
    QuoteAskSchema,
)
from gateway.api.schemas.shipments import TenderSchema
from gateway.api.schemas.values import MoneySchema
from gateway.services.policies import Stage

LARGEST_VERSION = 2**31 - 1
STAGES = [stage.value for stage in Stage]
DATA = "`currency`, `score`, `rules` and more, as the page /docs/policies tells."


class PolicyWarningSchema(Shown):
    """What in a policy does not fit what there is. It is kept, for more may come."""

    pointer = fields.String(required=True, metadata={"description": "JSON pointer, beginning with /data."})
    code = word(
        ["unknown_account", "unknown_carrier", "unknown_zone", "unknown_facility", "shares_below_all"],
        "What does not fit.",
        required=True,
    )
    message = fields.String(required=True)


class PolicySchema(Shown):
    """One version of a policy. Version 0 is the one that came with the gateway."""

    name = fields.String(required=True)
    version = fields.Integer(required=True)
    stage = word(STAGES, "What this version is for; one that was live before is a draft again.", required=True)
    live_version = fields.Integer(required=True, allow_none=True, metadata={"description": "The one that decides."})
    shadow_version = fields.Integer(
        required=True, allow_none=True, metadata={"description": "The one on trial: judged beside it, without effect."}
    )
    data = fields.Dict(required=True)
    author = fields.String(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    warnings = fields.List(
        fields.Nested(PolicyWarningSchema), required=True, metadata={"description": "As of now, at most a hundred."}
    )


class PolicyQuerySchema(Given):
    """Which version."""

    version = counted(0, LARGEST_VERSION, "Left out: the newest.", load_default=None)


class PolicyPutSchema(Given):
    """A policy's next version."""

    data = fields.Dict(required=True, keys=fields.String(), metadata={"description": DATA})
    stage = word(STAGES, "What to do with it; left out: it decides from now on.", load_default=Stage.LIVE.value)


class PublicationSchema(Given):
    """Which version shall be for what: an older version made `live` is a rollback."""

    version = whole(0, LARGEST_VERSION, "One of the policy's versions.", required=True)
    stage = word(STAGES, "`draft` ends a trial.", required=True)
    note = text(300, "Why; kept with what was published when.")


class EvaluationAskSchema(Given):
    """What to judge: a shipment (carriers are asked for rates) or a stored quote; by which version."""

    shipment = fields.Nested(QuoteAskSchema, allow_none=True, load_default=None)
    quote_id = coded(r"^qte_[0-9A-Za-z]{1,40}$", "A quote whose offers are judged anew.", allow_none=True)
    version = whole(0, LARGEST_VERSION, "Left out: the one that decides.", allow_none=True, load_default=None)
    data = fields.Dict(
        keys=fields.String(),
        allow_none=True,
        load_default=None,
        metadata={"description": "A policy that is not saved, in place of a version."},
    )

    @validates_schema
    def one_of_each(self, given: dict[str, Any], **_: object) -> None:
        """One thing to judge, and at most one to judge by."""
        if (given.get("shipment") is None) == (not given.get("quote_id")):
            raise ValidationError("Give either a shipment or a quote_id.", "quote_id")
        if given.get("version") is not None and given.get("data") is not None:
            raise ValidationError("Give either a version or data.", "data")


class ScorePartSchema(Shown):
    """A line of a score, in minor units of the policy's currency."""

    part = fields.String(required=True)
    penalty = fields.Integer(required=True)


class JudgedOfferSchema(OfferSchema):
    """An offer with the lines of its score."""

    score_parts = fields.List(fields.Nested(ScorePartSchema), required=True)


class RunnerUpSchema(Shown):
    """The best of the others."""

    offer_id = fields.String(required=True)
    account = fields.String(required=True)
    lost_by = fields.Nested(
        MoneySchema, required=True, metadata={"description": "Negative when it ranked better, but did not take it."}
    )
    over = fields.List(
        fields.Nested(ScorePartSchema), required=True, metadata={"description": "The lines in which they differ."}
    )


class ShadowPlaceSchema(Shown):
    """What became of an offer under the version on trial."""

    offer_id = fields.String(required=True)
    rank = fields.Integer(required=True, allow_none=True)
    score = fields.Integer(required=True, allow_none=True)
    why = fields.String(required=True, allow_none=True, metadata={"description": "What dropped it."})


class ShadowSchema(Shown):
    """How the version on trial ranked the same offers. It had no effect."""

    policy_version = fields.Integer(required=True)
    offers = fields.List(fields.Nested(ShadowPlaceSchema), required=True)


class JudgementSchema(Shown):
    """Offers as a policy judged them."""

    policy = fields.String(required=True)
    policy_version = fields.Integer(required=True, allow_none=True)
    currency = fields.String(
        required=True, allow_none=True, metadata={"description": "Of scores; null for quotes of before it was kept."}
    )
    zone = fields.String(required=True, allow_none=True)
    offers = fields.List(fields.Nested(JudgedOfferSchema), required=True)
    last_resort = fields.Nested(LastResortSchema, required=True, allow_none=True)
    shadow = fields.Nested(ShadowSchema, required=True, allow_none=True)
    carrier_results = fields.List(fields.Nested(CarrierResultSchema), required=True)
    runner_up = fields.Nested(RunnerUpSchema, required=True, allow_none=True)
    sentences = fields.List(
        fields.String(), required=True, metadata={"description": "The decision told, as `gateway why` prints it."}
    )


class DecisionSchema(JudgementSchema):
    """Why this carrier: every offer, every rule's sentence, the runner-up, every tender."""

    shipment_id = fields.String(required=True)
    quote_id = fields.String(required=True)
    chosen_offer_id = fields.String(required=True, allow_none=True)
    tenders = fields.List(fields.Nested(TenderSchema), required=True)


class MatchedRuleSchema(Shown):
    """A rule that applied, and to how many offers."""

    rule = fields.String(required=True)
    offers = fields.Integer(required=True)


class EvaluationSchema(JudgementSchema):
    """What a policy would do. Nothing is stored and nothing is booked."""

    recommended_offer_id = fields.String(required=True, allow_none=True)
    matched_rules = fields.List(fields.Nested(MatchedRuleSchema), required=True)
    warnings = fields.List(
        fields.Nested(PolicyWarningSchema), required=True, metadata={"description": "Of `data`, where it was given."}
    )
