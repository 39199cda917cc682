"""Carrier accounts: a merchant's contracts with carriers, their secrets write-only."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from time import monotonic
from typing import Any

from carriers.base import Carrier
from carriers.base.drive import Outcome
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, StaleVersion, Unprocessable
from gateway.domain.records import AccountRecord
from gateway.services.account_checks import PREVIOUS, faults, missing_secrets
from gateway.services.carrier_pool import BrokenAccount, CarrierPool, LiveCarrier
from gateway.services.faultpoints import Purpose
from gateway.services.ids import new_id
from gateway.services.poll_budget import Day, PollBudget
from gateway.services.ports import Mode, Store
from gateway.services.probing import Probe, probe
from gateway.settings import Carriers as CarrierSettings

CHECK_DEADLINE_S = 10.0
MOST_PROBES = 16
"""Accounts asked at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDraft:
    """What a merchant says about an account; None leaves a field as it is (when changing one)."""

    name: str | None = None
    carrier: str | None = None
    urls: Mapping[str, str] | None = None
    secrets: Mapping[str, str] | None = None
    options: Mapping[str, object] | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollingView:
    """What of an account's daily polling calls is spent; `budget` None: as many as it takes, and none is counted."""

    budget: int | None = None
    day: date | None = None
    spent: int = 0
    resting_until: datetime | None = None


