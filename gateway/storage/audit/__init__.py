"""Is what we promise true of what is stored? One small check per promise; a healthy database breaks none.

I2 (the carriers' own ledgers) takes more than the database: `gateway audit --ledger` compares it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from gateway.services.ports import Violation
from gateway.storage.audit import afterwards, bookings, deeds, handovers, messages, money, statuses
from gateway.storage.audit.found import Check

__all__ = ["violations"]

CHECKS: tuple[Check, ...] = (
    bookings.one_paid_booking,
    bookings.booked_means_accepted,
    messages.messages_end,
    messages.changes_are_told,
    messages.messages_are_delivered,
    messages.same_bytes_on_every_try,
    statuses.versions_grow,
    statuses.history_is_possible,
    statuses.status_is_the_fold,
    money.amounts_are_exact,
    money.rates_add_up,
    money.variances_are_flagged,
    bookings.keys_mean_one_thing,
    bookings.every_row_has_its_merchant,
    bookings.nothing_stays_unknown,
    handovers.manifests_hold_what_they_say,
    handovers.pickups_are_ordered_once,
    afterwards.pictures_are_somewhere,
    afterwards.returns_lead_back,
    deeds.deeds_are_as_written,
)


def violations(connection: Connection, now: datetime) -> Sequence[Violation]:
    """Every broken invariant, by name."""
    return [violation for check in CHECKS for violation in check(connection, now)]
