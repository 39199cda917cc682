import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run

WAITING = """import time
from gateway.cli.demo.stage import Stage
with Stage() as it:
    print(it.url, flush=True)
    time.sleep(600)
"""


def processes() -> set[str]:
    """Processes of the gateway or of a simulator that the demo may have left behind."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            environment = (folder / "environ").read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        if "doorstep-demo-" in environment:
            found.add(f"{folder.name} {command}")
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_demo_that_is_told_to_end_takes_what_it_started_along(number: signal.Signals) -> None:
    before = processes()
    with subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        assert any(line.startswith("http://127.0.0.1") for line in demo.stdout)
        assert processes() > before
        demo.send_signal(number)
        assert demo.wait(60) == 128 + number
    assert processes() <= before


def test_the_demo_tells_its_story_and_leaves_nothing_behind(gateway: Run) -> None:
    before = processes()
    told: subprocess.CompletedProcess[str] = gateway("demo")
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-3000:]
    for part in (
        "is recommended by policy",
        "did not answer in time",
        "proof of delivery",
        "refused (the sandbox says",
        "delivered at attempt 2",
        "found after: no answer",
        "answered 202, state uncertain",
        "ledger holds 1 booking",
        "the recipient's page says: Delivered",
        "nobody real gets any",
        "mail to ada@demo.example: ",
        "Every invariant holds",
        "/console",
        "sign in as kari@demo.example",
        "phone ends 4417",
    ):
        assert part in told.stdout, part
    assert processes() <= before
