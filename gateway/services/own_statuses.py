"""The rows of an account's own status table."""

from __future__ import annotations

from carriers.base import StatusRow, StatusTable
from gateway.domain.status_tables import StatusTableRecord


def rows_of(table: StatusTableRecord | None) -> tuple[StatusRow, ...]:
    """Its rows; none where there is no table."""
    return () if table is None else StatusTable.parse(table.text, f"status table {table.version}", stored=True).rows
