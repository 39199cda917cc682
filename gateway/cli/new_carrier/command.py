"""The command: check the name, write nothing over anything, say what to do next."""

from __future__ import annotations

import keyword
import re
from importlib.util import find_spec
from pathlib import Path

import click

from carriers.base.registry import installed
from gateway.cli.new_carrier.writing import Layout, registered, written


@click.command("new-carrier")
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of a pip package of its own; without it, the carrier goes into this source tree.",
)
def new_carrier(name: str, into: Path | None) -> None:
    """Write a carrier's folder: adapter, wire, profile, status table, samples, test.

    NAME is its code: small letters, digits and _. The kit fails until the samples have a source and wire.py is filled
    in; carriers/README.md leads from here to a green kit.
    """
    root = Path.cwd()
    if into is None and not (root / "carriers" / "base").is_dir():
        raise click.UsageError("this is not Doorstep's source tree; say --into FOLDER for a package of its own")
    _check(name, apart=into is not None)
    layout = Layout.inside(root, name) if into is None else Layout.apart(into, name)
    files = written(layout, name)
    taken = [path for path in files if path.exists()]
    if taken:
        raise click.ClickException(f"{taken[0]} exists already; nothing was written")
    if into is None:
        files[root / "setup.cfg"] = registered((root / "setup.cfg").read_text("utf-8"), name)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        click.echo(f"wrote {path}")
    install = "pip install --no-deps -e ." if into is None else f"pip install --no-deps -e {into}"
    click.echo(f"\nNext:\n  {install}\n  gateway carriers check {name}\nand carriers/README.md, step by step.")


def _check(name: str, *, apart: bool) -> None:
    """Raise where the name cannot be a carrier's code, or is somebody else's."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise click.UsageError(f"{name!r} is no name for a carrier: small letters, digits and _, a letter first")
    if name in installed():
        raise click.ClickException(f"there is a carrier {name!r} already")
    if apart and find_spec(name) is not None:
        raise click.ClickException(f"a Python package is called {name!r} already; take another name")
