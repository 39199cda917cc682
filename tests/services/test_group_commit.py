"""Many threads, one commit: nobody is told before his item is stored, and one bad item fails alone."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.domain.errors import InvalidValue, Unavailable
from gateway.services.group_commit import GroupCommit


class Disk:
    """Counts its commits; items that are `bad` cannot be stored; it waits at the gate."""

    def __init__(self, bad: frozenset[int] = frozenset(), away: bool = False) -> None:
        self.commits: list[tuple[int, ...]] = []
        self.stored: set[int] = set()
        self.gate = threading.Event()
        self._bad = bad
        self._away = away

    def write(self, items: Sequence[int]) -> None:
        self.gate.wait(10)
        if self._away:
            raise Unavailable("the database is away")
        if self._bad & set(items):
            raise InvalidValue("cannot be stored")
        self.commits.append(tuple(items))
        self.stored |= set(items)


def told(disk: Disk, group: GroupCommit[int], item: int) -> str:
    try:
        group.add(item)
    except (InvalidValue, Unavailable) as error:
        return type(error).__name__
    assert item in disk.stored, "acknowledged before it was stored"
    return "stored"


def run(disk: Disk, items: int) -> list[str]:
    group = GroupCommit(disk.write)
    with ThreadPoolExecutor(items) as threads:
        answers = [threads.submit(told, disk, group, item) for item in range(items)]
        threading.Timer(0.3, disk.gate.set).start()
        return [answer.result(20) for answer in answers]


def test_what_comes_while_a_commit_waits_goes_with_the_next_one() -> None:
    disk = Disk()
    assert run(disk, 40) == ["stored"] * 40
    assert len(disk.commits) < 10
    assert sorted(item for commit in disk.commits for item in commit) == list(range(40))


@pytest.mark.parametrize("bad", [0, 17])
def test_an_item_that_cannot_be_stored_fails_alone(bad: int) -> None:
    answers = run(Disk(bad=frozenset({bad})), 20)
    assert [number for number, answer in enumerate(answers) if answer != "stored"] == [bad]
    assert answers[bad] == "InvalidValue"


def test_everybody_is_told_when_the_database_is_away() -> None:
    assert run(Disk(away=True), 20) == ["Unavailable"] * 20


def test_one_alone_does_not_wait_for_company() -> None:
    disk = Disk()
    disk.gate.set()
    group = GroupCommit(disk.write)
    for item in range(3):
        assert told(disk, group, item) == "stored"
    assert disk.commits == [(0,), (1,), (2,)]
