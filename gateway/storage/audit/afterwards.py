"""I11, I17: pictures that prove deliveries are where they are said to be, and ways back lead back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, or_, select

from gateway.domain.proof_files import ProofFileState
from gateway.domain.shipments import ShipmentState
from gateway.services.ports import Violation
from gateway.storage.audit.found import each
from gateway.storage.repositories.proofs import CONTENTS, PROOF_FILES
from gateway.storage.repositories.shipments import SHIPMENTS

_F, _C, _S = PROOF_FILES.table.c, CONTENTS.c, SHIPMENTS.table.c
_OUT = SHIPMENTS.table.alias("the_way_out").c


def pictures_are_somewhere(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I11: a picture lies in one place. Whether the file store has it too is asked by `gateway audit --files`."""
    here = exists().where(_C.merchant_id == _F.merchant_id, _C.file_id == _F.id)
    of = select(_F.merchant_id, _F.id)
    lost = of.where(
        or_(_F.state == ProofFileState.HELD, and_(_F.state == ProofFileState.WAITING, _F.url.is_(None))), ~here
    )
    yield from each(connection, "I11", lost, "waits, and its bytes are nowhere")
    over = (ProofFileState.STORED, ProofFileState.ERASED, ProofFileState.REFUSED)
    yield from each(connection, "I11", of.where(_F.state.in_(over), here), "is kept in the database for ever")
    nameless = of.where(_F.state == ProofFileState.STORED, _F.sha256 == "")
    yield from each(connection, "I11", nameless, "is stored without the name that it lies under")


def returns_lead_back(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I17: a return brings back a booked shipment of the same merchant and mode, which is none itself, and alone."""
    returns = select(_S.merchant_id, _S.id).where(_S.return_of.is_not(None))
    same = (_OUT.merchant_id == _S.merchant_id, _OUT.id == _S.return_of, _OUT.mode == _S.mode)
    yield from each(
        connection, "I17", returns.where(~exists().where(*same)), "brings back a shipment that is not there"
    )
    wrong = exists().where(*same, or_(_OUT.return_of.is_not(None), _OUT.state != ShipmentState.BOOKED))
    yield from each(connection, "I17", returns.where(wrong), "brings back what was never sent out")
    living = select(_S.merchant_id, _S.return_of).where(
        _S.return_of.is_not(None), _S.state.not_in((ShipmentState.FAILED, ShipmentState.CANCELLED))
    )
    doubled = living.group_by(_S.merchant_id, _S.return_of).having(func.count() > 1)
    yield from each(connection, "I17", doubled, "is brought back twice")
