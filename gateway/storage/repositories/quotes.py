"""Policies and the quotes that were judged by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row as Result
from sqlalchemy import bindparam, select

from gateway.domain.errors import InvalidValue
from gateway.domain.policy_versions import PolicyRecord, Publication
from gateway.domain.quotes import Offer, Quote, Verdict
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.accounts import PolicyRow, PublicationRow
from gateway.storage.tables.quotes import QuoteRow


class QuoteRows(Rows[Quote]):
    """The way between a quote and its row, where the verdicts lie beside the offers."""

    def values(self, noun: Quote) -> dict[str, Any]:
        """With the verdicts of each offer."""
        return {**super().values(noun), "verdicts": tuple(offer.verdicts for offer in noun.offers)}

    def columns(self, nouns: Sequence[Quote]) -> dict[str, Sequence[Any]]:
        """Likewise."""
        verdicts = [tuple(offer.verdicts for offer in noun.offers) for noun in nouns]
        return {**super().columns(nouns), "verdicts": verdicts} if nouns else {}

    def noun(self, row: Result[Any], **others: object) -> Quote:
        """Offers have their verdicts again. Raises InvalidValue when there are not as many of these."""
        given = {} if row.verdicts is None else {"offers": with_verdicts(row.offers, row.verdicts)}
        return super().noun(row, **given, **others)


def with_verdicts(offers: Sequence[Offer], verdicts: Sequence[tuple[Verdict, ...]]) -> tuple[Offer, ...]:
    """Offers as they were judged. Raises InvalidValue when there are not as many verdicts."""
    if len(offers) != len(verdicts):
        raise InvalidValue(f"verdicts on {len(verdicts)} offers, but {len(offers)} offers")
    return tuple(replace(offer, verdicts=said) for offer, said in zip(offers, verdicts, strict=True))


POLICIES = Rows(PolicyRow, PolicyRecord)
PUBLICATIONS = Rows(PublicationRow, Publication)
QUOTES = QuoteRows(QuoteRow, Quote)
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

    def publications(self, merchant_id: str, name: str) -> Sequence[Publication]:
        """The newest first, at most fifty."""
        wanted = select(PUBLICATIONS.table).where(_N.merchant_id == merchant_id, _N.name == name)
        return PUBLICATIONS.all(self._connection, wanted.order_by(_N.number.desc()).limit(50))

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
