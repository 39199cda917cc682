"""Running a simulator: inside a test with `serve`, or as a process of its own with `main`."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from carriers.base.contract import Carrier
from carriers.base.messages import Account
from carriers.base.registry import carrier
from carriers.base.simulator.app import Simulator
from carriers.base.simulator.ledger import Ledger
from carriers.base.simulator.samples import SampleSimulator

HOST = "127.0.0.1"
POLL_S = 0.02


class _Quiet(WSGIRequestHandler):
    def connection_dropped(self, error: BaseException, environ: object = None) -> None:
        """Nothing more comes on this connection, and nothing more is read from it."""
        self.close_connection = True

    def log(self, type: str, message: str, *args: object) -> None:
        """A simulator's calls are in `/_sim/calls`, not in a log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSimulator:
    """A simulator that answers on this machine until `stop()`, or until the end of its `with` block."""

    simulator: Simulator
    url: str
    account: Account
    _server: BaseWSGIServer = field(repr=False)
    _thread: Thread = field(repr=False)

    def stop(self) -> None:
        """End it; silences and slow answers that are going on end too."""
        self.simulator.stopping.set()
        self._server.shutdown()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def serve(simulator: Simulator, port: int = 0) -> RunningSimulator:
    """Answer on the loopback address, one thread per call; port 0 takes a free one."""
    server = make_server(HOST, port, simulator, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, args=(POLL_S,), daemon=True)
    thread.start()
    url = f"http://{HOST}:{server.port}"
    return RunningSimulator(
        simulator=simulator, url=url, account=simulator.account(url), _server=server, _thread=thread
    )


def simulator_class(carrier_class: type[Carrier]) -> type[Simulator]:
    """A carrier's own simulator (`SIMULATOR` in its `simulator` module), else one that serves its samples."""
    package = carrier_class.__module__.rpartition(".")[0]
    if package and find_spec(f"{package}.simulator"):
        found: type[Simulator] = import_module(f"{package}.simulator").SIMULATOR
        return found
    return type(f"SampleSimulator{carrier_class.__name__}", (SampleSimulator,), {"carrier": carrier_class})


def main(code: str, port: int, ledger_path: Path | str | None, announce: Callable[[str], None]) -> None:
    """Simulate an installed carrier until SIGINT or SIGTERM.

    `announce` gets one line of JSON when it answers: the carrier, its base URL, and what an account
    with it has: URLs, options, and the secrets that this simulator takes.
    """
    simulator = simulator_class(carrier(code))(ledger=Ledger(ledger_path))
    over = Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        over.set()

    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, end)
    with serve(simulator, port) as running:
        account = running.account
        told = {"urls": dict(account.urls), "secrets": dict(account.secrets), "options": dict(account.options)}
        announce(json.dumps({"carrier": code, "url": running.url, **told}))
        over.wait()
