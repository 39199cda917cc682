"""Policies: versions are only superseded, never edited; the newest one decides.

A policy belongs to the merchant, not to a mode: what is tried in test is what decides in live.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.domain.clock import Clock
from gateway.domain.errors import NotFound, StaleVersion, Unprocessable
from gateway.domain.records import PolicyRecord
from gateway.rules.policy import Policy
from gateway.services.ports import Store


class PolicyBook:
    """The merchants' policies over the ones shipped in `config/policies.toml` (version 0)."""

    def __init__(self, store: Store, shipped: Mapping[str, Mapping[str, object]], clock: Clock) -> None:
        self._store = store
        self._shipped = shipped
        self._clock = clock
        self._parsed: dict[tuple[str, str], tuple[int, Policy]] = {}

    def live(self, merchant_id: str, name: str, settings_version: int) -> Policy:
        """The policy that decides at this version of the merchant's settings.

        Raises:
            Unprocessable: there is none of that name.
        """
        known = self._parsed.get((merchant_id, name))
        if known is None or known[0] != settings_version:
            try:
                record = self.latest(merchant_id, name)
            except NotFound:
                raise Unprocessable("/policy", f"there is no policy {name!r}", "unknown_policy") from None
            known = settings_version, Policy.parse(name, record.version, record.data)
            self._parsed[merchant_id, name] = known
        return known[1]

    def latest(self, merchant_id: str, name: str) -> PolicyRecord:
        """The newest version, the merchant's own or the shipped one. Raises NotFound."""
        with self._store.look() as uow:
            record = uow.policies.latest(merchant_id, name)
        if record is not None:
            return record
        if name not in self._shipped:
            raise NotFound(f"no policy {name}")
        return self._as_shipped(merchant_id, name)

    def version(self, merchant_id: str, name: str, version: int) -> PolicyRecord:
        """One version. Raises NotFound."""
        if version == 0 and name in self._shipped:
            return self._as_shipped(merchant_id, name)
        with self._store.look() as uow:
            record = uow.policies.version(merchant_id, name, version)
        if record is None:
            raise NotFound(f"no version {version} of policy {name}")
        return record

    def names(self) -> Sequence[str]:
        """Names of the shipped policies."""
        return sorted(self._shipped)

    def put(
        self, merchant_id: str, name: str, data: Mapping[str, object], author: str, based_on: int | None = None
    ) -> PolicyRecord:
        """Store the next version.

        Raises:
            Unprocessable: a rule or parameter that does not exist, with its pointer.
            StaleVersion: `based_on` is not the newest version any more.
        """
        Policy.parse(name, 0, data)
        with self._store.work() as uow:
            newest = uow.policies.latest(merchant_id, name)
            version = newest.version if newest else 0
            if based_on is not None and based_on != version:
                raise StaleVersion(f"policy {name} is at version {version}, not {based_on}")
            record = PolicyRecord(
                merchant_id=merchant_id,
                name=name,
                version=version + 1,
                data=data,
                created_at=self._clock(),
                author=author,
            )
            if not uow.policies.add(record):
                raise StaleVersion(f"policy {name} got version {version + 1} from somebody else")
            uow.commit()
        return record

    def _as_shipped(self, merchant_id: str, name: str) -> PolicyRecord:
        return PolicyRecord(
            merchant_id=merchant_id, name=name, version=0, data=self._shipped[name], created_at=self._clock()
        )
