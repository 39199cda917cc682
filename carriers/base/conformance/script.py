"""The carrier's side of one sample: it knows its lines, answers with them, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from carriers.base.conformance.compare import unequal
from carriers.base.conformance.payloads import Payload
from carriers.base.conformance.samples import Exchange, SampleRequest
from carriers.base.errors import BadCarrierResponse
from carriers.base.simulator import FaultKind

# A sample need not show how a token is fetched: it is the same each time.
TOKEN = "token"  # noqa: S105 the name of a URL, not a secret
ACCESS_TOKEN = "kit-access-token-7d1f"  # noqa: S105 made up, looked for in logs and errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One call as it arrived. `place` is the documented exchange it was taken for; None where none fits."""

    method: str
    where: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    place: int | None = None

    @property
    def text(self) -> str:
        """Everything that was sent, to look for a word in it."""
        params = " ".join(f"{name}={value}" for name, value in self.params.items())
        headers = " ".join(f"{name}: {value}" for name, value in self.headers.items())
        return f"{self.method} {unquote(self.path)} {params} {headers} {self.body.decode(errors='replace')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered; `fault` is how it goes wrong on the wire, where it does."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fault: FaultKind | None = None


Spoil = Callable[[int, Answer], Answer]


def documented(exchange: Exchange) -> Answer:
    """The answer a sample shows."""
    response = exchange.response
    headers = {"Content-Type": response.body.content_type, **response.headers}
    return Answer(status=response.status, headers=headers, body=response.body.content)


def fill(text: str, urls: Mapping[str, str]) -> str:
    """A text with the account's URLs in the places marked `{url:name}`."""
    for name, url in urls.items():
        text = text.replace(f"{{url:{name}}}", url)
    return text


def as_is(_place: int, answer: Answer) -> Answer:
    """Spoils nothing."""
    return answer


def from_here(place: int, spoilt: Answer) -> Spoil:
    """Another answer to one exchange and to all that come after it."""
    return lambda at, answer: spoilt if at >= place else answer


def only_at(place: int, spoilt: Answer) -> Spoil:
    """Another answer to one exchange, and the documented ones to the others."""
    return lambda at, answer: spoilt if at == place else answer


class Script:
    """Answers calls with a sample's exchanges; a call that is asked again gets its answer again."""

    def __init__(self, exchanges: Sequence[Exchange], urls: Mapping[str, str], spoil: Spoil = as_is) -> None:
        self._exchanges = exchanges
        self._urls = urls
        self._spoil = spoil
        self._unused = list(range(len(exchanges)))
        self.sent: list[Sent] = []

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to a call of `.../<run>/<where>/<path>`."""
        parts = urlsplit(url)
        _, _run, where, *rest = parts.path.split("/")
        path = "/" + "/".join(rest) if rest else ""
        place = self._place(method, where, path)
        self.sent.append(
            Sent(
                method=method,
                where=where,
                path=path,
                params=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers={name.lower(): value for name, value in headers.items()},
                body=body,
                place=place,
            )
        )
        if place is not None:
            return self._filled(self._spoil(place, documented(self._exchanges[place])))
        return _token() if where == TOKEN else Answer(status=404)

    def _place(self, method: str, where: str, path: str) -> int | None:
        """The documented exchange for a call: one with the same address, not used before if there is one."""
        same = [
            place
            for place, exchange in enumerate(self._exchanges)
            if (exchange.request.method, exchange.request.where) == (method, where)
            and unquote(exchange.request.path) == unquote(path)
        ]
        waiting = [place for place in self._unused if self._exchanges[place].request.where == where]
        fresh = [place for place in same if place in self._unused]
        found = next(iter(fresh or same[-1:] or waiting), None)
        if found in self._unused:
            self._unused.remove(found)
        return found

    def _filled(self, answer: Answer) -> Answer:
        headers = {name: fill(value, self._urls) for name, value in answer.headers.items()}
        body = answer.body
        if b"{url:" in body:
            body = fill(body.decode(), self._urls).encode()
        return replace(answer, headers=headers, body=body)

    def surprises(self) -> Iterator[str]:
        """Every difference between the documented calls and those that came."""
        for sent in self.sent:
            if sent.place is not None:
                yield from _request_differences(self._exchanges[sent.place].request, sent)
            elif sent.where != TOKEN:
                yield f"not documented, but called: {sent.method} {sent.where} {sent.path}"
        for place in self._unused:
            request = self._exchanges[place].request
            yield f"documented, but not called: {request.method} {request.where} {request.path}"


def _token() -> Answer:
    body = json.dumps({"access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 3600})
    return Answer(headers={"Content-Type": "application/json"}, body=body.encode())


def _request_differences(expected: SampleRequest, sent: Sent) -> Iterator[str]:
    asked = f"{expected.method} {expected.where} {unquote(expected.path)}"
    came = f"{sent.method} {sent.where} {unquote(sent.path)}"
    if asked != came:
        yield f"expected the call {asked}, not {came}"
    for name, value in expected.headers.items():
        given = sent.headers.get(name.lower())
        if given != value:
            yield f"{came}: header {name}: expected {value!r}, not {given!r}"
    if expected.params is not None:
        params = {name: str(value) for name, value in expected.params.items()}
        yield from (f"{came}: params {what}" for what in unequal(params, dict(sent.params)))
    if expected.body is not None:
        yield from (f"{came}: body {what}" for what in _body_differences(expected.body, sent.body))


def _body_differences(expected: Payload, body: bytes) -> Iterator[str]:
    if expected.has_data:
        try:
            yield from unequal(expected.data, expected.read(body))
        except (ValueError, BadCarrierResponse):
            yield f"is not {expected.content_type}: {body[:80]!r}"
    elif expected.form is not None:
        given: dict[str, Any] = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
        yield from unequal(dict(expected.form), given)
    elif expected.content != body:
        yield f"is {body[:80]!r} instead of {expected.content[:80]!r}"
