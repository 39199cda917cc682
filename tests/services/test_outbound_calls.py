"""No call leaves the gateway by another way than the ones that have a purpose, a fault point and an account to bill."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import gateway
from gateway.services.faultpoints import BOOKING_POINTS, POINTS, FaultPoints, Purpose

ROOT = Path(gateway.__file__).parent
SOURCES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in ROOT.rglob("*.py")}
POOL = "services/carrier_pool.py"
WEBHOOKS = "services/webhook_lanes.py"
PUSHES = "engines/notices/push.py"
CODES = "services/recipients/codes.py"
"""A code that a recipient asked for and waits for: counted and committed before it is sent, and never sent again."""
ON_THEIR_OWN = ("cli/demo/", "cli/running.py", "migrations/")
"""The demo is a merchant and a person who starts processes, not the gateway."""
TO_RECIPIENTS = ("engines/notices/mail.py", "engines/notices/smtp_server.py", "engines/notices/twilio.py")
"""Driven by the recipients' lanes alone, which commit each letter before it is sent and pass the fault point after."""
WAYS_OUT = ("requests", "urllib.request", "urllib3", "http.client", "httpx", "aiohttp", "pycurl", "smtplib", "ftplib")


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def name_of(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module, and every `module.name`, that a source imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def users_of(*names: str) -> set[str]:
    return {path for path, tree in SOURCES.items() if not set(names).isdisjoint(imported(tree))}


def test_only_the_pool_drives_carriers() -> None:
    assert users_of("carriers.base.drive.drive", "carriers.base.drive.run") == {POOL}


def test_only_webhooks_and_push_messages_post_to_addresses_of_strangers() -> None:
    posting = users_of("gateway.services.public_http.post")
    assert posting == {WEBHOOKS, PUSHES}


def test_nothing_else_in_the_gateway_can_speak_to_the_outside() -> None:
    speaking = {path for path in users_of(*WAYS_OUT) if not path.startswith(ON_THEIR_OWN)}
    assert speaking == {"services/public_http.py", *TO_RECIPIENTS}


def test_only_the_recipients_lanes_send_letters_and_codes_that_somebody_waits_for() -> None:
    sending = {
        path
        for path, tree in SOURCES.items()
        for call in calls(tree)
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func) == "post.send"
    }
    assert sending == {"services/notifications/lanes.py", CODES}


def test_every_call_through_the_pool_says_why() -> None:
    asked = [
        (path, call)
        for path, tree in SOURCES.items()
        for call in calls(tree)
        if name_of(call) in ("ask", "ask_all") and path != POOL
    ]
    assert len(asked) > len(Purpose) / 2
    for path, call in asked:
        purpose = call.args[0]
        assert isinstance(purpose, ast.Attribute), f"{path}:{call.lineno}"
        assert isinstance(purpose.value, ast.Name), f"{path}:{call.lineno}"
        assert purpose.value.id == "Purpose", f"{path}:{call.lineno}"
        assert purpose.attr in Purpose.__members__, f"{path}:{call.lineno}"


def test_every_purpose_is_one_of_a_call() -> None:
    used = {
        node.attr
        for path, tree in SOURCES.items()
        if path != "services/faultpoints.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Purpose"
    }
    assert used == set(Purpose.__members__)


def test_every_point_of_a_booking_is_reached_in_one_place() -> None:
    reached = [
        argument.id
        for tree in SOURCES.values()
        for call in calls(tree)
        if name_of(call) == "reach"
        for argument in call.args
        if isinstance(argument, ast.Name) and argument.id.isupper()
    ]
    in_code = {point.upper() for point in BOOKING_POINTS if point != Purpose.BOOK}
    assert sorted(reached) == sorted(in_code)
    # The pool reaches the point of each purpose, `after_send` among them, when the request has gone out.
    pool = ast.unparse(SOURCES[POOL])
    assert "reach(purpose.value)" in pool
    assert Purpose.BOOK.value == "after_send"


def test_points_have_names_of_their_own_and_none_kills_unless_armed() -> None:
    assert len(set(POINTS)) == len(POINTS)
    assert set(BOOKING_POINTS) <= set(POINTS)
    quiet = FaultPoints()
    for point in POINTS:
        quiet.reach(point)


@pytest.mark.parametrize("name", ["after_lunch", "AFTER_CLAIM", " after_claim", "book"])
def test_a_point_that_does_not_exist_cannot_be_armed(name: str) -> None:
    with pytest.raises(ValueError, match="there is no fault point"):
        FaultPoints(name)
