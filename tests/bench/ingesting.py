"""B6: a history of parcels that were booked elsewhere is taken in: deduplicated, folded, projected, told."""

from __future__ import annotations

import multiprocessing
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from sqlalchemy import make_url

from carriers.base import TrackingEvent, TrackingUpdate
from gateway.bootstrap import build
from gateway.domain.records import AccountRecord
from gateway.services.bound import Services
from gateway.services.ids import new_id
from gateway.settings import load_settings
from tests.bench.figures import Figure
from tests.bench.load import Failed
from tests.bench.stage import MODE, ROOT, Merchant, Stage

NUMBERS = 10_000
STORY = ("picked_up", "in_transit", "in_transit", "out_for_delivery", "delivered")
REPEATED = 0.2
"""Which share of the events comes a second time."""
PROCESSES = 2
LINES = 1_000_000
MANY = "a million"
READY_LIMIT_S = 120.0
A_BATCH = 2000
"""Numbers in one transaction."""

EVENTS = "tracking_events"
_FORGET = "DELETE FROM tracking_events WHERE merchant_id = %s"
_OURS = "SELECT e.* FROM tracking_events e WHERE e.merchant_id = '{}'"


def ingestion(stage: Stage, seconds: float) -> Iterator[Figure]:
    """New numbers with their whole story, a fifth of it twice; then one more for each; then a file of a million."""
    if not stage.environment["GATEWAY__DATABASE__URL"].startswith("postgresql"):
        return
    merchant = stage.merchant("history", {"200": stage.carriers["200"]})
    account = stage.services.accounts.get(merchant.id, MODE, merchant.accounts[0])
    told = _history(range(NUMBERS))
    took_s = _taken(stage.services, account, told)
    handed = sum(len(update.events) for update in told)
    copied_s, kept = _copied(stage, merchant)
    note = f"{handed:,} events, {kept:,} of them new"
    yield _figure("new numbers", handed / took_s, kept / copied_s, f"{note}; one process")
    took_s = _shared(stage)
    both = f"{note}; {PROCESSES} processes, each with its share of the numbers; raw COPY as above"
    yield _figure(f"new numbers, {PROCESSES} processes", handed / took_s, kept / copied_s, both)
    later = [_story(f"B6-{number}", ("returned",), days=9) for number in range(NUMBERS)]
    took_s = _taken(stage.services, account, later)
    note = f"{len(later):,} events, one more for each number that is there; raw COPY as above; one process"
    yield _figure("known numbers", len(later) / took_s, kept / copied_s, note)
    yield _file(stage)


