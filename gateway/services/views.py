"""Saved views of the list of shipments: one's own and shared ones, in the order that people give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, Unprocessable
from gateway.domain.people import Permission, User
from gateway.domain.views import SavedView
from gateway.services.audit_trail import Deed, write_down
from gateway.services.ids import new_id
from gateway.services.ports import Store, UnitOfWork
from gateway.services.transactions import again_if_crossed

T = TypeVar("T")
LONGEST_NAME = 60
MOST = 50
"""Views that one person, or all together, may have."""


class ViewBook:
    """Keeps views. One's own are one's own; shared ones are changed by whoever may share."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def list(self, user: User) -> Sequence[SavedView]:
        """One's own, then the shared ones, each in their order."""
        with self._store.look() as uow:
            return _seen(uow, user)

    def add(self, user: User, name: str, state: Mapping[str, str], *, shared: bool) -> SavedView:
        """A new one, the last of its kind.

        Raises:
            Unprocessable: no name, or one that is too long. Conflict: there are too many, or they may not share.
        """
        name = _named(name)

        def write(uow: UnitOfWork) -> SavedView:
            _check_share(user, shared=shared)
            beside = [each for each in _seen(uow, user) if each.shared == shared]
            if len(beside) >= MOST:
                raise Conflict(f"there are {MOST} views already: remove one first")
            now = self._clock()
            view = SavedView(
                id=new_id("viw", now),
                merchant_id=user.merchant_id,
                owner_id=user.id,
                name=name,
                shared=shared,
                state=dict(state),
                position=max((each.position for each in beside), default=0) + 1,
                created_at=now,
            )
            uow.views.add(view)
            self._told(uow, user, view, "shared a view", when=shared)
            return view

        return self._write(write)

    def keep(self, user: User, view_id: str, version: int, state: Mapping[str, str]) -> SavedView:
        """What the list's address says now, under the same name. Raises NotFound, Conflict."""
        return self._change(user, view_id, version, lambda view: replace(view, state=dict(state)))

    def rename(self, user: User, view_id: str, version: int, name: str, *, shared: bool) -> SavedView:
        """Another name, shared or not any more. Raises NotFound, Conflict, Unprocessable."""
        name = _named(name)
        _check_share(user, shared=shared)
        return self._change(user, view_id, version, lambda view: replace(view, name=name, shared=shared))

    def move(self, user: User, view_id: str, by: int) -> None:
        """Change places with the one before (-1) or after it (1). Raises NotFound, Conflict: they may not."""

        def write(uow: UnitOfWork) -> None:
            view = _mine(uow, user, view_id)
            beside = [each for each in _seen(uow, user) if each.shared == view.shared]
            here = next(place for place, each in enumerate(beside) if each.id == view_id)
            there = min(max(here + by, 0), len(beside) - 1)
            beside[here], beside[there] = beside[there], beside[here]
            for place, each in enumerate(beside, 1):
                if each.position != place:
                    uow.views.update(replace(each, position=place, version=each.version + 1))

        self._write(write)

    def drop(self, user: User, view_id: str) -> None:
        """Remove it; whoever landed on it lands on Today again. Raises NotFound, Conflict: they may not."""

        def write(uow: UnitOfWork) -> None:
            view = _mine(uow, user, view_id)
            uow.views.remove(user.merchant_id, view_id)
            self._told(uow, user, view, "removed a shared view", when=view.shared)

        self._write(write)

    def _change(self, user: User, view_id: str, version: int, change: Callable[[SavedView], SavedView]) -> SavedView:
        def write(uow: UnitOfWork) -> SavedView:
            view = _mine(uow, user, view_id)
            if view.version != version:
                raise Conflict("somebody else changed this view meanwhile")
            changed = replace(change(view), version=version + 1)
            uow.views.update(changed)
            self._told(uow, user, changed, "changed a shared view", when=view.shared or changed.shared)
            return changed

        return self._write(write)

    def _told(self, uow: UnitOfWork, user: User, view: SavedView, what: str, *, when: bool) -> None:
        if when:
            write_down(uow, user, Deed(what=what, subject_id=view.id, reason=view.name), self._clock())

    def _write(self, write: Callable[[UnitOfWork], T]) -> T:
        def once() -> T:
            with self._store.work() as uow:
                done = write(uow)
                uow.commit()
                return done

        return again_if_crossed(once)


def _seen(uow: UnitOfWork, user: User) -> list[SavedView]:
    """One's own first."""
    found = uow.views.list(user.merchant_id)
    seen = [each for each in found if each.shared or each.owner_id == user.id]
    return sorted(seen, key=lambda each: (each.shared, each.position, each.id))


def _mine(uow: UnitOfWork, user: User, view_id: str) -> SavedView:
    """One that they may change."""
    found = next((each for each in _seen(uow, user) if each.id == view_id), None)
    if found is None:
        raise NotFound(f"no view {view_id}")
    _check_share(user, shared=found.shared)
    return found


def _check_share(user: User, *, shared: bool) -> None:
    if shared and not user.may(Permission.SHARE_VIEWS):
        raise Conflict("operations and administrators keep shared views: keep it as one of your own")


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Unprocessable("/name", f"a view's name has 1 to {LONGEST_NAME} characters")
    return name
