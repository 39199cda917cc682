"""`python -m carriers.base.simulator CODE [--port N] [--ledger FILE]`."""

from __future__ import annotations

import argparse
import sys

from carriers.base.simulator.serving import main


def _announce(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    options = argparse.ArgumentParser(prog="python -m carriers.base.simulator", description=__doc__)
    options.add_argument("code", help="code of an installed carrier")
    options.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options.add_argument("--ledger", default=None, help="file for the carrier's books; continued when it exists")
    asked = options.parse_args()
    main(asked.code, asked.port, asked.ledger, _announce)
