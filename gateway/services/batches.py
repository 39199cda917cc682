"""Many orders at once: a file becomes a job that is looked at (and priced), confirmed, and booked row by row.

Lines that are blocked stop all: nothing is booked, until whoever confirms says how many are to be left out. A warehouse
whose lorry leaves in an hour books the good ones and repairs the others; nobody finds out in the evening that some were
never booked. What is left out can be downloaded, repaired and sent again: a line that was booked meanwhile is blocked
then by its reference, so it is not paid twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gateway.domain.bulk import BulkJob, BulkRow, RowState
from gateway.domain.order_columns import columns
from gateway.domain.order_lines import read
from gateway.domain.people import User
from gateway.domain.quotes import Offer
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import ShipmentState
from gateway.services.bulk import BulkAsk, BulkJobs
from gateway.services.explaining import nothing_left
from gateway.services.facilities import FacilityBook
from gateway.services.orders import Orders
from gateway.services.ports import Mode, Store
from gateway.services.ports.workbooks import Workbooks

BOOK = "book"
MOST_PRICED = 500
SAMPLE = 200
"""Up to so many orders are all priced before they are confirmed; of more, a sample of them: carriers limit calls."""
NAMED = 20
"""Row numbers named of a group."""
TWICE = "Give each order a reference of its own, or leave the second one out"
BOOKED = "Leave out what is booked already"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAsk:
    """Lines of a file by our fields, numbered; what holds for all of them; and how the file's columns were read."""

    lines: Sequence[tuple[int, Mapping[str, str]]]
    facility: str = ""
    policy: str = ""
    headings: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(slots=True)
