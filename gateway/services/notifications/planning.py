"""Which notifications a message about a shipment is a reason for: rows, written where messages fan out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.domain.messages import OutboxMessage
from gateway.domain.notification_events import CAUSES, KEEP_DAYS, REMINDER_H, NotificationEvent, events_of
from gateway.domain.notifications import Channel, Notification, NotificationSettings, Sender
from gateway.services.ids import new_id
from gateway.services.ports import UnitOfWork

Wanted = tuple[Sender, NotificationSettings]


def plan(uow: UnitOfWork, messages: Sequence[OutboxMessage], now: datetime) -> None:
    """Plan what these messages tell, for merchants who have senders; what is planned already stays as it is.

    Nothing here reads a shipment, a template or a secret: nothing of one merchant's can stop another's messages.
    """
    telling = [message for message in messages if message.type in CAUSES]
    if not telling:
        return
    lanes: Mapping[tuple[str, str], list[Wanted]] = defaultdict(list)
    for sender, settings in uow.notifications.wanted({message.merchant_id for message in telling}):
        lanes[sender.merchant_id, sender.mode].append((sender, settings))
    followed = _followed(uow, telling, lanes)
    planned = [
        (sender, each)
        for message in telling
        for sender, settings in lanes.get((message.merchant_id, message.mode), ())
        if sender.channel is not Channel.PUSH or (message.merchant_id, message.subject_id) in followed
        for each in _of(message, sender, settings, now)
    ]
    uow.notifications.plan([each for _, each in planned])
    for sender, each in sorted(planned, key=lambda pair: pair[0].id):
        uow.notifications.wake(sender, max(each.due_at or now, sender.resting_until or now))


def _followed(
    uow: UnitOfWork, telling: Sequence[OutboxMessage], lanes: Mapping[tuple[str, str], Sequence[Wanted]]
) -> Collection[tuple[str, str]]:
    """Shipments that browsers follow, of merchants who send push messages: most parcels are followed by nobody."""
    pushing = {whose for whose, found in lanes.items() if any(each.channel is Channel.PUSH for each, _ in found)}
    asked = {(each.merchant_id, each.subject_id) for each in telling if (each.merchant_id, each.mode) in pushing}
    return uow.pushes.followed(asked) if asked else ()


def channels_of(event: NotificationEvent, settings: NotificationSettings) -> Sequence[str]:
    """Over which channels the merchant wants an event told."""
    return settings.events.get(event.name, event.channels)


def _of(
    message: OutboxMessage, sender: Sender, settings: NotificationSettings, now: datetime
) -> Iterator[Notification]:
    said = message.payload
    for event in events_of(message.type, str(said["status"]), str(said["reason"])):
        later = _later(event, settings)
        if sender.channel not in channels_of(event, settings) or later is None:
            continue
        due_at = message.created_at + later
        yield Notification(
            id=new_id("ntf", now),
            merchant_id=message.merchant_id,
            mode=message.mode,
            shipment_id=str(said["shipment_id"]),
            event=event.name,
            occurrence=event.occurrence(str(said["reason"]), int(str(said["attempts"]))),
            channel=sender.channel,
            cause=message.type,
            since=message.created_at,
            useful_until=due_at + event.useful,
            due_at=due_at,
            created_at=now,
        )


def _later(event: NotificationEvent, settings: NotificationSettings) -> timedelta | None:
    """How long after the message it is told; None where the merchant has not said what it needs to be true."""
    if event.after == REMINDER_H:
        return timedelta(hours=settings.reminder_h) if settings.reminder_h else None
    if event.after == KEEP_DAYS:
        # In time for the morning of that day, whose hour `deciding` finds by the recipient's clock.
        return timedelta(days=settings.keep_days - 1, hours=-12) if settings.keep_days > 1 else None
    return timedelta()


def copy_of(told: Notification, number: int, now: datetime, useful: timedelta) -> Notification:
    """The same again, because a person wants it."""
    return replace(
        told,
        id=new_id("ntf", now),
        copy=number,
        state=type(told.state).PENDING,
        why="",
        provider_id="",
        size=0,
        attempts=0,
        useful_until=now + useful,
        due_at=now,
        created_at=now,
        sent_at=None,
        receipt_at=None,
    )
