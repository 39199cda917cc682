"""A merchant's own tracking history, and trackers of what was booked elsewhere, thousands of lines at a time.

Idempotent by what events are called: a file that is sent again, after whatever went wrong, adds what is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Literal
from zlib import crc32
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from carriers.base import TrackingUpdate
from gateway.domain.clock import Clock
from gateway.domain.codec import to_json
from gateway.domain.copies import altered
from gateway.domain.errors import Unprocessable
from gateway.domain.messages import InboxMessage, InboxState
from gateway.domain.records import AccountRecord, TrackerRecord
from gateway.domain.tracking import Source, TrackingEvent
from gateway.services.accounts import AccountBook
from gateway.services.carrier_pool import CarrierPool
from gateway.services.event_lines import Line, Reader
from gateway.services.garbage import uncollected
from gateway.services.ids import new_id
from gateway.services.line_cells import Fault
from gateway.services.many import Batched
from gateway.services.ports import Mode, Store, UnitOfWork
from gateway.services.tracking import Applied, Funnel
from gateway.services.transactions import patiently

Form = Literal["csv", "ndjson"]
A_BATCH = 10_000
LANES = 2
SHOWN_FAULTS = 1000


@dataclass(slots=True, kw_only=True)
class Report:
    """What became of the lines; of the faults only the first are listed."""

    lines: int = 0
    new: int = 0
    duplicates: int = 0
    new_trackers: int = 0
    fault_count: int = 0
    faults: list[Fault] = field(default_factory=list)

    def add(self, other: Report) -> None:
        """What became of another share of the same lines."""
        for name in ("lines", "new", "duplicates", "new_trackers", "fault_count"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.faults = sorted([*self.faults, *other.faults], key=lambda fault: fault.line)[:SHOWN_FAULTS]

    def note(self, fault: Fault) -> None:
        """Count a fault, list it among the first."""
        self.fault_count += 1
        if len(self.faults) < SHOWN_FAULTS:
            self.faults.append(fault)


@dataclass(frozen=True, slots=True)
class Share:
    """One of `many` equal parts of all numbers: what one of several processes takes of lines that all of them see."""

    place: int = 0
    many: int = 1

    def holds(self, number: str) -> bool:
        """Whether a number is in it, the same in every process. By other bits than those that choose its lane."""
        return self.many == 1 or crc32(number.encode("utf-8", "replace")) // LANES % self.many == self.place


ALL = Share()


@dataclass(frozen=True, slots=True)
class Intake:
    """Where lines go: the account they are about, and how they are read."""

    account: AccountRecord
    reader: Reader
    form: Form

    def read(self, lines: Iterable[bytes], share: Share = ALL) -> Iterator[Line | Fault]:
        """The lines of a share as events or faults; those of no number are in the first."""
        read = self.reader.csv if self.form == "csv" else self.reader.ndjson
        return read(lines, share.holds)


class Ingest:
    """Takes lines in."""

    def __init__(self, store: Store, accounts: AccountBook, pool: CarrierPool, funnel: Funnel, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._pool = pool
        self._funnel = funnel
        self._clock = clock

    def open(self, merchant_id: str, mode: Mode, account: str, form: Form, timezone: str = "") -> Intake:
        """Where lines for an account go; `timezone` is that of times without an offset, else the carrier's own.

        Raises:
            NotFound: no such account.
            Unprocessable: no such zone.
        """
        record = self._accounts.named(merchant_id, mode, account)
        carrier = self._pool.bind(record).carrier
        name = timezone or carrier.profile.polling.timezone
        try:
            zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise Unprocessable("/timezone", f"{name!r} is no time zone such as Europe/Oslo") from None
        return Intake(record, Reader(record.carrier, carrier.statuses, zone), form)

    def check(self, intake: Intake, lines: Iterable[bytes]) -> Report:
        """What is wrong with the lines; nothing is written."""
        report = Report()
        for each in intake.read(lines):
            report.lines += 1
            if isinstance(each, Fault):
                report.note(each)
        return report

    def take(
        self, intake: Intake, lines: Iterable[bytes], share: Share = ALL, pauses_s: Sequence[float] = ()
    ) -> Report:
        """Take the good lines of a share in, name the others. A batch of lines is a transaction a lane.

        Raises Unavailable when the database was away for longer than these pauses.
        """
        report = Report()
        received_at = self._clock()
        inbox_id = new_id("inb", received_at)
        read = intake.read(lines, share)
        more = True
        while more:
            with uncollected():
                more = self._take(
                    intake.account, list(islice(read, A_BATCH)), report, (received_at, inbox_id, pauses_s)
                )
        self._remember(intake.account, report, received_at, inbox_id)
        return report

    def _take(
        self,
        account: AccountRecord,
        batch: Sequence[Line | Fault],
        report: Report,
        how: tuple[datetime, str, Sequence[float]],
    ) -> bool:
        """Whether there was anything to take."""
        report.lines += len(batch)
        for each in batch:
            if isinstance(each, Fault):
                report.note(each)
        told = _by_number(each for each in batch if isinstance(each, Line))
        new, made = self.apply(account, told, *how)
        report.new += new
        report.new_trackers += made
        report.duplicates += sum(len(update.events) for update in told) - new
        return bool(batch)

    def apply(
        self,
        account: AccountRecord,
        told: Sequence[TrackingUpdate],
        received_at: datetime,
        inbox_id: str,
        pauses_s: Sequence[float] = (),
    ) -> tuple[int, int]:
        """Updates, each of another number; how many events and how many numbers were new.

        A number always goes down the same lane, so that no two of them ever wait for each other's locks: while the
        database writes what came down the one, the other is folded.
        """
        lanes: list[list[TrackingUpdate]] = [[] for _ in range(LANES)]
        for update in told:
            lanes[crc32(update.tracking_number.encode()) % LANES].append(update)

        def down(lane: Sequence[TrackingUpdate]) -> tuple[Applied, int]:
            return patiently(lambda: self._apply(account, lane, received_at, inbox_id), pauses_s)

        with uncollected(), ThreadPoolExecutor(LANES, thread_name_prefix="ingest") as pool:
            done = list(pool.map(down, filter(None, lanes)))
        return sum(applied.new for applied, _ in done), sum(made for _, made in done)

    def _apply(
        self, account: AccountRecord, told: Sequence[TrackingUpdate], received_at: datetime, inbox_id: str
    ) -> tuple[Applied, int]:
        now = self._clock()
        with self._store.work() as uow:
            batched = Batched(uow)
            numbers = {update.tracking_number for update in told}
            batched.read_ahead(account.merchant_id, account.id, numbers, new=partial(_tracker, account, now))
            applied = self._funnel.apply(batched.unit, account, told, Source.IMPORT, received_at, inbox_id)
            made = batched.changes.made
            for tracker in made:
                _rest(batched.unit, tracker)
            batched.commit()
        return applied, len(made)

    def _remember(self, account: AccountRecord, report: Report, at: datetime, inbox_id: str) -> None:
        """The inbox says that something came and how much; the lines themselves lie with their events."""
        said = {name: count for name, count in to_json(report).items() if name != "faults"}
        message = InboxMessage(
            id=inbox_id,
            merchant_id=account.merchant_id,
            account_id=account.id,
            source=Source.IMPORT,
            dedupe_key=inbox_id,
            received_at=at,
            body=repr(said).encode(),
            state=InboxState.APPLIED,
        )
        with self._store.work() as uow:
            uow.inbox.add(message)
            uow.inbox.settle(message)
            uow.commit()


def _by_number(lines: Iterable[Line]) -> list[TrackingUpdate]:
    """One update a number: its events are folded once."""
    events: dict[str, list[TrackingEvent]] = defaultdict(list)
    for line in lines:
        events[line.number].append(line.event)
    return [TrackingUpdate(tracking_number=number, events=tuple(found)) for number, found in events.items()]


def _tracker(account: AccountRecord, now: datetime, number: str) -> TrackerRecord:
    return TrackerRecord(
        id=new_id("trk", now),
        merchant_id=account.merchant_id,
        account_id=account.id,
        carrier=account.carrier,
        mode=account.mode,
        tracking_number=number,
        created_at=now,
        due_at=now,
    )


def _rest(uow: UnitOfWork, made: TrackerRecord) -> None:
    """Of a parcel whose story has ended nothing more is asked."""
    now = uow.trackers.get(made.merchant_id, made.id)
    if now is not None and now.finished:
        uow.trackers.update(altered(now, due_at=None))
