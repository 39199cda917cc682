"""Merchants' webhook endpoints: add, change, rotate their secret, test them, see what was sent, send it again.

How messages get there is in `webhook_lanes`. `sequence` restores the order of one subject's messages; endpoints hear
of their own mode only.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, Unprocessable
from gateway.domain.message_types import hears, message_types
from gateway.domain.messages import DeliveryState, OutboxMessage, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from gateway.services.deliveries import delivery_of
from gateway.services.endpoint_health import after_success, disabled
from gateway.services.endpoint_news import tell_test
from gateway.services.ids import first_id, new_id
from gateway.services.ports import Mode, Page, Store, UnitOfWork
from gateway.services.public_http import NotPublic, check_url
from gateway.settings import Webhooks as WebhookSettings

MESSAGE_TYPES = tuple(message_types())
REPLAYED_AT_ONCE = 1000
REPLAYED_FOR = timedelta(days=30)
"""How far back a replay goes."""
MOST_SECRETS = 3
SECRET_BYTES = 32
"""Source: Standard Webhooks 1.0, "Signature scheme": 24 to 64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayAsk:
    """What to send again: one message, all that were given up (`failed`), or what was written from a moment on.

    `after` is the message after which a replay that was cut off goes on.
    """

    message_id: str = ""
    failed: bool = False
    since: datetime | None = None
    after: str = ""


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many deliveries begin anew, and after which message there is more to replay ("" when that was all)."""

    count: int
    more_after: str


class MerchantWebhooks:
    """Endpoints, deliveries and their log."""

    def __init__(self, store: Store, clock: Clock, settings: WebhookSettings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings

    def add_endpoint(self, merchant_id: str, mode: Mode, url: str, types: Sequence[str]) -> WebhookEndpoint:
        """A new endpoint for the messages of a mode, with its signing secret.

        Raises:
            Unprocessable: a URL that is not public https, or an unknown message type.
        """
        self._check(url, types)
        now = self._clock()
        endpoint = WebhookEndpoint(
            id=new_id("whk", now),
            merchant_id=merchant_id,
            mode=mode,
            url=url,
            secrets=(_new_secret(),),
            types=tuple(types),
            listens_since=now,
            created_at=now,
        )
        with self._store.work() as uow:
            uow.outbox.add_endpoint(endpoint)
            uow.commit()
        return endpoint

    def endpoints(self, merchant_id: str, mode: Mode) -> Sequence[WebhookEndpoint]:
        """The merchant's endpoints of a mode, without their secrets."""
        with self._store.look() as uow:
            return uow.outbox.endpoints(merchant_id, mode)

    def change_endpoint(
        self, merchant_id: str, mode: Mode, endpoint_id: str, change: Mapping[str, Any]
    ) -> WebhookEndpoint:
        """Change its `url`, its `types`, or its `state`: enabled anew it begins without a past, and with no backlog.

        Raises:
            NotFound; Unprocessable as for a new one.
        """
        self._check(change.get("url", ""), change.get("types", ()))
        now = self._clock()
        with self._store.work() as uow:
            endpoint = _held(uow, merchant_id, mode, endpoint_id)
            changed = replace(
                endpoint, url=change.get("url", endpoint.url), types=tuple(change.get("types", endpoint.types))
            )
            if change.get("state", endpoint.state) != endpoint.state:
                enabled = replace(after_success(changed), state="enabled", why="")
                changed = enabled if endpoint.state == "disabled" else disabled(changed, "you disabled it")
            if changed.state == "disabled":
                uow.outbox.abandon(changed, changed.why)
            if (changed.types, changed.state) != (endpoint.types, endpoint.state):
                changed = replace(changed, listens_since=now)
            uow.outbox.keep_lane(changed)
            uow.commit()
        return changed

    def rotate_secret(self, merchant_id: str, mode: Mode, endpoint_id: str, overlap: timedelta) -> WebhookEndpoint:
        """A new signing secret; the old ones sign beside it until the overlap is over. Raises NotFound."""
        now = self._clock()
        with self._store.work() as uow:
            held = _held(uow, merchant_id, mode, endpoint_id)
            endpoint = uow.outbox.endpoint(merchant_id, endpoint_id)
            until = held.old_secrets_until
            still = endpoint.secrets if endpoint and until and now < until else endpoint.secrets[:1] if endpoint else ()
            kept = (_new_secret(), *(still if overlap else ()))[:MOST_SECRETS]
            rotated = replace(held, secrets=kept, old_secrets_until=now + overlap if overlap else None)
            uow.outbox.keep_lane(rotated)
            uow.outbox.keep_secrets(rotated)
            uow.commit()
        return rotated

    def delete_endpoint(self, merchant_id: str, mode: Mode, endpoint_id: str) -> None:
        """End an endpoint of a mode. Raises NotFound."""
        with self._store.work() as uow:
            _held(uow, merchant_id, mode, endpoint_id)
            uow.outbox.delete_endpoint(merchant_id, endpoint_id)
            uow.commit()

    def test(self, merchant_id: str, mode: Mode, endpoint_id: str) -> OutboxMessage:
        """Send it a message of type `endpoint.test`, whatever types it wants. Raises NotFound, Conflict."""
        with self._store.work() as uow:
            endpoint = _held(uow, merchant_id, mode, endpoint_id)
            _check_enabled(endpoint)
            numbered, message = tell_test(uow, endpoint, self._clock())
            uow.outbox.keep_lane(numbered)
            uow.commit()
        return message

    def deliveries(
        self, merchant_id: str, mode: Mode, endpoint_id: str, limit: int, cursor: str | None
    ) -> Page[WebhookDelivery]:
        """What was sent to an endpoint of a mode, newest first. Raises NotFound."""
        with self._store.look() as uow:
            _listed(uow, merchant_id, mode, endpoint_id)
            return uow.outbox.deliveries(merchant_id, endpoint_id, limit, cursor)

    def delivery(
        self, merchant_id: str, mode: Mode, endpoint_id: str, delivery_id: str
    ) -> tuple[WebhookDelivery, Sequence[WebhookAttempt]]:
        """One delivery and its log, oldest try first. Raises NotFound."""
        with self._store.look() as uow:
            _listed(uow, merchant_id, mode, endpoint_id)
            found = uow.outbox.delivery(merchant_id, delivery_id)
            if found is None or found.endpoint_id != endpoint_id:
                raise NotFound(f"no delivery {delivery_id}")
            return found, uow.outbox.attempts(merchant_id, delivery_id)

    def replay_delivery(self, merchant_id: str, mode: Mode, endpoint_id: str, delivery_id: str) -> WebhookDelivery:
        """Send one delivery again, with the same id and bytes. Raises NotFound, Conflict."""
        found, _ = self.delivery(merchant_id, mode, endpoint_id, delivery_id)
        with self._store.work() as uow:
            endpoint = _held(uow, merchant_id, mode, endpoint_id)
            _check_enabled(endpoint)
            again = _anew(found, self._clock())
            self._send(uow, endpoint, [again])
            uow.commit()
        return again

    def replay(self, merchant_id: str, mode: Mode, endpoint_id: str, ask: ReplayAsk) -> Replayed:
        """Send messages again, or for the first time where the endpoint did not hear of them; oldest first.

        At most a thousand at a time: when more are left, it is asked again with `after`.

        Raises:
            NotFound: no such endpoint or message. Conflict: the endpoint is disabled.
        """
        now = self._clock()
        with self._store.work() as uow:
            endpoint = _held(uow, merchant_id, mode, endpoint_id)
            _check_enabled(endpoint)
            if ask.failed:
                given_up = uow.outbox.failed(endpoint, ask.after, REPLAYED_AT_ONCE)
                names = [delivery.outbox_id for delivery in given_up]
                wanted = [_anew(delivery, now) for delivery in given_up]
            else:
                messages = _messages(uow, endpoint, ask, now)
                names = [message.id for message in messages]
                wanted = [delivery_of(message, endpoint, now) for message in messages if _is_for(message, endpoint)]
            self._send(uow, endpoint, wanted)
            uow.commit()
        return Replayed(len(wanted), names[-1] if len(names) == REPLAYED_AT_ONCE else "")

    def _send(self, uow: UnitOfWork, endpoint: WebhookEndpoint, wanted: Sequence[WebhookDelivery]) -> None:
        uow.outbox.send(wanted)
        if wanted:
            uow.outbox.wake(endpoint, max(self._clock(), endpoint.resting_until or self._clock()))

    def _check(self, url: str, types: Sequence[str]) -> None:
        try:
            if url:
                check_url(url, allow_private=self._settings.allow_private)
        except NotPublic as error:
            raise Unprocessable("/url", str(error), "not_public") from error
        for index, name in enumerate(types):
            if name not in MESSAGE_TYPES:
                raise Unprocessable(f"/types/{index}", f"there are {', '.join(MESSAGE_TYPES)}", "unknown_type")


