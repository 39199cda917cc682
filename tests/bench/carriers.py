"""Ten local carriers in one process and four sick ones in another, in the sandbox's wire format.

The simulator that ships with the sandbox keeps books and has a thread for every call: at hundreds of quotes a second
it would be measured, and not the gateway. These answer every request with the same prepared rates, after their
latency, from one asyncio loop.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from tests.bench.http1 import Messages, reply

LATENCIES_MS = (20, 40, 60, 80, 100, 120, 140, 160, 180, 200)
SLOWEST_MS = max(LATENCIES_MS)
SICK = ("hanging", "dripping", "refusing", "sending 10 MB")
RATES = {"SAME_DAY": ("12.90", 8), "NEXT_DAY": ("9.90", 24)}
"""What each carrier offers: service, price in USD, hours until the promise."""

DRIP_S = 0.05
HUGE = 10_000_000


class Healthy(asyncio.Protocol):
    """Answers each request after the latency."""

    def __init__(self, latency_s: float, answer: bytes) -> None:
        self._latency_s = latency_s
        self._answer = answer
        self._messages = Messages()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for _ in self._messages.feed(data):
            asyncio.get_running_loop().call_later(self._latency_s, self.answer)

    def answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._answer)


class Hanging(Healthy):
    """Takes the request and never answers."""

    def answer(self) -> None:
        pass


class Dripping(Healthy):
    """Sends its answer byte by byte, always in time for a time-out that counts from the last byte."""

    def answer(self) -> None:
        if self._answer and not self._transport.is_closing():
            self._transport.write(self._answer[:1])
            self._answer = self._answer[1:]
            asyncio.get_running_loop().call_later(DRIP_S, self.answer)


async def serve(which: str) -> None:
    """Open the `healthy` ones, the `sick` ones or a `merchant`, print their URLs as one line of JSON, and run until
    stdin ends.
    """
    urls = await {"healthy": _healthy, "sick": _sick, "merchant": _merchant}[which]()
    sys.stdout.write(json.dumps(urls) + "\n")
    sys.stdout.flush()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()


async def _healthy() -> Mapping[str, str]:
    answer = reply(_rates(datetime.now(UTC)))
    return {str(each): await _open(partial(Healthy, each / 1000, answer)) for each in LATENCIES_MS}


async def _sick() -> Mapping[str, str]:
    refusing = socket.socket()
    refusing.bind(("127.0.0.1", 0))  # nobody listens there: connections are refused
    nowhere = _url(refusing)
    refusing.detach()  # so that it stays bound as long as this process lives
    huge = reply(b'{"quotes": [' + b" " * HUGE + b"]}")
    return {
        "hanging": await _open(partial(Hanging, 0, b"")),
        "dripping": await _open(partial(Dripping, 0, reply(_rates(datetime.now(UTC))))),
        "refusing": nowhere,
        "sending 10 MB": await _open(partial(Healthy, 0, huge)),
    }


async def _merchant() -> Mapping[str, str]:
    """A merchant's server, which takes every webhook at once."""
    return {"hook": await _open(partial(Healthy, 0, reply(b"{}")))}


async def _open(protocol: Callable[[], asyncio.Protocol]) -> str:
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, backlog=1024)
    return _url(server.sockets[0])


def _url(bound: socket.socket) -> str:
    return f"http://127.0.0.1:{bound.getsockname()[1]}/v1"


def _rates(now: datetime) -> bytes:
    """The answer to POST /quotes; see the README of the sandbox carrier."""

    def rate(service: str, price: str, hours: int) -> Mapping[str, object]:
        return {
            "id": f"Q1-{service}",
            "service": service,
            "price": {"amount": price, "currency": "USD"},
            "fees": [],
            "pickup_by": (now + timedelta(hours=1)).isoformat(),
            "deliver_from": None,
            "deliver_by": (now + timedelta(hours=hours)).isoformat(),
            "expires_at": (now + timedelta(hours=2)).isoformat(),
            "co2e_g": 450,
        }

    return json.dumps({"quotes": [rate(name, price, hours) for name, (price, hours) in RATES.items()]}).encode()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
