"""What the kernel says about processes: processor time, memory, children. Source: proc(5)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

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


def memory_mb(pid: int) -> float:
    """Resident memory of a process, pages shared with others included."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third (state) on; [] when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
