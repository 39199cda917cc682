"""Pictures are told of: by carriers with their tracking, by drivers' devices. Within the caller's transaction."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Literal
from urllib.parse import urlsplit

from gateway.domain.honest_time import possible
from gateway.domain.proof_files import READABLE, PictureKind, ProofFile, ProofFileState
from gateway.domain.records import ShipmentRecord
from gateway.domain.tracking import ProofOfDelivery
from gateway.services.changes import record_change
from gateway.services.ids import new_id
from gateway.services.ports import UnitOfWork

log = logging.getLogger("gateway.proofs")
LARGEST_BYTES = 50_000_000
"""What a carrier sent as bytes is not even looked at beyond this."""

MOST_OF_CARRIERS = 40
"""A carrier that tells new links to the same pictures again and again shall not make rows for ever."""

Told = tuple[PictureKind, str, bytes]
"""Its kind, and the link to it or its bytes."""


def take_pictures(uow: UnitOfWork, shipment: ShipmentRecord, proof: ProofOfDelivery, now: datetime) -> ProofOfDelivery:
    """Keep the pictures of a proof for a worker, each once; the proof's facts, with what was known before."""
    told = list(_pictures(proof))
    here = len(uow.proof_files.of_shipment(shipment.merchant_id, shipment.id)) if told else 0
    if here >= MOST_OF_CARRIERS:
        log.warning("shipment %s has %d pictures; what its carrier tells is not looked at", shipment.id, here)
        told = []
    for kind, url, content in told:
        file = told_of(shipment, kind, "carrier", _origin(url, content), now)
        uow.proof_files.add(replace(file, url=url), content or None)
    return replace(proof.facts, delivered_at=possible(proof.delivered_at, now)).over(shipment.proof)


def told_of(
    shipment: ShipmentRecord, kind: PictureKind, source: Literal["carrier", "driver"], origin: str, now: datetime
) -> ProofFile:
    """A picture that a worker is to look at."""
    return ProofFile(
        id=new_id("pof", now),
        merchant_id=shipment.merchant_id,
        shipment_id=shipment.id,
        kind=kind,
        state=ProofFileState.WAITING,
        source=source,
        origin=origin,
        created_at=now,
        due_at=now,
    )


def proven(uow: UnitOfWork, shipment: ShipmentRecord, now: datetime) -> ShipmentRecord:
    """A picture of it can be looked at from now on: merchants are told."""
    seen = replace(shipment, proof=shipment.proof or ProofOfDelivery(), due_at=now)  # the watch may miss it no more
    return record_change(uow, seen, "shipment.proof_of_delivery", now)


def twin(uow: UnitOfWork, file: ProofFile) -> ProofFile | None:
    """Another picture of the shipment that is the very same: told as bytes and as a link, or by two links."""
    for other in uow.proof_files.of_shipment(file.merchant_id, file.shipment_id):
        same = (other.kind, other.sha256) == (file.kind, file.sha256) and other.state in READABLE
        if same and other.id != file.id:
            return other
    return None


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return sha256(content).hexdigest()


def _pictures(proof: ProofOfDelivery) -> Iterator[Told]:
    """Bytes rather than a link, where both are told."""
    for kind, url, content in (
        (PictureKind.SIGNATURE, proof.signature_url, proof.signature),
        (PictureKind.PHOTO, proof.photo_url, proof.photo),
    ):
        if len(content) > LARGEST_BYTES:
            log.warning("a %s of %d bytes is not looked at", kind.value, len(content))
        elif content or url:
            yield kind, "" if content else url, content


def _origin(url: str, content: bytes) -> str:
    """What names it: its bytes, or its link without the query, in which carriers sign anew each time they tell it."""
    if content:
        return digest(content)
    try:
        parts = urlsplit(url)
    except ValueError:
        return digest(url.encode("utf-8", "replace"))
    return digest(f"{parts.netloc}{parts.path}".encode("utf-8", "replace"))
