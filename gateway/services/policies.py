"""Policies: versions are only superseded, never edited, and published: one decides, one may be on trial beside it.

A policy belongs to the merchant, not to a mode: what is tried in test is what decides in live.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, StaleVersion, Unprocessable
from gateway.domain.policy_versions import PolicyRecord, Publication
from gateway.rules.policy import Policy
from gateway.services.ports import Store, UnitOfWork


class Stage(StrEnum):
    """What a version is for: nothing yet (or no more), being tried without effect, or deciding."""

    DRAFT = "draft"
    SHADOW = "shadow"
    LIVE = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Which versions decide and are on trial; `live` is None while there are only drafts."""

    live: int | None
    shadow: int | None

    def stage(self, version: int) -> Stage:
        """What a version is for."""
        if version == self.live:
            return Stage.LIVE
        return Stage.SHADOW if version == self.shadow else Stage.DRAFT


class Deciding(NamedTuple):
    """The policy that decides, and the one that is on trial."""

    live: Policy
    shadow: Policy | None


class PolicyBook:
    """The merchants' policies over the ones shipped in `config/policies.toml` (version 0)."""

    def __init__(self, store: Store, shipped: Mapping[str, Mapping[str, object]], clock: Clock) -> None:
        self._store = store
        self._shipped = shipped
        self._clock = clock
        self._parsed: dict[tuple[str, str], tuple[int, Deciding]] = {}

    def live(self, merchant_id: str, name: str, settings_version: int) -> Policy:
        """The policy that decides. Raises Unprocessable as `deciding`."""
        return self.deciding(merchant_id, name, settings_version).live

    def deciding(self, merchant_id: str, name: str, settings_version: int) -> Deciding:
        """The policies that are published at this version of the merchant's settings, kept until that changes.

        Raises:
            Unprocessable: there is none of that name, or only drafts.
        """
        known = self._parsed.get((merchant_id, name))
        if known is None or known[0] != settings_version:
            known = settings_version, self._read(merchant_id, name)
            self._parsed[merchant_id, name] = known
        return known[1]

    def on_trial(
        self, merchant_id: str, name: str, version: int | None = None, data: Mapping[str, object] | None = None
    ) -> Deciding:
        """For a dry run: a version, data that is not saved, or else the policy that decides.

        Raises:
            NotFound: no such policy or version.
            Unprocessable: the data is no policy.
        """
        if data is not None:
            return Deciding(Policy.parse(name, 0, data), None)
        chosen = self.published(merchant_id, name).live if version is None else version
        if chosen is None:
            chosen = self.latest(merchant_id, name).version
        return Deciding(self._parse(merchant_id, name, chosen), None)

    def latest(self, merchant_id: str, name: str) -> PolicyRecord:
        """The newest version, published or not; the merchant's own or the shipped one. Raises NotFound."""
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

    def published(self, merchant_id: str, name: str) -> Published:
        """Which versions decide and are on trial."""
        with self._store.look() as uow:
            return self._published(uow, merchant_id, name)

    def publications(self, merchant_id: str, name: str) -> Sequence[Publication]:
        """What was published when, by whom and why: the newest first, at most fifty."""
        with self._store.look() as uow:
            return uow.policies.publications(merchant_id, name)

    def names(self) -> list[str]:
        """Names of the shipped policies."""
        return sorted(self._shipped)

    def all_names(self, merchant_id: str) -> list[str]:
        """Names of the shipped policies and of the merchant's own."""
        with self._store.look() as uow:
            return sorted({*self._shipped, *uow.policies.names(merchant_id)})

    def versions(self, merchant_id: str, name: str) -> list[PolicyRecord]:
        """Newest first, the shipped one last. Raises NotFound."""
        with self._store.look() as uow:
            found = list(uow.policies.versions(merchant_id, name))
        found += [self._as_shipped(merchant_id, name)] if name in self._shipped else []
        if not found:
            raise NotFound(f"no policy {name}")
        return found

    def put(
        self,
        merchant_id: str,
        name: str,
        data: Mapping[str, object],
        author: str,
        based_on: int | None = None,
        stage: Stage = Stage.LIVE,
    ) -> PolicyRecord:
        """Store the next version and publish it for a stage; when it is refused, what decides stays as it is.

        Raises:
            Unprocessable: a member that does not exist or contradicts another, with its pointer.
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
            if stage is not Stage.DRAFT:
                self._publish(uow, merchant_id, name, version + 1, stage, author)
            uow.commit()
        return record

    def publish(
        self, merchant_id: str, name: str, version: int, stage: Stage, author: str, note: str = ""
    ) -> Published:
        """Make a version decide, put it on trial, or take it back to the drafts; an older version is a rollback.
        `note` says why, to whoever reads the publications later.

        Raises:
            NotFound: no such version.
            Conflict: the one that decides cannot become a draft: something must decide.
            StaleVersion: somebody else published at the same moment.
        """
        record = self.version(merchant_id, name, version)
        Policy.parse(name, record.version, record.data)
        with self._store.work() as uow:
            published = self._publish(uow, merchant_id, name, version, stage, author, note)
            uow.commit()
        return published

    def _publish(
        self, uow: UnitOfWork, merchant_id: str, name: str, version: int, stage: Stage, author: str, note: str = ""
    ) -> Published:
        before, last = self._published(uow, merchant_id, name), uow.policies.published(merchant_id, name)
        if stage is not Stage.LIVE and (before.live is None or before.live == version):
            raise Conflict(
                f"version {version} of policy {name} decides: publish another one as live first"
                if before.live == version
                else f"no version of policy {name} decides yet: publish one as live first"
            )
        after = Published(
            live=version if stage is Stage.LIVE else before.live,
            shadow=version if stage is Stage.SHADOW else None if version == before.shadow else before.shadow,
        )
        made = Publication(
            merchant_id=merchant_id,
            name=name,
            number=last.number + 1 if last else 1,
            live=after.live or 0,
            shadow=after.shadow,
            at=self._clock(),
            author=author,
            note=note,
        )
        if not uow.policies.publish(made):
            raise StaleVersion(f"policy {name} was published by somebody else at the same moment")
        return after

    def _published(self, uow: UnitOfWork, merchant_id: str, name: str) -> Published:
        found = uow.policies.published(merchant_id, name)
        if found is not None:
            return Published(live=found.live, shadow=found.shadow)
        return Published(live=0 if name in self._shipped else None, shadow=None)

    def _read(self, merchant_id: str, name: str) -> Deciding:
        published = self.published(merchant_id, name)
        if published.live is None:
            with self._store.look() as uow:
                drafts = uow.policies.latest(merchant_id, name) is not None
            why = f"policy {name!r} has only drafts" if drafts else f"there is no policy {name!r}"
            raise Unprocessable("/policy", why, "unknown_policy")
        shadow = None if published.shadow is None else self._parse(merchant_id, name, published.shadow)
        return Deciding(self._parse(merchant_id, name, published.live), shadow)

    def _parse(self, merchant_id: str, name: str, version: int) -> Policy:
        return Policy.parse(name, version, self.version(merchant_id, name, version).data, stored=True)

    def _as_shipped(self, merchant_id: str, name: str) -> PolicyRecord:
        return PolicyRecord(
            merchant_id=merchant_id, name=name, version=0, data=self._shipped[name], created_at=self._clock()
        )
