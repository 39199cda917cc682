"""Figures and how they are shown: both sides, the ratio, and what is to be reached. Nothing passes or fails."""

from __future__ import annotations

import json
import os
import platform
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import pycurl
from rich.console import Console

TARGETS: Mapping[str, Mapping[str, Any]] = tomllib.loads(Path(__file__).with_name("targets.toml").read_text("utf-8"))
LIBRARIES = ("doorstep", "flask", "flask-smorest", "granian", "marshmallow", "psycopg", "sqlalchemy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measurement and its yardstick from the same run. `case` is a key of the benchmark's targets."""

    benchmark: str
    case: str = ""
    measured: float
    unit: str
    beside: str
    yardstick: float
    note: str

    @property
    def ratio(self) -> float:
        """Measured ÷ yardstick."""
        return self.measured / self.yardstick

    def shown(self) -> dict[str, object]:
        """For the JSON file."""
        target = TARGETS[self.benchmark]
        return {
            **asdict(self),
            "ratio": self.ratio,
            "of": target["of"],
            "better": target["better"],
            "to_reach": target["to_reach"][self.case],
            "stretch": target["stretch"][self.case],
        }


def machine() -> dict[str, object]:
    """On what it was measured."""
    return {
        "cores": os.cpu_count(),
        "processor": _line("/proc/cpuinfo", "model name") or platform.processor(),
        "memory_gb": round(int(_line("/proc/meminfo", "MemTotal").split()[0] or 0) / 1e6, 1),
        "load_before": os.getloadavg()[0],
        "system": platform.platform(),
        "python": platform.python_version(),
        "libcurl": pycurl.version.split()[1],
        **{name: version(name) for name in LIBRARIES},
    }


def show(figures: Sequence[Figure], setting: Mapping[str, object]) -> None:
    """For people."""
    console = Console(highlight=False, soft_wrap=True)
    for benchmark, group in groupby(figures, key=lambda figure: figure.benchmark):
        target = TARGETS[benchmark]
        console.print(f"\n[bold]{benchmark}[/]  {target['what']}")
        for figure in group:
            console.print(_line_of(figure, target))
            console.print(f"      {figure.note}", style="dim")
    console.print()
    for name, value in setting.items():
        console.print(f"{name}: {_text(value)}")


def _line_of(figure: Figure, target: Mapping[str, Any]) -> str:
    sign = "≤" if target["better"] == "less" else "≥"
    unit = f" {figure.unit}" if target["of"] == "measured" else ""
    sides = f"{figure.measured:,.4g} {figure.unit}, {figure.beside} {figure.yardstick:,.4g}"
    wanted = f"to reach {sign} {target['to_reach'][figure.case]}{unit}, stretch {target['stretch'][figure.case]}"
    return f"    {figure.case:14} {sides:48} ratio [bold]{figure.ratio:8.3f}[/]   {wanted}"


def save(path: Path, figures: Sequence[Figure], setting: Mapping[str, object]) -> None:
    """For comparing two runs."""
    data = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        **setting,
        "figures": [figure.shown() for figure in figures],
    }
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _line(file: str, name: str) -> str:
    """The value of the first line of that name; empty when there is none."""
    for line in Path(file).read_text().splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return ""
