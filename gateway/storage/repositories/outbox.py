"""Messages to merchants, their endpoints and deliveries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from uuid import uuid4

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from gateway.domain.messages import DeliveryState, OutboxMessage, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from gateway.services.ids import made_at
from gateway.services.ports import Mode, Page
from gateway.storage.bulk import by_column, insert_all
from gateway.storage.news import CHANNEL
from gateway.storage.repositories.base import MERCHANTS
from gateway.storage.repositories.endpoints import ENDPOINTS, Endpoints, is_endpoint
from gateway.storage.rows import DIALECTS, Rows
from gateway.storage.tables.messages import AttemptRow, DeliveryRow, OutboxRow

OUTBOX = Rows(OutboxRow, OutboxMessage)
DELIVERIES = Rows(DeliveryRow, WebhookDelivery)
ATTEMPTS = Rows(AttemptRow, WebhookAttempt)
_O = OUTBOX.table.c
_E = ENDPOINTS.table.c
_D = DELIVERIES.table.c
_A = ATTEMPTS.table.c
_ADD = insert(OUTBOX.table)
# In the same statement, so that it costs no way of its own; PostgreSQL sends it when the transaction commits.
_ADD_AND_NOTIFY = _ADD.returning(func.pg_notify(CHANNEL, _O.merchant_id + " " + _O.mode + " " + _O.id))
_BEGUN_ANEW = ("state", "attempts", "tries", "due_at", "begun_at")
_AFTER_A_TRY = ("state", "attempts", "tries", "due_at", "last_status", "last_error")
_after_a_try = attrgetter(*_AFTER_A_TRY)
FORGOTTEN_AT_ONCE = 5000
TO_THE_NEXT = timedelta(milliseconds=1)
"""Ids name the millisecond."""
_GIVEN_UP = (DeliveryState.EXHAUSTED, DeliveryState.DISABLED)


class OutboxRepository(Endpoints):
    """The outbox and everything behind it."""

    def add(self, message: OutboxMessage) -> None:
        """A new message. StaleVersion follows when the subject's sequence number is taken."""
        adding = _ADD_AND_NOTIFY if self._connection.dialect.name == "postgresql" else _ADD
        self._connection.execute(adding, {**OUTBOX.values(message), "fanned": False})

    def claim_unfanned(self, limit: int) -> Sequence[OutboxMessage]:
        """Messages without deliveries yet, locked for the transaction, oldest first."""
        wanted = select(OUTBOX.table).where(_O.fanned.is_(False)).order_by(_O.created_at, _O.id).limit(limit)
        return OUTBOX.all(self._connection, wanted.with_for_update(skip_locked=True))

    def fanned(self, messages: Sequence[OutboxMessage], deliveries: Iterable[WebhookDelivery]) -> None:
        """Their deliveries, all of them."""
        self.send(deliveries)
        keys = [(message.merchant_id, message.id) for message in messages]
        these = tuple_(_O.merchant_id, _O.id).in_(keys)
        self._connection.execute(update(OUTBOX.table).where(these).values(fanned=True))

    def send(self, deliveries: Iterable[WebhookDelivery]) -> None:
        """New deliveries; one that its endpoint has already begins anew."""
        rows = [DELIVERIES.values(delivery) for delivery in deliveries]
        if not rows:
            return
        adding = DIALECTS[self._connection.dialect.name].insert(DELIVERIES.table)
        anew = {name: adding.excluded[name] for name in _BEGUN_ANEW}
        once = [_D.merchant_id, _D.endpoint_id, _D.outbox_id]
        self._connection.execute(adding.on_conflict_do_update(index_elements=once, set_=anew), rows)

    def wake(self, endpoint: WebhookEndpoint, at: datetime) -> None:
        """Something is due to it at this moment."""
        later = or_(_E.due_at.is_(None), _E.due_at > at)
        self._connection.execute(update(ENDPOINTS.table).where(is_endpoint(endpoint), later).values(due_at=at))

    def since(self, merchant_id: str, mode: Mode, after_id: str, limit: int) -> Sequence[OutboxMessage]:
        """Messages of a mode with larger ids, oldest first."""
        later = and_(_O.merchant_id == merchant_id, _O.id > after_id, _O.mode == mode)
        return OUTBOX.all(self._connection, select(OUTBOX.table).where(later).order_by(_O.id).limit(limit))

    def of_subject(self, merchant_id: str, subject_id: str, after: int, limit: int) -> Sequence[OutboxMessage]:
        """Messages about one subject with larger sequence numbers, in their order."""
        later = and_(_O.merchant_id == merchant_id, _O.subject_id == subject_id, _O.sequence > after)
        return OUTBOX.all(self._connection, select(OUTBOX.table).where(later).order_by(_O.sequence).limit(limit))

    def named(self, merchant_id: str, message_ids: Sequence[str]) -> Sequence[OutboxMessage]:
        """Those messages, oldest first."""
        these = and_(_O.merchant_id == merchant_id, _O.id.in_(message_ids))
        return OUTBOX.all(self._connection, select(OUTBOX.table).where(these).order_by(_O.created_at, _O.id))

    def due_lanes(self, now: datetime) -> Sequence[tuple[str, str, datetime]]:
        """Merchant, endpoint and since when, of endpoints to which something is due and that nobody has."""
        due = select(_E.merchant_id, _E.id, _E.due_at).where(_E.due_at <= now, _free(now)).order_by(_E.due_at)
        return [(row.merchant_id, row.id, row.due_at) for row in self._connection.execute(due)]

    def claim_lanes(
        self, now: datetime, lease: timedelta, limit: int, of: Sequence[tuple[str, str]] | None = None
    ) -> Sequence[WebhookEndpoint]:
        """Lease up to `limit` endpoints to which something is due, longest due first, and commit; `of` these only."""
        free = _free(now) if of is None else and_(_free(now), tuple_(_E.merchant_id, _E.id).in_(of))
        due = select(_E.merchant_id, _E.id).where(_E.due_at <= now, free).order_by(_E.due_at).limit(limit)
        chosen = due.with_for_update(skip_locked=True).cte("due")
        leased = update(ENDPOINTS.table).where(_E.merchant_id == chosen.c.merchant_id, _E.id == chosen.c.id)
        found = self._connection.execute(leased.values(leased_until=now + lease).returning(*ENDPOINTS.table.c)).all()
        self._connection.commit()
        return [ENDPOINTS.noun(row, secrets=()) for row in sorted(found, key=lambda row: str(row.id))]

    def take(self, endpoint: WebhookEndpoint, now: datetime, limit: int) -> Sequence[WebhookDelivery]:
        """What is due to it, oldest message first; the try is counted."""
        due = self._waiting(endpoint).where(_D.due_at <= now).order_by(_D.outbox_id).limit(limit)
        taken = update(DELIVERIES.table).where(_D.merchant_id == endpoint.merchant_id, _D.id.in_(due))
        found = self._connection.execute(taken.values(tries=_D.tries + 1).returning(*DELIVERIES.table.c))
        return sorted((DELIVERIES.noun(row) for row in found), key=lambda delivery: delivery.outbox_id)

    def release(self, endpoint: WebhookEndpoint, not_before: datetime | None) -> None:
        """Give a lane back; it is due again with its next delivery, though not before."""
        # Held first: whoever adds a delivery meanwhile either is seen by the next statement or wakes the lane later.
        if ENDPOINTS.row(self._connection, endpoint.merchant_id, endpoint.id, lock=True) is None:
            return
        waiting = self._waiting(endpoint).with_only_columns(_D.due_at).order_by(_D.due_at).limit(1)
        due_at = self._connection.execute(waiting).scalar()
        if due_at is not None and not_before is not None:
            due_at = max(due_at, not_before)
        free = update(ENDPOINTS.table).where(is_endpoint(endpoint))
        self._connection.execute(free.values(due_at=due_at, leased_until=None))

    def hurry(self, endpoint: WebhookEndpoint, now: datetime) -> None:
        """Make everything that waits for its next try due."""
        self._change(endpoint, _D.due_at > now, due_at=now)

    def expire(self, endpoint: WebhookEndpoint, begun_before: datetime, why: str) -> None:
        """Give up what has been waiting since before."""
        over = {"state": DeliveryState.EXHAUSTED, "due_at": None, "tries": 0, "last_error": why}
        self._change(endpoint, _D.begun_at < begun_before, **over)

    def abandon(self, endpoint: WebhookEndpoint, why: str) -> None:
        """Nothing that waits is sent any more: the endpoint is disabled."""
        self._change(endpoint, state=DeliveryState.DISABLED, due_at=None, tries=0, last_error=why)

    def waiting(self, endpoint: WebhookEndpoint, most: int) -> int:
        """How many deliveries wait, counted up to `most`."""
        some = self._waiting(endpoint).limit(most).subquery()
        return int(self._connection.execute(select(func.count()).select_from(some)).scalar_one())

    def failed(self, endpoint: WebhookEndpoint, after_id: str, limit: int) -> Sequence[WebhookDelivery]:
        """Those given up, of messages with larger ids, oldest message first."""
        of_it = and_(_D.merchant_id == endpoint.merchant_id, _D.endpoint_id == endpoint.id)
        wanted = select(DELIVERIES.table).where(of_it, _D.outbox_id > after_id, _D.state.in_(_GIVEN_UP))
        return DELIVERIES.all(self._connection, wanted.order_by(_D.outbox_id).limit(limit))

    def delivery(self, merchant_id: str, delivery_id: str) -> WebhookDelivery | None:
        """By id."""
        return DELIVERIES.get(self._connection, merchant_id, delivery_id)

    def deliveries(self, merchant_id: str, endpoint_id: str, limit: int, cursor: str | None) -> Page[WebhookDelivery]:
        """An endpoint's deliveries, newest first."""
        wanted = select(DELIVERIES.table).where(_D.merchant_id == merchant_id, _D.endpoint_id == endpoint_id)
        return self._page(DELIVERIES, wanted, (_D.created_at, _D.id), limit, cursor)

    def attempts(self, merchant_id: str, delivery_id: str) -> Sequence[WebhookAttempt]:
        """The log of a delivery, oldest first."""
        wanted = select(ATTEMPTS.table).where(_A.merchant_id == merchant_id, _A.delivery_id == delivery_id)
        return ATTEMPTS.all(self._connection, wanted.order_by(_A.at, _A.number))

    def settle(self, delivery: WebhookDelivery, attempt: WebhookAttempt | None) -> None:
        """Write what became of it: by a try (logged in any case, and counted while it is pending) or, without one,
        by somebody's decision. Nothing happens when the endpoint was deleted meanwhile.
        """
        stored = DELIVERIES.get(self._connection, delivery.merchant_id, delivery.id, lock=True)
        if stored is None:
            return
        if attempt is not None:
            log = {"merchant_id": delivery.merchant_id, "id": uuid4().hex, "delivery_id": delivery.id}
            ATTEMPTS.add(self._connection, attempt, others=log)
        if attempt is None or stored.state is DeliveryState.PENDING:
            DELIVERIES.put(self._connection, delivery)

    def record(self, tried: Sequence[tuple[WebhookDelivery, WebhookAttempt]]) -> None:
        """As `settle`, for tries of deliveries to an endpoint whose lane is held."""
        log, alike = [], defaultdict(list)
        for delivery, attempt in tried:
            alike[delivery.merchant_id, _after_a_try(delivery)].append(delivery.id)
            of_it = {"merchant_id": delivery.merchant_id, "id": uuid4().hex, "delivery_id": delivery.id}
            log.append({**ATTEMPTS.values(attempt), **of_it})
        insert_all(self._connection, ATTEMPTS.table, by_column(log))
        for (merchant_id, after), ids in alike.items():  # one statement for all that went well the first time
            these = and_(_D.merchant_id == merchant_id, _D.id.in_(ids), _D.state == DeliveryState.PENDING)
            written = dict(zip(_AFTER_A_TRY, after, strict=True))
            self._connection.execute(update(DELIVERIES.table).where(these).values(written))

    def give_back(self, unsent: Sequence[WebhookDelivery]) -> None:
        """Those that were taken and not tried."""
        if unsent:
            these = tuple_(_D.merchant_id, _D.id).in_([(each.merchant_id, each.id) for each in unsent])
            self._connection.execute(update(DELIVERIES.table).where(these).values(tries=0))

    def prune(self, merchant_id: str, before_id: str) -> int:
        """Forget messages whose id is smaller, with their deliveries and log, up to the first that still waits; some
        at a time, none when all are gone.
        """
        end = min(self._ends(merchant_id, before_id))
        # Ids are made a little before the lock on their subject: none goes before those that were numbered before it.
        earlier = OUTBOX.table.alias("earlier")
        same = and_(earlier.c.merchant_id == _O.merchant_id, earlier.c.subject_id == _O.subject_id)
        whole = ~exists().where(same, earlier.c.sequence < _O.sequence, earlier.c.id >= end)
        old = select(_O.id).where(_O.merchant_id == merchant_id, _O.id < end, whole)
        sent = and_(_D.merchant_id == merchant_id, _D.outbox_id < end, _D.outbox_id.in_(old))
        self._connection.execute(delete(DELIVERIES.table).where(sent))
        count = OUTBOX.forget(self._connection, merchant_id, end, whole)
        if count:
            now_from, known_from = made_at(end) + TO_THE_NEXT, MERCHANTS.c.told_from
            later = or_(known_from.is_(None), known_from < now_from)
            whose = update(MERCHANTS).where(MERCHANTS.c.merchant_id == merchant_id, later)
            self._connection.execute(whose.values(told_from=now_from))
        return count

    def _ends(self, merchant_id: str, before_id: str) -> list[str]:
        """Ids at which forgetting stops: what waits to be passed on or sent, and the end of so many at once."""
        unfanned = select(func.min(_O.id)).where(_O.merchant_id == merchant_id, _O.fanned.is_(False))
        unsent = select(func.min(_D.outbox_id)).where(_D.merchant_id == merchant_id, _D.due_at.is_not(None))
        old = select(_O.id).where(_O.merchant_id == merchant_id, _O.id < before_id).order_by(_O.id)
        found = [self._connection.scalar(each) for each in (unfanned, unsent, old.offset(FORGOTTEN_AT_ONCE).limit(1))]
        return [before_id, *(name for name in found if name is not None)]

    def _waiting(self, endpoint: WebhookEndpoint) -> Select[tuple[str]]:
        """Ids of what is still to be sent to an endpoint."""
        return select(_D.id).where(_waits_for(endpoint))

    def _change(self, endpoint: WebhookEndpoint, *which: ColumnElement[bool], **values: object) -> None:
        """Change what is still to be sent to an endpoint."""
        self._connection.execute(update(DELIVERIES.table).where(_waits_for(endpoint), *which).values(**values))


def _waits_for(endpoint: WebhookEndpoint) -> ColumnElement[bool]:
    """Along the index `webhook_deliveries_waiting`."""
    of_it = and_(_D.merchant_id == endpoint.merchant_id, _D.endpoint_id == endpoint.id)
    return and_(of_it, _D.due_at.is_not(None), _D.state == DeliveryState.PENDING)


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(_E.leased_until.is_(None), _E.leased_until <= now)
