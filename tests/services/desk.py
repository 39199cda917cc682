"""The webhooks' service with its worker, a clock to move and a merchant to be told; and that merchant's server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from gateway.domain.clock import utc_now
from gateway.domain.messages import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from gateway.domain.notifications import Sender
from gateway.jobs.worker import Job, WorkerLoop
from gateway.services.endpoint_news import Alarm
from gateway.services.faultpoints import FaultPoints
from gateway.services.merchant_webhooks import MerchantWebhooks
from gateway.services.ports import Mode, UnitOfWork
from gateway.services.webhook_lanes import WebhookLanes
from gateway.settings import load_settings
from gateway.storage import SqlStore
from tests.journeys.site import Hands
from tests.storage import made
from tests.storage.made import MERCHANT

LIVE: Mode = "live"


class Stopped(Hands):
    """A clock that only moves by hand: however slow the machine is, nothing becomes due by itself."""

    def __init__(self) -> None:
        super().__init__()
        self._start = utc_now()

    def __call__(self) -> datetime:
        return self._start + self._ahead


class Desk:
    """The service with its worker, a clock to move and a merchant to be told."""

    def __init__(
        self, store: SqlStore, *, allow_private: bool = True, backlog: int = 1000, alarm: Alarm | None = None
    ) -> None:
        settings = load_settings({})
        self.store = store
        self.clock = Stopped()
        chosen = replace(settings.webhooks, allow_private=allow_private, timeout_s=1, backlog=backlog)
        self.webhooks = MerchantWebhooks(store, self.clock, chosen)
        self.alarms: list[str] = []
        told: Alarm = alarm or self
        self.lanes = WebhookLanes(store, self.clock, chosen, replace(settings.worker, batch=3), FaultPoints(), told)
        job = Job("webhooks", self.lanes.claim, self.lanes.work, self.lanes.park, at_once=4)
        self._worker = WorkerLoop((job,), store, self.clock, tick_s=1, max_tries=5)
        self._told = 0

    def endpoint_disabled(self, uow: UnitOfWork, endpoint: WebhookEndpoint, at: datetime) -> None:
        """As an Alarm."""
        self.alarms.append(endpoint.id)

    def sender_fails(self, sender: Sender) -> None:
        """As an Alarm."""
        self.alarms.append(sender.id)

    def endpoint(self, url: str, *types: str) -> WebhookEndpoint:
        return self.webhooks.add_endpoint(MERCHANT, LIVE, url, types)

    def see(self, endpoint: WebhookEndpoint) -> WebhookEndpoint:
        """The endpoint as it is now."""
        with self.store.look() as uow:
            found = uow.outbox.endpoint(MERCHANT, endpoint.id)
        assert found is not None
        return found

    def change(self, endpoint: WebhookEndpoint, **changed: Any) -> None:
        with self.store.work() as uow:
            now = uow.outbox.endpoint(MERCHANT, endpoint.id)
            assert now is not None
            uow.outbox.keep_lane(replace(now, **changed))
            uow.outbox.keep_secrets(replace(now, **changed))
            uow.commit()

    def tell(self, **more: Any) -> str:
        """Something happened; the message's id."""
        self._told += 1
        given = {"sequence": self._told, "mode": LIVE, **more}
        message = made.news(f"msg_{self._told:03}", **given)
        with self.store.work() as uow:
            uow.outbox.add(message)
            uow.commit()
        return message.id

    def work(self, **ahead: float) -> None:
        """Let time pass, then do everything that is due."""
        self.clock.advance(**ahead)
        self._worker.drain()

    def work_until_over(self, delivery: WebhookDelivery) -> None:
        """Try again and again, always when it is due."""
        while (now := self.delivery(delivery.id)).due_at is not None:
            self.work(seconds=(now.due_at - self.clock()).total_seconds())

    def deliveries(self, endpoint: WebhookEndpoint) -> list[WebhookDelivery]:
        """Oldest first."""
        return list(reversed(self.webhooks.deliveries(MERCHANT, LIVE, endpoint.id, 100, None).items))

    def attempts(self, delivery_id: str) -> list[WebhookAttempt]:
        """The log of a delivery, oldest try first."""
        with self.store.look() as uow:
            return list(uow.outbox.attempts(MERCHANT, delivery_id))

    def delivery(self, delivery_id: str) -> WebhookDelivery:
        with self.store.look() as uow:
            found = uow.outbox.delivery(MERCHANT, delivery_id)
        assert found is not None
        return found


class Receiver:
    """A merchant's server; `answers` takes turns, the last one stays."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/hook")
        self.answers: list[Response] = [Response(status=204)]
        self.meanwhile: Callable[[], None] = lambda: None
        self.got: list[tuple[dict[str, str], bytes]] = []
        server.expect_request("/hook", method="POST").respond_with_handler(self._receive)

    def says(self, *statuses: int, **headers: str) -> None:
        told = {name.replace("_", "-"): word for name, word in headers.items()}
        self.answers = [Response("thanks" * (status < 300), status=status, headers=told) for status in statuses]

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]

    def _receive(self, request: Request) -> Response:
        self.got.append(({name.lower(): value for name, value in request.headers.items()}, request.get_data()))
        self.meanwhile()
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
