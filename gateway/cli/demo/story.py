"""The story: New York with our own vans, Uber Direct and the sandbox; Oslo with our own vans, Bring and the sandbox."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from importlib.resources import files
from time import sleep
from typing import Any
from zoneinfo import ZoneInfo

import click
import requests

from carriers.base.registry import carrier
from carriers.base.simulator import Ledger, simulator_class
from gateway.bootstrap import build
from gateway.cli.demo.console import show_console
from gateway.cli.demo.day import fill_the_day
from gateway.cli.demo.letters import show_letters, tell_recipients
from gateway.cli.demo.merchant import Merchant, price
from gateway.cli.demo.stage import CARRIERS, Stage
from gateway.domain.errors import Unavailable
from gateway.services import ledger_audit

REFUSED = "web-sim911"
"""A reference with which the sandbox refuses the booking (see carriers/sandbox)."""

BOOKS_LATER = "nett-sim914"
"""A reference with which the sandbox does not answer; the booking appears 300 seconds later."""

DUPLICATES = 2
HEADING = re.compile(r"<h1>([^<]+)</h1>")
SEEN_S = 3.0
"""How long whoever watches has to see each change."""

SHOWN_OF_PROOF = ("received_by", "relationship", "pin_matched")


def play(stage: Stage) -> None:
    """Both scenes, then the books, then the console. Raises Unavailable when something does not go as told."""
    scenes = tomllib.loads(files("gateway.config").joinpath("demo.toml").read_text("utf-8"))
    new_york(stage, scenes["new_york"])
    shop = oslo(stage, scenes["oslo"])
    fill_the_day(shop, scenes["oslo"])
    compare_books(stage)
    show_console(stage, shop.name, scenes["oslo"]["callers"][0]["phone"][-4:])


def new_york(stage: Stage, scene: Mapping[str, Any]) -> None:
    """A checkout's quote, a booking, a refusal and failover, a courier's events twice and in disorder."""
    shop = enter(stage, scene)
    stage.console.rule("[bold]New York: a checkout asks for rates")
    shop.say(f"{shop.name} ships {scene['goods']} across Manhattan. The sandbox carrier hangs on purpose.")
    stage.control("sandbox", "faults", {"kind": "timeout_before", "operation": "quote", "times": 1, "delay_s": 20})
    quote = shop.must("POST", "/v1/quotes", {**scene["shipment"], "deadline_ms": 1200})
    shop.show_quote(quote)

    stage.console.rule("[bold]Booked with the crowd, delivered with proof")
    tell_recipients(shop, scene["shipment"]["destination"]["email"])
    wanted = {"quote_id": quote["id"], "offer_id": eligible(quote, "uber_direct"), "reference": "web-1001"}
    shipment = shop.book(wanted)
    booked(shop, shipment)
    shop.say(f"The courier's webhooks come {DUPLICATES + 1} times each and in disorder.")
    watch(shop, shipment, "uber_direct", scene["stations"])
    deliver(shop, shipment, "uber_direct", "delivered")
    look(shop, shipment)
    show_letters(shop, shipment, "delivered")

    stage.console.rule("[bold]A carrier refuses: the next one gets the tender")
    shop.must("PUT", "/v1/policies/sandbox-first", {"data": scene["policy"]})
    shipment = shop.book({**scene["shipment"], "policy": "sandbox-first", "reference": REFUSED})
    booked(shop, shipment)
    first, last = shipment["tenders"][0], shipment["tenders"][-1]
    if (first["state"], last["state"]) != ("refused", "accepted"):
        raise Unavailable("the story wants a refusal and then an acceptance")

    stage.console.rule("[bold]Our own van: a failed attempt, then delivered")
    wanted = {"quote_id": quote["id"], "offer_id": eligible(quote, "own_fleet"), "reference": "web-1003"}
    shipment = shop.book(wanted)
    booked(shop, shipment)
    drive_round(shop, shipment, scene["round"])


def oslo(stage: Stage, scene: Mapping[str, Any]) -> Merchant:
    """A parcel courier with label, push and poll; lost answers that end in exactly one booking each."""
    shop = enter(stage, scene)
    stage.console.rule("[bold]Oslo: a parcel courier, its label, tracking by push and by poll")
    shop.must("PUT", "/v1/policies/default", {"data": scene["policy"]})
    shop.say(f"{shop.name} ships {scene['goods']}, under a policy of its own in kroner.")
    quote = shop.must("POST", "/v1/quotes", scene["shipment"])
    shop.show_quote(quote)
    wanted = {"quote_id": quote["id"], "offer_id": eligible(quote, "bring")}
    shipment = shop.book({**wanted, "reference": "nett-2001"})
    booked(shop, shipment)
    stage.wait("waiting for the first word of the carrier", lambda: heard_of(shop, shipment))
    deliver(shop, shipment, "bring", "DELIVERED")

    stage.console.rule("[bold]The carrier books, and its answer is lost")
    stage.control("bring", "faults", {"kind": "timeout_after", "operation": "book", "times": 1, "delay_s": 20})
    shipment = shop.book({**wanted, "reference": "nett-2002"})
    shop.say("Bring took the booking and fell silent. It was looked up by our reference, not sent again:")
    booked(shop, shipment)

    stage.console.rule("[bold]The answer is lost, and the booking appears minutes later")
    wanted = {"quote_id": quote["id"], "offer_id": eligible(quote, "sandbox")}
    shipment = shop.book({**wanted, "reference": BOOKS_LATER})
    shop.say(f"POST /v1/shipments answered 202, state {shipment['state']}:", "magenta")
    shop.show_tenders(shipment)
    shop.say("No other carrier is tried while the outcome is unknown. Five minutes pass (on the sandbox's clock).")
    stage.control("sandbox", "clock", {"advance_s": 300})
    booked(shop, shop.follow(shipment, "booked"))
    stage.control("sandbox", "clock", {"advance_s": -300})  # or its later scans would be of times to come
    books = Ledger.read(stage.ledger("sandbox")).active()
    shop.say(f"  the sandbox's own ledger holds {sum(map(len, books.values()))} booking", "green")
    return shop


def eligible(quote: Mapping[str, Any], code: str) -> str:
    """The id of a carrier's best offer."""
    for offer in quote["offers"]:
        if offer["carrier"] == code and offer["eligible"]:
            return str(offer["id"])
    raise Unavailable(f"the story wants an offer of {code}, and there is none")


