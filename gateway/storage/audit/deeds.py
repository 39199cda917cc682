"""I18: what people did stands as it was written down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, select

from gateway.services.ports import Violation
from gateway.storage.audit.found import broken, in_chunks
from gateway.storage.repositories.people import AUDIT


def deeds_are_as_written(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I18: entries of a merchant's log are numbered without gaps, and each seals the one before."""
    last = ("", 0, "")
    key = (AUDIT.table.c.merchant_id, AUDIT.table.c.number)
    for chunk in in_chunks(connection, select(AUDIT.table), key):
        for entry in map(AUDIT.noun, chunk):
            merchant_id, number, seal = last if last[0] == entry.merchant_id else (entry.merchant_id, 0, "")
            if entry.number != number + 1:
                why = f"entries {number + 1} to {entry.number - 1} of the audit log are gone"
                yield broken("I18", merchant_id, str(entry.number), why)
            elif entry.seal != entry.sealed(seal):
                yield broken("I18", merchant_id, str(entry.number), "this entry of the audit log was altered")
            last = (entry.merchant_id, entry.number, entry.seal)
