"""Mail over SMTP, one connection for many letters. Implements `ports.notifications.Courier`.

Sources: RFC 5321 (4yz: later, 5yz: never), RFC 3463 (5.1.x is about the address), RFC 8058 and RFC 2369 (one click to
unsubscribe), RFC 3834 (Auto-Submitted), RFC 3207 (STARTTLS).
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from importlib.util import find_spec
from urllib.parse import urlsplit

import certifi

from gateway.domain.clock import Clock
from gateway.domain.errors import Unavailable, Unprocessable
from gateway.domain.notifications import Sender
from gateway.engines.notices.press import MISSING
from gateway.engines.notices.smtp_server import Deadline, Server
from gateway.services.ports.notifications import Letter, Outcome, Unreachable
from gateway.services.public_http import HOST, NotPublic, public_address
from gateway.settings import Notifications

PORTS = {"tls": 465, "starttls": 587, "none": 25}
ADDRESS = re.compile(
    r"(?!\.)(?!.*\.[.@])[^\s\x00-\x20\x7f\"(),:;<>@\[\\\]]{1,64}"
    r"@[^\s\x00-\x20\x7f\"(),:;<>@\[\\\]_/]+\.[^\W_-]{2,}"
)
NO_SUCH_MAILBOX = (550, 551, 553)
ABOUT_THE_ADDRESS = re.compile(r"5\.1\.\d")
ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
# RFC 5322 lets a line have 998 characters: so no link of ours is ever folded or encoded.
POLICY = SMTP.clone(max_line_length=998)


class SmtpCourier:
    """Speaks to merchants' mail servers."""

    def __init__(self, settings: Notifications, base_url: str, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._own_name = urlsplit(base_url).hostname or "localhost"
        self._greeting = self._own_name if any(map(str.isalpha, self._own_name)) else f"[{self._own_name}]"
        self._tls = ssl.create_default_context(cafile=settings.ca_file or certifi.where())

    def check(self, sender: Sender) -> None:
        """Raises Unprocessable for a host that may not be called and addresses that are none.

        Raises Unavailable: what makes mails of MJML is not installed.
        """
        if find_spec("mjml") is None:
            raise Unavailable(MISSING)
        host, private = sender.option("host").lower(), self._may_be_private(sender.option("host"))
        if not HOST.fullmatch(host):
            raise Unprocessable("/smtp/host", "a host name, such as smtp.example.com", "invalid")
        try:
            public_address(host, _port(sender), allow_private=private, flags=socket.AI_NUMERICHOST)
        except NotPublic as error:
            raise Unprocessable("/smtp/host", str(error), "not_public") from error
        except socket.gaierror:
            pass  # a name; where it leads is looked up at every connection
        for name in ("from", "reply_to"):
            given = sender.option(name)
            if (given or name == "from") and not (is_address(given) and _is_ascii(given)):
                raise Unprocessable(f"/smtp/{name}", "an e-mail address, such as parcels@shop.example", "invalid")

    @contextmanager
    def open(self, sender: Sender) -> Iterator[Mailbag]:
        """Connected and logged in, until the session's time is up. Raises Unreachable."""
        deadline = Deadline(self._settings.session_s)
        try:
            try:
                server = self._connected(sender, deadline)
            except (OSError, smtplib.SMTPException, NotPublic) as error:  # TLS errors are OSErrors
                why = f"it did not come to an end within {deadline.seconds:g} s" if deadline.passed else _reason(error)
                raise Unreachable(why) from error
            try:
                yield Mailbag(server, sender, self._own_name, self._clock)
            finally:
                with suppress(OSError, smtplib.SMTPException):
                    server.quit()
        finally:
            deadline.lift()

    def _connected(self, sender: Sender, deadline: Deadline) -> smtplib.SMTP:
        security = sender.option("security") or "starttls"
        server = Server(
            sender.option("host"),
            _port(sender),
            self._greeting,
            answer_s=self._settings.timeout_s,
            deadline=deadline,
            tls=self._tls if security == "tls" else None,
            private=self._may_be_private(sender.option("host")),
        )
        try:
            if security == "starttls":
                server.starttls(context=self._tls)
            if sender.option("username"):
                server.login(sender.option("username"), sender.secrets.get("password", ""))
            else:
                server.ehlo_or_helo_if_needed()
        except BaseException:
            server.close()
            raise
        return server

    def _may_be_private(self, host: str) -> bool:
        return self._settings.allow_private or host.lower() in self._settings.private_hosts


class Mailbag:
    """An open connection."""

    def __init__(self, server: smtplib.SMTP, sender: Sender, own_name: str, clock: Clock) -> None:
        self._server = server
        self._sender = sender
        self._own_name = own_name
        self._clock = clock

    def send(self, letter: Letter) -> Outcome:
        """One mail. When the connection breaks before the server had it all, it was not sent; after that, who knows."""
        if not is_address(letter.to):
            return Outcome(state="refused", why="this is no address that mail can be sent to")
        plain = _is_ascii(letter.to)
        content = self._message(letter).as_bytes(policy=POLICY.clone(utf8=not plain))
        try:
            refusal = self._envelope(letter.to, plain)
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(state="unreachable", why=_reason(error))
        if refusal is not None:
            return refusal
        try:
            code, said = self._server.data(content)
        except smtplib.SMTPDataError as error:
            return _refusal(error.smtp_code, _text(error.smtp_error), about_address=False)
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(state="unknown", why=f"the connection broke while it was sent: {_reason(error)}")
        if code != 250:
            return _refusal(code, _text(said), about_address=False)
        return Outcome(state="sent", provider_id=_text(said)[:200], size=len(content))

    def _envelope(self, to: str, ascii_only: bool) -> Outcome | None:
        """Who writes and to whom; the server's refusal, if it refuses. Raises what smtplib raises."""
        self._server.ehlo_or_helo_if_needed()
        if not ascii_only and not self._server.has_extn("smtputf8"):
            return Outcome(state="refused", why="the mail server does not take addresses in these letters (SMTPUTF8)")
        self._server.rset()
        options = [] if ascii_only else ["SMTPUTF8"]
        code, said = self._server.mail(_in_ascii(self._sender.option("from")), options)
        if code != 250:
            # It takes nothing from this sender: that is no fault of the recipient's.
            return Outcome(state="later" if code < 500 else "unreachable", why=f"{code} {_text(said)}")
        code, said = self._server.rcpt(_in_ascii(to))
        return None if code in (250, 251) else _refusal(code, _text(said), about_address=True)

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage(POLICY)
        name, sender = _header(self._sender.option("from_name")), self._sender.option("from")
        message["From"] = _mailbox(sender, name)
        message["To"] = _mailbox(letter.to)
        if self._sender.option("reply_to"):
            message["Reply-To"] = _mailbox(self._sender.option("reply_to"))
        message["Subject"] = _header(letter.subject)
        message["Date"] = format_datetime(self._clock())
        message["Message-ID"] = f"<{letter.id}@{self._own_name}>"
        message["Auto-Submitted"] = "auto-generated"
        if letter.unsubscribe:
            message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(letter.text)
        if letter.html:
            message.add_alternative(letter.html, subtype="html")
        message["Content-Language"] = letter.language  # last: setting the content forgets such headers
        return message


def is_address(text: str) -> bool:
    """Whether mail can be sent there: stricter than RFC 5322, whose quoted and commented forms nobody has."""
    if len(text) > 254 or ADDRESS.fullmatch(text) is None or parseaddr(text)[1] != text:
        return False
    try:
        text.partition("@")[2].encode("idna")
    except UnicodeError:
        return False
    return True


def _mailbox(address: str, name: str = "") -> Address:
    """For a header. From its two halves: read as a whole, one in other letters than ASCII is refused (RFC 6532)."""
    local, _, domain = _in_ascii(address).partition("@")
    return Address(name, local, domain)


def _port(sender: Sender) -> int:
    given = sender.options.get("port")
    return given if isinstance(given, int) else PORTS[sender.option("security") or "starttls"]


def _refusal(code: int, said: str, *, about_address: bool) -> Outcome:
    why = f"{code} {said}"[:500]
    if code < 500:
        return Outcome(state="later", why=why)
    enhanced = ENHANCED.search(said)
    gone = bool(ABOUT_THE_ADDRESS.match(enhanced[0])) if enhanced else about_address and code in NO_SUCH_MAILBOX
    return Outcome(state="refused", why=why, blocks="bounce" if gone else "")


def _header(text: str) -> str:
    """Text that may stand in a header: no line of its own, no control characters."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _is_ascii(address: str) -> bool:
    return address.partition("@")[0].isascii()


def _in_ascii(address: str) -> str:
    """The domain by its name in DNS. Source: RFC 5890."""
    local, _, domain = address.partition("@")
    if not local.isascii() or domain.isascii():
        return address
    return f"{local}@{domain.encode('idna').decode()}"


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return _header(text)


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"the mail server refuses the credentials: {error.smtp_code} {_text(error.smtp_error)}"[:500]
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"[:500]
    if isinstance(error, socket.gaierror):
        return f"the mail server's name does not resolve: {error.strerror}"
    return f"{type(error).__name__}: {_header(str(error))}"[:500]
