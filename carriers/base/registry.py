"""Which carriers are installed. Found through the entry-point group, ours and other packages' alike."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from carriers.base.contract import Carrier
from gateway.domain.errors import GatewayError

GROUP = "gateway.carriers"


class BrokenCarrier(GatewayError):
    """A carrier that is not installed, or that is and cannot be used; the message says which and why."""


@cache
def installed() -> Mapping[str, type[Carrier]]:
    """Every installed carrier by its code. Looked up once in the life of a process.

    Raises:
        BrokenCarrier: one cannot be imported, is no carrier, bears another code, or its code is taken.
    """
    found: dict[str, type[Carrier]] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        loaded = _load(entry)
        if found.setdefault(entry.name, loaded) is not loaded:
            raise BrokenCarrier(f"carrier {entry.name!r} is registered twice, once as {entry.value}")
    return found


def carrier(code: str) -> type[Carrier]:
    """The class of one carrier. Raises BrokenCarrier when it is not installed."""
    found = installed()
    if code not in found:
        raise BrokenCarrier(f"carrier {code!r} is not installed; there are {', '.join(found) or 'none'}")
    return found[code]


def _load(entry: EntryPoint) -> type[Carrier]:
    about = f"carrier {entry.name!r} ({entry.value})"
    try:
        loaded = entry.load()
    except (ImportError, AttributeError, SyntaxError, OSError, GatewayError) as error:
        raise BrokenCarrier(f"{about} cannot be imported: {error}") from error
    if not (isinstance(loaded, type) and issubclass(loaded, Carrier)):
        raise BrokenCarrier(f"{about} is not a Carrier")
    if loaded.profile.code != entry.name:
        raise BrokenCarrier(f"{about} says in its profile that its code is {loaded.profile.code!r}")
    return loaded
