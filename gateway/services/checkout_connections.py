"""Connections to shops' checkouts: their secrets write-only, their settings checked when they are saved."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from gateway.domain.checkouts import (
    MARGIN_MS,
    CheckoutConnection,
    CheckoutProtocol,
    CheckoutSettings,
    FallbackRate,
    Verification,
    timeout_ms,
)
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, Unprocessable
from gateway.domain.postcodes import is_beginning
from gateway.services.ids import new_id
from gateway.services.policies import PolicyBook
from gateway.services.ports import Mode, Store

CLIENT_SECRET, URL_TOKEN, PUBLIC_KEY = "client_secret", "url_token", "public_key"
LEAST_TOKEN = 16
"""Characters: the token may be the only lock, and strangers can try as many as they like."""

SECRETS: Mapping[CheckoutProtocol, Collection[str]] = {
    CheckoutProtocol.SHOPIFY: (CLIENT_SECRET, URL_TOKEN),
    CheckoutProtocol.TIENDANUBE: (URL_TOKEN,),
    CheckoutProtocol.ADOBE: (PUBLIC_KEY, URL_TOKEN),
}
"""What each protocol can prove itself by. BigCommerce's are the fields of its connection form, as the merchant named
them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionDraft:
    """What a merchant says about a connection; None, or a setting left out, leaves it as it is (when changing one)."""

    name: str | None = None
    protocol: CheckoutProtocol | None = None
    secrets: Mapping[str, str] | None = None
    enabled: bool | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


class ConnectionBook:
    """Adds, changes, lists and ends connections."""

    def __init__(self, store: Store, policies: PolicyBook, clock: Clock) -> None:
        self._store = store
        self._policies = policies
        self._clock = clock

    def add(self, merchant_id: str, mode: Mode, draft: ConnectionDraft) -> CheckoutConnection:
        """A new connection.

        Raises:
            Unprocessable: a secret, policy or deadline that does not do.
            Conflict: the name is taken.
        """
        now = self._clock()
        connection = CheckoutConnection(
            id=new_id("con", now),
            merchant_id=merchant_id,
            mode=mode,
            name=draft.name or "",
            protocol=draft.protocol or CheckoutProtocol.SHOPIFY,
            secrets=draft.secrets or {},
            settings=replace(CheckoutSettings(), **draft.settings),
            enabled=draft.enabled is not False,
            created_at=now,
        )
        self._check(connection)
        with self._store.work() as uow:
            uow.checkouts.add(connection)
            uow.commit()
        return connection

    def change(self, merchant_id: str, mode: Mode, connection_id: str, draft: ConnectionDraft) -> CheckoutConnection:
        """The connection with the draft's fields; secrets that are not named stay.

        Raises:
            NotFound, Unprocessable, Conflict.
        """
        connection = self.get(merchant_id, mode, connection_id)
        if draft.protocol is not None and draft.protocol is not connection.protocol:
            raise Unprocessable("/protocol", "a connection stays with its protocol; add another connection")
        changed = replace(
            connection,
            name=draft.name if draft.name is not None else connection.name,
            secrets={**connection.secrets, **(draft.secrets or {})},
            settings=replace(connection.settings, **draft.settings),
            enabled=draft.enabled if draft.enabled is not None else connection.enabled,
            version=connection.version + 1,
        )
        self._check(changed)
        with self._store.work() as uow:
            other = uow.checkouts.by_name(merchant_id, changed.name)
            if other is not None and other.id != connection_id:
                raise Conflict(f"there is a connection {changed.name!r} already")
            uow.checkouts.replace(changed)
            uow.commit()
        return changed

    def get(self, merchant_id: str, mode: Mode, connection_id: str) -> CheckoutConnection:
        """One connection. Raises NotFound."""
        with self._store.look() as uow:
            found = uow.checkouts.get(merchant_id, connection_id)
        if found is None or found.mode != mode:
            raise NotFound(f"no connection {connection_id}")
        return found

    def list(self, merchant_id: str, mode: Mode) -> Sequence[CheckoutConnection]:
        """The merchant's connections of a mode, by name."""
        with self._store.look() as uow:
            return uow.checkouts.list(merchant_id, mode)

    def remove(self, merchant_id: str, mode: Mode, connection_id: str) -> None:
        """End a connection: its checkout is answered no more. Offers it showed stay bookable. Raises NotFound."""
        self.get(merchant_id, mode, connection_id)
        with self._store.work() as uow:
            uow.checkouts.remove(merchant_id, connection_id)
            uow.commit()

    def _check(self, connection: CheckoutConnection) -> None:
        _check_secrets(connection)
        settings = connection.settings
        if connection.protocol is CheckoutProtocol.ADOBE and settings.origin is None:
            raise Unprocessable("/origin", "Adobe's webhook names no origin, so the connection must", "required")
        self._check_policy(connection.merchant_id, settings.policy)
        if settings.pickup_points and connection.protocol is not CheckoutProtocol.TIENDANUBE:
            raise Unprocessable("/pickup_points", f"{connection.protocol.value} can show none", "not_supported")
        waits = timeout_ms(connection.protocol, settings.requests_per_min)
        if waits is not None and settings.deadline_ms is not None and settings.deadline_ms > waits - MARGIN_MS:
            raise Unprocessable(
                "/deadline_ms", f"the shop waits {waits} ms: answer within {waits - MARGIN_MS}", "too_long"
            )
        _check_fallback(settings.fallback)

    def _check_policy(self, merchant_id: str, name: str) -> None:
        """It must decide, or every cart would be refused."""
        if not name:
            return
        try:
            self._policies.latest(merchant_id, name)
        except NotFound:
            raise Unprocessable("/policy", f"there is no policy {name!r}", "unknown_policy") from None
        if self._policies.published(merchant_id, name).live is None:
            raise Unprocessable("/policy", f"policy {name!r} has only drafts: publish one as live", "unknown_policy")


