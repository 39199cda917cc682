"""What a carrier is and within which limits it works: its `profile.toml`.

Every key is required and no other is allowed, so that a typo cannot hide; only the tables of names (`[secrets]`,
`[options]`, `[exempt]`) and `[calls.live]`, `[calls.test]` may be left out when they are empty, and what the remarks
below call so. TOML has no null: where there may be none, 0 says so.

    code = "swift"
    name = "Swift Couriers"
    kind = "courier"                  # own | courier | crowd | locker
    docs = "https://developer.swift.example/"
    countries = ["NO", "SE"]          # ISO 3166-1 alpha-2
    tracking = "both"                 # poll | push | both

    [services]                        # our level = their code
    same_day = "EXPRESS"

    [urls.live]
    api = "https://api.swift.example"
    [urls.test]                       # the same names as live
    api = "https://sandbox.swift.example"

    [booking]
    idempotent = false                # the same reference sent twice books once
    idempotency_window_min = 0        # for so long; 0: for ever, or not at all
    settle_s = 120                    # a booking shows in find() after so long at the latest
    max_processing_s = 60             # a request is not applied later than that
    cancel_until = "picked up"        # in words, for people
    absence_is_proof = true           # find() empty after settle_s proves that nothing was booked
                                      # optional: `trial = true`, test mode books at nobody's cost

    [polling]
    batch = 10                        # tracking numbers per call
    min_interval_s = 900              # between two polls of one number
    daily_budget = 500                # calls per day; 0: no limit
    timezone = "Europe/Oslo"          # of event times without an offset (IANA)

    [limits]                          # 0: none
    max_weight_g = 30000
    max_length_mm = 1500
    max_parcels = 99
    dimensional_divisor_cm3_per_kg = 5000

    [features]
    signature = true
    age_check = false
    cash_on_delivery = false
    time_windows = false
    photo = true
    pin = false
    id_check = false
    temperature = false
    two_person = false
    service_points = false

    [secrets]                         # name = what it is
    api_key = "API key from the portal"

    [options]
    customer_number = { what = "who pays", required = true }   # optional: kind, default, one_of

    [calls.live]                      # documented rate limit; left out where none is known
    most = 100                        # calls of one account, all operations together
    per_s = 60                        # in so many seconds

    [exempt]                          # conformance check = reason
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from importlib.resources import files
from types import UnionType
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from carriers.base.options import OptionFacts
from gateway.domain.errors import InvalidValue
from gateway.domain.quotes import ServiceLevel

_BASE_URL = re.compile(r"https?://[\w.-]+(:\d+)?(/[^\s?#]*[^\s?#/])?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingPromises:
    """What the carrier guarantees about bookings; what it does not say is the less safe case.

    `trial`: with an account of test mode a booking costs nothing and nobody drives, whatever its credentials are.
    """

    idempotent: bool
    idempotency_window_min: int | None
    settle_s: int
    max_processing_s: int
    cancel_until: str
    absence_is_proof: bool
    trial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """How often and how much the carrier may be asked where parcels are."""

    batch: int
    min_interval_s: int
    daily_budget: int | None
    timezone: str

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise InvalidValue("batch: at least 1")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise InvalidValue(f"timezone: {self.timezone!r} is not an IANA time zone") from None

    @property
    def zone(self) -> ZoneInfo:
        """The clock by which event times without an offset are read."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRate:
    """How many calls of one account the carrier takes in how many seconds; of several limits, the narrowest."""

    most: int
    per_s: int

    def __post_init__(self) -> None:
        if self.most < 1 or self.per_s < 1:
            raise InvalidValue("most: at least 1 in at least 1 second")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the carrier takes. None: no limit, or no dimensional weight."""

    max_weight_g: int | None
    max_length_mm: int | None
    max_parcels: int | None
    dimensional_divisor_cm3_per_kg: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What the carrier can do at the door; a shipment that requires more is not offered to it."""

    signature: bool
    age_check: bool
    cash_on_delivery: bool
    time_windows: bool
    photo: bool
    pin: bool
    id_check: bool
    temperature: bool
    two_person: bool
    service_points: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A carrier's `profile.toml`; `urls` and `calls` are by mode, `services` from our level to their code."""

    code: str
    name: str
    kind: Literal["own", "courier", "crowd", "locker"]
    docs: str
    countries: tuple[str, ...]
    tracking: Literal["poll", "push", "both"]
    services: Mapping[ServiceLevel, str]
    urls: Mapping[str, Mapping[str, str]]
    booking: BookingPromises
    polling: Polling
    limits: Limits
    features: Features
    secrets: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, OptionFacts] = field(default_factory=dict)
    exempt: Mapping[str, str] = field(default_factory=dict)
    calls: Mapping[str, CallRate] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.code):
            raise InvalidValue(f"code: {self.code!r} is not a lower-case word")
        if not self.countries or not all(re.fullmatch("[A-Z]{2}", country) for country in self.countries):
            raise InvalidValue("countries: at least one, each ISO 3166-1 alpha-2 in capitals")
        if set(self.urls) != {"live", "test"} or set(self.urls["live"]) != set(self.urls["test"]):
            raise InvalidValue("urls: exactly live and test, with the same names in both")
        if not set(self.calls) <= {"live", "test"}:
            raise InvalidValue("calls: live and test only")
        for mode, named in self.urls.items():
            for name, url in named.items():
                if not _BASE_URL.fullmatch(url):
                    raise InvalidValue(f"urls.{mode}.{name}: {url!r} is not a plain URL without trailing slash")

    @classmethod
    def load(cls, package: str | None) -> Self:
        """The profile beside a carrier's code. Raises InvalidValue with file and key."""
        if package is None:
            raise InvalidValue("a profile belongs to a package")
        text = files(package).joinpath("profile.toml").read_text("utf-8")
        return cls.parse(text, f"{package}/profile.toml")

    @classmethod
    def parse(cls, text: str, where: str) -> Self:
        """From TOML text. Raises InvalidValue naming `where` and the key."""
        try:
            profile: Self = _build(cls, tomllib.loads(text))
        except (tomllib.TOMLDecodeError, InvalidValue) as error:
            raise InvalidValue(f"{where}: {error}") from None
        return profile


