"""Browsers that are told of a parcel: asked for by a button on its page, ended by another, gone when they are gone.

Nobody is asked who he is: whoever has the link may read the page, and a message says no more than the page does.
"""

from __future__ import annotations

from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, InvalidValue, Unprocessable
from gateway.domain.notifications import Channel
from gateway.domain.push import PushSubscription, read_unpadded
from gateway.domain.records import ShipmentRecord
from gateway.domain.tracking import statuses
from gateway.services.ids import new_id
from gateway.services.notifications.push_keys import PushKeys
from gateway.services.ports import Store
from gateway.services.public_http import NotPublic, check_url
from gateway.services.recipients.pages import RecipientPages

MOST = 5
"""Browsers that follow one parcel: a household."""


class Following:
    """Keeps subscriptions."""

    def __init__(
        self, store: Store, pages: RecipientPages, keys: PushKeys, clock: Clock, *, allow_private: bool
    ) -> None:
        self._store = store
        self._pages = pages
        self._keys = keys
        self._clock = clock
        self._allow_private = allow_private

    def key(self, shipment: ShipmentRecord) -> str:
        """What browsers subscribe with; "" where its merchant sends no push messages, or nothing is left to tell."""
        if statuses()[shipment.status].terminal or shipment.return_of:
            return ""
        with self._store.look() as uow:
            senders = uow.notifications.senders(shipment.merchant_id, shipment.mode)
        if not any(each.channel is Channel.PUSH for each in senders):
            return ""
        return self._keys.public(shipment.merchant_id, shipment.mode)

    def follow(self, token: str, endpoint: str, p256dh: str, auth: str) -> None:
        """Tell that browser from now on; saying it twice is harmless.

        Raises:
            NotFound, LinkEnded: see `RecipientPages`. Conflict: nothing is told, or so many are told already.
            Unprocessable: this is no subscription, or its push service is not on the public internet.
        """
        now = self._clock()
        try:
            check_url(endpoint, allow_private=self._allow_private)
            with self._store.work() as uow:
                shipment = self._pages.shipment(uow, token, now)
                if not self.key(shipment):
                    raise Conflict("nothing is told about this parcel (any more)")
                told = {each.endpoint for each in uow.pushes.of_shipment(shipment.merchant_id, shipment.id)}
                if len(told) >= MOST and endpoint not in told:
                    raise Conflict(f"{MOST} browsers follow this parcel already")
                subscription = PushSubscription(
                    id=new_id("psh", now),
                    merchant_id=shipment.merchant_id,
                    shipment_id=shipment.id,
                    endpoint=endpoint,
                    p256dh=_point(p256dh),
                    auth=read_unpadded(auth),
                    created_at=now,
                )
                uow.pushes.add(subscription, _digest(endpoint))
                uow.commit()
        except (NotPublic, InvalidValue) as error:
            raise Unprocessable("/endpoint", str(error), "no_subscription") from None

    def leave(self, token: str, endpoint: str) -> None:
        """Tell that browser nothing more. Raises NotFound, LinkEnded."""
        with self._store.work() as uow:
            shipment = self._pages.shipment(uow, token, self._clock())
            uow.pushes.remove(shipment.merchant_id, shipment_id=shipment.id, digest=_digest(endpoint))
            uow.commit()


def _digest(endpoint: str) -> str:
    return sha256(endpoint.encode()).hexdigest()


def _point(text: str) -> bytes:
    """A point of P-256. Raises InvalidValue: it is none, and nothing could be encrypted for it."""
    data = read_unpadded(text)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)
    except ValueError:
        raise InvalidValue("these are no keys of a push subscription") from None
    return data
