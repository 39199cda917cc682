"""Pictures that prove deliveries: their rows, the place where they lie, and who makes them anew."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from gateway.domain.errors import GatewayError
from gateway.domain.proof_files import Picture, PictureKind, ProofFile


class PictureRefused(GatewayError):
    """What somebody sent is no picture that we take; `reason` is a word for machines, the message says what to do."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ProofFiles(Protocol):
    """Pictures of shipments. Their bytes lie here only until the file store has them."""

    def add(self, file: ProofFile, content: bytes | None) -> bool:
        """False when the shipment has it already."""

    def get(self, merchant_id: str, file_id: str) -> ProofFile | None: ...
    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[ProofFile]:
        """Oldest first."""

    def content(self, merchant_id: str, file_id: str) -> bytes | None: ...
    def update(self, file: ProofFile) -> None: ...
    def keep(self, file: ProofFile, content: bytes) -> None:
        """Other bytes in place of those that are here."""

    def drop(self, file: ProofFile) -> None:
        """Forget the bytes that are here."""

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[ProofFile]: ...
    def stored(self, merchant_id: str, after_id: str, limit: int) -> Sequence[ProofFile]:
        """Those that the file store has, with larger ids, oldest first."""

    def older(self, merchant_id: str, before_id: str, limit: int) -> Sequence[ProofFile]:
        """Those with smaller ids that are not erased yet."""


class FileStore(Protocol):
    """Where files lie: a folder, or a bucket. Every method raises Unavailable while it does not answer."""

    def put(self, key: str, content: bytes) -> None:
        """All of it or nothing, and there when it returns."""

    def get(self, key: str) -> bytes | None: ...
    def remove(self, key: str) -> None:
        """Also when it is gone already."""


class PictureMaker(Protocol):
    """Makes pictures anew."""

    def made_anew(self, content: bytes, kind: PictureKind, *, documents: bool) -> Picture:
        """The picture in these bytes; `documents`: also the first page of a PDF.

        Raises:
            PictureRefused: they are none, or one that we do not take.
            Unavailable: too many at once.
        """
