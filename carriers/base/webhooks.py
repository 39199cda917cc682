"""How a webhook proves its sender. Declared on the adapter, run on the raw bytes before anything is parsed.

A proof without a configured secret refuses. While a secret is being changed, the one before it, kept under
the name `<secret>_previous`, is accepted too. `sign` makes the call that the carrier would make, for
simulators and tests.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from carriers.base.errors import WebhookRejected
from carriers.base.messages import Account, WebhookCall, WebhookReply
from carriers.base.proving import (
    SECRET,
    Keyed,
    accepted_secrets,
    after,
    as_bytes,
    check_equal,
    check_fresh,
    header_of,
    with_header,
)
from carriers.base.reading import clean


class WebhookProof(Protocol):
    """One carrier's way to prove a call, and to make one."""

    def prove(self, call: WebhookCall, account: Account) -> WebhookReply:
        """The answer the carrier wants to hear; raises WebhookRejected for a call that is not proven."""

    def sign(self, call: WebhookCall, account: Account) -> WebhookCall:
        """The same call as the carrier would send it; raises WebhookRejected without a configured secret."""


@dataclass(frozen=True, slots=True)
class HmacProof(Keyed):
    """A keyed hash of the raw body in a header; with a timestamp header, of timestamp, full stop and body.

    `prefix` stands before the signature in its header. `signed` builds other content from the call; a
    timestamp that is not part of it proves nothing. A timestamp may be `tolerance_s` old or early.
    """

    header: str
    prefix: str = ""
    timestamp_header: str = ""
    tolerance_s: int = 300
    signed: Callable[[WebhookCall], bytes] | None = None

    def prove(self, call: WebhookCall, account: Account) -> WebhookReply:
        """Check signature, then age."""
        self.check(after(self.prefix, header_of(call, self.header)), self._content(call), account)
        if self.timestamp_header:
            check_fresh(header_of(call, self.timestamp_header), call, self.tolerance_s)
        return self.reply

    def sign(self, call: WebhookCall, account: Account) -> WebhookCall:
        """The call with its signature, and with a timestamp where one belongs and none is there."""
        call = _timed(call, self.timestamp_header)
        return with_header(call, self.header, self.prefix + self.signatures(self._content(call), account)[0])

    def _content(self, call: WebhookCall) -> bytes:
        return self.signed(call) if self.signed else _stamped(call, self.timestamp_header)


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicProof:
    """A user name and a password of our own choosing. Source: RFC 7617 (HTTP Basic)."""

    user: str = "webhook_user"
    password: str = "webhook_password"  # noqa: S105 the name under which an account keeps it
    reply: WebhookReply = field(default_factory=WebhookReply)

    def prove(self, call: WebhookCall, account: Account) -> WebhookReply:
        """Check user and password together."""
        scheme, _, given = header_of(call, "authorization").partition(" ")
        if scheme.lower() != "basic":
            raise WebhookRejected("the call does not use Basic authentication")
        check_equal(given.strip(), self._credentials(account))
        return self.reply

    def sign(self, call: WebhookCall, account: Account) -> WebhookCall:
        """The call with user and password."""
        return with_header(call, "authorization", f"Basic {self._credentials(account)[0]}")

    def _credentials(self, account: Account) -> list[str]:
        users, passwords = accepted_secrets(account, self.user), accepted_secrets(account, self.password)
        return [base64.b64encode(f"{user}:{word}".encode()).decode() for word in passwords for user in users]


