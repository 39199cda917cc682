"""Carriers, accounts and API keys, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, missing, post_load, validate

from gateway.api.schemas.fields import NAME, Given, Shown, coded, entries, flag, moment, text, word
from gateway.services.accounts import AccountDraft
from gateway.services.keys import SCOPES

LONGEST_URL = 2048
LONGEST_SECRET = 8192


class CarrierSchema(Shown):
    """An installed carrier."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    countries = fields.List(fields.String(), required=True)
    capabilities = fields.List(fields.String(), required=True)
    services = fields.List(fields.String(), required=True)
    limits = fields.Dict(required=True)
    features = fields.List(fields.String(), required=True)
    secrets = fields.Dict(required=True, metadata={"description": "Secrets that an account needs: name, what it is."})
    options = fields.Dict(required=True, metadata={"description": "Options an account may have: name, what it is."})
    grade = word(
        ["none", "bronze", "silver", "gold"],
        "Computed by the conformance kit, not claimed; null until the worker has done it.",
        required=True,
        allow_none=True,
    )


class CarrierListSchema(Shown):
    """The installed carriers."""

    data = fields.List(fields.Nested(CarrierSchema), required=True)


class AccountDraftSchema(Given):
    """What to change of an account; what is left out stays as it is. Secrets are never given back."""

    name = coded(NAME, "Yours to choose.", load_default=missing)
    carrier = coded(NAME, "A code of /v1/carriers; an account stays with its carrier.", load_default=missing)
    urls = entries(
        fields.Url(require_tld=False, schemes={"http", "https"}, validate=validate.Length(max=LONGEST_URL)),
        "Only where they differ from the carrier's usual ones.",
    )
    secrets = entries(
        fields.String(validate=validate.Length(min=1, max=LONGEST_SECRET)), "Those that are not named stay."
    )
    options = entries(fields.Raw(allow_none=True), "See /v1/carriers.")
    enabled = flag()

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> AccountDraft:
        """To an AccountDraft."""
        return AccountDraft(**data)


class NewAccountSchema(AccountDraftSchema):
    """A new carrier account, in the mode of the key; secrets are never given back."""

    name = coded(NAME, "Yours to choose.", required=True)
    carrier = coded(NAME, "A code of /v1/carriers.", required=True)


class PollingSchema(Shown):
    """What of the account's daily calls for tracking is spent. They are spread over the carrier's day."""

    daily_budget = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Null: no limit, and nothing is counted."}
    )
    day = fields.Date(required=True, allow_none=True, metadata={"description": "Today where the carrier is."})
    spent = fields.Integer(required=True)
    resting_until = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "The carrier wants no polling until then."}
    )


class AccountSchema(Shown):
    """A carrier account; of its secrets only the names."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    carrier = fields.String(required=True)
    mode = word(["test", "live"], required=True)
    urls = fields.Dict(required=True)
    secrets = fields.List(fields.String(), required=True)
    missing_secrets = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Without these its carrier cannot be asked: the account offers nothing."},
    )
    options = fields.Dict(required=True)
    enabled = fields.Boolean(required=True)
    version = fields.Integer(required=True)
    webhook_url = fields.String(required=True, metadata={"description": "Where the carrier shall push its events."})
    resting_until = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "Not asked until then: it failed too often."}
    )
    resting_why = fields.String(required=True, allow_none=True)
    polling = fields.Nested(PollingSchema, required=True)
    created_at = fields.AwareDateTime(required=True)


class AccountListSchema(Shown):
    """The merchant's accounts, by name."""

    data = fields.List(fields.Nested(AccountSchema), required=True)


class ProbeSchema(Shown):
    """Whether the account works, in one sentence."""

    ok = fields.Boolean(required=True)
    code = fields.String(required=True)
    why = fields.String(required=True)


class NewKeySchema(Given):
    """A key to be made, in the mode of the key that makes it."""

    name = text(100, "What it is for.", least=1, required=True)
    scopes = fields.List(word(list(SCOPES)), required=True, validate=validate.Length(min=1, max=len(SCOPES)))
    expires_at = moment(allow_none=True)


class KeySchema(Shown):
    """An API key without its secret."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    prefix = fields.String(required=True)
    mode = word(["test", "live"], required=True)
    scopes = fields.List(fields.String(), required=True)
    created_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True, allow_none=True)
    revoked_at = fields.AwareDateTime(required=True, allow_none=True)
    last_used_at = fields.AwareDateTime(required=True, allow_none=True)


class MadeKeySchema(KeySchema):
    """A new API key: the only answer that shows it."""

    key = fields.String(required=True)


class KeyListSchema(Shown):
    """The merchant's keys."""

    data = fields.List(fields.Nested(KeySchema), required=True)
