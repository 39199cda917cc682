"""A carrier's only way out: `await self.http.post(...)` hands a call to whoever drives the coroutine.

Whether a failed call may have been applied is decided here, once, from our own record that bytes were sent: never
from the class of an exception, which hides it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Generator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import orjson

from carriers.base.calls import Call, Exchange, Failure, Reply, redacted
from carriers.base.errors import (
    AuthenticationFailed,
    BadCarrierResponse,
    CarrierError,
    CarrierUnavailable,
    OutcomeUnknown,
    RateLimited,
    ShipmentRejected,
    UnknownReference,
)
from carriers.base.messages import Account
from carriers.base.reading import clean

__all__ = ["Call", "Exchange", "Failure", "Http", "Reply", "redacted"]

READ_TRIES = 2
LONGEST_RETRY_AFTER_S = 3600.0
MESSAGE_CHARS = 300
Headers = Callable[[], Awaitable[Mapping[str, str]]]
Refusal = Callable[[Reply], CarrierError | None]
Params = Mapping[str, object] | Sequence[tuple[str, object]]


class _Sending:
    """What a coroutine awaits: it yields the call to the driver and gets a Reply or a Failure back."""

    def __init__(self, call: Call) -> None:
        self.call = call

    def __await__(self) -> Generator[Call, Reply | Failure, Reply | Failure]:
        return (yield self.call)


class Http:
    """HTTP bound to one account: its URLs, its credentials, its carrier's error answers."""

    def __init__(
        self,
        account: Account,
        *,
        headers: Headers,
        refusal: Refusal,
        forget: Callable[[], bool] = lambda: False,
    ) -> None:
        self._account = account
        self._headers = headers
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
    ) -> Reply:
        """GET; tried once more when no answer comes, for reading twice does no harm."""
        return await self.request(
            "GET",
            where,
            path,
            repeatable=True,
            params=params,
            headers=headers,
            expect=expect,
            anonymous=anonymous,
        )

    async def post(self, where: str, path: str = "", *, repeatable: bool, **rest: Any) -> Reply:
        """POST; `repeatable` says whether sending it twice does what sending it once does. See `request`."""
        return await self.request("POST", where, path, repeatable=repeatable, **rest)

    async def put(self, where: str, path: str = "", *, repeatable: bool, **rest: Any) -> Reply:
        """PUT. See `request`."""
        return await self.request("PUT", where, path, repeatable=repeatable, **rest)

    async def delete(self, where: str, path: str = "", *, repeatable: bool, **rest: Any) -> Reply:
        """DELETE. See `request`."""
        return await self.request("DELETE", where, path, repeatable=repeatable, **rest)

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
    ) -> Reply:
        """One exchange with the account's URL `where` + path; a status that is not expected becomes an error.

        Raises:
            CarrierError: the kind that says what may be done next.
        """
        content, kind = _content(json, form, body)
        url = self._url(where, path, params)

        async def attempt() -> Reply | Failure:
            sent = {"accept": "application/json", **kind, **(await self._credentials(anonymous)), **(headers or {})}
            call = Call(method=method, url=url, headers=sent, body=content, repeatable=repeatable)
            return await self._exchange(call)

        result = await attempt()
        if isinstance(result, Reply) and result.status == 401 and not anonymous and self._forget():
            result = await attempt()  # a 401 was surely not applied; the cached token may just be stale
        return self._judged(result, repeatable, expect)

    async def fetch(self, url: str, *, hosts: Collection[str] = ()) -> Reply:
        """GET a link the carrier gave (a label). Its host must be one of the account's or of `hosts`.

        One redirect is followed, to one of `hosts` (or the same ones), without credentials.
        """
        allowed = {urlsplit(known).netloc for known in self._account.urls.values()}
        self._check_link(url, allowed | set(hosts))
        credentials = await self._credentials(urlsplit(url).netloc not in allowed)
        first = await self._exchange(Call(method="GET", url=url, headers=credentials, repeatable=True))
        if isinstance(first, Reply) and first.status in (301, 302, 303, 307, 308):
            target = urljoin(url, first.headers.get("location", ""))
            self._check_link(target, allowed | set(hosts))
            first = await self._exchange(Call(method="GET", url=target, repeatable=True))
        return self._judged(first, True, (200,))

    async def _credentials(self, anonymous: bool) -> Mapping[str, str]:
        return {} if anonymous else await self._headers()

    async def _exchange(self, call: Call) -> Reply | Failure:
        """Send; a GET that got no answer is sent once more."""
        tries = READ_TRIES if call.method == "GET" else 1
        result: Reply | Failure = Failure(sent=False, why="not tried")
        for _ in range(tries):
            result = await _Sending(call)
            if isinstance(result, Reply) or result.bad_answer:
                break
        return result

    def _url(self, where: str, path: str, params: Params | None) -> str:
        if where not in self._account.urls:
            raise CarrierUnavailable(f"account {self._account.name!r} has no URL named {where!r}")
        pairs = list(params.items()) if isinstance(params, Mapping) else list(params or ())
        query = urlencode([(name, str(value)) for name, value in pairs if value is not None])
        return f"{self._account.urls[where]}{path}" + (f"?{query}" if query else "")

    def _check_link(self, url: str, allowed: Collection[str]) -> None:
        parts = urlsplit(url)
        plain_ok = any(known.startswith("http://") for known in self._account.urls.values())
        if parts.netloc not in allowed or not (parts.scheme == "https" or (parts.scheme == "http" and plain_ok)):
            raise BadCarrierResponse(f"a link to {clean(parts.netloc)[:100]!r} is not followed")

    def _judged(self, result: Reply | Failure, repeatable: bool, expect: Collection[int]) -> Reply:
        if isinstance(result, Failure):
            raise _failed(result, repeatable)
        if result.status in expect:
            return result
        raise self._refusal(result) or by_status(result, repeatable)