@dataclass(frozen=True, slots=True)
class SharedTokenProof:
    """A secret text of our own choosing that comes back in a header (`prefix`: such as `Bearer `)."""

    header: str
    secret: str = SECRET
    prefix: str = ""
    reply: WebhookReply = field(default_factory=WebhookReply)

    def prove(self, call: WebhookCall, account: Account) -> WebhookReply:
        """Check the text."""
        check_equal(after(self.prefix, header_of(call, self.header)), accepted_secrets(account, self.secret))
        return self.reply

    def sign(self, call: WebhookCall, account: Account) -> WebhookCall:
        """The call with the text."""
        return with_header(call, self.header, self.prefix + accepted_secrets(account, self.secret)[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlTokenProof:
    """A secret text of our own choosing in the URL's query, for carriers that sign nothing and take no header."""

    parameter: str = "token"
    secret: str = SECRET
    reply: WebhookReply = field(default_factory=WebhookReply)

    def prove(self, call: WebhookCall, account: Account) -> WebhookReply:
        """Check the text."""
        check_equal(call.query.get(self.parameter, ""), accepted_secrets(account, self.secret))
        return self.reply

    def sign(self, call: WebhookCall, account: Account) -> WebhookCall:
        """The call at the URL with the text in it."""
        return replace(call, query={**call.query, self.parameter: accepted_secrets(account, self.secret)[0]})


@dataclass(frozen=True, slots=True)
class RsaProof:
    """A signature with the carrier's own key, in base64, of what `HmacProof` signs; its public key is kept as PEM.

    Only a simulator has the private key, in the secret `webhook_private_key`.
    Source: RFC 8017, RSASSA-PKCS1-v1_5 with SHA-256.
    """

    header: str
    timestamp_header: str = ""
    tolerance_s: int = 300
    secret: str = "webhook_public_key"  # noqa: S105 the name under which an account keeps it
    private: str = "webhook_private_key"
    reply: WebhookReply = field(default_factory=WebhookReply)

    def prove(self, call: WebhookCall, account: Account) -> WebhookReply:
        """Check signature, then age."""
        given = header_of(call, self.header)
        try:
            signature = base64.b64decode(given, validate=True)
        except ValueError:
            signature = b""
        # One signature has one spelling, so that a call cannot be told again in another.
        if base64.b64encode(signature).decode() != given:
            raise WebhookRejected("the signature is not base64")
        content = _stamped(call, self.timestamp_header)
        if not any([_signed_by(pem, signature, content) for pem in accepted_secrets(account, self.secret)]):
            raise WebhookRejected("the proof is false")
        if self.timestamp_header:
            check_fresh(header_of(call, self.timestamp_header), call, self.tolerance_s)
        return self.reply

    def sign(self, call: WebhookCall, account: Account) -> WebhookCall:
        """The call with its signature, and with a timestamp where one belongs and none is there."""
        call = _timed(call, self.timestamp_header)
        key = load_pem_private_key(accepted_secrets(account, self.private)[0].encode(), password=None)
        if not isinstance(key, RSAPrivateKey):
            raise WebhookRejected(f"the configured {self.private} is not an RSA key")
        signature = key.sign(_stamped(call, self.timestamp_header), PKCS1v15(), SHA256())
        return with_header(call, self.header, base64.b64encode(signature).decode())


@dataclass(frozen=True, slots=True)
class AddressCheck:
    """The proof of a carrier that makes sure that our address answers before it uses it.

    Such a call has no body, so that it tells nothing; `methods` are those it is made with, `echo` is the parameter
    of its query whose text is the answer wanted. Any other call needs the proof.
    """

    proof: WebhookProof
    echo: str = ""
    methods: frozenset[str] = frozenset({"GET"})

    def prove(self, call: WebhookCall, account: Account) -> WebhookReply:
        """The answer to a check, or that of the proof."""
        if call.body or call.method not in self.methods:
            return self.proof.prove(call, account)
        return WebhookReply(body=as_bytes(clean(call.query.get(self.echo, ""))))

    def sign(self, call: WebhookCall, account: Account) -> WebhookCall:
        """The call as the proof signs it."""
        return self.proof.sign(call, account)


class AnyProof:
    """One of several proofs, where the carrier lets each client choose. The first one signs."""

    def __init__(self, *proofs: WebhookProof) -> None:
        self._proofs = proofs

    def prove(self, call: WebhookCall, account: Account) -> WebhookReply:
        """The answer of the first proof that holds."""
        why = []
        for proof in self._proofs:
            try:
                return proof.prove(call, account)
            except WebhookRejected as error:
                why.append(str(error))
        raise WebhookRejected("; ".join(why))

    def sign(self, call: WebhookCall, account: Account) -> WebhookCall:
        """The call as the first proof signs it."""
        return self._proofs[0].sign(call, account)


def _timed(call: WebhookCall, timestamp_header: str) -> WebhookCall:
    if not timestamp_header or timestamp_header.lower() in call.headers:
        return call
    return with_header(call, timestamp_header, str(int(call.received_at.timestamp())))


def _stamped(call: WebhookCall, timestamp_header: str) -> bytes:
    """What most carriers sign: the raw body, or timestamp, full stop and raw body."""
    if not timestamp_header:
        return call.body
    return as_bytes(header_of(call, timestamp_header)) + b"." + call.body


def _signed_by(pem: str, signature: bytes, body: bytes) -> bool:
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError:
        raise WebhookRejected("the configured public key is not PEM") from None
    if not isinstance(key, RSAPublicKey):
        raise WebhookRejected("the configured public key is not RSA")
    try:
        key.verify(signature, body, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
