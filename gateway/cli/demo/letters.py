"""What the demo's recipients are told: real mail, to a mail server of the demo's own that passes nothing on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.cli.demo.merchant import Merchant


def tell_recipients(shop: Merchant, recipient: str) -> None:
    """Let the merchant send mail, to this recipient alone."""
    server = {"host": "127.0.0.1", "port": shop.stage.mail.port, "security": "none", "from": "parcels@demo.example"}
    shop.must("PUT", "/v1/notification-senders/email", {"smtp": {**server, "from_name": shop.name}})
    shop.must("PUT", "/v1/notification-settings", {"test_recipients": [recipient]})
    shop.say(f"Recipients are told by mail. It goes to a server of the demo's own ({server['host']}:{server['port']}),")
    shop.say("  which keeps it: nobody real gets any.")


def show_letters(shop: Merchant, shipment: Mapping[str, Any], event: str) -> None:
    """Wait until the recipient was told of an event, then show what was told, and what no longer was true in time."""
    path = f"/v1/shipments/{shipment['id']}/notifications"

    def told() -> list[Mapping[str, Any]] | None:
        found: list[Mapping[str, Any]] = shop.must("GET", path)["data"]
        return found if any((each["event"], each["state"]) == (event, "sent") for each in found) else None

    for each in shop.stage.wait("waiting for the recipient's mail", told):
        if each["channel"] == "email":
            shop.say(f"    {each['event']:<18} {each['state']:<8} {each['why'] or each['recipient']}")
    mail = shop.stage.mail.mails[-1]
    shop.say(f"  mail to {', '.join(mail.to)}: {mail.message['Subject']}", "green")
