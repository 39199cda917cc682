"""B22: every page of the console at a million shipments on PostgreSQL, asked one at a time."""

from __future__ import annotations

import http.client
import re
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from urllib.parse import urlencode, urlsplit

from gateway.console import create_console
from gateway.domain.claims import ClaimState
from gateway.services.bound import Services
from gateway.services.ports import ShipmentSearch
from gateway.services.ports.desk import CaseSearch
from tests.bench.figures import Figure
from tests.bench.load import Failed
from tests.bench.million import SHIPMENTS, Seeded, seed
from tests.bench.processes import family_cpu_s
from tests.bench.stage import MODE, Stage

ASKED = 9
"""Times that each page is asked, the first time cold."""

BARE = "/sign-in"
"""A page that reads nothing."""

LEFT_OUT = {
    "/sign-in": "says nothing of shipments",
    "/sign-in/code": "says nothing of shipments",
    "/static/<name>": "a file",
    "/shipments/<shipment_id>/label": "the carrier's bytes, which seeded shipments do not have",
    "/developers/endpoints/<endpoint_id>/deliveries/<delivery_id>": "one row",
    "/policies/<name>/simulations/<backtest_id>": "one row",
    "/live": "what changes, told without end",
    "/shipments.csv": "a file of up to 10,000 rows",
    "/book/<quote_id>": "one quote",
    "/jobs/<job_id>": "one job; its rows, labels and sheet are files",
    "/handover/manifests/<manifest_id>": "one row; its document is a file",
    "/handover/pickups/<pickup_id>": "one row",
    "/carriers/<account_id>/rate-card": "one rate card",
    "/policies/<name>/differences": "two versions",
    "/developers/calls/<call_id>": "one call and what carriers were asked for it",
}
"""Addresses of the console that are not timed, and why."""

PAGES = {"today", "claims", "claim", "exceptions", "shipments", "shipment", "reports", "cohort"}
"""What has a target of its own; all other pages share one."""


def page_times(stage: Stage, seconds: float) -> Iterator[Figure]:
    """B22. On PostgreSQL only; seeding takes minutes.

    The processor time beside each page says what it costs on a machine that has something else to do as well, and so
    does a page that reads nothing.
    """
    if not stage.environment["GATEWAY__DATABASE__URL"].startswith("postgresql"):
        return
    started = time.perf_counter()
    seeded = seed(stage.services, stage.environment)
    took_s = time.perf_counter() - started
    families = stage.families()
    with closing(http.client.HTTPConnection(urlsplit(stage.url).netloc)) as connection:
        cookie = _signed_in(connection, seeded)
        for name, path in pages(stage.services, seeded.merchant_id, seeded.endpoint_id).items():
            worked_s = sum(map(family_cpu_s, families))
            times = [_asked_ms(connection, cookie, path) for _ in range(ASKED)]
            worked_ms = (sum(map(family_cpu_s, families)) - worked_s) * 1000 / ASKED
            bare_ms = statistics.median(_asked_ms(connection, "", BARE) for _ in range(ASKED))
            yield Figure(
                benchmark="B22",
                case=name.split(",")[0] if name.split(",")[0] in PAGES else "other pages",
                measured=statistics.median(times),
                unit="ms",
                beside="longest",
                yardstick=max(times),
                note=f"{name}: {path[:80]}; web and database worked {worked_ms:.0f} ms, a bare page took "
                f"{bare_ms:.0f} ms; {SHIPMENTS:,} shipments seeded in {took_s:.0f} s",
            )


