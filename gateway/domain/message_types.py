"""The catalogue of what merchants are told, and which endpoint hears what."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

TEST_MESSAGE = "endpoint.test"
ENDPOINT_DISABLED, ENDPOINT_RECOVERED, ENDPOINT_BACKLOG = "endpoint.disabled", "endpoint.recovered", "endpoint.backlog"
_FOR_THE_OTHERS = (ENDPOINT_DISABLED, ENDPOINT_BACKLOG)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageType:
    """One kind of message. `about`: shipment, tracker or endpoint; its data has that one's shape."""

    name: str
    about: str
    when: str


@cache
def message_types() -> Mapping[str, MessageType]:
    """Every type by name, from `message_types.toml` beside this file, in its order."""
    groups = tomllib.loads(files("gateway.domain").joinpath("message_types.toml").read_text("utf-8"))
    return {
        f"{about}.{what}": MessageType(name=f"{about}.{what}", about=about, when=row["when"])
        for about, rows in groups.items()
        for what, row in rows.items()
    }


def hears(endpoint_id: str, types: Sequence[str], type_name: str, subject_id: str) -> bool:
    """Whether an endpoint that wants these types (none: all) is told of a message about a subject.

    A test goes to its own endpoint whatever that wants; an endpoint in trouble is not told of its own trouble.
    """
    if type_name == TEST_MESSAGE:
        return endpoint_id == subject_id
    if type_name in _FOR_THE_OTHERS and endpoint_id == subject_id:
        return False
    return not types or type_name in types
