"""`Simulator`: a carrier's server as a small WSGI application, with a control panel under `/_sim/`."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from threading import Event, Lock, RLock, Thread
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from werkzeug.exceptions import BadRequest, HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from carriers.base.contract import Carrier
from carriers.base.messages import Account
from carriers.base.simulator.emitter import Delivery, Emitter, Push, WebhookTarget
from carriers.base.simulator.faults import Fault, Faults, misbehave
from carriers.base.simulator.ledger import Ledger
from gateway.domain.clock import Clock, utc_now
from gateway.domain.values import Money

CONTROL = "_sim"
CALLS_KEPT = 10_000

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Route:
    """Where a method of a simulator answers, and which operation a fault would name it by."""

    method: str
    path: str
    operation: str


def route(method: str, path: str, *, operation: str) -> Callable[[Handler], Handler]:
    """Declare that a method answers calls; `path` is a werkzeug rule, its variables become arguments."""

    def mark(handler: Handler) -> Handler:
        handler.__dict__.setdefault("routes", []).append(Route(method, path, operation))
        return handler

    return mark


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; `abort(answer(...))` of werkzeug leaves a handler early with it."""
    return Response(json.dumps(body), status=status, headers=headers, content_type="application/json")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCall:
    """A call as it arrived, for tests that ask what was sent. Header names are lower case."""

    operation: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: str = field(repr=False)


