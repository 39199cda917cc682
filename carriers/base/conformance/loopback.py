"""The other end of a sample over real HTTP on this machine, which may also go wrong on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from carriers.base.conformance.script import Answer, Script
from carriers.base.simulator.faults import Fault, misbehave

HOST = "127.0.0.1"
POLL_S = 0.01


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """What was asked is in the script."""


class Loopback:
    """A WSGI application that answers `/<run>/<where>/<path>` from the script of that run."""

    def __init__(self) -> None:
        self.url = ""
        self.scripts: dict[str, Script] = {}
        self.stopping = Event()
        self._lock = Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """One call."""
        request = Request(environ)
        script = self.scripts[environ["REQUEST_URI"].split("/")[1]]
        with self._lock:
            answer = script.answer(request.method, environ["REQUEST_URI"], _headers(request), request.get_data())
        return self._reply(answer, environ)(environ, start_response)

    def _reply(self, answer: Answer, environ: Mapping[str, Any]) -> Response:
        honest = Response(answer.body, status=answer.status, headers=dict(answer.headers))
        if answer.fault is None:
            return honest
        return misbehave(Fault(kind=answer.fault), lambda: honest, environ["werkzeug.socket"], self.stopping)


@contextmanager
def loopback() -> Iterator[Loopback]:
    """A server on a free port, until the end of the block; silences and drips end with it."""
    app = Loopback()
    server = make_server(HOST, 0, app, threaded=True, request_handler=_Quiet)
    app.url = f"http://{HOST}:{server.port}"
    thread = Thread(target=server.serve_forever, args=(POLL_S,), daemon=True)
    thread.start()
    try:
        yield app
    finally:
        app.stopping.set()
        server.shutdown()
        thread.join()


def _headers(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.headers.items()}
