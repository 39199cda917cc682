"""The deployment under test: real processes that are started again when they die, as a supervisor would."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests
from werkzeug import Request, Response
from werkzeug.serving import make_server

from tests.journeys.processes import wait_until
from tests.journeys.site import Gateway, Site, environment
from tests.ports import free_port
from tests.postgres import OwnServer
from tests.rabbitmq import Rabbit

LOOK_S = 0.2
START_LIMIT_S = 180.0
QUICK = {
    "WORKER__TICK_S": "0.2",
    "WORKER__LEASE_S": "3",
    "WORK__SWEEP_S": "5",
    "WORK__PROCESSES": "1",
    "WEB__WAIT_S": "3",
    "WEB__THREADS": "16",
    "DATABASE__DURABLE": "true",
    "WEBHOOKS__SCHEDULE_S": ",".join(["0", *["2"] * 200]),
    "LIMITS__WRITES_PER_MIN": "1000000",
    "LIMITS__READS_PER_MIN": "1000000",
    "LIMITS__QUOTES_PER_MIN": "1000000",
}
"""Waits of production would leave no time to see what comes after them."""


class Receiver:
    """A merchant's server for webhooks: what it acknowledged, unless it is down."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.heard: set[str] = set()
        self.down = False
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @Request.application
    def _answer(self, request: Request) -> Response:
        if self.down:
            return Response(status=503)
        self.heard.add(request.headers["webhook-id"])
        return Response(status=204)


@dataclass
class Rig:
    """Processes by name, and what they stand on."""

    database: OwnServer
    broker: Rabbit | None
    site: Site
    receiver: Receiver
    url: str
    settings: Mapping[str, str]
    folder: Path
    commands: Mapping[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def supervise(self) -> None:
        """Start what does not run, until the end."""
        while not self.ended.is_set():
            for name, command in self.commands.items():
                if name not in self.running or self.running[name].poll() is not None:
                    self.running[name] = self._started(name, command)
            self.ended.wait(LOOK_S)

    def signal(self, name: str, number: signal.Signals) -> None:
        """To a process and all that it started."""
        with suppress(ProcessLookupError):  # it has just died by itself, of another fault
            os.killpg(self.running[name].pid, number)

    def ready(self) -> bool:
        """Whether the web process answers and has its database."""
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    def _started(self, name: str, command: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "gateway", command],
                env={**os.environ, **self.settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


@contextmanager
def rigged(url: str, database: OwnServer, broker: Rabbit | None, folder: Path) -> Iterator[Rig]:
    """A running deployment on an empty database; with a broker, on the distributed engine."""
    port = free_port()
    engine = {} if broker is None else {"WORK__ENGINE": "celery", "WORK__BROKER_URL": broker.url}
    settings = {**environment(url, **QUICK, **engine, WEB__PORT=str(port)), "GATEWAY_LOG": "WARNING"}
    commands = {"web": "serve", "worker 1": "worker", "worker 2": "worker"}
    if broker is not None:
        commands["celery"] = "consume"
    gateway, receiver = Gateway(url), Receiver()
    with Site(gateway, folder) as site:
        base = f"http://127.0.0.1:{port}"
        rig = Rig(database, broker, site, receiver, base, settings, folder, commands)
        supervisor = threading.Thread(target=rig.supervise)
        supervisor.start()
        try:
            wait_until(rig.ready, "the web process did not start", START_LIMIT_S)
            yield rig
        finally:
            rig.ended.set()
            supervisor.join()
            for name in rig.running:
                rig.signal(name, signal.SIGKILL)
                rig.running[name].wait()
    receiver.close()
    gateway.close()
