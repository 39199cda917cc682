"""OAuth 2 tokens of carriers: fetched when needed, shared by all threads, renewed before they end."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from carriers.base.errors import (
    AuthenticationFailed,
    BadCarrierResponse,
    CarrierError,
    CarrierUnavailable,
)
from carriers.base.http import Http, Reply
from carriers.base.messages import Account

MAX_TOKEN = 16_384
TOKEN = re.compile("[!-~]+")  # RFC 6749 A.12, without the space, which would end it in a header
# Where a carrier does not say how long a token lives (RFC 6749 5.1 only recommends it).
UNSTATED_S = 300.0


@dataclass(frozen=True, slots=True)
class _Token:
    value: str = field(repr=False)
    stale_at: float
    settled_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """The client credentials grant, with the secrets `client_id` and `client_secret`. One per carrier.

    `where` is the account's url of the token endpoint. `headers` makes of id and secret the headers in which
    they travel; without it, they stand in the form. A token is renewed `early_s` before it ends. Where a carrier's
    servers learn of a new token only after a while, `settles_s` says after how long: until then a refused token is
    kept, for another one would be newer still. `now` counts seconds from anywhere.
    Source: RFC 6749, 4.4 (grant), 2.3.1 (credentials in the form), 5.1 (answer).
    """

    where: str = "token"
    path: str = ""
    scope: str = ""
    headers: Callable[[str, str], Mapping[str, str]] | None = None
    early_s: float = 60.0
    settles_s: float = 0.0
    now: Callable[[], float] = time.monotonic
    _tokens: dict[tuple[str, ...], _Token] = field(default_factory=dict, init=False, repr=False, compare=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)

    async def bearer(self, http: Http, account: Account) -> str:
        """A token that is good for `early_s` at least.

        Raises:
            AuthenticationFailed: the credentials are missing or refused.
            CarrierUnavailable: no token could be had; nothing was asked of the carrier with one.
        """
        key = self._key(account)
        with self._lock:
            token = self._tokens.get(key)
        if token and self.now() < token.stale_at:
            return token.value
        asked_at = self.now()
        token = self._read(await self._ask(http, account), asked_at)
        with self._lock:
            self._tokens[key] = token
        return token.value

    def forget(self, account: Account) -> bool:
        """Drop the cached token, because the carrier refused it; whether there was one to drop."""
        if self.settling(account):
            return False
        with self._lock:
            return self._tokens.pop(self._key(account), None) is not None

    def settling(self, account: Account) -> bool:
        """Whether the token is so new that some of the carrier's servers may not know it yet."""
        with self._lock:
            token = self._tokens.get(self._key(account))
        return token is not None and self.now() < token.settled_at

    async def _ask(self, http: Http, account: Account) -> Reply:
        client_id, client_secret = account.secrets["client_id"], account.secrets["client_secret"]
        form = {"grant_type": "client_credentials"}
        if self.headers is None:
            form |= {"client_id": client_id, "client_secret": client_secret}
        if self.scope:
            form["scope"] = self.scope
        headers = self.headers(client_id, client_secret) if self.headers else None
        try:
            return await http.post(self.where, self.path, form=form, headers=headers, repeatable=True, anonymous=True)
        except (CarrierUnavailable, AuthenticationFailed):
            raise
        except BadCarrierResponse as error:
            raise _no_token(error) from error
        except CarrierError as error:
            # RFC 6749 5.2: a refused client is a 400 as often as a 401.
            raise AuthenticationFailed(f"no token: {error}", carrier_code=error.carrier_code) from error

    def _read(self, reply: Reply, asked_at: float) -> _Token:
        try:
            answer = reply.reading()
            value = answer.text("access_token", limit=MAX_TOKEN)
            if not TOKEN.fullmatch(value):
                raise BadCarrierResponse("the token cannot stand in a header")
        except BadCarrierResponse as error:
            raise _no_token(error) from error
        lives_s = answer.maybe_number("expires_in")
        ends_at = asked_at + (UNSTATED_S if lives_s is None else lives_s)
        return _Token(value, stale_at=ends_at - self.early_s, settled_at=self.now() + self.settles_s)

    def _key(self, account: Account) -> tuple[str, ...]:
        """Changed credentials or another endpoint mean another token."""
        missing = [name for name in ("client_id", "client_secret") if not account.secrets.get(name)]
        if missing:
            raise AuthenticationFailed(f"account {account.name} has no secret {missing[0]}")
        return (
            account.id,
            account.urls.get(self.where, ""),
            account.secrets["client_id"],
            account.secrets["client_secret"],
        )


def _no_token(error: BadCarrierResponse) -> CarrierUnavailable:
    """Not BadCarrierResponse: for a booking that means "it may be booked", and nothing was asked for yet."""
    return CarrierUnavailable(f"no token: {error}")
