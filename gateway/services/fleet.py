"""Own fleet: drivers' and depots' scans become tracking events; delivery windows are opened for sale."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from carriers.base import Carrier
from gateway.domain.codec import to_json
from gateway.domain.errors import Conflict
from gateway.domain.proof_files import PictureKind, ProofFile
from gateway.domain.records import AccountRecord
from gateway.services.accounts import AccountBook
from gateway.services.carrier_pool import CarrierPool
from gateway.services.ports import Mode, Store
from gateway.services.proof_files import ProofFiles, Sent
from gateway.services.scans import Scan, read_scans, takes_scans
from gateway.services.tracking import Tracking


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanReport:
    """What became of a list of scans."""

    new: int
    unknown_numbers: tuple[str, ...]


class Fleet:
    """The part of the gateway our own drivers and depots talk to."""

    def __init__(
        self, store: Store, pool: CarrierPool, accounts: AccountBook, tracking: Tracking, proofs: ProofFiles
    ) -> None:
        self._store = store
        self._proofs = proofs
        self._pool = pool
        self._accounts = accounts
        self._tracking = tracking

    def scan(self, merchant_id: str, mode: Mode, account_name: str, scans: Sequence[Scan]) -> ScanReport:
        """Apply scans, each once by its client event id, all or none.

        Raises:
            NotFound: no such account.
            Conflict: the account's carrier takes no scans.
        """
        account, carrier = self._fleet(merchant_id, mode, account_name)
        updates = read_scans(carrier, scans)
        raw = json.dumps(to_json(list(scans)), sort_keys=True).encode()
        applied = self._tracking.scan(account, updates, raw)
        return ScanReport(new=applied.new, unknown_numbers=applied.unknown_numbers)

    def picture(
        self, merchant_id: str, mode: Mode, account_name: str, number: str, kind: PictureKind, sent: Sent
    ) -> ProofFile:
        """Take a photo or signature of a parcel; the same one again is the same one. Raises as `scan` and `upload`."""
        account, _ = self._fleet(merchant_id, mode, account_name)
        return self._proofs.upload(account, number, kind, sent)

    def _fleet(self, merchant_id: str, mode: Mode, account_name: str) -> tuple[AccountRecord, Carrier]:
        account = self._accounts.named(merchant_id, mode, account_name)
        carrier = self._pool.bind(account).carrier
        if not takes_scans(carrier):
            raise Conflict(f"account {account.name!r} has no drivers of yours: it takes no scans and no pictures")
        return account, carrier

    def open_windows(
        self, merchant_id: str, account_id: str, windows: Sequence[tuple[str, str, datetime, datetime, int]]
    ) -> None:
        """Offer delivery windows: (id, zone, start, end, capacity). What is booked in existing ones stays."""
        self._store.windows(merchant_id, account_id).open(windows)
