import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests

START_LIMIT_S = 60
END_LIMIT_S = 30


def test_ctrl_c_stops_web_and_worker_together(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {**os.environ, "GATEWAY__WEB__PORT": str(port), "GATEWAY_LOG": "WARNING", "MARK": str(tmp_path)}
    gateway = [sys.executable, "-m", "gateway"]
    subprocess.run([*gateway, "init"], cwd=tmp_path, env=environ, check=True, capture_output=True)
    running = subprocess.Popen([*gateway, "run"], cwd=tmp_path, env=environ, start_new_session=True)
    try:
        assert answered(port)
        os.killpg(running.pid, signal.SIGINT)  # a terminal's Ctrl-C goes to everything in the foreground
        assert running.wait(END_LIMIT_S) == 0
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
    assert left_behind(str(tmp_path)) == []


def answered(port: int) -> bool:
    """Whether the gateway is ready within the limit."""
    until = time.monotonic() + START_LIMIT_S
    while time.monotonic() < until:
        try:
            if requests.get(f"http://127.0.0.1:{port}/readyz", timeout=2).json().get("worker") == "ok":
                return True
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    return False


def left_behind(mark: str) -> list[str]:
    """Processes that carry the test's mark in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"MARK={mark}" in (folder / "environ").read_text("utf-8", "replace"):
                found.append((folder / "cmdline").read_text("utf-8", "replace"))
        except OSError:
            continue
    return found
