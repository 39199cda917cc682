"""Our statuses and reasons in other people's words: EasyPost, AfterShip, Shopify.

A CSV each beside this file, from (status, reason) to theirs; `*` is every other reason of the status. `lost` says what
theirs cannot say, empty where it says it all. Nothing that is not over is told as delivered, returned or cancelled.

Sources: EasyPost, Tracker object, status and status_detail (docs.easypost.com/docs/trackers); AfterShip, delivery
statuses and sub-statuses (aftership.com/docs/tracking/enum/delivery-sub-statuses); Shopify, FulfillmentEventStatus of
the GraphQL Admin API 2026-01 (shopify.dev/docs/api/admin-graphql/latest/enums/fulfillmenteventstatus). Read in 2026;
the choices between their words are ours.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

VIEWS = ("easypost", "aftership", "shopify")
OTHERS = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """One of our meanings in their words: coarse, fine ("" where they have no second level), and what is lost."""

    theirs: str
    detail: str
    lost: str


@cache
def view(name: str) -> Mapping[tuple[str, str], Rendering]:
    """The table of one of `VIEWS`: by status and reason."""
    text = files("gateway.domain.tracking_views").joinpath(f"{name}.csv").read_text("utf-8")
    return {
        (row["status"], row["reason"]): Rendering(theirs=row["theirs"], detail=row["detail"], lost=row["lost"])
        for row in csv.DictReader(text.splitlines())
    }


def rendered(name: str, status: str, reason: str) -> Rendering:
    """A status and reason of ours in their words. Every pair has one."""
    table = view(name)
    return table.get((status, reason)) or table[status, OTHERS]