def pages(services: Services, merchant_id: str, endpoint_id: str) -> Mapping[str, str]:
    """What is asked, by name; what stands before a comma names the page."""
    with services.store.look() as uow:
        shipment = uow.shipments.search(merchant_id, ShipmentSearch(mode=MODE, status="delivered", limit=1)).items[0]
        older = uow.shipments.search(merchant_id, ShipmentSearch(mode=MODE, limit=50)).next_cursor or ""
        case = uow.desk.cases(merchant_id, CaseSearch(mode=MODE)).items[0]
        claim = uow.claims.list(merchant_id, MODE, ClaimState.OPEN, 1, None).items[0]
    secretive = {each["code"] for each in services.catalogue.listed() if each["secrets"]}
    account = next(each for each in services.accounts.list(merchant_id, MODE) if each.carrier in secretive)
    named = {
        "today": "/",
        "claims": "/claims",
        "claims, of a state": "/claims?state=paid",
        "claim": f"/claims/{claim.id}",
        "exceptions": "/exceptions",
        "exceptions, closed": "/exceptions?state=closed",
        "exceptions, of a kind": f"/exceptions?kind={case.kind}",
        "exceptions, mine": "/exceptions?whose=mine",
        "case": f"/exceptions/{case.id}",
        "carriers": "/carriers",
        "carrier": f"/carriers/{account.id}",
        "carrier's past": f"/carriers/{account.id}/past",
        "carrier's credentials": f"/carriers/{account.id}/credentials",
        "policies": "/policies",
        "policy": "/policies/default",
        "policy's form": "/policies/default/edit",
        "developers": "/developers",
        "endpoint": f"/developers/endpoints/{endpoint_id}",
        "settings": "/settings",
        "users": "/settings/users",
        "audit": "/settings/audit",
        "me": "/me",
        "shipment": f"/shipments/{shipment.id}",
        "shipment, corrections": f"/shipments/{shipment.id}/corrections",
        "shipments, older": f"/shipments?{urlencode({'cursor': older})}",
    }
    searched = {
        "all": "",
        "id": shipment.id,
        "reference": shipment.reference,
        "number": shipment.tracking_number,
        "phone": "4417",
        "postcode": shipment.shipment.destination.postal_code,
        "name": "hansen",
        "everybody's name": "recipient",
        "two words": "hansen 0350",
        "sentence": "where is the parcel for hansen 4417, please",
        "words that nobody has all of": "hansen olsen 0350 4417",
        "postcode in its country": "NO-0350",
        "beginning": "hans",
        "e-mail": shipment.shipment.destination.email,
        "nobody": "zzzzqq",
        "status": "status:delivered",
        "rare status": "status:exception",
        "a tab": "status:cancelled,failed,expired",
        "no status": "status:available_for_pickup",
        "carrier": f"carrier:{shipment.carrier}",
        "other carrier": "carrier:gls",
        "account": f"account:{shipment.account}",
        "service": "service:same_day",
        "missed": "promise:missed",
        "due today": "promise:today is:open",
        "past days": "promise:2026-01-05..2026-01-06",
        "name and status": "hansen status:exception",
        "all at once": f"carrier:{shipment.carrier} status:delivered promise:2026-01-05..2026-01-06 is:open",
    }
    found = {f"shipments, by {name}": f"/shipments?{urlencode({'q': text})}" for name, text in searched.items()}
    return {**named, **found, **_reports(), **_others(services, set(named.values()))}


def _others(services: Services, known: set[str]) -> Mapping[str, str]:
    """Pages without anything in their addresses, as they come to be."""
    rules = create_console(services).url_map.iter_rules()
    bare = {rule.rule for rule in rules if "GET" in (rule.methods or ()) and not rule.arguments}
    return {f"page, {path}": path for path in sorted(bare - known - set(LEFT_OUT) - {"/shipments", "/reports"})}


def _reports() -> Mapping[str, str]:
    by = {
        f"reports, {days} days by {by}": f"/reports?{urlencode({'days': days, 'by': by})}"
        for days in (7, 28, 91)
        for by in ("carrier", "account", "service", "zone")
    }
    behind = {
        f"cohort, {figure} {side}": f"/reports/{figure}?{urlencode({'days': 28, 'side': side})}"
        for figure in ("on_time", "claims", "damage", "lead_time_median", "api_health", "api_unknown", "early")
        for side in ("above", "below")
    }
    scorecard = {"reports, scorecard": "/reports?days=91&by=carrier&value=own_fleet"}
    return {**by, **scorecard, **behind, "export": "/reports/figures.csv?days=91&by=zone"}


def _signed_in(connection: http.client.HTTPConnection, seeded: Seeded) -> str:
    form = urlencode({"email": seeded.email, "password": seeded.password})
    connection.request("POST", "/console/sign-in", form, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    found = re.match(r"gw=[^;]+", answer.getheader("Set-Cookie", ""))
    if answer.status != 303 or found is None:
        raise Failed(f"nobody could sign in: {answer.status}")
    return found[0]


def _asked_ms(connection: http.client.HTTPConnection, cookie: str, path: str) -> float:
    started = time.perf_counter()
    connection.request("GET", f"/console{path}", headers={"Cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    if answer.status not in (200, 303):
        raise Failed(f"{path} answered {answer.status}")
    return (time.perf_counter() - started) * 1000
