"""Every row of the fault matrix that tracking must keep names tests, and those tests are there and run."""

import ast
import tomllib
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MATRIX = tomllib.loads((HERE / "fault_matrix.toml").read_text("utf-8"))
KEPT = {*range(38, 52), *range(67, 74)}


@cache
def runs(file: str) -> frozenset[str]:
    """The tests of a file that nothing skips."""
    tree = ast.parse((HERE / file).read_text("utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and not any("skip" in ast.dump(each) for each in node.decorator_list)
    )


def test_every_row_that_tracking_must_keep_is_there() -> None:
    assert {int(number) for number in MATRIX} >= KEPT
    assert [number for number, row in MATRIX.items() if not row["fault"] or not row["tests"]] == []


@pytest.mark.parametrize("number", MATRIX)
def test_the_tests_of_a_row_exist_and_run(number: str) -> None:
    for test in MATRIX[number]["tests"]:
        file, _, name = test.partition("::")
        assert name in runs(file), test
        assert name.startswith("test_")
