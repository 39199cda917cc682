"""What a worker tells an engine that passes hints on, and what becomes of it where nobody hears."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.bootstrap import build
from gateway.engines.celery_engine import CeleryDispatcher
from gateway.jobs.hints import Hints
from gateway.services.dispatch import Due, keys, named
from gateway.settings import BadSettings, Work, load_settings
from tests.journeys.site import environment

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SWEEP_S = 30.0


class Heard:
    """An engine that hears everything, unless it is away."""

    def __init__(self) -> None:
        self.away = False
        self.told: list[tuple[str, str, list[str]]] = []

    def wake(self, job: str, lane: str, ids: Sequence[str]) -> None:
        self.tell(job, lane, ids)

    def tell(self, job: str, lane: str, ids: Sequence[str]) -> bool:
        if not self.away:
            self.told.append((job, lane, list(ids)))
        return not self.away


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def hints(heard: Heard, clock: list[float]) -> Hints:
    return Hints(heard, SWEEP_S, lambda: clock[0])


def due(row_id: str, lane: str = "acc_1", since: datetime = NOW) -> Due:
    return Due(lane, named("mer_1", row_id), since)


def test_what_is_due_is_told_once_and_each_lane_apart(hints: Hints, heard: Heard) -> None:
    rows = [due("a"), due("b"), due("c", "acc_2")]
    assert hints.pass_on("poll", rows)
    assert hints.pass_on("poll", rows)
    assert heard.told == [("poll", "acc_1", ["mer_1/a", "mer_1/b"]), ("poll", "acc_2", ["mer_1/c"])]


def test_what_became_due_again_is_told_again(hints: Hints, heard: Heard) -> None:
    hints.pass_on("poll", [due("a")])
    hints.pass_on("poll", [due("a", since=NOW + timedelta(seconds=1))])
    hints.pass_on("poll", [])  # somebody has it; then his lease is over
    hints.pass_on("poll", [due("a", since=NOW + timedelta(seconds=1))])
    assert len(heard.told) == 3


def test_when_nobody_hears_the_worker_does_it_himself_until_somebody_does(hints: Hints, heard: Heard) -> None:
    heard.away = True
    assert not hints.pass_on("poll", [due("a")])
    heard.away = False
    assert hints.pass_on("poll", [due("a")])
    assert heard.told == [("poll", "acc_1", ["mer_1/a"])]


def test_now_and_then_the_worker_looks_for_himself(hints: Hints, clock: list[float]) -> None:
    assert hints.pass_on("poll", [due("a")])
    clock[0] = SWEEP_S
    assert not hints.pass_on("poll", [due("a")]), "the hint may have been lost"
    assert hints.pass_on("poll", [due("a")])


def test_an_id_that_is_none_names_nothing() -> None:
    assert keys([named("mer_1", "acc_1"), "", "acc_1", "mer_1/"]) == [("mer_1", "acc_1")]


def test_without_a_broker_telling_says_so_and_waking_neither_waits_nor_fails() -> None:
    nowhere = Work(engine="celery", broker_url="amqp://127.0.0.1:9//", sweep_s=SWEEP_S, processes=1)
    dispatcher = CeleryDispatcher(nowhere)
    assert dispatcher.tell("inbox", "acc_1", ["mer_1/acc_1"]) is False
    dispatcher.wake("inbox", "acc_1", ["mer_1/acc_1"])


def test_an_engine_that_is_unknown_or_not_installed_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(BadSettings, match="embedded or celery"):
        build(load_settings(environment(f"sqlite:///{tmp_path}/none.db", WORK__ENGINE="redis")))
    monkeypatch.delitem(sys.modules, "gateway.engines.celery_engine")
    monkeypatch.setitem(sys.modules, "celery", None)
    with pytest.raises(BadSettings, match=r"doorstep\[distributed\]"):
        build(load_settings(environment(f"sqlite:///{tmp_path}/none.db", WORK__ENGINE="celery")))