def heard_of(shop: Merchant, shipment: Mapping[str, Any]) -> bool | None:
    """Whether the carrier has told something about the parcel."""
    events = shop.must("GET", f"/v1/shipments/{shipment['id']}/events")["data"]
    return True if any(event["carrier_code"] for event in events) else None


def enter(stage: Stage, scene: Mapping[str, Any]) -> Merchant:
    """A merchant with its carrier accounts, each pointed at its simulator; webhooks come doubled and shuffled."""
    shop = Merchant(stage, scene["merchant"], ZoneInfo(scene["timezone"]))
    for name, code in scene["accounts"].items():
        if code == "own_fleet":
            shop.must("POST", "/v1/accounts", {"name": name, "carrier": code, "options": scene["fleet"]})
            shop.must("PUT", "/v1/fleet/windows", {"account": name, "windows": windows(shop.zone, scene["zone"])})
            continue
        simulator = simulator_class(carrier(code))
        account = {
            "name": name,
            "carrier": code,
            "urls": stage.simulators[code]["urls"],
            "secrets": dict(simulator.secrets),
            "options": dict(simulator.options),
        }
        made = shop.must("POST", "/v1/accounts", account)
        target = {"url": made["webhook_url"], "duplicate": DUPLICATES, "shuffle": True}
        stage.control(code, "webhooks", target)
    return shop


def windows(zone: ZoneInfo, area: str) -> list[dict[str, Any]]:
    """Two delivery windows a day for the coming days, with four places each."""
    today = datetime.now(zone).date()
    return [
        {
            "id": f"{area}-{day}-{start}",
            "zone": area,
            "start": datetime.combine(day, time(start), zone).isoformat(),
            "end": datetime.combine(day, time(start + 4), zone).isoformat(),
            "capacity": 4,
        }
        for day in (today + timedelta(days=ahead) for ahead in range(1, 4))
        for start in (8, 16)
    ]


def booked(shop: Merchant, shipment: Mapping[str, Any]) -> None:
    """What the merchant has in hand now."""
    shop.show_tenders(shipment)
    number = shipment["tracking_number"]
    shop.say(f"  booked with {shipment['account']} for {price(shipment['price'])}, tracking number {number}", "green")
    if shipment["label"] and shipment["carrier"] == "bring":
        label = shop.call("GET", shipment["label"]["href"])
        told = f"{len(label.content)} bytes of {label.headers['Content-Type']}" if label.ok else label.json()["detail"]
        shop.say(f"  label: {told}")


