"""Reading history by several processes, a slice at a time: each takes its own from the database and writes it down.

Threads would wait for each other, for most of it is making Python objects. Processes are started anew (never forked:
who replays has threads) and end when the pipe to whoever started them does, however that one ended.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from typing import Any, NamedTuple, cast

from gateway.domain.errors import GatewayError
from gateway.engines.replay.extract import Extractor
from gateway.engines.replay.shelf import Folder
from gateway.services.ports.history import History, Mark, Period

MOST = 4
"""Processes, on a machine with as many cores: the database has to keep up."""
WORTH = 2
"""Slices for each process, before it is worth a process: one starts in a second."""
AHEAD = 2
"""Slices that each process knows of, so that none waits while others are judged."""


class Span(NamedTuple):
    """Which shipments make a slice."""

    number: int
    after: Mark | None
    until: Mark | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Everything that reading takes; it can be sent to another process."""

    history: History
    period: Period
    extractor: Extractor
    folder: Folder

    def read(self, span: Span) -> int:
        """Writes a slice, and returns its number."""
        past = self.history.shipments(self.period, span.after, span.until)
        self.folder.write_slice(span.number, self.extractor.slice(past))
        return span.number


def read(reader: Reader, spans: Sequence[Span]) -> Iterator[int]:
    """The numbers of slices as they are written, in any order. Raises what reading raises."""
    processes = min(os.cpu_count() or 1, MOST, len(spans) // WORTH)
    if processes < 2:
        yield from map(reader.read, spans)
        return
    with ExitStack() as crew:
        pipes = [crew.enter_context(_process(reader)) for _ in range(processes)]
        waiting, open_ = iter(spans), 0
        for pipe, span in zip(pipes * AHEAD, waiting, strict=False):
            pipe.send(span)
            open_ += 1
        while open_:
            for pipe in cast("list[Pipe]", wait(pipes)):
                number = _answer(pipe)
                more = next(waiting, None)
                if more is None:
                    open_ -= 1
                else:
                    pipe.send(more)
                yield number


@contextmanager
def _process(reader: Reader) -> Iterator[Pipe]:
    """One of the crew, by the pipe to it."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(reader, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join()


def _answer(pipe: Pipe) -> int:
    try:
        answer: int | Failure = pipe.recv()
    except (EOFError, ConnectionError):
        raise ChildProcessError("a process that reads history ended: is there enough memory?") from None
    if isinstance(answer, Failure):
        raise answer.error()
    return answer


class Failure(NamedTuple):
    """An error on its way through a pipe; those with constructors of their own cannot be pickled."""

    kind: type[GatewayError]
    arguments: tuple[Any, ...]
    members: dict[str, Any]

    def error(self) -> GatewayError:
        """It again."""
        found = self.kind.__new__(self.kind, *self.arguments)
        found.__dict__.update(self.members)
        return found


def _serve(reader: Reader, pipe: Pipe) -> None:
    """What a process of the crew does until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it is interrupted too, and lets go of the pipe
    gc.disable()  # there are no cycles, and looking for them takes as long as everything else
    with suppress(EOFError, BrokenPipeError):
        while True:
            span = pipe.recv()
            try:
                pipe.send(reader.read(span))
            except GatewayError as error:
                pipe.send(Failure(type(error), error.args, error.__dict__))
