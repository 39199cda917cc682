"""A six-digit code as proof: sent to the address that the parcel was booked with, good once and for ten minutes.

What others may know as well (a phone number, a postcode) is no proof for a shop that asks for this. The code is kept
as a keyed digest alone: a million codes are tried in a second by whoever has a plain one. Wrong tries are counted with
all others (see `proving`), and only so many codes are sent: five tries an hour at one of a million.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import BoundedSemaphore

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, GatewayError
from gateway.domain.notifications import Channel, NotificationSettings, Sender
from gateway.domain.records import ShipmentRecord
from gateway.domain.text_messages import simplified
from gateway.services.ids import new_id
from gateway.services.notifications.deciding import may_reach
from gateway.services.notifications.people import Recipients as People
from gateway.services.notifications.people import shown
from gateway.services.notifications.writing import plain
from gateway.services.ports import Store, UnitOfWork
from gateway.services.ports.notifications import Courier, Letter, Unreachable
from gateway.services.ports.recipients import Voice

DIGITS = 6
VALID_FOR, MOST_SENT, COUNTED_FOR = timedelta(minutes=10), 3, timedelta(hours=1)
SENT_AT_ONCE = 4
"""In a process, which has threads for other things than waiting for mail servers."""

WAYS = (Channel.EMAIL, Channel.SMS)


class TooManyCodes(GatewayError):
    """So many were sent already that nobody is helped by another one."""


class CodeNotSent(GatewayError):
    """The mail server or provider did not take it; the message says why."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a recipient gets a code: the shop's sender, and the address."""

    sender: Sender
    address: str

    @property
    def shown(self) -> str:
        """Enough of the address to be recognised by its owner."""
        return shown(self.sender.channel, self.address)


class RecipientCodes:
    """Makes, sends and takes codes."""

    def __init__(
        self, store: Store, clock: Clock, pepper: str, couriers: Mapping[Channel, Courier], people: People
    ) -> None:
        self._store = store
        self._clock = clock
        self._key = hmac.new(pepper.encode(), b"recipients' codes, version 1", hashlib.sha256).digest()
        self._couriers = couriers
        self._people = people
        self._sending = BoundedSemaphore(SENT_AT_ONCE)

    def way(self, shipment: ShipmentRecord) -> Way | None:
        """How this recipient can be reached: by mail, else by text message; None: not at all."""
        with self._store.look() as uow:
            return self._way(uow, shipment)

    def pending(self, shipment: ShipmentRecord) -> bool:
        """Whether a code was sent that still counts."""
        with self._store.look() as uow:
            return uow.codes.pending(shipment.merchant_id, shipment.id, self._clock())

    def send(self, shipment: ShipmentRecord, shop: str, voice: Voice) -> Way:
        """Send a new code, which takes the place of an older one. Counted before it is sent, over all processes.

        Raises:
            Conflict: nobody can be reached. TooManyCodes, CodeNotSent.
        """
        now, code = self._clock(), f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        with self._store.work() as uow:
            way = self._way(uow, shipment)
            if way is None:
                raise Conflict("no address is known to which a code could be sent")
            digest = self._digest(shipment, code)
            whose = (shipment.merchant_id, shipment.id)
            sent = uow.codes.replace(*whose, digest, now, now + VALID_FOR, most=MOST_SENT, counted_for=COUNTED_FOR)
            uow.commit()
            sender = uow.notifications.sender(shipment.merchant_id, way.sender.id) or way.sender
        if sent > MOST_SENT:
            raise TooManyCodes(f"{MOST_SENT} codes were sent within an hour")
        self._post(sender, self._letter(way, code, plain(shop), voice))
        return way

    def use(self, shipment: ShipmentRecord, given: str) -> bool:
        """Whether it is the code that was sent last; it counts once."""
        digest = self._digest(shipment, "".join(given.split()))
        with self._store.work() as uow:
            right = uow.codes.use(shipment.merchant_id, shipment.id, digest, self._clock())
            uow.commit()
        return right

    def _way(self, uow: UnitOfWork, shipment: ShipmentRecord) -> Way | None:
        place = shipment.shipment.destination
        senders = {each.channel: each for each in uow.notifications.senders(shipment.merchant_id, shipment.mode)}
        settings = uow.notifications.settings(shipment.merchant_id, shipment.mode)
        for channel in WAYS:
            address, sender = place.email if channel is Channel.EMAIL else place.phone, senders.get(channel)
            if sender is not None and address and self._reaches(uow, sender, address, settings):
                return Way(sender, address)
        return None

    def _reaches(self, uow: UnitOfWork, sender: Sender, address: str, settings: NotificationSettings) -> bool:
        """Not whom the shop's settings leave out, nor where nothing arrives or nothing is wanted."""
        if may_reach(sender.mode, sender.channel, address, settings):
            return False
        recipient = self._people.digest(sender.merchant_id, sender.channel, address)
        return uow.notifications.blocked(sender.merchant_id, sender.mode, sender.channel, recipient) is None

    def _letter(self, way: Way, code: str, shop: str, voice: Voice) -> Letter:
        minutes = int(VALID_FOR.total_seconds() // 60)
        text = way.sender.channel is Channel.SMS
        said = voice.say("code.text" if text else "code.mail", code=code, shop=shop, n=minutes)
        return Letter(
            id=new_id("cod", self._clock()),
            to=way.address,
            text=simplified(said) if text else said,
            subject=voice.say("code.subject", code=code),
            language=voice.code,
            valid_for=VALID_FOR,
        )

    def _post(self, sender: Sender, letter: Letter) -> None:
        if not self._sending.acquire(blocking=False):
            raise CodeNotSent(f"{SENT_AT_ONCE} codes are being sent at this moment")
        try:
            with self._couriers[sender.channel].open(sender) as post:
                outcome = post.send(letter)
        except Unreachable as error:
            raise CodeNotSent(str(error)) from None
        finally:
            self._sending.release()
        if outcome.state not in ("sent", "unknown"):
            raise CodeNotSent(outcome.why)

    def _digest(self, shipment: ShipmentRecord, code: str) -> str:
        said = f"{shipment.merchant_id} {shipment.id} {code}".encode()
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()
