"""The demo's day at the counter: parcels of many people, each somewhere else, so that callers can be answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.cli.demo.merchant import Merchant

COUNTRY = "NO"


def fill_the_day(shop: Merchant, scene: Mapping[str, Any]) -> None:
    """Book one for each of the scene's callers at the sandbox, and let each come as far as the scene says."""
    shop.stage.console.rule("[bold]Oslo: a day at the counter")
    shop.must("PUT", "/v1/policies/counter", {"data": scene["counter"]})
    last: Mapping[str, Any] = {}
    for caller in scene["callers"]:
        person = {name: caller[name] for name in ("name", "phone", "street1", "postal_code")}
        asked = {**scene["shipment"], "destination": {**person, "city": "Oslo", "country": COUNTRY}}
        last = shop.book({**asked, "policy": "counter", "reference": caller["reference"]})
        if caller["to"]:
            moved = {"carrier_reference": shop.stage.reference("sandbox", last), "to": caller["to"]}
            shop.stage.control("sandbox", "advance", moved)
    shop.follow(last, scene["callers"][-1]["until"])
    shop.say(f"{len(scene['callers'])} parcels of {len(scene['callers'])} people are on their way, in as many places.")
