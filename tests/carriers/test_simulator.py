"""The simulator framework: faults on the wire, the ledger, signed and spoilt webhooks, serving samples."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest
from pypdf import PdfReader
from werkzeug.wrappers import Request

from carriers.base import (
    Account,
    Carrier,
    HmacProof,
    Label,
    LabelKind,
    Money,
    Profile,
    SharedTokenProof,
    StatusTable,
    UrlTokenProof,
    WebhookCall,
    WebhookProof,
    WebhookRejected,
)
from carriers.base.registry import carrier
from carriers.base.simulator import (
    Fault,
    FaultKind,
    Ledger,
    Push,
    RunningSimulator,
    Simulator,
    abort,
    answer,
    route,
    serve,
    simulator_class,
)
from carriers.base.simulator.labels import label
from carriers.sandbox.adapter import Sandbox
from gateway.services.labels import is_whole

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PROFILE = replace(
    Sandbox.profile,
    code="swift",
    urls={mode: {"api": "https://api.swift.example/v2"} for mode in ("live", "test")},
)


class Swift(Carrier):
    profile: ClassVar[Profile] = PROFILE
    statuses = StatusTable(())
    webhook_proof = HmacProof(header="swift-signature", timestamp_header="swift-time")


class SimulatorSwift(Simulator):
    carrier = Swift
    secrets: ClassVar = {"webhook_secret": "swift-secret"}

    def __init__(self, **setup: Any) -> None:
        super().__init__(**setup)
        self.orders: dict[str, Any] = {}
        self.has_booked = threading.Event()

    @route("POST", "/v2/orders", operation="book")
    def book(self, request: Request) -> object:
        order = request.get_json()
        if order.get("weight", 0) > 20:
            abort(answer({"error": "too_heavy"}, 422))
        number = f"S{len(self.orders) + 1}"
        self.orders[number] = order
        self.booked(number, order["reference"], Money.from_minor(899, "USD"), "acc_1")
        self.has_booked.set()
        return {"id": number, "text": "x" * 200}

    @route("GET", "/v2/orders/<number>", operation="track")
    def track(self, request: Request, number: str) -> object:
        if order := self.orders.get(number):
            return order
        abort(404)

    @route("DELETE", "/v2/orders/<number>", operation="cancel")
    def cancel(self, request: Request, number: str) -> object:
        self.cancelled(number)
        return {}

    def advance(self, carrier_reference: str, to: str) -> None:
        for code in ("taken", "on_van", "delivered"):
            self.push(Push(event_id=f"{carrier_reference}-{code}", json={"id": carrier_reference, "code": code}))
            if code == to:
                return


@pytest.fixture
def swift() -> Iterator[RunningSimulator]:
    with serve(SimulatorSwift(clock=lambda: NOON)) as running:
        yield running


class Answered(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes


def ask(running: RunningSimulator, method: str, path: str, body: object = None, timeout_s: float = 5) -> Answered:
    parts = urlsplit(running.url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=timeout_s)
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        return Answered(reply.status, reply.headers, reply.read())
    finally:
        connection.close()


def asked(running: RunningSimulator, method: str, path: str, body: object = None) -> Any:
    reply = ask(running, method, path, body)
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def order_fault(running: RunningSimulator, **fault: object) -> None:
    asked(running, "POST", "/_sim/faults", fault)


def book(running: RunningSimulator, timeout_s: float = 5, **order: object) -> Answered:
    return ask(running, "POST", "/v2/orders", {"reference": "tnd_1", **order}, timeout_s)


def raw_answer(running: RunningSimulator) -> bytes:
    """Everything that comes over the wire until the other side ends it."""
    parts = urlsplit(running.url)
    body = b'{"reference": "tnd_1"}'
    head = b"POST /v2/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    with socket.create_connection((str(parts.hostname), parts.port or 0), timeout=5) as wire:
        wire.sendall(head % len(body) + body)
        return b"".join(iter(lambda: wire.recv(65536), b""))


def active(running: RunningSimulator) -> dict[str, int]:
    return {tender: len(found) for tender, found in running.simulator.ledger.view().active().items()}


def test_an_account_keeps_the_carriers_own_paths_on_the_simulators_host(swift: RunningSimulator) -> None:
    assert swift.account.urls == {"api": f"{swift.url}/v2"}
    assert swift.account.secrets == {"webhook_secret": "swift-secret"}
    assert asked(swift, "GET", "/_sim")["urls"] == {"api": f"{swift.url}/v2"}


def test_a_handler_answers_with_data_or_leaves_early(swift: RunningSimulator) -> None:
    assert json.loads(book(swift).body)["id"] == "S1"
    refused = book(swift, weight=30)
    assert (refused.status, refused.body) == (422, b'{"error": "too_heavy"}')
    assert asked(swift, "GET", "/v2/orders/S1") == {"reference": "tnd_1"}
    assert ask(swift, "GET", "/v2/orders/S9").status == 404
    assert ask(swift, "GET", "/elsewhere").status == 404


def test_every_call_is_seen_with_headers_and_body(swift: RunningSimulator) -> None:
    book(swift)
    (seen,) = asked(swift, "GET", "/_sim/calls")
    assert (seen["operation"], seen["method"], seen["path"]) == ("book", "POST", "/v2/orders")
    assert json.loads(seen["body"]) == {"reference": "tnd_1"}
    assert seen["headers"]["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("kind", "status", "booked"),
    [
        ("status_429", 429, 0),
        ("status_500", 500, 0),
        ("status_503", 503, 0),
        ("redirect", 307, 0),
        ("status_500_after", 500, 1),
        ("garbage", 200, 1),
        ("slow", 200, 1),
    ],
)
def test_a_fault_acts_before_or_after_it_spoils_the_answer(
    swift: RunningSimulator, kind: str, status: int, booked: int
) -> None:
    order_fault(swift, kind=kind, operation="book")
    assert book(swift).status == status
    assert sum(active(swift).values()) == booked
    assert book(swift).status == 200, "a fault is used up"


def test_a_refusal_for_now_says_when_to_come_back(swift: RunningSimulator) -> None:
    order_fault(swift, kind="status_429", delay_s=7)
    order_fault(swift, kind="status_503", retry_after="Wed, 21 Oct 2026 07:28:00 GMT")
    assert book(swift).headers["Retry-After"] == "7"
    assert book(swift).headers["Retry-After"] == "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(("kind", "booked"), [("timeout_before", 0), ("timeout_after", 1)])
def test_silence_comes_before_or_after_the_booking(swift: RunningSimulator, kind: str, booked: int) -> None:
    order_fault(swift, kind=kind)
    with pytest.raises(TimeoutError):
        book(swift, timeout_s=0.3)
    assert sum(active(swift).values()) == booked


def test_a_reset_comes_after_the_booking(swift: RunningSimulator) -> None:
    order_fault(swift, kind="reset_after")
    with pytest.raises(ConnectionResetError):
        raw_answer(swift)
    assert active(swift) == {"tnd_1": 1}


def test_a_truncated_answer_promises_more_than_it_sends(swift: RunningSimulator) -> None:
    order_fault(swift, kind="truncated")
    head, _, body = raw_answer(swift).partition(b"\r\n\r\n")
    promised = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    assert 0 < len(body) < promised
    assert active(swift) == {"tnd_1": 1}


def test_a_dripping_answer_outlives_a_time_limit_per_read(swift: RunningSimulator) -> None:
    order_fault(swift, kind="drip", delay_s=0.002)
    started = time.monotonic()
    received = raw_answer(swift)
    assert json.loads(received.partition(b"\r\n\r\n")[2])["id"] == "S1"
    assert time.monotonic() - started > 0.002 * len(received)


def test_a_huge_answer_is_beyond_what_anybody_reads(swift: RunningSimulator) -> None:
    order_fault(swift, kind="huge")
    assert len(raw_answer(swift)) > 60 * 2**20


def test_a_fault_for_ever_lasts_until_it_is_cleared(swift: RunningSimulator) -> None:
    order_fault(swift, kind="status_503", times=-1)
    assert [book(swift).status for _ in range(3)] == [503, 503, 503]
    asked(swift, "DELETE", "/_sim/faults")
    assert book(swift).status == 200


def test_a_fault_concerns_its_operation_only(swift: RunningSimulator) -> None:
    order_fault(swift, kind="status_500", operation="track")
    assert book(swift).status == 200
    assert ask(swift, "GET", "/v2/orders/S1").status == 500


@pytest.mark.parametrize("order", [{"kind": "gremlin"}, {}, {"kind": "slow", "dealy_s": 1}])
def test_a_misspelt_fault_is_refused(swift: RunningSimulator, order: dict[str, object]) -> None:
    assert ask(swift, "POST", "/_sim/faults", order).status == 400


def test_a_followed_redirect_is_seen(swift: RunningSimulator) -> None:
    order_fault(swift, kind="redirect")
    ask(swift, "POST", book(swift).headers["Location"], {"reference": "tnd_1"})
    assert [call["operation"] for call in asked(swift, "GET", "/_sim/calls")] == ["book", "redirected"]


def test_slow_answers_do_not_wait_for_one_another(swift: RunningSimulator) -> None:
    order_fault(swift, kind="slow", times=-1, delay_s=0.5)
    callers = [threading.Thread(target=book, args=(swift,)) for _ in range(8)]
    started = time.monotonic()
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert 0.5 <= time.monotonic() - started < 3
    assert active(swift) == {"tnd_1": 8}


def test_stopping_ends_a_silence() -> None:
    simulator = SimulatorSwift()
    running = serve(simulator)
    running.simulator.faults.add(Fault(kind=FaultKind.TIMEOUT_AFTER))
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises(ConnectionError):
            book(running, timeout_s=30)
        ended.set()

    caller = threading.Thread(target=wait)
    caller.start()
    assert simulator.has_booked.wait(10)
    running.stop()
    assert ended.wait(10)
    caller.join()


def test_the_clock_moves_on_request(swift: RunningSimulator) -> None:
    now = datetime.fromisoformat(asked(swift, "POST", "/_sim/clock", {"advance_s": 90})["now"])
    assert now == NOON + timedelta(seconds=90)
    assert ask(swift, "POST", "/_sim/clock", {"advance": 90}).status == 400


class Receiver:
    """Takes webhooks as a gateway does: proves each and keeps what holds."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.proven: list[dict[str, Any]] = []
        self.refused = 0
        self.arrived = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = outer.take(
                    WebhookCall(
                        method="POST",
                        headers={name.lower(): value for name, value in self.headers.items()},
                        query=dict(parse_qsl(urlsplit(self.path).query)),
                        body=body,
                        received_at=NOON,
                    )
                )
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?merchant=1"

    def take(self, call: WebhookCall) -> int:
        try:
            Swift.webhook_proof.prove(call, self.account)
        except WebhookRejected:
            self.refused += 1
            return 401
        self.proven.append(json.loads(call.body))
        self.arrived.set()
        return 200

    @property
    def codes(self) -> list[str]:
        return [message["code"] for message in self.proven]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver(swift: RunningSimulator) -> Iterator[Receiver]:
    running = Receiver(swift.account)
    yield running
    running.close()


