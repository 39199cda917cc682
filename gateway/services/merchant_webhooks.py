"""Tell merchants: outbox messages fan out to endpoints and are delivered, signed, until acknowledged.

Source: Standard Webhooks 1.0. At least once, the same id and bytes on every try; `sequence` orders; own mode only.
"""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from threading import Lock
from time import monotonic

from standardwebhooks import Webhook

from gateway.domain.clock import Clock
from gateway.domain.errors import NotFound, Unprocessable
from gateway.domain.messages import DeliveryState, OutboxMessage, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from gateway.services.faultpoints import FaultPoints, Purpose
from gateway.services.ids import new_id
from gateway.services.ports import Mode, Page, Store, UnitOfWork
from gateway.services.public_http import Answer, NotPublic, check_url, post
from gateway.settings import Webhooks as WebhookSettings
from gateway.settings import Worker

MESSAGE_TYPES = (
    "shipment.created",
    "shipment.booking",
    "shipment.booked",
    "shipment.uncertain",
    "shipment.needs_review",
    "shipment.failed",
    "shipment.cancelling",
    "shipment.cancelled",
    "shipment.cancellation_refused",
    "shipment.status_changed",
    "shipment.status_corrected",
    "shipment.tracking_number_assigned",
    "shipment.proof_of_delivery",
    "tracker.status_changed",
)
DISABLE_AFTER = timedelta(hours=120)
JITTER = 0.2
LONGEST_RETRY_AFTER = timedelta(hours=1)
SPARED_AFTER = timedelta(minutes=1)
LONGEST_SPARING = timedelta(hours=1)
GONE = 410


