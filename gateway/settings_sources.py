"""From TOML, environment and defaults to typed settings: what a value must be is what its dataclass says."""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from gateway.domain.errors import GatewayError

READ: Mapping[type, Callable[[str], Any]] = {
    bool: lambda text: {"true": True, "1": True, "false": False, "0": False}[text.lower()],
    int: int,
    float: float,
    str: str,
}


class BadSettings(GatewayError):
    """A setting that is unknown, missing or of the wrong type; the message names it."""


def read_toml(path: Path) -> dict[str, Any]:
    """The file as it is. Raises BadSettings: it cannot be read."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadSettings(f"{path}: {error}") from error


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """`GATEWAY__SECTION__KEY` variables, by section and key. Raises BadSettings."""
    data: dict[str, Any] = {}
    for name, value in environ.items():
        if not name.startswith("GATEWAY__"):
            continue
        parts = name.split("__")
        if len(parts) != 3:
            raise BadSettings(f"{name}: a setting's variable is GATEWAY__SECTION__KEY")
        data.setdefault(parts[1].lower(), {})[parts[2].lower()] = value
    return data


def overlay(base: dict[str, Any], extra: Mapping[str, Any], origin: str) -> None:
    """Put values over others. Raises BadSettings: there is no such section; the message names the `origin`."""
    for section, values in extra.items():
        if section not in base or not isinstance(values, Mapping):
            raise BadSettings(f"{origin}: there is no section [{section}]")
        base[section].update(values)


def section(kind: Any, data: Mapping[str, Any], path: str) -> Any:
    """A settings dataclass of these values. Raises BadSettings, which names the setting at fault."""
    hints = get_type_hints(kind)
    unknown = sorted(set(data) - set(hints))
    if unknown:
        raise BadSettings(f"unknown setting {path}{unknown[0]}")
    values = {}
    for name, value in data.items():
        hint = hints[name]
        values[name] = (
            section(hint, value, f"{name}.") if dataclasses.is_dataclass(hint) else _typed(hint, value, f"{path}{name}")
        )
    try:
        return kind(**values)
    except TypeError as error:
        raise BadSettings(f"{path or 'settings'}: {error}") from error


def _typed(hint: Any, value: Any, name: str) -> Any:
    """The value as its type: text is read as it, anything else must be it already (a whole number may be a float)."""
    if get_origin(hint) is tuple:
        items = [item for item in value.split(",") if item] if isinstance(value, str) else value
        if not isinstance(items, list):
            raise BadSettings(f"{name}: {value!r} is not a list")
        return tuple(_typed(get_args(hint)[0], item, name) for item in items)
    try:
        meant = READ[hint](value) if isinstance(value, str) else value
    except (KeyError, ValueError):
        raise BadSettings(f"{name}: {value!r} does not fit") from None
    if hint is float and type(meant) is int:
        meant = float(meant)
    if type(meant) is not hint or (hint is float and not math.isfinite(meant)):
        raise BadSettings(f"{name}: {value!r} is not a {hint.__name__}")
    return meant
