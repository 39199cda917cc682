"""The revisions lead to exactly the schema that the code works with, and back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, inspect, select, text

from gateway.domain.codec import from_json
from gateway.domain.quotes import Offer
from gateway.domain.records import Case
from gateway.domain.tracking import ProofOfDelivery
from gateway.storage.engine import write_engine
from gateway.storage.migrate import alembic_config, migrate
from gateway.storage.months import is_month
from gateway.storage.repositories.cases import CASES, CaseRepository, DeliveryRecordRepository
from gateway.storage.repositories.finding import TERMS
from gateway.storage.repositories.shipments import ShipmentRepository
from gateway.storage.tables import metadata
from tests.storage import made

WITHOUT_MERCHANT = {"job_heartbeats", "carrier_grades", "alembic_version"}
GLOBAL_BY_DESIGN = {
    "api_keys_public_id",
    "accounts_id",
    "checkout_connections_id",
    "users_email",
    "sessions_id",
}  # look-ups that find out whose it is

# ruff: noqa: S608  (made-up rows of the first schema, written as SQL on purpose)

_RATE = '{"service": "same_day", "carrier_service": "SD", "price": {"amount": "%s", "currency": "USD"}}'
_WHY = '[{"rule": "cheapest", "effect": "rank", "penalty": 740, "why": "the only one"}]'
QUOTED_BEFORE = (
    "INSERT INTO merchants (merchant_id, name, created_at) VALUES ('mer_1', 'Shop', '2026-11-23 14:00:00')",
    "INSERT INTO accounts (merchant_id, id, name, carrier, mode, urls, secrets, options, enabled, version, failures, "
    "resting_why, created_at) VALUES ('mer_1', 'acc_1', 'a', 'sandbox', 'test', '{}', '{}', '{}', TRUE, 1, 0, '', "
    "'2026-11-23 14:00:00')",
    *(
        "INSERT INTO quotes (merchant_id, id, mode, shipment, created_at, expires_at, policy, policy_version, "
        f"carrier_results, services) VALUES ('mer_1', '{name}', 'test', '{{}}', '2026-11-23 14:00:00', "
        "'2026-11-23 14:30:00', 'default', 0, '[]', '[]')"
        for name in ("qte_1", "qte_2")
    ),
    *(
        "INSERT INTO offers (merchant_id, id, quote_id, position, account_id, account, carrier, rate, price_minor, "
        f"price_currency, rank, score, verdicts) VALUES ('mer_1', '{name}', 'qte_1', {place}, 'acc_1', 'a', "
        f"'sandbox', '{_RATE % price}', 1, 'USD', {rank}, NULL, '{_WHY}')"
        for place, name, price, rank in ((1, "off_a", "8.99", "NULL"), (0, "off_b", "7.40", "1"))
    ),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a schema."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/100%.db"
    url: str = request.getfixturevalue("postgres").database("doorstep_migrations")
    return url


@pytest.fixture
def migrated_url(fresh_url: str) -> Iterator[str]:
    """A database migrated to the newest revision."""
    migrate(fresh_url)
    return fresh_url


def test_the_migrated_schema_is_the_one_the_code_works_with(migrated_url: str) -> None:
    engine = write_engine(migrated_url)
    with engine.begin() as connection:
        ours = {"include_name": lambda name, kind, parents: kind != "table" or not is_month(name)}
        assert compare_metadata(MigrationContext.configure(connection, opts=ours), metadata) == []
    engine.dispose()


def test_every_unique_and_partial_index_is_there(migrated_url: str) -> None:
    """Alembic does not compare the conditions of partial indexes, so this does."""
    engine = write_engine(migrated_url)
    with engine.begin() as connection:
        dialect = connection.dialect.name
        found = {
            index["name"]: (index["column_names"], bool(index["unique"]), _condition(index, dialect))
            for table in metadata.tables
            for index in inspect(connection).get_indexes(table)
        }
    engine.dispose()
    expected = {}
    for table in metadata.tables.values():
        for index in table.indexes:
            where = index.dialect_options[dialect]["where"]
            columns = [column.name for column in index.columns]
            expected[index.name] = (columns, bool(index.unique), where is not None)
    assert found == expected


def _condition(index: object, dialect: str) -> bool:
    options = index.get("dialect_options", {})  # type: ignore[attr-defined]  # a dictionary of the inspector's
    return options.get(f"{dialect}_where") is not None


def test_everything_belongs_to_a_merchant(migrated_url: str) -> None:
    engine = write_engine(migrated_url)
    inspector = inspect(engine)
    for table in set(inspector.get_table_names()) - WITHOUT_MERCHANT:
        assert inspector.get_pk_constraint(table)["constrained_columns"][0] == "merchant_id", table
        for key in inspector.get_foreign_keys(table):
            assert key["constrained_columns"][0] == "merchant_id", (table, key)
        for index in inspector.get_indexes(table):
            if index["unique"] and index["name"] not in GLOBAL_BY_DESIGN:
                assert index["column_names"][0] == "merchant_id", (table, index)
    engine.dispose()


def test_the_schema_goes_down_and_up_again(migrated_url: str) -> None:
    engine = write_engine(migrated_url)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    engine.dispose()
    migrate(migrated_url)
    engine = write_engine(migrated_url)
    assert set(metadata.tables) <= set(inspect(engine).get_table_names())
    engine.dispose()


def test_two_processes_that_migrate_at_once_do_it_one_after_the_other(fresh_url: str) -> None:
    program = "import sys; from gateway.storage.migrate import migrate; migrate(sys.argv[1])"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, fresh_url], stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [process.communicate()[1] for process in processes] == ["", ""]
    assert [process.returncode for process in processes] == [0, 0]
    engine = write_engine(fresh_url)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
    engine.dispose()


def test_offers_of_before_move_into_their_quotes_row(fresh_url: str) -> None:
    engine = write_engine(fresh_url)
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0001")
        for statement in QUOTED_BEFORE:
            connection.execute(text(statement))
        command.upgrade(alembic_config(connection), "head")
        found = connection.execute(text("SELECT id, offers FROM quotes ORDER BY id")).all()
    engine.dispose()
    offers = {row.id: from_json(tuple[Offer, ...], json.loads(row.offers)) for row in found}
    assert [(each.id, each.rank, str(each.rate.price)) for each in offers["qte_1"]] == [
        ("off_b", 1, "7.40 USD"),
        ("off_a", None, "8.99 USD"),
    ]
    assert [verdict.why for verdict in offers["qte_1"][0].verdicts] == ["the only one"]
    assert offers["qte_2"] == ()


def test_the_newest_version_of_a_policy_of_before_is_the_published_one(fresh_url: str) -> None:
    engine = write_engine(fresh_url)
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0004")
        connection.execute(text(QUOTED_BEFORE[0]))
        for version in (1, 2):
            connection.execute(
                text(
                    "INSERT INTO policies (merchant_id, name, version, data, created_at, author) "
                    f"VALUES ('mer_1', 'mine', {version}, '{{}}', '2026-11-23 14:00:00', '')"
                )
            )
        command.upgrade(alembic_config(connection), "head")
        found = connection.execute(text("SELECT name, number, live, shadow FROM policy_publications")).all()
    engine.dispose()
    assert [tuple(row) for row in found] == [("mine", 1, 2, None)]


def test_cases_of_before_get_their_clocks_and_shipments_the_words_of_their_towns_and_countries(fresh_url: str) -> None:
    engine = write_engine(fresh_url)
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "head")
        connection.execute(text(QUOTED_BEFORE[0]))
        assert ShipmentRepository(connection).add(made.shipment("shp_1", quote_id=""))
        for number, (kind, shipment_id) in enumerate((("needs_review", "shp_1"), ("unheard_of", ""))):
            about = {"shipment_id": shipment_id, "subject_id": f"sub_{number}"}
            case = Case(id=f"cas_{number}", merchant_id="mer_1", kind=kind, why="", created_at=made.NOW, **about)
            assert CaseRepository(connection).open(case)
        connection.execute(delete(TERMS).where(TERMS.c.term.in_(["london", "gbsw1a1aa"])))
        command.downgrade(alembic_config(connection), "0033")
        command.upgrade(alembic_config(connection), "head")
        review, other = (CASES.get(connection, "mer_1", f"cas_{number}") for number in (0, 1))
        modes = list(connection.scalars(text("SELECT mode FROM cases ORDER BY id")))
        words = select(TERMS.c.created_at, TERMS.c.shipment_id).where(TERMS.c.term.in_(["london", "gbsw1a1aa"]))
        found = connection.execute(words).all()
    engine.dispose()
    assert review is not None
    assert other is not None
    assert (review.due_at, other.due_at) == (made.NOW + timedelta(hours=1), made.NOW + timedelta(days=1))
    assert modes == ["test", None]
    assert [tuple(row) for row in found] == [(made.NOW, "shp_1")] * 2


def test_records_of_before_learn_what_was_declared_and_how_far_from_the_address_it_was_proven(fresh_url: str) -> None:
    proof = ProofOfDelivery(latitude=51.502, longitude=-0.141)
    engine = write_engine(fresh_url)
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "head")
        for statement in QUOTED_BEFORE[:2]:
            connection.execute(text(statement))
        for name, seen in (("shp_1", proof), ("shp_2", None)):
            assert ShipmentRepository(connection).add(made.shipment(name, quote_id="", reference=name, proof=seen))
            DeliveryRecordRepository(connection).put(made.delivery_record(name))
        command.downgrade(alembic_config(connection), "0037")
        command.upgrade(alembic_config(connection), "head")
        learnt = [DeliveryRecordRepository(connection).get("mer_1", name) for name in ("shp_1", "shp_2")]
    engine.dispose()
    assert [(str(each.declared), each.apart_m) for each in learnt if each] == [("49.99 USD", 111), ("49.99 USD", None)]


def test_verdicts_go_back_to_their_offers_in_batches(fresh_url: str) -> None:
    beside = 'UPDATE quotes SET offers = \'[{"id":"a"}]\', verdicts = \'[[{"why":"cheap"}]]\' WHERE id <> \'qte_1\''
    more = "INSERT INTO quotes (merchant_id, id, mode, shipment, created_at, expires_at, policy, policy_version, "
    more += "carrier_results, services) VALUES ('mer_1', :id, 'test', '{}', '2026-11-23 14:00:00', "
    more += "'2026-11-23 14:30:00', 'default', 0, '[]', '[]')"
    engine = write_engine(fresh_url)
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0021")
        connection.execute(text(QUOTED_BEFORE[0]))
        connection.execute(text(more), [{"id": f"qte_{number}"} for number in range(1002)])
        connection.execute(text(beside))
        command.downgrade(alembic_config(connection), "0019")
        found = connection.execute(text("SELECT id, offers FROM quotes ORDER BY id")).all()
    engine.dispose()
    joined = [{"id": "a", "verdicts": [{"why": "cheap"}]}]
    assert [row.id for row in found if json.loads(row.offers) != joined] == ["qte_1"]
    assert len(found) == 1002
