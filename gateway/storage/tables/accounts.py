"""Merchants, their keys, carrier accounts and policies; idempotency of their requests; heartbeats of our jobs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.tables.base import Maybe, Minor, Named, Owned, Row, index

ACCOUNT_NAME = index("accounts_name", "merchant_id", "name", unique=True)


class MerchantRow(Row):
    """Who sends. `settings_version` rises with every change of accounts and policies, in the same transaction;
    `rests` with those of them that only said whether an account rests. `told_from`: what the merchant was told of
    earlier was forgotten.
    """

    __tablename__ = "merchants"
    merchant_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime]
    settings_version: Mapped[Minor] = mapped_column(server_default="0", default=0)
    rests: Mapped[Minor] = mapped_column(server_default="0", default=0)
    told_from: Mapped[datetime | None]


class ApiKeyRow(Named, Row):
    """An API key. Its public id is unique over all merchants: it is how a request says whose it is."""

    __tablename__ = "api_keys"
    name: Mapped[str]
    public_id: Mapped[str]
    digest: Mapped[str]
    mode: Mapped[str]
    scopes: Mapped[tuple[str, ...]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    __table_args__ = (index("api_keys_public_id", "public_id", unique=True),)


class AccountRow(Named, Row):
    """A carrier account. Its id is unique over all merchants: a carrier's call names nothing else.

    `secrets` are encrypted one by one.
    """

    __tablename__ = "accounts"
    name: Mapped[str]
    carrier: Mapped[str]
    mode: Mapped[str]
    urls: Mapped[Mapping[str, str]]
    secrets: Mapped[Mapping[str, str]]
    options: Mapped[Mapping[str, object]]
    enabled: Mapped[bool]
    version: Mapped[int]
    failures: Mapped[int]
    resting_until: Mapped[datetime | None]
    resting_why: Mapped[str]
    created_at: Mapped[datetime]
    __table_args__ = (ACCOUNT_NAME, index("accounts_id", "id", unique=True))


class PolicyRow(Owned, Row):
    """One version of a policy."""

    __tablename__ = "policies"
    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[Mapping[str, object]]
    created_at: Mapped[datetime]
    author: Mapped[str]


class PublicationRow(Owned, Row):
    """Which version of a policy decided from when on: a log, the newest row holds."""

    __tablename__ = "policy_publications"
    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    live: Mapped[int]
    shadow: Mapped[int | None]
    at: Mapped[datetime]
    author: Mapped[str]
    note: Mapped[str]


class IdempotencyRow(Owned, Row):
    """A client's Idempotency-Key on a route."""

    __tablename__ = "idempotency"
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    state: Mapped[str]
    locked_until: Mapped[datetime]
    created_at: Mapped[datetime]
    resource_id: Mapped[Maybe]
    status: Mapped[int | None]
    body: Mapped[bytes]
    __table_args__ = (index("idempotency_created", "created_at"),)


class GradeRow(Row):
    """The grade the conformance kit gave a carrier's code. About code, so it is nobody's: it has no merchant."""

    __tablename__ = "carrier_grades"
    carrier: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    level: Mapped[str]


class HeartbeatRow(Row):
    """When a job last ran. About our own worker, so it is nobody's: it has no merchant."""

    __tablename__ = "job_heartbeats"
    job: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    rows: Mapped[int]
    error: Mapped[str]
