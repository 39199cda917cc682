"""The worker's side of webhooks: outbox messages fan out to endpoints and are delivered until acknowledged.

Source: Standard Webhooks 1.0 (headers, signature, retry and disable rules). At least once; the same id and the same
bytes on every try. Each endpoint is a lane with a worker of its own, a few messages at a time and a circuit, so that
what one does or does not answer is no other's concern.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random
from time import monotonic

from gateway.domain.clock import Clock
from gateway.domain.errors import InvalidValue
from gateway.domain.message_types import hears
from gateway.domain.messages import DeliveryState, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from gateway.services.deliveries import delivery_of, headers_of, shown_url, without_secrets
from gateway.services.dispatch import Due, keys, named
from gateway.services.endpoint_health import GONE, after_failure, after_success, is_open, is_out, rests, wish_of
from gateway.services.endpoint_news import Alarm, tell_backlog, tell_disabled, tell_recovered
from gateway.services.faultpoints import FaultPoints, Purpose
from gateway.services.notifications.planning import plan
from gateway.services.ports import Store, UnitOfWork
from gateway.services.public_http import Answer, NotPublic, post
from gateway.settings import Webhooks as WebhookSettings
from gateway.settings import Worker

JITTER = 0.2
VISIT_S = 10
"""How long one visit to an endpoint begins new messages; then others have their turn."""
ROUND_S = 0.5
ROUNDS_A_COMMIT = 16
"""So much is sent between two commits at most: what a crash repeats, and what a commit is shared by."""
DISABLED = "the endpoint is disabled or gone"
OVER = "the endpoint did not answer for 72 hours"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one try."""

    delivery: WebhookDelivery
    attempt: WebhookAttempt
    answer: Answer

    @property
    def ok(self) -> bool:
        """2xx, and nothing else, is an acknowledgement."""
        return self.answer.status is not None and 200 <= self.answer.status < 300

    @property
    def wish(self) -> timedelta:
        """How long the endpoint asks to be left alone, an hour at most."""
        return wish_of(self.answer.retry_after, self.attempt.at)


@dataclass(frozen=True, slots=True)
class Round:
    """What came of a batch: tries, and what was not tried."""

    tried: Sequence[Outcome]
    unsent: Sequence[WebhookDelivery]


