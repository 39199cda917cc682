"""B7: how fast workers claim due trackers and give them back, beside plain UPDATEs of as many rows by their keys.

Each worker is a process of its own: `python -m tests.bench.claiming KIND URL SECONDS`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from cryptography.fernet import Fernet
from sqlalchemy import Engine, bindparam, create_engine, text, update

from gateway.domain.clock import utc_now
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
KEY = "trk_{:08}"
FILL = """
    INSERT INTO trackers ({columns})
    SELECT {values} FROM trackers, generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS i
    WHERE trackers.id = 'trk_template'
"""
CHANGED = {
    "id": "'trk_' || lpad(i::text, 8, '0')",
    "tracking_number": "'B7-' || i",
    "due_at": "CAST(:due AS timestamptz) + i * interval '1 millisecond'",
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
            plain, sets = _rate("plain", url, seconds, 1), _rate("sets", url, seconds, 1)
            alone = _rate("claims", url, seconds, 1)
            yield Figure(
                benchmark="B7",
                case=f"{size:,}",
                measured=alone,
                unit="trackers/s",
                beside="plain UPDATEs",
                yardstick=plain,
                note=f"one worker, {BATCH} at a time; a claim is one UPDATE and a commit, giving back {BATCH} another; "
                f"plain is the second only; one UPDATE of {BATCH} keys in a list does {sets:,.0f}/s; "
                f"writing the rows took {took_s:.0f} s",
            )
    for workers in (2, 4):
        yield Figure(
            benchmark="B7",
            case=f"{workers} workers ÷ 1",
            measured=_rate("claims", url, seconds, workers),
            unit="trackers/s",
            beside="one worker",
            yardstick=alone,
            note=f"{workers} processes, no row claimed twice by the lease; all on this machine, the database too",
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
    """Write trackers up to this many, due a millisecond after one another; how many seconds it took."""
    names = [column.name for column in TRACKERS.table.columns]
    values = [CHANGED.get(name, f"trackers.{name}") for name in names]
    statement = text(FILL.format(columns=", ".join(names), values=", ".join(values)))
    started = time.perf_counter()
    with engine.begin() as connection:
        connection.execute(statement, {"first": first, "last": size - 1, "due": utc_now() - 10 * LATER})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE trackers"))
    return time.perf_counter() - started


def _rate(kind: str, url: str, seconds: float, workers: int) -> float:
    """Rows a second of so many processes that begin together."""
    command = [sys.executable, "-m", "tests.bench.claiming", kind, url, str(seconds)]
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
        raise Failed(f"a worker of {kind} broke")
    return sum(float(each) for each in said)


def _worker(kind: str, url: str, seconds: float) -> float:
    """Work in a loop, once told to go; rows a second."""
    with _store(url) as store:
        engine = create_engine(url)
        if kind == "claims":
            turn = _claim_turn(store)
        else:
            turn = _plain_turn(engine) if kind == "plain" else _sets_turn(engine)
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
            uow.trackers.reschedule([replace(each, due_at=now + LATER, tries=0, polled_at=now) for each in due])
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
    with engine.connect() as connection:
        last = str(connection.execute(text("SELECT max(id) FROM trackers WHERE id <> 'trk_template'")).scalar_one())
    end = int(last.removeprefix("trk_")) + 1
    while True:
        for first in range(end - BATCH, end // 2, -BATCH):
            yield [KEY.format(number) for number in range(first, first + BATCH)]


if __name__ == "__main__":
    print(_worker(sys.argv[1], sys.argv[2], float(sys.argv[3])))  # noqa: T201  # to the parent