def _check_fallback(table: Sequence[FallbackRate]) -> None:
    for place, row in enumerate(table):
        for at, each in enumerate(row.postcodes):
            if not is_beginning(each):
                why = f"{each!r} is no beginning of a postcode, such as 01: name the beginnings, without ranges"
                raise Unprocessable(f"/fallback/{place}/postcodes/{at}", why, "invalid")
        if row in table[:place]:
            raise Unprocessable(f"/fallback/{place}", "the same row stands above", "duplicate")


def _check_secrets(connection: CheckoutConnection) -> None:
    known = SECRETS.get(connection.protocol)
    for name in connection.secrets:
        if known is not None and name.removesuffix("_previous") not in known:
            raise Unprocessable(f"/secrets/{name}", f"{connection.protocol.value} knows {', '.join(known)}")
    if not any(not name.endswith("_previous") for name in connection.secrets):
        wanted = " or ".join(known) if known else "at least one field of the connection form"
        raise Unprocessable(
            "/secrets", f"nothing proves who calls: {connection.protocol.value} needs {wanted}", "required"
        )
    signed = connection.settings.verification is Verification.REQUIRED
    if connection.protocol is CheckoutProtocol.SHOPIFY and signed and CLIENT_SECRET not in connection.secrets:
        raise Unprocessable(f"/secrets/{CLIENT_SECRET}", "signatures are required, and this is their key", "required")
    if connection.protocol is CheckoutProtocol.SHOPIFY and not signed and URL_TOKEN not in connection.secrets:
        raise Unprocessable(f"/secrets/{URL_TOKEN}", "without required signatures the URL needs a token", "required")
    _check_strength(connection, ours=known is not None)


def _check_strength(connection: CheckoutConnection, *, ours: bool) -> None:
    """Tokens that nobody guesses and keys that are some; `ours`: the names of secrets mean something to us."""
    for name in (URL_TOKEN, f"{URL_TOKEN}_previous"):
        token = connection.secrets.get(name)
        if ours and token is not None and len(token) < LEAST_TOKEN:
            raise Unprocessable(f"/secrets/{name}", f"a token is at least {LEAST_TOKEN} characters", "too_short")
    for name in (PUBLIC_KEY, f"{PUBLIC_KEY}_previous"):
        if connection.protocol is CheckoutProtocol.ADOBE and name in connection.secrets:
            _check_public_key(name, connection.secrets[name])


def _check_public_key(name: str, pem: str) -> None:
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError:
        key = None
    if not isinstance(key, RSAPublicKey):
        raise Unprocessable(f"/secrets/{name}", "this is no RSA public key in PEM")
