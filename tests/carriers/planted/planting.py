"""Install a copy of Parcel & Co with a bug in it, as pip would: a package and its entry point on the path."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

HONEST = Path(__file__).parent / "parcelco"
ENTRY_POINTS = "[gateway.carriers]\nparcelco = parcelco.adapter:ParcelCo\n"


@contextmanager
def planted(folder: Path, changes: Mapping[str, tuple[str, str]]) -> Iterator[EntryPoint]:
    """The entry point of a copy in which, file by file, one text stands in place of another."""
    shutil.copytree(HONEST, folder / "parcelco", ignore=shutil.ignore_patterns("__pycache__"))
    for name, (old, new) in changes.items():
        file = folder / "parcelco" / name
        text = file.read_text("utf-8")
        assert old in text, f"{name} has no {old!r} to replace"
        file.write_text(text.replace(old, new), "utf-8")
    info = folder / "parcelco-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: parcelco\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text(ENTRY_POINTS, "utf-8")
    _forget()
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        (entry,) = entry_points(group="gateway.carriers", name="parcelco")
        yield entry
    finally:
        sys.path.remove(str(folder))
        _forget()


def _forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "parcelco"]:
        del sys.modules[name]
