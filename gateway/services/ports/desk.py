"""The port of what only people at the console ask: how many, which cases, and who was told of a shipment."""

# a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol

from gateway.domain.messages import DeliveryState
from gateway.domain.records import Case, ShipmentRecord
from gateway.domain.shipments import TenderState
from gateway.services.ports.answers import Mode, Page, ShipmentSearch


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSearch:
    """Which cases; empty fields do not narrow. Cases of pickups and manifests belong to both modes. `nobodys`: those
    without an owner. `due_before`: those whose time is over by then.
    """

    mode: Mode
    state: str = "open"
    kind: str = ""
    owner_id: str = ""
    nobodys: bool = False
    due_before: datetime | None = None
    limit: int = 50
    cursor: str | None = None


class Waiting(NamedTuple):
    """How many cases of a kind are open, since when the oldest, and how many should have been settled by now."""

    cases: int
    oldest_at: datetime
    overdue: int


class Told(NamedTuple):
    """A message about something, and its way to one endpoint; None where no endpoint was to hear of it."""

    message_id: str
    type: str
    at: datetime
    delivery_id: str | None
    url: str | None
    state: DeliveryState | None
    attempts: int | None
    last_status: int | None
    last_error: str | None


class Desk(Protocol):
    """Questions over several tables at once."""

    def count_shipments(self, merchant_id: str, search: ShipmentSearch, most: int) -> int:
        """Counted up to `most`."""

    def count_by_status(self, merchant_id: str, search: ShipmentSearch, most: int) -> Mapping[str, int]:
        """Of the newest ones that are found, up to `most`."""

    def made_by_day(self, merchant_id: str, mode: Mode, since: datetime) -> Mapping[date, int]:
        """How many shipments were made on each day (UTC)."""

    def since_newest(self, merchant_id: str, mode: Mode, number: int) -> datetime | None:
        """When the first of the newest so many booked shipments was made; None where there are fewer."""

    def cases(self, merchant_id: str, search: CaseSearch) -> Page[Case]:
        """Open ones by their clock, the most urgent first; closed ones newest first."""

    def listed(self, merchant_id: str, shipment_ids: Sequence[str]) -> Sequence[ShipmentRecord]:
        """These shipments, in this order; those that there are."""

    def references(self, merchant_id: str, shipment_ids: Collection[str]) -> Mapping[str, str]:
        """What the merchant calls these shipments, by id; those that have no reference are left out."""

    def case(self, merchant_id: str, case_id: str, mode: Mode | None = None) -> Case | None:
        """One of this mode or of both; None looks at all."""

    def waiting(self, merchant_id: str, mode: Mode, now: datetime) -> Mapping[str, Waiting]:
        """Open cases by kind."""

    def change_case(self, case: Case, owner_before: str) -> bool:
        """Write an open case's owner, state and resolution; False when somebody else was first."""

    def told(self, merchant_id: str, subject_id: str, limit: int) -> Sequence[Told]:
        """The newest messages about it first."""

    def booked_with(
        self, merchant_id: str, mode: Mode, account_id: str, since: datetime, most: int
    ) -> Sequence[ShipmentRecord]:
        """The newest shipments that an account has, made since then."""

    def outcomes(self, merchant_id: str, account_id: str, since: datetime) -> Mapping[TenderState, int]:
        """What became of the tenders to an account that were made since then."""

    def last_trouble(self, merchant_id: str, account_id: str, since: datetime) -> tuple[datetime, str] | None:
        """When an account last did not take a tender, and why."""

    def failing(self, merchant_id: str, mode: Mode) -> int:
        """Endpoints that are disabled or in trouble."""
