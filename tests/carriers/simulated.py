"""What the tests of every simulated carrier share: a present that stands still, and a place where webhooks arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Request, Response

from carriers.base import Clock, TrackingUpdate, WebhookCall, WebhookRejected
from carriers.base.contract import Carrier, ReceivesWebhooks
from carriers.base.simulator import Ledger, RunningSimulator, Simulator, WebhookTarget, serve

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

Ask = Callable[..., Any]


class Present:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **span: float) -> None:
        self.now += timedelta(**span)


@contextmanager
def running(simulator: type[Simulator], clock: Clock) -> Iterator[RunningSimulator]:
    """A carrier's simulator on loopback, whose books are in memory."""
    with serve(simulator(ledger=Ledger(clock=clock), clock=clock)) as served:
        yield served


def told_by(server: RunningSimulator, carrier: Carrier, clock: Clock, httpserver: HTTPServer) -> list[TrackingUpdate]:
    """What the simulator's webhooks told, each proven and parsed as it came; the list grows."""
    assert isinstance(carrier, ReceivesWebhooks)
    parse = carrier.parse_webhook
    updates: list[TrackingUpdate] = []

    def receive(request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = WebhookCall(
            method="POST", headers=headers, body=request.get_data(), query=request.args.to_dict(), received_at=clock()
        )
        try:
            reply = carrier.prove(call)
        except WebhookRejected:
            return Response(status=401)
        updates.extend(parse(call))
        return Response(reply.body, reply.status)

    httpserver.expect_request("/hook").respond_with_handler(receive)
    server.simulator.emitter.target = WebhookTarget(url=httpserver.url_for("/hook"))
    return updates
