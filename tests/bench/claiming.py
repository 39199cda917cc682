"""B7: how fast workers claim due trackers and give them back, beside plain UPDATEs of as many rows by their keys.

Each worker is a process of its own: `python -m tests.bench.claiming URL SECONDS`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from statistics import fmean

from cryptography.fernet import Fernet
from sqlalchemy import Engine, bindparam, create_engine, text, update

from gateway.domain.clock import utc_now
from gateway.domain.copies import altered
from gateway.domain.records import TrackerRecord
from gateway.storage import SqlStore, open_store
from gateway.storage.repositories.trackers import TRACKERS
from tests.bench.figures import Figure
from tests.bench.load import Failed
from tests.bench.stage import MODE, ROOT, Stage

BATCH = 100
LEASE = timedelta(minutes=5)
LATER = timedelta(hours=1)
SIZES = (100_000, 1_000_000)
ROUNDS = 3
KEY = "trk_{:08}"
STEP = 7919
"""A prime: as if stepping by it, trackers become due in no order in which they lie."""
FILL = """
    INSERT INTO trackers ({columns})
    SELECT {values} FROM trackers, generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS i
    WHERE trackers.id = 'trk_template'
"""
NOT_DUE = text("UPDATE trackers SET due_at = NULL WHERE due_at IS NOT NULL")
CHANGED = {
    "id": "'trk_' || lpad(i::text, 8, '0')",
    "tracking_number": "'B7-' || i",
    "due_at": f"CAST(:due AS timestamptz) + (i * {STEP}) % (CAST(:last AS bigint) + 1) * interval '1 millisecond'",
}


def claims(stage: Stage, seconds: float) -> Iterator[Figure]:
    """With one worker over a hundred thousand and a million, then more workers over the million."""
    url = stage.environment["GATEWAY__DATABASE__URL"]
    if not url.startswith("postgresql"):
        raise Failed("SQLite has one writer at a time: workers are measured on PostgreSQL")
    engine = create_engine(url)
    with _store(url) as store:
        _template(stage, store)
        filled = 0
        for size in SIZES:
            took_s = _fill(engine, filled, size)
            filled = size
            rates = _in_turns(store, engine, seconds, size // 2 - 2 * BATCH)
            yield Figure(
                benchmark="B7",
                case=f"{size:,}",
                measured=rates["claims"],
                unit="trackers/s",
                beside="plain UPDATEs",
                yardstick=rates["plain"],
                note=f"one worker, {BATCH} at a time, in turns with the plain ones; a claim is an UPDATE and a commit "
                f"that does not wait for the disk, giving back {BATCH} another that does; plain is the second only; "
                f"one UPDATE of {BATCH} keys in a list does {rates['sets']:,.0f}/s; writing them took {took_s:.0f} s",
            )
    yield from _together(url, seconds)


def _in_turns(store: SqlStore, engine: Engine, seconds: float, most: int) -> Mapping[str, float]:
    """Rows a second of each kind, one batch after the other, so that what else the machine does falls upon all."""
    turns = {"plain": _plain_turn(engine), "sets": _sets_turn(engine), "claims": _claim_turn(store)}
    rows, took = Counter[str](), Counter[str]()
    for turn in turns.values():
        turn()
    until = time.perf_counter() + seconds * len(turns)
    while time.perf_counter() < until and rows["claims"] < most:
        for kind, turn in turns.items():
            started = time.perf_counter()
            rows[kind] += turn()
            took[kind] += time.perf_counter() - started  # type: ignore[assignment]  # seconds add up likewise
    return {kind: rows[kind] / took[kind] for kind in turns}


def _together(url: str, seconds: float) -> Iterator[Figure]:
    """One worker, two and four, in turns likewise."""
    rates: dict[int, list[float]] = {1: [], 2: [], 4: []}
    for _ in range(ROUNDS):
        for workers, found in rates.items():
            found.append(_rate(url, seconds / ROUNDS, workers))
    alone = fmean(rates.pop(1))
    for workers, found in rates.items():
        yield Figure(
            benchmark="B7",
            case=f"{workers} workers ÷ 1",
            measured=fmean(found),
            unit="trackers/s",
            beside="one worker",
            yardstick=alone,
            note=f"{workers} processes, no row claimed twice by the lease; all on this machine, the database too; "
            f"{ROUNDS} rounds in turns",
        )


@contextmanager
def _store(url: str) -> Iterator[SqlStore]:
    store = open_store(url, secret_keys=[Fernet.generate_key().decode()], clock=utc_now, durable=True)
    assert isinstance(store, SqlStore)
    try:
        yield store
    finally:
        store.close()


def _template(stage: Stage, store: SqlStore) -> None:
    """A merchant's tracker, never due, that the others are copies of."""
    owner = stage.merchant("B7", {"1": "http://127.0.0.1:9"})
    with store.work() as uow:
        uow.trackers.add(
            TrackerRecord(
                id="trk_template",
                merchant_id=owner.id,
                account_id=owner.accounts[0],
                carrier="sandbox",
                mode=MODE,
                tracking_number="B7",
                created_at=utc_now(),
            )
        )
        uow.commit()


