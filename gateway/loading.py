"""How code is loaded: what comes to stay is not searched for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Let the garbage collector rest meanwhile, and never look at what was loaded: a sixth of a start was that."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
