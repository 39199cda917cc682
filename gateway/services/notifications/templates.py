"""Templates: those that come with the gateway, merchants' own over them, and how either looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.domain.clock import Clock
from gateway.domain.errors import GatewayError, NotFound, Unprocessable
from gateway.domain.notification_events import notification_events
from gateway.domain.notifications import Channel, Notification, OwnTemplate
from gateway.domain.recipients import Brand
from gateway.domain.records import ShipmentRecord
from gateway.domain.text_messages import Measure, measured
from gateway.services.notifications.deciding import case_of
from gateway.services.notifications.people import OptOut, Recipients
from gateway.services.notifications.writing import Writer, contact_of, plain
from gateway.services.ports import Mode, Store, UnitOfWork
from gateway.services.ports.notifications import Flaw, Press, Written

EXAMPLE_LINK = "/t/3QpX0e1k9cQ7mUeVn4rB2w"
"""As long as a real one."""
LONGEST_WHATSAPP = 1600
"""Source: Twilio, Messages resource, Body."""


class Flawed(GatewayError):
    """A template that cannot be used; each flaw names its part."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__("the template has flaws")
        self.flaws = tuple(flaws)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateName:
    """Which template; an empty word in a search means any."""

    event: str
    channel: Channel
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template as it holds: shipped `parts`, with those of `own` in their place."""

    name: TemplateName
    parts: Mapping[str, str]
    own: bool
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A template filled in, and for text messages how long that is."""

    written: Written
    language: str
    measure: Measure | None = None


