"""The schema's way forward and back, by Alembic, configured from code: users need no ini file."""

from __future__ import annotations

import tempfile
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from gateway.storage.engine import PG_MIGRATION_LIMITS, plain_errors, write_engine

ONE_AT_A_TIME = 7_346_211
"""Key of the PostgreSQL advisory lock under which the schema is changed; any number that nobody else uses."""


def migrate(url: str) -> None:
    """Bring a database up to date, all or nothing; two processes at once do it one after the other.

    Creates a SQLite file that does not exist.
    """
    engine = write_engine(url, limits=PG_MIGRATION_LIMITS)
    try:
        with plain_errors(), engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
            command.upgrade(alembic_config(connection), "head")
    finally:
        engine.dispose()


def write_revision(message: str) -> None:
    """For developers: a new revision of what the rows in `tables` say and the newest revision does not, to be read
    and corrected by hand.
    """
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/schema.db"
        migrate(url)
        engine = write_engine(url)
        with engine.begin() as connection:
            config = alembic_config(connection)
            number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")
        engine.dispose()


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for one connection."""
    config = Config()
    config.set_main_option("script_location", str(files("gateway.migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
