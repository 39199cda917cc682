"""Whether a notification that is due is sent now, later or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from gateway.domain.notification_events import AT_RISK, KEEP_DAYS, NotificationEvent, holds, notification_events
from gateway.domain.notifications import Channel, Notification, NotificationSettings
from gateway.domain.push import PushSubscription
from gateway.domain.recipients import Brand
from gateway.domain.records import ShipmentRecord
from gateway.domain.timezones import recipient_zone
from gateway.services.notifications.people import Recipients
from gateway.services.notifications.planning import channels_of
from gateway.services.ports import Mode, UnitOfWork

MORNING = time(9)
DAY = timedelta(days=1)
NOWHERE: Mapping[Channel, str] = {
    Channel.EMAIL: "the shipment has no e-mail address",
    Channel.PUSH: "no browser follows it any more",
}
TOO_LATE = "too late: it would no longer be news"


@dataclass(frozen=True, slots=True)
class Dropped:
    """Not sent, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """Looked at again at this moment."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A notification with what decides about it, as it is now; `now` by the recipient's clock."""

    told: Notification
    event: NotificationEvent
    shipment: ShipmentRecord
    settings: NotificationSettings
    brand: Brand
    now: datetime
    devices: Sequence[PushSubscription] = ()

    @property
    def address(self) -> str:
        """Where the recipient is reached, "" where that is not known."""
        if self.told.channel is Channel.PUSH:
            return self.shipment.id if self.devices else ""
        place = self.shipment.shipment.destination
        return place.email if self.told.channel is Channel.EMAIL else place.phone

    @property
    def last_day(self) -> datetime | None:
        """The last day on which a point keeps the parcel, where that is known."""
        if self.settings.keep_days < 1 or self.shipment.status != "available_for_pickup":
            return None
        return self.told.since.astimezone(self.now.tzinfo) + timedelta(days=self.settings.keep_days - 1)


def case_of(
    told: Notification,
    shipment: ShipmentRecord,
    settings: NotificationSettings,
    brand: Brand,
    now: datetime,
    devices: Sequence[PushSubscription] = (),
) -> Case:
    """The case of a notification."""
    return Case(
        told=told,
        event=notification_events()[told.event],
        shipment=shipment,
        settings=settings,
        brand=brand,
        now=now.astimezone(zone_of(shipment, settings)),
        devices=devices,
    )


def zone_of(shipment: ShipmentRecord, settings: NotificationSettings) -> tzinfo:
    """The recipient's zone; the merchant's where that is not known."""
    return ZoneInfo(recipient_zone(shipment.shipment) or settings.timezone or "UTC")


def decide(uow: UnitOfWork, case: Case, recipients: Recipients) -> Dropped | Postponed | None:
    """None: it is sent now."""
    return _is_no_news(case) or _at_another_hour(case) or _is_unwanted(case) or _is_unwelcome(uow, case, recipients)


def _is_no_news(case: Case) -> Dropped | None:
    """Not so any more, or too old."""
    told, shipment = case.told, case.shipment
    if not holds(case.event, told.occurrence, told.cause, shipment):
        return Dropped(f"it is not so any more: the shipment is {shipment.status}, {shipment.reason}")
    if case.now > told.useful_until:
        return Dropped(TOO_LATE)
    immediate = not case.event.after and told.cause != AT_RISK and told.copy == 0
    if immediate and shipment.status_at is not None and case.now > shipment.status_at + case.event.useful:
        return Dropped(TOO_LATE)
    return None


def _at_another_hour(case: Case) -> Dropped | Postponed | None:
    """Last days begin in the morning; quiet hours are waited for, unless it is too late then."""
    at = case.now
    if case.event.after == KEEP_DAYS and case.last_day is not None:
        if at.date() > case.last_day.date():
            return Dropped("that was yesterday's last day")
        if at.date() < case.last_day.date():
            at = datetime.combine(case.last_day.date(), MORNING, at.tzinfo)
    quiet = case.settings.quiet
    if quiet is not None and case.told.channel in quiet.channels:
        at = quiet.until(at)
    if at > case.told.useful_until:
        return Dropped(f"{TOO_LATE} after the quiet hours")
    return Postponed(at) if at > case.now else None


def _is_unwanted(case: Case) -> Dropped | None:
    """By what is carried, by the merchant's settings, or because there is no address."""
    told, settings, address = case.told, case.settings, case.address
    if case.shipment.return_of:
        return Dropped("it is a return: it comes to the merchant, not to a recipient")
    if told.channel not in channels_of(case.event, settings) and told.copy == 0:
        return Dropped("the settings do not want it any more")
    if not address:
        return Dropped(NOWHERE.get(told.channel, "it has no phone"))
    if told.channel is Channel.PUSH:
        return None  # whoever asked for it had the page before him, test or not
    why_not = may_reach(told.mode, told.channel, address, settings)
    return Dropped(why_not) if why_not else None


def may_reach(mode: Mode, channel: Channel, address: str, settings: NotificationSettings) -> str:
    """Why the merchant's settings let nothing go to an address; "" where they do."""
    if mode == "test" and not _is_named(address, settings):
        return "test shipments reach nobody but test_recipients"
    allowed = settings.phone_prefixes or ("",)
    if channel is not Channel.EMAIL and not address.startswith(allowed):
        return "no phone_prefixes allows this number"
    return ""


def _is_named(address: str, settings: NotificationSettings) -> bool:
    known = [each.casefold() for each in settings.test_recipients]
    domain = f"@{address.rpartition('@')[2]}"
    return address.casefold() in known or domain.casefold() in known


def _is_unwelcome(uow: UnitOfWork, case: Case, recipients: Recipients) -> Dropped | None:
    """The recipient does not want it, cannot get it, or has had enough for a day."""
    told = case.told
    recipient = recipients.digest(told.merchant_id, told.channel, case.address)
    block = uow.notifications.blocked(told.merchant_id, told.mode, told.channel, recipient)
    if block is not None:
        kinds: Mapping[str, str] = {"opt_out": "the recipient has opted out", "bounce": "nothing arrives there"}
        return Dropped(f"{kinds[block.kind]} ({block.why})" if block.why else kinds[block.kind])
    if told.channel is not Channel.EMAIL:
        had = uow.notifications.told_since(told.merchant_id, recipient, case.now - DAY)
        if had >= case.settings.texts_per_day:
            return Dropped(f"this recipient has had {had} text messages within 24 hours")
    return None
