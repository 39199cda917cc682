"""What kinds of cases there are for people: what each is called, what to do next, and how soon."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseKind:
    """One kind. `within_h`: hours until somebody shall have settled it."""

    name: str
    title: str
    next: str
    within_h: int
    closed_by: Literal["booking", "note", "handover"]

    def due_at(self, opened_at: datetime) -> datetime:
        """By when."""
        return opened_at + timedelta(hours=self.within_h)


@cache
def case_kinds() -> Mapping[str, CaseKind]:
    """By name, from `case_kinds.toml` beside this file."""
    read = tomllib.loads(files("gateway.domain").joinpath("case_kinds.toml").read_text("utf-8"))
    return {name: CaseKind(name=name, **facts) for name, facts in read.items()}


def case_kind(name: str) -> CaseKind:
    """A kind; one that nobody has described yet is settled by a note within a day."""
    plain = CaseKind(
        name=name, title=name.replace("_", " ").capitalize(), next="Look into it", within_h=24, closed_by="note"
    )
    return case_kinds().get(name, plain)
