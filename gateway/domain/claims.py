"""Claims against carriers: what went wrong, what is asked for it, and how far that has come."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Literal

from gateway.domain.values import Money


class ClaimKind(StrEnum):
    """What went wrong."""

    LOSS = "loss"
    DAMAGE = "damage"
    MISSING = "missing"
    MISDELIVERY = "misdelivery"


class ClaimState(StrEnum):
    """How far a claim has come. `open` is gathered for, `submitted` lies with the carrier."""

    OPEN = "open"
    SUBMITTED = "submitted"
    DECIDED = "decided"
    PAID = "paid"
    WITHDRAWN = "withdrawn"


NEXT: Mapping[ClaimState, tuple[ClaimState, ...]] = {
    ClaimState.OPEN: (ClaimState.SUBMITTED, ClaimState.WITHDRAWN),
    ClaimState.SUBMITTED: (ClaimState.DECIDED, ClaimState.WITHDRAWN),
    ClaimState.DECIDED: (ClaimState.PAID, ClaimState.SUBMITTED),
    ClaimState.PAID: (),
    ClaimState.WITHDRAWN: (),
}
"""What may follow; a decision may be objected to, by which the claim lies with the carrier again."""

Decision = Literal["", "granted", "partly", "refused"]
CONFIRMED = frozenset({"granted", "partly"})
"""By these the carrier agrees that it happened."""

Basis = Literal["delivered", "booked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFile:
    """A file that speaks for a claim; `name` is what whoever sent it calls it."""

    id: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing that speaks for a claim: of what `kind` (a picture, a proof, events, an invoice, a statement), where it
    is or what it says, and the file itself where it was sent.
    """

    at: datetime
    who: str
    kind: str
    text: str
    file: EvidenceFile | None = None


EVIDENCE_KINDS = ("photo", "proof_of_delivery", "events", "invoice", "statement")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim about a shipment; one of a kind for each.

    `submit_by` is when the carrier stops taking it, as far as `submit_by_why` knows. `amount` is what is asked for,
    `awarded` what the carrier decided, `paid` what has come.
    """

    id: str
    merchant_id: str
    mode: Literal["test", "live"]
    shipment_id: str
    account_id: str = ""
    carrier: str
    kind: ClaimKind
    state: ClaimState = ClaimState.OPEN
    amount: Money | None = None
    awarded: Money | None = None
    paid: Money | None = None
    decision: Decision = ""
    reference: str = ""
    note: str = ""
    evidence: tuple[Evidence, ...] = ()
    opened_by: str
    created_at: datetime
    updated_at: datetime
    submit_by: datetime | None = None
    submit_by_why: str = ""
    submitted_at: datetime | None = None
    decided_at: datetime | None = None
    paid_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """How long a carrier takes claims of a kind: so many `days` after a delivery or a booking."""

    days: int
    after: Basis
    source: str


def may_be(kind: ClaimKind, *, delivered: bool) -> bool:
    """Whether it can have happened: what was delivered is not lost, and nothing is missing in what was not."""
    if kind is ClaimKind.DAMAGE:
        return True
    return delivered != (kind is ClaimKind.LOSS)


def term(carrier: str, kind: ClaimKind) -> Term:
    """The carrier's own where it is known, else what the law of carriage lets nobody shorten."""
    terms = _terms()
    return terms.get((carrier, kind)) or terms["*", kind]


@cache
def _terms() -> Mapping[tuple[str, str], Term]:
    read = tomllib.loads(files("gateway.domain").joinpath("claim_terms.toml").read_text("utf-8"))
    return {(carrier, kind): Term(**facts) for carrier, kinds in read.items() for kind, facts in kinds.items()}


def submit_by(of: Term, booked_at: datetime, delivered_at: datetime | None) -> datetime | None:
    """Until when; None as long as what it counts from has not happened."""
    begin = delivered_at if of.after == "delivered" else booked_at
    return None if begin is None else begin + timedelta(days=of.days)
