"""Push messages to browsers. Implements `ports.notifications.Courier`.

Source: RFC 8030 (POST to the subscription's endpoint with TTL, Urgency, Topic; 201; 404 and 410: it is gone), RFC 8291
and RFC 8188 (what is sent is readable by that browser alone) by `http-ece`, RFC 8292 (who sends it) by `pyjwt`.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from gateway.domain.clock import Clock
from gateway.domain.errors import Unprocessable
from gateway.domain.notifications import Sender
from gateway.domain.push import PushSubscription
from gateway.engines.notices.push_rests import PushRests
from gateway.services.notifications.push_keys import PushKeys
from gateway.services.ports.notifications import Letter, Outcome, Unreachable
from gateway.services.public_http import Answer, NotPublic, post
from gateway.settings import Notifications

Encrypt = Callable[[bytes, PushSubscription], bytes]
LONGEST_TITLE, LONGEST_TEXT = 120, 500
"""A push service takes 4096 bytes of ciphertext at least (RFC 8030, section 7.2); phones show less than this."""

SIGNED_FOR_S = 12 * 3600
"""At most 24 hours. Source: RFC 8292, section 2."""

DEFAULT_TTL_S = 4 * 3600
ANSWER_S = 5.0
"""How long a push service has to take a message, which it only stores (RFC 8030, section 5). Ours, no measurement."""

GONE = (404, 410)
NOT_TAKEN = (429, 503)
UNSENT = ("does not resolve", "Failed to connect", "Could not connect", "Couldn't connect")
"""What libcurl and we say before a byte of the message went out."""

MISSING = 'push messages need the extra: pip install "doorstep[engines]"'


class PushCourier:
    """Speaks to the push services of browsers' makers."""

    def __init__(self, settings: Notifications, keys: PushKeys, clock: Clock) -> None:
        self._settings = settings
        self._keys = keys
        self._clock = clock
        self._rests = PushRests()

    def check(self, sender: Sender) -> None:
        """Raises Unprocessable: nobody whom a push service could write to when something is wrong."""
        if not sender.option("contact").startswith(("mailto:", "https://")):
            raise Unprocessable("/push/contact", "a mailto: or https: address of yours", "invalid")

    @contextmanager
    def open(self, sender: Sender) -> Iterator[PushLine]:
        """Nothing is connected to: each browser has its push service. Raises Unreachable: the library is missing."""
        yield PushLine(sender, self._settings, self._keys, self._clock, _encryption(), self._rests)


class PushLine:
    """Sends one message to every browser that follows a parcel."""

    def __init__(
        self,
        sender: Sender,
        settings: Notifications,
        keys: PushKeys,
        clock: Clock,
        encrypt: Encrypt,
        rests: PushRests,
    ) -> None:
        self._encrypt = encrypt
        self._rests = rests
        self._sender = sender
        self._settings = settings
        self._keys = keys
        self._clock = clock

    def send(self, letter: Letter) -> Outcome:
        """Sent when one browser's service has it; tried again only where surely none has. All are called at once: those
        that do not answer cost the time of one.
        """
        said: Mapping[str, Outcome] = {}
        if letter.devices:
            with ThreadPoolExecutor(len(letter.devices)) as crowd:
                outcomes = crowd.map(lambda device: self._one(letter, device), letter.devices)
                said = {device.id: outcome for device, outcome in zip(letter.devices, outcomes, strict=True)}
        gone = tuple(name for name, outcome in said.items() if outcome.gone)
        for state in ("sent", "unknown", "later"):
            found = [each for each in said.values() if each.state == state]
            if found:
                return Outcome(state=found[0].state, why=found[0].why, size=len(found), gone=gone)
        whys = "; ".join(sorted({each.why for each in said.values()})) or "no browser follows it"
        return Outcome(state="refused", why=whys[:500], gone=gone)

    def _one(self, letter: Letter, device: PushSubscription) -> Outcome:
        if (until := self._rests.resting_until(device.endpoint, self._clock())) is not None:
            return Outcome(state="later", why=f"its push service did not answer and rests until {until:%H:%M:%S} UTC")
        ttl_s = DEFAULT_TTL_S if letter.valid_for is None else max(0, math.floor(letter.valid_for.total_seconds()))
        headers = {
            "TTL": str(ttl_s),
            "Urgency": "normal",
            "Topic": letter.to,  # news of a parcel take the place of older news that were not shown yet
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "Authorization": self._proof(device.endpoint),
        }
        body = self._encrypt(_content(letter), device)
        try:
            answer = post(
                device.endpoint,
                body,
                headers,
                timeout_s=min(self._settings.timeout_s, ANSWER_S),
                allow_private=self._settings.allow_private,
            )
        except NotPublic as error:
            return Outcome(state="refused", why=f"the push service is not public: {error}", gone=(device.id,))
        self._rests.note(device.endpoint, self._clock(), answered=answer.status is not None)
        return _read(answer, device.id)

    def _proof(self, endpoint: str) -> str:
        """Who sends it, to this push service alone. Source: RFC 8292, sections 2 and 3."""
        import jwt

        parts, sender = urlsplit(endpoint), self._sender
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(self._clock().timestamp()) + SIGNED_FOR_S,
            "sub": sender.option("contact"),
        }
        token = jwt.encode(claims, self._keys.private(sender.merchant_id, sender.mode), algorithm="ES256")
        return f"vapid t={token}, k={self._keys.public(sender.merchant_id, sender.mode)}"


def _content(letter: Letter) -> bytes:
    """What our service worker shows; see static/recipients/push-worker.js."""
    told: Mapping[str, Any] = {
        "title": letter.subject[:LONGEST_TITLE],
        "body": letter.text[:LONGEST_TEXT],
        "url": letter.content.get("url", ""),
        "tag": letter.to,
        "lang": letter.language,
    }
    return json.dumps(told, ensure_ascii=False).encode()


def _encryption() -> Encrypt:
    """What encrypts for a browser. Raises Unreachable: its library is not installed."""
    try:
        import http_ece
    except ImportError:
        raise Unreachable(MISSING) from None
    from cryptography.hazmat.primitives.asymmetric import ec

    def encrypt(content: bytes, device: PushSubscription) -> bytes:
        return bytes(
            http_ece.encrypt(
                content,
                salt=os.urandom(16),
                private_key=ec.generate_private_key(ec.SECP256R1()),  # for this message alone
                dh=device.p256dh,
                auth_secret=device.auth,
                version="aes128gcm",
            )
        )

    return encrypt


def _read(answer: Answer, device: str) -> Outcome:
    """What a push service's answer means. Source: RFC 8030, sections 5 and 7.3."""
    status = answer.status
    if status is None:
        unsent = any(word in answer.error for word in UNSENT)
        return Outcome(
            state="later" if unsent else "unknown", why=f"no answer of the push service: {answer.error}"[:500]
        )
    if 200 <= status < 300:
        return Outcome(state="sent")
    why = f"the push service says {status}"
    if status in GONE:
        return Outcome(state="refused", why="the browser has ended it", gone=(device,))
    if status in NOT_TAKEN:
        return Outcome(state="later", why=why)
    return Outcome(state="unknown" if status >= 500 else "refused", why=why)