class Groups:
    """What is wrong with rows, together where it is repaired together; and what was repaired for them."""

    faults: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    mended: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))

    def told(self) -> Mapping[str, object]:
        """As facts of a job: those about most rows first."""
        return {name: _told(found) for name, found in (("faults", self.faults), ("mended", self.mended))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What orders are held against: ids of living shipments by reference, codes of facilities."""

    living: Mapping[str, str]
    facilities: Collection[str]


class Batches:
    """Drafts jobs of orders."""

    def __init__(self, store: Store, bulk: BulkJobs, facilities: FacilityBook, workbooks: Workbooks) -> None:
        self._store = store
        self.workbooks = workbooks
        self._bulk = bulk
        self._facilities = facilities

    def headings(self, merchant_id: str, mode: Mode) -> Mapping[str, str]:
        """What the columns of the merchant's last file meant, by heading."""
        for job in self._bulk.list(merchant_id, mode):
            said = job.facts.get("headings")
            if job.kind == BOOK and isinstance(said, Mapping) and said:
                return {str(heading): str(name) for heading, name in said.items()}
        return {}

    def draft(self, user: User, mode: Mode, ask: BatchAsk) -> BulkJob:
        """A job of all lines, those at fault blocked. Nothing is booked, and no carrier is asked yet.

        Raises:
            Unprocessable: no lines, or too many.
        """
        groups, rows = Groups(), list[BulkRow]()
        known = {each.code for each in self._facilities.list(user.merchant_id)}
        seen: dict[str, int] = {}
        living = self._living(user.merchant_id, mode, [cells.get("reference", "") for _, cells in ask.lines])
        for number, cells in ask.lines:
            filled = {**cells, "facility": cells.get("facility", "").strip() or ask.facility}
            rows.append(_row(number, filled, groups, seen, Known(living=living, facilities=known)))
        facts = {"policy": ask.policy, "headings": ask.headings, "note": ask.note, **groups.told()}
        title = f"Book {len(rows)} order{'s' if len(rows) != 1 else ''}"
        return self._bulk.draft(
            user, mode, BulkAsk(kind=BOOK, title=title, rows=_sampled(rows), money=True, whole=True, facts=facts)
        )

    def _living(self, merchant_id: str, mode: Mode, references: Sequence[str]) -> Mapping[str, str]:
        """Ids of shipments that have these references and live."""
        with self._store.look() as uow:
            found = {name: uow.shipments.by_reference(merchant_id, mode, name) for name in set(references) if name}
        return {name: each.id for name, each in found.items() if each and each.state is not ShipmentState.FAILED}


class BookingKind:
    """How a row of such a job is priced and booked."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    def look(self, job: BulkJob, row: BulkRow) -> BulkRow:
        """Ask the carriers; one that none takes can be asked about again."""
        ask = self._orders.asked(job.merchant_id, read(row.data), str(job.facts.get("policy", "")))
        quote = self._orders.quote(job.merchant_id, job.mode, ask)
        if not quote.ranked:
            return replace(row, state=RowState.FAILED, why=nothing_left(quote))
        best = quote.ranked[0]
        data = {**row.data, "quote_id": quote.id, "offer": _offered(best)}
        return replace(row, state=RowState.READY, data=data, price=best.rate.price)

    def do(self, job: BulkJob, row: BulkRow) -> BulkRow:
        """Book it, from the quote that was looked at while that is good; carriers that refused it are asked anew."""
        ask = self._orders.asked(job.merchant_id, read(row.data), str(job.facts.get("policy", "")))
        quote_id = row.data.get("quote_id", "") if row.attempt == 1 else ""
        booking = self._orders.fresh(job.merchant_id, job.mode, quote_id, ask)
        return booked_row(row, self._orders.book(job.merchant_id, job.mode, row.key, booking))


def booked_row(row: BulkRow, shipment: ShipmentRecord) -> BulkRow:
    """A row of what was booked for it. The shipment has the address from now on, so the row forgets it."""
    settled = shipment.state is ShipmentState.BOOKED
    return replace(
        row,
        state=RowState.DONE if settled else RowState.UNKNOWN,
        subject_id=shipment.id,
        price=shipment.price,
        why="" if settled else "the carrier's answer is not known yet; it is being found out, and never booked twice",
        data={"account": shipment.account, "tracking_number": shipment.tracking_number},
    )


def _row(number: int, cells: Mapping[str, str], groups: Groups, seen: dict[str, int], known: Known) -> BulkRow:
    order = read(cells)
    reference = " ".join(cells.get("reference", "").split())
    faults = [(columns()[each.column].title, each.why, each.repair) for each in order.faults]
    if cells["facility"] and cells["facility"] not in known.facilities:
        faults.append(("Facility", f"{cells['facility']} is none of yours", columns()["facility"].repair))
    if reference in seen:
        faults.append(("Reference", f"is the same as on line {seen[reference]}", TWICE))
    elif reference in known.living:
        faults.append(("Reference", f"is booked already, as {known.living[reference]}", BOOKED))
    for told in dict.fromkeys((title, repair) for title, _, repair in faults):
        groups.faults[told].append(number)
    for name, said in order.mended.items():
        groups.mended[(columns()[name].title, said)].append(number)
    if reference:
        seen.setdefault(reference, number)
    return BulkRow(
        merchant_id="",
        job_id="",
        number=number,
        state=RowState.BLOCKED if faults else RowState.READY,
        name=reference,
        subject_id=known.living.get(reference, "") if faults else "",
        data=dict(cells),
        why="; ".join(f"{title} {why}" for title, why, _ in faults),
    )


def _sampled(rows: Sequence[BulkRow]) -> Sequence[BulkRow]:
    """Those that are to be priced first are `new`: all of a few, an even sample of many."""
    ready = [row for row in rows if row.state is RowState.READY]
    every = 1 if len(ready) <= MOST_PRICED else -(-len(ready) // SAMPLE)
    chosen = {row.number for row in ready[::every]}
    return [replace(row, state=RowState.NEW) if row.number in chosen else row for row in rows]


def _told(found: Mapping[tuple[str, str], list[int]]) -> list[dict[str, object]]:
    ordered = sorted(found.items(), key=lambda each: -len(each[1]))
    return [
        {"field": title, "said": said, "count": len(numbers), "rows": numbers[:NAMED]}
        for (title, said), numbers in ordered
    ]


def _offered(offer: Offer) -> str:
    by = f", by {offer.rate.deliver_by:%d %b}" if offer.rate.deliver_by else ""
    return f"{offer.account}, {offer.rate.service.value.replace('_', ' ')}{by}"