class AccountBook:
    """Adds, changes, lists and probes accounts."""

    def __init__(
        self,
        store: Store,
        pool: CarrierPool,
        clock: Clock,
        settings: CarrierSettings,
        installed: Callable[[], Mapping[str, type[Carrier]]],
    ) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock
        self._settings = settings
        self._installed = installed
        self._budget = PollBudget(store, clock)

    def add(self, merchant_id: str, mode: Mode, draft: AccountDraft) -> AccountRecord:
        """A new account.

        Raises:
            Unprocessable: unknown carrier, URL, secret or option.
            Conflict: the name is taken.
        """
        account = self._new(merchant_id, mode, draft)
        self._check(account)
        with self._store.work() as uow:
            if uow.accounts.by_name(merchant_id, account.name) is not None:
                raise Conflict(f"an account named {account.name!r} exists already")
            uow.accounts.add(account)
            uow.commit()
        return account

    def faults_of(self, merchant_id: str, mode: Mode, draft: AccountDraft) -> Sequence[Unprocessable]:
        """All that is wrong with what would be a new account, each with a pointer to its field."""
        account = self._new(merchant_id, mode, draft)
        return tuple(self._faults(account))

    def change(
        self, merchant_id: str, mode: Mode, account_id: str, draft: AccountDraft, seen: int | None = None
    ) -> AccountRecord:
        """The account with the draft's fields; secrets that are not named stay. Rest and failures end.

        Raises:
            NotFound, Unprocessable, Conflict.
            StaleVersion: it is not at the version that was `seen` any more.
        """
        with self._store.work() as uow:
            account = uow.accounts.get(merchant_id, account_id)
            if account is None or account.mode != mode:
                raise NotFound(f"no account {account_id}")
            if seen is not None and account.version != seen:
                raise StaleVersion(f"account {account.name} was changed by somebody else meanwhile")
            if draft.carrier is not None and draft.carrier != account.carrier:
                raise Unprocessable("/carrier", "an account stays with its carrier; add another account")
            changed = _changed(account, draft)
            self._check(changed)
            other = uow.accounts.by_name(merchant_id, changed.name)
            if other is not None and other.id != account_id:
                raise Conflict(f"an account named {changed.name!r} exists already")
            uow.accounts.replace(changed)
            uow.commit()
        return changed

    def rotate(
        self, merchant_id: str, mode: Mode, account_id: str, secrets: Mapping[str, str], seen: int, *, overlap: bool
    ) -> AccountRecord:
        """The account with new secrets. `overlap`: what its carrier still signs with the old ones is accepted too.

        Raises:
            NotFound, Unprocessable.
            StaleVersion: it is not at the version that was `seen` any more.
        """
        account = self.get(merchant_id, mode, account_id)
        old = {f"{name}{PREVIOUS}": account.secrets.get(name, "") if overlap else "" for name in secrets}
        return self.change(merchant_id, mode, account_id, AccountDraft(secrets={**old, **secrets}), seen)

    def get(self, merchant_id: str, mode: Mode, account_id: str) -> AccountRecord:
        """One account. Raises NotFound."""
        with self._store.look() as uow:
            account = uow.accounts.get(merchant_id, account_id)
        if account is None or account.mode != mode:
            raise NotFound(f"no account {account_id}")
        return account

    def named(self, merchant_id: str, mode: Mode, name_or_id: str) -> AccountRecord:
        """One account by its name or id. Raises NotFound."""
        with self._store.look() as uow:
            account = uow.accounts.by_name(merchant_id, name_or_id)
        return account if account and account.mode == mode else self.get(merchant_id, mode, name_or_id)

    def list(self, merchant_id: str, mode: Mode) -> Sequence[AccountRecord]:
        """The merchant's accounts of a mode, by name."""
        with self._store.look() as uow:
            return uow.accounts.list(merchant_id, mode)

    def missing(self, account: AccountRecord) -> Sequence[str]:
        """Names of the secrets that it lacks, without which its carrier cannot be asked anything."""
        carrier = self._installed().get(account.carrier)
        return [] if carrier is None else list(missing_secrets(account.secrets, carrier.profile))

    def polling(self, account: AccountRecord) -> PollingView:
        """What of the account's polling calls is spent on its carrier's present day."""
        live = self._pool.attempt(account)
        if not isinstance(live, LiveCarrier):
            return PollingView()
        facts, now = live.carrier.profile.polling, self._clock()
        spend = self._budget.spending(live)
        resting = spend.resting_until if spend else None
        return PollingView(
            budget=facts.daily_budget,
            day=Day.at(facts, now).date,
            spent=spend.calls if spend else 0,
            resting_until=resting if resting is not None and resting > now else None,
        )

    def probe(self, merchant_id: str, mode: Mode, account_id: str) -> Probe:
        """Ask the carrier something that costs nothing, and say in a sentence whether the account works."""
        return self._probed(self._pool.attempt(self.get(merchant_id, mode, account_id)), monotonic() + CHECK_DEADLINE_S)

    def probe_all(self, merchant_id: str, mode: Mode, deadline_s: float) -> Sequence[tuple[AccountRecord, Probe]]:
        """Every enabled account, asked at once."""
        lives = [self._pool.attempt(record) for record in self.list(merchant_id, mode) if record.enabled]
        until = monotonic() + deadline_s
        with ThreadPoolExecutor(max_workers=MOST_PROBES) as crowd:
            probes = list(crowd.map(lambda live: self._probed(live, until), lives))
        return [(live.record, found) for live, found in zip(lives, probes, strict=True)]

    def _probed(self, live: LiveCarrier | BrokenAccount, until: float) -> Probe:
        if isinstance(live, BrokenAccount):
            return Probe(ok=False, code="broken_account", why=live.why)

        def ask(call: Coroutine[Any, Any, Any]) -> Outcome[Any]:
            return self._pool.ask_all(Purpose.CHECK, [live], [call], max(until - monotonic(), 0.0))[0]

        return probe(live, self._clock(), ask)

    def _new(self, merchant_id: str, mode: Mode, draft: AccountDraft) -> AccountRecord:
        now = self._clock()
        return AccountRecord(
            id=new_id("acc", now),
            merchant_id=merchant_id,
            name=draft.name or "",
            carrier=draft.carrier or "",
            mode=mode,
            urls=draft.urls or {},
            secrets=draft.secrets or {},
            options=draft.options or {},
            enabled=draft.enabled is not False,
            created_at=now,
        )

    def _check(self, account: AccountRecord) -> None:
        """Everything an account says must mean something to its carrier."""
        for fault in self._faults(account):
            raise fault

    def _faults(self, account: AccountRecord) -> Iterator[Unprocessable]:
        carrier_class = self._installed().get(account.carrier)
        if carrier_class is None:
            known = ", ".join(sorted(self._installed()))
            yield Unprocessable("/carrier", f"no carrier {account.carrier!r} is installed; there are {known}")
        else:
            yield from faults(account, carrier_class, allow_plain_http=self._settings.allow_plain_http)


def _changed(account: AccountRecord, draft: AccountDraft) -> AccountRecord:
    """Its next version, rested."""
    return replace(
        account,
        name=draft.name if draft.name is not None else account.name,
        urls=draft.urls if draft.urls is not None else account.urls,
        secrets={**account.secrets, **(draft.secrets or {})},
        options=draft.options if draft.options is not None else account.options,
        enabled=draft.enabled if draft.enabled is not None else account.enabled,
        version=account.version + 1,
        failures=0,
        resting_until=None,
        resting_why="",
    )
