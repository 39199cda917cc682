"""The command line as people use it: real processes in a folder of their own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def gateway(tmp_path: Path) -> Run:
    """Run `gateway ...` in an empty folder; returns the ended process."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY")}

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "gateway", *arguments],
            cwd=tmp_path,
            env={**environ, "GATEWAY_LOG": "WARNING", **settings},
            text=True,
            capture_output=True,
            timeout=240,
            check=False,
        )

    return run
