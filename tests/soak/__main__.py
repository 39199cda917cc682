"""`python -m tests.soak --seed N`: the soak for as long as wanted; its faults are the same for the same seed."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import mkdtemp

import click

from tests.soak.soaking import soak


@click.command()
@click.option("--seed", type=int, help="Of faults and clients; else one is drawn, and told.")
@click.option("--seconds", default=180.0, show_default=True, help="How long load and faults last.")
@click.option("--engine", default="celery", show_default=True, type=click.Choice(["embedded", "celery"]))
def run(seed: int | None, seconds: float, engine: str) -> None:
    """Load and faults, then the reckoning; exit code 1 when anything acknowledged is lost or an invariant is broken."""
    drawn = time.time_ns() % 1_000_000 if seed is None else seed
    folder = Path(mkdtemp(prefix="doorstep-soak-"))
    click.echo(f"seed {drawn} (again: make soak SEED={drawn}), {seconds:.0f} s, engine {engine}, logs in {folder}")
    verdict = soak(drawn, folder, seconds=seconds, distributed=engine == "celery")
    for name, number in {**verdict.faults, **verdict.counts}.items():
        click.echo(f"{number:8,} {name}")
    for each in verdict.wrong[:50]:
        click.echo(f"WRONG: {each}", err=True)
    click.echo(f"{len(verdict.wrong)} wrong" if verdict.wrong else "nothing lost, nothing twice: the audit is clean")
    sys.exit(1 if verdict.wrong else 0)


if __name__ == "__main__":
    run()
