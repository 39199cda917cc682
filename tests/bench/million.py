"""A million shipments of one merchant in PostgreSQL: a seeded history of some thousands, and copies of it.

The copies are of the same people, days and carriers as the originals; their ids, references and numbers are their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
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

BESIDE: Sequence[str] = (
    "INSERT INTO kpi_days (merchant_id, mode, day, stale_since) SELECT DISTINCT merchant_id, 'test', due_on, now() "
    "FROM delivery_records ON CONFLICT (merchant_id, mode, day) DO UPDATE SET stale_since = now()",
    "INSERT INTO shipment_terms (merchant_id, term, created_at, shipment_id) SELECT merchant_id, "
    "lpad((abs(hashtext(id)) %% 10000)::text, 4, '0'), created_at, id FROM shipments WHERE merchant_id = %(m)s ON CONFLICT DO NOTHING",
    "INSERT INTO shipment_terms (merchant_id, term, created_at, shipment_id) SELECT merchant_id, (ARRAY['hansen', "
    "'johansen', 'olsen', 'larsen', 'andersen', 'nilsen', 'dahl', 'berg'])[1 + abs(hashtext(id)) %% 8], created_at, id "
    "FROM shipments WHERE merchant_id = %(m)s",
    "INSERT INTO ratings (merchant_id, shipment_id, mode, stars, comment, created_at) SELECT merchant_id, id, mode, "
    "1 + abs(hashtext(id)) %% 5, '', delivered_at FROM shipments WHERE merchant_id = %(m)s AND status = 'delivered' "
    "AND abs(hashtext(id)) %% 6 = 0",
    "INSERT INTO cases (merchant_id, id, kind, subject_id, shipment_id, why, state, created_at, closed_at, resolution, "
    "note) SELECT merchant_id, 'cas_' || id, (ARRAY['not_received', 'status_conflict', 'pod_missing', 'stalled', "
    "'price_variance'])[1 + abs(hashtext(id)) %% 5], id, id, 'seeded', CASE WHEN abs(hashtext(id)) %% 200 = 0 THEN "
    "'open' ELSE 'closed' END, created_at + interval '1 day', NULL, '', '' FROM shipments WHERE merchant_id = %(m)s "
    "AND abs(hashtext(id)) %% 20 = 0",
    "INSERT INTO claims (merchant_id, id, mode, shipment_id, carrier, kind, state, amount_minor, amount_currency, "
    "decision, reference, note, evidence, opened_by, created_at, updated_at, submit_by_why, version) SELECT "
    "merchant_id, 'clm_' || id, mode, id, carrier, (ARRAY['loss', 'damage', 'missing', 'misdelivery'])[1 + "
    "abs(hashtext(id)) %% 4], (ARRAY['open', 'submitted', 'decided', 'paid'])[1 + abs(hashtext(id || 'x')) %% 4], 50000, "
    "'NOK', 'granted', '', '', '[]', 'Kari', created_at, created_at, '', 1 FROM shipments WHERE merchant_id = %(m)s "
    "AND abs(hashtext(id || 'y')) %% 100 = 0",
    "INSERT INTO audit_log (merchant_id, number, at, who, what, reason, request_id, seal) SELECT %(m)s, 1000 + i, "
    "now() - i * interval '1 minute', 'Kari', 'looked at a recipient', 'caller_verified', '', '' FROM "
    "generate_series(1, 100000) i",
    "INSERT INTO webhook_deliveries (merchant_id, id, endpoint_id, outbox_id, body, state, attempts, tries, begun_at, "
    "created_at, last_error) SELECT o.merchant_id, 'dlv_' || o.id, %(e)s, o.id, '', CASE WHEN abs(hashtext(o.id)) %% 50 "
    "= 0 THEN 'exhausted' ELSE 'delivered' END, 1, 1, o.created_at, o.created_at, '' FROM outbox o "
    "WHERE o.merchant_id = %(m)s",
)
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
        for statement in BESIDE:
            connection.execute(statement, {"m": merchant_id, "e": endpoint_id})  # type: ignore[arg-type]  # likewise
        connection.execute("VACUUM ANALYZE")
