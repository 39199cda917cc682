"""One stream of live updates: what it is about, where it stands, and what it tells next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from queue import Empty, Full, Queue
from time import monotonic

from gateway.domain.clock import Clock
from gateway.domain.messages import OutboxMessage
from gateway.services.ids import first_id, made_at
from gateway.services.ports import Mode, Store
from gateway.settings import Streams

QUEUED_AT_MOST = 500
PAGE = 200
OVERLAP = timedelta(seconds=10)
"""Ids are made a little before their transaction is committed, by several machines: so far back is read again."""
REPEATED_FOR = timedelta(hours=24)
"""A position older than this is not gone on from: the client is told to begin anew."""
REMEMBERED = 10_000
ASKED_AGAIN_S = 5.0
"""So long a stream goes on before it is asked again whether it may, when there is something to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What a stream is about: one subject (a shipment), or everything of a merchant in one mode.

    `owner` is who is counted: a key, or a recipient's link. `after` is the last position that was heard: for a subject
    the `sequence` of a message, else its id, or "" for from now on. `for_s`: when to end, if that is sooner.
    """

    owner: str
    merchant_id: str
    mode: Mode
    subject_id: str = ""
    types: Sequence[str] = ()
    after: str = ""
    for_s: float | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One item of a stream: a message; or that nothing happened for a while; or, with `reset`, that the position was
    too old to go on from: read the present state, then listen on.
    """

    message: OutboxMessage | None = None
    reset: bool = False


class Permit:
    """Whether who opened a stream may still hear it, looked up now and then: keys are revoked, sessions end."""

    def __init__(self, holds: Callable[[], bool]) -> None:
        self._holds, self._known_at = holds, monotonic()

    def __call__(self) -> bool:
        """Asked before anything is told."""
        if monotonic() - self._known_at >= ASKED_AGAIN_S:
            if not self._holds():
                return False
            self._known_at = monotonic()
        return True


@dataclass(slots=True, eq=False)
class Listener:
    """Where the process's listening thread puts what a stream is to tell. `behind`: it must read the outbox again."""

    watch: Watch
    queue: Queue[OutboxMessage | None] = field(default_factory=lambda: Queue(QUEUED_AT_MOST))
    behind: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def put(self, message: OutboxMessage) -> None:
        """A message that was committed; when the stream is slower than they come, it reads them later."""
        if self.watch.subject_id in ("", message.subject_id):
            try:
                self.queue.put_nowait(message)
            except Full:
                self.behind.set()

    def fall_behind(self) -> None:
        """Something may have been missed."""
        self.behind.set()
        self._wake()

    def end(self) -> None:
        """The stream is to end now."""
        self.ended.set()
        self._wake()

    def _wake(self) -> None:
        with suppress(Full):  # then the stream is awake anyway
            self.queue.put_nowait(None)


class Stream:
    """What one client hears. It ends when its time is over or when it is closed."""

    def __init__(
        self, store: Store, clock: Clock, settings: Streams, listener: Listener, ended: Callable[[], None]
    ) -> None:
        self._store = store
        self._settings = settings
        self._listener = listener
        self._watch = listener.watch
        self.close = ended
        now = clock()
        after = self._watch.after
        self._too_old = bool(after) and not self._watch.subject_id and made_at(after) < now - REPEATED_FOR
        starts_now = self._too_old or (not after and not self._watch.subject_id)
        self._position = first_id("msg", now) if starts_now else after
        self._known = dict.fromkeys([self._position, *(self._recent() if starts_now else ())])

    @property
    def position(self) -> str:
        """From where on it tells: a client that has heard nothing yet comes back with it, and misses nothing."""
        return self._watch.after if self._too_old else self._position

    def __iter__(self) -> Iterator[Told]:
        """Items as they come, a heartbeat apart at most."""
        longest = float(self._settings.longest_s)
        wanted = self._watch.for_s
        until = monotonic() + (longest if wanted is None else min(wanted, longest))
        try:
            if self._too_old:
                self._too_old = False
                yield Told(reset=True)
            self._listener.fall_behind()
            yield from self._items(until)
        finally:
            self.close()

    def _items(self, until: float) -> Iterator[Told]:
        while True:
            if self._listener.behind.is_set():
                self._listener.behind.clear()
                yield from self._missed()
            left = until - monotonic()
            if left <= 0 or self._listener.ended.is_set():
                return
            try:
                message = self._listener.queue.get(timeout=min(self._settings.heartbeat_s, left))
            except Empty:
                yield Told()
            else:
                yield from self._told([message] if message is not None else [])

    def _missed(self) -> Iterator[Told]:
        """What the outbox has after the position."""
        at = self._position
        if not self._watch.subject_id:
            at = first_id("msg", made_at(at) - OVERLAP)
        for page in self._pages(at):
            yield from self._told(page)

    def _pages(self, at: str) -> Iterator[Sequence[OutboxMessage]]:
        page = self._page(at)
        yield page
        while len(page) == PAGE:
            page = self._page(self._position_of(page[-1]))
            yield page

    def _page(self, at: str) -> Sequence[OutboxMessage]:
        watch = self._watch
        with self._store.look() as uow:
            if watch.subject_id:
                return uow.outbox.of_subject(watch.merchant_id, watch.subject_id, int(at or 0), PAGE)
            return uow.outbox.since(watch.merchant_id, watch.mode, at, PAGE)

    def _recent(self) -> Sequence[str]:
        """Messages from before the stream, in case the outbox is read from a little before."""
        pages = self._pages(first_id("msg", made_at(self._position) - OVERLAP))
        return [message.id for page in pages for message in page]

    def _told(self, messages: Sequence[OutboxMessage]) -> Iterator[Told]:
        """Those that are new, and wanted."""
        for message in messages:
            if self._is_new(message) and (not self._watch.types or message.type in self._watch.types):
                yield Told(message)

    def _is_new(self, message: OutboxMessage) -> bool:
        """Whether it was not told yet; from now on it was."""
        if self._watch.subject_id:
            new = message.sequence > int(self._position or 0)
            self._position = str(message.sequence) if new else self._position
            return new
        new = message.id not in self._known
        self._known[message.id] = None
        self._position = max(self._position, message.id)
        if len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]
        return new

    def _position_of(self, message: OutboxMessage) -> str:
        return str(message.sequence) if self._watch.subject_id else message.id
