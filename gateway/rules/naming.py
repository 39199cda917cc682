"""What a policy names that lies outside of it: accounts, carriers, zones, facilities, postcodes.

Whether there is one of that name, others know; but what is no postcode, nobody has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.domain.errors import Unprocessable
from gateway.domain.postcodes import is_beginning

NAMING: Mapping[str, str] = {
    "rate.account": "account",
    "rate.carrier": "carrier",
    "destination.zone": "zone",
    "origin.facility": "facility",
    "origin.postcode": "postcode",
    "destination.postcode": "postcode",
}
"""The fields that are compared with names, and what those name."""

SHORT: Mapping[str, str] = {"accounts": "account", "only": "zone", "never": "zone"}
"""The same of members of short forms."""


@dataclass(frozen=True, slots=True)
class Named:
    """A name in a policy's data, and where; `beginning`: whatever begins with it is meant."""

    pointer: str
    what: str
    name: str
    beginning: bool = False


def named_in(data: Mapping[str, Any]) -> Iterator[Named]:
    """Every name in the data of a policy that has been accepted, in their order."""
    for account in data.get("cover") or {}:
        yield Named(f"/cover/{_escaped(account)}", "account", account)
    for part in ("rules", "fallback"):
        yield from _in_rules(data.get(part) or (), f"/{part}")


def refuse_ranges(data: Mapping[str, Any]) -> None:
    """Raises Unprocessable at a postcode that is written as zones have them, a range or with a star: read as a postcode
    it would be met by none.
    """
    for each in named_in(data):
        if each.what == "postcode" and not is_beginning(each.name):
            why = f"{each.name!r} is no postcode and no beginning of one; ranges and stars are written in a zone"
            raise Unprocessable(each.pointer, why, "invalid")


def _in_rules(entries: Sequence[Mapping[str, Any]], pointer: str) -> Iterator[Named]:
    for index, entry in enumerate(entries):
        at = f"{pointer}/{index}"
        if "when" in entry:
            yield from _in_condition(entry["when"], f"{at}/when")
        yield from _in_rules(entry.get("rules") or (), f"{at}/rules")
        for member, what in SHORT.items():
            for place, name in enumerate(entry.get(member) or ()):
                yield Named(f"{at}/{member}/{place}", what, name)


def _in_condition(data: Mapping[str, Any], pointer: str) -> Iterator[Named]:
    if "not" in data:
        yield from _in_condition(data["not"], f"{pointer}/not")
    for group in ("all", "any"):
        for index, part in enumerate(data.get(group) or ()):
            yield from _in_condition(part, f"{pointer}/{group}/{index}")
    what, value = NAMING.get(data.get("field", "")), data.get("value")
    if what is None or value is None:
        return
    beginning = data["op"] == "starts_with"
    if isinstance(value, str):
        yield Named(f"{pointer}/value", what, value, beginning)
    else:
        yield from (Named(f"{pointer}/value/{place}", what, each, beginning) for place, each in enumerate(value))


def _escaped(name: str) -> str:
    """A member's name in a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