def deliver(shop: Merchant, shipment: Mapping[str, Any], code: str, end: str) -> None:
    """Let the simulated carrier deliver it, and show what the gateway made of all the webhooks."""
    found = shop.must("GET", f"/v1/shipments/{shipment['id']}")
    sent = shop.stage.control(code, "advance", {"carrier_reference": shop.stage.reference(code, found), "to": end})
    after = shop.follow(shipment, "delivered")
    events = shop.show_events(shipment)
    shop.say(
        f"  {len(sent['deliveries'])} webhooks were sent; {len(events)} events are kept; one truthful status:", "dim"
    )
    shop.say(f"  {after['status']} ({after['reason']}) at {shop.at(after['delivered_at'])}", "bold green")
    proof = after["proof_of_delivery"]
    if proof:
        shown = [f"{name.replace('_', ' ')}: {proof[name]}" for name in SHOWN_OF_PROOF if proof.get(name)]
        shown += [f"{picture['kind']} by the {picture['source']}: {picture['state']}" for picture in proof["pictures"]]
        shop.say(f"  proof of delivery, {', '.join(shown) or 'of which nothing has come yet'}")


def watch(shop: Merchant, shipment: Mapping[str, Any], code: str, stations: list[str]) -> None:
    """The recipient's page: for whoever watches it, the courier takes his time, and the page changes by itself."""
    shop.say(f"  the recipient follows it at {shipment['tracking_url']}", "bold cyan")
    if not shop.stage.watched:
        return
    click.pause("  Open it now, then press a key: the courier sets off, and the page follows him by itself.")
    found = shop.must("GET", f"/v1/shipments/{shipment['id']}")
    for station in stations:
        sent = {"carrier_reference": shop.stage.reference(code, found), "to": station}
        shop.stage.control(code, "advance", sent)
        shop.say(f"    the courier tells: {station}")
        sleep(SEEN_S)


def look(shop: Merchant, shipment: Mapping[str, Any]) -> None:
    """What the recipient reads now, and how much of him others would."""
    page = requests.get(shipment["tracking_url"], timeout=30)
    told = HEADING.search(page.text)
    if not page.ok or told is None:
        raise Unavailable(f"the recipient's page answered {page.status_code}")
    shop.say(f"  the recipient's page says: {told[1]}", "green")


def drive_round(shop: Merchant, shipment: Mapping[str, Any], scans: list[Mapping[str, Any]]) -> None:
    """A driver's scans, sent twice and the wrong way round, as an app does after hours without a network."""
    now = datetime.now(UTC)
    made = [
        {
            **{name: value for name, value in scan.items() if name != "minute"},
            "event_id": f"scan-{index}",
            "tracking_number": shipment["tracking_number"],
            "occurred_at": (now + timedelta(minutes=scan["minute"])).isoformat(),
        }
        for index, scan in enumerate(scans)
    ]
    for batch in (made[::-1], made):
        report = shop.must("POST", "/v1/fleet/scans", {"account": shipment["account"], "scans": batch})
        shop.say(f"  POST /v1/fleet/scans with {len(batch)} scans: {report['new']} new")
    after = shop.follow(shipment, "delivered")
    shop.show_events(shipment)
    shop.say(
        f"  {after['status']} at attempt {after['attempts']}; taken by {after['proof_of_delivery']['received_by']}",
        "bold green",
    )


def compare_books(stage: Stage) -> None:
    """The carriers' books against ours: nothing paid twice, nothing unknown, no invariant broken."""
    stage.console.rule("[bold]The books")
    services = build(stage.settings())
    ledgers = [Ledger.read(stage.ledger(code)) for code in CARRIERS if stage.ledger(code).exists()]
    now = services.clock()
    broken = [*services.store.audit(now), *ledger_audit.compare(services.store, ledgers, now)]
    for violation in broken:
        stage.console.print(f"  {violation.invariant} {violation.subject_id}: {violation.why}", style="red")
    if broken:
        raise Unavailable(f"{len(broken)} invariants are broken")
    paid = sum(len(bookings) for ledger in ledgers for bookings in ledger.active().values())
    stage.console.print(
        f"  Every invariant holds. The carriers' own ledgers hold {paid} paid bookings,"
        " each one a shipment of ours; none is paid twice.",
        style="bold green",
        soft_wrap=True,
    )
