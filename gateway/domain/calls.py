"""What a merchant's developer sees of calls: those that came to us over the API, and those that we made to carriers.

Nothing in here names a person or holds a secret: bodies and headers are told without them before they get this far.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One request to the API and its answer.

    `route` is the pattern of its path, `subject_id` what it was about (a shipment, a quote); `request_id` is what the
    answer's X-Request-Id said, which a caller may choose; `problem` the code of a refusal.
    """

    id: str
    merchant_id: str
    mode: Literal["test", "live"]
    at: datetime
    method: str
    route: str
    status: int
    ms: int
    key_id: str
    request_id: str
    problem: str = ""
    subject_id: str = ""
    body: str = ""
    reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierCall:
    """One request to a carrier and its answer; `status` is 0 and `failure` says why where there is none.

    `made_by` is the API call it was made for, "" where we made it by ourselves; `purpose` says what for.
    """

    id: str
    merchant_id: str
    mode: Literal["test", "live"]
    at: datetime
    made_by: str = ""
    request_id: str = ""
    subject_id: str = ""
    purpose: str
    account_id: str
    account: str
    method: str
    url: str
    status: int
    ms: int
    failure: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    reply_headers: Mapping[str, str] = field(default_factory=dict)
    reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Calls of a merchant's that were too many to be kept: how many, up to a moment."""

    id: str
    merchant_id: str
    at: datetime
    calls: int
