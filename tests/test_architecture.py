"""The rules of the house that no other tool checks: small modules and functions, honest names, one home per idea."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "const", "constants", "shared"}
LINKS = {ROOT / "gateway" / "migrations", ROOT / "gateway" / "config"}


def modules() -> Iterator[Path]:
    for folder in ("gateway", "carriers"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not any(link in path.parents for link in LINKS):
                yield path


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_the_house_is_not_empty() -> None:
    assert len(list(modules())) > 100


def test_modules_are_small() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {name: size for name, size in sizes.items() if size > LONGEST_MODULE} == {}


def test_functions_are_small() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{function.name}": function.end_lineno - function.lineno + 1
        for path in modules()
        for function in functions(path)
        if function.end_lineno is not None and function.end_lineno - function.lineno >= LONGEST_FUNCTION
    }
    assert long == {}


def test_no_module_has_an_empty_word_for_a_name() -> None:
    named = [path for path in modules() if EMPTY_WORDS & set(path.stem.split("_"))]
    assert named == []


def test_only_the_clock_and_transports_ask_the_machine_for_the_time() -> None:
    asking = {
        str(path.relative_to(ROOT))
        for path in modules()
        if "datetime.now(" in path.read_text("utf-8") and path.name != "clock.py"
    }
    assert asking <= {"gateway/cli/demo/story.py"}  # the demo's story happens now


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX", "NotImplementedError"])
def test_nothing_is_left_for_later(word: str) -> None:
    assert [path for path in modules() if word in path.read_text("utf-8")] == []


def test_every_silenced_check_says_why() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in modules()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if ("# noqa" in line or "# type: ignore" in line) and not _reason(line)
    ]
    assert silent == []


def _reason(line: str) -> str:
    """What stands behind the marker and its codes: `# noqa: S603  # why`, `# type: ignore[misc]  # why`."""
    behind = re.split(
        r"# noqa(?:: [A-Z]+[0-9]+(?:, ?[A-Z]+[0-9]+)*)?|# type: ignore(?:\[[\w, -]+\])?", line, maxsplit=1
    )[1]
    return behind.strip(" #-")
