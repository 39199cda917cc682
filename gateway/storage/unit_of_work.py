"""One transaction and the repositories in it; the store that opens them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, select, text

from gateway.domain.clock import Clock
from gateway.domain.errors import Unavailable
from gateway.services import ports
from gateway.services.ports import desk, people
from gateway.services.ports.claims import Claims
from gateway.services.ports.enquiries import Enquiries
from gateway.services.ports.kpis import KpiFacts, KpiSums
from gateway.storage.audit import violations
from gateway.storage.counts import counts
from gateway.storage.engine import BUSY_TIMEOUT_MS, PG_AUDIT_LIMITS, plain_errors, read_engine, write_engine
from gateway.storage.history import SqlHistory
from gateway.storage.months import make_months
from gateway.storage.news import POLL_S, PolledNews, PostgresNews
from gateway.storage.repositories.accounts import AccountRepository
from gateway.storage.repositories.assignments import AssignmentRepository
from gateway.storage.repositories.backtests import BacktestRepository
from gateway.storage.repositories.bulk import BulkRepository
from gateway.storage.repositories.calls import CallRepository
from gateway.storage.repositories.cases import CaseRepository, DeliveryRecordRepository
from gateway.storage.repositories.checkouts import CheckoutRepository
from gateway.storage.repositories.claims import ClaimRepository
from gateway.storage.repositories.corrections import CorrectionRepository
from gateway.storage.repositories.desk import DeskRepository
from gateway.storage.repositories.diversions import DiversionRepository
from gateway.storage.repositories.enquiries import EnquiryRepository
from gateway.storage.repositories.facilities import FacilityRepository
from gateway.storage.repositories.idempotency import IdempotencyRepository
from gateway.storage.repositories.inbox import InboxRepository
from gateway.storage.repositories.keys import KeyRepository
from gateway.storage.repositories.kpi_sums import KpiSumsRepository
from gateway.storage.repositories.kpis import KpiFactsRepository
from gateway.storage.repositories.manifests import ManifestRepository
from gateway.storage.repositories.many import ManyRepository
from gateway.storage.repositories.notifications import NotificationRepository
from gateway.storage.repositories.outbox import OutboxRepository
from gateway.storage.repositories.past_days import PastDayRepository
from gateway.storage.repositories.people import AuditRepository, NoteRepository, UserRepository
from gateway.storage.repositories.pickups import PickupRepository
from gateway.storage.repositories.polling import PollingSpendRepository
from gateway.storage.repositories.privacy import PrivacyRepository
from gateway.storage.repositories.proofs import ProofFileRepository
from gateway.storage.repositories.pushes import PushRepository
from gateway.storage.repositories.quotes import PolicyRepository, QuoteRepository
from gateway.storage.repositories.rate_cards import RateCardRepository
from gateway.storage.repositories.recipients import BrandRepository, CodeRepository, RatingRepository, TriesRepository
from gateway.storage.repositories.reliability import ReliabilityRepository
from gateway.storage.repositories.shipments import ShipmentRepository
from gateway.storage.repositories.status_tables import StatusTableRepository
from gateway.storage.repositories.tenders import RecallRepository, TenderRepository
from gateway.storage.repositories.tracker_watches import TrackerWatchRepository
from gateway.storage.repositories.trackers import TrackerRepository
from gateway.storage.repositories.views import TagRepository, ViewRepository
from gateway.storage.repositories.windows import FleetWindows
from gateway.storage.repositories.zones import ZoneSetRepository
from gateway.storage.rows import DIALECTS
from gateway.storage.secrets import Vault
from gateway.storage.tables.accounts import GradeRow, HeartbeatRow
from gateway.storage.tables.base import table_of
from gateway.storage.unmapped import unmapped

_HEARTBEATS = table_of(HeartbeatRow)
_GRADES = table_of(GradeRow)


class SqlUnitOfWork:
    """Repositories on one connection. The first statement begins the transaction, one after `commit` the next."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self.accounts: ports.Accounts = AccountRepository(connection, vault)
        self.rate_cards: ports.RateCardVersions = RateCardRepository(connection)
        self.keys: ports.Keys = KeyRepository(connection)
        self.policies: ports.Policies = PolicyRepository(connection)
        self.zones: ports.ZoneSets = ZoneSetRepository(connection)
        self.facilities: ports.Facilities = FacilityRepository(connection)
        self.assignments: ports.Assignments = AssignmentRepository(connection)
        self.backtests: ports.Backtests = BacktestRepository(connection)
        self.bulk: ports.Bulk = BulkRepository(connection)
        self.past_days: ports.PastDays = PastDayRepository(connection)
        self.quotes: ports.QuoteStore = QuoteRepository(connection)
        self.checkouts: ports.CheckoutStore = CheckoutRepository(connection, vault)
        self.shipments: ports.Shipments = ShipmentRepository(connection)
        self.tenders: ports.Tenders = TenderRepository(connection)
        self.recalls: ports.Recalls = RecallRepository(connection)
        self.trackers: ports.Trackers = TrackerRepository(connection)
        self.tracker_watches: ports.TrackerWatches = TrackerWatchRepository(connection)
        self.many: ports.Many = ManyRepository(connection)
        self.status_tables: ports.StatusTables = StatusTableRepository(connection)
        self.inbox: ports.Inbox = InboxRepository(connection)
        self.outbox: ports.Outbox = OutboxRepository(connection, vault)
        self.idempotency: ports.Idempotency = IdempotencyRepository(connection)
        self.cases: ports.Cases = CaseRepository(connection)
        self.corrections: ports.Corrections = CorrectionRepository(connection)
        self.records: ports.DeliveryRecords = DeliveryRecordRepository(connection)
        self.proof_files: ports.ProofFiles = ProofFileRepository(connection)
        self.pickups: ports.Pickups = PickupRepository(connection)
        self.manifests: ports.Manifests = ManifestRepository(connection)
        self.polling: ports.PollingSpends = PollingSpendRepository(connection)
        self.brands: ports.Brands = BrandRepository(connection)
        self.ratings: ports.Ratings = RatingRepository(connection)
        self._measures(connection)
        self.reliability: ports.Reliability = ReliabilityRepository(connection)
        self._work_of_people(connection, vault)
        self._of_recipients(connection, vault)
        self.privacy: ports.Privacy = PrivacyRepository(connection)
        self.calls: ports.Calls = CallRepository(connection)
        self.notifications: ports.Notifications = NotificationRepository(connection, vault)

    def _work_of_people(self, connection: Connection, vault: Vault) -> None:
        """What those at the console leave and look for."""
        self.users: people.Users = UserRepository(connection, vault)
        self.audit: people.AuditLog = AuditRepository(connection)
        self.notes: people.Notes = NoteRepository(connection)
        self.views: people.Views = ViewRepository(connection)
        self.tags: people.Tags = TagRepository(connection)
        self.desk: desk.Desk = DeskRepository(connection)

    def _of_recipients(self, connection: Connection, vault: Vault) -> None:
        """What they wish, and where they want to be told."""
        self.tries: ports.Tries = TriesRepository(connection)
        self.codes: ports.Codes = CodeRepository(connection)
        self.diversions: ports.Diversions = DiversionRepository(connection)
        self.pushes: ports.Pushes = PushRepository(connection, vault)

    def _measures(self, connection: Connection) -> None:
        self.claims: Claims = ClaimRepository(connection)
        self.enquiries: Enquiries = EnquiryRepository(connection)
        self.kpi_facts: KpiFacts = KpiFactsRepository(connection)
        self.kpi_sums: KpiSums = KpiSumsRepository(connection)

    def commit(self) -> None:
        """Keep what was written."""
        self._connection.commit()


