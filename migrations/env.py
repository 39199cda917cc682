"""Alembic runs this to apply or write revisions on the connection that `gateway.storage.migrate` gives it.

A new revision: change the rows in `gateway/storage/tables`, then call `gateway.storage.migrate.write_revision`.
Only expand and contract: the version before a revision must still run on the schema after it.
"""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy.types import TypeDecorator

from gateway.storage.months import is_month
from gateway.storage.tables import metadata


def in_plain_types(kind: str, value: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    """Revisions name the database's types, never ours, which may change later."""
    if kind == "type" and isinstance(value, TypeDecorator):
        return f"sa.{value.impl_instance!r}"
    return False


def no_months(name: str | None, kind: str, parents: Any) -> bool:
    """Partitions of a table are no tables of the schema."""
    return kind != "table" or not is_month(name or "")


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=in_plain_types,
    include_name=no_months,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