class Templates:
    """Reads, keeps and shows them."""

    def __init__(
        self, store: Store, clock: Clock, press: Press, writer: Writer, recipients: Recipients, base_url: str
    ) -> None:
        self._store = store
        self._clock = clock
        self._press = press
        self._writer = writer
        self._recipients = recipients
        self._base_url = base_url

    def listed(self, merchant_id: str, mode: Mode, wanted: Mapping[str, str]) -> Sequence[Template]:
        """Templates as they hold; `wanted` may name event, channel and language."""
        with self._store.look() as uow:
            own = {_name(each): each for each in uow.notifications.templates(merchant_id, mode)}
        return [self._held(name, own.get(name)) for name in self._names(wanted)]

    def vocabulary(self) -> Mapping[str, Any]:
        """What templates are written in."""
        return self._press.vocabulary()

    def put(self, merchant_id: str, mode: Mode, name: TemplateName, parts: Mapping[str, str]) -> Template:
        """Own parts in place of shipped ones; parts that are left out stay the shipped ones.

        Raises:
            NotFound: no such event or language. Flawed: with every flaw.
        """
        self._check_name(name)
        with self._store.work() as uow:
            self._check(uow, merchant_id, mode, name, parts)
            own = OwnTemplate(
                merchant_id=merchant_id,
                mode=mode,
                event=name.event,
                channel=name.channel,
                language=name.language,
                parts=parts,
                updated_at=self._clock(),
            )
            uow.notifications.put_template(own)
            uow.commit()
        return self._held(name, own)

    def delete(self, merchant_id: str, mode: Mode, name: TemplateName) -> None:
        """Back to the shipped one. Raises NotFound."""
        with self._store.work() as uow:
            if not uow.notifications.delete_template(merchant_id, mode, name.event, name.channel, name.language):
                raise NotFound("there is no template of yours for that")
            uow.commit()

    def preview(
        self,
        merchant_id: str,
        mode: Mode,
        name: TemplateName,
        parts: Mapping[str, str] | None,
        shipment_id: str,
    ) -> Preview:
        """A template filled in with an example, or with a shipment as if its event were now. Nothing is sent.

        Raises:
            NotFound: no such event, language or shipment. Flawed: `parts` with flaws.
        """
        self._check_name(name)
        with self._store.look() as uow:
            if parts is not None:
                self._check(uow, merchant_id, mode, name, parts)
            stored = uow.notifications.template(merchant_id, mode, name.event, name.channel, name.language)
            own = parts if parts is not None else stored.parts if stored else {}
            if shipment_id:
                written = self._of_shipment(uow, merchant_id, mode, name, own, shipment_id)
            else:
                written = self._example(uow, merchant_id, mode, name, own)
        measure = measured(written.text) if name.channel is Channel.SMS else None
        return Preview(written=written, language=name.language, measure=measure)

    def _of_shipment(
        self,
        uow: UnitOfWork,
        merchant_id: str,
        mode: Mode,
        name: TemplateName,
        own: Mapping[str, str],
        shipment_id: str,
    ) -> Written:
        shipment = uow.shipments.get(merchant_id, shipment_id)
        if shipment is None or shipment.mode != mode:
            raise Unprocessable("/shipment_id", "there is no such shipment", "not_found")
        told, settings = self._imagined(shipment, name), uow.notifications.settings(merchant_id, mode)
        case = case_of(told, shipment, settings, uow.brands.get(merchant_id).brand, self._clock())
        try:
            return self._writer.draft(uow, case, own, name.language).written
        except ValueError as error:
            raise Flawed([Flaw("", str(error))]) from error

    def _imagined(self, shipment: ShipmentRecord, name: TemplateName) -> Notification:
        now = self._clock()
        return Notification(
            id="ntf_preview",
            merchant_id=shipment.merchant_id,
            mode=shipment.mode,
            shipment_id=shipment.id,
            event=name.event,
            occurrence="",
            channel=name.channel,
            cause="preview",
            since=shipment.status_at or now,
            useful_until=now,
            due_at=None,
            created_at=now,
        )

    def _example(
        self,
        uow: UnitOfWork,
        merchant_id: str,
        mode: Mode,
        name: TemplateName,
        own: Mapping[str, str],
    ) -> Written:
        facts = self._example_facts(uow.brands.get(merchant_id).brand, merchant_id, mode, name)
        return self._writer.write(name.event, name.channel, name.language, own, facts)

    def _example_facts(self, brand: Brand, merchant_id: str, mode: Mode, name: TemplateName) -> Mapping[str, str]:
        """An ordinary parcel, with a time and a name that are among the longer ones."""
        now = self._clock()
        start, end = _example_time(name.event, now)
        opt_out = OptOut(
            merchant_id=merchant_id,
            mode=mode,
            channel=name.channel,
            recipient="example",
            shown="k…",
            language=name.language,
        )
        return {
            "shop": plain(brand.name),
            "recipient": "Kari",
            "carrier": "Example Carrier",
            "tracking_number": "370438101234567890",
            "reference": "order-1001",
            "link": self._base_url + EXAMPLE_LINK,
            "when": self._press.when(start, end, now, name.language, ""),
            "attempts": "2",
            "last_day": self._press.day(now + timedelta(days=5), now, name.language, ""),
            "what_now": self._press.say("what_now.default", {}, name.language),
            "reason": "recipient_unavailable",
            "contact": contact_of(brand),
            "unsubscribe_link": self._recipients.opt_out_url(opt_out),
            "colour": brand.colour,
        }

    def _check(
        self, uow: UnitOfWork, merchant_id: str, mode: Mode, name: TemplateName, parts: Mapping[str, str]
    ) -> None:
        """Raises Flawed."""
        flaws = list(self._press.flaws(name.channel, parts)) or list(self._tried(uow, merchant_id, mode, name, parts))
        if flaws:
            raise Flawed(flaws)

    def _tried(
        self, uow: UnitOfWork, merchant_id: str, mode: Mode, name: TemplateName, parts: Mapping[str, str]
    ) -> Iterator[Flaw]:
        """Whether it can be filled in, and how long it is then, link included."""
        part = "text" if name.channel is not Channel.EMAIL else "mjml" if "mjml" in parts else "body"
        try:
            written = self._example(uow, merchant_id, mode, name, parts)
        except ValueError as error:
            yield Flaw(part, str(error))
            return
        measure = measured(written.text)
        if name.channel is Channel.SMS and measure.segments > 1:
            yield Flaw(
                part,
                f"with its link it is {measure.units} characters of {measure.encoding} long, {measure.most} fit",
                "too_long",
            )
        if name.channel is Channel.WHATSAPP and len(written.text) > LONGEST_WHATSAPP:
            yield Flaw(part, f"it is {len(written.text)} characters long, {LONGEST_WHATSAPP} fit", "too_long")

    def _held(self, name: TemplateName, own: OwnTemplate | None) -> Template:
        shipped = self._press.shipped(name.event, name.channel, name.language)
        if own is None:
            return Template(name=name, parts=shipped, own=False)
        return Template(name=name, parts={**shipped, **own.parts}, own=True, updated_at=own.updated_at)

    def _names(self, wanted: Mapping[str, str]) -> Iterator[TemplateName]:
        for event in notification_events():
            for channel in Channel:
                for language in self._press.languages():
                    found = {"event": event, "channel": channel.value, "language": language}
                    if all(found[key] == value for key, value in wanted.items() if value):
                        yield TemplateName(event=event, channel=channel, language=language)

    def _check_name(self, name: TemplateName) -> None:
        if name.event not in notification_events():
            raise NotFound(f"there is no event {name.event!r}; there are {', '.join(notification_events())}")
        if name.language not in self._press.languages():
            raise NotFound(f"there are texts in {', '.join(self._press.languages())}")


def _name(own: OwnTemplate) -> TemplateName:
    return TemplateName(event=own.event, channel=own.channel, language=own.language)


def _example_time(event: str, now: datetime) -> tuple[datetime, datetime | None]:
    """A time that the event could name: one delivered is past, and only what comes today is out for delivery."""
    noon = now.replace(hour=12, minute=30, second=0, microsecond=0)
    if event == "delivered":
        return noon, None
    day = noon if event == "out_for_delivery" else noon + timedelta(days=1)
    return day, day + timedelta(hours=2)
