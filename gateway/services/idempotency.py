"""Client idempotency: one effect and one answer per Idempotency-Key.

Source: draft-ietf-httpapi-idempotency-key-header-07. A key is claimed before anything happens; a crash leaves the claim
locked for a while, after which a repeat *resumes* what was begun (never restarts it). Answers of requests that began
something are kept and replayed, errors included; a request refused before it began leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, GatewayError, StaleVersion, Unavailable
from gateway.domain.repeats import IdempotencyRecord
from gateway.services.faultpoints import AFTER_CLAIM, BEFORE_RESPONSE, FaultPoints
from gateway.services.ports import Store, UnitOfWork


class KeyReused(GatewayError):
    """The same Idempotency-Key with another request."""


class StillRunning(Conflict):
    """The first request with this key has not ended yet. `retry_after_s` says when to ask again."""

    code = "still_running"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("a request with this Idempotency-Key is still running")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client gets: HTTP status and body bytes."""

    status: int
    body: bytes
    replayed: bool = False


@dataclass(slots=True)
class Run:
    """The running request: `resource_id` is what it began, or what an earlier, crashed run had begun."""

    merchant_id: str
    route: str
    key: str
    resource_id: str = ""

    def point_at(self, uow: UnitOfWork, resource_id: str) -> None:
        """Remember, in the transaction that creates it, what this request began.

        Raises:
            StillRunning: a repeat took over while this process was held up, and began it.
        """
        if not uow.idempotency.point_at(self.merchant_id, self.route, self.key, resource_id):
            raise StillRunning(1)
        self.resource_id = resource_id


class Once:
    """Runs a request at most once per merchant, route and key."""

    def __init__(self, store: Store, clock: Clock, faults: FaultPoints, lock: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._faults = faults
        self._lock = lock

    def run(
        self,
        merchant_id: str,
        route: str,
        key: str,
        fingerprint: str,
        work: Callable[[Run], Answer],
        refusal: Callable[[GatewayError], Answer],
    ) -> Answer:
        """The answer of this request or of the one that used the key before.

        `work` does it (or resumes `run.resource_id`); `refusal` renders an error the work raised on purpose.

        Raises:
            KeyReused: the key was used with another request.
            StillRunning: the first request is not done.
        """
        now = self._clock()
        record = IdempotencyRecord(
            merchant_id=merchant_id,
            route=route,
            key=key,
            fingerprint=fingerprint,
            state="running",
            locked_until=now + self._lock,
            created_at=now,
        )
        with self._store.work() as uow:
            claimed = uow.idempotency.claim(record)
            uow.commit()
        resource_id = ""
        if not claimed:
            earlier = self._earlier(record)
            if earlier.state == "done":
                return Answer(earlier.status or 200, earlier.body, replayed=True)
            resource_id = earlier.resource_id
        self._faults.reach(AFTER_CLAIM)
        return self._finish(Run(merchant_id, route, key, resource_id), work, refusal)

    def _earlier(self, record: IdempotencyRecord) -> IdempotencyRecord:
        """The record that holds the key: done, or taken over by us because its lock ran out."""
        with self._store.work() as uow:
            earlier = uow.idempotency.get(record.merchant_id, record.route, record.key)
            if earlier is None:
                raise StillRunning(1)
            if earlier.fingerprint != record.fingerprint:
                raise KeyReused("this Idempotency-Key was used with another request")
            if earlier.state == "running":
                now = self._clock()
                if earlier.locked_until > now or not uow.idempotency.take_over(record, now):
                    raise StillRunning(max(1, round((earlier.locked_until - now).total_seconds() + 0.5)))
                uow.commit()
        return earlier

    def _finish(self, run: Run, work: Callable[[Run], Answer], refusal: Callable[[GatewayError], Answer]) -> Answer:
        try:
            answer = work(run)
        except (Unavailable, StaleVersion, StillRunning):
            raise  # nothing to remember: the key stays locked for a moment, then a repeat resumes
        except GatewayError as error:
            answer = refusal(error)
            with self._store.work() as uow:
                if uow.idempotency.drop(run.merchant_id, run.route, run.key):
                    uow.commit()
                    return answer
                kept = uow.idempotency.get(run.merchant_id, run.route, run.key)
            if kept is None or kept.resource_id != run.resource_id:
                raise StillRunning(1) from error  # a repeat took over; what became of it is the answer
        with self._store.work() as uow:
            uow.idempotency.finish(run.merchant_id, run.route, run.key, answer.status, answer.body)
            uow.commit()
        self._faults.reach(BEFORE_RESPONSE)
        return answer
