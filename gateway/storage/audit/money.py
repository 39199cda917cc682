"""I7: amounts are whole minor units of a known currency, their lines fit, and differences are flagged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, Table, Text, exists, or_, select, type_coerce

from gateway.domain.codec import from_json
from gateway.domain.quotes import Offer, Rate, Verdict
from gateway.domain.values import currency_exponents
from gateway.services.ports import Violation
from gateway.storage.audit.found import broken, each, in_chunks
from gateway.storage.repositories.cases import CASES, RECORDS
from gateway.storage.repositories.quotes import QUOTES, with_verdicts
from gateway.storage.repositories.shipments import SHIPMENTS
from gateway.storage.repositories.tenders import TENDERS

_S, _C, _R = SHIPMENTS.table.c, CASES.table.c, RECORDS.table.c


def amounts_are_exact(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I7: every stored amount is a whole number of minor units, not negative, and has a currency."""
    stored = [
        (SHIPMENTS.table, _S.price_minor, _S.price_currency),
        (SHIPMENTS.table, _S.quoted_price_minor, _S.quoted_price_currency),
        (SHIPMENTS.table, _S.promised_price_minor, _S.promised_price_currency),
        (RECORDS.table, _R.price_minor, _R.currency),
    ]
    for table, minor, currency in stored:
        key = tuple(table.primary_key)
        subject = key[1].label("subject_id")
        wanted = select(*key, subject, minor.label("minor"), currency.label("currency"))
        for chunk in in_chunks(connection, wanted.where(or_(minor.is_not(None), currency.is_not(None))), key):
            for row in chunk:
                yield from _inexact(row)


def rates_add_up(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I7: the price beside a rate is the rate's, its lines are parts of it, and offers can be read."""
    key = tuple(TENDERS.table.primary_key)
    for chunk in in_chunks(connection, _prices(TENDERS.table, key), key):
        for row in chunk:
            yield from _inexact(row)
            yield from _unlike_its_rate(row)
    key = tuple(QUOTES.table.primary_key)
    texts = (type_coerce(QUOTES.table.c[name], Text).label(name) for name in ("offers", "verdicts"))
    quoted = select(*key, *texts)
    for chunk in in_chunks(connection, quoted, key):
        for row in chunk:
            yield from _unreadable(row)


def variances_are_flagged(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I7: what was booked costs what was quoted, or a case says that it does not."""
    flagged = exists().where(_C.merchant_id == _S.merchant_id, _C.shipment_id == _S.id, _C.kind == "price_variance")
    differs = or_(_S.price_minor != _S.quoted_price_minor, _S.price_currency != _S.quoted_price_currency)
    silent = select(_S.merchant_id, _S.id).where(differs, ~flagged)
    yield from each(connection, "I7", silent, "costs something else than quoted and no case says so")


def _prices(table: Table, key: tuple[Column[Any], ...]) -> Select[Any]:
    """Prices beside rates, these as plain text: one that cannot be read is a finding, not a failure."""
    rate = type_coerce(table.c.rate, Text).label("rate")
    subject = key[1].label("subject_id")
    minor, currency = table.c.price_minor.label("minor"), table.c.price_currency.label("currency")
    return select(*key, subject, minor, currency, rate)


def _unreadable(row: Row[Any]) -> Iterator[Violation]:
    """Offers are read as plain text: one that cannot be is a finding, not a failure."""
    try:
        offers = from_json(tuple[Offer, ...], json.loads(row.offers))
        if row.verdicts is not None:
            with_verdicts(offers, from_json(tuple[tuple[Verdict, ...], ...], json.loads(row.verdicts)))
    except ValueError as error:
        yield broken("I7", row.merchant_id, row.id, f"has offers that do not add up: {error}")


def _inexact(row: Row[Any]) -> Iterator[Violation]:
    whole = type(row.minor) is int and row.minor >= 0
    if not whole or row.currency not in currency_exponents():
        yield broken("I7", row.merchant_id, row.subject_id, f"is not an amount: {row.minor!r} {row.currency!r}")


def _unlike_its_rate(row: Row[Any]) -> Iterator[Violation]:
    try:
        price = from_json(Rate, json.loads(row.rate)).price
    except ValueError as error:
        yield broken("I7", row.merchant_id, row.subject_id, f"has a rate that does not add up: {error}")
        return
    if (price.minor, price.currency) != (row.minor, row.currency):
        yield broken("I7", row.merchant_id, row.subject_id, f"costs {row.minor} {row.currency}, but its rate {price}")
