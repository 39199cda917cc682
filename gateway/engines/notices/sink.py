"""A mail server on loopback that keeps what it gets: for the demo and for tests. Real SMTP, by aiosmtpd.

The part of an address before the @ chooses what goes wrong: `gone` and `policy` are refused for good, `full` for now,
`break` breaks the connection after the mail was taken, `slow` does not answer for a while.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

REFUSALS: Mapping[str, str] = {
    "gone": "550 5.1.1 No such mailbox here",
    "policy": "550 5.7.1 Refused by policy",
    "full": "452 4.2.2 The mailbox is full",
}
SILENCE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail that was taken: the envelope, and what was in it. `connection` numbers the connections from 1."""

    sender: str
    to: tuple[str, ...]
    content: bytes
    connection: int
    encrypted: bool
    login: str

    @property
    def message(self) -> EmailMessage:
        """Read."""
        return message_from_bytes(self.content, _class=EmailMessage, policy=policy.default)

    def part(self, kind: str) -> str:
        """Its text (`plain`) or its HTML (`html`)."""
        body = self.message.get_body((kind,))
        return str(body.get_content()) if body is not None else ""


class _OnAnyPort(Controller):
    """Asks the system for a free port, and learns which."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = int(server.sockets[0].getsockname()[1])
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd is typed in part


class MailSink:
    """Runs on a thread of its own between `with` and its end. `login` and `tls`, where given, are insisted on."""

    def __init__(self, login: tuple[str, str] | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.mails: list[Mail] = []
        self._login = login
        self._connections: dict[int, int] = {}
        self._controller = _OnAnyPort(
            self,
            hostname="127.0.0.1",
            port=0,
            ready_timeout=30,
            tls_context=tls,
            require_starttls=tls is not None,
            auth_required=login is not None,
            auth_require_tls=tls is not None,
            authenticator=self._authenticated,
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._controller.port

    def __enter__(self) -> Self:
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # it would tell every command
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_RCPT(  # noqa: N802  # named so by aiosmtpd
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        who = address.partition("@")[0]
        if who == "slow":
            await asyncio.sleep(SILENCE_S)
        if who in REFUSALS:
            return REFUSALS[who]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # likewise
        """Keep a mail."""
        content = envelope.original_content or b""
        number = self._connections.setdefault(id(session), len(self._connections) + 1)
        login = session.auth_data.login.decode() if isinstance(session.auth_data, LoginPassword) else ""
        self.mails.append(
            Mail(
                sender=envelope.mail_from or "",
                to=tuple(envelope.rcpt_tos),
                content=content,
                connection=number,
                encrypted=session.ssl is not None,
                login=login,
            )
        )
        if any(address.startswith("break@") for address in envelope.rcpt_tos):
            transport: Any = server.transport
            transport.abort()
        return "250 2.0.0 Kept"

    def _authenticated(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == self._login
        return AuthResult(success=known, handled=False, auth_data=data)
