"""Facilities, in and out; and origins that name one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from gateway.api.schemas.fields import NAME, Given, Shown, coded, entries, flag, text, whole
from gateway.api.schemas.values import COUNTRY, AddressSchema
from gateway.domain.facilities import MONDAY_TO_FRIDAY, ClosingDay, Facility, Handover
from gateway.domain.values import Address

CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
NAMED = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
MOST_CLOSING_DAYS = 366
ALL_DAY = "null is all day."
NOTHING: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class AtFacility:
    """An origin by the name of a facility: its code or id."""

    name: str


class OriginSchema(AddressSchema):
    """Where it is picked up: an address (`country` and `postal_code` at least), or the `facility` it leaves from."""

    country = coded(COUNTRY, "ISO 3166-1 alpha-2. Needed without a facility.", error="ISO 3166-1 alpha-2, such as NO.")
    facility = coded(NAMED, "Code or id of one of /v1/facilities; then nothing else.")

    @validates_schema(pass_original=True)
    def is_somewhere(self, data: dict[str, Any], original: Mapping[str, object] = NOTHING, **_: object) -> None:
        """An address or a facility."""
        if not data["facility"]:
            AddressSchema.is_somewhere(self, data)
        elif twice := [name for name in original if name != "facility" and original[name] is not None]:
            raise ValidationError({name: ["The facility has an address."] for name in twice})

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Any:
        """To the domain's Address, or to the name of a facility."""
        facility = data.pop("facility")
        if facility:
            return AtFacility(facility)
        return Address(**{key: value for key, value in data.items() if value is not None})


class ClosingDaySchema(Given):
    """A day on which nothing is handed over; with `closes_at` a half one."""

    day = fields.Date(required=True)
    why = text(100, "For people.")
    closes_at = coded(CLOCK, "The last minute of handover on that day; left out: closed all day.", allow_none=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> ClosingDay:
        """To the domain's ClosingDay."""
        closes_at = data.pop("closes_at")
        return ClosingDay(**data, closes_at=time.fromisoformat(closes_at) if closes_at else None)


class HandoverSchema(Given):
    """When parcels are handed over."""

    cut_off = coded(CLOCK, f"The last minute of the day, by the facility's clock; {ALL_DAY}", allow_none=True)
    working_days = fields.List(
        whole(0, 6),
        load_default=lambda: list(MONDAY_TO_FRIDAY),
        validate=validate.Length(min=1, max=7),
        metadata={"description": "0 is Monday."},
    )
    closing_days = fields.List(
        fields.Nested(ClosingDaySchema),
        load_default=list,
        validate=validate.Length(max=MOST_CLOSING_DAYS),
        metadata={"description": "Besides public holidays; those of the facility hold for every account."},
    )

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Handover:
        """To the domain's Handover."""
        return Handover(
            cut_off=time.fromisoformat(data["cut_off"]) if data["cut_off"] else None,
            working_days=tuple(sorted(set(data["working_days"]))),
            closing_days=tuple(data["closing_days"]),
        )


class FacilityPutSchema(Given):
    """A place of origin with its hours."""

    code = coded(NAME, "Yours to choose; shipments name it.", required=True)
    name = text(100, "For people.")
    address = fields.Nested(AddressSchema, required=True)
    timezone = text(64, "IANA, such as Europe/Oslo.", least=1, required=True)
    opens = coded(CLOCK, "When a day's handover begins; 08:00 when left out.", allow_none=True)
    observes_holidays = flag("Public holidays of its country and subdivision are closing days.", load_default=True)
    handover = fields.Nested(HandoverSchema, load_default=Handover)
    accounts = entries(
        fields.Nested(HandoverSchema), "Accounts, by name, that collect at other hours.", load_default=dict
    )

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Facility:
        """To the domain's Facility."""
        data["opens"] = time.fromisoformat(data["opens"] or "08:00")
        return Facility(**data)


class ShownHandoverSchema(Shown):
    """When parcels are handed over."""

    cut_off = fields.String(required=True, allow_none=True)
    working_days = fields.List(fields.Integer(), required=True)
    closing_days = fields.List(fields.Nested(ClosingDaySchema), required=True)


class FacilitySchema(Shown):
    """A place of origin with its hours."""

    id = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    address = fields.Nested(AddressSchema, required=True)
    timezone = fields.String(required=True)
    opens = fields.String(required=True)
    observes_holidays = fields.Boolean(required=True)
    handover = fields.Nested(ShownHandoverSchema, required=True)
    accounts = fields.Dict(required=True, values=fields.Nested(ShownHandoverSchema))
    version = fields.Integer(required=True)
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)


class FacilityListSchema(Shown):
    """The merchant's facilities, by code."""

    data = fields.List(fields.Nested(FacilitySchema), required=True)
