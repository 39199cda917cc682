"""A million shipments of one merchant in PostgreSQL: a seeded history of some thousands, and copies of it.

The copies are of the same people, days and carriers as the originals; their ids, references and numbers are their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import make_url

from gateway.bootstrap import shipped_policies
from gateway.domain.people import Role
from gateway.rules.policy import Policy
from gateway.services.bound import Services
from gateway.services.seed import Seeding, seed_history
from gateway.storage.tables import metadata
from tests.bench.stage import MODE

COPIES = 50
"""Of each shipment, the original included."""

SHIPMENTS = 1_000_000
MERCHANT = "Fjord og Fjell"
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
            f"FROM {self.table} t, generate_series(%(first)s::int, %(last)s::int) i WHERE t.merchant_id = %(m)s "
            f"AND t.{FOUND_BY[self.table]} NOT LIKE '%%~%%'"
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


def seed(services: Services, shipments: int = SHIPMENTS) -> Seeded:
    """Write it all; takes a quarter of an hour for a million."""
    now = services.clock().astimezone(UTC)
    shipped = shipped_policies()["default"]
    policies = {
        "USD": Policy.parse("default", 0, shipped),
        "NOK": Policy.parse("default", 0, {**shipped, "currency": "NOK", "exchange": {}}),
    }
    asked = Seeding(shipments=2 * shipments // COPIES, seed=1, until=now)
    seed_history(services.store, asked, policies, services.zones.shipped, services.foresight.emissions, lambda _: None)
    with services.store.look() as uow:
        merchant_id = next(found for found, name in uow.keys.merchants() if name == MERCHANT)
    user, password = services.staff.people.add(merchant_id, "bench@shop.example", "Bench", Role.ADMIN.value)
    endpoint = services.webhooks.add_endpoint(merchant_id, MODE, "https://shop.example/hook", ())
    _copy(services, merchant_id, endpoint.id)
    services.kpi_summer.catch_up()
    return Seeded(merchant_id, user.email, password, endpoint.id)


def _copy(services: Services, merchant_id: str, endpoint_id: str) -> None:
    url = make_url(services.settings.database.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute("SET session_replication_role = replica")  # copies of what was checked need no checks
        for table in FOUND_BY:
            for first in range(1, COPIES, 7):
                of = {"first": first, "last": min(first + 6, COPIES - 1), "m": merchant_id}
                connection.execute(_Copied(table).statement(), of)  # type: ignore[arg-type]  # made of our own names
        for statement in BESIDE.split(";")[:-1]:
            connection.execute(statement, {"m": merchant_id, "e": endpoint_id})  # type: ignore[arg-type]  # likewise
        connection.execute("VACUUM ANALYZE")