def _build(cls: Any, table: object, path: str = "") -> Any:
    """A dataclass from a TOML table with exactly its fields."""
    members = _table(table, path)
    required = {each.name for each in fields(cls) if each.default is MISSING and each.default_factory is MISSING}
    hints = get_type_hints(cls)
    for name in sorted(members.keys() - hints.keys()):
        raise InvalidValue(f"{path}{name}: unknown key")
    for name in sorted(required - members.keys()):
        raise InvalidValue(f"{path}{name}: missing")
    values = {name: _read(hints[name], value, f"{path}{name}") for name, value in members.items()}
    try:
        return cls(**values)
    except InvalidValue as error:
        raise InvalidValue(f"{path}{error}") from None


def _read(hint: Any, value: object, path: str) -> object:
    """A TOML value as the type of its field."""
    if is_dataclass(hint):
        return _build(hint, value, f"{path}.")
    if hint in _SCALARS:
        return _scalar(hint, value, path)
    origin, kinds = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _one_of(kinds, value, path)
    if origin is tuple:
        if not isinstance(value, list):
            raise InvalidValue(f"{path}: is not a list")
        return tuple(_scalar(str, element, path) for element in value)
    if origin is UnionType:
        return _scalar(int, value, path) or None
    members = _table(value, f"{path}.").items()
    return {_name(kinds[0], name, path): _read(kinds[1], member, f"{path}.{name}") for name, member in members}


_SCALARS = {str: "a text that is not empty", int: "a whole number from 0", bool: "true or false"}


def _scalar(kind: type, value: object, path: str) -> object:
    empty = value == "" if kind is str else kind is int and isinstance(value, int) and value < 0
    if type(value) is not kind or empty:
        raise InvalidValue(f"{path}: is not {_SCALARS[kind]}")
    return value


def _one_of(words: tuple[object, ...], value: object, path: str) -> object:
    if value not in words:
        raise InvalidValue(f"{path}: {value!r} is not one of {', '.join(map(str, words))}")
    return value


def _name(kind: type, name: str, path: str) -> str:
    if kind is ServiceLevel:
        _one_of(tuple(ServiceLevel), name, path)
        return ServiceLevel(name)
    return name


def _table(value: object, path: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise InvalidValue(f"{path.rstrip('.')}: is not a table")
    return value