def _file(stage: Stage) -> Figure:
    """A million lines through `gateway ingest`, and what `gateway audit` says afterwards."""
    merchant = stage.merchant(MANY, {"200": stage.carriers["200"]})
    with TemporaryDirectory() as folder:
        path = Path(folder) / "history.csv"
        _write(path, LINES // len(STORY))
        started = time.perf_counter()
        said = _command(stage, "ingest", "--merchant", MANY, "--processes", str(PROCESSES), "carrier-200", str(path))
        took_s = time.perf_counter() - started
    audited = _command(stage, "audit").strip()
    copied_s, kept = _copied(stage, merchant)
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    return _figure(
        f"{LINES:,} lines",
        LINES / took_s,
        kept / copied_s,
        f"{said.strip()}; {PROCESSES} processes, from start to end; the largest held {peak_mb:.0f} MB; "
        f"afterwards {audited}",
    )


def _write(path: Path, numbers: int) -> None:
    begin = datetime(2026, 3, 1, 8, tzinfo=UTC)
    with path.open("w") as file:
        file.write("tracking_number,occurred_at,status,description\n")
        for number in range(numbers):
            for hour, status in enumerate(STORY):
                at = begin + timedelta(hours=hour, seconds=number % 86_400)
                file.write(f"MILLION-{number},{at.isoformat()},{status},Scanned at a terminal on the way\n")


def _command(stage: Stage, *words: str) -> str:
    command = [sys.executable, "-m", "gateway", *words]
    done = subprocess.run(command, env=stage.environment, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"gateway {words[0]}: {done.stdout[-500:]}{done.stderr[-500:]}")
    return done.stdout


def _figure(case: str, rate: float, copied: float, note: str) -> Figure:
    return Figure(
        benchmark="B6",
        case=case,
        measured=rate,
        unit="events/s",
        beside="raw COPY",
        yardstick=copied,
        note=f"{note}; {A_BATCH:,} numbers a batch",
    )


def _story(number: str, statuses: Sequence[str], days: int = 0) -> TrackingUpdate:
    begin = datetime(2026, 3, 1, 8, tzinfo=UTC) + timedelta(days=days)
    events = (
        TrackingEvent(
            event_id=f"{number}:{days}:{hour}",
            occurred_at=begin + timedelta(hours=hour),
            status=status,
            carrier_code=status.upper(),
            description="Scanned at a terminal on the way",
            raw={"code": status.upper(), "terminal": "0150"},
        )
        for hour, status in enumerate(statuses)
    )
    return TrackingUpdate(tracking_number=number, events=tuple(events))


def _history(numbers: range) -> list[TrackingUpdate]:
    told = [_story(f"B6-{number}", STORY) for number in numbers]
    return told + told[: round(REPEATED * len(told))]


def _shared(stage: Stage) -> float:
    """Seconds from when all processes are ready until the last has taken in its share."""
    merchant = stage.merchant("shared history", {"200": stage.carriers["200"]})
    spawn = multiprocessing.get_context("spawn")
    ready, done = spawn.Barrier(PROCESSES + 1), spawn.Barrier(PROCESSES + 1)
    shares = [range(place, NUMBERS, PROCESSES) for place in range(PROCESSES)]
    given = (dict(stage.environment), merchant, ready, done)
    working = [spawn.Process(target=_take_share, args=(*given, share), daemon=True) for share in shares]
    for each in working:
        each.start()
    ready.wait(READY_LIMIT_S)
    started = time.perf_counter()
    done.wait(READY_LIMIT_S)
    took_s = time.perf_counter() - started
    for each in working:
        each.join()
    return took_s


def _take_share(
    environment: Mapping[str, str], merchant: Merchant, ready: Barrier, done: Barrier, share: range
) -> None:
    services = build(load_settings(environment))
    told = _history(share)
    account = services.accounts.get(merchant.id, MODE, merchant.accounts[0])
    ready.wait(READY_LIMIT_S)
    _taken(services, account, told)
    done.wait(READY_LIMIT_S)


def _taken(services: Services, account: AccountRecord, told: Sequence[TrackingUpdate]) -> float:
    now = services.clock()
    started = time.perf_counter()
    for start in range(0, len(told), A_BATCH):
        services.ingest.apply(account, told[start : start + A_BATCH], now, new_id("inb", now))
    return time.perf_counter() - started


def _copied(stage: Stage, merchant: Merchant) -> tuple[float, int]:
    """Seconds of a raw COPY of the very same rows into the very same table with its indexes and keys, and how many."""
    url = make_url(stage.environment["GATEWAY__DATABASE__URL"]).set(drivername="postgresql")
    with closing(psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)) as connection:
        ours = _OURS.format(merchant.id)
        parts = _read(connection, f"COPY ({ours}) TO STDOUT")
        done = connection.execute(_FORGET, [merchant.id])
        connection.execute(f"VACUUM ANALYZE {EVENTS}")  # type: ignore[arg-type]  # likewise
        started = time.perf_counter()
        with connection.transaction(), connection.cursor().copy(f"COPY {EVENTS} FROM STDIN") as copy:  # type: ignore[arg-type]  # likewise
            for part in parts:
                copy.write(part)
        return time.perf_counter() - started, done.rowcount


def _read(connection: psycopg.Connection[Any], statement: str) -> list[bytes]:
    with connection.cursor().copy(statement) as copy:  # type: ignore[arg-type]  # likewise
        return [bytes(part) for part in copy]
