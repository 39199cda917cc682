"""Tracking events in bulk, quarantine and status tables, in and out."""

from __future__ import annotations

from marshmallow import fields

from gateway.api.schemas.fields import Given, Shown, coded, counted, cursor, text, word
from gateway.domain.messages import InboxState
from gateway.services.ports.inbox import WAITING


class BulkQuerySchema(Given):
    """Which account the lines are about, and what becomes of them when some are at fault."""

    account = text(64, "The account's name or id.", least=1, required=True)
    timezone = text(64, "IANA zone of times without an offset; the carrier's own where it is left out.")
    on_error = word(
        ["keep", "refuse"],
        "`keep` takes the good lines in and names the others; `refuse` takes none unless all are good.",
        load_default="keep",
    )


class LineFaultSchema(Shown):
    """What is wrong with a line."""

    line = fields.Integer(required=True, metadata={"description": "From 1; of CSV, the header is line 1."})
    column = fields.String(required=True, allow_none=True)
    message = fields.String(required=True)


class BulkReportSchema(Shown):
    """What became of the lines. Of the faults the first thousand are listed."""

    lines = fields.Integer(required=True)
    new = fields.Integer(required=True, metadata={"description": "Events that were not there."})
    duplicates = fields.Integer(required=True)
    new_trackers = fields.Integer(required=True)
    fault_count = fields.Integer(required=True)
    faults = fields.List(fields.Nested(LineFaultSchema), required=True)


class QuarantineQuerySchema(Given):
    """Which messages."""

    account = text(64, "The account's name or id.", allow_none=True)
    state = word([state.value for state in WAITING], load_default=None)
    limit = counted(1, 200, load_default=50)
    cursor = cursor()


class WaitingSchema(Shown):
    """A raw message that waits: `parked` for its booking, `quarantined` for a person."""

    id = fields.String(required=True)
    account_id = fields.String(required=True)
    source = fields.String(required=True)
    state = word([state.value for state in InboxState], required=True)
    why = fields.String(required=True, allow_none=True)
    received_at = fields.AwareDateTime(required=True)


class WaitingMessageSchema(WaitingSchema):
    """A waiting message with what it says."""

    body = fields.String(required=True, metadata={"description": "The first 64 KiB; bytes that are no text as �."})


class WaitingPageSchema(Shown):
    """Waiting messages, newest first."""

    data = fields.List(fields.Nested(WaitingSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class UnmappedCodeSchema(Shown):
    """A carrier's word that neither its table nor the account's own explains."""

    account_id = fields.String(required=True)
    account = fields.String(required=True)
    carrier = fields.String(required=True)
    carrier_code = fields.String(required=True)
    carrier_qualifier = fields.String(required=True)
    events = fields.Integer(required=True)
    trackers = fields.Integer(required=True)
    first_at = fields.AwareDateTime(required=True)
    last_at = fields.AwareDateTime(required=True)


class UnmappedCodeListSchema(Shown):
    """Words nobody explains, the most frequent first, at most a thousand."""

    data = fields.List(fields.Nested(UnmappedCodeSchema), required=True)


class ReplayAllSchema(Given):
    """Whose messages: of one account, or of all."""

    account = text(64, "The account's name or id; left out: all.", allow_none=True)


class DismissSchema(Given):
    """Who lets a message rest, and why."""

    author = text(100, "The person who says so.", least=2, required=True)
    why = text(500, least=3, required=True)


class ReplayedSchema(Shown):
    """How many messages are read again."""

    replayed = fields.Integer(required=True)


class StatusTableQuerySchema(Given):
    """Which version; the newest where it is left out."""

    version = counted(1, 999_999_999, load_default=None)


class StatusTableSchema(Shown):
    """A version of an account's own status table."""

    version = fields.Integer(required=True)
    rows = fields.Integer(required=True)
    author = fields.String(required=True, metadata={"description": "The key that added it."})
    created_at = fields.AwareDateTime(required=True)


class RereadSchema(Given):
    """Nothing to see the difference; the digest of the difference that was seen, to apply it."""

    apply = coded(r"^[0-9a-f]{64}$", "`digest` of the difference that was shown.", allow_none=True)


class MovedSchema(Shown):
    """A tracker whose status is another one by the new reading."""

    tracker_id = fields.String(required=True)
    shipment_id = fields.String(required=True, allow_none=True)
    tracking_number = fields.String(required=True)
    from_status = fields.String(required=True)
    from_reason = fields.String(required=True)
    to_status = fields.String(required=True)
    to_reason = fields.String(required=True)
    events = fields.Integer(required=True, metadata={"description": "How many of its events are read otherwise."})


class DifferenceSchema(Shown):
    """What the account's table changes of the past. Of the trackers that move the first thousand are listed."""

    digest = fields.String(required=True)
    applied = fields.Boolean(required=True)
    events = fields.Integer(required=True)
    moved_count = fields.Integer(required=True)
    moved = fields.List(fields.Nested(MovedSchema), required=True)