def _failed(failure: Failure, repeatable: bool) -> CarrierError:
    if failure.bad_answer and repeatable:
        return BadCarrierResponse(failure.why)
    if failure.sent and not repeatable:
        return OutcomeUnknown(f"no answer after the request was sent: {failure.why}")
    return CarrierUnavailable(failure.why)


def by_status(reply: Reply, repeatable: bool) -> CarrierError:
    """What an HTTP status alone says about an error answer.

    Source: RFC 9110; 429 and 503 count as processed unless the adapter knows the carrier says otherwise for bookings.
    """
    status = reply.status
    said = clean(reply.text())[:MESSAGE_CHARS]
    about = f"HTTP {status}"
    if status in (401, 403):
        return AuthenticationFailed(f"{about}: the account's credentials were refused", carrier_message=said)
    if status == 404:
        return UnknownReference(f"{about}: unknown at the carrier", carrier_message=said)
    if status == 429:
        return RateLimited(f"{about}: too many requests", retry_after_s=_retry_after(reply), carrier_message=said)
    if status == 408 or status >= 500:
        if repeatable:
            return CarrierUnavailable(f"{about} from the carrier", carrier_message=said)
        return OutcomeUnknown(f"{about} after the request was sent", carrier_message=said)
    if 400 <= status < 500:
        return ShipmentRejected(f"{about}: {said or 'refused'}", carrier_message=said)
    return BadCarrierResponse(f"{about} is not an answer the carrier documents", carrier_message=said)


def _retry_after(reply: Reply) -> float | None:
    """Seconds of `Retry-After`, given as seconds or as a date (RFC 9110 section 10.2.3); absurd ones are cut."""
    given = reply.headers.get("retry-after", "").strip()
    if given.isdigit():
        return min(float(given[:9]), LONGEST_RETRY_AFTER_S)
    try:
        until = parsedate_to_datetime(given)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return min(max((until - datetime.now(UTC)).total_seconds(), 0.0), LONGEST_RETRY_AFTER_S)
    except (ValueError, TypeError, OverflowError):
        return None


def _content(
    json: object, form: Mapping[str, str] | None, body: bytes | None
) -> tuple[bytes | None, Mapping[str, str]]:
    if json is not None:
        return encode(json), {"content-type": "application/json"}
    if form is not None:
        return urlencode(form).encode("ascii"), {"content-type": "application/x-www-form-urlencoded"}
    return body, {}


def encode(value: object) -> bytes:
    """Compact UTF-8 JSON; a Decimal keeps its digits."""
    return orjson.dumps(value, default=_exact, option=orjson.OPT_NON_STR_KEYS)


def _exact(value: object) -> object:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"{type(value).__name__} has no JSON form")
