"""The port of forgetting people: what is due, what is theirs, and all that hangs on a shipment of theirs."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gateway.domain.privacy import Subject
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import Personal, Shipment
from gateway.services.ports.answers import Mode


class Privacy(Protocol):
    """Nothing here changes what a shipment cost, when anything happened or what its status is."""

    def over(self, merchant_id: str, personal: Personal, before: datetime, limit: int) -> Sequence[ShipmentRecord]:
        """Shipments that are over, unchanged since then, about which no case is open."""

    def of_subject(self, merchant_id: str, mode: Mode, subject: Subject, limit: int) -> Sequence[ShipmentRecord]:
        """Shipments to somebody, and the returns of those, oldest first."""

    def disputed(self, merchant_id: str, shipment_id: str) -> bool:
        """Whether a case about it is open."""

    def wish(self, merchant_id: str, shipment_id: str) -> None:
        """It is to be erased once it is over."""

    def keep(self, before: ShipmentRecord, after: ShipmentRecord) -> None:
        """The shipment as it is to be, whatever its version, and of its events their codes and times only."""

    def forget_around(self, shipment: ShipmentRecord, now: datetime) -> None:
        """Labels, search words, notes, comments, what it was told by whom: all that hangs on a shipment."""

    def forget_answers(self, merchant_id: str, name: str, body: bytes) -> int:
        """Put this in place of the stored answers of requests about what has this id; how many there were."""

    def keep_quote(self, merchant_id: str, quote_id: str, shipment: Shipment) -> None: ...
    def quotes(self, merchant_id: str, after_id: str, before_id: str, limit: int) -> Sequence[tuple[str, Shipment]]:
        """What was asked about between two ids, oldest first."""

    def quotes_naming(
        self, merchant_id: str, mode: Mode, subject: Subject, after_id: str, now: datetime, limit: int
    ) -> tuple[Sequence[tuple[str, Shipment]], str]:
        """Among so many quotes with larger ids, the expired ones that name somebody; the last id, "" at the end."""

    def forget_tracked(self, merchant_id: str, after_id: str, before_id: str, limit: int) -> str:
        """Of trackers booked elsewhere, only their events' codes and times; the last one's id, "" when none is left."""

    def forget_unread(self, merchant_id: str, before_id: str) -> int:
        """Carriers' messages that nobody could apply; how many."""

    def mark(self, merchant_id: str, what: str) -> str:
        """How far a walk along ids has come."""

    def set_mark(self, merchant_id: str, what: str, after_id: str) -> None: ...
