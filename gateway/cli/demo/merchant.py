"""A merchant of the demo: a client of the HTTP API like any other, and how it tells what it sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import requests
from rich.markup import escape
from rich.table import Table

from gateway.cli.demo.stage import Stage
from gateway.domain.errors import Unavailable
from gateway.domain.values import Money

STATES = {
    "ok": "answered",
    "error": "failed",
    "timeout": "did not answer in time",
    "skipped": "rested",
    "ineligible": "not asked",
}


@dataclass(slots=True)
class Merchant:
    """Calls the API with its own key."""

    stage: Stage
    name: str
    zone: ZoneInfo
    key: str = ""
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.key = self.stage.key(self.name)

    def call(self, method: str, path: str, body: object = None, **headers: str) -> requests.Response:
        """One API call, as a checkout or a warehouse would make it."""
        return requests.request(
            method,
            self.stage.url + path,
            json=body,
            headers={"Authorization": f"Bearer {self.key}", **headers},
            timeout=60,
        )

    def must(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """The answer's JSON; a refusal ends the demo with its sentence."""
        answer = self.call(method, path, body, **headers)
        if not answer.ok:
            raise Unavailable(f"{method} {path} answered {answer.status_code}: {answer.text[:1000]}")
        return answer.json() if answer.content else None

    def book(self, body: Mapping[str, Any]) -> Any:
        """POST /v1/shipments under a new Idempotency-Key."""
        key = f"{self.name}-{next(self._numbers)}".replace(" ", "-")
        return self.must("POST", "/v1/shipments", body, **{"Idempotency-Key": key})

    def say(self, text: str, style: str = "") -> None:
        """A line of the story."""
        self.stage.console.print(text, style=style, highlight=False, soft_wrap=True)

    def at(self, moment: str | None) -> str:
        """A moment in the merchant's own time."""
        if moment is None:
            return "no promise"
        return f"{datetime.fromisoformat(moment).astimezone(self.zone):%a %H:%M}"

    def show_quote(self, quote: Mapping[str, Any]) -> None:
        """Every offer, why the winner won, and who did not answer."""
        table = Table("", "account", "service", "price", "promised by", "why not", box=None, pad_edge=False)
        for offer in quote["offers"]:
            dropped = [each["why"] for each in offer["verdicts"] if each["effect"] == "drop"]
            table.add_row(
                str(offer["rank"] or "-"),
                offer["account"],
                offer["service"].replace("_", " "),
                price(offer["price"]),
                self.at(offer["deliver_by"]),
                escape("; ".join(dropped)),
                style="bold green" if offer["rank"] == 1 else "" if offer["rank"] else "dim",
            )
        self.stage.console.print(table)
        winner = quote["offers"][0]
        self.say(f"  {winner['account']} is recommended by policy '{quote['policy']}':")
        for verdict in winner["verdicts"]:
            if verdict["effect"] == "rank":
                self.say(f"    {verdict['rule']}: {verdict['why']}", "green")
        for result in quote["carrier_results"]:
            if result["state"] != "ok":
                why = f": {result['why']}" if result["why"] else ""
                self.say(f"    {result['account']} {STATES[result['state']]}{why}", "yellow")

    def show_tenders(self, shipment: Mapping[str, Any]) -> None:
        """Who was asked in turn and what each said."""
        for tender in shipment["tenders"]:
            style = {"accepted": "green", "refused": "yellow", "uncertain": "magenta"}.get(tender["state"], "")
            self.say(f"    tender to {tender['account']}: {tender['state']} ({tender['why']})", style)

    def show_events(self, shipment: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The timeline, oldest first."""
        events: list[Mapping[str, Any]] = self.must("GET", f"/v1/shipments/{shipment['id']}/events")["data"]
        for event in events:
            said = f" ({event['carrier_code']})" if event["carrier_code"] else ""
            self.say(f"    {event['status']:<20} {event['reason']:<28} by {event['source']}{said}")
        return events

    def follow(self, shipment: Mapping[str, Any], status: str) -> Any:
        """Wait until the shipment has this status (or state)."""

        def look() -> Any:
            found = self.must("GET", f"/v1/shipments/{shipment['id']}")
            return found if status in (found["status"], found["state"]) else None

        return self.stage.wait(f"waiting until it is {status}", look)


def price(amount: Mapping[str, Any]) -> str:
    """Money for people."""
    return str(Money.from_minor(amount["amount"], amount["currency"]))
