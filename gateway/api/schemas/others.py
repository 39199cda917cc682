"""Trackers, scans, accounts, policies, keys, webhook endpoints: in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from gateway.api.schemas.quotes import NAME
from gateway.api.schemas.values import text, whole
from gateway.domain.tracking import Place, ProofOfDelivery
from gateway.services.accounts import AccountDraft
from gateway.services.fleet import Scan
from gateway.services.keys import SCOPES


class PageSchema(Schema):
    """How much of a list."""

    limit = whole(least=1, most=200, load_default=50)
    cursor = fields.String(load_default=None, validate=validate.Length(max=200))


class PlaceSchema(Schema):
    """Where a scan happened."""

    city = text(100)
    postal_code = text(16)
    country = text(2)
    facility = text(100)
    latitude = fields.Float(allow_none=True, validate=validate.Range(min=-90, max=90))
    longitude = fields.Float(allow_none=True, validate=validate.Range(min=-180, max=180))

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Place:
        """To the domain's Place."""
        return Place(**data)


class EventSchema(Schema):
    """One scan."""

    id = fields.String(required=True)
    occurred_at = fields.AwareDateTime(required=True)
    received_at = fields.AwareDateTime(required=True, allow_none=True)
    status = fields.String(required=True)
    reason = fields.String(required=True)
    phase = fields.String(required=True)
    carrier_code = fields.String(required=True, allow_none=True)
    description = fields.String(required=True, allow_none=True)
    source = fields.String(required=True, allow_none=True)
    leg = fields.String(required=True)
    piece = fields.String(required=True, allow_none=True)
    place = fields.Dict(required=True, allow_none=True)
    occurred_at_local = fields.String(required=True, allow_none=True)
    tz_source = fields.String(required=True)


class EventListSchema(Schema):
    """A shipment's events, oldest first."""

    data = fields.List(fields.Nested(EventSchema), required=True)


class FollowSchema(Schema):
    """A number that was not booked here, and the account (name or id) whose carrier knows it."""

    account = fields.String(required=True, validate=validate.Length(min=1, max=64))
    tracking_number = fields.String(required=True, validate=validate.Regexp(r"^[A-Za-z0-9_.-]{3,64}$"))


