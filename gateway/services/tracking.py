"""Tracking, one funnel for everything that is told about a parcel.

Raw message stored, then parsed, deduplicated, folded, projected, with the merchant's message in the same commit.
Pushed, polled and scanned events meet in `Funnel.apply`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from carriers.base import TrackingUpdate, WebhookCall, WebhookReply
from gateway.domain.clock import Clock
from gateway.domain.copies import altered
from gateway.domain.errors import NotFound
from gateway.domain.honest_time import clamp
from gateway.domain.messages import InboxMessage, InboxState
from gateway.domain.records import AccountRecord, TrackerRecord
from gateway.domain.tracking import Source
from gateway.services.carrier_pool import CarrierPool
from gateway.services.dispatch import Dispatcher, named
from gateway.services.group_commit import GroupCommit
from gateway.services.ids import new_id
from gateway.services.poll_pace import after_push, bounds
from gateway.services.ports import Store, UnitOfWork
from gateway.services.projection import estimated, learn_numbers, project
from gateway.settings import Tracking as TrackingSettings

SOONEST_AGAIN = timedelta(seconds=5)
LATEST_AGAIN = timedelta(hours=1)
PUSHED = (Source.WEBHOOK, Source.SCAN)
SHOWN_UNREAD = 10
KEPT_HEADERS = ("content-type", "user-agent")
OUR_OWN = ("booked:", "cancelled:", "expired:", "correction:", "withdrawal:")
"""How the ids of events begin that nobody tells us: what we did, and what a person said."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a message's updates: how many events were new, how many took the place of another copy of
    themselves, the numbers nobody follows, what was not read.
    """

    new: int
    unknown_numbers: tuple[str, ...]
    replaced: int = 0
    unread: tuple[str, ...] = ()


def locked(uow: UnitOfWork, tracker: TrackerRecord) -> TrackerRecord | None:
    """A tracker as it is now, locked; its shipment first, as everybody does, or two would wait for each other."""
    if tracker.shipment_id:
        uow.shipments.get(tracker.merchant_id, tracker.shipment_id, lock=True)
    return uow.trackers.get(tracker.merchant_id, tracker.id, lock=True)


class Funnel:
    """Where all tracking comes through."""

    def __init__(self, clock: Clock, settings: TrackingSettings) -> None:
        self._clock = clock
        self._bounds = bounds(None, settings)

    def apply(
        self,
        uow: UnitOfWork,
        account: AccountRecord,
        updates: Sequence[TrackingUpdate],
        source: Source,
        received_at: datetime,
        inbox_id: str,
    ) -> Applied:
        """Append the events of an account's updates and fold what they touch, within the caller's transaction."""
        new = replaced = 0
        unknown: list[str] = []
        for update in updates:
            number = update.tracking_number or update.reference
            tracker = self._tracker(uow, account, update) if number else None
            if tracker is not None:
                became = self._append(uow, tracker, update, source, received_at, inbox_id)
                new, replaced = new + became["new"], replaced + became["replaced"]
            elif number:
                unknown.append(number)
        return Applied(new, tuple(unknown), replaced, unread_of(updates))

    def _tracker(self, uow: UnitOfWork, account: AccountRecord, update: TrackingUpdate) -> TrackerRecord | None:
        """The tracker an update is about, locked: its shipment first, then itself, as everybody does.

        None where nobody follows it, and where its events are archived: alone, what is told now would be another story.
        """
        found = None
        for number in filter(None, (update.tracking_number, *update.numbers)):
            found = found or uow.trackers.find(account.merchant_id, account.id, number)
        if found is None and update.reference:
            found = uow.trackers.of_tender(account.merchant_id, update.reference)
        if found is None or found.account_id != account.id:
            return None
        tracker = locked(uow, found)
        return None if tracker is not None and _is_archived(uow, tracker) else tracker

    def _append(
        self,
        uow: UnitOfWork,
        tracker: TrackerRecord,
        update: TrackingUpdate,
        source: Source,
        received_at: datetime,
        inbox_id: str,
    ) -> Counter[str]:
        """How many of its events were new, how many took another copy's place, how many were there."""
        became = Counter[str]()
        named = update.tracking_number in tracker.parcel_numbers and update.tracking_number != tracker.tracking_number
        piece = update.tracking_number if named else ""
        for event in update.events:
            at = clamp(event.occurred_at, received_at)
            claimed = "" if at == event.occurred_at else event.occurred_at.isoformat()
            kept = altered(
                event,
                event_id=_theirs(event.event_id),
                occurred_at=at,
                claimed_at=claimed,
                received_at=received_at,
                source=source,
                piece=event.piece or piece,
            )
            became[uow.trackers.append(tracker, kept, inbox_id)] += 1
        fresh = became["new"] or became["replaced"]
        if update.deliver_by is not None:
            tracker = self._expected(uow, tracker, update.deliver_by, _as_of(update, source, received_at))
        if update.numbers:
            learn_numbers(uow, tracker, update.numbers, self._clock())
        proof = update.proof if not update.unread or _tells_of_delivery(update) else None
        if fresh or proof is not None:
            tracker = project(uow, tracker, self._clock(), inbox_id, proof).tracker
        if fresh and source in PUSHED:
            uow.trackers.update(after_push(tracker, self._bounds, self._clock()))
        return became

    def _expected(self, uow: UnitOfWork, tracker: TrackerRecord, by: datetime, at: datetime) -> TrackerRecord:
        """The tracker with the carrier's estimate as of a moment; whoever watches the parcel looks again."""
        expected = estimated(tracker, by, at)
        if expected is not tracker:
            uow.trackers.update(expected)
            if expected.shipment_id:
                uow.shipments.wake(expected.merchant_id, expected.shipment_id, self._clock())
            else:
                uow.tracker_watches.wake([expected], self._clock())
        return expected


