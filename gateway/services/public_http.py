"""Call a URL a stranger gave us, without letting it reach anything that is not public.

The host is resolved once, every address must be public, and the connection goes to the checked address (TLS still
verifies the name). No redirects (but those of files, each checked like the first), no proxies, one deadline from
connecting on, and of the answer no more is kept than was said before: 2 KiB of what a receiver of messages says.
Source of the traps: `ipaddress.is_global` takes every IPv6 address for public that is not in its lists, although only
2000::/3 is allocated (IANA, IPv6 Address Space), and NAT64 (RFC 6052), mapped and 6to4 addresses hide IPv4 ones.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import urljoin, urlsplit

import certifi
import pycurl

KEPT_BYTES = 2048
MAX_URL = 2048
CONNECT_S = 3
MOST_REDIRECTS = 2
REDIRECTS = (301, 302, 303, 307, 308)
ALLOCATED = ipaddress.ip_network("2000::/3")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Escapes and the like are refused: two parsers might not read the same host in them.
LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
HOST = re.compile(rf"(?=.{{1,253}}$){LABEL}(?:\.{LABEL})*|[0-9a-f:.]+:[0-9a-f:.]*")
UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotPublic(ValueError):
    """A URL that must not be called; the message says why."""


class NotFetched(Exception):
    """A file that could not be had; the message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said: HTTP status (None when it said nothing), the head of its body, what went wrong."""

    status: int | None
    head: str
    error: str = ""
    retry_after: str = ""


def check_url(url: str, *, allow_private: bool) -> None:
    """Refuse a URL at the moment it is saved: scheme, port, user info, length, a number that is no public address.

    So is `localhost`, the one name that needs no look-up. Source: RFC 6761, section 6.3.

    Raises:
        NotPublic: with the reason.
    """
    _, host, port = _parts(url, allow_private)
    if not allow_private and f".{host}".endswith(".localhost"):
        raise NotPublic(f"{host} is this machine, which is not public")
    try:
        public_address(host, port, allow_private=allow_private, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return  # a name; where it leads is looked up at every call


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float, allow_private: bool) -> Answer:
    """Send the body; never raises for what the other side does.

    Raises:
        NotPublic: the URL, or an address its host resolves to, is not public.
    """
    sent = {
        pycurl.POST: True,
        pycurl.POSTFIELDS: body,
        pycurl.HTTPHEADER: [*(f"{name}: {value}" for name, value in headers.items()), "Expect:"],
    }
    said = _call(url, sent, timeout_s=timeout_s, most_bytes=KEPT_BYTES, allow_private=allow_private)
    head = UNREADABLE.sub("\N{REPLACEMENT CHARACTER}", said.body.decode("utf-8", "replace"))
    return Answer(said.status, head, said.problem, said.headers["retry-after"])


def fetch(url: str, *, timeout_s: float, most_bytes: int, allow_private: bool) -> bytes:
    """A file, through at most two redirects.

    Raises:
        NotPublic: the URL, one it redirects to, or an address one's host resolves to, is not public.
        NotFetched: anything else that went wrong.
    """
    for _ in range(1 + MOST_REDIRECTS):
        said = _call(url, {}, timeout_s=timeout_s, most_bytes=most_bytes + 1, allow_private=allow_private)
        if said.problem or said.status is None:
            raise NotFetched(said.problem or "no answer")
        if len(said.body) > most_bytes:
            raise NotFetched(f"it is larger than {most_bytes} bytes")
        if said.status in REDIRECTS and said.headers["location"]:
            url = urljoin(url, said.headers["location"])
            continue
        if said.status != 200:
            raise NotFetched(f"the answer is {said.status}")
        return said.body
    raise NotFetched("too many redirects")


@dataclass(frozen=True, slots=True)
class _Said:
    status: int | None
    body: bytes
    headers: Mapping[str, str]
    problem: str


def _call(url: str, sent: Mapping[int, object], *, timeout_s: float, most_bytes: int, allow_private: bool) -> _Said:
    scheme, host, port = _parts(url, allow_private)
    kept, answered = BytesIO(), {"retry-after": "", "location": ""}
    try:
        address = public_address(host, port, allow_private=allow_private)
    except socket.gaierror as error:
        return _Said(None, b"", answered, f"{host} does not resolve: {error.strerror}")
    connect_to = f"[{address}]" if address.version == 6 else str(address)
    with closing(pycurl.Curl()) as curl:
        curl.setopt(pycurl.URL, url)
        # Whatever the URL says: libcurl itself never looks a name up.
        curl.setopt(pycurl.CONNECT_TO, [f"::{connect_to}:{port}"])
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTPS | (pycurl.PROTO_HTTP if scheme == "http" else 0))
        curl.setopt(pycurl.NOPROXY, "*")
        curl.setopt(pycurl.FOLLOWLOCATION, False)
        curl.setopt(pycurl.NOSIGNAL, True)
        curl.setopt(pycurl.CAINFO, certifi.where())
        curl.setopt(pycurl.CONNECTTIMEOUT, CONNECT_S)
        curl.setopt(pycurl.TIMEOUT_MS, int(timeout_s * 1000))
        curl.setopt(pycurl.WRITEFUNCTION, lambda data: _keep(kept, data, most_bytes))
        curl.setopt(pycurl.HEADERFUNCTION, lambda line: _header(answered, line))
        for option, value in sent.items():
            curl.setopt(option, value)
        problem = _performed(curl)
        status = int(curl.getinfo(pycurl.RESPONSE_CODE)) or None
    return _Said(status, kept.getvalue(), answered, problem)


def _performed(curl: pycurl.Curl) -> str:
    """Send; what went wrong. That we stopped reading a long answer did not."""
    try:
        curl.perform()
    except pycurl.error as failure:
        return "" if failure.args[0] == pycurl.E_WRITE_ERROR else str(failure.args[-1])
    return ""


def _parts(url: str, allow_private: bool) -> tuple[str, str, int]:
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise NotPublic("a URL is at most 2048 printable ASCII characters (international names in punycode)")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NotPublic(f"this is not a URL: {error}") from None
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise NotPublic("only https URLs are called")
    if parts.username is not None or not HOST.fullmatch(parts.hostname or ""):
        raise NotPublic("the URL needs a host, plainly written, and no user info")
    port = (443 if parts.scheme == "https" else 80) if port is None else port
    if port == 0 or (port != 443 and port < 1024 and not allow_private):
        raise NotPublic(f"port {port} is not called; use 443 or one from 1024")
    return parts.scheme, parts.hostname or "", port


def public_address(host: str, port: int, *, allow_private: bool, flags: int = 0) -> Address:
    """The first address of the host, after every one of them was found public.

    Raises:
        NotPublic: one of them is not. socket.gaierror: it has none.
    """
    found = [info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)]
    addresses = [ipaddress.ip_address(str(text).split("%")[0]) for text in found]
    for address in addresses:
        if not allow_private and not is_public(address):
            raise NotPublic(f"{host} resolves to {address}, which is not public")
    return addresses[0]


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet, the IPv4 address inside a mapped, 6to4 or NAT64 one included."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address not in ALLOCATED:
            return False
    return address.is_global and not address.is_multicast


def _keep(kept: BytesIO, data: bytes, most_bytes: int) -> int:
    """Keep the head of the body; a short count makes libcurl stop reading."""
    room = most_bytes - kept.tell()
    kept.write(data[:room])
    return len(data) if len(data) <= room else 0


def _header(answered: dict[str, str], line: bytes) -> None:
    name, _, value = line.decode("latin-1").partition(":")
    if name.lower() in answered:
        answered[name.lower()] = value.strip()
