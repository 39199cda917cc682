"""The request log: calls that came over the API, those made to carriers, and how many were not kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Mapped

from gateway.storage.tables.base import Maybe, Named, Row, index


class ApiCallRow(Named, Row):
    """One request to the API."""

    __tablename__ = "api_calls"
    mode: Mapped[str]
    at: Mapped[datetime]
    method: Mapped[str]
    route: Mapped[str]
    status: Mapped[int]
    ms: Mapped[int]
    key_id: Mapped[str]
    request_id: Mapped[str]
    problem: Mapped[Maybe]
    subject_id: Mapped[Maybe]
    body: Mapped[str]
    reply: Mapped[str]
    __table_args__ = (
        index("api_calls_request", "merchant_id", "request_id"),
        index("api_calls_subject", "merchant_id", "subject_id", "id", where="subject_id IS NOT NULL"),
        index("api_calls_failed", "merchant_id", "mode", "id", where="status >= 400"),
    )


class CarrierCallRow(Named, Row):
    """One request to a carrier."""

    __tablename__ = "carrier_calls"
    mode: Mapped[str]
    at: Mapped[datetime]
    made_by: Mapped[Maybe]
    request_id: Mapped[Maybe]
    subject_id: Mapped[Maybe]
    purpose: Mapped[str]
    account_id: Mapped[str]
    account: Mapped[str]
    method: Mapped[str]
    url: Mapped[str]
    status: Mapped[int]
    ms: Mapped[int]
    failure: Mapped[str]
    headers: Mapped[Mapping[str, str]]
    body: Mapped[str]
    reply_headers: Mapped[Mapping[str, str]]
    reply: Mapped[str]
    __table_args__ = (
        index("carrier_calls_made_by", "merchant_id", "made_by", where="made_by IS NOT NULL"),
        index("carrier_calls_request", "merchant_id", "request_id", where="request_id IS NOT NULL"),
        index("carrier_calls_subject", "merchant_id", "subject_id", "id", where="subject_id IS NOT NULL"),
        index("carrier_calls_failed", "merchant_id", "mode", "id", where="status = 0 OR status >= 400"),
    )


class GapRow(Named, Row):
    """So many calls were not kept."""

    __tablename__ = "call_gaps"
    at: Mapped[datetime]
    calls: Mapped[int]
