"""Simulated carriers: stateful servers that keep books, misbehave on request, and push signed webhooks.

A carrier with state has `carriers/<name>/simulator.py`; any other is served from its `samples/`.

    from carriers.base.simulator import Push, Simulator, abort, answer, route
    from carriers.acme.adapter import Acme
    from werkzeug.wrappers import Request

    class SimulatorAcme(Simulator):
        carrier = Acme                                  # its code, URLs and webhook proof come from here
        secrets = {"api_key": "k", "webhook_secret": "w"}   # what the simulated carrier has on file

        def __init__(self, **setup):                    # setup: ledger, clock
            super().__init__(**setup)
            self.orders = {}

        @route("POST", "/v1/orders", operation="book")
        def book(self, request: Request):
            order = request.get_json()
            if order["weight"] > 20:
                abort(answer({"error": "too_heavy"}, 422))
            number = f"A{len(self.orders) + 1}"
            self.orders[number] = order
            self.booked(number, order["reference"], Money.from_minor(899, "USD"))   # into the ledger
            return {"id": number}                       # a dict, a list, or a werkzeug Response

        @route("GET", "/v1/orders/<number>", operation="track")
        def track(self, request: Request, number: str):
            return self.orders.get(number) or abort(404)

        def advance(self, carrier_reference, to):       # POST /_sim/advance
            self.orders[carrier_reference]["status"] = to
            self.push(Push(event_id="e1", json={"id": carrier_reference, "status": to}))   # signed, then sent

    SIMULATOR = SimulatorAcme

    with serve(SimulatorAcme(ledger=Ledger("ledger.jsonl"))) as running:
        carrier = Acme(running.account)                 # URLs, secrets and options fit
        running.simulator.faults.add(Fault(kind=FaultKind.TIMEOUT_AFTER, operation="book"))
        running.simulator.calls                         # what was asked, in order
        running.simulator.move("A1", "delivered")       # and advance_clock(seconds): as the panel does

Handlers run one at a time and need no locks. Routes start with the paths of the carrier's own URLs (those of
the profile's `test` mode), on another host.

The control panel, JSON in and out:

| call | body | does |
|---|---|---|
| `GET /_sim` | | who this is, its present, the URLs for an account |
| `POST /_sim/faults` | `{"kind", "operation", "times", "delay_s", "retry_after"}` | misbehave: `Fault` |
| `DELETE /_sim/faults` | | behave |
| `POST /_sim/advance` | `{"carrier_reference", "to"}` | move a booking on; the answer is what was pushed |
| `POST /_sim/clock` | `{"advance_s"}` | move the simulated present |
| `POST /_sim/webhooks` | `{"url", "duplicate", "shuffle", "forge", "delay_s", "secrets"}` | `WebhookTarget` |
| `GET /_sim/webhooks` | | every push and its answer |
| `GET /_sim/ledger` | | the books |
| `GET /_sim/calls` | | every call so far but these |

Needs werkzeug and the standard library only; `carriers.base.simulator.labels`, which draws labels, reportlab too.
"""

from werkzeug.exceptions import abort

from carriers.base.simulator.app import SeenCall, Simulator, answer, route
from carriers.base.simulator.emitter import Delivery, Push, WebhookTarget
from carriers.base.simulator.faults import Fault, FaultKind
from carriers.base.simulator.ledger import Acknowledgement, Ledger, LedgerBooking, LedgerView
from carriers.base.simulator.samples import SampleSimulator
from carriers.base.simulator.serving import RunningSimulator, main, serve, simulator_class

__all__ = [
    "Acknowledgement",
    "Delivery",
    "Fault",
    "FaultKind",
    "Ledger",
    "LedgerBooking",
    "LedgerView",
    "Push",
    "RunningSimulator",
    "SampleSimulator",
    "SeenCall",
    "Simulator",
    "WebhookTarget",
    "abort",
    "answer",
    "main",
    "route",
    "serve",
    "simulator_class",
]
