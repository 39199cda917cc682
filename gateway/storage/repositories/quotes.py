"""Policies and the quotes that were judged by them."""

from __future__ import annotations

from sqlalchemy import bindparam, insert, select

from gateway.domain.quotes import Offer, Quote
from gateway.domain.records import PolicyRecord
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.accounts import PolicyRow
from gateway.storage.tables.quotes import OfferRow, QuoteRow

POLICIES = Rows(PolicyRow, PolicyRecord)
QUOTES = Rows(QuoteRow, Quote, besides=("offers",))
OFFERS = Rows(OfferRow, Offer)
_P = POLICIES.table.c
_O = OFFERS.table.c
_VERSIONS = select(POLICIES.table).where(_P.merchant_id == bindparam("merchant_id"), _P.name == bindparam("name"))
_LATEST = _VERSIONS.order_by(_P.version.desc()).limit(1)
_VERSION = _VERSIONS.where(_P.version == bindparam("version"))
_OFFERS = (
    select(OFFERS.table)
    .where(_O.merchant_id == bindparam("merchant_id"), _O.quote_id == bindparam("quote_id"))
    .order_by(_O.position)
)
_OFFER = select(OFFERS.table).where(_O.merchant_id == bindparam("merchant_id"), _O.id == bindparam("offer_id"))


class PolicyRepository(Repository):
    """Versions of policies."""

    def latest(self, merchant_id: str, name: str) -> PolicyRecord | None:
        """The newest version."""
        return POLICIES.first(self._connection, _LATEST, merchant_id=merchant_id, name=name)

    def version(self, merchant_id: str, name: str, version: int) -> PolicyRecord | None:
        """One version."""
        return POLICIES.first(self._connection, _VERSION, merchant_id=merchant_id, name=name, version=version)

    def add(self, policy: PolicyRecord) -> bool:
        """False when that version exists already."""
        return POLICIES.add(self._connection, policy)


class QuoteRepository(Repository):
    """Quotes with their offers."""

    def add(self, quote: Quote) -> None:
        """Keep a quote and all its offers."""
        QUOTES.add(self._connection, quote)
        offers = [
            {
                **OFFERS.values(offer),
                "merchant_id": quote.merchant_id,
                "quote_id": quote.id,
                "position": position,
                "price_minor": offer.rate.price.minor,
                "price_currency": offer.rate.price.currency,
            }
            for position, offer in enumerate(quote.offers)
        ]
        if offers:
            self._connection.execute(insert(OFFERS.table), offers)

    def get(self, merchant_id: str, quote_id: str) -> Quote | None:
        """A quote with its offers in their order."""
        row = QUOTES.row(self._connection, merchant_id, quote_id)
        if row is None:
            return None
        offers = OFFERS.all(self._connection, _OFFERS, merchant_id=merchant_id, quote_id=quote_id)
        return QUOTES.noun(row, offers=tuple(offers))

    def offer(self, merchant_id: str, offer_id: str) -> Offer | None:
        """One offer."""
        return OFFERS.first(self._connection, _OFFER, merchant_id=merchant_id, offer_id=offer_id)
