"""What operators must know of carriers: the hosts they are reached at, and the codes nobody has mapped yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from carriers.base import Carrier, Profile
from gateway.domain.errors import NotFound
from gateway.services.ports import Store, UnmappedCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One host that a carrier is called at, in one mode, and the names of the URLs that lead there."""

    carrier: str
    mode: str
    host: str
    port: int
    names: tuple[str, ...]


def hosts(profile: Profile) -> Iterator[Host]:
    """The hosts of a profile's URLs, each once per mode; none for a carrier without HTTP."""
    for mode, urls in sorted(profile.urls.items()):
        names: dict[tuple[str, int], list[str]] = {}
        for name, url in sorted(urls.items()):
            parts = urlsplit(url)
            port = parts.port or (80 if parts.scheme == "http" else 443)
            names.setdefault((parts.hostname or "", port), []).append(name)
        for (host, port), used in sorted(names.items()):
            yield Host(carrier=profile.code, mode=mode, host=host, port=port, names=tuple(used))


def what_to_do(found: UnmappedCode, carrier: type[Carrier] | None) -> str:
    """The next step for a code that is not mapped."""
    if carrier is None:
        return f"the carrier {found.carrier} is not installed any more"
    if carrier.statuses.lookup(found.code, found.qualifier).listed:
        return "mapped since then: parcels that are scanned from now on are told right; what is stored stays unknown"
    package = carrier.__module__.rpartition(".")[0].replace(".", "/")
    looked_up = f"{found.code!r}" + (f" with qualifier {found.qualifier!r}" if found.qualifier else "")
    where = f"look {looked_up} up at {carrier.profile.docs} and add its line to {package}/statuses.csv"
    return where + (
        f"; `gateway carriers unmapped --payload {found.inbox_id}` shows a message" if found.inbox_id else ""
    )


def raw_message(store: Store, inbox_id: str) -> str:
    """A raw message from outside as text. Raises NotFound: it is not kept (any more)."""
    with store.look() as uow:
        for merchant_id, _ in uow.keys.merchants():
            message = uow.inbox.get(merchant_id, inbox_id)
            if message is not None:
                return message.body.decode("utf-8", "replace")
    raise NotFound(f"no raw message {inbox_id}: raw messages are not kept for ever")
