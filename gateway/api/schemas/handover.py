"""Service points, pickups and manifests in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from gateway.api.schemas.fields import Given, Shown, coded, counted, cursor, day, moment, text, word
from gateway.api.schemas.quotes import CarrierResultSchema
from gateway.api.schemas.values import COUNTRY, AddressSchema
from gateway.domain.handovers import ManifestState, PickupState
from gateway.domain.values import Address
from gateway.services.pickups import PickupWish
from gateway.services.service_points import PointSearch

MOST_ACCOUNTS = 50
LONGEST_REFERENCE = 64
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PICKUP_STATES = [state.value for state in PickupState]
MANIFEST_STATES = [state.value for state in ManifestState]
ACCOUNTS = "Names or ids of accounts; left out: all."


class PointQuerySchema(Given):
    """Where to look: a country with a postcode, coordinates, or both."""

    country = coded(COUNTRY, "ISO 3166-1 alpha-2.", error="ISO 3166-1 alpha-2, such as NO.", required=True)
    postal_code = text(16, "Needed unless coordinates are given.")
    city = text(100)
    street1 = text(100, "Street and number: carriers measure from there where they can.")
    latitude = fields.Float(load_default=None, validate=validate.Range(min=-90, max=90))
    longitude = fields.Float(load_default=None, validate=validate.Range(min=-180, max=180))
    radius_m = counted(100, 100_000, "How far, in metres.", load_default=5000)
    limit = counted(1, 100, load_default=20)
    account = text(64, "Only this account; left out: all.")
    deadline_ms = counted(50, 30_000, "How long to wait for carriers; slower ones are left out.", load_default=None)

    @validates_schema
    def somewhere(self, data: dict[str, Any], **_: object) -> None:
        """A postcode or both coordinates."""
        latitude, longitude = data["latitude"], data["longitude"]
        if (latitude is None) != (longitude is None):
            missing = "latitude" if latitude is None else "longitude"
            raise ValidationError("Coordinates are two numbers.", missing)
        if latitude is None and not data["postal_code"]:
            raise ValidationError("Give a postcode or coordinates.", "postal_code")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> PointSearch:
        """To a PointSearch."""
        wanted = {name: data.pop(name) for name in ("radius_m", "limit", "account", "deadline_ms")}
        return PointSearch(near=Address(**data), **wanted)


class OpeningSchema(Shown):
    """When it is open, by the clock on its wall. Several spans of a day are several of these."""

    weekday = word(list(WEEKDAYS), required=True)
    opens = fields.String(required=True, metadata={"description": "24-hour clock, such as 08:00."})
    closes = fields.String(required=True, metadata={"description": "24:00 is midnight at the day's end."})


class ServicePointSchema(Shown):
    """A shop or locker where a recipient collects. The same shop of two carriers is two of these."""

    id = fields.String(required=True, metadata={"description": "What `service_point` of a quote or booking takes."})
    carrier = fields.String(required=True)
    accounts = fields.List(
        fields.String(), required=True, metadata={"description": "By which it can be booked, by name."}
    )
    name = fields.String(required=True)
    kind = fields.String(required=True)
    address = fields.Nested(AddressSchema, required=True)
    distance_m = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "As the carrier says, else as the crow flies; null where neither is known."},
    )
    opening_hours = fields.List(fields.Nested(OpeningSchema), required=True)
    max_parcel_mm = fields.List(
        fields.Integer(),
        required=True,
        allow_none=True,
        metadata={"description": "Length, width, height of the largest parcel it takes, where known."},
    )


class FoundPointsSchema(Shown):
    """Service points, nearest first, and how each account answered."""

    data = fields.List(fields.Nested(ServicePointSchema), required=True)
    carrier_results = fields.List(fields.Nested(CarrierResultSchema), required=True)


class PickupAskSchema(Given):
    """When the day's parcels can be collected. One pickup per account and door where some wait."""

    ready_at = moment("From when; the day is its date, by the offset you give.", required=True)
    closes_at = moment("Until when somebody is there to hand over; within a day of `ready_at`.", required=True)
    accounts = fields.List(text(64), load_default=list, validate=validate.Length(max=MOST_ACCOUNTS))
    origin = fields.Nested(AddressSchema, allow_none=True, load_default=None)
    instructions = text(280, "For the courier: which door, which bell.", allow_none=True)

    @validates_schema
    def in_order(self, data: dict[str, Any], **_: object) -> None:
        """It closes after it opens, and not days later."""
        open_s = (data["closes_at"] - data["ready_at"]).total_seconds()
        if not 0 < open_s <= 24 * 3600:
            raise ValidationError("Comes after ready_at, within a day.", "closes_at")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> PickupWish:
        """To a PickupWish."""
        return PickupWish(**{**data, "accounts": tuple(data["accounts"])})


