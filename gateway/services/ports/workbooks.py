"""Workbooks of spreadsheets: read as texts, written with nothing that is calculated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.domain.errors import GatewayError


class BadWorkbook(GatewayError):
    """It cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Workbook:
    """The first sheet of one: its name, its cells as texts from the very first row on, and how many sheets there are
    besides that have something in them.
    """

    sheet: str
    rows: Sequence[Sequence[str]]
    others: int = 0


class Workbooks(Protocol):
    """Reads and writes them."""

    def read(self, content: bytes) -> Workbook:
        """What is in one (.xlsx). Raises BadWorkbook, Unavailable (too many at once)."""

    def write(self, title: str, rows: Sequence[Sequence[str]]) -> bytes:
        """A workbook of one sheet; the first row is its heading."""
