"""The demo's stage: simulated carriers and a gateway as processes of their own, in a folder that is thrown away."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Any, Self, TypeVar

import requests
from cryptography.fernet import Fernet
from rich.console import Console

from carriers.base.simulator import Ledger
from gateway.bootstrap import build
from gateway.domain.errors import Unavailable
from gateway.settings import Settings, load_settings
from gateway.storage.migrate import migrate

CARRIERS = ("uber_direct", "bring", "sandbox")
START_LIMIT_S = 90.0
STOP_LIMIT_S = 10.0
POLL_S = 0.1
T = TypeVar("T")


class Stage:
    """Everything the story needs; on leaving, every process is ended and the folder removed."""

    def __init__(self, *, watched: bool = False) -> None:
        """`watched`: somebody has the recipient's page open, so nothing there happens at once."""
        self.watched = watched
        self.console = Console()
        self._folder = tempfile.TemporaryDirectory(prefix="doorstep-demo-")
        self._processes: list[subprocess.Popen[str]] = []
        self._port = _free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.simulators: dict[str, Mapping[str, Any]] = {}
        self.mail: Any = None
        self._mailing = ExitStack()

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGHUP):  # also when its terminal is closed
            signal.signal(number, _ended)  # as if the story broke off: what was started is ended too
        try:
            self._open()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @property
    def folder(self) -> Path:
        """Where the database, the keys and the carriers' books are."""
        return Path(self._folder.name)

    @property
    def environment(self) -> dict[str, str]:
        """The gateway's settings: loopback carriers allowed, short limits so that nobody waits."""
        return {
            **os.environ,
            "GATEWAY__DATABASE__URL": f"sqlite:///{self.folder}/doorstep.db",
            "GATEWAY__SECRETS__FILE": str(self.folder / "secrets.toml"),
            "GATEWAY__WEB__PORT": str(self._port),
            "GATEWAY__WEB__PUBLIC_URL": self.url,
            "GATEWAY__CARRIERS__ALLOW_PLAIN_HTTP": "true",
            "GATEWAY__WEBHOOKS__ALLOW_PRIVATE": "true",
            "GATEWAY__NOTIFICATIONS__ALLOW_PRIVATE": "true",
            "GATEWAY__BOOKING__DEADLINE_S": "2",
            "GATEWAY__RECIPIENTS__POLL_S": "0.5",
            "GATEWAY__WORKER__TICK_S": "0.25",
            "GATEWAY__CONSOLE__CODES_FOR_ADMINS": "false",
            "GATEWAY_LOG": "WARNING",
        }

    def settings(self) -> Settings:
        """The settings of the demo's gateway."""
        return load_settings(self.environment)

    def key(self, merchant: str) -> str:
        """A test key with every scope for a new merchant."""
        services = build(self.settings())
        _, text = services.keys.create(services.keys.add_merchant(merchant), "demo", "test", ["admin"])
        return text

    def ledger(self, carrier: str) -> Path:
        """A simulated carrier's own books."""
        return self.folder / f"{carrier}.ledger"

    def reference(self, carrier: str, shipment: Mapping[str, Any]) -> str:
        """The carrier's own number of a booking, from its books."""
        accepted = next(tender["id"] for tender in shipment["tenders"] if tender["state"] == "accepted")
        return Ledger.read(self.ledger(carrier)).active()[accepted][0].carrier_reference

    def control(self, carrier: str, what: str, body: Mapping[str, Any]) -> Any:
        """Tell a simulator what to do next."""
        answer = requests.post(f"{self.simulators[carrier]['url']}/_sim/{what}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def wait(self, what: str, look: Callable[[], T | None], limit_s: float = START_LIMIT_S) -> T:
        """Wait, showing for what, until `look` finds something."""
        deadline = time.monotonic() + limit_s
        with self.console.status(what):
            while time.monotonic() < deadline:
                found = look()
                if found is not None:
                    return found
                time.sleep(POLL_S)
        raise Unavailable(f"gave up waiting: {what}")

    def _open(self) -> None:
        self.console.print("Setting the stage: three simulated carriers, a web process, a worker.", style="dim")
        (self.folder / "secrets.toml").write_text(
            f'keys = ["{Fernet.generate_key().decode()}"]\npepper = "demo-{os.urandom(16).hex()}"\n'
        )
        migrate(self.settings().database.url)
        starting = {
            carrier: self._start("carriers.base.simulator", carrier, "--ledger", str(self.ledger(carrier)))
            for carrier in CARRIERS
        }
        self.mail = self._open_mail()
        self._start("gateway", "serve")
        self._start("gateway", "worker")
        for carrier, process in starting.items():
            self.simulators[carrier] = json.loads(_first_line(process.stdout))
        self.wait("waiting for the gateway to answer", self._ready)

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[str]:
        with (self.folder / "log").open("a") as log:
            process = subprocess.Popen(  # noqa: S603  # our own modules, fixed arguments
                [sys.executable, "-m", module, *arguments],
                stdout=subprocess.PIPE if module != "gateway" else log,
                stderr=log,
                text=True,
                env=self.environment,
                cwd=self.folder,
            )
        self._processes.append(process)
        return process

    def _ready(self) -> bool | None:
        if any(process.poll() is not None for process in self._processes):
            raise Unavailable(f"a process ended early:\n{(self.folder / 'log').read_text()[-2000:]}")
        try:
            return True if requests.get(f"{self.url}/readyz", timeout=2).ok else None
        except requests.ConnectionError:
            return None

    def _open_mail(self) -> Any:
        """A mail server that passes nothing on. Raises Unavailable without the extra that it is made of."""
        try:
            from gateway.engines.notices.sink import MailSink
        except ImportError as error:
            raise Unavailable('the demo sends mail, which needs the extra: pip install "doorstep[engines]"') from error
        return self._mailing.enter_context(MailSink())

    def _close(self) -> None:
        self._mailing.close()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self._folder.cleanup()


def _ended(number: int, _: FrameType | None) -> None:
    """Raises SystemExit, which every `with` on the way out hears of."""
    raise SystemExit(128 + number)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _first_line(stream: IO[str] | None) -> str:
    line = stream.readline() if stream else ""
    if not line:
        raise Unavailable("a simulated carrier did not start")
    return line
