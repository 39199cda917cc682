"""A carrier's only way out: `await self.http.post(...)` hands a call to whoever drives the coroutine.

Whether a failed call may have been applied is decided here, once, from our own record that bytes were sent: never
from the class of an exception, which hides it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Generator, Mapping, Sequence
from dataclasses import replace
from typing import TypedDict, Unpack
from urllib.parse import urlencode, urljoin, urlsplit

from carriers.base.bodies import encoded
from carriers.base.calls import MAX_BODY_BYTES, SECRET_NAME, Call, Exchange, Failure, Reply, hidden, redacted
from carriers.base.errors import BadCarrierResponse, CarrierError, CarrierUnavailable
from carriers.base.messages import Account
from carriers.base.reading import clean
from carriers.base.verdicts import by_status, failed

__all__ = ["Call", "Exchange", "Failure", "Http", "Reply", "redacted"]

READ_TRIES = 2
NOWHERE = ("", 0)
REDIRECTS = (301, 302, 303, 307, 308)
Params = Mapping[str, object] | Sequence[tuple[str, object]]
Answer = Reply | Failure


class Sending(TypedDict, total=False):
    """What may be said about a request; see `Http.request`."""

    params: Params | None
    headers: Mapping[str, str] | None
    json: object
    form: Mapping[str, str] | None
    body: bytes | None
    expect: Collection[int]
    anonymous: bool
    limit_bytes: int


class _Sent:
    """What a coroutine awaits: it yields the call to the driver and gets what came of it."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def __await__(self) -> Generator[Call, Answer, Answer]:
        return (yield self._call)


class Http:
    """HTTP bound to one account: its URLs, its credentials, its carrier's error answers.

    `headers` gives the credentials, `sign` those that depend on the very call, `refusal` reads an error answer,
    `forget` drops cached credentials.
    """

    def __init__(
        self,
        account: Account,
        *,
        headers: Callable[[], Awaitable[Mapping[str, str]]],
        refusal: Callable[[Reply], CarrierError | None],
        forget: Callable[[], bool] = lambda: False,
        sign: Callable[[Call], Mapping[str, str]] = lambda _call: {},
    ) -> None:
        self._account = account
        self._headers = headers
        self._sign = sign
        self._refusal = refusal
        self._forget = forget

    async def get(
        self,
        where: str,
        path: str = "",
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        expect: Collection[int] = (200,),
        anonymous: bool = False,
        limit_bytes: int = MAX_BODY_BYTES,
    ) -> Reply:
        """GET; tried once more when no answer comes, for reading twice does no harm. See `request`."""
        return await self.request(
            "GET",
            where,
            path,
            repeatable=True,
            params=params,
            headers=headers,
            expect=expect,
            anonymous=anonymous,
            limit_bytes=limit_bytes,
        )

    async def post(self, where: str, path: str = "", *, repeatable: bool, **sending: Unpack[Sending]) -> Reply:
        """POST; `repeatable` says whether sending it twice does what sending it once does. See `request`."""
        return await self.request("POST", where, path, repeatable=repeatable, **sending)

    async def put(self, where: str, path: str = "", *, repeatable: bool, **sending: Unpack[Sending]) -> Reply:
        """PUT. See `request`."""
        return await self.request("PUT", where, path, repeatable=repeatable, **sending)

    async def delete(self, where: str, path: str = "", *, repeatable: bool, **sending: Unpack[Sending]) -> Reply:
        """DELETE. See `request`."""
        return await self.request("DELETE", where, path, repeatable=repeatable, **sending)

    async def request(
        self,
        method: str,
        where: str,
        path: str = "",
        *,
        repeatable: bool,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        form: Mapping[str, str] | None = None,
        body: bytes | None = None,
        expect: Collection[int] = (200, 201, 202),
        anonymous: bool = False,
        limit_bytes: int = MAX_BODY_BYTES,
    ) -> Reply:
        """One exchange with the account's URL `where` + path. A status that is not in `expect` becomes an error.

        The body is `json` (Decimals keep their digits), `form` or bytes. `anonymous` calls carry no credentials.
        Redirects are not followed. An answer of more than `limit_bytes` is given up.

        Raises:
            CarrierError: the kind that says what may be done next.
        """
        content, kind = encoded(json, form, body)
        url = self._url(where, path, params)
        own = {"accept": "application/json", **kind}
        bare = Call(method=method, url=url, headers=own, body=content, repeatable=repeatable, limit_bytes=limit_bytes)
        call, answer = await self._asked(bare, headers or {}, anonymous=anonymous)
        return self._judged(call, answer, expect)

    async def fetch(self, url: str, *, hosts: Collection[str] = ()) -> Reply:
        """GET a link that the carrier gave (a label). Its host must be one of the account's or of `hosts`.

        Only the account's own hosts see credentials. One redirect is followed, within the same hosts, without
        credentials.

        Raises:
            BadCarrierResponse: the link, or where it leads, is somewhere else.
            CarrierError: as for `request`.
        """
        own = {_origin(known) for known in self._account.urls.values()} - {NOWHERE}
        allowed = own | {_origin(f"https://{host}") for host in hosts} - {NOWHERE}
        self._check_link(url, allowed)
        bare = Call(method="GET", url=url, headers={"accept": "*/*"}, repeatable=True)
        call, answer = await self._asked(bare, {}, anonymous=_origin(url) not in own)
        if isinstance(answer, Reply) and answer.status in REDIRECTS:
            target = _target(url, answer)
            self._check_link(target, allowed)
            call, answer = await self._asked(replace(bare, url=target), {}, anonymous=True)
        return self._judged(call, answer, (200,))

    async def _asked(self, bare: Call, headers: Mapping[str, str], *, anonymous: bool) -> tuple[Call, Answer]:
        """Exchange with credentials; once more with new ones when these are refused and there are others."""
        credentials = {} if anonymous else await self._headers()
        proofs = {} if anonymous else self._sign(bare)
        call = self._signed(bare, {**credentials, **proofs}, headers)
        answer = await _exchanged(call)
        if isinstance(answer, Reply) and answer.status == 401 and not anonymous:
            self._forget()
            renewed = await self._headers()
            if renewed != credentials:  # a 401 was surely not applied, so this is no repetition
                call = self._signed(bare, {**renewed, **proofs}, headers)
                answer = await _exchanged(call)
        return call, answer

    def _signed(self, bare: Call, credentials: Mapping[str, str], headers: Mapping[str, str]) -> Call:
        """A call with its headers, which knows what of them is secret."""
        tokens = [value for name, value in credentials.items() if SECRET_NAME.search(name)]
        words = [token.rpartition(" ")[2] for token in tokens]
        secrets = frozenset([*self._account.secrets.values(), *tokens, *words])
        return replace(bare, headers=_merged(bare.headers, credentials, headers), secrets=secrets)

    def _url(self, where: str, path: str, params: Params | None) -> str:
        if where not in self._account.urls:
            raise CarrierUnavailable(f"account {self._account.name!r} has no URL named {where!r}")
        pairs = params.items() if isinstance(params, Mapping) else params or ()
        query = urlencode([(name, str(value)) for name, value in pairs if value is not None])
        return f"{self._account.urls[where]}{path}" + (f"?{query}" if query else "")

    def _check_link(self, url: str, allowed: Collection[tuple[str, int]]) -> None:
        plain_ok = any(known.startswith("http://") for known in self._account.urls.values())
        schemes = ("https://", "http://") if plain_ok else ("https://",)
        if not url.startswith(schemes) or _origin(url) not in allowed:
            raise BadCarrierResponse(f"a link to {clean(_origin(url)[0], 100)!r} is not followed")

    def _judged(self, call: Call, answer: Answer, expect: Collection[int]) -> Reply:
        if isinstance(answer, Failure):
            raise failed(answer, call.repeatable)
        if answer.status in expect:
            return answer
        # What a carrier says about an error is shown and logged, and some repeat what they were sent; some say it in
        # headers.
        headers = {name: hidden(value.encode(), call.secrets).decode() for name, value in answer.headers.items()}
        said = replace(answer, headers=headers, body=hidden(answer.body, call.secrets))
        raise self._refusal(said) or by_status(said, call.repeatable)


