"""Parcels at the sandbox whose every webhook a test sends by itself, and what became of those."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests
from sqlalchemy import text

from carriers.base.simulator import RunningSimulator
from tests.conftest import TestDatabase
from tests.journeys.site import Merchant, Site


@dataclass(kw_only=True)
class Parcel:
    """A shipment at the sandbox, where it goes through the life that `outcomes.csv` has for its code."""

    site: Site
    shop: Merchant
    running: RunningSimulator
    account_id: str
    id: str
    number: str

    def scans(self) -> list[bytes]:
        """A webhook for every scan so far, oldest first, word for word as the sandbox would push it."""
        return scans(self.running, self.number)

    def push(self, *bodies: bytes) -> None:
        """Send webhooks as the sandbox signs them."""
        for body in bodies:
            answer = self.site.push(self.account_id, body, self.running)
            assert answer.status_code == 200, answer.text

    def shown(self) -> Any:
        """The shipment, without the links to its pictures: those are made anew every second."""
        found = self.shop.shipment(self.id)
        for picture in (found["proof_of_delivery"] or {}).get("pictures", ()):
            del picture["href"], picture["expires_at"]
        return found

    def events(self) -> list[Any]:
        """The carrier's events, oldest first; our own is left out."""
        found = self.shop.get(f"/v1/shipments/{self.id}/events")["data"]
        return [event for event in found if event["source"] != "gateway"]


def parcel(site: Site, shop: Merchant, life: str = "", *, polled: bool = False, **more: object) -> Parcel:
    """Book one at a sandbox of its own; only pushes tell about it, unless it may be polled."""
    running = site.carrier("sandbox")
    account_id = shop.account("sandbox-1", running, **({} if polled else {"without": "track"}))
    return another(site, shop, running, account_id, f"sim{life}", **more)


def another(
    site: Site, shop: Merchant, running: RunningSimulator, account_id: str, reference: str, **more: object
) -> Parcel:
    """Book one more; a reference that ends in `sim941` chooses the life 941."""
    shipment = shop.booked(reference=reference, **more)
    number = str(shipment["tracking_number"])
    return Parcel(site=site, shop=shop, running=running, account_id=account_id, id=shipment["id"], number=number)


def read_inbox(site: Site) -> None:
    """Let the worker read what came in, and do nothing else."""
    for batch in site.services.inbox.claim():
        site.services.inbox.work(batch)


def scans(running: RunningSimulator, number: str) -> list[bytes]:
    """A webhook for every scan of a number so far, oldest first."""
    url, key = running.account.urls["api"], running.account.secrets["api_key"]
    headers = {"Authorization": f"Bearer {key}"}
    answer = requests.get(f"{url}/tracking", params={"numbers": number}, headers=headers, timeout=10)
    (found,) = answer.json()["shipments"]
    return [_webhook(found, event) for event in found["events"]]


def scan(number: str, event_id: str, code: str, at: str, detail: str = "") -> bytes:
    """A webhook of one scan that the sandbox itself has not made."""
    event = {"id": event_id, "code": code, "at": at, **({"detail": detail} if detail else {})}
    return _webhook({"tracking_number": number, "reference": ""}, event)


def _webhook(shipment: dict[str, Any], event: dict[str, Any]) -> bytes:
    proof = shipment.get("proof") if event["code"] == "DELIVERED" else None
    told = {"id": event["id"], "type": "tracking", "shipment": {**shipment, "events": [event], "proof": proof}}
    return json.dumps(told).encode()


def inbox(database: TestDatabase, source: str = "webhook") -> Counter[str]:
    """How many raw messages there are in which state."""
    return Counter(state for state, _ in _messages(database, source))


def quarantined(database: TestDatabase) -> list[str]:
    """Why the messages in quarantine are there."""
    return sorted(why for state, why in _messages(database, "webhook") if state == "quarantined")


def _messages(database: TestDatabase, source: str) -> Sequence[tuple[str, str]]:
    asked = text("SELECT state, why FROM inbox WHERE source = :source")
    with database.engine.connect() as connection:
        return [(str(state), str(why)) for state, why in connection.execute(asked, {"source": source})]
