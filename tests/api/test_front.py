"""Between the server and the application: what the server leaves out is there nevertheless."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

from flask import Flask, request
from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]  # it is there for users of RSGI

from gateway.api.front import Front


def answered(application: Callable[..., Iterable[bytes]], stream: object = None) -> tuple[int, bytes]:
    """The answer to a GET without a body, as the server asks for it; what is sent in parts goes to the stream."""
    told: list[tuple[int, bytes]] = []

    def streamed(status: int, _headers: object) -> object:
        told.append((status, b""))
        return stream

    scope = SimpleNamespace(
        method="GET", path="/", query_string="", http_version="1.1", server="127.0.0.1:80", client="127.0.0.1:9",
        scheme="http", headers={"host": "here"}, authority="",
    )  # fmt: skip
    protocol = SimpleNamespace(
        response_bytes=lambda status, _headers, body: told.append((status, body)),
        response_stream=streamed,
    )
    front = Front(application, threads=1, body_bytes=1000, wait_s=5.0, stop=lambda: None)
    with ThreadPoolExecutor(1) as aside:  # other tests of the process may have an event loop in this thread
        aside.submit(lambda: asyncio.run(front.__rsgi__(scope, protocol))).result()
    return told[0]


def test_a_page_may_look_for_what_was_sent_though_nothing_was() -> None:
    """Forms that are shown again with what was typed read it also when they are opened."""
    app = Flask("page")
    app.config.update(PROPAGATE_EXCEPTIONS=True)

    @app.get("/")
    def page() -> dict[str, Any]:
        return {"form": dict(request.form), "body": request.get_data(as_text=True)}

    assert answered(app) == (200, b'{"body":"","form":{}}\n')


def test_a_client_that_leaves_a_stream_is_no_error() -> None:
    """Every viewer of live updates leaves; the stream is closed then, so that its place is free."""
    closed: list[bool] = []

    class Parts:
        def __iter__(self) -> Iterator[bytes]:
            yield b"first"

        def close(self) -> None:
            closed.append(True)

    async def gone(_part: bytes) -> None:
        raise ProtocolClosed

    def streaming(_environ: object, start: Callable[..., object]) -> Iterable[bytes]:
        start("200 OK", [("content-type", "text/event-stream")])
        return Parts()

    answered(streaming, SimpleNamespace(send_bytes=gone))
    assert closed == [True]