def _fill(engine: Engine, first: int, size: int) -> float:
    """Write trackers up to this many, each due in a millisecond of its own; how many seconds it took."""
    names = [column.name for column in TRACKERS.table.columns]
    with engine.begin() as connection:
        connection.execute(NOT_DUE)  # of other benchmarks, and those that a worker took before
    values = [CHANGED.get(name, f"trackers.{name}") for name in names]
    statement = text(FILL.format(columns=", ".join(names), values=", ".join(values)))
    started = time.perf_counter()
    with engine.begin() as connection:
        connection.execute(statement, {"first": first, "last": size - 1, "due": utc_now() - 10 * LATER})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE trackers"))
    return time.perf_counter() - started


def _rate(url: str, seconds: float, workers: int) -> float:
    """Rows a second of so many processes that begin together."""
    command = [sys.executable, "-m", "tests.bench.claiming", url, str(seconds)]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(workers)
    ]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()  # it is ready
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        raise Failed("a worker broke")
    return sum(float(each) for each in said)


def _worker(url: str, seconds: float) -> float:
    """Claim in a loop, once told to go; rows a second."""
    with _store(url) as store:
        turn = _claim_turn(store)
        turn()
        print("ready", flush=True)  # noqa: T201  # to the parent
        sys.stdin.readline()
        rows, started = 0, time.perf_counter()
        while (gone := time.perf_counter() - started) < seconds:
            rows += turn()
        return rows / gone


def _claim_turn(store: SqlStore) -> Callable[[], int]:
    def turn() -> int:
        now = utc_now()
        with store.work() as uow:
            due = uow.trackers.claim_due(now, LEASE, BATCH)
        with store.work() as uow:
            uow.trackers.reschedule([altered(each, due_at=now + LATER, tries=0, polled_at=now) for each in due])
            uow.commit()
        if not due:
            raise Failed("every tracker was claimed: fewer seconds, please")
        return len(due)

    return turn


def _plain_turn(engine: Engine) -> Callable[[], int]:
    """From the end, where no claim comes."""
    columns, merchant_id = TRACKERS.table.c, _merchant(engine)
    statement = (
        update(TRACKERS.table)
        .where(columns.merchant_id == bindparam("key_merchant"), columns.id == bindparam("key_id"))
        .values(due_at=bindparam("due_at"), tries=0, polled_at=bindparam("polled_at"))
    )
    batches = _batches(engine)

    def turn() -> int:
        now = utc_now()
        rows = [
            {"key_merchant": merchant_id, "key_id": each, "due_at": now + LATER, "polled_at": now}
            for each in next(batches)
        ]
        with engine.begin() as connection:
            connection.execute(statement, rows)
        return len(rows)

    return turn


def _sets_turn(engine: Engine) -> Callable[[], int]:
    columns, merchant_id, batches = TRACKERS.table.c, _merchant(engine), _batches(engine)

    def turn() -> int:
        now, keys = utc_now(), next(batches)
        statement = update(TRACKERS.table).where(columns.merchant_id == merchant_id, columns.id.in_(keys))
        with engine.begin() as connection:
            return connection.execute(statement.values(due_at=now + LATER, tries=0, polled_at=now)).rowcount

    return turn


def _merchant(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.execute(text("SELECT merchant_id FROM trackers WHERE id = 'trk_template'")).scalar_one())


def _batches(engine: Engine) -> Iterator[list[str]]:
    """Keys from the end of what is due, where no claim comes."""
    with engine.connect() as connection:
        last = str(connection.execute(text("SELECT max(id) FROM trackers WHERE id LIKE 'trk\\_0%'")).scalar_one())
    end = int(last.removeprefix("trk_")) + 1
    back = pow(STEP, -1, end)
    while True:
        for first in range(end - BATCH, end // 2, -BATCH):
            yield [KEY.format(place * back % end) for place in range(first, first + BATCH)]


if __name__ == "__main__":
    print(_worker(sys.argv[1], float(sys.argv[2])))  # noqa: T201  # to the parent
