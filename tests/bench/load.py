"""The load: so many connections, each sending its next request when the last one is answered.

It runs in the bench's own process, in one asyncio loop that knows no more of HTTP than it needs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from tests.bench.http1 import Messages

PATIENCE_S = 30.0
Seen = Callable[[bytes], None]


class Failed(Exception):
    """The server did not answer as the benchmark needs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of a load: latencies of good answers in ms, how many came in time, how many were refusals.

    `driver_cpu_s` is processor time of the driver in all, `web_cpu_ms` that of the web workers per answer.
    """

    seconds: float
    latencies_ms: list[float]
    in_time: int
    refused: int
    driver_cpu_s: float
    web_cpu_ms: float = 0.0

    @property
    def answers(self) -> int:
        """How many there were."""
        return len(self.latencies_ms)

    @property
    def driver(self) -> str:
        """What the load itself cost, and what of it was refused."""
        used = f"the driver used {self.driver_cpu_s / self.seconds:.2f} of a core"
        return f"{self.refused} REFUSED; {used}" if self.refused else used

    @property
    def rate(self) -> float:
        """Answers in time per second."""
        return self.in_time / self.seconds

    def percentile(self, percent: int) -> float:
        """In ms."""
        return sorted(self.latencies_ms)[(self.answers - 1) * percent // 100]


def load(
    url: str,
    concurrency: int,
    seconds: float,
    ask: Callable[[], bytes],
    seen: Seen | None = None,
    *,
    every_s: float = 0.0,
) -> Run:
    """Send what `ask` gives, over `concurrency` connections, for so long; `seen` gets each body.

    With `every_s` a connection sends so often only, later if its last one is not answered by then.

    Raises:
        Failed: not one 2xx answer, a closed connection, or no answer for half a minute.
    """
    return asyncio.run(_load(url, concurrency, seconds, partial(_Client, ask, seen, every_s)))


async def _load(url: str, concurrency: int, seconds: float, client_of: Callable[[], _Client]) -> Run:
    where = urlsplit(url)
    loop = asyncio.get_running_loop()
    clients = [
        (await loop.create_connection(client_of, where.hostname or "", where.port or 80))[1] for _ in range(concurrency)
    ]
    started, cpu = time.perf_counter(), time.process_time()
    for client in clients:
        client.begin(started + seconds)
    done = asyncio.gather(*(client.done for client in clients))
    try:
        await asyncio.wait_for(done, seconds + PATIENCE_S)
    except TimeoutError:
        raise Failed(f"no answer within {PATIENCE_S:.0f} s") from None
    finally:
        for client in clients:
            client.close()
    if not any(client.latencies_ms for client in clients):
        raise Failed(clients[0].why)
    latencies = [latency for client in clients for latency in client.latencies_ms]
    return Run(
        seconds=seconds,
        latencies_ms=latencies,
        in_time=sum(client.in_time for client in clients),
        refused=sum(client.refused for client in clients),
        driver_cpu_s=time.process_time() - cpu,
    )


class _Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, ask: Callable[[], bytes], seen: Seen | None, every_s: float) -> None:
        self.latencies_ms: list[float] = []
        self.in_time = 0
        self.refused = 0
        self.why = ""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ask = ask
        self._seen = seen
        self._every_s = every_s
        self._messages = Messages()
        self._until = 0.0
        self._asked_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def begin(self, until: float) -> None:
        """Start asking, and go on until that moment."""
        self._until = until
        self._next()

    def close(self) -> None:
        self._transport.abort()

    def _next(self) -> None:
        request = self._ask()
        self._asked_at = time.perf_counter()
        self._transport.write(request)

    def _next_in(self, seconds: float) -> None:
        if seconds <= 0:
            self._next()
        else:
            asyncio.get_running_loop().call_later(seconds, self._next)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        for head, body in self._messages.feed(data):
            if head[9:10] == b"2":
                self._count(now, body)
            else:
                self.refused += 1
                self.why = f"{head.splitlines()[0].decode()}: {body[:500].decode(errors='replace')}"
            if now <= self._until:
                self._next_in(self._asked_at + self._every_s - now)
            elif not self.done.done():
                self.done.set_result(None)

    def _count(self, now: float, body: bytes) -> None:
        self.latencies_ms.append((now - self._asked_at) * 1000)
        self.in_time += now <= self._until
        if self._seen is not None:
            self._seen(body)

    def connection_lost(self, exc: Exception | None) -> None:
        self._give_up(f"the connection was closed ({exc})")

    def _give_up(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(Failed(why))
