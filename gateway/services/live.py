"""Live updates: outbox messages to whoever is watching a shipment or everything of a merchant, as they are committed.

One thread of each process hears of new messages (see `message_ports.News`) and hands them to the streams of that
process. A stream first tells what was missed, from its last position on; when it falls behind or the database was away,
it reads the outbox again from there. So nothing is lost, and what is told twice has the same id.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from time import sleep

from gateway.domain.clock import Clock
from gateway.domain.errors import GatewayError, Unavailable
from gateway.domain.messages import OutboxMessage
from gateway.services.ports import Mode, News, Store
from gateway.services.streams import PAGE, Listener, Stream, Watch
from gateway.settings import Streams

log = logging.getLogger("gateway.live")
LISTEN_S = 1.0
AWAY_S = 1.0


class TooManyStreams(GatewayError):
    """One more stream than a key may have."""

    retry_after_s = 30


class LiveUpdates:
    """All streams of this process."""

    def __init__(self, store: Store, clock: Clock, settings: Streams) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._owned: Counter[str] = Counter()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def open(self, watch: Watch) -> Stream:
        """A stream that ends after the longest time that the settings allow; close it to end it sooner.

        Raises:
            TooManyStreams: its owner has as many as one may have. Unavailable: this process has.
        """
        listener = Listener(watch)
        with self._lock:
            if self._stopped:
                raise Unavailable("this process is being stopped")
            if self._owned[watch.owner] >= self._settings.per_key:
                raise TooManyStreams(f"there are {self._settings.per_key} streams of this key already")
            if len(self._listeners) >= self._settings.per_process:
                raise Unavailable("this process has as many streams as it may have")
            self._owned[watch.owner] += 1
            self._listeners.add(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="live", daemon=True)
                self._thread.start()
        try:
            return Stream(self._store, self._clock, self._settings, listener, lambda: self._close(listener))
        except BaseException:
            self._close(listener)
            raise

    def since(self, merchant_id: str, mode: Mode, after: str) -> tuple[str, Sequence[str]]:
        """What has changed after a position, for who asks now and then: the next position, and what is `named` of each
        message, once. A change whose transaction was slower than one after it may be missed: this is for marks, not for
        state.
        """
        with self._store.look() as uow:
            told = uow.outbox.since(merchant_id, mode, after, PAGE)
        return (told[-1].id if told else after), list(dict.fromkeys(map(named, told)))

    def stop(self) -> None:
        """End all streams: the process is being stopped, and clients come back to another with their position."""
        self._stopped = True
        for listener in self._snapshot():
            listener.end()

    @property
    def count(self) -> int:
        """Streams of this process."""
        return len(self._listeners)

    def _close(self, listener: Listener) -> None:
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)
                self._owned[listener.watch.owner] -= 1
                self._owned += Counter()  # forget those who have none

    def _listen(self) -> None:
        """Until nobody listens any more: hear of messages, fetch each once, hand it on."""
        news: News | None = None
        while self._somebody_listens():
            try:
                if news is None:
                    news = self._store.news()
                    self._all_behind()  # what was committed before we listened
                notices = news.wait(LISTEN_S)
                if notices is None:
                    self._all_behind()
                else:
                    self._hand_on([(each.merchant_id, each.message_id) for each in notices])
            except Unavailable as error:
                log.warning("live updates wait for the database: %s", error)
                _give_up(news)
                news = None
            except Exception:  # the thread's outermost loop: streams go on by reading the outbox again
                log.exception("live updates stumbled")
                _give_up(news)
                news = None
        if news is not None:
            news.close()

    def _somebody_listens(self) -> bool:
        with self._lock:
            if not self._listeners:
                self._thread = None
            return bool(self._listeners)

    def _all_behind(self) -> None:
        for listener in self._snapshot():
            listener.fall_behind()

    def _hand_on(self, named: Sequence[tuple[str, str]]) -> None:
        listeners = self._snapshot()
        for merchant_id in sorted({listener.watch.merchant_id for listener in listeners}):
            ids = [message_id for whose, message_id in named if whose == merchant_id]
            if not ids:
                continue
            with self._store.look() as uow:
                messages = {message.id: message for message in uow.outbox.named(merchant_id, ids)}
            for message in (messages[name] for name in ids if name in messages):
                for listener in listeners:
                    if (listener.watch.merchant_id, listener.watch.mode) == (merchant_id, message.mode):
                        listener.put(message)

    def _snapshot(self) -> Sequence[Listener]:
        with self._lock:
            return tuple(self._listeners)


def named(told: OutboxMessage) -> str:
    """What has changed, and how: its id, and the message's type."""
    return f"{told.subject_id} {told.type}"


def _give_up(news: News | None) -> None:
    """Listen anew after a while."""
    if news is not None:
        news.close()
    sleep(AWAY_S)