class MerchantWebhooks:
    """Endpoints, deliveries and their log."""

    def __init__(
        self, store: Store, clock: Clock, settings: WebhookSettings, worker: Worker, faults: FaultPoints
    ) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._worker = worker
        self._faults = faults
        self._random = Random()  # noqa: S311  # jitter, not a secret
        self._lock = Lock()
        self._last_try: dict[str, datetime] = {}

    def add_endpoint(self, merchant_id: str, mode: Mode, url: str, types: Sequence[str]) -> WebhookEndpoint:
        """A new endpoint for the messages of a mode, with its signing secret.

        Raises:
            Unprocessable: a URL that is not public https, or an unknown message type.
        """
        try:
            check_url(url, allow_private=self._settings.allow_private)
        except NotPublic as error:
            raise Unprocessable("/url", str(error), "not_public") from error
        for index, name in enumerate(types):
            if name not in MESSAGE_TYPES:
                raise Unprocessable(f"/types/{index}", f"there are {', '.join(MESSAGE_TYPES)}", "unknown_type")
        now = self._clock()
        endpoint = WebhookEndpoint(
            id=new_id("whk", now),
            merchant_id=merchant_id,
            mode=mode,
            url=url,
            secrets=(f"whsec_{b64encode(secrets.token_bytes(32)).decode()}",),
            types=tuple(types),
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

    def delete_endpoint(self, merchant_id: str, mode: Mode, endpoint_id: str) -> None:
        """End an endpoint of a mode. Raises NotFound."""
        with self._store.work() as uow:
            _check_is_of(uow, merchant_id, mode, endpoint_id)
            uow.outbox.delete_endpoint(merchant_id, endpoint_id)
            uow.commit()

    def deliveries(
        self, merchant_id: str, mode: Mode, endpoint_id: str, limit: int, cursor: str | None
    ) -> Page[WebhookDelivery]:
        """What was sent to an endpoint of a mode, newest first. Raises NotFound."""
        with self._store.look() as uow:
            _check_is_of(uow, merchant_id, mode, endpoint_id)
            return uow.outbox.deliveries(merchant_id, endpoint_id, limit, cursor)

    def attempts(self, merchant_id: str, delivery_id: str) -> Sequence[WebhookAttempt]:
        """The log of one delivery."""
        with self._store.look() as uow:
            return uow.outbox.attempts(merchant_id, delivery_id)

    def replay(self, merchant_id: str, mode: Mode, endpoint_id: str, delivery_id: str) -> WebhookDelivery:
        """Send one delivery again, with the same id and bytes. Raises NotFound."""
        with self._store.work() as uow:
            _check_is_of(uow, merchant_id, mode, endpoint_id)
            delivery = uow.outbox.delivery(merchant_id, delivery_id)
            if delivery is None or delivery.endpoint_id != endpoint_id:
                raise NotFound(f"no delivery {delivery_id}")
            again = replace(delivery, state=DeliveryState.PENDING, attempts=0, tries=0, due_at=self._clock())
            uow.outbox.settle(again, None)
            uow.commit()
        return again

    def _fan_out(self) -> int:
        """Make a delivery of each new message for each endpoint of its mode that wants its type.

        Nothing here depends on what is in an endpoint's secrets or a message's texts: one that is broken stops nobody.
        Returns how many messages.
        """
        now = self._clock()
        with self._store.work() as uow:
            messages = uow.outbox.claim_unfanned(self._worker.batch)
            for message in messages:
                wanting = [
                    endpoint
                    for endpoint in uow.outbox.endpoints(message.merchant_id, message.mode)
                    if endpoint.state == "enabled" and (not endpoint.types or message.type in endpoint.types)
                ]
                uow.outbox.fanned(message, [_delivery(message, endpoint, now) for endpoint in wanting])
            uow.commit()
        return len(messages)

    def claim(self) -> Sequence[WebhookDelivery]:
        """Fan new messages out; then the deliveries that are due, leased to this worker."""
        while self._fan_out() == self._worker.batch:
            pass  # there may be more
        with self._store.work() as uow:
            return uow.outbox.claim_due(self._clock(), timedelta(seconds=self._worker.lease_s), self._worker.batch)

    def work(self, delivery: WebhookDelivery) -> None:
        """One try: sign, send, log, decide what comes next."""
        with self._store.look() as uow:
            endpoint = uow.outbox.endpoint(delivery.merchant_id, delivery.endpoint_id)
        if endpoint is None or endpoint.state == "disabled":
            self.park(replace(delivery, state=DeliveryState.DISABLED), "the endpoint is disabled or gone")
            return
        started, now = monotonic(), self._clock()
        wait = self._sparing(endpoint, now)
        if wait is not None:
            self._settle(replace(delivery, due_at=now + wait, tries=0))
            return
        answer = self._send(endpoint, delivery, now)
        self._faults.reach(Purpose.TELL_MERCHANT.value)
        attempt = WebhookAttempt(
            at=now,
            number=delivery.attempts + 1,
            status=answer.status,
            duration_ms=round((monotonic() - started) * 1000),
            response_head=answer.head,
            error=answer.error,
        )
        self._record(delivery, attempt, answer)

    def park(self, delivery: WebhookDelivery, why: str) -> None:
        """Give a delivery up (unless it is disabled already)."""
        disabled = delivery.state is DeliveryState.DISABLED
        state = DeliveryState.DISABLED if disabled else DeliveryState.EXHAUSTED
        self._settle(replace(delivery, state=state, last_error=why, due_at=None, tries=0))

    def _sparing(self, endpoint: WebhookEndpoint, now: datetime) -> timedelta | None:
        """How long to leave alone an endpoint that only fails, so that it does not hold the others up.

        It gets one message now and then, at intervals of a quarter of the time it has been failing.
        """
        if endpoint.failing_since is None or now - endpoint.failing_since < SPARED_AFTER:
            return None
        wait = min((now - endpoint.failing_since) / 4, LONGEST_SPARING)
        with self._lock:
            last = self._last_try.get(endpoint.id)
            if last is not None and now - last < wait:
                return wait
            self._last_try[endpoint.id] = now
        return None

    def _settle(self, delivery: WebhookDelivery) -> None:
        """Write what we decided about a delivery without trying it."""
        with self._store.work() as uow:
            uow.outbox.settle(delivery, None)
            uow.commit()

    def _send(self, endpoint: WebhookEndpoint, delivery: WebhookDelivery, now: datetime) -> Answer:
        text = delivery.body.decode()
        signatures = [Webhook(secret).sign(delivery.outbox_id, now, text) for secret in endpoint.secrets]
        headers = {
            "content-type": "application/json",
            "webhook-id": delivery.outbox_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
            "user-agent": "Doorstep-Webhooks/1",
        }
        try:
            return post(
                endpoint.url,
                delivery.body,
                headers,
                timeout_s=self._settings.timeout_s,
                allow_private=self._settings.allow_private,
            )
        except NotPublic as error:
            return Answer(None, "", str(error))

    def _record(self, delivery: WebhookDelivery, attempt: WebhookAttempt, answer: Answer) -> None:
        ok = answer.status is not None and 200 <= answer.status < 300
        state, due_at = self._next(attempt, answer, ok)
        settled = replace(
            delivery,
            state=state,
            due_at=due_at,
            attempts=attempt.number,
            tries=0,
            last_status=answer.status,
            last_error=answer.error,
        )
        with self._store.work() as uow:
            uow.outbox.settle(settled, attempt)
            # Read again: it may have been changed, disabled or deleted while the message was on its way.
            endpoint = uow.outbox.endpoint(delivery.merchant_id, delivery.endpoint_id)
            if endpoint is not None:
                changed = _health(endpoint, attempt.at, ok, gone=answer.status == GONE)
                if changed != endpoint:
                    uow.outbox.update_endpoint(changed)
            uow.commit()

    def _next(self, attempt: WebhookAttempt, answer: Answer, ok: bool) -> tuple[DeliveryState, datetime | None]:
        """State and due time after a try."""
        if ok:
            return DeliveryState.DELIVERED, None
        if answer.status == GONE or attempt.number >= len(self._settings.schedule_s):
            return DeliveryState.EXHAUSTED, None
        steps = self._settings.schedule_s
        pause = timedelta(seconds=steps[attempt.number] * (1 - JITTER * self._random.random()))
        wanted = answer.retry_after
        if wanted.isascii() and wanted.isdigit():
            pause = max(pause, min(timedelta(seconds=int(wanted[:9])), LONGEST_RETRY_AFTER))
        return DeliveryState.PENDING, attempt.at + pause


def _check_is_of(uow: UnitOfWork, merchant_id: str, mode: Mode, endpoint_id: str) -> None:
    """Raises NotFound unless the endpoint is the merchant's and of this mode."""
    if endpoint_id not in {endpoint.id for endpoint in uow.outbox.endpoints(merchant_id, mode)}:
        raise NotFound(f"no webhook endpoint {endpoint_id}")


def _delivery(message: OutboxMessage, endpoint: WebhookEndpoint, now: datetime) -> WebhookDelivery:
    body = {
        "type": message.type,
        "timestamp": message.created_at.isoformat(),
        "data": {**message.payload, "sequence": message.sequence},
    }
    return WebhookDelivery(
        id=new_id("dlv", now),
        merchant_id=message.merchant_id,
        endpoint_id=endpoint.id,
        outbox_id=message.id,
        body=json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace"),
        created_at=now,
        due_at=now,
    )


def _health(endpoint: WebhookEndpoint, at: datetime, ok: bool, *, gone: bool) -> WebhookEndpoint:
    """The endpoint after a try: 410 disables it at once, only failures for 120 h do too."""
    if ok:
        return replace(endpoint, failing_since=None)
    since = endpoint.failing_since or at
    if gone:
        return replace(endpoint, state="disabled", why="it answered 410 Gone", failing_since=since)
    if at - since >= DISABLE_AFTER:
        return replace(endpoint, state="disabled", why="only failures for 120 hours", failing_since=since)
    return replace(endpoint, failing_since=since)
