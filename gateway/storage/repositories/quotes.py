"""Policies and the quotes that were judged by them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from gateway.domain.quotes import Quote
from gateway.domain.records import PolicyRecord, Publication
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.accounts import PolicyRow, PublicationRow
from gateway.storage.tables.quotes import QuoteRow

POLICIES = Rows(PolicyRow, PolicyRecord)
PUBLICATIONS = Rows(PublicationRow, Publication)
QUOTES = Rows(QuoteRow, Quote)
_P = POLICIES.table.c
_VERSIONS = select(POLICIES.table).where(_P.merchant_id == bindparam("merchant_id"), _P.name == bindparam("name"))
_LATEST = _VERSIONS.order_by(_P.version.desc()).limit(1)
_N = PUBLICATIONS.table.c
_PUBLISHED = (
    select(PUBLICATIONS.table)
    .where(_N.merchant_id == bindparam("merchant_id"), _N.name == bindparam("name"))
    .order_by(_N.number.desc())
    .limit(1)
)
_VERSION = _VERSIONS.where(_P.version == bindparam("version"))


class PolicyRepository(Repository):
    """Versions of policies."""

    def latest(self, merchant_id: str, name: str) -> PolicyRecord | None:
        """The newest version."""
        return POLICIES.first(self._connection, _LATEST, merchant_id=merchant_id, name=name)

    def version(self, merchant_id: str, name: str, version: int) -> PolicyRecord | None:
        """One version."""
        return POLICIES.first(self._connection, _VERSION, merchant_id=merchant_id, name=name, version=version)

    def versions(self, merchant_id: str, name: str) -> Sequence[PolicyRecord]:
        """Newest first."""
        wanted = select(POLICIES.table).where(_P.merchant_id == merchant_id, _P.name == name)
        return POLICIES.all(self._connection, wanted.order_by(_P.version.desc()))

    def names(self, merchant_id: str) -> Sequence[str]:
        """Of the merchant's own."""
        wanted = select(_P.name).where(_P.merchant_id == merchant_id).distinct().order_by(_P.name)
        return self._connection.scalars(wanted).all()

    def add(self, policy: PolicyRecord) -> bool:
        """False when that version exists already."""
        self._settings_changed(policy.merchant_id)
        return POLICIES.add(self._connection, policy)

    def published(self, merchant_id: str, name: str) -> Publication | None:
        """The publication that holds."""
        return PUBLICATIONS.first(self._connection, _PUBLISHED, merchant_id=merchant_id, name=name)

    def publish(self, publication: Publication) -> bool:
        """False when somebody else published that number."""
        self._settings_changed(publication.merchant_id)
        return PUBLICATIONS.add(self._connection, publication)


class QuoteRepository(Repository):
    """Quotes with their offers."""

    def add(self, quote: Quote) -> None:
        """Keep a quote and all its offers."""
        QUOTES.add(self._connection, quote)

    def get(self, merchant_id: str, quote_id: str) -> Quote | None:
        """A quote with its offers in their order."""
        return QUOTES.get(self._connection, merchant_id, quote_id)

    def prune(self, merchant_id: str, before_id: str) -> int:
        """Forget the older ones."""
        return QUOTES.forget(self._connection, merchant_id, before_id)
