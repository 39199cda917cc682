"""A carrier in a package of its own, installed by pip, is found and examined without an edit here."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input")
OFFLINE = ("--no-deps", "--no-index", "--no-build-isolation")
FOUND = """
from carriers.base.registry import carrier, installed
assert "parcelco" in installed(), sorted(installed())
print(carrier("parcelco").__module__, __import__("parcelco").__file__)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel of the separate package is installed."""
    work = tmp_path_factory.mktemp("third_party")
    shutil.copytree(HERE / "third_party", work / "source")
    shutil.copytree(
        HERE / "planted" / "parcelco", work / "source" / "parcelco", ignore=shutil.ignore_patterns("__pycache__")
    )
    _python(*PIP, "wheel", *OFFLINE, "--wheel-dir", str(work / "dist"), str(work / "source"), cwd=work)
    (wheel,) = (work / "dist").glob("*.whl")
    _python(*PIP, "install", *OFFLINE, "--target", str(work / "site"), str(wheel), cwd=work)
    return work / "site"


def test_a_separate_package_is_found_by_its_entry_point(site: Path) -> None:
    before = _fingerprint()
    said = _python("-c", FOUND, cwd=site.parent, path=site)
    assert said.split() == ["parcelco.adapter", str(site / "parcelco" / "__init__.py")]
    assert _fingerprint() == before


def test_the_kit_passes_on_a_separate_package_in_one_line(site: Path) -> None:
    tests = site.parent / "source" / "kit_on_parcelco.py"
    said = _python("-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests), cwd=site.parent, path=site)
    summary = said.strip().splitlines()[-1]
    assert " passed" in summary
    assert "skipped" not in summary


def test_the_kit_asks_without_pytest(site: Path) -> None:
    asked = (
        "import sys; sys.modules['pytest'] = None\n"
        "from carriers.base.registry import carrier\n"
        "from carriers.base.conformance import check, grade\n"
        "print(len(check(carrier('parcelco'))), grade(carrier('parcelco')).level)"
    )
    assert _python("-c", asked, cwd=site.parent, path=site).split() == ["0", "silver"]


def _python(*arguments: str, cwd: Path, path: Path | None = None) -> str:
    """What a new interpreter says; its errors are shown when it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    environment["PYTHONPATH"] = str(path or "")
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def _fingerprint() -> str:
    """What the files that a carrier in the tree would be registered in say now."""
    files = sorted([ROOT / "setup.cfg", ROOT / "pyproject.toml", *(ROOT / "carriers" / "base").glob("*.py")])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
