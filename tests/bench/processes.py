"""What the kernel says about processes: processor time, memory, children. Source: proc(5)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Self

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def children(pid: int) -> Iterator[int]:
    """Children of a process."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and _stat(int(folder.name))[1:2] == [str(pid)]:
            yield int(folder.name)


def cpu_s(pid: int) -> float:
    """Processor time that a living process has used, in user and system mode."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def family_cpu_s(pid: int) -> float:
    """Processor time of a process, of its children, and of those children that have ended."""
    ended = sum(int(field) for field in _stat(pid)[13:15]) / TICKS_PER_S
    return cpu_s(pid) + ended + sum(cpu_s(each) for each in children(pid))


def parent(pid: int) -> int:
    """Whose child a process is."""
    return int(_stat(pid)[1])


def memory_mb(pid: int) -> float:
    """Resident memory of a process, pages shared with others included."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6


class Memory:
    """The most memory that this process and its children had at once while the block lasted."""

    EVERY_S = 0.1

    def __enter__(self) -> Self:
        self.peak_mb, self._over = 0.0, Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(self.EVERY_S):
            own = os.getpid()
            self.peak_mb = max(self.peak_mb, memory_mb(own) + sum(_memory_mb(each) for each in children(own)))


def _memory_mb(pid: int) -> float:
    try:
        return memory_mb(pid)
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # it ended meanwhile


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third (state) on; [] when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
