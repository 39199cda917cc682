"""Pictures that prove a delivery: told of, checked, kept, erased. And what a shipment wanted proven.

waiting -> held -> stored -> erased
   └───> refused, duplicate
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from gateway.domain.tracking import ProofOfDelivery
from gateway.domain.values import Requirements


class PictureKind(StrEnum):
    """What a picture shows."""

    SIGNATURE = "signature"
    PHOTO = "photo"


class ProofFileState(StrEnum):
    """How far a picture has come.

    `waiting`: as somebody sent it, or still to be fetched. `held`: made anew and kept in the database until the file
    store has it. `refused`: it will never be a picture of ours. `duplicate`: the shipment has the very same one.
    """

    WAITING = "waiting"
    HELD = "held"
    STORED = "stored"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    ERASED = "erased"


READABLE = (ProofFileState.HELD, ProofFileState.STORED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture made anew from what somebody sent: nothing of his bytes is left in it. `was` is what he sent."""

    content: bytes
    media_type: str
    width: int
    height: int
    was: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofFile:
    """One picture of a shipment.

    `origin` is the SHA-256 of the bytes as they came, or of the link they are fetched from: the same one told twice is
    one. `sha256` is of the picture as it is kept. `failures` are tries in a row that came to nothing.
    """

    id: str
    merchant_id: str
    shipment_id: str
    kind: PictureKind
    state: ProofFileState
    source: Literal["carrier", "driver"]
    origin: str
    created_at: datetime
    url: str = ""
    media_type: str = ""
    width: int = 0
    height: int = 0
    size_bytes: int = 0
    sha256: str = ""
    why: str = ""
    failures: int = 0
    tries: int = 0
    due_at: datetime | None = None

    @property
    def key(self) -> str:
        """Where it lies in the file store: named by its content, apart from those of other shipments."""
        return f"{self.merchant_id}/{self.shipment_id}/{self.sha256}.{self.media_type.rpartition('/')[2]}"


def wanted_proof(needs: Requirements) -> tuple[str, ...]:
    """The kinds of proof that a shipment was booked with."""
    asked = {
        "signature": needs.signature,
        "photo": needs.photo,
        "pin": needs.pin,
        "age": needs.min_age is not None,
        "id_check": needs.id_check,
    }
    return tuple(kind for kind, wanted in asked.items() if wanted)


def missing_proof(
    needs: Requirements, proof: ProofOfDelivery | None, readable: Collection[PictureKind]
) -> tuple[str, ...]:
    """Those of them that nobody has shown: a name is no signature, and a check counts when it was passed."""
    seen = proof or ProofOfDelivery()
    age = seen.min_age_verified or 0
    shown = {
        "signature": PictureKind.SIGNATURE in readable,
        "photo": PictureKind.PHOTO in readable,
        "pin": seen.pin_matched is True,
        "age": age >= (needs.min_age or 0),
        "id_check": seen.id_checked is True or age > 0,
    }
    return tuple(kind for kind in wanted_proof(needs) if not shown[kind])