def push_all(swift: RunningSimulator, url: str, **spoilt: object) -> list[dict[str, Any]]:
    asked(swift, "POST", "/_sim/webhooks", {"url": url, **spoilt})
    deliveries: list[dict[str, Any]] = asked(
        swift, "POST", "/_sim/advance", {"carrier_reference": "S1", "to": "delivered"}
    )["deliveries"]
    return deliveries


def acknowledged(swift: RunningSimulator) -> list[str]:
    return [entry.event_id for entry in swift.simulator.ledger.view().acknowledgements]


def test_webhooks_are_signed_as_the_carrier_signs(swift: RunningSimulator, receiver: Receiver) -> None:
    deliveries = push_all(swift, receiver.url)
    assert receiver.codes == ["taken", "on_van", "delivered"]
    assert [delivery["status"] for delivery in deliveries] == [200, 200, 200]
    assert acknowledged(swift) == ["S1-taken", "S1-on_van", "S1-delivered"]


def test_a_webhook_under_another_secret_is_not_acknowledged(swift: RunningSimulator, receiver: Receiver) -> None:
    push_all(swift, receiver.url, secrets={"webhook_secret": "another"})
    assert (receiver.proven, receiver.refused, acknowledged(swift)) == ([], 3, [])


def test_webhooks_can_come_twice(swift: RunningSimulator, receiver: Receiver) -> None:
    push_all(swift, receiver.url, duplicate=1)
    assert receiver.codes == ["taken", "taken", "on_van", "on_van", "delivered", "delivered"]


