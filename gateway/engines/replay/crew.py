"""Reading history by other processes, a piece at a time: each takes its own from the database.

Threads would wait for each other, for most of it is making Python objects. Processes are started anew (never forked:
who replays has threads) and end when the pipe to whoever started them does, however that one ended.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from gateway.domain.errors import GatewayError

P_contra = TypeVar("P_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)
P = TypeVar("P")
R = TypeVar("R")

MOST = 4
"""Processes, on a machine with as many cores: the database has to keep up."""
WORTH = 2
"""Pieces for each process, before it is worth a process: one starts in a second."""
AHEAD = 2
"""Pieces that each process knows of, so that none waits while others are judged."""


class Reader(Protocol[P_contra, R_co]):
    """Everything that reading takes; it can be sent to another process."""

    def read(self, piece: P_contra, /) -> R_co:
        """Whatever is to be had of a piece."""


def read(reader: Reader[P, R], pieces: Sequence[P]) -> Iterator[R]:
    """What is read of each, in any order, by as many processes as it is worth. Raises what reading raises."""
    processes = min(os.cpu_count() or 1, MOST, len(pieces) // WORTH)
    if processes < 2:
        yield from map(reader.read, pieces)
        return
    yield from apart(reader, pieces, processes)


def apart(reader: Reader[P, R], pieces: Sequence[P], processes: int, niceness: int = 0) -> Iterator[R]:
    """The same by so many other processes."""
    with ExitStack() as crew:
        pipes = [crew.enter_context(_process(reader, niceness)) for _ in range(processes)]
        waiting, open_ = iter(pieces), 0
        for pipe, piece in zip(pipes * AHEAD, waiting, strict=False):
            pipe.send(piece)
            open_ += 1
        while open_:
            for pipe in cast("list[Pipe]", wait(pipes)):
                found: R = _answer(pipe)
                more = next(waiting, None)
                if more is None:
                    open_ -= 1
                else:
                    pipe.send(more)
                yield found


@contextmanager
def _process(reader: Reader[P, R], niceness: int) -> Iterator[Pipe]:
    """One of the crew, by the pipe to it."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(reader, theirs, niceness), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join()


def _answer(pipe: Pipe) -> Any:
    try:
        answer = pipe.recv()
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


def _serve(reader: Reader[Any, Any], pipe: Pipe, niceness: int) -> None:
    """What a process of the crew does until nobody asks any more."""
    os.nice(niceness)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it is interrupted too, and lets go of the pipe
    gc.disable()  # there are no cycles, and looking for them takes as long as everything else
    with suppress(EOFError, BrokenPipeError):
        while True:
            piece = pipe.recv()
            try:
                pipe.send(reader.read(piece))
            except GatewayError as error:
                pipe.send(Failure(type(error), error.args, error.__dict__))