def _tells_of_delivery(update: TrackingUpdate) -> bool:
    """Whether the event is there that its proof travels with."""
    return any(event.status == "delivered" for event in update.events)


def _is_archived(uow: UnitOfWork, tracker: TrackerRecord) -> bool:
    """Whether it has ended and its month of events is not there any more (`gateway.storage.months`)."""
    ended = tracker.finished and tracker.version > 0
    return ended and not uow.trackers.events(tracker.merchant_id, tracker.id)


def _theirs(event_id: str) -> str:
    """An id from outside. Told as one of ours it would be a copy of ours, and could take its place."""
    return f"told:{event_id}" if event_id.startswith(OUR_OWN) else event_id


def _as_of(update: TrackingUpdate, source: Source, received_at: datetime) -> datetime:
    """How things stood when it was said: an answer is of now, a message of its newest event, however late it comes."""
    moments = [clamp(event.occurred_at, received_at) for event in update.events if source is not Source.POLL]
    return max(moments, default=received_at)


def unread_of(updates: Sequence[TrackingUpdate]) -> tuple[str, ...]:
    """The entries of a message that could not be read, in sentences."""
    return tuple(sentence for update in updates for sentence in update.unread)


def not_read(unread: Sequence[str]) -> str:
    """Why a message is kept of which some was applied; "" where all was."""
    more = f"; and {len(unread) - SHOWN_UNREAD} more" if len(unread) > SHOWN_UNREAD else ""
    return f"all but this could be read: {'; '.join(unread[:SHOWN_UNREAD])}{more}" if unread else ""


def settled(
    message: InboxMessage, applied: Applied, now: datetime, kept: timedelta
) -> tuple[InboxMessage, datetime | None]:
    """What a message is after it was applied as far as that goes, and when it is tried again.

    With unknown numbers it waits for its booking, for it may be faster than our own commit: as long as it is `kept`,
    then for a person, as does one of which not all could be read.
    """
    unread, numbers, age = not_read(applied.unread), ", ".join(applied.unknown_numbers), now - message.received_at
    if numbers and age <= kept:
        why = "; ".join(filter(None, (f"nobody follows {numbers} yet", unread)))
        parked = replace(message, state=InboxState.PARKED, why=why, tries=0)
        return parked, now + max(SOONEST_AGAIN, min(age, LATEST_AGAIN))
    why = "; ".join(filter(None, (f"nobody follows {numbers}" if numbers else "", unread)))
    return replace(message, state=InboxState.QUARANTINED if why else InboxState.APPLIED, why=why, tries=0), None


class Tracking:
    """Webhooks in, scans in. What came in is applied by `gateway.services.inbox`."""

    def __init__(
        self,
        store: Store,
        pool: CarrierPool,
        funnel: Funnel,
        clock: Clock,
        settings: TrackingSettings,
        dispatcher: Dispatcher,
    ) -> None:
        self._store = store
        self._pool = pool
        self._funnel = funnel
        self._dispatcher = dispatcher
        self._clock = clock
        self._kept = timedelta(days=settings.park_days)
        self._received = GroupCommit(self._store_all)

    def receive(self, account_id: str, call: WebhookCall) -> WebhookReply:
        """Prove a carrier's webhook, store it raw, and give the answer the carrier wants. Nothing is parsed here.

        Raises:
            NotFound: no such account.
            WebhookRejected: no valid proof of the sender.
        """
        with self._store.look() as uow:
            account = uow.accounts.by_id(account_id)
        if account is None:
            raise NotFound(f"no account {account_id}")
        reply = self._pool.bind(account).carrier.prove(call)
        if call.body:
            self._keep(account, call)
            self._dispatcher.wake("inbox", account.id, [named(account.merchant_id, account.id)])
        return reply

    def scan(self, account: AccountRecord, updates: Sequence[TrackingUpdate], raw: bytes) -> Applied:
        """Apply own drivers' scans at once; the raw scans are stored in the same commit. Idempotent by event id.

        Scans of numbers nobody knows yet are parked like a carrier's webhooks.
        """
        now = self._clock()
        message = self._message(account, "scan", raw, now, InboxState.NEW)
        with self._store.work() as uow:
            fresh = uow.inbox.add(message)
            applied = self._funnel.apply(uow, account, updates, Source.SCAN, now, message.id)
            if fresh:
                uow.inbox.settle(*settled(message, applied, now, self._kept))
            uow.commit()
        return applied

    def _keep(self, account: AccountRecord, call: WebhookCall) -> None:
        message = self._message(account, "webhook", call.body, call.received_at, InboxState.NEW)
        headers = {name: value for name, value in call.headers.items() if name in KEPT_HEADERS}
        secrets = set(account.secrets.values())  # a proof in the URL is no part of the message either
        query = {name: value for name, value in call.query.items() if value not in secrets}
        self._received.add(replace(message, method=call.method, headers=headers, query=query))

    def _store_all(self, messages: Sequence[InboxMessage]) -> None:
        with self._store.work() as uow:
            uow.inbox.add_all(messages)
            uow.commit()

    def _message(
        self, account: AccountRecord, source: str, body: bytes, at: datetime, state: InboxState
    ) -> InboxMessage:
        return InboxMessage(
            id=new_id("inb", at),
            merchant_id=account.merchant_id,
            account_id=account.id,
            source=source,
            dedupe_key=hashlib.sha256(body).hexdigest(),
            received_at=at,
            body=body,
            state=state,
        )