def test_webhooks_can_come_in_any_order(swift: RunningSimulator, receiver: Receiver) -> None:
    push_all(swift, receiver.url, shuffle=True, duplicate=2)
    assert sorted(receiver.codes) == sorted(["taken", "on_van", "delivered"] * 3)
    assert receiver.codes != ["taken"] * 3 + ["on_van"] * 3 + ["delivered"] * 3


def test_forged_webhooks_come_before_the_true_ones_and_are_false(swift: RunningSimulator, receiver: Receiver) -> None:
    deliveries = push_all(swift, receiver.url, forge=True)
    assert [(each["forged"], each["status"]) for each in deliveries] == [(True, 401), (False, 200)] * 3
    assert receiver.refused == 3
    assert len(acknowledged(swift)) == 3


@pytest.mark.parametrize("proof", [SharedTokenProof("x-token"), UrlTokenProof()])
def test_a_forged_shared_token_is_false_too(monkeypatch: pytest.MonkeyPatch, proof: WebhookProof) -> None:
    monkeypatch.setattr(Swift, "webhook_proof", proof)
    with serve(SimulatorSwift(clock=lambda: NOON)) as running:
        receiver = Receiver(running.account)
        try:
            push_all(running, receiver.url, forge=True)
        finally:
            receiver.close()
    assert (len(receiver.proven), receiver.refused) == (3, 3)


def test_late_webhooks_do_not_hold_up_who_ordered_them(swift: RunningSimulator, receiver: Receiver) -> None:
    assert push_all(swift, receiver.url, delay_s=0.05) == []
    assert receiver.arrived.wait(5)


