"""Configured accounts as live carriers: who there is, who rests, and the one place from which carriers are called."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from carriers.base import (
    ROLES,
    Account,
    AuthenticationFailed,
    BadCarrierResponse,
    Calendar,
    CallRate,
    Capability,
    Carrier,
    CarrierError,
    RateLimited,
    ShipmentRejected,
    StatusRow,
    UnknownReference,
)
from carriers.base.drive import Outcome, Transport, drive
from gateway.domain.clock import Clock
from gateway.domain.errors import GatewayError, NotFound, Unprocessable
from gateway.domain.records import AccountRecord
from gateway.services.call_rate import POLLING, CallRates
from gateway.services.card_shelf import CardShelf
from gateway.services.faultpoints import FaultPoints, Purpose
from gateway.services.own_statuses import rows_of
from gateway.services.ports import Mode, Store
from gateway.services.public_http import NotPublic, check_url
from gateway.services.request_log import RequestLog
from gateway.settings import Carriers as CarrierSettings

log = logging.getLogger("gateway.carriers")
T = TypeVar("T")
LONGEST_REST = timedelta(minutes=10)
REST_AFTER_BAD_CREDENTIALS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class LiveCarrier:
    """An account and the carrier's code bound to it."""

    record: AccountRecord
    carrier: Carrier

    @property
    def key(self) -> tuple[str, str]:
        """The account among all merchants'."""
        return self.record.merchant_id, self.record.id

    @property
    def call_rate(self) -> CallRate | None:
        """The carrier's documented rate limit in the account's mode."""
        return self.carrier.profile.calls.get(self.record.mode)

    def can(self, role: Capability) -> bool:
        """Whether this account's carrier has the role (an account may lack one its class has)."""
        return all(getattr(self.carrier, name, None) is not None for name in ROLES[role])


@dataclass(frozen=True, slots=True)
class BrokenAccount:
    """An account from which no carrier can be made, and why."""

    record: AccountRecord
    why: str