class PickupSchema(Shown):
    """A collection ordered from one account at one door on one day."""

    id = fields.String(required=True)
    account = fields.String(required=True)
    carrier = fields.String(required=True)
    state = word(PICKUP_STATES, "`uncertain`: ask the carrier, then POST …/resolve.", required=True)
    why = fields.String(required=True, allow_none=True)
    day = fields.Date(required=True)
    ready_at = fields.AwareDateTime(required=True)
    closes_at = fields.AwareDateTime(required=True)
    origin = fields.Nested(AddressSchema, required=True)
    parcels = fields.Integer(required=True)
    weight_g = fields.Integer(required=True)
    carrier_reference = fields.String(required=True, allow_none=True)
    earliest = fields.AwareDateTime(required=True, allow_none=True)
    latest = fields.AwareDateTime(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)


class PickupFileSchema(PickupSchema):
    """A pickup with the shipments it was ordered for."""

    shipments = fields.List(fields.String(), required=True, metadata={"description": "Their ids."})


class OrderedPickupsSchema(Shown):
    """The day's pickups, old and new, and how each account answered."""

    data = fields.List(fields.Nested(PickupFileSchema), required=True)
    carrier_results = fields.List(fields.Nested(CarrierResultSchema), required=True)


class PickupPageSchema(Shown):
    """One page of pickups."""

    data = fields.List(fields.Nested(PickupSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class HandoverSearchSchema(Given):
    """What a list is narrowed by."""

    day = day()
    account = text(64, "An account's name.")
    limit = counted(1, 200, load_default=50)
    cursor = cursor()


class PickupSearchSchema(HandoverSearchSchema):
    """What a list of pickups is narrowed by."""

    state = word(PICKUP_STATES, load_default=str)


class ManifestSearchSchema(HandoverSearchSchema):
    """What a list of manifests is narrowed by."""

    state = word(MANIFEST_STATES, load_default=str)


class _SettledSchema(Given):
    """A person's word on something whose outcome is unknown."""

    carrier_reference = text(LONGEST_REFERENCE, "The carrier's number of it; needed when it exists.", allow_none=True)
    note = text(500, "Who found out, and how.", least=3, required=True)

    @validates_schema
    def numbered(self, data: dict[str, Any], **_: object) -> None:
        """What exists has a number; what does not has none."""
        exists = not data["outcome"].startswith("not_")
        if exists != bool(data["carrier_reference"]):
            raise ValidationError("Give it if, and only if, the carrier has it.", "carrier_reference")


class PickupResolveSchema(_SettledSchema):
    """A person's word on a pickup whose outcome is unknown."""

    outcome = word(["scheduled", "not_scheduled"], required=True)


class ManifestResolveSchema(_SettledSchema):
    """A person's word on a manifest whose outcome is unknown."""

    outcome = word(["closed", "not_closed"], required=True)


class ManifestAskSchema(Given):
    """Close the day."""

    day = day("Left out: each carrier's own today.", allow_none=True)
    accounts = fields.List(text(64), load_default=list, validate=validate.Length(max=MOST_ACCOUNTS))


class ManifestSchema(Shown):
    """A day's end with one account."""

    id = fields.String(required=True)
    account = fields.String(required=True)
    carrier = fields.String(required=True)
    day = fields.Date(required=True)
    by = word(["carrier", "list"], "Who wrote it: the carrier's API, or we.", required=True)
    state = word(MANIFEST_STATES, "`uncertain`: ask the carrier, then POST …/resolve.", required=True)
    why = fields.String(required=True, allow_none=True)
    carrier_reference = fields.String(required=True, allow_none=True)
    tracking_numbers = fields.List(fields.String(), required=True)
    document = fields.String(
        required=True, allow_none=True, metadata={"description": "Where the PDF is, once it is closed."}
    )
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)


class ManifestLineSchema(Shown):
    """A shipment on a manifest."""

    shipment_id = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)
    tracking_number = fields.String(required=True, allow_none=True)
    parcels = fields.Integer(required=True)
    weight_g = fields.Integer(required=True)


class ManifestFileSchema(ManifestSchema):
    """A manifest with the shipments it holds."""

    shipments = fields.List(fields.Nested(ManifestLineSchema), required=True)


class ClosedDaysSchema(Shown):
    """The day's manifests, old and new, and how each account answered."""

    data = fields.List(fields.Nested(ManifestFileSchema), required=True)
    carrier_results = fields.List(fields.Nested(CarrierResultSchema), required=True)


class ManifestPageSchema(Shown):
    """One page of manifests."""

    data = fields.List(fields.Nested(ManifestSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
