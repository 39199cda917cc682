"""The gateway as the process that `gateway serve` is."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult

import requests

from tests.ports import free_port

START_LIMIT_S = 60.0
END_LIMIT_S = 60
LOOK_AGAIN_S = 0.05


class Web:
    """A web process that was started; on leaving the block it is stopped, if it still runs."""

    def __init__(self, settings: Mapping[str, str], log: Path) -> None:
        self._log = log
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        own = {"GATEWAY__WEB__PORT": str(port), "GATEWAY__WEB__THREADS": "4", "GATEWAY_LOG": "WARNING"}
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "serve"],
                env={**os.environ, **own, **settings},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_ready(self) -> Self:
        """Wait until it answers."""
        limit = time.monotonic() + START_LIMIT_S
        while time.monotonic() < limit and self.process.poll() is None:
            try:
                if requests.get(f"{self.url}/readyz", timeout=5).ok:
                    return self
            except requests.ConnectionError:
                time.sleep(LOOK_AGAIN_S)
        raise AssertionError(f"the web process did not start: {self._log.read_text()}")

    def wait_killed(self) -> None:
        """Wait until it has ended because its worker was killed."""
        assert self.process.wait(END_LIMIT_S) != 0
        assert "Unexpected exit from worker" in self._log.read_text()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(END_LIMIT_S)


@contextmanager
def gateway(command: str, settings: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`gateway worker` or another that runs on; when the block is left, it and all it started are killed."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", command],
            env={**os.environ, "GATEWAY_LOG": "WARNING", **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):  # all have ended by themselves
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(END_LIMIT_S)


def children_of(process: subprocess.Popen[bytes]) -> list[int]:
    """The processes that it started. Source: proc(5)."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def wait_until(happened: Callable[[], bool], what: str, seconds: float = END_LIMIT_S) -> None:
    """Look again and again, for a minute unless told otherwise."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, what
        time.sleep(LOOK_AGAIN_S)


def connected(where: SplitResult, head: str) -> socket.socket:
    """A connection on which a request was begun."""
    opened = socket.create_connection((where.hostname, where.port), timeout=30)
    opened.sendall(head.encode())
    return opened