class CarrierPool:
    """Builds carriers from accounts, keeps them (and their tokens and connections) while the account is unchanged."""

    def __init__(
        self,
        store: Store,
        transport: Transport,
        clock: Clock,
        settings: CarrierSettings,
        faults: FaultPoints,
        installed: Callable[[], Mapping[str, type[Carrier]]],
        calendar: Calendar,
        log: RequestLog,
    ) -> None:
        self._store = store
        self._transport = transport
        self._clock = clock
        self._settings = settings
        self._faults = faults
        self._installed = installed
        self._calendar = calendar
        self._log = log
        self._cards = CardShelf(store)
        self._live: dict[tuple[str, str], LiveCarrier] = {}
        self._listed: dict[tuple[str, Mode], tuple[int, Sequence[AccountRecord]]] = {}
        self._lock = threading.Lock()
        self._rates = CallRates()

    def of_merchant(
        self, merchant_id: str, mode: Mode, settings_version: int
    ) -> tuple[list[LiveCarrier], list[BrokenAccount]]:
        """The merchant's enabled accounts of a mode, by name: those that work, and those that cannot be made.

        They are read once per version of the merchant's settings.
        """
        listed = self._listed.get((merchant_id, mode))
        if listed is None or listed[0] != settings_version:
            with self._store.look() as uow:
                listed = settings_version, uow.accounts.list(merchant_id, mode)
            self._listed[merchant_id, mode] = listed
        made = [self.attempt(record) for record in listed[1] if record.enabled]
        return (
            [each for each in made if isinstance(each, LiveCarrier)],
            [each for each in made if isinstance(each, BrokenAccount)],
        )

    def now_of(self, merchant_id: str, mode: Mode) -> tuple[list[LiveCarrier], list[BrokenAccount]]:
        """As `of_merchant`, at the present version of the settings."""
        with self._store.look() as uow:
            version = uow.keys.settings_version(merchant_id)
        return self.of_merchant(merchant_id, mode, version)

    def attempt(self, record: AccountRecord) -> LiveCarrier | BrokenAccount:
        """The carrier for an account, or why it cannot be made: one broken account is nobody else's trouble."""
        try:
            return self.bind(record)
        except GatewayError as error:
            return BrokenAccount(record, str(error))
        except Exception as error:  # a carrier's own constructor: whatever it does, the others go on
            log.exception("account %s cannot be made", record.id)
            return BrokenAccount(record, f"its carrier fails to start: {type(error).__name__}")

    def get(self, merchant_id: str, account_id: str) -> LiveCarrier:
        """One account, enabled or not (a booking made through it still needs it).

        Raises:
            NotFound: no such account of this merchant.
        """
        with self._store.look() as uow:
            record = uow.accounts.get(merchant_id, account_id)
        if record is None:
            raise NotFound(f"no account {account_id}")
        return self.bind(record)

    def bind(self, record: AccountRecord) -> LiveCarrier:
        """The carrier for this very version of an account."""
        key = (record.merchant_id, record.id)
        with self._lock:
            known = self._live.get(key)
        if known is not None and known.record.version == record.version:
            return LiveCarrier(record, known.carrier)
        carrier_class = self._installed().get(record.carrier)
        if carrier_class is None:
            raise NotFound(f"carrier {record.carrier!r} of account {record.name!r} is not installed")
        live = LiveCarrier(record, carrier_class(self._account(record, carrier_class), self._clock))
        with self._lock:
            self._live[key] = live
        return live

    def ask(
        self,
        purpose: Purpose,
        live: LiveCarrier,
        call: Coroutine[Any, Any, T],
        deadline_s: float,
    ) -> T:
        """One call to one carrier; its CarrierError is raised and counted."""
        outcome: Outcome[T] = self.ask_all(purpose, [live], [call], deadline_s)[0]
        if outcome.error is not None:
            raise outcome.error
        return outcome.value  # type: ignore[return-value]  # an outcome without error has a value

    def ask_all(
        self,
        purpose: Purpose,
        lives: Sequence[LiveCarrier],
        calls: Sequence[Coroutine[Any, Any, T]],
        deadline_s: float,
    ) -> list[Outcome[T]]:
        """Calls to several carriers at once under one deadline; every outcome is counted in its account's circuit.

        A call that the account's rate limit has no room for is not made: its outcome is RateLimited at once.
        """
        asked = list(zip(lives, calls, strict=True))
        waits = [self._rates.wait_s(live.key, live.call_rate, purpose) for live in lives]
        driven = iter(
            drive(
                [_guarded(live, call) for (live, call), wait_s in zip(asked, waits, strict=True) if not wait_s],
                self._transport,
                deadline_s=deadline_s,
                on_sent=lambda: self._faults.reach(purpose.value),
            )
        )
        return [
            self._held_back(call, wait_s) if wait_s else self._counted(purpose, live, next(driven))
            for (live, call), wait_s in zip(asked, waits, strict=True)
        ]

    def _held_back(self, call: Coroutine[Any, Any, T], wait_s: float) -> Outcome[T]:
        call.close()
        return Outcome(error=RateLimited("held back: the carrier takes no more calls for now", retry_after_s=wait_s))

    def _counted(self, purpose: Purpose, live: LiveCarrier, outcome: Outcome[T]) -> Outcome[T]:
        if purpose not in POLLING or outcome.error is not None:  # what is asked all day long would crowd out the rest
            self._log.asked(purpose.name.lower(), live.record, outcome.exchanges)
        self._rates.took_more(live.key, live.call_rate, len(outcome.exchanges) - 1)
        only_polling_rests = purpose in POLLING and isinstance(outcome.error, RateLimited)
        if purpose is not Purpose.SUBSCRIBE and not only_polling_rests:  # a contract without pushes is a good account
            self._note(live, outcome.error)
        return outcome

    def resting(self, live: LiveCarrier) -> str | None:
        """Why the account is not to be called now; None when it is."""
        until = live.record.resting_until
        if until is None or until <= self._clock():
            return None
        return f"resting until {until:%H:%M:%S} UTC: {live.record.resting_why}"

    def _note(self, live: LiveCarrier, error: CarrierError | None) -> None:
        record = live.record
        healthy = error is None or isinstance(error, ShipmentRejected | UnknownReference)
        if healthy and record.failures == 0 and record.resting_until is None:
            return
        failures = 0 if healthy else record.failures + 1
        until = None if error is None or healthy else self._rest(error, failures)
        with self._store.work() as uow:
            uow.accounts.rest(record.merchant_id, record.id, failures, until, "" if healthy else str(error))
            uow.commit()

    def _rest(self, error: CarrierError, failures: int) -> datetime | None:
        now = self._clock()
        if isinstance(error, AuthenticationFailed):
            return now + REST_AFTER_BAD_CREDENTIALS
        if isinstance(error, RateLimited):
            return now + min(timedelta(seconds=_pause_s(error, self._settings.rest_s)), LONGEST_REST)
        over = failures - self._settings.rest_after_failures
        if over < 0:
            return None
        return now + min(timedelta(seconds=self._settings.rest_s * 2 ** min(over, 10)), LONGEST_REST)

    def _account(self, record: AccountRecord, carrier_class: type[Carrier]) -> Account:
        return Account(
            id=record.id,
            name=record.name,
            mode=record.mode,
            urls=account_urls(record, carrier_class, allow_plain_http=self._settings.allow_plain_http),
            secrets=record.secrets,
            options=record.options,
            windows=self._store.windows(record.merchant_id, record.id),
            rate_card=self._cards.of(record.merchant_id, record.id),
            calendar=self._calendar,
            statuses=self._statuses(record),
        )

    def _statuses(self, record: AccountRecord) -> tuple[StatusRow, ...]:
        """The account's own readings; a new table is a new version of the account."""
        with self._store.look() as uow:
            return rows_of(uow.status_tables.latest(record.merchant_id, record.id))


def _pause_s(error: RateLimited, otherwise: float) -> float:
    return otherwise if error.retry_after_s is None else error.retry_after_s


async def _guarded(live: LiveCarrier, call: Coroutine[Any, Any, T]) -> T:
    """A bug in one adapter is an answer of that carrier nobody can use; for a booking, an unknown outcome."""
    try:
        return await call
    except CarrierError:
        raise
    except Exception as error:  # one carrier that fails never fails the others
        log.exception("the adapter of %s failed", live.record.carrier)
        raise BadCarrierResponse(f"the adapter failed: {type(error).__name__}") from error


def account_urls(record: AccountRecord, carrier_class: type[Carrier], *, allow_plain_http: bool) -> dict[str, str]:
    """The profile's URLs for the account's mode with the account's own laid over them.

    Raises:
        Unprocessable: a URL that is not https or leads to this machine or its network by its very words, unless plain
            http is allowed (simulators, tests). Names are not looked up here.
    """
    urls = {**carrier_class.profile.urls.get(record.mode, {}), **record.urls}
    for name, url in urls.items():
        parts = urlsplit(url)
        if parts.scheme != "https" and not (allow_plain_http and parts.scheme == "http"):
            raise Unprocessable(f"/urls/{name}", f"{url} is not an https URL", "not_https")
        try:
            check_url(url, allow_private=allow_plain_http)
        except NotPublic as error:
            raise Unprocessable(f"/urls/{name}", f"{url}: {error}", "not_public") from None
    return {name: url.rstrip("/") for name, url in urls.items()}
