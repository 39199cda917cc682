"""The request log as developers read it, and how long it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from gateway.domain.calls import ApiCall, CarrierCall, Gap
from gateway.domain.clock import Clock
from gateway.domain.errors import NotFound
from gateway.services.ids import first_id
from gateway.services.ports import Mode, Store
from gateway.services.ports.calls import CallSearch
from gateway.settings import RequestLog

GAPS_SHOWN = 5


class CallBook:
    """Reads the log, and forgets what is too old."""

    def __init__(self, store: Store, clock: Clock, settings: RequestLog) -> None:
        self._store = store
        self._clock = clock
        self._kept = timedelta(days=settings.kept_days)

    def list(self, merchant_id: str, search: CallSearch) -> Sequence[ApiCall]:
        """Calls over the API, newest first."""
        with self._store.look() as uow:
            return uow.calls.list(merchant_id, search)

    def made(self, merchant_id: str, search: CallSearch) -> Sequence[CarrierCall]:
        """Calls to carriers, newest first."""
        with self._store.look() as uow:
            return uow.calls.made(merchant_id, search)

    def gaps(self, merchant_id: str) -> Sequence[Gap]:
        """Where calls were left out, newest first."""
        with self._store.look() as uow:
            return uow.calls.gaps(merchant_id, GAPS_SHOWN)

    def call(self, merchant_id: str, mode: Mode, call_id: str) -> tuple[ApiCall, Sequence[CarrierCall]]:
        """One call, and what was asked of carriers for it. Raises NotFound."""
        with self._store.look() as uow:
            found = uow.calls.get(merchant_id, call_id)
            if found is None or found.mode != mode:
                raise NotFound(f"no call {call_id}: it may be older than calls are kept")
            return found, uow.calls.made_by(merchant_id, call_id)

    def carrier_call(self, merchant_id: str, mode: Mode, call_id: str) -> CarrierCall:
        """One call to a carrier. Raises NotFound."""
        with self._store.look() as uow:
            found = uow.calls.carrier_call(merchant_id, call_id)
        if found is None or found.mode != mode:
            raise NotFound(f"no call {call_id}: it may be older than calls are kept")
        return found

    def prune(self) -> Sequence[str]:
        """A chore of the worker's: what is too old is forgotten, a merchant at a time."""
        before = self._clock() - self._kept
        with self._store.look() as uow:
            merchants = uow.keys.merchants()
        for merchant_id, _ in merchants:
            with self._store.work() as uow:
                uow.calls.prune(merchant_id, [first_id(prefix, before) for prefix in ("cal", "out", "gap")])
                uow.commit()
        return ()
