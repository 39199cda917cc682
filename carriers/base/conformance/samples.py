"""A carrier's `samples/<operation>.<case>.json`: its documented exchanges, read with care.

    {"operation": "book", "case": "ok",
     "source": "the carrier's document this comes from", "genuine": true, "recorded_on": "2023-02-10",
     "account": {"options": {}, "secrets": {}},         over samples/account.json, which has the same form
     "now": "2023-02-10T09:00:00Z",                     what the adapter's clock says
     "given": {...},                                    the arguments, in the form of `gateway.domain.codec`
     "exchanges": [{"request": {"method", "where", "path", "headers", "params", "json" | "xml" | "form" | "text"},
                    "response": {"status", "headers", "json" | "xml" | "text" | "base64"}}],
     "then": {...}}                                     what comes of it, or {"error": "ShipmentRejected", ...}

- A request's `headers` must be among those sent; everything else that it names must be equal to what is sent.
- `xml` is the text of a document, and is compared and spoilt as the data it holds (`carriers.base.xml`).
- `{url:api}` anywhere stands for the account's URL of that name: links that the carrier gives, such as labels.
- `essential` (book): paths in the answers without which there is no booking, as `"$.consignments[0].id"`. Left out,
  it is every place where the booking's own id stands. Any other field may be missing or wrong, and it is booked.
- A webhook has a `call` (`method`, `headers`, `query`, `json` | `text`), unsigned, instead of given and exchanges;
  `same_scan_as` names the track sample that shows the same scans.
- A carrier without HTTP has no exchanges. `account.windows` is {zone: [window]}, `account.reserved` {tender
  reference: window id}.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any

from carriers.base.conformance.operations import OPERATIONS
from carriers.base.conformance.payloads import Payload, payload
from gateway.domain.codec import from_json
from gateway.domain.errors import InvalidValue

# Samples that need no particular present happen now.
SOME_DAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRequest:
    """What the carrier documents that it is asked. None: the sample does not say."""

    method: str
    where: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] | None = None
    body: Payload | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleResponse:
    """What the carrier documents that it answers."""

    status: int
    headers: Mapping[str, str]
    body: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer."""

    request: SampleRequest
    response: SampleResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCall:
    """A webhook before it is signed."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """What a sample says about the account that is used."""

    mode: str = "test"
    options: Mapping[str, object] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    windows: Mapping[str, Any] = field(default_factory=dict)
    reserved: Mapping[str, str] = field(default_factory=dict)

    def over(self, other: AccountFacts) -> AccountFacts:
        """These facts laid over others."""
        return AccountFacts(
            mode=self.mode,
            options={**other.options, **self.options},
            secrets={**other.secrets, **self.secrets},
            windows={**other.windows, **self.windows},
            reserved={**other.reserved, **self.reserved},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One documented exchange, or one webhook. `then` stays as written: it is compared with what comes of it."""

    operation: str
    case: str
    source: str
    genuine: bool
    recorded_on: date | None
    account: AccountFacts
    now: datetime
    given: Any = None
    exchanges: tuple[Exchange, ...] = ()
    call: SampleCall | None = None
    then: Any = None
    essential: tuple[str, ...] = ()
    same_scan_as: str = ""

    @property
    def name(self) -> str:
        """Operation and case, as in the file's name."""
        return f"{self.operation}.{self.case}"

    @property
    def fails(self) -> bool:
        """Whether an error is what is documented."""
        return isinstance(self.then, Mapping) and "error" in self.then


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """A carrier's samples that can be read, and what is wrong with the others."""

    found: tuple[Sample, ...]
    problems: tuple[str, ...]

    def __iter__(self) -> Iterator[Sample]:
        return iter(self.found)

    def named(self, name: str) -> Sample | None:
        """The sample of that operation and case."""
        return next((sample for sample in self.found if sample.name == name), None)


def load_samples(package: str) -> Samples:
    """The samples beside a carrier's code. Problems name the file and the key."""
    folder = files(package).joinpath("samples")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".json")) if folder.is_dir() else []
    problems, found = [], []
    base = AccountFacts()
    for name in sorted(names, key=lambda name: name != "account.json"):
        try:
            data = _parse(folder.joinpath(name).read_text("utf-8"))
            if name == "account.json":
                base = _account(data, "$")
            else:
                found.append(_sample(name, data, base))
        except InvalidValue as error:
            problems.append(f"samples/{name}: {error}")
    return Samples(found=tuple(found), problems=tuple(problems))


def _parse(text: str) -> Mapping[str, Any]:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InvalidValue(str(error)) from None
    return _object(data, "$")


