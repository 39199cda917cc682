"""The database behind the services' ports. SQLAlchemy lives here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.domain.clock import Clock
from gateway.storage.engine import POOL_SIZE
from gateway.storage.news import POLL_S
from gateway.storage.secrets import Vault
from gateway.storage.unit_of_work import SqlStore

__all__ = ["SqlStore", "open_store"]


def open_store(
    url: str,
    *,
    secret_keys: Sequence[str],
    clock: Clock,
    create: bool = False,
    durable: bool = True,
    pool_size: int = POOL_SIZE,
    poll_s: float = POLL_S,
) -> SqlStore:
    """A store on `sqlite:///file` or `postgresql+psycopg://...`; `create` brings the schema up to date first.

    `secret_keys` are Fernet keys, the newest first. `durable` False lets SQLite lose the last commits, never its
    shape, in a power cut; `pool_size` connections are kept open to write and as many to read. SQLite's
    outbox is looked at every `poll_s` while somebody waits for news.
    """
    if create:
        from gateway.storage.migrate import migrate  # Alembic is heavy and only needed here

        migrate(url)
    return SqlStore(url, Vault(secret_keys), clock, durable=durable, pool_size=pool_size, poll_s=poll_s)
