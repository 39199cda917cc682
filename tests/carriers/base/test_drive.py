"""Many coroutines over one transport: each goes on when its own answer comes, and all end at the deadline."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from typing import Any

import pytest

from carriers.base.drive import Outcome, Transport, drive, run
from carriers.base.errors import (
    AuthenticationFailed,
    BadCarrierResponse,
    CarrierError,
    CarrierUnavailable,
    OutcomeUnknown,
    ShipmentRejected,
    UnknownReference,
)
from carriers.base.http import Http
from tests.carriers.base.peers import Peer, answer, closes, outlet, peer, silent

PATIENT_S = 15.0
SHORT_S = 1.0


@pytest.fixture
def swift() -> Iterator[Peer]:
    """Answers by path: /200 and so on with that status, /silent never, /slow late, /closed by closing."""

    def by_path(self: Peer, connection: socket.socket, request: bytes) -> None:
        path = request.split()[1].decode().lstrip("/")
        if path == "silent":
            silent(self, connection, request)
        elif path == "closed":
            closes(self, connection, request)
        else:
            if path == "slow":
                self.stopping.wait(0.3)
            connection.sendall(answer(int(path) if path.isdigit() else 200, path.encode()))

    with peer(by_path) as running:
        yield running


def test_nothing_to_drive_is_done_at_once(transport: Transport) -> None:
    assert drive([], transport, deadline_s=PATIENT_S) == []


def test_a_coroutine_without_calls_has_its_value(transport: Transport) -> None:
    async def price() -> str:
        return "8.99"

    assert run(price(), transport, deadline_s=PATIENT_S) == "8.99"


def test_outcomes_keep_their_order_and_nobody_waits_for_a_neighbour(swift: Peer, transport: Transport) -> None:
    ended: list[str] = []

    async def journey(*paths: str) -> str:
        for path in paths:
            reply = await outlet(swift.url).get("api", path)
        ended.append(reply.text())
        return reply.text()

    calls = [journey("/slow"), journey("/token", "/quote"), journey("/other")]
    outcomes = drive(calls, transport, deadline_s=PATIENT_S)
    assert [outcome.value for outcome in outcomes] == ["slow", "quote", "other"]
    assert ended[-1] == "slow"
    assert outcomes[0].latency_s > 0.25
    assert [exchange.reply.text() for exchange in outcomes[1].exchanges if exchange.reply] == ["token", "quote"]


def test_run_raises_what_the_carrier_did(swift: Peer, transport: Transport) -> None:
    with pytest.raises(UnknownReference):
        run(outlet(swift.url).get("api", "/404"), transport, deadline_s=PATIENT_S)


def test_many_threads_drive_over_one_transport(swift: Peer, transport: Transport) -> None:
    found: list[list[str | None]] = []

    def ask(number: int) -> None:
        calls = [text(outlet(swift.url), f"/{number}-{place}") for place in range(5)]
        found.append([outcome.value for outcome in drive(calls, transport, deadline_s=PATIENT_S)])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([f"{number}-{place}" for place in range(5)] for number in range(20))


async def text(http: Http, path: str) -> str:
    return (await http.get("api", path)).text()


def test_awaiting_anything_else_is_an_error_that_names_it(transport: Transport) -> None:
    async def nap() -> None:
        await asyncio.sleep(0)

    async def quote() -> None:
        await nap()

    with pytest.raises(TypeError, match=r"only self\.http, not .*quote > .*nap > sleep"):
        run(quote(), transport, deadline_s=PATIENT_S)


def test_a_bug_is_not_hidden_and_leaves_nothing_open(swift: Peer, transport: Transport) -> None:
    closed: list[str] = []

    async def patient() -> None:
        try:
            await outlet(swift.url).get("api", "/silent")
        finally:
            closed.append("patient")

    async def buggy() -> None:
        await outlet(swift.url).get("api", "/200")
        raise KeyError("price")

    started = time.monotonic()
    with pytest.raises(KeyError):
        drive([patient(), buggy(), patient()], transport, deadline_s=PATIENT_S)
    assert time.monotonic() - started < PATIENT_S / 2
    assert closed == ["patient", "patient"]


def test_at_the_deadline_everything_open_is_closed(swift: Peer, transport: Transport) -> None:
    closed: list[str] = []

    async def quote() -> None:
        try:
            await outlet(swift.url).get("api", "/silent")
        finally:
            closed.append("quote")

    async def book() -> None:
        try:
            await outlet(swift.url).post("api", "/silent", repeatable=False)
        finally:
            closed.append("book")

    quoted, booked, quick = drive([quote(), book(), text(outlet(swift.url), "/200")], transport, deadline_s=SHORT_S)
    assert (type(quoted.error), quoted.timed_out) == (CarrierUnavailable, True)
    assert (type(booked.error), booked.timed_out) == (OutcomeUnknown, True)
    assert (quick.value, quick.error, quick.timed_out) == ("200", None, False)
    assert sorted(closed) == ["book", "quote"]
    assert quoted.latency_s > SHORT_S * 0.9


def test_what_an_adapter_makes_of_the_deadline_holds(swift: Peer, transport: Transport) -> None:
    async def tolerant() -> str:
        try:
            await outlet(swift.url).get("api", "/silent")
        except CarrierUnavailable:
            return "without details"
        raise AssertionError

    async def doubtful() -> None:
        try:
            await outlet(swift.url).get("api", "/silent")
        except CarrierError as error:
            raise BadCarrierResponse("not even that") from error

    tolerated, doubted = drive([tolerant(), doubtful()], transport, deadline_s=SHORT_S)
    assert (tolerated.value, tolerated.timed_out) == ("without details", False)
    assert (type(doubted.error), doubted.timed_out) == (BadCarrierResponse, True)


def test_after_the_deadline_no_further_call_is_made(swift: Peer, transport: Transport) -> None:
    async def stubborn() -> None:
        while True:
            try:
                await outlet(swift.url).get("api", "/silent")
            except CarrierUnavailable:
                continue

    outcome = drive([stubborn()], transport, deadline_s=SHORT_S)[0]
    assert (type(outcome.error), outcome.timed_out) == (CarrierUnavailable, True)
    assert len(swift.requests) == 1


def two_calls(http: Http, first: str, second: str) -> Coroutine[Any, Any, None]:
    """Book, then look: the second call fails, whatever the first did."""

    async def journey() -> None:
        with suppress(CarrierError):
            await http.post("api", first, repeatable=False)
        await http.get("api", second)

    return journey()


@pytest.mark.parametrize("first", ["/200", "/500", "/408", "/302", "/closed"])
@pytest.mark.parametrize("second", ["/401", "/404", "/429", "/503", "/closed"])
def test_after_a_booking_a_failing_look_is_not_called_safe(
    first: str, second: str, swift: Peer, transport: Transport
) -> None:
    assert type(outcome_of(two_calls(outlet(swift.url), first, second), transport).error) is OutcomeUnknown


def test_a_booking_then_silence_is_not_called_safe(swift: Peer, transport: Transport) -> None:
    outcome = outcome_of(two_calls(outlet(swift.url), "/200", "/silent"), transport, SHORT_S)
    assert (type(outcome.error), outcome.timed_out) == (OutcomeUnknown, True)


@pytest.mark.parametrize(
    ("second", "error"),
    [("/401", AuthenticationFailed), ("/404", UnknownReference), ("/503", CarrierUnavailable)],
)
def test_a_refused_booking_leaves_later_errors_what_they_are(
    second: str, error: type[CarrierError], swift: Peer, transport: Transport
) -> None:
    assert type(outcome_of(two_calls(outlet(swift.url), "/422", second), transport).error) is error


def test_a_deliberate_no_after_a_booking_stays_a_no(swift: Peer, transport: Transport) -> None:
    async def journey() -> None:
        reply = await outlet(swift.url).post("api", "/200", repeatable=False)
        raise ShipmentRejected(f"the carrier says no inside {reply.status}")

    assert type(outcome_of(journey(), transport).error) is ShipmentRejected


def outcome_of(
    coroutine: Coroutine[Any, Any, None], transport: Transport, deadline_s: float = PATIENT_S
) -> Outcome[None]:
    return drive([coroutine], transport, deadline_s=deadline_s)[0]
