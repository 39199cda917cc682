"""The demo's last scene: the console, for as long as somebody looks at it."""

from __future__ import annotations

import sys

from gateway.bootstrap import build
from gateway.cli.demo.stage import Stage
from gateway.cli.merchants import merchant_of
from gateway.domain.people import Role

EMAIL = "kari@demo.example"


def show_console(stage: Stage, merchant: str, phone_tail: str) -> None:
    """Say where the console is and with what to sign in; in a terminal, leave it open until Enter is pressed."""
    services = build(stage.settings())
    merchant_id = merchant_of(services, merchant, create=False)
    _, password = services.staff.people.add(merchant_id, EMAIL, "Kari Demo", Role.ADMIN)
    say = stage.console.print
    stage.console.rule("[bold]The console")
    say(f"  {stage.url}/console", style="bold", highlight=False)
    say(f"  sign in as {EMAIL} with the password {password}", highlight=False)
    say(f"  A caller asks “where is my parcel?”, phone ends {phone_tail}: press / and type it.", highlight=False)
    if sys.stdin.isatty():
        stage.console.input("  Press Enter to end the demo. ")
