"""A real RabbitMQ for tests, of our own: own ports, own node name, loopback only, run as a user who may nothing.

It is Debian's (`rabbitmq-server`). Where there is none and we may install it, apt does; else the tests fail and say
the one command to type.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
INSTALL = (("apt-get", "update"), ("apt-get", "install", "--yes", "--no-install-recommends", "rabbitmq-server"))
TO_TYPE = " && ".join(map(" ".join, INSTALL))
START_LIMIT_S = 60
LOCK = Path(tempfile.gettempdir()) / "doorstep-rabbitmq-install.lock"
CONFIG = """\
listeners.tcp.1 = 127.0.0.1:{port}
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 50MB
"""


class NoRabbit(Exception):
    """There is no RabbitMQ to test with; the message says what to do."""


class Rabbit:
    """A broker that can be killed and started again; what it was told to keep is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port, self._epmd_port, self._nodes_port = free_port(), free_port(), free_port()
        self._user = _unprivileged()
        self.url = f"amqp://guest:guest@127.0.0.1:{self._port}//"
        (folder / "rabbitmq.conf").write_text(CONFIG.format(port=self._port))
        (folder / "plugins").write_text("[].")
        folder.chmod(0o755)
        home = folder / "home"
        home.mkdir()
        if self._user is not None:
            shutil.chown(home, self._user)
        self._epmd: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers. Its name server is a process of ours too, not a daemon left behind."""
        if self._epmd is None:
            epmd = shutil.which("epmd")
            assert epmd is not None
            self._epmd = self._run(epmd, "-port", str(self._epmd_port), "-address", "127.0.0.1")
        self._server = self._run(str(SERVER))
        until = time.monotonic() + START_LIMIT_S
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() > until:
                raise NoRabbit(f"RabbitMQ did not start: {(self._folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL it, as a machine that dies would."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
            self._server = None

    def end(self) -> None:
        """Leave no process behind."""
        self.kill()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        home = self._folder / "home"
        environment = {
            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"doorstep-{self._port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._nodes_port),
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(self._folder / "none"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                env=environment,
                cwd=home,
                user=self._user,
                group=None if self._user is None else pwd.getpwnam(self._user).pw_gid,
                extra_groups=None if self._user is None else [],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _answers(self) -> bool:
        """Whether it speaks AMQP: it refuses what is no AMQP with its own header."""
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as opened:
                opened.sendall(b"HELLO\0\0\0")
                return opened.recv(4) == b"AMQP"
        except OSError:
            return False


@contextmanager
def running_rabbit() -> Iterator[Rabbit]:
    """A running broker. Raises NoRabbit."""
    _installed()
    folder = Path(tempfile.mkdtemp(prefix="rabbit-", dir="/tmp"))
    rabbit = Rabbit(folder)
    try:
        rabbit.start()
        yield rabbit
    finally:
        rabbit.end()
        shutil.rmtree(folder, ignore_errors=True)


def _installed() -> None:
    """See that there is a RabbitMQ, one process at a time. Raises NoRabbit."""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not SERVER.exists() and os.geteuid() == 0 and shutil.which("apt-get"):
            _install()
    if not SERVER.exists():
        raise NoRabbit(f"the distributed engine is tested with a real RabbitMQ; as root: {TO_TYPE}")


def _install() -> None:
    """With Debian's packages, without starting what they bring (a policy that forbids it, only while we install)."""
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in INSTALL:
            subprocess.run(command, env=environment, check=False, capture_output=True)
    finally:
        if ours:
            policy.unlink()


def _unprivileged() -> str | None:
    """Its own user where we are root and there is one."""
    if os.geteuid() != 0:
        return None
    known = {user.pw_name for user in pwd.getpwall()}
    return "rabbitmq" if "rabbitmq" in known else "nobody"
