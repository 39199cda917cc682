import subprocess
from pathlib import Path

from tests.cli.conftest import Run


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
