"""What merchants say about telling their recipients: senders, settings, blocks; and what was told, and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import BoundedSemaphore
from typing import Literal

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, Unavailable, Unprocessable
from gateway.domain.notification_events import holds, notification_events
from gateway.domain.notifications import (
    Block,
    Channel,
    Notification,
    NotificationSettings,
    NotificationState,
    Sender,
)
from gateway.domain.records import ShipmentRecord
from gateway.domain.timezones import is_zone
from gateway.services.ids import new_id
from gateway.services.notifications.people import Recipients, shown
from gateway.services.notifications.planning import copy_of
from gateway.services.ports import Mode, Page, Store, UnitOfWork
from gateway.services.ports.notifications import Courier, Unreachable

MOST_COPIES = 5
TOLD = (NotificationState.SENT, NotificationState.DELIVERED, NotificationState.FAILED, NotificationState.UNKNOWN)
"""What may be told again."""

CHECKS_AT_ONCE = 4
"""In a process, which has threads for other things."""


class NotificationBook:
    """Senders, settings, blocks and the log."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        couriers: Mapping[Channel, Courier],
        recipients: Recipients,
    ) -> None:
        self._store = store
        self._clock = clock
        self._couriers = couriers
        self._recipients = recipients
        self._checks = BoundedSemaphore(CHECKS_AT_ONCE)

    def senders(self, merchant_id: str, mode: Mode) -> Sequence[Sender]:
        """The merchant's, without secrets."""
        with self._store.look() as uow:
            return uow.notifications.senders(merchant_id, mode)

    def put_sender(
        self,
        merchant_id: str,
        mode: Mode,
        channel: Channel,
        options: Mapping[str, object],
        secrets: Mapping[str, str],
    ) -> Sender:
        """The way out for a channel, in place of an earlier one; secrets that are not given stay. Begins unrested.

        Raises:
            Unprocessable: options that cannot be right.
        """
        now = self._clock()
        with self._store.work() as uow:
            held = next(
                (each for each in uow.notifications.senders(merchant_id, mode) if each.channel == channel), None
            )
            known = uow.notifications.sender(merchant_id, held.id) if held and not secrets else None
            sender = Sender(
                id=held.id if held else new_id("snd", now),
                merchant_id=merchant_id,
                mode=mode,
                channel=channel,
                options=options,
                secrets=secrets or (known.secrets if known else {}),
                created_at=held.created_at if held else now,
                updated_at=now,
            )
            self._couriers[channel].check(sender)
            uow.notifications.put_sender(sender)
            uow.notifications.wake(sender, now)
            uow.commit()
        return replace(sender, secrets={})

    def delete_sender(self, merchant_id: str, mode: Mode, channel: str) -> None:
        """End a channel; what waits for it is dropped. Raises NotFound."""
        with self._store.work() as uow:
            uow.notifications.delete_sender(_sender(uow, merchant_id, mode, channel))
            uow.commit()

    def check_sender(self, merchant_id: str, mode: Mode, channel: str) -> str:
        """Connect and log in, send nothing: "" when that works, else why not.

        Raises:
            NotFound: there is no such sender.
            Unavailable: so many are being checked already; each holds a thread for as long as its server likes.
        """
        with self._store.look() as uow:
            named = _sender(uow, merchant_id, mode, channel)
            sender = uow.notifications.sender(merchant_id, named.id) or named
        if not self._checks.acquire(blocking=False):
            raise Unavailable(f"{CHECKS_AT_ONCE} senders are being checked; try again in a few seconds")
        try:
            with self._couriers[sender.channel].open(sender):
                return ""
        except Unreachable as error:
            return str(error)
        finally:
            self._checks.release()

    def settings(self, merchant_id: str, mode: Mode) -> NotificationSettings:
        """What holds."""
        with self._store.look() as uow:
            return uow.notifications.settings(merchant_id, mode)

    def put_settings(self, merchant_id: str, mode: Mode, settings: NotificationSettings) -> NotificationSettings:
        """What is to hold from now on. Raises Unprocessable: an unknown time zone."""
        if settings.timezone and not is_zone(settings.timezone):
            raise Unprocessable("/timezone", "an IANA time zone, such as Europe/Oslo", "unknown_timezone")
        with self._store.work() as uow:
            uow.notifications.put_settings(merchant_id, mode, settings, self._clock())
            uow.commit()
        return settings

    def log(self, merchant_id: str, mode: Mode, shipment_id: str) -> Sequence[Notification]:
        """What the recipient of a shipment was told, will be, or was not and why; oldest first. Raises NotFound."""
        with self._store.look() as uow:
            _shipment(uow, merchant_id, mode, shipment_id)
            return uow.notifications.of_shipment(merchant_id, shipment_id)

    def told(
        self, merchant_id: str, mode: Mode, *, state: str = "", channel: str = "", before_id: str = "", limit: int
    ) -> Sequence[Notification]:
        """What all recipients were told, newest first."""
        with self._store.look() as uow:
            return uow.notifications.list(merchant_id, mode, state, channel, before_id, limit)

    def newest(self, merchant_id: str, mode: Mode, shipment_id: str) -> Notification:
        """What the recipient was told last and may be told again, as it is still so; of its copies the latest.

        Raises:
            NotFound. Conflict: there is nothing like that; why is said.
        """
        with self._store.look() as uow:
            shipment = _shipment(uow, merchant_id, mode, shipment_id)
            found = uow.notifications.of_shipment(merchant_id, shipment_id)
        if not found:
            raise Conflict("its recipient was not told anything yet")
        told = [each for each in found if each.state in TOLD]
        true = [
            each for each in told if holds(notification_events()[each.event], each.occurrence, each.cause, shipment)
        ]
        if not true:
            raise Conflict("what its recipient was told is not so any more" if told else "it is on its way already")
        return max(true, key=lambda each: (each.created_at, each.copy))

    def resend(
        self, merchant_id: str, mode: Mode, shipment_id: str, notification_id: str, number: int = 0
    ) -> Notification:
        """Tell it again, if it is still so. Opted out stays opted out. `number`: which copy is wanted, so that it is
        told once however often that is asked for; 0 for one more.

        Raises:
            NotFound. Conflict: it is on its way, not so any more, or was resent often enough.
        """
        now = self._clock()
        with self._store.work() as uow:
            shipment = _shipment(uow, merchant_id, mode, shipment_id)
            told = uow.notifications.get(merchant_id, notification_id, lock=True)
            if told is None or told.shipment_id != shipment_id:
                raise NotFound(f"no notification {notification_id} of this shipment")
            event = notification_events()[told.event]
            if told.state in (NotificationState.PENDING, NotificationState.SENDING):
                raise Conflict("it is on its way already")
            if not holds(event, told.occurrence, told.cause, shipment):
                raise Conflict(f"it is not so any more: the shipment is {shipment.status}, {shipment.reason}")
            lane = _sender(uow, merchant_id, mode, told.channel)
            same = [each for each in uow.notifications.of_shipment(merchant_id, shipment_id) if _is_same(each, told)]
            last = max(same, key=lambda each: each.copy)
            if number and last.copy >= number:
                return last
            number = last.copy + 1
            if number > MOST_COPIES:
                raise Conflict(f"it was resent {MOST_COPIES} times")
            again = copy_of(told, number, now, event.useful)
            uow.notifications.plan([again])
            uow.notifications.wake(lane, max(now, lane.resting_until or now))
            uow.commit()
        return again

    def blocks(self, merchant_id: str, mode: Mode, limit: int, cursor: str | None) -> Page[Block]:
        """Who is not told, newest first."""
        with self._store.look() as uow:
            return uow.notifications.blocks(merchant_id, mode, limit, cursor)

    def block(
        self, merchant_id: str, mode: Mode, channel: Channel, address: str, kind: Literal["opt_out", "bounce"], why: str
    ) -> Block:
        """Tell a recipient nothing more over a channel. The address itself is not kept."""
        now = self._clock()
        with self._store.work() as uow:
            wanted = Block(
                id=new_id("nbl", now),
                merchant_id=merchant_id,
                mode=mode,
                channel=channel,
                recipient=self._recipients.digest(merchant_id, channel, address),
                shown=shown(channel, address),
                kind=kind,
                why=why,
                created_at=now,
            )
            uow.notifications.block(wanted)
            found = uow.notifications.blocked(merchant_id, mode, channel, wanted.recipient)
            uow.commit()
        return found or wanted

    def unblock(self, merchant_id: str, mode: Mode, block_id: str) -> None:
        """Tell the recipient again. Raises NotFound."""
        with self._store.work() as uow:
            if not uow.notifications.unblock(merchant_id, mode, block_id=block_id):
                raise NotFound(f"no block {block_id}")
            uow.commit()


def _is_same(one: Notification, other: Notification) -> bool:
    return (one.event, one.occurrence, one.channel) == (other.event, other.occurrence, other.channel)


def _sender(uow: UnitOfWork, merchant_id: str, mode: Mode, channel: str) -> Sender:
    found = next((each for each in uow.notifications.senders(merchant_id, mode) if each.channel == channel), None)
    if found is None:
        raise NotFound(f"no sender for {channel}")
    return found


def _shipment(uow: UnitOfWork, merchant_id: str, mode: Mode, shipment_id: str) -> ShipmentRecord:
    found = uow.shipments.get(merchant_id, shipment_id)
    if found is None or found.mode != mode:
        raise NotFound(f"no shipment {shipment_id}")
    return found
