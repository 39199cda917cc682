"""The worker's side: each sender is a lane, whose due notifications are sent one after the other over one connection.

A notification is `sending` in the database before anything is sent, and its result is written with the next one's
beginning. So a crash loses at most the one that was on its way: it becomes `unknown` and is not sent again. For a
message to a person, once too few is the safe side.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic

from gateway.domain.clock import Clock
from gateway.domain.errors import InvalidValue
from gateway.domain.notifications import Block, Channel, Notification, NotificationState, Sender
from gateway.services.endpoint_news import Alarm
from gateway.services.faultpoints import FaultPoints, Purpose
from gateway.services.ids import new_id
from gateway.services.notifications.deciding import Dropped, Postponed, case_of, decide
from gateway.services.notifications.people import Recipients
from gateway.services.notifications.writing import Writer
from gateway.services.ports import Store, UnitOfWork
from gateway.services.ports.notifications import Courier, Letter, Outcome, Post, Unreachable
from gateway.settings import Notifications, Worker

log = logging.getLogger("gateway.notifications")
VISIT_S = 10
"""How long one visit sends; then other senders have their turn."""
LONGEST_REST = timedelta(minutes=10)
ALARM_AFTER = 5
"""Failures in a row after which operators are told."""
LOST = "the process that sent it ended before the answer was recorded; it may have arrived"


@dataclass(frozen=True, slots=True)
class Ready:
    """One that is to be sent now; `version` is that of the shipment it was written for."""

    told: Notification
    version: int
    letter: Letter


@dataclass(frozen=True, slots=True)
class Done:
    """One that was tried."""

    told: Notification
    outcome: Outcome


class NotificationLanes:
    """A job of the worker's, whose rows are senders."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: Notifications,
        worker: Worker,
        couriers: Mapping[Channel, Courier],
        writer: Writer,
        recipients: Recipients,
        alarm: Alarm,
        faults: FaultPoints,
    ) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._worker = worker
        self._couriers = couriers
        self._writer = writer
        self._recipients = recipients
        self._alarm = alarm
        self._faults = faults
        self._at_work: set[str] = set()

    def claim(self, most: int | None = None) -> Sequence[Sender]:
        """Senders for which something is due, leased to this worker: one turn for each, however much it has to send."""
        lease = timedelta(seconds=self._worker.lease_s)
        with self._store.work() as uow:
            lanes = uow.notifications.claim_lanes(self._clock(), lease, most or self._settings.senders_at_once)
        # A lease may end before its work does: then a lane holds the one thread that it has, and gets no second.
        return [lane for lane in lanes if lane.id not in self._at_work]

    def work(self, lane: Sender) -> None:
        """Send what is due, then give the lane back."""
        self._at_work.add(lane.id)
        try:
            self._visit(lane)
        finally:
            self._at_work.discard(lane.id)

    def _visit(self, lane: Sender) -> None:
        with self._store.work() as uow:
            if uow.notifications.lost(lane, LOST):
                uow.commit()
        done: Done | None = None
        with ExitStack() as stack:
            post: Post | None = None
            for ready in self._ready(lane):
                try:
                    post = post or stack.enter_context(self._couriers[lane.channel].open(self._opened(lane)))
                except Unreachable as error:
                    self._unreachable(lane, str(error))
                    return
                if not self._begin(ready, done):
                    done = None
                    continue
                outcome = _sent(post, ready.letter)
                self._faults.reach(Purpose.TELL_RECIPIENT.value)
                done = Done(ready.told, outcome)
                if outcome.state == "unreachable":
                    break
        self._end(lane, done)

    def park(self, lane: Sender, why: str) -> None:
        """Lanes are not parked: each of their notifications is claimed before it is sent, and never twice."""

    def _ready(self, lane: Sender) -> Iterator[Ready]:
        """What is to be sent, as long as the visit lasts; what is not to be sent is settled on the way."""
        until = monotonic() + VISIT_S
        while monotonic() < until:
            now = self._clock()
            with self._store.look() as uow:
                told = uow.notifications.next_due(lane, now)
                if told is None:
                    return
                found = self._judged(uow, lane, told, now)
            if isinstance(found, Ready):
                yield found
            else:
                self._put_off(told, found)

    def _judged(self, uow: UnitOfWork, lane: Sender, told: Notification, now: datetime) -> Ready | Dropped | Postponed:
        shipment = uow.shipments.get(told.merchant_id, told.shipment_id)
        if shipment is None:
            return Dropped("the shipment is forgotten")
        settings = uow.notifications.settings(told.merchant_id, told.mode)
        push = told.channel is Channel.PUSH
        devices = uow.pushes.of_shipment(told.merchant_id, told.shipment_id) if push else ()
        case = case_of(told, shipment, settings, uow.brands.get(told.merchant_id).brand, now, devices)
        verdict = decide(uow, case, self._recipients)
        if verdict is not None:
            return verdict
        letter, draft = self._writer.letter(uow, case, lane.id)
        named = replace(told, recipient=draft.recipient, shown=draft.shown, language=draft.language)
        return Ready(named, shipment.version, letter)

    def _put_off(self, told: Notification, verdict: Dropped | Postponed) -> None:
        with self._store.work() as uow:
            held = uow.notifications.get(told.merchant_id, told.id, lock=True)
            if held is None or held.state is not NotificationState.PENDING:
                return
            if isinstance(verdict, Dropped):
                uow.notifications.keep(replace(held, state=NotificationState.DROPPED, why=verdict.why, due_at=None))
            else:
                uow.notifications.keep(replace(held, due_at=verdict.until))
            uow.commit()

    def _begin(self, ready: Ready, done: Done | None) -> bool:
        """Write what was done and that this one is being sent, in one commit; False when it must be looked at anew."""
        told = ready.told
        with self._store.work() as uow:
            self._record(uow, done)
            shipment = uow.shipments.get(told.merchant_id, told.shipment_id)
            same = shipment is not None and shipment.version == ready.version
            begun = same and uow.notifications.begin(told)
            uow.commit()
        return begun

    def _end(self, lane: Sender, done: Done | None) -> None:
        """Write the last result and give the lane back."""
        if done is not None and done.outcome.state == "unreachable":
            with self._store.work() as uow:
                self._record(uow, done)
                uow.commit()
            self._unreachable(lane, done.outcome.why)
            return
        with self._store.work() as uow:
            self._record(uow, done)
            if done is not None and lane.failures:
                uow.notifications.keep_circuit(replace(lane, failures=0, resting_until=None, why=""))
            uow.notifications.release(lane, None)
            uow.commit()

    def _unreachable(self, lane: Sender, why: str) -> None:
        """The sender itself does not work: it rests, longer each time, and nothing that waits is used up by it."""
        failures = lane.failures + 1
        rest = min(timedelta(seconds=self._settings.rest_s * 2 ** min(failures - 1, 16)), LONGEST_REST)
        resting = replace(lane, failures=failures, resting_until=self._clock() + rest, why=why)
        with self._store.work() as uow:
            uow.notifications.keep_circuit(resting)
            uow.notifications.release(lane, resting.resting_until)
            uow.commit()
        if failures == ALARM_AFTER:
            self._alarm.sender_fails(resting)

    def _opened(self, lane: Sender) -> Sender:
        """With its secrets. Raises Unreachable when they cannot be opened, or it was deleted meanwhile."""
        try:
            with self._store.look() as uow:
                opened = uow.notifications.sender(lane.merchant_id, lane.id)
        except InvalidValue as error:
            raise Unreachable(str(error)) from error
        if opened is None:
            raise Unreachable("the sender was deleted")
        return opened

    def _record(self, uow: UnitOfWork, done: Done | None) -> None:
        """What came of a try. A receipt that was faster stays."""
        if done is None:
            return
        held = uow.notifications.get(done.told.merchant_id, done.told.id, lock=True)
        if held is None:
            return
        tried = replace(held, attempts=held.attempts + 1)
        if held.state in (NotificationState.DELIVERED, NotificationState.FAILED):
            settled = replace(tried, size=done.outcome.size, sent_at=held.sent_at or self._clock())
        else:
            settled = self._settled(tried, done.outcome)
        uow.notifications.keep(settled)
        for device in done.outcome.gone:
            uow.pushes.remove(settled.merchant_id, subscription_id=device)
        if done.outcome.blocks:
            uow.notifications.block(block_of(settled, done.outcome.blocks, done.outcome.why, self._clock()))

    def _settled(self, told: Notification, outcome: Outcome) -> Notification:
        now = self._clock()
        if outcome.state == "sent":
            return replace(
                told,
                state=NotificationState.SENT,
                why="",
                sent_at=now,
                size=outcome.size,
                provider_id=outcome.provider_id,
            )
        if outcome.state == "unreachable":
            return replace(
                told, state=NotificationState.PENDING, why=outcome.why, due_at=now, attempts=told.attempts - 1
            )
        if outcome.state == "later" and told.attempts <= len(self._settings.retry_min):
            due_at = now + timedelta(minutes=self._settings.retry_min[told.attempts - 1])
            return replace(told, state=NotificationState.PENDING, why=outcome.why, due_at=due_at)
        state = NotificationState.UNKNOWN if outcome.state == "unknown" else NotificationState.FAILED
        return replace(told, state=state, why=outcome.why)


def _sent(post: Post, letter: Letter) -> Outcome:
    """What came of a letter; what nobody foresaw is that letter's fault alone, and holds up no others."""
    try:
        return post.send(letter)
    except Exception as error:  # whatever it was, it may have been sent
        log.exception("notification %s could not be sent", letter.id)
        return Outcome(state="unknown", why=f"an error of ours while it was sent: {type(error).__name__}")


def block_of(told: Notification, kind: str, why: str, now: datetime) -> Block:
    """A block of the recipient of a notification."""
    return Block(
        id=new_id("nbl", now),
        merchant_id=told.merchant_id,
        mode=told.mode,
        channel=told.channel,
        recipient=told.recipient,
        shown=told.shown,
        kind="opt_out" if kind == "opt_out" else "bounce",
        why=why[:500],
        created_at=now,
    )