async def _exchanged(call: Call) -> Answer:
    """Send; a GET that got no answer is sent once more, while there is time."""
    _check_sendable(call)
    for _ in range(READ_TRIES - 1 if call.method == "GET" else 0):
        answer = await _Sent(call)
        if isinstance(answer, Reply) or answer.bad_answer or answer.late:
            return answer
    return await _Sent(call)


def _check_sendable(call: Call) -> None:
    """A line break in a header would be a header of somebody else's choice."""
    headers = [f"{name}: {value}" for name, value in call.headers.items()]
    if " " in call.url or not all(text.isascii() and text.isprintable() for text in (call.url, *headers)):
        raise CarrierUnavailable("not sent: the URL or a header has characters that cannot be sent")
    if _origin(call.url) == NOWHERE:
        raise CarrierUnavailable("not sent: the URL has no host, or a user in it")


def _merged(*parts: Mapping[str, str]) -> dict[str, str]:
    """Headers in one: names in lower case, the later ones win."""
    return {name.lower(): value for part in parts for name, value in part.items()}


def _target(url: str, answer: Reply) -> str:
    """Where a redirect leads; "" when that cannot be read."""
    try:
        return urljoin(url, answer.headers.get("location", ""))
    except ValueError:
        return ""


def _origin(url: str) -> tuple[str, int]:
    """Host and port of a URL; one with a user in it leads nowhere, for people read the user as the host."""
    try:
        parts = urlsplit(url)
        port = parts.port or (80 if parts.scheme == "http" else 443)
    except ValueError:
        return NOWHERE
    return (parts.hostname, port) if parts.hostname and "@" not in parts.netloc else NOWHERE
