"""Nobody outside is called without a purpose, and there is no purpose, kill point or way out that nobody uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.services import faultpoints
from gateway.services.faultpoints import AFTER_SEND, BOOKING_POINTS, POINTS, FaultPoints, Purpose

ROOT = Path(__file__).parents[2]
SERVICES = "gateway/services"
# Everything with which a program can talk to others.
WAYS_OUT = {"aiohttp", "ftplib", "http", "httpx", "pycurl", "requests", "smtplib", "socket", "urllib3", "websockets"}
DRIVERS = {"drive", "run"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "gateway").rglob("*.py")):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))


MODULES = dict(modules())


def imported(tree: ast.Module) -> Iterator[str]:
    """Dotted names, those of `from a import b` as `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Calls of functions or methods of these names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if (isinstance(called, ast.Attribute) and called.attr in names) or (
                isinstance(called, ast.Name) and called.id in names
            ):
                yield node


def purpose(argument: ast.expr) -> Purpose | None:
    """The member that `Purpose.X` or `Purpose.X.value` names."""
    if isinstance(argument, ast.Attribute) and argument.attr == "value":
        argument = argument.value
    if isinstance(argument, ast.Attribute) and isinstance(argument.value, ast.Name) and argument.value.id == "Purpose":
        return Purpose[argument.attr]
    return None


def asked() -> list[tuple[str, Purpose | None]]:
    """Every call of the pool: where, and why."""
    return [(name, purpose(call.args[0])) for name, tree in MODULES.items() for call in calls(tree, "ask", "ask_all")]


def reached() -> set[str]:
    """The named points that are passed somewhere; carriers' calls pass theirs, by variable, in the pool."""
    points = [call.args[0] for tree in MODULES.values() for call in calls(tree, "reach")]
    named = [vars(faultpoints)[point.id] for point in points if isinstance(point, ast.Name)]
    return {*named, *filter(None, map(purpose, points))}


def test_every_call_of_a_carrier_says_why() -> None:
    outside_the_pool = [call for call in asked() if call[0] != f"{SERVICES}/carrier_pool.py"]
    assert len(outside_the_pool) >= 8
    assert [where for where, why in outside_the_pool if why is None] == []


def test_only_the_pool_drives_carriers() -> None:
    driving = {
        name
        for name, tree in MODULES.items()
        if any(each in {f"carriers.base.drive.{driver}" for driver in DRIVERS} for each in imported(tree))
    }
    assert driving == {f"{SERVICES}/carrier_pool.py"}


def test_nobody_else_has_a_way_out() -> None:
    talking = {name for name, tree in MODULES.items() if {each.split(".")[0] for each in imported(tree)} & WAYS_OUT}
    own_merchants = {name for name in talking if name.startswith("gateway/cli/demo/")}
    assert talking - own_merchants == {f"{SERVICES}/public_http.py"}


def test_only_messages_to_merchants_are_posted_and_that_has_its_point() -> None:
    posting = {name for name, tree in MODULES.items() if "gateway.services.public_http.post" in imported(tree)}
    assert posting == {f"{SERVICES}/merchant_webhooks.py"}
    [work] = [
        node
        for node in ast.walk(MODULES[f"{SERVICES}/merchant_webhooks.py"])
        if isinstance(node, ast.FunctionDef) and list(calls(node, "_send"))
    ]
    [send], [reach] = list(calls(work, "_send")), list(calls(work, "reach"))
    assert purpose(reach.args[0]) is Purpose.TELL_MERCHANT
    assert reach.lineno > send.lineno


def test_every_purpose_is_somebodys() -> None:
    used = {why for _, why in asked()} | {Purpose.TELL_MERCHANT}
    assert set(Purpose) - used == set()


def test_every_kill_point_of_a_booking_is_reached() -> None:
    assert Purpose.BOOK in {why for _, why in asked()}
    assert set(BOOKING_POINTS) - {AFTER_SEND} == reached() - {Purpose.TELL_MERCHANT}


def test_points_are_named_once() -> None:
    assert len(set(POINTS)) == len(POINTS) == len(BOOKING_POINTS) + len(Purpose) - 1


@pytest.mark.parametrize("name", ["after_lunch", "AFTER_CLAIM", " after_claim", "book"])
def test_a_point_that_does_not_exist_cannot_be_armed(name: str) -> None:
    with pytest.raises(ValueError, match="there is no fault point"):
        FaultPoints(name)


def test_nothing_happens_at_points_that_are_not_armed() -> None:
    for point in POINTS:
        FaultPoints().reach(point)
        FaultPoints(AFTER_SEND if point != AFTER_SEND else Purpose.FIND.value).reach(point)
