"""Events, trackers, scans and delivery windows, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from gateway.api.schemas.fields import (
    NAME,
    Given,
    Shown,
    coded,
    counted,
    cursor,
    degrees,
    happened,
    moment,
    text,
    whole,
    word,
)
from gateway.api.schemas.proofs import ProofSchema
from gateway.api.schemas.values import COUNTRY
from gateway.domain.eta import EtaSource
from gateway.domain.plausibility import KINDS
from gateway.domain.tracking import Leg, Place, Source, reasons, statuses
from gateway.services.scans import Scan

STATUSES = list(statuses())
RESPONSIBLE = sorted({each.attributable_to for each in reasons().values()})
ACTORS = sorted({each.action_required_by for each in reasons().values()})
AT_ONCE = 500


def attributable() -> Any:
    """Who caused it."""
    return word(RESPONSIBLE, "Who caused the reason.", required=True)


def action_required() -> Any:
    """Who must act."""
    return word(ACTORS, "Who must act next.", required=True)


class PageSchema(Given):
    """How much of a list."""

    limit = counted(1, 200, load_default=50)
    cursor = cursor()


class PlaceSchema(Given):
    """Where a scan happened."""

    city = text(100, allow_none=True)
    postal_code = text(16, allow_none=True)
    country = coded(COUNTRY, "ISO 3166-1 alpha-2.", allow_none=True)
    facility = text(100, allow_none=True)
    latitude = degrees(90)
    longitude = degrees(180)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Place:
        """To the domain's Place."""
        return Place(**data)


class EventSchema(Shown):
    """One scan."""

    id = fields.String(required=True)
    occurred_at = fields.AwareDateTime(required=True)
    claimed_at = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "The time that was told, where it could not be and `occurred_at` is another (ISO 8601)."
        },
    )
    late = fields.Boolean(required=True, metadata={"description": "It came behind a final status and moved nothing."})
    received_at = fields.AwareDateTime(required=True, allow_none=True)
    status = word(STATUSES, required=True)
    reason = fields.String(required=True)
    phase = fields.String(required=True)
    attributable_to = attributable()
    action_required_by = action_required()
    correction = fields.Boolean(
        required=True, metadata={"description": "A person's word, made by POST .../corrections."}
    )
    withdraws = fields.String(
        required=True, allow_none=True, metadata={"description": "The id of a correction that counts no more."}
    )
    carrier_code = fields.String(required=True, allow_none=True, metadata={"description": "The carrier's own word."})
    description = fields.String(required=True, allow_none=True)
    source = word([source.value for source in Source], required=True, allow_none=True)
    leg = word([leg.value for leg in Leg], required=True)
    piece = fields.String(required=True, allow_none=True)
    place = fields.Nested(PlaceSchema, required=True, allow_none=True)
    occurred_at_local = fields.String(required=True, allow_none=True)
    tz_source = fields.String(required=True)


class EventListSchema(Shown):
    """A shipment's events, oldest first."""

    data = fields.List(fields.Nested(EventSchema), required=True)


class PromiseSchema(Shown):
    """What was promised when it was booked."""

    deliver_by = fields.AwareDateTime(required=True, allow_none=True)


class EtaSchema(Shown):
    """When it is expected: by `latest` in nine of ten cases, before `earliest` in one. It moves, the promise not."""

    earliest = fields.AwareDateTime(required=True)
    latest = fields.AwareDateTime(required=True)
    source = word(
        [source.value for source in EtaSource],
        "The carrier's own estimate, what finished shipments taught, or the promise for want of both.",
        required=True,
    )
    updated_at = fields.AwareDateTime(required=True)


class FollowSchema(Given):
    """A number that was not booked here, and the account whose carrier knows it."""

    account = text(64, "The account's name or id.", least=1, required=True)
    tracking_number = coded(r"^[A-Za-z0-9_.-]{3,64}$", required=True)
    deliver_by = moment("By when you promised it to your buyer. The first one stays; you are told when it is at risk.")


class TrackerSchema(Shown):
    """A number we follow."""

    id = fields.String(required=True)
    account_id = fields.String(required=True)
    carrier = fields.String(required=True)
    tracking_number = fields.String(required=True)
    shipment_id = fields.String(required=True, allow_none=True)
    status = word(STATUSES, required=True)
    reason = fields.String(required=True)
    phase = fields.String(required=True)
    attempts = fields.Integer(required=True)
    delivered_at = fields.AwareDateTime(required=True, allow_none=True)
    estimated_delivery_at = fields.AwareDateTime(required=True, allow_none=True)
    promise = fields.Nested(PromiseSchema, required=True)
    eta = fields.Nested(EtaSchema, required=True, allow_none=True)
    alarms = fields.List(
        word(list(KINDS)), required=True, metadata={"description": "Kinds of open cases about its plausibility."}
    )
    created_at = fields.AwareDateTime(required=True)


class TrackerFileSchema(TrackerSchema):
    """A number we follow and everything that happened to it."""

    events = fields.List(fields.Nested(EventSchema), required=True)


class TrackerPageSchema(Shown):
    """One page of trackers."""

    data = fields.List(fields.Nested(TrackerSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ScanSchema(Given):
    """One scan of an own driver or depot. `event_id` is the client's and makes it harmless to send twice.

    The codes and details are in `carriers/own_fleet/statuses.csv`; one that is not there is kept as unknown.
    """

    event_id = text(64, "The device's own, the same each time it is sent.", least=1, required=True)
    tracking_number = text(64, least=1, required=True)
    code = text(64, least=1, required=True)
    detail = text(64, allow_none=True)
    occurred_at = happened()
    piece = text(64, allow_none=True)
    place = fields.Nested(PlaceSchema, allow_none=True, load_default=None)
    proof = fields.Nested(ProofSchema, allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Scan:
        """To a Scan."""
        return Scan(client_event_id=data.pop("event_id"), **data)


class ScansSchema(Given):
    """Scans of one fleet account, at most 500 at once."""

    account = text(64, "The account's name or id.", least=1, required=True)
    scans = fields.List(fields.Nested(ScanSchema), required=True, validate=validate.Length(min=1, max=AT_ONCE))


class ScanReportSchema(Shown):
    """How many scans were new, and the numbers nobody knows."""

    new = fields.Integer(required=True)
    unknown_tracking_numbers = fields.List(fields.String(), required=True)


class WindowOfferSchema(Given):
    """A delivery window for sale."""

    id = coded(r"^[A-Za-z0-9_.:-]{1,64}$", required=True)
    zone = coded(NAME, required=True)
    start = moment(required=True)
    end = moment(required=True)
    capacity = whole(0, 100_000, "How many parcels; what is booked stays.", required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Any:
        """(id, zone, start, end, capacity)."""
        if data["start"] >= data["end"]:
            raise ValidationError("A window ends after it starts.", "end")
        return tuple(data[name] for name in ("id", "zone", "start", "end", "capacity"))


class WindowsSchema(Given):
    """Delivery windows of a fleet account."""

    account = text(64, "The account's name or id.", least=1, required=True)
    windows = fields.List(fields.Nested(WindowOfferSchema), required=True, validate=validate.Length(min=1, max=AT_ONCE))
