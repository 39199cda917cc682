"""The benchmarks run and give figures with a yardstick; how fast anything is, no test says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.bench.stage import ROOT


def test_a_benchmark_measures_a_running_gateway_and_keeps_its_figures(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    options = ["--only", "B4", "--seconds", "1", "--database", "sqlite", "--json", results]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *map(str, options)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "look-ups/s" in done.stdout
    assert "none: D1 to D3 are measured with DATA=path" in done.stdout
    figure = json.loads(results.read_text())["figures"][0]
    assert figure["measured"] > 0
    assert figure["ratio"] == figure["measured"] / figure["yardstick"]


def test_recorded_deliveries_that_are_not_there_are_told(tmp_path: Path) -> None:
    options = ["--only", "D2", "--data", str(tmp_path), "--json", str(tmp_path / "results.json")]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *options], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert "broke: D2" in done.stderr
    assert "olist" in done.stderr
