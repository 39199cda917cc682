"""What a simulated carrier really did: bookings, cancellations and acknowledged webhooks, append-only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from gateway.domain.clock import Clock, utc_now
from gateway.domain.values import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerBooking:
    """One paid booking in a carrier's own books. `tender_reference` is our reference, as received."""

    carrier: str
    account: str
    carrier_reference: str
    tender_reference: str
    price: Money | None
    booked_at: datetime
    cancelled_at: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether it still costs money."""
        return self.cancelled_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """A webhook which the gateway answered with 2xx: from then on the event is the gateway's to keep.

    `body_sha256` is the digest, in hex, of the bytes that were sent.
    """

    carrier: str
    event_id: str
    body_sha256: str
    acknowledged_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """A ledger as read at one moment: every booking in order, every acknowledged webhook in order."""

    bookings: tuple[LedgerBooking, ...]
    acknowledgements: tuple[Acknowledgement, ...]

    def active(self) -> Mapping[str, tuple[LedgerBooking, ...]]:
        """Bookings that were not cancelled, by tender reference. Two under one reference were paid twice."""
        found: dict[str, tuple[LedgerBooking, ...]] = {}
        for booking in self.bookings:
            if booking.active:
                found[booking.tender_reference] = (*found.get(booking.tender_reference, ()), booking)
        return found


class Ledger:
    """Append-only JSON lines, written before the carrier answers. Without a path it lives in memory only.

    An existing file is continued. Safe to use from many threads of one process.
    """

    def __init__(self, path: Path | str | None = None, clock: Clock = utc_now) -> None:
        self._path = Path(path) if path else None
        self._clock = clock
        self._lock = Lock()
        self._entries = _entries(self._path) if self._path and self._path.exists() else []

    def booked(
        self,
        *,
        carrier: str,
        account: str,
        carrier_reference: str,
        tender_reference: str,
        price: Money | None,
    ) -> None:
        """A booking was made and will be paid."""
        self._append(
            "booked",
            carrier=carrier,
            account=account,
            carrier_reference=carrier_reference,
            tender_reference=tender_reference,
            price=price and {"amount": str(price.amount), "currency": price.currency},
        )

    def cancelled(self, *, carrier: str, carrier_reference: str) -> None:
        """A booking was taken back and will not be paid."""
        self._append("cancelled", carrier=carrier, carrier_reference=carrier_reference)

    def acknowledged(self, *, carrier: str, event_id: str, body: bytes) -> None:
        """The receiver of a webhook with this body answered 2xx."""
        self._append("acknowledged", carrier=carrier, event_id=event_id, body_sha256=sha256(body).hexdigest())

    def entries(self) -> list[dict[str, Any]]:
        """Every entry so far, as written."""
        with self._lock:
            return list(self._entries)

    def view(self) -> LedgerView:
        """The ledger as it stands now."""
        return _view(self.entries())

    @staticmethod
    def read(path: Path | str) -> LedgerView:
        """The ledger in a file, also while a simulator is writing it."""
        return _view(_entries(Path(path)))

    def _append(self, entry: str, **facts: object) -> None:
        with self._lock:
            row = {"entry": entry, "at": self._clock().isoformat(), **facts}
            self._entries.append(row)
            if self._path:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")


def _entries(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text("utf-8").splitlines(keepends=True)
    # A last line without its newline is still being written.
    return [json.loads(line) for line in lines if line.endswith("\n")]


def _view(entries: Iterable[Mapping[str, Any]]) -> LedgerView:
    bookings: dict[tuple[str, str], LedgerBooking] = {}
    acknowledgements = []
    for row in entries:
        at = datetime.fromisoformat(row["at"])
        if row["entry"] == "acknowledged":
            acknowledgements.append(
                Acknowledgement(
                    carrier=row["carrier"],
                    event_id=row["event_id"],
                    body_sha256=row["body_sha256"],
                    acknowledged_at=at,
                )
            )
            continue
        key = (row["carrier"], row["carrier_reference"])
        if row["entry"] == "booked":
            bookings[key] = _booking(row, at)
        else:
            bookings[key] = replace(bookings[key], cancelled_at=at)
    return LedgerView(bookings=tuple(bookings.values()), acknowledgements=tuple(acknowledgements))


def _booking(row: Mapping[str, Any], at: datetime) -> LedgerBooking:
    price = row["price"]
    return LedgerBooking(
        carrier=row["carrier"],
        account=row["account"],
        carrier_reference=row["carrier_reference"],
        tender_reference=row["tender_reference"],
        price=price and Money.parse(price["amount"], price["currency"]),
        booked_at=at,
    )
