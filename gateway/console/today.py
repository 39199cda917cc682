"""Today: what needs somebody now, each figure a link to the shipments behind it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, url_for

from gateway.console.gate import may, services, who
from gateway.console.live import position
from gateway.console.query import read
from gateway.console.rendering import page
from gateway.console.telling import span
from gateway.console.views import tiles
from gateway.domain.case_kinds import case_kind
from gateway.domain.people import Permission
from gateway.domain.plausibility import AT_RISK
from gateway.domain.records import AccountRecord
from gateway.services.batches import BOOK
from gateway.services.pack_station import PACK
from gateway.services.ports.desk import Waiting

blueprint = Blueprint("today", __name__)
COUNTED = 1000


@blueprint.get("/")
@may(Permission.LOOK)
def today() -> Response:
    """The page."""
    signed, desk, now = who(), services().staff.desk, services().clock()
    searches = {tile.query: read(tile.query, signed.mode, now).search for tile in tiles() if tile.query}
    counts = desk.counts(signed.merchant_id, searches, COUNTED)
    made = desk.made_by_day(signed.merchant_id, signed.mode)
    waiting = desk.waiting(signed.merchant_id, signed.mode)
    failing = desk.failing_endpoints(signed.merchant_id, signed.mode)
    accounts = services().accounts.list(signed.merchant_id, signed.mode)
    return page(
        "today.html",
        day=now,
        position=position(),
        tiles=[
            (tile, counts[tile.query], url_for("shipments.grid", q=tile.query))
            if tile.query
            else (tile, *_counted(tile.counted, waiting, failing))
            for tile in tiles()
        ],
        counted=COUNTED,
        waiting=[(case_kind(name), each, span(now - each.oldest_at)) for name, each in sorted(waiting.items())],
        accounts=[(account, *health(account)) for account in accounts],
        failing=failing,
        made=made,
        most=max(made.values(), default=0),
    )


def _counted(what: str, waiting: Mapping[str, Waiting], failing: int) -> tuple[int, str]:
    """A figure that is no search for shipments, and where what is behind it is looked at."""
    if what == "to_book":
        found = services().staff.desk.to_book(who().merchant_id, who().mode, (BOOK, PACK), COUNTED)
        return found, url_for("jobs.overview")
    if what == "overdue":
        return sum(each.overdue for each in waiting.values()), url_for("cases.desk", due="over")
    if what == "at_risk":
        return (waiting[AT_RISK].cases if AT_RISK in waiting else 0), url_for("cases.desk", kind=AT_RISK)
    return failing, url_for("developers.overview")


def health(account: AccountRecord) -> tuple[str, str]:
    """A tone and words: whether an account is asked at the moment."""
    now, missing = services().clock(), services().accounts.missing(account)
    if missing:
        lacking = " and ".join(name.replace("_", " ") for name in missing)
        return "bad", f"{'Cannot work' if account.enabled else 'Switched off'}: no {lacking} yet"
    if not account.enabled:
        return "off", "Switched off"
    if account.resting_until is not None and account.resting_until > now:
        return "bad", f"Rests for {span(account.resting_until - now)}"
    if account.failures:
        return "warn", f"Failed {account.failures} time{'s' if account.failures > 1 else ''} in a row"
    return "good", "No trouble known"
