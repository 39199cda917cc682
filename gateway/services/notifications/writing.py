"""What a notification says: the facts of a shipment as harmless text, in a language, at a length that fits."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from carriers.base import Carrier
from gateway.domain.notification_events import advice_for, language_of
from gateway.domain.notifications import Channel
from gateway.domain.recipients import Brand
from gateway.domain.records import ShipmentRecord
from gateway.domain.text_messages import measured, simplified
from gateway.domain.values import TimeWindow
from gateway.services.notifications.deciding import Case
from gateway.services.notifications.people import OptOut, Recipients, shown
from gateway.services.ports import UnitOfWork
from gateway.services.ports.notifications import Letter, Press, Written

log = logging.getLogger("gateway.notifications")
LONGEST_FACT = 100
LONGEST_NAME = 40
SHORTEST_SHOP = 8
# A name that holds an address is somebody's advertisement: mail programs would make a link of it.
LOOKS_LIKE_A_LINK = re.compile(r"[/@:\\]|\w\.\w|www\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A template filled in for a case: what is said, in which language, to whom."""

    written: Written
    language: str
    recipient: str
    shown: str
    opt_out: str


class Writer:
    """Writes letters."""

    def __init__(
        self, press: Press, recipients: Recipients, installed: Callable[[], Mapping[str, type[Carrier]]]
    ) -> None:
        self._press = press
        self._recipients = recipients
        self._installed = installed

    def language(self, shipment: ShipmentRecord, brand: Brand) -> str:
        """`metadata.language` of the shipment, else that of the country, else the brand's."""
        known = self._press.languages()
        wanted = shipment.shipment.metadata.get("language", "")[:2].lower().replace("nb", "no").replace("nn", "no")
        country = language_of(shipment.shipment.destination.country)
        return next(each for each in (wanted, country, brand.language, *known) if each in known)

    def draft(self, uow: UnitOfWork, case: Case, own: Mapping[str, str] | None = None, language: str = "") -> Draft:
        """Fill the template in. `own` parts stand for the stored ones (a preview)."""
        told, brand = case.told, case.brand
        language = language or self.language(case.shipment, brand)
        facts = self.facts(uow, case, language)
        recipient = self._recipients.digest(told.merchant_id, told.channel, case.address)
        opt_out = self._recipients.opt_out_url(
            OptOut(
                merchant_id=told.merchant_id,
                mode=told.mode,
                channel=told.channel,
                recipient=recipient,
                shown=shown(told.channel, case.address),
                language=language,
            )
        )
        facts |= {"unsubscribe_link": opt_out, "colour": brand.colour}
        if own is None:
            stored = uow.notifications.template(told.merchant_id, told.mode, told.event, told.channel, language)
            own = stored.parts if stored else {}
        written = self.write(told.event, told.channel, language, own, facts)
        return Draft(
            written=written,
            language=language,
            recipient=recipient,
            shown=shown(told.channel, case.address),
            opt_out=opt_out,
        )

    def write(
        self, event: str, channel: Channel, language: str, own: Mapping[str, str], facts: Mapping[str, str]
    ) -> Written:
        """Own parts over shipped ones; text messages at a length that costs one. Raises ValueError."""
        parts = {**self._press.shipped(event, channel, language), **own}
        written = self._press.write(channel, parts, facts, language)
        if channel is not Channel.SMS or measured(written.text).segments == 1:
            return written
        text = simplified(written.text)
        over = measured(text).units - measured(text).most
        if over > 0:
            shop = facts["shop"][: max(SHORTEST_SHOP, len(facts["shop"]) - over)].strip()
            text = simplified(self._press.write(channel, parts, {**facts, "shop": shop}, language).text)
        return Written(text=text)

    def letter(self, uow: UnitOfWork, case: Case, sender_id: str) -> tuple[Letter, Draft]:
        """The letter; in the shipped words where the merchant's own fail."""
        try:
            draft = self.draft(uow, case)
        except ValueError as error:
            log.warning("the own template of %s for %s fails: %s", case.told.merchant_id, case.told.event, error)
            draft = self.draft(uow, case, own={})
        written = draft.written
        letter = Letter(
            id=case.told.id,
            to=case.address,
            text=written.text,
            subject=written.subject,
            html=written.html,
            language=draft.language,
            unsubscribe=draft.opt_out,
            valid_for=case.told.useful_until - case.now,
            content=written.content,
            callback=self._recipients.receipts_url(sender_id, case.told.id),
            devices=case.devices,
        )
        return letter, draft

    def facts(self, uow: UnitOfWork, case: Case, language: str) -> dict[str, str]:
        """The variables of templates."""
        shipment, brand = case.shipment, case.brand
        country = shipment.shipment.destination.country
        start, end = _span(case)
        last_day = case.last_day
        shop = plain(brand.name)
        return {
            "shop": shop,
            "recipient": first_name(shipment.shipment.destination.name),
            "carrier": self._carrier(shipment.carrier) or shop,
            "tracking_number": plain(shipment.tracking_number),
            "reference": plain(shipment.reference),
            "link": self._recipients.pages.url(shipment.id, shipment.link_version),
            "when": self._press.when(start, end, case.now, language, country),
            "attempts": str(shipment.attempts),
            "last_day": self._press.day(last_day, case.now, language, country) if last_day else "",
            "what_now": self._press.say(f"what_now.{advice_for(shipment.reason)}", {}, language),
            "reason": shipment.reason,
            "contact": contact_of(brand),
        }

    def _carrier(self, code: str) -> str:
        """Its name as recipients know it; "" for the shop's own vans."""
        carrier = self._installed().get(code)
        if carrier is None or carrier.profile.kind == "own":
            return ""
        return carrier.profile.name.partition(" (")[0]


def plain(text: str, most: int = LONGEST_FACT) -> str:
    """Text of others as one line of text: no control, format or bidirectional characters, not too long."""
    kept = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in text)
    line = " ".join(kept.split())
    return line if len(line) <= most else f"{line[: most - 3].rstrip()}..."


def contact_of(brand: Brand) -> str:
    """Where recipients ask."""
    return plain(brand.help_email or brand.help_phone or brand.help_url)


def first_name(name: str) -> str:
    """How a recipient is greeted; "" where the name may be something else than one."""
    line = plain(name)
    first = line.partition(" ")[0][:LONGEST_NAME]
    return "" if LOOKS_LIKE_A_LINK.search(line) else first


def _span(case: Case) -> tuple[datetime | None, datetime | None]:
    """The window, limit or moment that the event may name: only what is still ahead, or has happened."""
    shipment, event, now = case.shipment, case.told.event, case.now
    if event == "delivered":
        return shipment.delivered_at, None
    if (agreed := _agreed(case)) is not None:
        return agreed.start, agreed.end
    latest = shipment.eta.latest if shipment.eta else shipment.deliver_by
    if event not in ("on_its_way", "out_for_delivery", "delayed") or latest is None or latest <= now:
        return None, None
    if event == "delayed":
        is_news = shipment.deliver_by is None or latest > shipment.deliver_by
        return None, latest if is_news else None
    if event == "on_its_way":
        return None, latest
    if latest.astimezone(now.tzinfo).date() != now.date():
        return None, None
    earliest = shipment.eta.earliest if shipment.eta else None
    return earliest if earliest is not None and now < earliest < latest else None, latest


def _agreed(case: Case) -> TimeWindow | None:
    """The window that was agreed with the recipient, where it is today's and not over."""
    window = case.shipment.window
    if window is None or case.told.event != "out_for_delivery" or window.end <= case.now:
        return None
    return window if window.start.astimezone(case.now.tzinfo).date() == case.now.date() else None