class Simulator:
    """A carrier's server. Subclasses name the carrier and declare routes; handlers run one at a time.

    `secrets` and `options` are those of the one account the simulated carrier has on file.
    """

    carrier: ClassVar[type[Carrier]]
    secrets: ClassVar[Mapping[str, str]] = {}
    options: ClassVar[Mapping[str, object]] = {}

    def __init__(self, *, ledger: Ledger | None = None, clock: Clock = utc_now) -> None:
        self.ledger = ledger or Ledger(clock=clock)
        self.faults = Faults()
        self.emitter = Emitter(self.code, getattr(self.carrier, "webhook_proof", None), self.ledger)
        self.calls: deque[SeenCall] = deque(maxlen=CALLS_KEPT)
        self.stopping = Event()
        self._clock = clock
        self._ahead = timedelta()
        self._lock = RLock()
        self._sending = Lock()
        self._pushes: list[Push] = []
        self._map = Map(self.rules(), merge_slashes=False)

    @property
    def code(self) -> str:
        """The carrier's code."""
        return self.carrier.profile.code

    def now(self) -> datetime:
        """The simulated present: the clock, plus what `/_sim/clock` was advanced by."""
        return self._clock() + self._ahead

    def account(self, url: str) -> Account:
        """An account that talks to this simulator at `url`: the carrier's own paths on another host."""
        real = self.carrier.profile.urls["test"]
        return Account(
            id=f"acc_{self.code}",
            name=f"{self.code}-simulated",
            mode="test",
            urls={name: url + urlsplit(theirs).path.rstrip("/") for name, theirs in real.items()},
            secrets=self.secrets,
            options=self.options,
        )

    # What a test calls, as the control panel does.

    def move(self, carrier_reference: str, to: str) -> list[Delivery]:
        """Move a booking on and push what happened; what the pushes were answered."""
        return self._step(lambda: self.advance(carrier_reference, to))

    def advance_clock(self, seconds: float) -> list[Delivery]:
        """Move the simulated present and push what became due; what the pushes were answered."""
        self._ahead += timedelta(seconds=seconds)
        return self._step(self.tick)

    # What a subclass calls.

    def booked(self, carrier_reference: str, tender_reference: str, price: Money | None, account: str = "") -> None:
        """Enter a paid booking into the ledger: before the answer, as a carrier's books are."""
        self.ledger.booked(
            carrier=self.code,
            account=account,
            carrier_reference=carrier_reference,
            tender_reference=tender_reference,
            price=price,
        )

    def cancelled(self, carrier_reference: str) -> None:
        """Enter a cancellation into the ledger."""
        self.ledger.cancelled(carrier=self.code, carrier_reference=carrier_reference)

    def push(self, push: Push) -> None:
        """Send a webhook once the present step is done."""
        self._pushes.append(push)

    # What a subclass may override.

    def rules(self) -> list[Rule]:
        """The routing table; each endpoint is (operation, name of the method)."""
        return [
            Rule(declared.path, methods=[declared.method], endpoint=(declared.operation, name))
            for name in dir(type(self))
            for declared in getattr(getattr(type(self), name), "routes", ())
        ]

    def fault(self, operation: str, request: Request, variables: Mapping[str, Any]) -> Fault | None:
        """What goes wrong with a call; `variables` are those of its path."""
        return self.faults.take(operation)

    def advance(self, carrier_reference: str, to: str) -> None:
        """Move a booking on, up to a status in the carrier's words or "delivered", and push what happens.

        Raises:
            NotFound: no such booking, or this simulator's bookings have no life.
        """
        raise NotFound(f"{self.code} cannot advance {carrier_reference}")

    def tick(self) -> None:
        """Time was advanced: do what has become due."""

    # The WSGI application.

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one call (PEP 3333)."""
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            rule, variables = self._map.bind_to_environ(request.environ).match(return_rule=True)
            operation, name = rule.endpoint
            if operation == CONTROL:
                return _response(getattr(self, name)(request, **variables))
            self._note(operation, request)
            fault = self.fault(operation, request, variables)
            return self._perform(fault, lambda: self._handle(name, request, variables), request)
        except HTTPException as error:
            return error.get_response(request.environ)

    def _perform(self, fault: Fault | None, act: Callable[[], Response], request: Request) -> Response:
        if fault is None:
            return act()
        return misbehave(fault, act, request.environ["werkzeug.socket"], self.stopping)

    def _handle(self, name: str, request: Request, variables: Mapping[str, Any]) -> Response:
        with self._lock:
            try:
                done = _response(getattr(self, name)(request, **variables))
            except HTTPException as error:
                done = error.get_response(request.environ)
            pushes = self._take_pushes()
        # A carrier pushes on its own time: the answer does not wait for it, and may well come second.
        self._emit_later(pushes)
        return done

    def _note(self, operation: str, request: Request) -> None:
        self.calls.append(
            SeenCall(
                operation=operation,
                method=request.method,
                path=request.path,
                query=request.args.to_dict(),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=request.get_data(as_text=True),
            )
        )

    def _take_pushes(self) -> list[Push]:
        pushes, self._pushes = self._pushes, []
        return pushes

    def _emit(self, pushes: list[Push]) -> list[Delivery]:
        account = self.account("")
        with self._sending:
            return self.emitter.emit(pushes, account, self._clock, self.stopping)

    def _step(self, act: Callable[[], None]) -> list[Delivery]:
        with self._lock:
            act()
            pushes = self._take_pushes()
        return self._emit_later(pushes) if self.emitter.target.delay_s else self._emit(pushes)

    def _emit_later(self, pushes: list[Push]) -> list[Delivery]:
        if pushes:
            Thread(target=self._emit, args=(pushes,), daemon=True).start()
        return []

    # The control panel: never subject to faults, never noted.

    @route("GET", "/_sim", operation=CONTROL)
    def _control_about(self, request: Request) -> object:
        urls = self.account(request.host_url.rstrip("/")).urls
        return {"carrier": self.code, "now": self.now().isoformat(), "urls": dict(urls)}

    @route("POST", "/_sim/faults", operation=CONTROL)
    def _control_add_fault(self, request: Request) -> object:
        fault = Fault.from_json(_order(request))
        self.faults.add(fault)
        return asdict(fault)

    @route("DELETE", "/_sim/faults", operation=CONTROL)
    def _control_clear_faults(self, request: Request) -> object:
        self.faults.clear()
        return {}

    @route("GET", "/_sim/ledger", operation=CONTROL)
    def _control_ledger(self, request: Request) -> object:
        return self.ledger.entries()

    @route("GET", "/_sim/calls", operation=CONTROL)
    def _control_calls(self, request: Request) -> object:
        return [asdict(call) for call in list(self.calls)]

    @route("POST", "/_sim/webhooks", operation=CONTROL)
    def _control_webhooks(self, request: Request) -> object:
        self.emitter.target = WebhookTarget.from_json(_order(request))
        return {}

    @route("GET", "/_sim/webhooks", operation=CONTROL)
    def _control_deliveries(self, request: Request) -> object:
        return [asdict(delivery) for delivery in list(self.emitter.deliveries)]

    @route("POST", "/_sim/advance", operation=CONTROL)
    def _control_advance(self, request: Request) -> object:
        order = _order(request)
        deliveries = self.move(str(order.get("carrier_reference", "")), str(order.get("to", "")))
        return {"deliveries": [asdict(each) for each in deliveries]}

    @route("POST", "/_sim/clock", operation=CONTROL)
    def _control_clock(self, request: Request) -> object:
        seconds = _order(request).get("advance_s")
        if not isinstance(seconds, int | float):
            raise BadRequest("advance_s is a number of seconds")
        deliveries = self.advance_clock(seconds)
        return {"now": self.now().isoformat(), "deliveries": [asdict(each) for each in deliveries]}

    @route("GET", "/_sim/redirected", operation=CONTROL)
    @route("POST", "/_sim/redirected", operation=CONTROL)
    def _control_redirected(self, request: Request) -> object:
        self._note("redirected", request)
        return {}


def _order(request: Request) -> Mapping[str, Any]:
    order = request.get_json(force=True)
    if not isinstance(order, dict):
        raise BadRequest("an order is a JSON object")
    return order


def _response(value: object) -> Response:
    return value if isinstance(value, Response) else answer(value)
