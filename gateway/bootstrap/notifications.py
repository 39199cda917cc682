"""What tells recipients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from carriers.base.registry import installed
from gateway.domain.clock import Clock
from gateway.domain.notifications import Channel
from gateway.engines.notices.mail import SmtpCourier
from gateway.engines.notices.press import TemplatePress
from gateway.engines.notices.push import PushCourier
from gateway.engines.notices.twilio import TwilioCourier
from gateway.engines.notices.twilio_reports import TwilioReports
from gateway.services.endpoint_news import Alarm
from gateway.services.faultpoints import FaultPoints
from gateway.services.notifications.book import NotificationBook
from gateway.services.notifications.lanes import NotificationLanes
from gateway.services.notifications.people import Recipients
from gateway.services.notifications.push_keys import PushKeys
from gateway.services.notifications.receipts import Receipts
from gateway.services.notifications.templates import Templates
from gateway.services.notifications.writing import Writer
from gateway.services.ports import Store
from gateway.services.ports.notifications import Courier
from gateway.services.recipients.links import Links
from gateway.settings import Settings


def couriers_of(clock: Clock, settings: Settings) -> Mapping[Channel, Courier]:
    """What speaks to mail servers, providers and push services."""
    twilio = TwilioCourier(settings.notifications)
    return {
        Channel.EMAIL: SmtpCourier(settings.notifications, settings.web.base_url, clock),
        Channel.SMS: twilio,
        Channel.WHATSAPP: twilio,
        Channel.PUSH: PushCourier(settings.notifications, PushKeys(settings.secrets.pepper), clock),
    }


def telling_recipients(
    ground: tuple[Store, Clock],
    settings: Settings,
    faults: FaultPoints,
    alarm: Alarm,
    couriers: Mapping[Channel, Courier],
) -> Mapping[str, Any]:
    """Notifications: what merchants say about them, and what sends them."""
    store, clock = ground
    base_url, press = settings.web.base_url, TemplatePress()
    recipients = Recipients(settings.secrets.pepper, base_url, Links(settings.secrets.pepper, base_url))
    writer = Writer(press, recipients, installed)
    return {
        "notifications": NotificationBook(store, clock, couriers, recipients),
        "templates": Templates(store, clock, press, writer, recipients, base_url),
        "receipts": Receipts(store, clock, TwilioReports(), recipients, press),
        "recipient_lanes": NotificationLanes(
            store, clock, settings.notifications, settings.worker, couriers, writer, recipients, alarm, faults
        ),
    }
