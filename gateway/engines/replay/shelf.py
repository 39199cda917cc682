"""What replays keep on disk: `var/replay/<what was read>/` with slices of history, and in it a folder for each run.

The folder's name is a digest of everything that what is in it depends on: merchant, mode, period, how many shipments
there were and when one was changed last, what carriers can do, the card that prices anew, and `FORMAT`. So nothing is
ever stale; a changed history is another folder. Files are written under another name first: what is there is whole.
Folders that were not used for a day are deleted.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import orjson
import polars as pl

from gateway.engines.replay.tables import Slice

FORMAT = 3
UNUSED_S = 86_400
TABLES = ("asked", "offers", "lanes")


def digest(parts: object) -> str:
    """A name for whatever can be told in JSON."""
    told = orjson.dumps([FORMAT, parts], option=orjson.OPT_SORT_KEYS, default=str)
    return hashlib.sha256(told).hexdigest()[:24]


class Folder:
    """One folder of whole files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, table: pl.DataFrame) -> None:
        """A table."""
        part = self._part(name)
        table.write_parquet(part, compression="lz4", statistics=False)
        part.rename(self.path / name)

    def note(self, name: str, data: Mapping[str, Any]) -> None:
        """A small JSON file."""
        part = self._part(name)
        part.write_bytes(orjson.dumps(data))
        part.rename(self.path / name)

    def noted(self, name: str) -> dict[str, Any] | None:
        """What was noted; None where nothing is."""
        path = self.path / name
        return cast("dict[str, Any]", orjson.loads(path.read_bytes())) if path.exists() else None

    def write_slice(self, number: int, part: Slice) -> None:
        """The tables of a slice; `asked` last: where it is, the others are."""
        for name in reversed(TABLES):
            self.write(f"{number:06}.{name}", getattr(part, name))

    def slice(self, number: int) -> Slice:
        """It again."""
        return Slice(*(pl.read_parquet(self.path / f"{number:06}.{name}") for name in TABLES))

    def has_slice(self, number: int) -> bool:
        """Whether a whole one is there."""
        return (self.path / f"{number:06}.asked").exists()

    def _part(self, name: str) -> Path:
        """Where a file is written until it is whole; others may be writing the same one."""
        return self.path / f"{name}.{uuid4().hex}.part"


def tidy(root: Path) -> None:
    """Forget folders that nobody used for a day: who is forgotten in the database is in none of them for longer."""
    for each in root.iterdir() if root.is_dir() else ():
        if each.is_dir() and time.time() - each.stat().st_mtime > UNUSED_S:
            shutil.rmtree(each, ignore_errors=True)  # another process may be at it too
