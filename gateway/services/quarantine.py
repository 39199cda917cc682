"""What could not be applied: raw messages that wait for a booking or a person, and codes that no table explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.messages import InboxMessage, InboxState
from gateway.services.ports import Mode, Page, Store
from gateway.services.ports.inbox import WAITING, InboxSearch
from gateway.services.ports.many import UnmappedCode

NOT_REPLAYED = "poll"
"""Answers to our own questions: the question is asked again anyway."""


class Quarantine:
    """Lists, shows, and lets the worker try again. Nothing is dropped here but by a person, with a reason."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def list(self, merchant_id: str, wanted: InboxSearch) -> Page[InboxMessage]:
        """Waiting messages, newest first, without their bytes."""
        with self._store.look() as uow:
            return uow.inbox.list(merchant_id, wanted)

    def codes(self, merchant_id: str, mode: Mode) -> Sequence[UnmappedCode]:
        """Codes that no table explains, the most frequent first."""
        with self._store.look() as uow:
            return uow.many.unmapped(merchant_id, mode)

    def get(self, merchant_id: str, mode: Mode, message_id: str) -> InboxMessage:
        """A waiting message with its bytes. Raises NotFound."""
        with self._store.look() as uow:
            found = uow.inbox.get(merchant_id, message_id)
            account = uow.accounts.get(merchant_id, found.account_id) if found else None
        if found is None or account is None or account.mode != mode or found.state not in WAITING:
            raise NotFound(f"no message {message_id} waits")
        return found

    def replay(self, merchant_id: str, mode: Mode, message_id: str) -> InboxMessage:
        """Let the worker read one again, at once.

        Raises:
            NotFound: it does not wait (any more).
            Conflict: it is an answer to a question of ours, which is asked again anyway.
        """
        message = self.get(merchant_id, mode, message_id)
        if message.source == NOT_REPLAYED:
            raise Conflict("an answer to a poll is not replayed: the carrier is asked again")
        again = _again(message)
        with self._store.work() as uow:
            uow.inbox.settle(again, due_at=self._clock())
            uow.commit()
        return again

    def dismiss(self, merchant_id: str, mode: Mode, message_id: str, author: str, why: str) -> InboxMessage:
        """Say that one need not wait: it is kept as long as those that were applied, with who said so and why.

        Raises:
            NotFound: it does not wait (any more).
            Conflict: it waits for its booking, not for a person.
        """
        message = self.get(merchant_id, mode, message_id)
        if message.state is not InboxState.QUARANTINED:
            raise Conflict("it waits for its booking: when none comes, it is quarantined")
        said = f"dismissed by {author}: {why} (it waited because {message.why})"
        done = replace(message, state=InboxState.DISMISSED, why=said, tries=0)
        with self._store.work() as uow:
            uow.inbox.settle(done)
            uow.commit()
        return done

    def replay_all(self, merchant_id: str, wanted: InboxSearch) -> int:
        """Let the worker read again whatever is in quarantine, of one account or all; how many messages."""
        replayed, cursor = 0, None
        while True:
            search = replace(wanted, state=InboxState.QUARANTINED, cursor=cursor)
            page = self.list(merchant_id, search)
            messages = [_again(each) for each in page.items if each.source != NOT_REPLAYED]
            now = self._clock()
            with self._store.work() as uow:
                uow.inbox.settle_all([(message, now) for message in messages])
                uow.commit()
            replayed, cursor = replayed + len(messages), page.next_cursor
            if cursor is None:
                return replayed


def _again(message: InboxMessage) -> InboxMessage:
    return replace(message, state=InboxState.NEW, why="", tries=0)
