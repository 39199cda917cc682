"""The processes of a benchmark: carriers, database, and a gateway with two web workers as `gateway serve` starts it."""

from __future__ import annotations

import csv
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from cryptography.fernet import Fernet
from sqlalchemy import make_url

from gateway.bootstrap import build
from gateway.services.accounts import AccountDraft
from gateway.services.bound import Services
from gateway.services.ports import Mode
from gateway.settings import load_settings
from gateway.storage.migrate import migrate
from tests.bench.carriers import LATENCIES_MS
from tests.bench.load import Failed, Run, Seen, load
from tests.bench.processes import children, cpu_s, memory_mb, parent
from tests.postgres import own_server

MODE: Mode = "test"
WORKERS = 2
THREADS = 128
START_LIMIT_S = 60.0
STOP_LIMIT_S = 10.0
SECRETS = {"api_key": "sandbox-key", "webhook_secret": "sandbox-secret"}
UNLIMITED = str(10**9)
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Merchant:
    """A merchant of the gateway: its id, an API key that may everything, and its accounts."""

    id: str
    key: str
    accounts: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Stage:
    """Where to send the load, and what it costs there."""

    url: str
    carriers: Mapping[str, str]
    environment: Mapping[str, str]
    services: Services
    log: Path
    _web: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start the web process and wait until it answers; returns after how many seconds it did."""
        started = time.perf_counter()
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "gateway", "serve"]
            self._web = subprocess.Popen(
                command, env=self.environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        while not _answers(self.url):
            if self._web.poll() is not None or time.perf_counter() - started > START_LIMIT_S:
                raise Failed(f"the gateway did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.005)
        return time.perf_counter() - started

    def stop(self) -> None:
        """End the web process and its workers."""
        if self._web is None:
            return
        self._web.terminate()
        try:
            self._web.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._web.pid, signal.SIGKILL)
            self._web.wait()
        self._web = None

    def web_memory_mb(self) -> float:
        """Resident memory of the larger web worker."""
        return max(memory_mb(worker) for worker in self._workers())

    def families(self) -> tuple[int, ...]:
        """The web process and the database's, whose children do the work. On PostgreSQL only."""
        assert self._web is not None
        url = make_url(self.environment["GATEWAY__DATABASE__URL"]).set(drivername="postgresql")
        with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
            return self._web.pid, parent(connection.info.backend_pid)

    def load(
        self,
        concurrency: int,
        seconds: float,
        ask: Callable[[], bytes],
        seen: Seen | None = None,
        *,
        every_s: float = 0.0,
    ) -> Run:
        """See `load.load`; `web_cpu_ms` is the web workers' processor time per answer."""
        before = self._web_cpu_s()
        run = load(self.url, concurrency, seconds, ask, seen, every_s=every_s)
        return replace(run, web_cpu_ms=(self._web_cpu_s() - before) * 1000 / run.answers)

    def merchant(self, name: str, urls: Mapping[str, str]) -> Merchant:
        """A new merchant with a sandbox account for each of these carriers."""
        merchant_id = self.services.keys.add_merchant(name)
        accounts = []
        for place, url in urls.items():
            draft = AccountDraft(name=f"carrier-{place}", carrier="sandbox", urls={"api": url}, secrets=SECRETS)
            accounts.append(self.services.accounts.add(merchant_id, MODE, draft).id)
        _, key = self.services.keys.create(merchant_id, "bench", MODE, ["admin"])
        return Merchant(merchant_id, key, tuple(accounts))

    def healthy(self) -> dict[str, str]:
        """The ten healthy carriers."""
        return {str(each): self.carriers[str(each)] for each in LATENCIES_MS}

    def _web_cpu_s(self) -> float:
        return sum(cpu_s(worker) for worker in self._workers())

    def _workers(self) -> list[int]:
        assert self._web is not None
        return sorted(children(self._web.pid), key=memory_mb)[-WORKERS:]


@contextmanager
def stage(database: str) -> Iterator[Stage]:
    """A running stage on `sqlite` or `postgresql`, which commits durably on both; all of it ends with the block."""
    with TemporaryDirectory(prefix="doorstep-bench-") as name, _database(database, Path(name)) as database_url:
        folder = Path(name)
        secrets = f'keys = ["{Fernet.generate_key().decode()}"]\npepper = "{os.urandom(16).hex()}"\n'
        (folder / "secrets.toml").write_text(secrets)
        migrate(database_url)
        port = _free_port()
        environment = _environment(folder, database_url, port)
        services = build(load_settings(environment))
        with others("healthy") as healthy, others("sick") as sick:
            made = Stage(
                url=f"http://127.0.0.1:{port}",
                carriers={**healthy, **sick},
                environment=environment,
                services=services,
                log=folder / "log",
            )
            try:
                made.start()
                yield made
            finally:
                made.stop()


def _environment(folder: Path, database_url: str, port: int) -> dict[str, str]:
    """Limits out of the way; and carriers that fail are never rested, so that the sick one is asked every time."""
    return {
        **os.environ,
        "GATEWAY__DATABASE__URL": database_url,
        "GATEWAY__SECRETS__FILE": str(folder / "secrets.toml"),
        "GATEWAY__WEB__PORT": str(port),
        "GATEWAY__WEB__WORKERS": str(WORKERS),
        "GATEWAY__WEB__THREADS": str(THREADS),
        "GATEWAY__CARRIERS__ALLOW_PLAIN_HTTP": "true",
        "GATEWAY__CARRIERS__REST_AFTER_FAILURES": UNLIMITED,
        "GATEWAY__CONSOLE__CODES_FOR_ADMINS": "false",
        "GATEWAY__LIMITS__QUOTES_PER_MIN": UNLIMITED,
        "GATEWAY__LIMITS__WRITES_PER_MIN": UNLIMITED,
        "GATEWAY__LIMITS__READS_PER_MIN": UNLIMITED,
        "GATEWAY_LOG": "WARNING",
    }


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/bench.db"
        return
    with own_server(durable=True, settings=advised()) as server:
        yield server.database("bench")


def advised() -> Mapping[str, str]:
    """What the page /docs/scale advises for PostgreSQL in production: what is measured is what is told to be run, with
    a quarter of this machine's memory.
    """
    rows = csv.DictReader(files("gateway.api").joinpath("postgresql.csv").read_text("utf-8").splitlines())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {row["setting"]: row["value"] for row in rows} | {"shared_buffers": f"{memory // 4 // 2**20}MB"}


@contextmanager
def others(which: str) -> Iterator[Mapping[str, str]]:
    """A process of carriers; it ends when its stdin does."""
    command = [sys.executable, "-m", "tests.bench.carriers", which]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise Failed("the carriers did not start")
        try:
            yield json.loads(line)
        finally:
            process.stdin.close()


def _answers(url: str) -> bool:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
