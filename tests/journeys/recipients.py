"""Recipients of a shop's parcels: their mailboxes and phones, and the senders that reach them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, Self

from carriers.base.simulator import RunningSimulator
from gateway.engines.notices.sink import MailSink
from gateway.engines.notices.twilio_simulator import TwilioSimulator
from tests.journeys.scans import another, scan
from tests.journeys.site import ORDER, Merchant, Site

EMAIL, PHONE = "kari@example.com", "+4798888888"
SID, TOKEN = "AC" + "0" * 32, "a-token"
NUMBERS = count(1)
SETTINGS: dict[str, Any] = {"test_recipients": ["@example.com", PHONE], "quiet": None}


def mails(shop: Merchant, sink: MailSink, **options: object) -> Any:
    """Let the shop send mail."""
    given = {"host": "127.0.0.1", "port": sink.port, "security": "none", "from": "parcels@fjord.example"}
    return _put(shop, "senders/email", {"smtp": {**given, "from_name": "Fjord Shop", **options}})


def texts(shop: Merchant, provider: TwilioSimulator, channel: str = "sms") -> Any:
    """Let the shop send text messages."""
    given = {"account_sid": SID, "auth_token": TOKEN, "from": "+4759440000", "api_url": provider.url}
    return _put(shop, f"senders/{channel}", {"twilio": given})


def settings(whose: Merchant, **more: object) -> Any:
    """Say what is told."""
    return _put(whose, "settings", {**SETTINGS, **more})


def brand(shop: Merchant, **more: object) -> None:
    """Say in whose name."""
    answer = shop.call("PUT", "/v1/brand", {"name": "Fjord Shop", **more})
    assert answer.status_code == 200, answer.text


def log(shop: Merchant, shipment_id: str) -> list[Any]:
    """What a recipient was told, without what waits for the next day."""
    found: list[Any] = shop.get(f"/v1/shipments/{shipment_id}/notifications")["data"]
    return found


def to(email: str = EMAIL, phone: str = "", **more: object) -> dict[str, Any]:
    """A destination."""
    return {**ORDER["destination"], "email": email or None, "phone": phone or None, **more}


def _put(shop: Merchant, what: str, body: object) -> Any:
    answer = shop.call("PUT", f"/v1/notification-{what}", body)
    assert answer.status_code == 200, answer.text
    return answer.json


class Told:
    """A parcel whose every scan the test makes up, and what its recipient is told."""

    def __init__(self, site: Site, shop: Merchant, running: RunningSimulator, account_id: str, **booking: Any) -> None:
        self.site, self.shop = site, shop
        booking = {"destination": to(), **booking}
        self.parcel = another(site, shop, running, account_id, f"order-{next(NUMBERS)}", **booking)

    def scan(self, code: str, detail: str = "", *, minutes_ago: float = 0, work: bool = True) -> Self:
        """A scan of this code comes in, and whatever is due is done."""
        at = self.site.clock() - timedelta(minutes=minutes_ago)
        self.parcel.push(scan(self.parcel.number, f"e-{next(NUMBERS)}", code, at.isoformat(), detail))
        if work:
            self.site.work()
        return self

    def log(self, event: str = "") -> list[Any]:
        """What the recipient was told, of one event or of all."""
        return [each for each in log(self.shop, self.parcel.id) if event in ("", each["event"])]

    def states(self) -> list[tuple[str, str]]:
        """Events and what became of them."""
        return [(each["event"], each["state"]) for each in self.log()]


@dataclass(kw_only=True)
class Street:
    """A shop with a carrier, a mail server and a provider of text messages, and recipients."""

    site: Site
    shop: Merchant
    sink: MailSink
    provider: TwilioSimulator
    running: RunningSimulator
    account_id: str

    def parcel(self, **booking: Any) -> Told:
        """One more."""
        return Told(self.site, self.shop, self.running, self.account_id, **booking)


@contextmanager
def street(site: Site, shop: Merchant, **settled: object) -> Iterator[Street]:
    """Everything set up: mail and text messages, no quiet hours unless said."""
    with MailSink() as sink, TwilioSimulator(SID, TOKEN) as provider:
        mails(shop, sink)
        texts(shop, provider)
        settings(shop, **settled)
        brand(shop)
        running = site.carrier("sandbox")
        account_id = shop.account("sandbox-1", running, without="track")
        yield Street(site=site, shop=shop, sink=sink, provider=provider, running=running, account_id=account_id)
