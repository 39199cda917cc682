"""A million shipments of one merchant in PostgreSQL: a seeded history of some thousands, and copies of it.

The copies are of the same people, days and carriers as the originals; their ids, references and numbers are their own.
Indexes are laid aside while copies are written and made again from their own definitions.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any, NamedTuple

import click
import psycopg
from psycopg import sql
from sqlalchemy import make_url

from gateway.bootstrap import build, shipped_policies
from gateway.domain.people import Role
from gateway.rules.policy import Policy
from gateway.services.bound import Services
from gateway.services.seed import Seeding, seed_history
from gateway.settings import load_settings
from gateway.storage.tables import metadata
from tests.bench.load import Failed
from tests.bench.stage import MODE

COPIES = 50
"""Of each shipment, the original included."""

SHIPMENTS = 1_000_000
MERCHANT = "Fjord og Fjell"
SUMMING = 2
"""Processes that sum key figures up."""

FOUND_BY: Mapping[str, str] = {
    "shipments": "id",
    "shipment_terms": "shipment_id",
    "tenders": "id",
    "trackers": "id",
    "tracker_numbers": "tracker_id",
    "tracking_events": "tracker_id",
    "status_history": "tracker_id",
    "delivery_records": "shipment_id",
}
"""What is copied."""

OWN = ("id", "shipment_id", "tender_id", "tracker_id", "reference", "tracking_number", "number", "carrier_reference")
"""Columns in which each copy has something of its own."""

BESIDE = Path(__file__).with_name("million.sql").read_text("utf-8")
"""What people, recipients and endpoints leave beside them."""

ROOMY = (
    "SET session_replication_role = replica",  # copies of what was checked need no checks
    "SET synchronous_commit = off",
    "SET maintenance_work_mem = '512MB'",
    "SET work_mem = '128MB'",
)
"""Of the connection that copies."""

KEYS = """
SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
WHERE c.contype = 'p' AND c.conrelid::regclass::text = ANY(%s)
AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.confrelid = c.conrelid)
"""
"""Primary keys that nothing points at."""

INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid::regclass::text = ANY(%s) AND NOT indisprimary
"""


class Seeded(NamedTuple):
    """Whose they are, who may look at them, and one that has everything."""

    merchant_id: str
    email: str
    password: str
    endpoint_id: str


@dataclass(frozen=True, slots=True)
class _Copied:
    table: str

    def statement(self) -> str:
        """Copies of all rows of a merchant's."""
        columns = list(metadata.tables[self.table].columns)
        names = ", ".join(f'"{column.name}"' for column in columns)
        return (
            f"INSERT INTO {self.table} ({names}) SELECT {', '.join(self._cell(column) for column in columns)} "  # noqa: S608  # made of our own names
            f"FROM {self.table} t, generate_series(1, {COPIES - 1}) i WHERE t.merchant_id = %(m)s"
        )

    def _cell(self, column: Any) -> str:
        name = f't."{column.name}"'
        if column.name in OWN:
            return f"{name} || '~' || i"
        if column.name == "created_at" and self.table in ("shipments", "shipment_terms"):
            return f"{name} - i * interval '1 second'"
        if column.name == "term":  # of an id, a reference or a number
            return f"CASE WHEN {name} ~ '^(shp|seed|s[0-9])' THEN {name} || i ELSE {name} END"
        return name


def seed(services: Services, environment: Mapping[str, str], shipments: int = SHIPMENTS) -> Seeded:
    """Write it all and tell of each step; minutes for a million."""
    originals = 2 * shipments // COPIES
    with _step(f"a history of {originals:,} shipments by two merchants"):
        _history(services, originals)
    with services.store.look() as uow:
        merchant_id = next(found for found, name in uow.keys.merchants() if name == MERCHANT)
    user, password = services.staff.people.add(merchant_id, "bench@shop.example", "Bench", Role.ADMIN.value)
    endpoint = services.webhooks.add_endpoint(merchant_id, MODE, "https://shop.example/hook", ())
    _copy(services, merchant_id, endpoint.id)
    with _step("key figures of each day"):
        _sum_up(environment)
    return Seeded(merchant_id, user.email, password, endpoint.id)


@contextmanager
def _step(what: str) -> Iterator[None]:
    click.echo(f"  seeding {what} ...", err=True, nl=False)
    started = time.perf_counter()
    yield
    click.echo(f" {time.perf_counter() - started:.0f} s", err=True)


def _history(services: Services, shipments: int) -> None:
    shipped = shipped_policies()["default"]
    policies = {
        "USD": Policy.parse("default", 0, shipped),
        "NOK": Policy.parse("default", 0, {**shipped, "currency": "NOK", "exchange": {}}),
    }
    asked = Seeding(shipments=shipments, seed=1, until=services.clock().astimezone(UTC))
    seed_history(services.store, asked, policies, services.zones.shipped, services.foresight.emissions, lambda _: None)


def _copy(services: Services, merchant_id: str, endpoint_id: str) -> None:
    url = make_url(services.settings.database.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        for setting in ROOMY:
            connection.execute(setting)
        with _without_indexes(connection):
            for table in FOUND_BY:
                with _step(f"copies: {table}"):
                    connection.execute(_Copied(table).statement(), {"m": merchant_id})  # type: ignore[arg-type]  # made of our own names
        for statement in BESIDE.split(";")[:-1]:
            with _step(f"beside them: {statement.split('INSERT INTO ')[1].split()[0]}"):
                connection.execute(statement, {"m": merchant_id, "e": endpoint_id})  # type: ignore[arg-type]  # likewise
        with _step("statistics"):
            connection.execute("VACUUM ANALYZE")


@contextmanager
def _without_indexes(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Primary keys that others point at stay; the rest is made again as it was."""
    tables = [list(FOUND_BY)]
    keys, indexes = connection.execute(KEYS, tables).fetchall(), connection.execute(INDEXES, tables).fetchall()
    for table, name, _ in keys:
        connection.execute(
            sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(name))
        )
    for name, _ in indexes:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    yield
    with _step(f"{len(keys) + len(indexes)} indexes"):
        for table, name, definition in keys:
            connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")  # type: ignore[arg-type]  # the database's own words
        for _, definition in indexes:
            connection.execute(definition.replace(" ON ONLY ", " ON "))  # of partitions too


def _sum_up(environment: Mapping[str, str]) -> None:
    """As workers do, more than one at a time."""
    spawning = multiprocessing.get_context("spawn")
    working = [spawning.Process(target=_worker, args=(dict(environment),)) for _ in range(SUMMING)]
    for each in working:
        each.start()
    for each in working:
        each.join()
    if any(each.exitcode for each in working):
        raise Failed("key figures could not be summed up")


def _worker(environment: Mapping[str, str]) -> None:
    build(load_settings(environment)).kpi_summer.catch_up()
