"""Settings: `config/default.toml`, then the deployment's own TOML file, then the file of secrets, then
`GATEWAY__SECTION__KEY` variables: what is later in this list wins.

Every key is a field of a frozen dataclass here; an unknown key, a wrong type or a missing secret is an error that names
it. `config/default.toml` documents each.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from gateway.settings_of_notifications import Alerts
from gateway.settings_of_notifications import Notifications as Notifications
from gateway.settings_of_recipients import Recipients
from gateway.settings_sources import BadSettings as BadSettings
from gateway.settings_sources import from_environment, overlay, read_toml, section

PASSWORD = re.compile(r"(://[^/:@]*:)[^/]*@")


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
    max_picture_bytes: int
    wait_s: float

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
    """Tracking: how long unknown numbers are kept, how much is applied at once, how often carriers are asked."""

    park_days: int
    inbox_batch: int
    retry_min: int
    subscribe_s: float
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
class Work:
    """Who works what is due: workers what they find, or Celery's what they are told of; see `config/default.toml`."""

    engine: str
    broker_url: str = field(repr=False)
    sweep_s: float
    processes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Requests per minute and key, per class of route."""

    quotes_per_min: int
    writes_per_min: int
    reads_per_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many days quotes, raw messages from carriers that were applied, what merchants were told, and the pictures
    that prove deliveries are kept; after the end of a shipment, instructions and the people it was from and to.
    """

    quotes_days: int
    inbox_days: int
    told_days: int
    proofs_days: int
    instructions_days: int
    addresses_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where pictures lie, how long a link to one is good for and how many a shipment has."""

    url: str
    link_s: int
    per_shipment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """How many days after its delivery a shipment may be sent back."""

    window_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Our own labels: patterns of font files for what is written in other letters than Latin ones."""

    fonts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """The console: when a session ends, idle or anyhow, whether administrators need one-time codes, and how many
    passwords a network address may try.
    """

    idle_min: int
    longest_h: int
    tries_per_h: int
    codes_for_admins: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLog:
    """What developers see of calls: whether any are kept, for how many days, and how many at most; what is more than
    `rows_per_s` for long, or than `most_waiting` at a time, is only counted.
    """

    enabled: bool
    kept_days: int
    rows_per_s: int
    most_waiting: int
    gather_s: float


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
    returns: Returns
    webhooks: Webhooks
    notifications: Notifications
    alerts: Alerts
    streams: Streams
    recipients: Recipients
    worker: Worker
    work: Work
    limits: Limits
    labels: Labels
    console: Console
    request_log: RequestLog
    faults: Faults


def load_settings(environ: Mapping[str, str], file: Path | None = None) -> Settings:
    """Defaults, overlaid by a TOML file, by the file of secrets and by the environment, which wins.

    The file is `file`, else the one named by GATEWAY_SETTINGS, else `gateway.toml` in the working folder if it exists.

    Raises:
        BadSettings: an unknown key, a wrong type, an unreadable file, values that do not go together.
    """
    data = tomllib.loads(files("gateway.config").joinpath("default.toml").read_text("utf-8"))
    chosen = file or (Path(environ["GATEWAY_SETTINGS"]) if environ.get("GATEWAY_SETTINGS") else Path("gateway.toml"))
    if chosen.exists():
        overlay(data, read_toml(chosen), str(chosen))
    elif file or environ.get("GATEWAY_SETTINGS"):
        raise BadSettings(f"settings file {chosen} does not exist")
    environment = from_environment(environ)
    secrets_file = Path(str(environment.get("secrets", {}).get("file", data["secrets"]["file"])))
    if secrets_file.exists():
        overlay(data, {"secrets": read_toml(secrets_file)}, str(secrets_file))
    overlay(data, environment, "environment")
    effective: Settings = section(Settings, data, "")
    if effective.notifications.session_s >= effective.worker.lease_s:
        raise BadSettings("notifications.session_s must be less than worker.lease_s")
    return effective


def shown(settings: Settings) -> dict[str, dict[str, object]]:
    """The effective settings with secrets hidden, the password of the database too, for `gateway check`."""
    result: dict[str, dict[str, object]] = {}
    for part in dataclasses.fields(settings):
        value = getattr(settings, part.name)
        result[part.name] = {
            each.name: getattr(value, each.name) if each.repr else "(hidden)" for each in dataclasses.fields(value)
        }
    result["database"]["url"] = PASSWORD.sub(r"\1(hidden)@", settings.database.url)
    return result
