"""Settings: `config/default.toml`, then the deployment's own TOML file, then the file of secrets, then
`GATEWAY__SECTION__KEY` variables: what is later in this list wins.

Every key is a field of a frozen dataclass here; an unknown key, a wrong type or a missing secret is an error that names
it. `config/default.toml` documents each.
"""

from __future__ import annotations

import dataclasses
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from gateway.domain.errors import GatewayError
from gateway.settings_delivered import Files as Files
from gateway.settings_delivered import Retention as Retention

PASSWORD = re.compile(r"(://[^/:@]*:)[^/]*@")
READ: Mapping[type, Callable[[str], Any]] = {
    bool: lambda text: {"true": True, "1": True, "false": False, "0": False}[text.lower()],
    int: int,
    float: float,
    str: str,
}


class BadSettings(GatewayError):
    """A setting that is unknown, missing or of the wrong type; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Where the rows are. `durable` makes SQLite survive a power cut at each commit."""

    url: str = field(repr=False)
    durable: bool
    pool_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Keys that encrypt and sign; `file` is written by `gateway init` with mode 0600."""

    file: str
    keys: tuple[str, ...] = field(default=(), repr=False)
    pepper: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """The web process. `public_url` is where the outside reaches it; empty: at host and port themselves."""

    host: str
    port: int
    threads: int
    workers: int
    public_url: str
    max_body_bytes: int
    max_rate_card_bytes: int
    max_zones_bytes: int
    max_assignment_bytes: int
    max_bulk_bytes: int
    max_webhook_bytes: int

    @property
    def base_url(self) -> str:
        """Where carriers' webhooks come in, without trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriers:
    """Calling carriers. `allow_plain_http` lets accounts point at http:// and loopback (simulators)."""

    transport: str
    allow_plain_http: bool
    rest_after_failures: int
    rest_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoting:
    """Quotes: the default deadline, how long an offer is honoured."""

    deadline_ms: int
    max_deadline_ms: int
    valid_min: int
    default_policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """Bookings: time limits in seconds, and how far a price may move between quote and booking."""

    deadline_s: float
    lease_margin_s: float
    review_after_s: int
    recheck_min: tuple[int, ...]
    price_tolerance_percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """Tracking: how long unknown numbers are kept, how many messages are applied at once, how often carriers are
    asked.
    """

    park_days: int
    inbox_batch: int
    retry_min: int
    grace_h: int
    expire_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """Webhooks to merchants: seconds between tries; `allow_private` lets them go to loopback (demo and tests)."""

    schedule_s: tuple[int, ...]
    timeout_s: float
    concurrency: int
    endpoints_at_once: int
    secret_overlap_h: int
    backlog: int
    allow_private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Live updates. Each holds a thread of its web process for as long as it lasts."""

    per_process: int
    per_key: int
    longest_s: int
    heartbeat_s: float
    poll_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """The worker: seconds between ticks, rows per claim, seconds of a lease, tries before a row is parked."""

    tick_s: float
    batch: int
    lease_s: int
    max_tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Requests per minute and key, per class of route."""

    quotes_per_min: int
    writes_per_min: int
    reads_per_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Our own labels: patterns of font files for what is written in other letters than Latin ones."""

    fonts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """For tests only: kill this process at a named point (see `gateway.services.faultpoints`)."""

    kill_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings."""

    database: Database
    secrets: Secrets
    web: Web
    carriers: Carriers
    quoting: Quoting
    booking: Booking
    tracking: Tracking
    retention: Retention
    files: Files
    webhooks: Webhooks
    streams: Streams
    worker: Worker
    limits: Limits
    labels: Labels
    faults: Faults


def load_settings(environ: Mapping[str, str], file: Path | None = None) -> Settings:
    """Defaults, overlaid by a TOML file, by the file of secrets and by the environment, which wins.

    The file is `file`, else the one named by GATEWAY_SETTINGS, else `gateway.toml` in the working folder if it exists.

    Raises:
        BadSettings: an unknown key, a wrong type, an unreadable file.
    """
    data = tomllib.loads(files("gateway.config").joinpath("default.toml").read_text("utf-8"))
    chosen = file or (Path(environ["GATEWAY_SETTINGS"]) if environ.get("GATEWAY_SETTINGS") else Path("gateway.toml"))
    if chosen.exists():
        _overlay(data, _read_toml(chosen), str(chosen))
    elif file or environ.get("GATEWAY_SETTINGS"):
        raise BadSettings(f"settings file {chosen} does not exist")
    from_environment = _from_environment(environ)
    secrets_file = Path(str(from_environment.get("secrets", {}).get("file", data["secrets"]["file"])))
    if secrets_file.exists():
        _overlay(data, {"secrets": _read_toml(secrets_file)}, str(secrets_file))
    _overlay(data, from_environment, "environment")
    effective: Settings = _section(Settings, data, "")
    return effective


def shown(settings: Settings) -> dict[str, dict[str, object]]:
    """The effective settings with secrets hidden, the password of the database too, for `gateway check`."""
    result: dict[str, dict[str, object]] = {}
    for section in dataclasses.fields(settings):
        value = getattr(settings, section.name)
        result[section.name] = {
            each.name: getattr(value, each.name) if each.repr else "(hidden)" for each in dataclasses.fields(value)
        }
    result["database"]["url"] = PASSWORD.sub(r"\1(hidden)@", settings.database.url)
    return result


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadSettings(f"{path}: {error}") from error


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, value in environ.items():
        if not name.startswith("GATEWAY__"):
            continue
        parts = name.split("__")
        if len(parts) != 3:
            raise BadSettings(f"{name}: a setting's variable is GATEWAY__SECTION__KEY")
        data.setdefault(parts[1].lower(), {})[parts[2].lower()] = value
    return data


def _overlay(base: dict[str, Any], extra: Mapping[str, Any], origin: str) -> None:
    for section, values in extra.items():
        if section not in base or not isinstance(values, Mapping):
            raise BadSettings(f"{origin}: there is no section [{section}]")
        base[section].update(values)


def _section(kind: Any, data: Mapping[str, Any], path: str) -> Any:
    hints = get_type_hints(kind)
    unknown = sorted(set(data) - set(hints))
    if unknown:
        raise BadSettings(f"unknown setting {path}{unknown[0]}")
    values = {}
    for name, value in data.items():
        hint = hints[name]
        values[name] = (
            _section(hint, value, f"{name}.")
            if dataclasses.is_dataclass(hint)
            else _typed(hint, value, f"{path}{name}")
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