def _sample(name: str, data: Mapping[str, Any], base: AccountFacts) -> Sample:
    operation, case = _text(data, "operation"), _text(data, "case")
    if operation not in OPERATIONS:
        raise InvalidValue(f"$.operation: {operation!r} is none of {', '.join(OPERATIONS)}")
    if name != f"{operation}.{case}.json":
        raise InvalidValue(f"$.case: the file of this sample is called {operation}.{case}.json")
    webhook = operation == "webhook"
    _keys(data, _COMMON | (_WEBHOOK if webhook else _ASKED), "$", needed=_NEEDED | ({"call"} if webhook else {"given"}))
    if type(data["genuine"]) is not bool:
        raise InvalidValue("$.genuine: true or false")
    return Sample(
        operation=operation,
        case=case,
        source=_text(data, "source"),
        genuine=data["genuine"],
        recorded_on=from_json(date, data["recorded_on"], "$.recorded_on") if data.get("recorded_on") else None,
        account=_account(_object(data.get("account", {}), "$.account"), "$.account", base.mode).over(base),
        now=_now(data),
        given=data.get("given"),
        exchanges=tuple(
            _exchange(_object(item, f"$.exchanges[{index}]"), f"$.exchanges[{index}]")
            for index, item in enumerate(data.get("exchanges", ()))
        ),
        call=_call(_object(data["call"], "$.call")) if webhook else None,
        then=data["then"],
        essential=tuple(data.get("essential", ())),
        same_scan_as=str(data.get("same_scan_as", "")),
    )


_NEEDED = frozenset({"operation", "case", "source", "genuine", "then"})
_COMMON = _NEEDED | {"recorded_on", "account", "now"}
_ASKED = frozenset({"given", "exchanges", "essential"})
_WEBHOOK = frozenset({"call", "same_scan_as"})


def _now(data: Mapping[str, Any]) -> datetime:
    given = data.get("given")
    said = data.get("now") or (given.get("ready_at") if isinstance(given, Mapping) else None)
    if said is None:
        return SOME_DAY
    moment = from_json(datetime, said, "$.now")
    if moment.tzinfo is None:
        raise InvalidValue("$.now: a time needs a UTC offset")
    return moment


def _account(data: Mapping[str, Any], path: str, mode: str = "test") -> AccountFacts:
    _keys(data, frozenset({"mode", "options", "secrets", "windows", "reserved"}), path)
    return AccountFacts(**{"mode": mode, **data})


def _exchange(data: Mapping[str, Any], path: str) -> Exchange:
    _keys(data, frozenset({"request", "response"}), path, needed=frozenset({"request", "response"}))
    asked, answered = _object(data["request"], f"{path}.request"), _object(data["response"], f"{path}.response")
    _keys(
        asked,
        frozenset({"method", "where", "path", "headers", "params", "json", "xml", "form", "text"}),
        f"{path}.request",
    )
    _keys(answered, frozenset({"status", "headers", "json", "xml", "text", "base64"}), f"{path}.response")
    return Exchange(
        request=SampleRequest(
            method=_text(asked, "method", f"{path}.request"),
            where=str(asked.get("where", "api")),
            path=str(asked.get("path", "")),
            headers=_object(asked.get("headers", {}), f"{path}.request.headers"),
            params=asked.get("params"),
            body=payload(asked, f"{path}.request") if {"json", "xml", "form", "text"} & set(asked) else None,
        ),
        response=SampleResponse(
            status=from_json(int, answered.get("status", 200), f"{path}.response.status"),
            headers=_object(answered.get("headers", {}), f"{path}.response.headers"),
            body=payload(answered, f"{path}.response"),
        ),
    )


def _call(data: Mapping[str, Any]) -> SampleCall:
    _keys(data, frozenset({"method", "headers", "query", "json", "xml", "text"}), "$.call")
    headers = _object(data.get("headers", {}), "$.call.headers")
    return SampleCall(
        method=str(data.get("method", "POST")),
        headers={name.lower(): value for name, value in headers.items()},
        query=_object(data.get("query", {}), "$.call.query"),
        body=payload(data, "$.call"),
    )


def _keys(data: Mapping[str, Any], known: frozenset[str], path: str, needed: frozenset[str] = frozenset()) -> None:
    for key in sorted(set(data) - known):
        raise InvalidValue(f"{path}.{key}: unknown key")
    for key in sorted(needed - set(data)):
        raise InvalidValue(f"{path}.{key}: missing")


def _object(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidValue(f"{path}: is not an object")
    return value


def _text(data: Mapping[str, Any], key: str, path: str = "$") -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip():
        raise InvalidValue(f"{path}.{key}: is not a text that says something")
    return value
