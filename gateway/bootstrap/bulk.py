"""Bulk jobs, and the kinds that there are of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.domain.clock import Clock
from gateway.services.bulk import BulkJobs, BulkKind
from gateway.services.ports import Store
from gateway.settings import Settings


def bulk_jobs(store: Store, clock: Clock, settings: Settings) -> Mapping[str, Any]:
    """One act on many things; the mapping is the list of all acts."""
    kinds: Mapping[str, BulkKind] = {}
    return {"bulk": BulkJobs(store, kinds, clock, settings.worker)}