class TrackerSchema(Schema):
    """A number we follow."""

    id = fields.String(required=True)
    account_id = fields.String(required=True)
    carrier = fields.String(required=True)
    tracking_number = fields.String(required=True)
    shipment_id = fields.String(required=True, allow_none=True)
    status = fields.String(required=True)
    reason = fields.String(required=True)
    phase = fields.String(required=True)
    attempts = fields.Integer(required=True)
    delivered_at = fields.AwareDateTime(required=True, allow_none=True)
    estimated_delivery_at = fields.AwareDateTime(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    events = fields.List(fields.Nested(EventSchema))


class TrackerPageSchema(Schema):
    """One page of trackers."""

    data = fields.List(fields.Nested(TrackerSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ProofSchema(Schema):
    """What the driver collected at the door; images by link."""

    received_by = text(100)
    relationship = text(64)
    signature_url = text(2048)
    photo_url = text(2048)
    pin_matched = fields.Boolean(allow_none=True, truthy={True}, falsy={False})
    min_age_verified = whole(least=1, most=120, allow_none=True)
    latitude = fields.Float(allow_none=True, validate=validate.Range(min=-90, max=90))
    longitude = fields.Float(allow_none=True, validate=validate.Range(min=-180, max=180))

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> ProofOfDelivery:
        """To the domain's ProofOfDelivery."""
        return ProofOfDelivery(**data)


class ScanSchema(Schema):
    """One scan of an own driver or depot. `event_id` is the client's and makes it harmless to send twice.

    The codes and details are in `carriers/own_fleet/statuses.csv`; one that is not there is kept as unknown.
    """

    event_id = fields.String(required=True, validate=validate.Length(min=1, max=64), attribute="client_event_id")
    tracking_number = fields.String(required=True, validate=validate.Length(min=1, max=64))
    code = fields.String(required=True, validate=validate.Length(min=1, max=64))
    detail = text(64)
    occurred_at = fields.AwareDateTime(required=True, format="iso")
    piece = text(64)
    place = fields.Nested(PlaceSchema, allow_none=True, load_default=None)
    proof = fields.Nested(ProofSchema, allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Scan:
        """To a Scan."""
        return Scan(**data)


class ScansSchema(Schema):
    """Scans of one fleet account (name or id), at most 500 at once."""

    account = fields.String(required=True, validate=validate.Length(min=1, max=64))
    scans = fields.List(fields.Nested(ScanSchema), required=True, validate=validate.Length(min=1, max=500))


class ScanReportSchema(Schema):
    """How many scans were new, and the numbers nobody knows."""

    new = fields.Integer(required=True)
    unknown_tracking_numbers = fields.List(fields.String(), required=True)


class WindowOfferSchema(Schema):
    """A delivery window for sale."""

    id = fields.String(required=True, validate=validate.Regexp(r"^[A-Za-z0-9_.:-]{1,64}$"))
    zone = fields.String(required=True, validate=validate.Regexp(NAME))
    start = fields.AwareDateTime(required=True, format="iso")
    end = fields.AwareDateTime(required=True, format="iso")
    capacity = whole(least=0, most=100_000, required=True)


class WindowsSchema(Schema):
    """Delivery windows of a fleet account (name or id)."""

    account = fields.String(required=True, validate=validate.Length(min=1, max=64))
    windows = fields.List(fields.Nested(WindowOfferSchema), required=True, validate=validate.Length(min=1, max=500))


class AccountDraftSchema(Schema):
    """A carrier account as a merchant gives it; secrets are never given back."""

    name = fields.String(validate=validate.Regexp(NAME))
    carrier = fields.String(validate=validate.Regexp(NAME))
    urls = fields.Dict(keys=fields.String(), values=fields.Url(require_tld=False, schemes={"http", "https"}))
    secrets = fields.Dict(keys=fields.String(), values=fields.String(validate=validate.Length(min=1, max=4096)))
    options = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))
    enabled = fields.Boolean(truthy={True}, falsy={False})

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> AccountDraft:
        """To an AccountDraft."""
        return AccountDraft(**data)


class NewAccountSchema(AccountDraftSchema):
    """A new account needs a name and a carrier."""

    name = fields.String(required=True, validate=validate.Regexp(NAME))
    carrier = fields.String(required=True, validate=validate.Regexp(NAME))


class AccountSchema(Schema):
    """A carrier account; of its secrets only the names."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    carrier = fields.String(required=True)
    mode = fields.String(required=True)
    urls = fields.Dict(required=True)
    secrets = fields.List(fields.String(), required=True)
    options = fields.Dict(required=True)
    enabled = fields.Boolean(required=True)
    version = fields.Integer(required=True)
    webhook_url = fields.String(required=True)
    resting_until = fields.AwareDateTime(required=True, allow_none=True)
    resting_why = fields.String(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)


class AccountListSchema(Schema):
    """The merchant's accounts, by name."""

    data = fields.List(fields.Nested(AccountSchema), required=True)


class ProbeSchema(Schema):
    """Whether the account works, in one sentence."""

    ok = fields.Boolean(required=True)
    code = fields.String(required=True)
    why = fields.String(required=True)


class CarrierSchema(Schema):
    """An installed carrier."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    countries = fields.List(fields.String(), required=True)
    capabilities = fields.List(fields.String(), required=True)
    services = fields.List(fields.String(), required=True)
    limits = fields.Dict(required=True)
    features = fields.List(fields.String(), required=True)
    secrets = fields.Dict(required=True)
    options = fields.Dict(required=True)
    grade = fields.String(required=True)


class CarrierListSchema(Schema):
    """The installed carriers."""

    data = fields.List(fields.Nested(CarrierSchema), required=True)


class PolicySchema(Schema):
    """One version of a policy. `data` is what `config/policies.toml` holds for one: currency and rules."""

    name = fields.String(required=True)
    version = fields.Integer(required=True)
    data = fields.Dict(required=True)
    created_at = fields.AwareDateTime(required=True)


class PolicyPutSchema(Schema):
    """A policy's next version."""

    data = fields.Dict(required=True, keys=fields.String())


class NewKeySchema(Schema):
    """A key to be made, in the mode of the key that makes it."""

    name = fields.String(required=True, validate=validate.Length(min=1, max=100))
    scopes = fields.List(
        fields.String(validate=validate.OneOf(SCOPES)), required=True, validate=validate.Length(min=1, max=len(SCOPES))
    )
    expires_at = fields.AwareDateTime(format="iso", allow_none=True, load_default=None)


class KeySchema(Schema):
    """An API key. `key` is there once, in the answer that makes it."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    prefix = fields.String(required=True)
    mode = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    created_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True, allow_none=True)
    revoked_at = fields.AwareDateTime(required=True, allow_none=True)
    last_used_at = fields.AwareDateTime(required=True, allow_none=True)
    key = fields.String()


class KeyListSchema(Schema):
    """The merchant's keys."""

    data = fields.List(fields.Nested(KeySchema), required=True)


class NewEndpointSchema(Schema):
    """Where to send webhooks, and which types (empty: all)."""

    url = fields.String(required=True, validate=validate.Length(min=8, max=2048))
    types = fields.List(fields.String(), load_default=list, validate=validate.Length(max=50))


class EndpointSchema(Schema):
    """A webhook endpoint. `secret` is there once, in the answer that makes it."""

    id = fields.String(required=True)
    url = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    state = fields.String(required=True)
    why = fields.String(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    secret = fields.String()


class EndpointListSchema(Schema):
    """The merchant's endpoints."""

    data = fields.List(fields.Nested(EndpointSchema), required=True)


class DeliverySchema(Schema):
    """One message on its way to one endpoint."""

    id = fields.String(required=True)
    message_id = fields.String(required=True)
    state = fields.String(required=True)
    attempts = fields.Integer(required=True)
    last_status = fields.Integer(required=True, allow_none=True)
    last_error = fields.String(required=True, allow_none=True)
    due_at = fields.AwareDateTime(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    body = fields.Dict(required=True)


class DeliveryPageSchema(Schema):
    """One page of deliveries."""

    data = fields.List(fields.Nested(DeliverySchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ProblemErrorSchema(Schema):
    """One thing wrong with one field."""

    pointer = fields.String(required=True)
    code = fields.String(required=True)
    message = fields.String(required=True)


class ProblemSchema(Schema):
    """A problem document (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    code = fields.String(required=True)
    request_id = fields.String(required=True)
    errors = fields.List(fields.Nested(ProblemErrorSchema))
    carrier = fields.String()
    carrier_code = fields.String(allow_none=True)
    carrier_message = fields.String(allow_none=True)
    retryable = fields.Boolean()
    tenders = fields.List(fields.Dict())
    shipment_id = fields.String()
