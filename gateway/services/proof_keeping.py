"""Pictures that lie in the file store: erased when they are old, and looked after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from gateway.domain.clock import Clock
from gateway.domain.proof_files import ProofFile, ProofFileState
from gateway.services.claim_files import erased, has_files
from gateway.services.ids import first_id
from gateway.services.ports import Store, Violation
from gateway.services.ports.proofs import FileStore
from gateway.services.proof_intake import digest
from gateway.settings import Retention

AT_ONCE = 200


class ProofKeeping:
    """A chore, and a question of the audit."""

    def __init__(self, store: Store, files: FileStore, clock: Clock, settings: Retention) -> None:
        self._store = store
        self._files = files
        self._clock = clock
        self._kept = timedelta(days=settings.proofs_days)

    def erase_old(self) -> Sequence[str]:
        """Forget pictures that are as old as they may become; that they were there stays known. Raises Unavailable."""
        before = first_id("pof", self._clock() - self._kept)
        for merchant_id in self._merchants():
            while self._erase(merchant_id, before):
                pass
        return ()

    def missing(self) -> Iterator[Violation]:
        """I11: pictures that the file store has lost, or has otherwise than they were. Reads every one."""
        for merchant_id in self._merchants():
            for file in self._stored(merchant_id):
                content = self._files.get(file.key)
                if content is None or digest(content) != file.sha256:
                    why = "is not in the file store" if content is None else "is another one in the file store"
                    yield Violation(invariant="I11", merchant_id=merchant_id, subject_id=file.id, why=why)

    def erase_of(self, merchant_id: str, shipment_id: str) -> int:
        """Forget one shipment's pictures now, and the files of its claims; how many pictures. Raises Unavailable."""
        with self._store.look() as uow:
            found = uow.proof_files.of_shipment(merchant_id, shipment_id)
            claims = [each for each in uow.claims.of_shipment(merchant_id, shipment_id) if has_files(each)]
        for claim in claims:
            without = erased(claim, self._files)
            with self._store.work() as uow:
                uow.claims.update(without)
                uow.commit()
        return self._forget([file for file in found if file.state is not ProofFileState.ERASED])

    def _merchants(self) -> Sequence[str]:
        with self._store.look() as uow:
            return [merchant_id for merchant_id, _ in uow.keys.merchants()]

    def _stored(self, merchant_id: str) -> Iterator[ProofFile]:
        after = ""
        while True:
            with self._store.look() as uow:
                found = uow.proof_files.stored(merchant_id, after, AT_ONCE)
            yield from found
            if len(found) < AT_ONCE:
                return
            after = found[-1].id

    def _erase(self, merchant_id: str, before: str) -> int:
        """Some of them."""
        with self._store.look() as uow:
            return self._forget(uow.proof_files.older(merchant_id, before, AT_ONCE))

    def _forget(self, old: Sequence[ProofFile]) -> int:
        """The file first: what a crash leaves in between is asked for again and is not there."""
        for file in old:
            if file.sha256:
                self._files.remove(file.key)
        with self._store.work() as uow:
            for file in old:
                uow.proof_files.drop(file)
                uow.proof_files.update(replace(file, state=ProofFileState.ERASED, url="", due_at=None))
            uow.commit()
        return len(old)