def _new_secret() -> str:
    return f"whsec_{b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def _anew(delivery: WebhookDelivery, now: datetime) -> WebhookDelivery:
    return replace(delivery, state=DeliveryState.PENDING, attempts=0, tries=0, due_at=now, begun_at=now)


def _is_for(message: OutboxMessage, endpoint: WebhookEndpoint) -> bool:
    return hears(endpoint.id, endpoint.types, message.type, message.subject_id)


def _messages(uow: UnitOfWork, endpoint: WebhookEndpoint, ask: ReplayAsk, now: datetime) -> Sequence[OutboxMessage]:
    if ask.message_id:
        found = uow.outbox.named(endpoint.merchant_id, [ask.message_id])
        if not found or found[0].mode != endpoint.mode or not _is_for(found[0], endpoint):
            raise NotFound(f"no message {ask.message_id} for this endpoint")
        return found
    begin = max(ask.since or now, now - REPLAYED_FOR)
    return uow.outbox.since(
        endpoint.merchant_id, endpoint.mode, max(ask.after, first_id("msg", begin)), REPLAYED_AT_ONCE
    )


def _check_enabled(endpoint: WebhookEndpoint) -> None:
    if endpoint.state == "disabled":
        raise Conflict(f"the endpoint is disabled: {endpoint.why}; enable it first")


def _listed(uow: UnitOfWork, merchant_id: str, mode: Mode, endpoint_id: str) -> None:
    """Raises NotFound unless the endpoint is the merchant's and of this mode."""
    if endpoint_id not in {endpoint.id for endpoint in uow.outbox.endpoints(merchant_id, mode)}:
        raise NotFound(f"no webhook endpoint {endpoint_id}")


def _held(uow: UnitOfWork, merchant_id: str, mode: Mode, endpoint_id: str) -> WebhookEndpoint:
    """The endpoint without its secrets, held while it is changed. Raises NotFound as `_listed` does."""
    endpoint = uow.outbox.lane(merchant_id, endpoint_id)
    if endpoint is None or endpoint.mode != mode:
        raise NotFound(f"no webhook endpoint {endpoint_id}")
    return endpoint
