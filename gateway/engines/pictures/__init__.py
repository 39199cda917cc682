"""Pictures made anew, in a process of their own.

Decoders are where hostile bytes do harm: a crash, an endless loop or a gigabyte of pixels ends that process and
nothing else. Two at a time: a process takes up to half a second and 300 MB.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading

from gateway.domain.errors import Unavailable
from gateway.domain.proof_files import Picture, PictureKind
from gateway.services.ports.proofs import PictureRefused

AT_ONCE = 2
WAIT_S = 20.0
LONGEST_S = 20.0
NEVER_DECODED = "it cannot be decoded within a gigabyte of memory and ten seconds; send a smaller picture"


class PictureProcess:
    """Makes pictures anew by `gateway.engines.pictures.making`."""

    def __init__(self) -> None:
        self._turn = threading.BoundedSemaphore(AT_ONCE)

    def made_anew(self, content: bytes, kind: PictureKind, *, documents: bool) -> Picture:
        """The picture in these bytes; `documents`: also the first page of a PDF.

        Raises:
            PictureRefused: they are none, or one that we do not take.
            Unavailable: too many at once.
        """
        if not self._turn.acquire(timeout=WAIT_S):
            raise Unavailable("too many pictures at once")
        try:
            return _made(content, kind, documents=documents)
        finally:
            self._turn.release()


def _made(content: bytes, kind: PictureKind, *, documents: bool) -> Picture:
    command = [sys.executable, "-I", "-m", "gateway.engines.pictures.making", kind.value, str(int(documents))]
    try:
        done = subprocess.run(  # noqa: S603  # our own module; what a stranger sent goes in as data
            command, input=content, capture_output=True, timeout=LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise PictureRefused("too_heavy", NEVER_DECODED) from None
    head, _, body = done.stdout.partition(b"\n")
    if done.returncode != 0 or not head:
        raise PictureRefused("too_heavy", NEVER_DECODED)
    told = json.loads(head)
    if "reason" in told:
        raise PictureRefused(told["reason"], told["why"])
    return Picture(content=body, **told)
