"""`gateway demo`: two merchants, four carriers, one story, played in the terminal over real HTTP."""

from __future__ import annotations

import click

from gateway.cli.demo.stage import Stage
from gateway.cli.demo.story import play


@click.command()
@click.option("--watch", is_flag=True, help="Wait for you at the recipient's page, then move the parcel step by step.")
def demo(watch: bool) -> None:
    """Play the story: quote, book, fail over, reconcile a lost answer, deliver. Leaves nothing behind.

    In a terminal the console stays open at the end, until Enter is pressed.
    """
    with Stage(watched=watch) as stage:
        play(stage)