class SqlStore:
    """One database."""

    def __init__(
        self, url: str, vault: Vault, clock: Clock, *, durable: bool, pool_size: int, poll_s: float = POLL_S
    ) -> None:
        self._url = url
        self._writer = write_engine(url, durable=durable, pool_size=pool_size)
        self._reader = read_engine(url, pool_size=pool_size)
        self._vault = vault
        self._clock = clock
        self._poll_s = poll_s
        # SQLite has one writer: its threads queue here, fairly, instead of polling for the file's lock.
        self._turn = threading.Lock() if self._writer.dialect.name == "sqlite" else None

    @contextmanager
    def work(self) -> Iterator[ports.UnitOfWork]:
        """A transaction that may write; rolled back unless committed.

        Raises:
            Unavailable, StaleVersion: what `engine.plain_errors` says.
        """
        with self._connected() as connection:
            yield SqlUnitOfWork(connection, self._vault)

    @contextmanager
    def look(self) -> Iterator[ports.UnitOfWork]:
        """Reading only, each statement on its own; writing fails."""
        with self._reading() as connection:
            yield SqlUnitOfWork(connection, self._vault)

    def windows(self, merchant_id: str, account_id: str) -> ports.Windows:
        """The delivery windows of a fleet account, in transactions of their own."""
        return FleetWindows(merchant_id, account_id, self._connected, self._reading, self._clock)

    def history(self) -> ports.History:
        """The past, for backtests."""
        return SqlHistory(self._url)

    def audit(self, now: datetime) -> Sequence[ports.Violation]:
        """Every broken invariant that the database alone can show. Reads everything, so it may take its time.

        It sees one moment of the database, or what is written meanwhile would contradict what was read before.
        """
        reader = read_engine(self._url, pool_size=1, limits=PG_AUDIT_LIMITS)
        try:
            with plain_errors(), reader.connect() as connection:
                connection.exec_driver_sql("BEGIN")  # its connections commit by themselves otherwise
                return violations(connection, now)
        finally:
            reader.dispose()

    def beat(self, job: str, at: datetime, rows: int, error: str) -> None:
        """A job's heartbeat."""
        beat = {"at": at, "rows": rows, "error": error}
        with self._connected() as connection:
            upsert = DIALECTS[connection.dialect.name].insert(_HEARTBEATS)
            upsert = upsert.on_conflict_do_update(index_elements=["job"], set_=beat)
            connection.execute(upsert, {"job": job, **beat})
            connection.commit()

    def keep_grade(self, carrier: str, fingerprint: str, level: str) -> None:
        """The kit's grade of a carrier's code, in place of an earlier one."""
        grade = {"fingerprint": fingerprint, "level": level}
        with self._connected() as connection:
            upsert = DIALECTS[connection.dialect.name].insert(_GRADES)
            upsert = upsert.on_conflict_do_update(index_elements=["carrier"], set_=grade)
            connection.execute(upsert, {"carrier": carrier, **grade})
            connection.commit()

    def grades(self) -> Mapping[str, tuple[str, str]]:
        """(fingerprint of the code, level) of every graded carrier."""
        with self._reading() as connection:
            found = connection.execute(select(_GRADES))
            return {row.carrier: (row.fingerprint, row.level) for row in found}

    def beats(self) -> Mapping[str, tuple[datetime, int, str]]:
        """The last heartbeat of every job: when, how many rows, what error."""
        with self._reading() as connection:
            found = connection.execute(select(_HEARTBEATS))
            return {row.job: (row.at, row.rows, row.error) for row in found}

    def counts(self) -> Mapping[str, int]:
        """How many rows wait for what, over all merchants."""
        with self._reading() as connection:
            return counts(connection)

    def unmapped(self) -> Sequence[ports.UnmappedCode]:
        """Carriers' codes that no status table maps. Reads every event, so it may take its time."""
        reader = read_engine(self._url, pool_size=1, limits=PG_AUDIT_LIMITS)
        try:
            with plain_errors(), reader.connect() as connection:
                return unmapped(connection)
        finally:
            reader.dispose()

    def make_room(self, first: datetime, last: datetime) -> None:
        """Tables for the events of trackers that begin between two moments."""
        with self._connected() as connection:
            make_months(connection, first, last)
            connection.commit()

    def news(self) -> ports.News:
        """Hear of outbox messages as they are committed: from PostgreSQL itself; SQLite's outbox is looked at."""
        if self._writer.dialect.name == "postgresql":
            return PostgresNews(self._writer.url)
        return PolledNews(self._reader, self._poll_s)

    def ping(self) -> None:
        """Raises Unavailable when the database does not answer."""
        with self._reading() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give all connections back."""
        self._writer.dispose()
        self._reader.dispose()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with plain_errors(), self._waited(), self._writer.connect() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with plain_errors(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def _waited(self) -> Iterator[None]:
        if self._turn is None:
            yield
            return
        if not self._turn.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise Unavailable("the database is busy writing")
        try:
            yield
        finally:
            self._turn.release()
