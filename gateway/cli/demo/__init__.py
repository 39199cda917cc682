"""`gateway demo`: two merchants, four carriers, one story, played in the terminal over real HTTP."""

from __future__ import annotations

import click

from gateway.cli.demo.stage import Stage
from gateway.cli.demo.story import play


@click.command()
def demo() -> None:
    """Play the story: quote, book, fail over, reconcile a lost answer, deliver. Leaves nothing behind.

    In a terminal the console stays open at the end, until Enter is pressed.
    """
    with Stage() as stage:
        play(stage)