class WebhookLanes:
    """A job of the worker's, whose rows are endpoints."""

    def __init__(
        self, store: Store, clock: Clock, settings: WebhookSettings, worker: Worker, faults: FaultPoints, alarm: Alarm
    ) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._worker = worker
        self._faults = faults
        self._alarm = alarm
        self._random = Random()  # noqa: S311  # jitter, not a secret
        self._senders = ThreadPoolExecutor(settings.endpoints_at_once * settings.concurrency, "webhook")

    def due(self) -> Sequence[Due]:
        """Fan new messages out; then the endpoints to which something is due."""
        self._fan_out_all()
        with self._store.look() as uow:
            lanes = uow.outbox.due_lanes(self._clock())
        return [Due("webhooks", named(merchant_id, endpoint_id), since) for merchant_id, endpoint_id, since in lanes]

    def claim(self, most: int | None = None, ids: Sequence[str] | None = None) -> Sequence[WebhookEndpoint]:
        """Fan new messages out; then endpoints to which something is due, leased to this worker."""
        self._fan_out_all()
        lease, limit = timedelta(seconds=self._worker.lease_s), most or self._settings.endpoints_at_once
        with self._store.work() as uow:
            return uow.outbox.claim_lanes(self._clock(), lease, limit, None if ids is None else keys(ids))

    def _fan_out_all(self) -> None:
        while self._fan_out() == self._worker.batch:
            pass  # there may be more

    def work(self, lane: WebhookEndpoint) -> None:
        """Send what is due to an endpoint, a few at a time; then give the lane back."""
        until = monotonic() + VISIT_S
        done = Round((), ())
        while (turn := self._turn(lane, done, go_on=monotonic() < until)) is not None:
            done = self._round(*turn)

    def _round(self, endpoint: WebhookEndpoint, batch: Sequence[WebhookDelivery]) -> Round:
        """Send of a batch what a moment allows, until one fails: senders take what is next as they become free."""
        secrets, until = self._secrets(endpoint), monotonic() + ROUND_S
        waiting, outcomes = iter(batch), dict[str, Outcome]()

        def send_some(_: int) -> None:
            while monotonic() < until and all(outcome.ok for outcome in tuple(outcomes.values())):
                delivery = next(waiting, None)
                if delivery is None:
                    return
                outcomes[delivery.id] = self._send(endpoint, secrets, delivery)

        list(self._senders.map(send_some, range(min(self._settings.concurrency, len(batch)))))
        tried = [outcomes[each.id] for each in batch if each.id in outcomes]
        return Round(tried, [each for each in batch if each.id not in outcomes])

    def park(self, lane: WebhookEndpoint, why: str) -> None:
        """Lanes are not parked: their deliveries are (see `_take`)."""

    def _fan_out(self) -> int:
        """Make a delivery of each new message for each endpoint of its mode that hears it, and plan what recipients are
        told of it.

        Nothing here depends on what is in an endpoint's secrets or a message's texts: one that is broken stops nobody.
        Returns how many messages.
        """
        now = self._clock()
        with self._store.work() as uow:
            messages = uow.outbox.claim_unfanned(self._worker.batch)
            of = {
                key: [each for each in uow.outbox.endpoints(*key) if each.state == "enabled"]
                for key in {(message.merchant_id, message.mode) for message in messages}
            }
            wanted = [
                (message, endpoint)
                for message in messages
                for endpoint in of[message.merchant_id, message.mode]
                if hears(endpoint.id, endpoint.types, message.type, message.subject_id)
            ]
            if messages:
                uow.outbox.fanned(messages, [delivery_of(message, endpoint, now) for message, endpoint in wanted])
            for endpoint in sorted(
                {endpoint.id: endpoint for _, endpoint in wanted}.values(), key=lambda each: each.id
            ):
                uow.outbox.wake(endpoint, max(now, endpoint.resting_until or now))
            plan(uow, messages, now)
            uow.commit()
        return len(messages)

    def _turn(
        self, lane: WebhookEndpoint, done: Round, *, go_on: bool
    ) -> tuple[WebhookEndpoint, Sequence[WebhookDelivery]] | None:
        """Record what was done and take what is next, in one commit; None when the lane was given back instead."""
        now = self._clock()
        with self._store.work() as uow:
            # As it is now: it may have been changed, disabled or deleted while messages were on their way.
            endpoint = uow.outbox.lane(lane.merchant_id, lane.id)
            batch: Sequence[WebhookDelivery] = ()
            if endpoint is not None:
                uow.outbox.record([(self._settled(each), each.attempt) for each in done.tried])
                uow.outbox.give_back(done.unsent)
                endpoint = self._judged(uow, endpoint, done.tried, now)
                batch = self._take(uow, endpoint, now) if go_on else ()
                if not batch:
                    endpoint = self._counted(uow, endpoint, now)
                    uow.outbox.release(endpoint, endpoint.resting_until)
                uow.outbox.keep_lane(endpoint)
            uow.commit()
        return (endpoint, batch) if endpoint is not None and batch else None

    def _judged(
        self, uow: UnitOfWork, endpoint: WebhookEndpoint, done: Sequence[Outcome], now: datetime
    ) -> WebhookEndpoint:
        """The endpoint after what was done; what must be told of it is."""
        if endpoint.state == "disabled":
            return endpoint
        before = endpoint
        for outcome in done:
            at, answer = outcome.attempt.at, outcome.answer
            endpoint = (
                after_success(endpoint) if outcome.ok else after_failure(endpoint, at, answer.status, outcome.wish)
            )
            if endpoint.state == "disabled":
                self._alarm.endpoint_disabled(uow, endpoint, now)
                return tell_disabled(uow, endpoint, now)
        if before.failing_since is not None and endpoint.failing_since is None and is_out(before, now):
            uow.outbox.hurry(endpoint, now)
            return tell_recovered(uow, endpoint, now, before.failing_since)
        return endpoint

    def _take(self, uow: UnitOfWork, endpoint: WebhookEndpoint, now: datetime) -> Sequence[WebhookDelivery]:
        """What is sent next: nothing to one that rests, one message to one that only failed.

        A delivery that crashed its workers too often is given up.
        """
        if endpoint.state == "disabled":
            uow.outbox.abandon(endpoint, DISABLED)
            return ()
        if endpoint.failing_since is not None:
            uow.outbox.expire(endpoint, now - timedelta(seconds=sum(self._settings.schedule_s)), OVER)
        if rests(endpoint, now):
            return ()
        healthy = self._settings.concurrency * (ROUNDS_A_COMMIT if endpoint.failing_since is None else 1)
        taken = uow.outbox.take(endpoint, now, 1 if is_open(endpoint) else healthy)
        for delivery in taken:
            if delivery.tries > self._worker.max_tries:
                why = f"given up after {self._worker.max_tries} tries; see the worker's log"
                given_up = replace(delivery, state=DeliveryState.EXHAUSTED, last_error=why, due_at=None, tries=0)
                uow.outbox.settle(given_up, None)
        return [delivery for delivery in taken if delivery.tries <= self._worker.max_tries]

    def _counted(self, uow: UnitOfWork, endpoint: WebhookEndpoint, now: datetime) -> WebhookEndpoint:
        """Tell once an outage that much is waiting."""
        most = self._settings.backlog
        if endpoint.state == "disabled" or endpoint.backlog_told or not is_open(endpoint):
            return endpoint
        waiting = uow.outbox.waiting(endpoint, most)
        return tell_backlog(uow, endpoint, now, waiting) if waiting >= most else endpoint

    def _secrets(self, endpoint: WebhookEndpoint) -> Sequence[str]:
        """What signs: the newest secret, and older ones while they are being rotated out; none if they are lost."""
        try:
            with self._store.look() as uow:
                opened = uow.outbox.endpoint(endpoint.merchant_id, endpoint.id)
        except InvalidValue:
            return ()  # told in the delivery log, see `_posted`
        if opened is None:
            return ()
        until = opened.old_secrets_until
        return opened.secrets if until is not None and self._clock() < until else opened.secrets[:1]

    def _send(self, endpoint: WebhookEndpoint, secrets: Sequence[str], delivery: WebhookDelivery) -> Outcome:
        """One try: sign, send, and what there is to log."""
        started, now = monotonic(), self._clock()
        answer = self._posted(endpoint, secrets, delivery, now)
        self._faults.reach(Purpose.TELL_MERCHANT.value)
        attempt = WebhookAttempt(
            at=now,
            number=delivery.attempts + 1,
            url=shown_url(endpoint.url),
            body_sha256=sha256(delivery.body).hexdigest(),
            status=answer.status,
            duration_ms=round((monotonic() - started) * 1000),
            response_head=without_secrets(answer.head),
            error=answer.error,
        )
        return Outcome(delivery, attempt, answer)

    def _posted(
        self, endpoint: WebhookEndpoint, secrets: Sequence[str], delivery: WebhookDelivery, now: datetime
    ) -> Answer:
        if not secrets:
            return Answer(None, "", "its signing secret cannot be opened, or it is gone")
        headers: Mapping[str, str] = headers_of(delivery, secrets, now)
        wait_s, private = self._settings.timeout_s, self._settings.allow_private
        try:
            return post(endpoint.url, delivery.body, headers, timeout_s=wait_s, allow_private=private)
        except NotPublic as error:
            return Answer(None, "", str(error))

    def _settled(self, outcome: Outcome) -> WebhookDelivery:
        """The delivery after a try."""
        state, due_at = self._next(outcome)
        return replace(
            outcome.delivery,
            state=state,
            due_at=due_at,
            attempts=outcome.attempt.number,
            tries=0,
            last_status=outcome.answer.status,
            last_error=outcome.answer.error,
        )

    def _next(self, outcome: Outcome) -> tuple[DeliveryState, datetime | None]:
        """State and due time after a try."""
        steps, number = self._settings.schedule_s, outcome.attempt.number
        if outcome.ok:
            return DeliveryState.DELIVERED, None
        if outcome.answer.status == GONE or number >= len(steps):
            return DeliveryState.EXHAUSTED, None
        pause = timedelta(seconds=steps[number] * (1 - JITTER * self._random.random()))
        return DeliveryState.PENDING, outcome.attempt.at + max(pause, outcome.wish)
