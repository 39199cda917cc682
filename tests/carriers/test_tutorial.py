"""carriers/README.md is followed to the letter: every block of it is run, and ends in a green kit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from carriers.base.conformance.checks import CHECKS
from carriers.base.conformance.suite import Failure
from gateway.cli.check_report import hints, told

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(sh|json|csv|python)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
UNFILLED = {"samples_are_well_formed", "every_capability_is_shown"}
UNWRITTEN = {
    "the_documented_request_is_what_we_send",
    "the_documented_answer_is_what_we_read",
    "a_spoilt_answer_breaks_nothing",
    "refused_credentials_are_told",
    "too_many_requests_are_told",
    "an_unavailable_carrier_is_told",
    "a_login_page_is_told",
    "a_dripping_carrier_is_given_up",
    "a_huge_answer_is_given_up",
    "a_lost_booking_is_never_called_safe",
    "the_idempotency_key_travels",
    "a_delivery_is_told",
    "a_failed_attempt_is_no_delivery",
}


class Newcomer:
    """A shell in an empty folder, where `pip install -e` reaches only a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.site, commands = folder, folder / "site", folder / "bin"
        commands.mkdir()
        python = f'exec "{sys.executable}"'
        offline = "--no-deps --no-index --no-build-isolation"
        editable = f'rm -r "{self.site}/fjord_express" && ln -s "{folder}/fjord/fjord_express" "{self.site}"'
        pip = f'"{sys.executable}" -m pip -q install {offline} --target "{self.site}" ./fjord && {editable}'
        for name, line in (
            ("gateway", f'{python} -m gateway "$@"'),
            ("pytest", f'{python} -m pytest -p no:cacheprovider "$@"'),
            ("pip", pip),
        ):
            (commands / name).write_text(f"#!/bin/sh\n{line}\n")
            (commands / name).chmod(0o755)
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_", "GATEWAY"))
        }
        path = f"{commands}:{os.environ['PATH']}"
        self._environ = {**clean, "PATH": path, "PYTHONPATH": str(self.site), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", line], cwd=self.folder, env=self._environ, text=True, capture_output=True, check=False
        )


def failing(report: str) -> set[str]:
    """The checks that a report names."""
    return {check.name for check in CHECKS} & set(re.findall(r"\w+", report))


def followed(newcomer: Newcomer) -> Iterator[tuple[str, subprocess.CompletedProcess[str]]]:
    """Each command of the page and what came of it, the files written in between."""
    for language, name, text in BLOCK.findall((ROOT / "carriers" / "README.md").read_text("utf-8")):
        if language != "sh":
            (newcomer.folder / "fjord" / name).write_text(text, "utf-8")
            continue
        for line in text.splitlines():
            yield line, newcomer.run(line)


def test_the_tutorial_ends_in_a_green_kit(tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path)
    checked = []
    for line, done in followed(newcomer):
        if line.startswith("gateway carriers check"):
            checked.append((failing(done.stdout), done.returncode, done.stdout))
        else:
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    assert [(names, code) for names, code, _ in checked] == [(UNFILLED, 1), (UNWRITTEN, 1), (set(), 0)]
    assert "$.source: is not a text" in checked[0][2]
    assert "wire.py, order: write what the sample book.ok shows" in checked[1][2]
    assert checked[2][2] == "fjord_express: all checks pass\n"
    for command in (("check",), ("format", "--check")):
        linted = newcomer.run(
            f'"{sys.executable}" -m ruff {" ".join(command)} --config "{ROOT}/pyproject.toml" fjord/fjord_express'
        )
        assert linted.returncode == 0, linted.stdout


def test_what_stops_a_carrier_from_being_loaded_is_told(tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path)
    newcomer.run("gateway new-carrier fjord_express --into fjord && pip")
    (tmp_path / "fjord" / "fjord_express" / "statuses.csv").write_text("code,status\n")
    said = newcomer.run("gateway carriers check fjord_express")
    assert (said.returncode, "Traceback" in said.stderr) == (1, False)
    assert "statuses.csv, line 1: the columns are carrier_code," in said.stdout
    absent = newcomer.run("gateway carriers check nobody")
    assert "run pip install -e again" in absent.stderr


def test_a_report_shows_one_of_each_case_first_and_all_on_request() -> None:
    found = [("a", "1"), ("a", "2"), ("b", "3"), ("c", "4"), ("d", "5")]
    failures = [Failure(check="money_is_exact", case=case, message=message) for case, message in found]
    shown = [line.strip() for line in told("acme", failures) if line.startswith("    ")]
    assert shown == ["[a] 1", "[b] 3", "[c] 4", "… and 2 more"]
    everything = [line.strip() for line in told("acme", failures, all_of_it=True) if line.startswith("    ")]
    assert everything == ["[a] 1", "[b] 3", "[c] 4", "[d] 5", "[a] 2"]


def test_every_check_has_a_hint_and_every_hint_a_check() -> None:
    assert set(hints()) == {check.name for check in CHECKS} | {"it_can_be_loaded"}
    assert all(hints().values())


@pytest.mark.parametrize("code", ["acme", "zeta"])  # one before and one after carriers.base
def test_a_carrier_in_this_tree_is_registered_and_linted(tmp_path: Path, code: str) -> None:
    (tmp_path / "carriers" / "base").mkdir(parents=True)
    before = (ROOT / "setup.cfg").read_text("utf-8")
    (tmp_path / "setup.cfg").write_text(before, "utf-8")
    done = _gateway(tmp_path, "new-carrier", code)
    assert done.returncode == 0, done.stderr
    after = (tmp_path / "setup.cfg").read_text("utf-8")
    new = [line for line in after.splitlines() if line not in before.splitlines()]
    assert new == [f"    {code} = carriers.{code}.adapter:{code.title()}", *[f"    carriers.{code}"] * 2]
    assert (tmp_path / "tests" / "carriers" / code / f"test_{code}.py").exists()
    ruff = [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), f"carriers/{code}"]
    linted = subprocess.run(ruff, cwd=tmp_path, text=True, capture_output=True, check=False)
    assert linted.returncode == 0, linted.stdout
    again = _gateway(tmp_path, "new-carrier", code)
    assert (again.returncode, "exists already" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Acme"], "source tree"),
        (["Acme", "--into", "x"], "no name for a carrier"),
        (["class", "--into", "x"], "no name for a carrier"),
        (["bring", "--into", "x"], "already"),
        (["json", "--into", "x"], "Python package"),
    ],
)
def test_a_name_that_cannot_be_is_refused(tmp_path: Path, arguments: list[str], said: str) -> None:
    refused = _gateway(tmp_path, "new-carrier", *arguments)
    assert refused.returncode in (1, 2)
    assert said in refused.stderr
    assert list(tmp_path.iterdir()) == []


def _gateway(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "gateway", *arguments], cwd=folder, text=True, capture_output=True, check=False
    )