def test_a_simulator_calls_nobody_but_this_machine(swift: RunningSimulator) -> None:
    for url in ("http://example.com/", "https://127.0.0.1/", "http://169.254.169.254/", "ftp://localhost/"):
        assert ask(swift, "POST", "/_sim/webhooks", {"url": url}).status == 400


def test_nobody_listening_is_no_acknowledgement(swift: RunningSimulator) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        deliveries = push_all(swift, f"http://127.0.0.1:{unused.getsockname()[1]}/")
    assert [delivery["status"] for delivery in deliveries] == [0, 0, 0]
    assert acknowledged(swift) == []


def test_the_ledger_tells_what_is_still_paid_for(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl", clock=lambda: NOON)
    for number, tender in (("S1", "tnd_1"), ("S2", "tnd_1"), ("S3", "tnd_2")):
        ledger.booked(
            carrier="swift",
            account="acc_1",
            carrier_reference=number,
            tender_reference=tender,
            price=Money.from_minor(899, "USD"),
        )
    ledger.booked(carrier="swift", account="acc_1", carrier_reference="S4", tender_reference="tnd_3", price=None)
    ledger.cancelled(carrier="swift", carrier_reference="S3")
    ledger.acknowledged(carrier="swift", event_id="e1", body=b"{}")
    view = Ledger.read(tmp_path / "ledger.jsonl")
    assert {tender: [each.carrier_reference for each in found] for tender, found in view.active().items()} == {
        "tnd_1": ["S1", "S2"],
        "tnd_3": ["S4"],
    }
    assert view.bookings[2].cancelled_at == NOON
    assert view.bookings[0].price == Money.from_minor(899, "USD")
    assert [entry.event_id for entry in view.acknowledgements] == ["e1"]
    assert view == ledger.view()


def test_a_ledger_is_continued_and_a_half_written_line_waits(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    Ledger(path).booked(carrier="swift", account="", carrier_reference="S1", tender_reference="tnd_1", price=None)
    Ledger(path).cancelled(carrier="swift", carrier_reference="S1")
    with path.open("a") as file:
        file.write('{"entry": "book')
    view = Ledger.read(path)
    assert [booking.active for booking in view.bookings] == [False]


def test_a_carrier_without_a_simulator_is_served_from_its_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = tmp_path / "swift_carrier" / "samples"
    samples.mkdir(parents=True)
    (tmp_path / "swift_carrier" / "__init__.py").write_text("")
    quote = {"method": "POST", "where": "api", "path": "/quotes"}
    for case, weight, status, price in (("ok", 1, 200, 899), ("heavy", 50, 422, 0)):
        sample = {
            "operation": "quote",
            "case": case,
            "exchanges": [
                {
                    "request": {**quote, "json": {"weight": weight}},
                    "response": {"status": status, "json": {"price": price}},
                }
            ],
        }
        (samples / f"quote.{case}.json").write_text(json.dumps(sample))
    (samples / "account.json").write_text("{}")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(Swift, "__module__", "swift_carrier.adapter")
    simulator = simulator_class(Swift)()
    simulator.faults.add(Fault(kind=FaultKind.STATUS_503, operation="quote"))
    with serve(simulator) as running:
        statuses = [ask(running, "POST", "/v2/quotes", {"weight": weight}).status for weight in (1, 1, 50, 7)]
        unknown = ask(running, "GET", "/v2/quotes").status
    assert statuses == [503, 200, 422, 200], "a fault, then the sample that fits, else the ok one"
    assert unknown == 405


def test_a_simulator_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    command = [sys.executable, "-m", "carriers.base.simulator", "sandbox", "--ledger", str(ledger)]
    with Popen(command, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        announced = json.loads(process.stdout.readline())
        parts = urlsplit(announced["urls"]["api"])
        connection = HTTPConnection(str(parts.hostname), parts.port, timeout=10)
        connection.request("GET", "/_sim")
        about = json.load(connection.getresponse())
        connection.close()
        process.terminate()
        assert process.wait(20) == 0
    assert (announced["carrier"], about["carrier"], parts.path) == ("sandbox", "sandbox", "/v1")
    assert set(announced["secrets"]) == set(carrier("sandbox").profile.secrets), "enough to make an account of"


def test_a_label_can_be_printed_in_each_form() -> None:
    made = {kind: label(kind, "Jane Doe", "Straße 1 ^XZ", "TEST1234") for kind in LabelKind}
    assert all(is_whole(Label(kind=kind, content=content)) for kind, content in made.items())
    (page,) = PdfReader(BytesIO(made[LabelKind.PDF])).pages
    assert page.extract_text().splitlines() == ["Jane Doe", "Straße 1 ^XZ", "TEST1234"]
    assert made[LabelKind.ZPL].count(b"^XZ") == 1
